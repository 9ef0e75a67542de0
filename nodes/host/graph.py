"""What stands behind a node in the graph that runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ...lora_core.queue.graph import is_link
from . import progress, prompts

Prompt = dict[str, dict[str, Any]]

DATASET, OVERVIEW = 0, 2
"""Outputs that the loaders of pictures and the captioner have alike."""


def behind(output: int) -> str:
    """The nodes that get this output of the node that ComfyUI asks or runs, directly or not, with all their inputs.

    It is the fingerprint of a node that leaves something for them outside its outputs: when they run, it must too.
    """
    return json.dumps(sorted(_behind(output).items()), default=repr)


def overview_is_taken() -> bool:
    """Whether a node gets the overview of the pictures from the node that runs, which loads them, or from a captioner
    behind it: then the node that runs need not draw it in itself as well.
    """
    graph, node = prompts.running_graph(progress.prompt_id()), progress.node_id()
    captioners = [name for name, each in _behind(DATASET).items() if each["class_type"].endswith("BlipCaptioner")]
    return bool(nodes_behind(graph, lambda link: link in [[name, OVERVIEW] for name in (node, *captioners)]))


def nodes_behind(graph: Prompt, begins: Callable[[list[Any]], bool]) -> Prompt:
    """The nodes of a graph that get what comes over certain links, directly or not, with all their inputs."""
    found: Prompt = {}
    while True:
        new = {
            name: {"class_type": each["class_type"], "inputs": each["inputs"]}
            for name, each in graph.items()
            if name not in found
            and any(is_link(value) and (begins(value) or value[0] in found) for value in each["inputs"].values())
        }
        if not new:
            return found
        found |= new


def _behind(output: int) -> Prompt:
    node = progress.node_id()
    return nodes_behind(prompts.running_graph(progress.prompt_id()), lambda link: link == [node, output])
