"""Graphs in ComfyUI's API format: nodes by their ids, each with its class and its inputs, which may link to others."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import Any

Graph = dict[str, Any]


def is_graph(value: object) -> bool:
    """Whether a value that was read from JSON is such a graph. What its links lead to may be missing."""
    return isinstance(value, dict) and all(
        isinstance(node, dict) and isinstance(node.get("class_type"), str) and isinstance(node.get("inputs"), dict)
        for node in value.values()
    )


def is_link(value: Any) -> bool:
    """Whether the value of an input is a link to an output of another node."""
    return isinstance(value, list) and len(value) == 2


def circle(graph: Graph) -> list[str]:
    """Ids of nodes each of which gets something from the one before it, the first and the last being the same.

    Empty if there is no such circle, as in every graph that can run.
    """
    sources = {
        name: [value[0] for value in node["inputs"].values() if is_link(value) and isinstance(value[0], str)]
        for name, node in graph.items()
    }
    try:
        TopologicalSorter(sources).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def chain(graph: Graph, link: Any, through: str) -> list[dict[str, Any]]:
    """The node that a link leads to, the one behind that node's input `through`, and so on to one without such a link.

    Raises:
        ValueError: the nodes stand in a circle.
        KeyError, TypeError: a link leads nowhere.
    """
    found: list[dict[str, Any]] = []
    while is_link(link):
        if len(found) == len(graph):
            raise ValueError("the nodes stand in a circle")
        found.append(graph[link[0]])
        link = found[-1]["inputs"].get(through)
    return found
