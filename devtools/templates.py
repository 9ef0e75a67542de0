"""Writes the example workflows as ComfyUI's own front end exports them, and the cards shown with them."""

from __future__ import annotations

import json
import re
from pathlib import Path

from .apps import APPS, app_name, as_app, with_app
from .blueprints import BLUEPRINTS, BLUEPRINTS_FOLDER, fold
from .cards import write_cards
from .comfyui import DEFAULT_VERSION, chosen_front_end, find_checkout
from .console import Failure, say
from .graphs import GRAPHS, NAMES, WORKFLOWS, Workflow, load_workflow
from .home import temporary_home
from .page import both_forms, open_page, set_setting
from .places import PACK_NAME, ROOT
from .server import ComfyServer
from .standins import CHECKPOINT, DEPTH, LINEART

OPENING = {"scale": 0.7, "offset": [110, 190]}
"""Where the canvas stands when an example is opened. The front end draws no text below 0.6. Without a place, that of
ComfyUI 0.3.75 fits all of it into the window and, with Vue nodes, moves them over one another.
"""
CORE = "comfy-core"


def write_templates() -> None:
    """Writes every example in both forms, and its card. Raises Failure."""
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
        open_page(server) as page,
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
    write_cards()


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
    """The files used in the workflows, so that each is among the choices: a drawn building, and models by name only."""
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
