"""What a graph is going to train, read from its nodes before any of them runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...lora_core.dataset.folder_scan import list_folder
from ...lora_core.errors import AtelierError, ConfigError
from ...lora_core.queue.entry import Graph
from ...lora_core.queue.forecast import Training
from . import folders
from .graph import is_link
from .recipe import recipe

_STYLE = "{style}"
_DRAWN_SIDE = 128
"""Pixels of the pictures that Drawn Dataset draws."""


def run_names(graph: Graph) -> list[str]:
    """Names of the runs that a graph trains, as far as its nodes tell.

    Raises:
        ConfigError: it is no graph in API format, or trains nothing.
    """
    try:
        trainers = list(_nodes(graph, "LoRATrainer"))
        others = list(_nodes(graph, "TrainOnAllPictures"))
    except (AttributeError, KeyError, TypeError) as error:
        raise ConfigError("What is to be queued is not a graph in API format.") from error
    if not trainers and not others:
        raise ConfigError("This graph has no LoRA Trainer, so there is nothing to queue. Run it as usual instead.")
    named = [name for node in trainers for name in _names_of(graph, node)]
    return named or ["all pictures"]


def trainings(graph: Graph) -> list[Training]:
    """The runs that a graph trains, with their pictures counted by name. Empty if something of it is not known yet.

    Train on All Pictures is not counted: how long it takes depends on the epoch that will be picked.
    """
    try:
        return [
            Training(name.replace(_STYLE, style.name), recipe(inputs), style.pictures, style.held_out, style.resolution)
            for inputs in _nodes(graph, "LoRATrainer")
            for name in [str(inputs["run_name"]).strip()]
            for style in _styles(graph, inputs["dataset"])
        ]
    except (AtelierError, OSError, AttributeError, KeyError, TypeError, ValueError):
        return []


def _nodes(graph: Graph, kind: str) -> Iterator[Mapping[str, Any]]:
    """The inputs of the nodes of a class of ours, which may have its second id."""
    return (node["inputs"] for node in graph.values() if node["class_type"].endswith(kind))


def _names_of(graph: Graph, inputs: Mapping[str, Any]) -> list[str]:
    name = inputs.get("run_name")
    if not isinstance(name, str):
        return [_STYLE]
    try:
        return [name.replace(_STYLE, style.name) for style in _styles(graph, inputs["dataset"])]
    except (AtelierError, OSError, AttributeError, KeyError, TypeError, ValueError):
        return [name]


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
    node = graph[link[0]]
    inputs = node["inputs"]
    if is_link(inputs.get("dataset")):
        return _styles(graph, inputs["dataset"])
    if node["class_type"].endswith("DrawnDataset"):
        count, held_out = int(inputs["pictures"]), int(inputs["validation_count"])
        return [_Style(f"drawn_{inputs['style']}_{count}", count - held_out, held_out, _DRAWN_SIDE)]
    asked, resolution = int(inputs["validation_count"]), int(inputs["resolution"])
    return [_counted(style, asked, resolution) for style in folders.style_folders(inputs["folder"])]


def _counted(style: Path, asked: int, resolution: int) -> _Style:
    listing = list_folder(style)
    if listing.validation is None:
        return _Style(style.name, max(1, len(listing.pictures) - asked), asked, resolution)
    held_out = len(list_folder(listing.validation, style).pictures)
    return _Style(style.name, len(listing.pictures), held_out, resolution)
