"""The examples that open in App mode show inputs that there are, few of them, under names for people."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from devtools.apps import APPS, CHART, MOST_INPUTS, App, Input, app_name, as_app, with_app
from devtools.graphs import GRAPHS, WORKFLOWS, is_link, load_graph, load_workflow

CHARTS = ("LoRATrainer", "ValidationLossPlot", "CheckpointPicker")
ENDS = ("SaveImage", "PreviewImage")
SHOWN = sorted(path.stem for path in WORKFLOWS.glob("*.json") if "linearData" in path.read_text(encoding="utf-8"))


def faults(name: str, workflow: dict[str, Any]) -> list[str]:
    """What is wrong with what App mode shows of an example."""
    graph = load_graph(name.removesuffix(".app"))
    shown = workflow["extra"]["linearData"]
    told = [] if len(shown["inputs"]) <= MOST_INPUTS else [f"{len(shown['inputs'])} inputs"]
    for node, widget in shown["inputs"]:
        entry = graph.get(str(node), {"class_type": "", "inputs": {}})
        there = entry["class_type"] in CHARTS if widget == CHART else not is_link(entry["inputs"].get(widget, ["", 0]))
        told += [] if there else [f"no widget {widget} in node {node}"]
    return told + [
        f"node {node} shows nothing" for node in shown["outputs"] if graph[str(node)]["class_type"] not in ENDS
    ]


@pytest.mark.parametrize("name", SHOWN)
def test_an_app_shows_few_inputs_and_only_those_that_there_are(name: str) -> None:
    assert faults(name, load_workflow(name)) == []


def test_what_is_not_there_is_found() -> None:
    made_up = App((Input(7, "epoch"), Input(99, "x"), Input(12, CHART), *(Input(7, "epochs"),) * 3), (7,))
    told = faults("train_a_style", with_app(load_workflow("train_a_style"), made_up))
    missing = [f"no widget {widget} in node {node}" for node, widget in ((7, "epoch"), (99, "x"), (12, CHART))]
    assert told == ["6 inputs", *missing, "node 7 shows nothing"]


@pytest.mark.parametrize("name", APPS)
def test_an_app_is_its_graph_with_labels(name: str) -> None:
    graph, app = load_workflow(name), load_workflow(app_name(name))
    assert with_app(graph, APPS[name]) == graph, "run dev.py templates"
    assert app == as_app(graph, APPS[name]), "run dev.py templates"
    assert app["extra"]["linearMode"] is True
    labels = {each.label for each in APPS[name].inputs if each.widget != CHART}
    assert "" not in labels and not any("_" in label for label in labels)
    bare = copy.deepcopy(app)
    del bare["extra"]["linearMode"]
    for node in bare["nodes"]:
        slots = node.get("inputs", [])
        labelled = [slot for slot in slots if slot.get("label") in labels]
        labels -= {slot["label"] for slot in labelled}
        if labelled:
            node["inputs"] = [slot for slot in slots if slot not in labelled]
    assert not labels
    for node in (*bare["nodes"], *graph["nodes"]):
        node.setdefault("inputs", [])
    assert bare == graph


def test_there_are_apps() -> None:
    assert {*map(app_name, APPS)} <= {*SHOWN}
    assert all((GRAPHS / f"{name}.api.json").is_file() for name in APPS)
    assert json.loads((WORKFLOWS / "train_a_style.app.json").read_text(encoding="utf-8"))["extra"]["linearMode"]
