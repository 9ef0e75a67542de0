"""What stands behind a node in the graph that runs."""

from __future__ import annotations

import json
from typing import Any

from . import progress, routes

Prompt = dict[str, dict[str, Any]]


def behind(output: int) -> str:
    """The nodes that get this output of the node that ComfyUI asks or runs, directly or not, with all their inputs.

    It is the fingerprint of a node that leaves something for them outside its outputs: when they run, it must too.
    """
    graph, node = routes.running_graph(progress.prompt_id()), progress.node_id()
    found: Prompt = {}
    while True:
        new = {
            name: {"class_type": each["class_type"], "inputs": each["inputs"]}
            for name, each in graph.items()
            if name not in found and any(_leads_from(value, node, output, found) for value in each["inputs"].values())
        }
        if not new:
            return json.dumps(sorted(found.items()), default=repr)
        found |= new


def _leads_from(value: Any, node: str, output: int, found: Prompt) -> bool:
    return isinstance(value, list) and len(value) == 2 and (value == [node, output] or value[0] in found)
