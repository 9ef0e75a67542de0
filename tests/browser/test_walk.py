"""The newcomer's walk: from a fresh graph to a first LoRA, by the mouse alone, in a few clicks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from browser.atelier import Atelier
from devtools.places import PACK_NAME

MOST_CLICKS = 8
COUNTING = """() => {
    window.atelierClicks = [];
    const count = (event) => event.isTrusted && window.atelierClicks.push(event.target.textContent.trim().slice(0, 40));
    window.addEventListener("pointerdown", count, true);
    window.atelierStopCounting = () => window.removeEventListener("pointerdown", count, true);
}"""
MIDDLE_OF_WIDGET = """([kind, name]) => {
    const node = app.graph.nodes.find(({ comfyClass }) => comfyClass === kind);
    const widget = node.widgets.find((widget) => widget.name === name);
    const box = app.canvas.canvas.getBoundingClientRect();
    const { scale, offset } = app.canvas.ds;
    const [x, y] = [node.pos[0] + node.size[0] / 2, node.pos[1] + widget.last_y + 10];
    return [box.left + (x + offset[0]) * scale, box.top + (y + offset[1]) * scale];
}"""
NODE_OF = "kind => app.graph.nodes.find(({ comfyClass }) => comfyClass === kind)?.id ?? null"


@pytest.fixture
def clicks(atelier: Atelier) -> Iterator[list[str]]:
    """Every press of a mouse button from here on, by the words that it met; filled in at the end of the walk."""
    met: list[str] = []
    atelier.renderer("canvas")
    atelier.page.evaluate(COUNTING)
    yield met
    atelier.page.evaluate("() => window.atelierStopCounting()")


def type_into(atelier: Atelier, kind: str, widget: str, value: int) -> None:
    """One click on a number in the graph, and another number typed into what opens."""
    atelier.page.mouse.click(*atelier.page.evaluate(MIDDLE_OF_WIDGET, [kind, widget]))
    atelier.page.locator(".graphdialog input").wait_for()
    atelier.page.keyboard.press("Control+a")
    atelier.page.keyboard.type(str(value))
    atelier.page.keyboard.press("Enter")
    node = atelier.page.evaluate(NODE_OF, kind)
    atelier.until(lambda: atelier.value(node, widget) == value)


def test_a_first_lora_takes_at_most_eight_clicks(atelier: Atelier, clicks: list[str]) -> None:
    page = atelier.page
    page.get_by_role("button", name="Templates").click()
    browser = page.get_by_role("dialog")
    browser.get_by_text(PACK_NAME, exact=True).click()
    browser.get_by_test_id("template-workflow-learn_without_a_gpu").click()
    atelier.until(lambda: page.evaluate(NODE_OF, "CheckpointPicker") is not None)
    browser.wait_for(state="detached")
    atelier.until(lambda: page.evaluate("() => app.canvas.ds.scale") >= 0.6)
    page.wait_for_timeout(500)  # the canvas has been drawn, and knows where its widgets are
    atelier.shot("walk-opened")
    type_into(atelier, "DrawnDataset", "pictures", 10)  # these two only shorten the training
    type_into(atelier, "LoRATrainer", "epochs", 1)
    page.get_by_role("button", name="Run", exact=True).first.click()

    picker = page.evaluate(NODE_OF, "CheckpointPicker")
    chart = atelier.chart(picker)
    atelier.until(lambda: chart.query_selector(".la-saved code").is_visible(), 240)
    file = atelier.text(chart, ".la-saved code")
    assert file.startswith("drawn_bauhaus_10-epoch-")
    assert (atelier.server.home / "models" / "loras" / file).is_file()
    atelier.server.interrupt()  # the pictures that the graph goes on to make
    atelier.shot("walk-ended")
    clicks.extend(page.evaluate("() => window.atelierClicks"))
    assert len(clicks) <= MOST_CLICKS, clicks
