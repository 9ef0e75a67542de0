"""What the browser may ask for and is told: runs, their curves and previews. The only importer of ComfyUI's server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from aiohttp import web
from server import PromptServer

from ..lora_core.errors import AtelierError
from ..lora_core.run_view import run_view
from . import comfy_bridge

PREFIX = "/lora_atelier"


def send(event: str, data: dict[str, Any]) -> None:
    """Sends `lora_atelier.<event>` to every open page."""
    PromptServer.instance.send_sync(f"lora_atelier.{event}", data)


def when_started(function: Callable[[], None]) -> None:
    """Calls it in a thread of its own as soon as ComfyUI serves, so that it holds up nothing."""

    async def start(_app: web.Application) -> None:
        threading.Thread(target=function, daemon=True).start()

    PromptServer.instance.app.on_startup.append(start)


def register() -> None:
    """Adds the routes to ComfyUI's server."""
    routes = PromptServer.instance.routes
    routes.get(f"{PREFIX}/runs")(_runs)
    routes.get(f"{PREFIX}/runs/{{name}}")(_run)
    routes.get(f"{PREFIX}/runs/{{name}}/previews/{{file}}")(_preview)


async def _runs(_request: web.Request) -> web.Response:
    return web.json_response(await asyncio.to_thread(comfy_bridge.run_names))


async def _run(request: web.Request) -> web.Response:
    try:
        epoch = int(request.query["epoch"]) if "epoch" in request.query else None
        folder = comfy_bridge.existing_run(request.match_info["name"])
        rule, weights = request.query.get("rule", "lowest"), request.query.get("weights", "best")
        view = await asyncio.to_thread(run_view, folder, rule, epoch, weights)
    except (AtelierError, ValueError) as error:
        return web.json_response({"error": str(error)}, status=404)
    return web.json_response(view)


async def _preview(request: web.Request) -> web.StreamResponse:
    try:
        previews = comfy_bridge.existing_run(request.match_info["name"]) / "previews"
    except AtelierError as error:
        return web.json_response({"error": str(error)}, status=404)
    path = previews / request.match_info["file"]
    if path.suffix != ".png" or path.parent != previews or not path.is_file():
        return web.json_response({"error": f"No preview {path.name}."}, status=404)
    return web.FileResponse(path)
