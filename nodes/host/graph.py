"""What stands behind a node in the graph that runs."""

from __future__ import annotations

import json
from typing import Any

from comfy_execution.utils import get_executing_context
from server import PromptServer

Prompt = dict[str, dict[str, Any]]


def behind(output: int) -> str:
    """The nodes that get this output of the node that ComfyUI asks or runs, directly or not, with all their inputs.

    A fingerprint for a node that leaves something for them outside its outputs: the same text as long as they stay as
    they are.
    """
    context = get_executing_context()
    running, _ = PromptServer.instance.prompt_queue.get_current_queue_volatile()
    graphs = [item[2] for item in running if context is not None and item[1] == context.prompt_id]
    return _behind(graphs[0], context.node_id, output) if graphs else ""


def _behind(graph: Prompt, node: str, output: int) -> str:
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
