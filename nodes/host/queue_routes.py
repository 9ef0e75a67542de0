"""What the queue of trainings may be asked for, and what a user changes in it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

from aiohttp import web

from ...lora_core.errors import ConfigError, RunError
from ...lora_core.queue.entry import Entry
from ...lora_core.queue.forecast import Forecaster
from ...lora_core.queue.graph import Graph
from ...lora_core.queue.listing import NOTHING, list_queue
from . import folders
from .answers import in_a_sentence, part, take
from .inputs import check_choice
from .plain_words import in_words
from .prompts import ComfyQueue
from .queue_at_work import QueueAtWork
from .queue_graph import check_names, forecast, run_names


class QueueRoutes:
    """Answers in threads of their own; the queue itself belongs to the server, whichever page asks."""

    def __init__(self, tell: Callable[[], None]) -> None:
        """`tell` is called whenever the queue has changed."""
        self._tell = tell
        self._comfy = ComfyQueue()
        self.at_work = QueueAtWork(self._comfy, tell)
        self._forecaster = Forecaster(folders.runs_folder())

    def register(self, routes: web.RouteTableDef, prefix: str) -> None:
        """Adds the queue's routes."""
        routes.get(f"{prefix}/queue")(self._listing)
        routes.get(f"{prefix}/queue/{part('id')}/workflow")(self._workflow)
        routes.post(f"{prefix}/queue")(self._add)
        routes.post(f"{prefix}/queue/going")(self._go)
        routes.post(f"{prefix}/queue/restarts")(self._go_on_after_restarts)
        routes.post(f"{prefix}/queue/{part('id')}/move")(self._move)
        routes.post(f"{prefix}/queue/{part('id')}/remove")(self._remove)
        routes.post(f"{prefix}/queue/{part('id')}/again")(self._again)

    async def _listing(self, _request: web.Request) -> web.StreamResponse:
        def answer() -> web.Response:
            worker = self.at_work.existing()
            if worker is None:
                return web.json_response(asdict(NOTHING))
            runs = folders.run_names()
            listing = list_queue(worker.queue, lambda entry: forecast(self._forecaster, entry.graph, runs))
            return web.json_response(in_words(asdict(listing)))

        return await in_a_sentence(answer)

    async def _workflow(self, request: web.Request) -> web.StreamResponse:
        def answer() -> web.Response:
            entry = self.at_work.open().queue.entry(request.match_info["id"])
            if entry.workflow is None:
                raise RunError("This training was queued without its workflow, so it cannot be opened.")
            return web.json_response(entry.workflow)

        return await in_a_sentence(answer)

    async def _add(self, request: web.Request) -> web.StreamResponse:
        def add(graph: str, workflow: str, client: str) -> dict[str, str]:
            entry = _entry(graph, workflow, client)
            reason = self._comfy.refusal(entry.graph)
            if reason:
                raise ConfigError(f"This graph cannot be queued, since it could not run. {reason.rstrip('.')}.")
            queue = self.at_work.open().queue
            try:
                check_names(entry.graph, queue.entries)
            except RunError as error:
                raise ConfigError(str(error)) from error
            queue.put(entry)
            return {"id": entry.id}

        return await self._take(request, "A training for the queue", ("graph", "workflow", "client"), add)

    async def _go(self, request: web.Request) -> web.StreamResponse:
        def go(going: str) -> dict[str, str]:
            self.at_work.open().queue.go(_yes("going", going))
            return {}

        return await self._take(request, "Whether the queue goes on", ("going",), go)

    async def _go_on_after_restarts(self, request: web.Request) -> web.StreamResponse:
        def go_on(restarts: str) -> dict[str, str]:
            self.at_work.open().queue.go_on_after_restarts(_yes("restarts", restarts))
            return {}

        return await self._take(request, "Whether the queue goes on after a restart", ("restarts",), go_on)

    async def _move(self, request: web.Request) -> web.StreamResponse:
        def move(before: str) -> dict[str, str]:
            self.at_work.open().queue.move(request.match_info["id"], before)
            return {}

        return await self._take(request, "A place in the queue", ("before",), move)

    async def _remove(self, request: web.Request) -> web.StreamResponse:
        def remove() -> dict[str, str]:
            self.at_work.open().remove(request.match_info["id"])
            return {}

        return await self._take(request, "A training to take out", (), remove)

    async def _again(self, request: web.Request) -> web.StreamResponse:
        def again() -> dict[str, str]:
            self.at_work.open().again(request.match_info["id"])
            return {}

        return await self._take(request, "A training to start again", (), again)

    async def _take(
        self, request: web.Request, what: str, names: tuple[str, ...], act: Callable[..., dict[str, str]]
    ) -> web.StreamResponse:
        """Does it and tells all pages, since all show the same queue."""

        def done(*texts: str) -> dict[str, str]:
            answer = act(*texts)
            self._tell()
            return answer

        return await take(request, what, names, done)


def _entry(graph: str, workflow: str, client: str) -> Entry:
    """A training as a page sends it. Raises ConfigError if it makes no sense or trains nothing."""
    prompt, drawn = _object("graph", graph), _object("workflow", workflow)
    now = datetime.now(timezone.utc).isoformat(timespec="microseconds")
    return Entry(str(uuid.uuid4()), tuple(run_names(prompt)), now, prompt, drawn or None, client)


def _object(name: str, text: str) -> Graph:
    try:
        found: Any = json.loads(text)
        json.dumps(found, allow_nan=False)  # or no page could read it
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ConfigError(f"{name} must be an object of JSON, as a text, and its numbers finite.")
    return found


def _yes(name: str, word: str) -> bool:
    check_choice(name, word, ("yes", "no"))
    return word == "yes"
