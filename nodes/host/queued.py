"""What a page is told about its request to run a graph: under which id it is queued, or what is refused.

ComfyUI tells that to the function that asked. An extension of the page would have to replace this function to hear it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from comfy_api.latest import io

from . import taken_ids


def told_to_page(
    nodes: Sequence[type[io.ComfyNode]], request: Mapping[str, Any], answer: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The event lora_atelier.queued, in ComfyUI's own words; None if no node of ours is in the graph.

    Args:
        nodes: of this pack.
        request: what was posted to /prompt.
        answer: what ComfyUI answered.

    Raises:
        AttributeError, KeyError, TypeError: the request was no graph, or the answer is none to a graph.
    """
    graph = request["prompt"]
    own = {name for name, entry in graph.items() if taken_ids.ours(nodes, entry["class_type"])}
    if not own:
        return None
    errors = {name: told for name, told in (answer.get("node_errors") or {}).items() if name in own}
    return {"prompt_id": answer.get("prompt_id"), "node_errors": errors}
