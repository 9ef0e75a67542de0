"""The examples that open as apps: the same graphs, with a few inputs under plain names, where a front end has App mode.

Others take them for graphs. Standard library only.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from .graphs import Workflow

MOST_INPUTS = 5
CHART = "lora_atelier_chart"


@dataclass(frozen=True)
class Input:
    """A widget that an app shows."""

    node: int
    widget: str
    kind: str = ""
    """The type of the widget's values; empty for a chart."""
    label: str = ""
    """What the app calls it; a chart names itself."""


@dataclass(frozen=True)
class App:
    """What an app shows of a graph, from top to bottom."""

    inputs: tuple[Input, ...]
    outputs: tuple[int, ...]
    """The nodes whose pictures it shows."""


APPS = {
    "train_a_style": App(
        inputs=(
            Input(3, "folder", "COMBO", "Folder of pictures"),
            Input(7, "run_name", "STRING", "Run name ({style}: the folder's)"),
            Input(7, "epochs", "INT", "Epochs at most"),
            Input(7, CHART),
            Input(9, CHART),
        ),
        outputs=(22, 23),
    ),
    "restyle_a_building": App(
        inputs=(
            Input(3, "run_name", "COMBO", "Style: a training run"),
            Input(7, "image", "COMBO", "Photograph"),
            Input(16, "prompt", "STRING", "What it should look like"),
            Input(16, "lora_strength", "FLOAT", "Strength of the style"),
            Input(18, "denoise", "FLOAT", "How much may change (0 to 1)"),
        ),
        outputs=(20,),
    ),
}


def app_name(name: str) -> str:
    """The name of an example's app: newer front ends tell apps by its ending."""
    return f"{name}.app"


def with_app(workflow: Workflow, app: App) -> Workflow:
    """The example as a graph that App mode, once turned on, shows as this app."""
    shown: dict[str, Any] = {"inputs": [[each.node, each.widget] for each in app.inputs], "outputs": list(app.outputs)}
    return {**workflow, "extra": {**workflow["extra"], "linearData": shown}}


def as_app(workflow: Workflow, app: App) -> Workflow:
    """The example as a file that opens in App mode, with the app's own labels."""
    opened = copy.deepcopy(with_app(workflow, app))
    opened["extra"]["linearMode"] = True
    nodes = {node["id"]: node for node in opened["nodes"]}
    for each in app.inputs:
        if each.label:
            slot = {"label": each.label, "name": each.widget, "type": each.kind, "widget": {"name": each.widget}}
            nodes[each.node].setdefault("inputs", []).append({**slot, "link": None})
    return opened
