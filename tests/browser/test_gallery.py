"""The captions of a folder in the real front end: opened from DatasetLoader, corrected, written."""

from __future__ import annotations

import pytest

from browser.atelier import Atelier


def test_captions_are_corrected_from_the_loader(either: Atelier, request: pytest.FixtureRequest) -> None:
    folder = either.server.home / "datasets" / "invented"
    caption = folder / "00.txt"
    caption.write_text("as it was", encoding="utf-8")
    loader = either.add("DatasetLoader", folder="invented")
    saved = either.page.evaluate("id => app.graph.getNodeById(id).serialize().widgets_values", loader)
    assert saved == ["invented", 512, True, 8, 0]  # the button is no value
    either.fit(1)
    if request.node.callspec.id == "vue":
        either.page.get_by_text("pictures and captions").click()
    else:
        either.page.mouse.click(*_place_of_button(either, loader))
    dialog = either.page.locator(".lora-atelier-captions")
    field = dialog.get_by_label("Caption of 00.png")
    field.wait_for()
    assert field.input_value() == "as it was"
    picture = dialog.locator("img").first
    either.until(lambda: picture.evaluate("image => image.naturalWidth") > 0)
    field.fill("a corrected caption")
    field.press("Tab")
    either.until(lambda: caption.read_text(encoding="utf-8").strip() == "a corrected caption")
    either.shot(f"gallery-{request.node.callspec.id}")
    dialog.get_by_role("button", name="Undo").click()
    either.until(lambda: caption.read_text(encoding="utf-8").strip() == "as it was")
    either.page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    caption.unlink()


def _place_of_button(atelier: Atelier, node: int) -> tuple[float, float]:
    """Where on the screen the canvas draws the last widget of a node."""
    x, y = atelier.page.evaluate(
        """id => {
            const { pos, size, widgets } = app.graph.getNodeById(id);
            const box = app.canvas.canvas.getBoundingClientRect();
            const { scale, offset } = app.canvas.ds;
            const [left, top] = [pos[0] + size[0] / 2, pos[1] + widgets.at(-1).last_y + 10];
            return [box.left + (left + offset[0]) * scale, box.top + (top + offset[1]) * scale];
        }""",
        node,
    )
    return x, y
