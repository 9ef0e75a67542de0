"""Writes the example workflows as ComfyUI's own front end exports them, and takes the pictures shown beside them."""

from __future__ import annotations

import io
import json
import re
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from .apps import APPS, app_name, as_app, with_app
from .blueprints import BLUEPRINTS, BLUEPRINTS_FOLDER, fold
from .cards import AS_JPEG, CARDS
from .comfyui import DEFAULT_VERSION, chosen_front_end, find_checkout
from .console import Failure, say
from .graphs import GRAPHS, NAMES, WORKFLOWS, Workflow, load_workflow
from .home import temporary_home
from .page import both_forms, open_page, set_setting
from .places import PACK_NAME, ROOT
from .server import ComfyServer
from .standins import CHECKPOINT, DEPTH, LINEART

SHOWN = {"train_a_style": (1, 3), "restyle_a_building": (2, 4), "five_styles": (5, 6)}
"""The first and last group in the pictures of examples without results to show."""
OPENING = {"scale": 0.7, "offset": [110, 190]}
"""Where the canvas stands when an example is opened. The front end draws no text below 0.6. Without a place, that of
ComfyUI 0.3.75 fits all of it into the window and, with Vue nodes, moves them over one another.
"""
CORE = "comfy-core"
WIDTH = 640
WINDOW = {"width": 2400, "height": 1600}
EDGE = 120
"""Pixels of the window that the front end's own bars take up on each side."""
MARGIN = 20

FRAME = """([first, last]) => {
    const boxes = app.graph.groups.slice(first - 1, last).map((group) => [...group.pos, ...group.size]);
    const left = Math.min(...boxes.map((box) => box[0]));
    const top = Math.min(...boxes.map((box) => box[1]));
    const right = Math.max(...boxes.map((box) => box[0] + box[2]));
    const bottom = Math.max(...boxes.map((box) => box[1] + box[3]));
    return [left, top, right - left, bottom - top];
}"""
LOOK_AT = """([left, top, scale, edge]) => {
    app.canvas.ds.scale = scale;
    app.canvas.ds.offset = [edge / scale - left, edge / scale - top];
    app.canvas.setDirty(true, true);
}"""


def write_templates(*, pictures: bool) -> None:
    """Writes every example in both forms, and its picture. Raises Failure."""
    checkout = find_checkout()
    # A newer front end writes what an older one cannot read.
    if checkout.version != DEFAULT_VERSION or chosen_front_end() is not None:
        raise Failure(
            f"The example workflows are written with ComfyUI {DEFAULT_VERSION} and the front end that it brings: "
            "leave COMFYUI_DIR and FRONTEND_DIR out."
        )
    with (
        temporary_home() as home,
        ComfyServer(checkout, _furnished(home), offline=True) as server,
        open_page(server, viewport=WINDOW) as page,
    ):
        set_setting(page, "Comfy.VueNodes.Enabled", False)
        for name in NAMES:
            workflow = _stamped(load_workflow(name))
            saved, graph = both_forms(page, with_app(workflow, APPS[name]) if name in APPS else workflow)
            _write(WORKFLOWS / f"{name}.json", as_file(saved))
            _write(GRAPHS / f"{name}.api.json", as_file(graph))
            if name in APPS:
                _write(WORKFLOWS / f"{app_name(name)}.json", as_file(json.dumps(as_app(json.loads(saved), APPS[name]))))
        for name in BLUEPRINTS:
            _write(BLUEPRINTS_FOLDER / f"{name}.json", fold(page, name))
        set_setting(page, "Comfy.VueNodes.Enabled", True)
        set_setting(page, "Comfy.Minimap.Visible", False)
        for name in NAMES if pictures else ():
            path = WORKFLOWS / f"{name}.jpg"
            (CARDS[name]() if name in CARDS else _photograph(page, name)).save(path, **AS_JPEG)
            if name in APPS:
                shutil.copyfile(path, WORKFLOWS / f"{app_name(name)}.jpg")
            say(f"  {path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


def pack_version() -> str:
    """The version in pyproject.toml."""
    found = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert found, "pyproject.toml names no version"
    return found.group(1)


def _stamped(workflow: Workflow) -> Workflow:
    """The workflow with this pack and its version in its nodes, which the front end shows if they are missing."""
    for node in workflow["nodes"]:
        if node["properties"].get("cnr_id", CORE) != CORE:
            node["properties"] |= {"cnr_id": PACK_NAME, "ver": pack_version()}
    return workflow


def as_file(text: str) -> str:
    """JSON as it is committed: one line per value.

    A workflow goes without its id, so that each copy that is opened is one of its own: with one, copies take one
    another's tabs. It opens where its first groups can be read.
    """
    data = json.loads(text)
    if "extra" in data:
        data.pop("id", None)
        data["extra"]["ds"] = OPENING
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    say(f"  {path.relative_to(ROOT)}")


def _furnished(home: Path) -> Path:
    """The files used in the workflows, so that no widget is red: a drawn building, and models by name only."""
    from pocket.drawing.example import PHOTO, draw_theatre

    pictures = draw_theatre()
    for name, picture in pictures.items():
        picture.save(home / "input" / name)
    for kind, name in (("checkpoints", CHECKPOINT), ("controlnet", LINEART), ("controlnet", DEPTH)):
        (home / "models" / kind / name).touch()
    for folder in ("bauhaus", "five_styles/Bauhaus"):
        (home / "datasets" / folder).mkdir(parents=True)
        pictures[PHOTO].convert("RGB").save(home / "datasets" / folder / "picture.png")
    return home


def _photograph(page: Page, name: str) -> Image.Image:
    """A picture of the groups of an example that are in SHOWN, as the front end draws them."""
    page.set_viewport_size(WINDOW)
    both_forms(page, load_workflow(name))
    page.wait_for_timeout(2000)
    left, top, width, height = page.evaluate(FRAME, list(SHOWN[name]))
    scale = (WINDOW["width"] - 2 * EDGE) / width
    page.set_viewport_size({"width": WINDOW["width"], "height": int(height * scale) + 2 * EDGE})
    page.evaluate(LOOK_AT, [left, top, scale, EDGE])
    page.mouse.move(EDGE / 2, EDGE / 2 + height * scale / 2)
    page.wait_for_timeout(2000)
    clip = {"x": EDGE - MARGIN, "y": EDGE - MARGIN}
    clip |= {"width": width * scale + 2 * MARGIN, "height": height * scale + 2 * MARGIN}
    shot = Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB")
    return shot.resize((WIDTH, round(shot.height * WIDTH / shot.width)), Image.Resampling.LANCZOS)
