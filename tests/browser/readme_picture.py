"""Draws docs/images/validation_chart.png: trainer, plot and picker with a run of invented losses.

PYTHONPATH=.:tests python -m browser.readme_picture
"""

from __future__ import annotations

from PIL import Image

from browser.atelier import Atelier
from browser.invented_run import write_dataset, write_run
from devtools.comfyui import find_checkout
from devtools.home import temporary_home
from devtools.page import open_page
from devtools.places import ROOT, dev_dir
from devtools.server import ComfyServer

PICTURE = ROOT / "docs" / "images" / "validation_chart.png"
RUN = "bauhaus (invented losses)"
LAYOUT = {
    "LoRATrainer": (0, 0, 560, 1260),
    "ValidationLossPlot": (620, 0, 620, 540),
    "CheckpointPicker": (620, 600, 620, 660),
}
MARGIN = 24
SCALE = 0.82
# Menus, the minimap and the numbers on the canvas are not part of the picture.
BARE = """
.comfyui-body-top, .comfyui-body-left, .side-tool-bar-container, .splitter-overlay, .actionbar-container,
.minimap-main-container, .p-buttongroup, .workflow-tabs-container, .graph-canvas-menu { visibility: hidden !important; }
"""


def main() -> None:
    with temporary_home() as home:
        dataset = write_dataset(home / "datasets" / "invented")
        write_run(home / "output" / "lora_atelier" / "runs" / RUN, dataset, previews=True)
        options = {"viewport": {"width": 1400, "height": 1250}, "device_scale_factor": 1.5}
        with ComfyServer(find_checkout(), home, offline=True) as server, open_page(server, **options) as page:
            draw(Atelier(page, server))


def draw(atelier: Atelier) -> None:
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
