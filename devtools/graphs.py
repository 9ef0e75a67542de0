"""The example workflows as graphs in API form, what POST /prompt takes, and other values for their inputs.

The front end writes both forms (dev.py templates). Standard library only.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

from .console import Failure
from .places import ROOT

Graph = dict[str, dict[str, Any]]
Workflow = dict[str, Any]
Settings = Mapping[str, Mapping[str, Any]]
"""Values by input, by the title or the class of nodes."""

WORKFLOWS = ROOT / "example_workflows"
GRAPHS = ROOT / "tests" / "workflows"
NAMES = ("learn_without_a_gpu", "restyle_without_a_gpu", "train_a_style", "restyle_a_building", "five_styles")


def load_workflow(name: str) -> Workflow:
    """An example as users open it."""
    workflow: Workflow = json.loads((WORKFLOWS / f"{name}.json").read_text(encoding="utf-8"))
    return workflow


def load_graph(name: str) -> Graph:
    """The same in API form."""
    graph: Graph = json.loads((GRAPHS / f"{name}.api.json").read_text(encoding="utf-8"))
    return graph


def find_nodes(graph: Graph, which: str) -> list[str]:
    """The ids of the nodes with the title `which`; if there are none, of those of that class.

    Raises Failure if there is no such node; the message lists what there is.
    """
    titled = [number for number, node in graph.items() if node["_meta"]["title"] == which]
    found = titled or [number for number, node in graph.items() if node["class_type"] == which]
    if not found:
        there = ", ".join(sorted({node["class_type"] for node in graph.values()}))
        raise Failure(f"The graph has no node {which!r}. It has: {there}.")
    return found


def with_inputs(graph: Graph, settings: Settings) -> Graph:
    """A copy of the graph with other values for some inputs.

    Raises Failure if there is no such node or input, or if the input is connected.
    """
    changed = copy.deepcopy(graph)
    for which, values in settings.items():
        for number in find_nodes(graph, which):
            node = changed[number]
            for name, value in values.items():
                _check_free(node, number, name)
                node["inputs"][name] = value
    return changed


def with_new_inputs(graph: Graph, object_info: Mapping[str, Any]) -> Graph:
    """A copy of the graph with the inputs that its nodes have got since it was saved, at their defaults.

    The front end gives them to a workflow that it opens; ComfyUI refuses a graph without them.

    Args:
        graph: in API form.
        object_info: what the server knows of every node.
    """
    changed = copy.deepcopy(graph)
    for node in changed.values():
        required = object_info.get(node["class_type"], {}).get("input", {}).get("required", {})
        defaults = {
            name: options["default"]
            for name, (_, *rest) in required.items()
            for options in rest
            if "default" in options
        }
        node["inputs"] = defaults | node["inputs"]
    return changed


def _check_free(node: Mapping[str, Any], number: str, name: str) -> None:
    what = f"node {number} ({node['class_type']}, {node['_meta']['title']!r})"
    if name not in node["inputs"]:
        raise Failure(f"{what} has no input {name!r}. It has: {', '.join(node['inputs']) or 'none'}.")
    if is_link(node["inputs"][name]):
        raise Failure(f"{name} of {what} is connected: its value comes from node {node['inputs'][name][0]}.")


def is_link(value: Any) -> bool:
    """Whether the value of an input is a link to an output of another node."""
    return isinstance(value, list)


def with_values_of(workflow: Workflow, before: Graph, after: Graph) -> Workflow:
    """A copy of a workflow, whose API form is `before`, with the values of `after` in its widgets.

    The values of a node's free inputs are in the same order as its widgets; widgets that are not sent, such as
    control_after_generate, are between them.
    """
    changed = copy.deepcopy(workflow)
    for node in changed["nodes"]:
        number, widgets = str(node["id"]), node.get("widgets_values") or []
        for name, place in _places(before.get(number, {}).get("inputs", {}), widgets):
            widgets[place] = after[number]["inputs"][name]
    return changed


def _places(inputs: Mapping[str, Any], widgets: list[Any]) -> Iterator[tuple[str, int]]:
    place = 0
    for name, value in inputs.items():
        if is_link(value):
            continue
        while place < len(widgets) and widgets[place] != value:
            place += 1
        if place < len(widgets):
            yield name, place
        place += 1
