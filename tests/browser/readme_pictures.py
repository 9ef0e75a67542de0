"""Draws README's pictures of a finished run: the whole graph; and trainer, plot and picker with its curve.

PYTHONPATH=.:tests python -m browser.readme_pictures

The run is that of `python dev.py demo`, which has to be there; what it trained is used again.
"""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

from PIL import Image

from browser.atelier import Atelier
from devtools.comfyui import find_checkout
from devtools.console import Failure
from devtools.home import development_home
from devtools.page import open_page
from devtools.places import ROOT
from devtools.server import ComfyServer

IMAGES = ROOT / "docs" / "images"
GRAPH_WIDTH, CHART_WIDTH = 2020, 1570
"""Pixels of the pictures; they are drawn at twice the size."""
LAYOUT = {
    "LoRATrainer": (0, 0, 560, 1260),
    "ValidationLossPlot": (620, 0, 620, 540),
    "CheckpointPicker": (620, 600, 620, 660),
}
EPOCH = 126
"""Which the mouse points at in the plot."""
MARGIN = 24
# Menus, the minimap and the numbers on the canvas are not part of the picture.
BARE = """
.comfyui-body-top, .comfyui-body-left, .side-tool-bar-container, .splitter-overlay, .actionbar-container,
.minimap-main-container, .p-buttongroup, .workflow-tabs-container, .graph-canvas-menu, .p-toast
{ visibility: hidden !important; }
"""


def main() -> None:
    checkout = find_checkout()
    home = development_home(checkout.version)
    saved = home / "user" / "default" / "workflows" / "demo_learn_without_a_gpu.json"
    if not saved.is_file():
        raise Failure(f"There is no {saved}: run python dev.py demo before.")
    workflow = json.loads(saved.read_text(encoding="utf-8"))
    options = {"viewport": {"width": 2300, "height": 1350}, "device_scale_factor": 2}
    with ComfyServer(checkout, home, offline=True) as server, open_page(server, **options) as page:
        atelier = Atelier(page, server)
        for setting in ("Comfy.Graph.CanvasInfo", "Comfy.Minimap.Visible"):
            atelier.setting(setting, False)
        atelier.setting("Comfy.NodeBadge.NodeSourceBadgeMode", "None")
        page.add_style_tag(content=BARE)
        atelier.load(workflow)
        save(draw_graph(atelier), IMAGES / "finished_run.jpg", GRAPH_WIDTH)
        (trainer,) = (node for node in workflow["nodes"] if node["type"] == "LoRATrainer")
        save(draw_charts(atelier, trainer["widgets_values"][0]), IMAGES / "validation_chart.png", CHART_WIDTH)


def draw_graph(atelier: Atelier) -> bytes:
    """The demo's graph after it has run."""
    atelier.run()
    atelier.fit(0.5)
    atelier.page.wait_for_timeout(3000)
    return atelier.page.screenshot(clip=frame(atelier))


def draw_charts(atelier: Atelier, run: str) -> bytes:
    """The three nodes with charts, as they show a run that a workflow remembers."""
    atelier.load()
    ids = {}
    for kind, (x, y, width, height) in LAYOUT.items():
        ids[kind] = atelier.add(kind, x, y)
        atelier.resize(ids[kind], width, height)
        atelier.remembers(ids[kind], run)
    for kind in ("ValidationLossPlot", "CheckpointPicker"):
        atelier.connect(ids["LoRATrainer"], 0, ids[kind], "run")
    atelier.fit(0.82)
    for node in ids.values():
        atelier.shows_curve(node)
    atelier.page.mouse.move(*atelier.place_of(atelier.chart(ids["ValidationLossPlot"]), EPOCH))
    atelier.page.wait_for_timeout(1500)
    return atelier.page.screenshot(clip=frame(atelier))


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


def save(screenshot: bytes, path: Path, width: int) -> None:
    """Writes a screenshot at a width in pixels: as JPEG, or as PNG of 256 colours."""
    picture = Image.open(BytesIO(screenshot)).convert("RGB")
    picture = picture.resize((width, picture.height * width // picture.width), Image.Resampling.LANCZOS)
    if path.suffix == ".jpg":
        picture.save(path, quality=85, optimize=True)
    else:
        # Few colours of large areas and many of small ones: coverage first finds all, the means then set them right.
        way = {"method": Image.Quantize.MAXCOVERAGE, "kmeans": 4, "dither": Image.Dither.NONE}
        picture.quantize(256, **way).save(path, optimize=True)
    print(f"{path}: {picture.width} x {picture.height}, {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
