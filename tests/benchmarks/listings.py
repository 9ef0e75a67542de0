"""What ComfyUI waits for before it shows or runs a graph: python dev.py bench listings

Fills input, runs and models of a ComfyUI with more than anybody has, and times the lists that its nodes offer and a
graph in which nothing has changed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from devtools.comfyui import find_checkout
from devtools.home import temporary_home
from devtools.server import ComfyServer
from lora_core.dataset.folder_scan import fingerprint
from pocket.drawing.facades import draw

FOLDERS, FILES, RUNS, MODELS = 40, 5_000, 1_000, 200
REPEATS = 5
SETTINGS = {"folder": "style", "resolution": 64, "aspect_buckets": False, "validation_count": 2, "seed": 0}
GRAPH = {
    "1": {"class_type": "DatasetLoader", "inputs": SETTINGS},
    "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 2]}},
}


def main() -> None:
    """Prints the seconds, the first look apart from later ones."""
    with temporary_home() as home:
        fill(home)
        folders = sorted((home / "input").iterdir())
        tell(f"has one of {FILES} pictures changed?", lambda: fingerprint(folders[0]))
        tell(f"has one of {FILES * FOLDERS} pictures changed?", lambda: [*map(fingerprint, folders)])
        with ComfyServer(find_checkout(), home, offline=True) as comfy:
            for node in ("DatasetLoader", "TrainingRunLoader", "BlipCaptioner", "DepthMap"):
                tell(f"GET /object_info/{node}", partial(comfy.object_info, node))
            tell("GET /lora_atelier/runs", lambda: comfy.get_json("/lora_atelier/runs"))
            tell("a graph", lambda: comfy.run(GRAPH))


def fill(home: Path) -> None:
    """Folders of empty pictures in input, a style to load, runs and models."""
    for number in range(FOLDERS):
        folder = home / "input" / f"many {number:02d}"
        folder.mkdir(parents=True)
        for file in range(FILES):
            (folder / f"frame {file:05d}.jpg").touch()
    style = home / "datasets" / "style"
    style.mkdir()
    for number in range(8):
        draw("bauhaus", number, (64, 64)).image.save(style / f"{number}.png")
    for number in range(RUNS):
        run = home / "output" / "lora_atelier" / "runs" / f"run {number:04d}"
        run.mkdir(parents=True)
        (run / "run.json").write_text(json.dumps({"format": 2}), encoding="utf-8")
        (run / "history.jsonl").touch()
    for number in range(MODELS):
        for kind in ("blip", "depth_anything"):
            model = home / "models" / kind / f"model {number:03d}"
            model.mkdir()
            (model / "config.json").write_text("{}", encoding="utf-8")


def tell(what: str, ask: Callable[[], object]) -> None:
    """Prints the first time and the median of the next ones."""
    times = []
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        ask()
        times.append(time.perf_counter() - started)
    print(f"{what}: {times[0]:.2f} s, then {sorted(times[1:])[REPEATS // 2]:.3f} s")


if __name__ == "__main__":
    main()
