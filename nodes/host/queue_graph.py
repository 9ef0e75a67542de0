"""What a graph is going to train, read from its nodes before any of them runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...lora_core.dataset.folder_scan import list_folder
from ...lora_core.errors import AtelierError, ConfigError
from ...lora_core.queue.entry import Entry
from ...lora_core.queue.forecast import Forecast, Forecaster, Training
from ...lora_core.queue.graph import Graph, chain, is_graph, is_link
from ...lora_core.queue.taken import check_run_names
from ...pocket.model import SIDE
from . import folders
from .recipe import recipe

_STYLE = "{style}"
_LARGEST = 10**9
"""More than any node takes of pictures or pixels."""
_UNKNOWN = (AtelierError, OSError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What counting the trainings of a graph raises if its nodes' inputs are not known yet, or make no sense."""


def run_names(graph: Graph) -> list[str]:
    """Names of the runs that a graph trains, as far as its nodes tell.

    Raises:
        ConfigError: it is no graph in API format, or trains nothing.
    """
    if not is_graph(graph):
        raise ConfigError("What is to be queued is not a graph in API format. Export it with File, Export (API).")
    trainers = list(_nodes(graph, "LoRATrainer"))
    if not trainers and not list(_nodes(graph, "TrainOnAllPictures")):
        raise ConfigError("This graph has no LoRA Trainer, so there is nothing to queue. Run it as usual instead.")
    named = [name for node in trainers for name in _names_of(graph, node)]
    return named or ["all pictures"]


def forecast(forecaster: Forecaster, graph: Graph, runs: Sequence[str]) -> Forecast | None:
    """What is left of a graph's trainings, whatever the graph holds; None if it can't be told before they start.

    `runs` are the names of those that exist, the latest first.
    """
    try:
        return forecaster.forecast(_trainings(graph), runs)
    except _UNKNOWN:
        return None


def check_names(graph: Graph, queue: Sequence[Entry]) -> None:
    """Raises RunError if a training of a graph can't have its run name, as far as that is known before it starts."""
    waiting = [entry.graph for entry in queue if entry.state in ("waiting", "running")]
    known = [training for each in waiting for training in _known_trainings(each)]
    check_run_names(_known_trainings(graph), known, folders.runs_folder())


def _known_trainings(graph: Graph) -> list[Training]:
    try:
        return _trainings(graph)
    except _UNKNOWN:
        return []


def _trainings(graph: Graph) -> list[Training]:
    """The runs that a graph trains, with their pictures counted by name. Raises one of _UNKNOWN.

    Train on All Pictures is not counted: how long it takes depends on the epoch that will be picked.
    """
    found = []
    for inputs in _nodes(graph, "LoRATrainer"):
        settings, source = recipe(inputs), _source(graph, inputs["dataset"])
        for style in _styles(graph, inputs["dataset"]):
            run = _named(inputs["run_name"], style)
            found.append(Training(run, settings, style.pictures, style.held_out, style.resolution, source))
    return found


def _named(name: Any, style: _Style) -> str:
    """Of a run; empty if the name comes from another node."""
    return name.replace(_STYLE, style.name).strip() if isinstance(name, str) else ""


def _nodes(graph: Graph, kind: str) -> Iterator[Mapping[str, Any]]:
    """The inputs of the nodes of a class of ours, which may have its second id."""
    return (node["inputs"] for node in graph.values() if node["class_type"].endswith(kind))


def _names_of(graph: Graph, inputs: Mapping[str, Any]) -> list[str]:
    name = inputs.get("run_name")
    if not isinstance(name, str):
        return [_STYLE]
    try:
        return [_named(name, style) for style in _styles(graph, inputs["dataset"])]
    except _UNKNOWN:
        return [name]


def _source(graph: Graph, link: Any) -> str:
    """What loads pictures and gives them captions, with what is typed into it."""
    typed = [
        (node["class_type"], {name: value for name, value in node["inputs"].items() if not is_link(value)})
        for node in chain(graph, link, "dataset")
    ]
    return json.dumps(typed, sort_keys=True)


@dataclass(frozen=True)
class _Style:
    """The pictures of a style, counted by the names of their files."""

    name: str
    pictures: int
    """To train on."""
    held_out: int
    resolution: int


def _styles(graph: Graph, link: Any) -> list[_Style]:
    """What comes over a link from a loader of pictures, perhaps through a captioner."""
    node = chain(graph, link, "dataset")[-1]
    inputs = node["inputs"]
    if node["class_type"].endswith("DrawnDataset"):
        count, held_out = _count(inputs["pictures"]), _count(inputs["validation_count"])
        return [_Style(f"drawn_{inputs['style']}_{count}", count - held_out, held_out, SIDE)]
    asked, resolution = _count(inputs["validation_count"]), _count(inputs["resolution"])
    return [_counted(style, asked, resolution) for style in folders.style_folders(inputs["folder"])]


def _count(value: Any) -> int:
    """A number that is typed into a node. Raises ValueError if no node takes it: a file may hold any."""
    number = int(value)
    if not 0 <= number <= _LARGEST:
        raise ValueError("out of every range")
    return number


def _counted(style: Path, asked: int, resolution: int) -> _Style:
    listing = list_folder(style)
    if listing.validation is None:
        return _Style(style.name, max(1, len(listing.pictures) - asked), asked, resolution)
    held_out = len(list_folder(listing.validation, style).pictures)
    return _Style(style.name, len(listing.pictures), held_out, resolution)
