"""The smallest training there is, as a graph in API format, and what it leaves in the run's folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from comfyui.harness import THIN, Graph, defaults
from comfyui.photographs import write_photographs

TINY = {
    "epochs": 2,
    "batch_size": 2,
    "rank": 2,
    "layers": "attention",
    "preview_every": 0,
    "warmup_steps": 1,
    "validation_timesteps": 1,
}
"""Settings of LoRATrainer that make a step short."""


@dataclass
class Training:
    """Checkpoint, pictures, trainer: the ids of the last two, to change an input or to look at a result."""

    graph: Graph
    dataset: str
    trainer: str

    def set(self, **settings: Any) -> None:
        self.graph[self.trainer]["inputs"].update(settings)


def training_graph(
    info: Mapping[str, Any], folder: str, run_name: str, *, validation_count: int = 1, **settings: Any
) -> Training:
    """A graph that trains on a folder whose captions are written already; `settings` are the trainer's."""
    graph = Graph()
    base = graph.base_model(THIN)
    dataset = graph.add(
        "DatasetLoader",
        folder=folder,
        resolution=64,
        aspect_buckets=False,
        validation_count=validation_count,
        seed=0,
    )
    trainer = graph.add(
        "LoRATrainer",
        **{**defaults(info["LoRATrainer"]), "run_name": run_name, **TINY, **settings},
        model=base.out(0),
        clip=base.out(1),
        vae=base.out(2),
        dataset=dataset.out(0),
    )
    return Training(graph, dataset.id, trainer.id)


def write_style(home: Path, name: str, count: int, *, first: int = 0, captions: bool = True) -> Path:
    """A folder of photographs in ComfyUI's datasets folder."""
    folder = write_photographs(home / "datasets" / name, count, first)
    for picture in folder.glob("*.jpg") if captions else ():
        picture.with_suffix(".txt").write_text(f"a building, {picture.stem}", encoding="utf-8")
    return folder


def run_folder(home: Path, name: str) -> Path:
    return home / "output" / "lora_atelier" / "runs" / name


def history(run: Path, kind: str | None = None) -> list[dict[str, Any]]:
    """The lines of a run's history, of one kind or all."""
    lines = (run / "history.jsonl").read_text(encoding="utf-8").splitlines()
    entries: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return [entry for entry in entries if kind in (None, entry["kind"])]


def events(run: Path) -> list[str]:
    """What happened to a run, a word each: resumed, cancelled, failed, finished."""
    return [entry["what"] for entry in history(run, "event")]
