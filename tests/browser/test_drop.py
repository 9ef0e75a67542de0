"""A folder of pictures is dropped onto DatasetLoader, as from the desktop: it becomes the node's dataset."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from browser.atelier import RENDERERS, Atelier

_numbers = itertools.count()
OTHERS = [".DS_Store", "plan.pdf"]


@pytest.fixture
def style(tmp_path: Path) -> Path:
    """Pictures with a caption, a val folder, and files of no use; no other test has dropped a folder of this name."""
    folder = tmp_path / f"Мій стиль №{next(_numbers)}"
    for seed, place in enumerate(["дім 1.png", "дім 2.png", "дім 3.png", "val/вежа.png"]):
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        blocks = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
        Image.fromarray(blocks).resize((160, 120), Image.Resampling.BICUBIC).save(path)
    (folder / "дім 1.txt").write_text("білий будинок", encoding="utf-8")
    for name in OTHERS:
        (folder / name).write_bytes(b"")
    return folder


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def drop(atelier: Atelier, node: int, *paths: Path) -> None:
    """Drag files and folders of the desktop over the title of a node and let them go."""
    x, y = atelier.title_of(node)
    session = atelier.page.context.new_cdp_session(atelier.page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": x, "y": y + 24, "data": data})
        atelier.page.wait_for_timeout(100)  # a renderer takes a frame to see which node is under the pointer
    session.detach()


def test_a_folder_becomes_the_dataset(either: Atelier, style: Path, request: pytest.FixtureRequest) -> None:
    input_folder, before = either.server.home / "input", either.tab()
    loader = either.add("DatasetLoader", 0, 0, folder="invented", validation_count=1)
    either.fit(1)
    either.page.mouse.click(900, 700)  # beside the node: now ComfyUI takes note that it was added
    drop(either, loader, style)
    either.until(lambda: either.value(loader, "folder") == style.name)
    sent = {place: data for place, data in files_in(style).items() if place not in OTHERS}
    assert files_in(input_folder / style.name) == sent
    remark = either.page.locator(".lora-atelier-remarks")
    either.until(lambda: "is in the input folder now (files: 5)" in remark.inner_text())
    assert "left out (1): plan.pdf" in remark.inner_text()
    either.until(remark.is_visible)
    either.page.wait_for_timeout(300)  # for the canvas to be drawn
    either.shot(f"drop-{request.node.callspec.id}")
    either.undo()
    either.until(lambda: either.value(loader, "folder") == "invented")
    either.redo()
    either.until(lambda: either.value(loader, "folder") == style.name)
    assert either.tab() == before, "no file was opened as a workflow"
    # The list has it after R, too.
    choices = either.server.object_info("DatasetLoader")["DatasetLoader"]["input"]["required"]["folder"]
    assert style.name in str(choices)


def test_the_same_folder_again_is_another_one(atelier: Atelier, style: Path) -> None:
    loader = atelier.add("DatasetLoader", 0, 0)
    atelier.fit(1)
    names = [style.name, f"{style.name} 2"]
    for name in names:
        drop(atelier, loader, style)
        atelier.until(lambda name=name: atelier.value(loader, "folder") == name)  # type: ignore[misc]
    one, other = (files_in(atelier.server.home / "input" / name) for name in names)
    assert one == other


def test_many_pictures_do_as_well_as_a_folder(either: Atelier, style: Path) -> None:
    loader = either.add("DatasetLoader", 0, 0)
    either.fit(1)
    dropped = sorted(path for path in style.iterdir() if path.suffix in (".png", ".txt"))
    drop(either, loader, *dropped)
    either.until(lambda: str(either.value(loader, "folder")).startswith("pictures"))
    there = files_in(either.server.home / "input" / either.value(loader, "folder"))
    assert there == {path.name: path.read_bytes() for path in dropped}


def test_what_becomes_of_a_single_picture_is_said(either: Atelier, style: Path) -> None:
    loader = either.add("DatasetLoader", 0, 0, folder="invented")
    either.fit(1)
    drop(either, loader, style / "дім 1.png")
    remark = either.page.locator(".lora-atelier-remarks")
    either.until(lambda: "дім 1.png alone is no dataset" in remark.inner_text())
    either.until(remark.is_visible)
    assert either.value(loader, "folder") == "invented"


@pytest.mark.parametrize("palette", ["dark", "light"])
@pytest.mark.parametrize("renderer", RENDERERS)
def test_the_gallery_has_sides_and_reasons(atelier: Atelier, style: Path, renderer: str, palette: str) -> None:
    (style / "plan.psd").write_bytes(b"8BPS")
    (style / "val" / "дім 1.png").write_bytes((style / "дім 1.png").read_bytes())
    place = atelier.server.home / "input" / style.name
    style.rename(place)
    atelier.renderer(renderer)
    atelier.setting("Comfy.ColorPalette", palette)
    atelier.load()
    loader = atelier.add("DatasetLoader", folder=place.name, resolution=64)
    atelier.page.evaluate(
        """id => app.graph.getNodeById(id).widgets.find(({ type }) => type === "button").callback()""", loader
    )
    dialog = atelier.page.locator(".lora-atelier-captions")
    dialog.locator(".la-sides button").first.wait_for()
    counted = dialog.locator(".la-sides button").all_text_contents()
    assert counted == ["all 7", "training 2", "held out 2", "left out 3"]
    reasons = dialog.locator(".la-why").all_text_contents()
    assert [reason for reason in reasons if reason] == [
        "PDF files are not read, export it as JPEG or PNG",
        "PSD files are not read, export it as JPEG or PNG",
        "it or a relative of it is in the validation folder",
    ]
    atelier.until(lambda: dialog.locator("img").first.evaluate("image => image.naturalWidth") > 0)
    atelier.shot(f"gallery-sides-{renderer}-{palette}")
    dialog.get_by_role("button", name="held out 2").click()
    assert dialog.locator("figure:visible").count() == 2
    dialog.get_by_role("button", name="Close").click()
    atelier.setting("Comfy.ColorPalette", "dark")
