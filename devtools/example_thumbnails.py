"""Takes the pictures that ComfyUI shows beside the example workflows: python -m devtools.example_thumbnails

The real front end in a real browser, zoomed to the groups that say most; the building is a drawn one.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from .browser import find_chromium
from .comfyui import find_checkout
from .console import Failure, plain_output, say
from .example_workflows import FOLDER
from .home import make_home, remove_home
from .places import ROOT
from .server import ComfyServer
from .standins import CHECKPOINT, DEPTH, LINEART

SHOWN = {"learn_without_a_gpu": (1, 3), "train_a_style": (1, 3), "restyle_a_building": (2, 4), "five_styles": (4, 5)}
"""The first and last group in each picture."""
WIDTH = 1200
QUALITY = 85
EDGE = 120
"""Pixels of the window that the front end's own bars take up on each side."""
MARGIN = 20

READY = "() => window.app?.graph && window.app.extensionManager?.workflow?.activeWorkflow"
QUIET = """
localStorage.setItem("vueNodesBannerDismissed", "true");
localStorage.setItem("comfy.vueNodesMigration.dismissed", "true");
"""
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


def furnish(home: Path) -> None:
    """The files that the workflows name, so that no widget is red: a drawn building, and models by name only."""
    from pocket.drawing.facades import draw

    facade = draw("neoclassical", 3, (768, 512))
    facade.image.save(home / "input" / "theatre.png")
    facade.mask.save(home / "input" / "theatre_mask.png")
    for kind, name in (("checkpoints", CHECKPOINT), ("controlnet", LINEART), ("controlnet", DEPTH)):
        (home / "models" / kind / name).touch()
    for folder in ("bauhaus", "five_styles/Bauhaus"):
        (home / "datasets" / folder).mkdir(parents=True)
        facade.image.save(home / "datasets" / folder / "picture.png")


def photograph(page: Any, workflow: dict[str, Any], groups: tuple[int, int]) -> Image.Image:
    """The groups from the first to the last, as the front end shows them."""
    page.evaluate("workflow => app.loadGraphData(workflow)", workflow)
    page.wait_for_timeout(2000)
    left, top, width, height = page.evaluate(FRAME, list(groups))
    scale = (page.viewport_size["width"] - 2 * EDGE) / width
    page.set_viewport_size({"width": page.viewport_size["width"], "height": int(height * scale) + 2 * EDGE})
    page.evaluate(LOOK_AT, [left, top, scale, EDGE])
    page.mouse.move(EDGE / 2, page.viewport_size["height"] / 2)
    page.wait_for_timeout(2000)
    clip = {"x": EDGE - MARGIN, "y": EDGE - MARGIN}
    clip |= {"width": width * scale + 2 * MARGIN, "height": height * scale + 2 * MARGIN}
    shot = Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB")
    return shot.resize((WIDTH, round(shot.height * WIDTH / shot.width)), Image.Resampling.LANCZOS)


def main() -> int:
    from playwright.sync_api import sync_playwright

    plain_output()
    chromium = find_chromium()
    if chromium is None:
        raise Failure("No Chromium found: install chromium or Chrome, or name it in the variable CHROMIUM.")
    home = make_home(Path(tempfile.mkdtemp(prefix="atelier-thumbnails-")))
    try:
        furnish(home)
        with ComfyServer(find_checkout(), home, offline=True) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 2400, "height": 1600})
            page.add_init_script(QUIET)
            page.goto(server.address)
            page.wait_for_function(READY, timeout=120_000)
            for name, value in (("Comfy.VueNodes.Enabled", True), ("Comfy.Minimap.Visible", False)):
                page.evaluate("([name, value]) => app.extensionManager.setting.set(name, value)", [name, value])
            for name, groups in SHOWN.items():
                workflow = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
                path = FOLDER / f"{name}.jpg"
                photograph(page, workflow, groups).save(path, quality=QUALITY, optimize=True)
                say(f"  {path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")
            browser.close()
    finally:
        remove_home(home)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"\n{failure}", file=sys.stderr)
        sys.exit(1)
