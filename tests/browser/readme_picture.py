"""Draws docs/images/validation_chart.png: trainer, plot and picker with a run of invented losses.

PYTHONPATH=.:tests python -m browser.readme_picture
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from browser.atelier import Atelier
from browser.invented_run import write_dataset, write_run
from devtools.browser import find_chromium
from devtools.comfyui import find_checkout
from devtools.home import make_home, remove_home
from devtools.places import ROOT, dev_dir
from devtools.server import ComfyServer

PICTURE = ROOT / "docs" / "images" / "validation_chart.png"
RUN = "bauhaus (invented losses)"
LAYOUT = {
    "LoRATrainer": (0, 0, 560, 1130),
    "ValidationLossPlot": (620, 0, 620, 470),
    "CheckpointPicker": (620, 530, 620, 600),
}
MARGIN = 24
SCALE = 0.82
# Menus, the minimap and the numbers of the canvas are no part of the picture.
BARE = """
.comfyui-body-top, .comfyui-body-left, .side-tool-bar-container, .splitter-overlay, .actionbar-container,
.minimap-main-container, .p-buttongroup, .workflow-tabs-container, .graph-canvas-menu { visibility: hidden !important; }
"""


def main() -> None:
    parent = dev_dir() / "test-homes"
    parent.mkdir(parents=True, exist_ok=True)
    home = make_home(Path(tempfile.mkdtemp(prefix="picture-", dir=parent)))
    try:
        dataset = write_dataset(home / "datasets" / "invented")
        write_run(home / "output" / "lora_atelier" / "runs" / RUN, dataset, previews=True)
        with ComfyServer(find_checkout(), home, offline=True) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
            context = browser.new_context(viewport={"width": 1400, "height": 1150}, device_scale_factor=1.5)
            draw(Atelier(context.new_page(), server))
            browser.close()
    finally:
        remove_home(home)


def draw(atelier: Atelier) -> None:
    atelier.open()
    atelier.setting("Comfy.Graph.CanvasInfo", False)
    atelier.setting("Comfy.Minimap.Visible", False)
    atelier.setting("Comfy.NodeBadge.NodeSourceBadgeMode", "None")
    atelier.load()
    ids = {}
    for kind, (x, y, width, height) in LAYOUT.items():
        ids[kind] = atelier.add(kind, x, y)
        atelier.resize(ids[kind], width, height)
        atelier.remembers(ids[kind], RUN)
    for kind in ("ValidationLossPlot", "CheckpointPicker"):
        atelier.connect(ids["LoRATrainer"], 0, ids[kind], "run")
    atelier.fit(SCALE)
    for node in ids.values():
        atelier.shows_curve(node)
    atelier.page.add_style_tag(content=BARE)
    atelier.page.mouse.move(*atelier.place_of(atelier.chart(ids["ValidationLossPlot"]), 126))
    atelier.page.wait_for_timeout(1500)
    save(atelier.page.screenshot(clip=frame(atelier)))


def frame(atelier: Atelier) -> dict[str, float]:
    """The part of the page that the nodes take."""
    left, top, right, bottom = atelier.page.evaluate(
        """margin => {
            const box = app.canvas.canvas.getBoundingClientRect();
            const { scale, offset } = app.canvas.ds;
            const { nodes } = app.graph;
            const edge = (axis, pick, size) => pick(...nodes.map((n) => n.pos[axis] + (size ? n.size[axis] : 0)));
            const place = (value, axis) => (value + offset[axis]) * scale + [box.left, box.top][axis];
            return [
                place(edge(0, Math.min) - margin, 0),
                place(edge(1, Math.min) - 30 - margin, 1),
                place(edge(0, Math.max, true) + margin, 0),
                place(edge(1, Math.max, true) + margin, 1),
            ];
        }""",
        MARGIN,
    )
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}


def save(screenshot: bytes) -> None:
    path = dev_dir() / "screenshots" / "readme.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(screenshot)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.open(path).convert("RGB")
    # Few colours of large areas and many of small ones: coverage first finds all, the means then set them right.
    colours = picture.quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=4, dither=Image.Dither.NONE)
    colours.save(PICTURE, optimize=True)
    print(f"{PICTURE}: {colours.width} x {colours.height}, {PICTURE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
