"""A graph whose inputs a node of ours refuses does not half run."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from comfy_api.latest import io

from ...lora_core.queue.graph import is_link
from . import taken_ids
from .graph import nodes_behind
from .prompts import TARGETS


def refuse_whole(nodes: Sequence[type[io.ComfyNode]], request: dict[str, Any]) -> dict[str, Any]:
    """A request to run a graph; if a node of ours refuses its inputs, only for the outputs that depend on that node.

    ComfyUI reports what is refused and runs the rest of the graph at the same time. Of this request it runs nothing. A
    node that leads to no output is not run in any case, so what it refuses does not matter.

    Args:
        nodes: of this pack.
        request: what was posted to /prompt. It may be anything: what is not a graph is ComfyUI's to refuse.
    """
    try:
        graph = request["prompt"]
        refusing = [name for name, entry in graph.items() if _refuses(nodes, entry)]
        concerned = {*refusing, *nodes_behind(graph, lambda link: link[0] in refusing)} if refusing else set()
        wanted = request.get(TARGETS)
        ends = [
            name for name in wanted or graph if name in concerned and taken_ids.is_output(graph[name]["class_type"])
        ]
    except (AttributeError, KeyError, TypeError):
        return request
    return {**request, TARGETS: ends} if ends else request


def _refuses(nodes: Sequence[type[io.ComfyNode]], entry: Mapping[str, Any]) -> bool:
    """Whether a node refuses what is typed into it. What other nodes will send is not known yet."""
    node = taken_ids.ours(nodes, entry["class_type"])
    if node is None:
        return False
    typed = {name: value for name, value in entry["inputs"].items() if not is_link(value)}
    parameters = inspect.signature(node.validate_inputs).parameters.values()
    judged = [each.name for each in parameters if each.kind is not each.VAR_KEYWORD]
    values = {name: [typed.get(name)] if node.INPUT_IS_LIST else typed.get(name) for name in judged}
    return bool(judged) and node.validate_inputs(**values) is not True
