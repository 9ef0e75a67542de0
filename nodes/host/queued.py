"""Tells a page what ComfyUI answered to its request to run a graph: under which id it is queued, or what is refused.

ComfyUI tells that to the function that asked. An extension of the page would have to replace this function to hear it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from aiohttp import web
from comfy_api.latest import io
from server import PromptServer

from . import taken_ids

_ROUTES = ("/prompt", "/api/prompt")


def tell_pages(nodes: Sequence[type[io.ComfyNode]]) -> None:
    """Sends the event lora_atelier.queued for each request that has one of these nodes. To be called before serving."""

    async def tell(request: web.Request, response: web.StreamResponse) -> None:
        if request.method != "POST" or request.path not in _ROUTES or not isinstance(response, web.Response):
            return
        try:
            asked, answer = await request.json(), json.loads(response.body or b"")  # type: ignore[arg-type]
            message = _message(nodes, asked["prompt"], answer)
            page = asked["client_id"]
        except (AttributeError, KeyError, TypeError, ValueError):
            return  # no graph, or not from a page: ComfyUI has answered what it has to say
        if message:
            PromptServer.instance.send_sync("lora_atelier.queued", message, page)

    PromptServer.instance.app.on_response_prepare.append(tell)


def _message(
    nodes: Sequence[type[io.ComfyNode]], graph: dict[str, Any], answer: dict[str, Any]
) -> dict[str, Any] | None:
    """What concerns the page of an answer: in ComfyUI's words. None if no node of ours is in the graph."""
    own = {name for name, entry in graph.items() if taken_ids.ours(nodes, entry["class_type"])}
    if not own:
        return None
    errors = {name: told for name, told in (answer.get("node_errors") or {}).items() if name in own}
    return {"prompt_id": answer.get("prompt_id"), "node_errors": errors}
