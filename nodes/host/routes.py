"""What the browser may ask for: runs, their curves and previews; and what is registered with ComfyUI."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web
from server import PromptServer

from ...lora_core.errors import RunError
from ...lora_core.names import LORA_FILE, OLD_RUN, check_name, quoted
from ...lora_core.picking.selection import RULES
from ...lora_core.picking.weights import CHOICES
from ...lora_core.run_folder import PREVIEWS
from . import folders, gallery_routes, incoming_routes, library_routes, stopping
from .answers import in_a_sentence, part, take, whole_number
from .example_building import draw_example
from .inputs import check_choice
from .messages import RunMessage
from .plain_words import in_words
from .queue_routes import QueueRoutes
from .run_views import Query, RunViews

PREFIX = "/lora_atelier"
_QUEUEING = ("/prompt", "/api/prompt")
_views = RunViews()


def send(event: str, message: RunMessage | None = None) -> None:
    """Sends `lora_atelier.<event>` to every open page."""
    PromptServer.instance.send_sync(f"lora_atelier.{event}", in_words(asdict(message)) if message else {})


def before_serving(function: Callable[[], None]) -> None:
    """Calls it once all packs are loaded, before anybody can ask for the list of nodes."""

    async def start(_app: web.Application) -> None:
        function()

    PromptServer.instance.app.on_startup.append(start)


def before_queueing(function: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Calls it with each request to run a graph; what it returns is checked and queued."""
    PromptServer.instance.add_on_prompt_handler(function)


def after_queueing(told: Callable[[dict[str, Any], dict[str, Any]], dict[str, Any] | None]) -> None:
    """Sends `lora_atelier.queued` to the page that asked to run a graph: what `told` makes of request and answer."""

    async def tell(request: web.Request, response: web.StreamResponse) -> None:
        if request.method != "POST" or request.path not in _QUEUEING or not isinstance(response, web.Response):
            return
        try:
            asked, answer = await request.json(), json.loads(response.text or "")
            message, page = told(asked, answer), asked["client_id"]
        except Exception:  # no graph, not from a page, not to be read at all: ComfyUI's answer goes out in any case
            return
        if message and isinstance(page, str):  # what is no text would end the sending of all messages
            PromptServer.instance.send_sync("lora_atelier.queued", message, page)

    PromptServer.instance.app.on_response_prepare.append(tell)


def when_started(function: Callable[[], None]) -> None:
    """Calls it in a thread of its own once ComfyUI is serving, so that it delays nothing."""

    async def start(_app: web.Application) -> None:
        threading.Thread(target=function, daemon=True).start()

    PromptServer.instance.app.on_startup.append(start)


def register() -> None:
    """Adds the routes to ComfyUI's server."""
    routes = PromptServer.instance.routes
    routes.post(f"{PREFIX}/example_building")(_example_building)
    routes.get(f"{PREFIX}/runs")(_runs)
    routes.get(f"{PREFIX}/runs/{part('name')}")(_run)
    routes.get(f"{PREFIX}/runs/{part('name')}/previews/{part('file')}")(_preview)
    routes.post(f"{PREFIX}/runs/{part('name')}/stop")(_stop)
    gallery_routes.register(routes, PREFIX)
    incoming_routes.register(routes, PREFIX)
    library_routes.register(routes, PREFIX)
    queue = QueueRoutes(lambda: send("queue"))
    queue.register(routes, PREFIX)
    when_started(queue.at_work.go_on)


async def _example_building(_request: web.Request) -> web.Response:
    def answer() -> web.Response:
        draw_example(folders.input_folder())
        return web.json_response({})

    return await in_a_sentence(answer)


async def _runs(_request: web.Request) -> web.Response:
    return web.json_response(await asyncio.to_thread(folders.run_names))


async def _run(request: web.Request) -> web.Response:
    def answer() -> web.Response:
        rule, weights = request.query.get("rule", "lowest"), request.query.get("weights", "best")
        check_choice("rule", rule, RULES)
        check_choice("weights", weights, CHOICES)
        epoch = whole_number("epoch", request.query["epoch"]) if "epoch" in request.query else None
        folder = folders.existing_run(request.match_info["name"])
        view = _views.answer(folder, Query(rule, epoch, weights))
        return web.Response(body=view, content_type="application/json", charset="utf-8")

    return await in_a_sentence(answer)


async def _preview(request: web.Request) -> web.StreamResponse:
    def answer() -> web.StreamResponse:
        name = check_name(request.match_info["file"], "preview", LORA_FILE)
        path = folders.existing_run(request.match_info["name"]) / PREVIEWS / name
        if path.suffix != ".png" or not path.is_file():
            raise RunError(f"There is no preview {quoted(name)}. Open the run again.")
        return web.FileResponse(path, headers={"X-Content-Type-Options": "nosniff"})

    return await in_a_sentence(answer)


async def _stop(request: web.Request) -> web.StreamResponse:
    """Ends a training where it is, so that the graph goes on."""

    def stop() -> dict[str, str]:
        stopping.ask(check_name(request.match_info["name"], limit=OLD_RUN))
        return {}

    return await take(request, "A request to stop", (), stop)
