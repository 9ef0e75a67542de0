"""Folders of pictures that are dropped onto DatasetLoader: they arrive file by file, into ComfyUI's input folder.

A file is sent as application/octet-stream, and says so, which no page of another site can do unasked; ComfyUI refuses
other origins as well.
"""

from __future__ import annotations

import asyncio
import time
import uuid

from aiohttp import web

from ...lora_core.dataset.captions import CAPTION_SUFFIXES
from ...lora_core.dataset.incoming import ENDINGS, LARGEST_FILE, MOST_FILES, MOST_IDLE, Incoming, discard_idle
from ...lora_core.errors import DatasetError
from ...lora_core.names import quoted
from . import folders
from .answers import BROKEN, in_a_sentence, part, refusal, take

_arriving: dict[str, Incoming] = {}
"""By a name that only who began one knows."""


def register(routes: web.RouteTableDef, prefix: str) -> None:
    """Adds the routes for folders that arrive."""
    routes.post(f"{prefix}/incoming")(_begin)
    routes.post(f"{prefix}/incoming/{part('ticket')}/files")(_file)
    routes.post(f"{prefix}/incoming/{part('ticket')}/settle")(_settle)
    routes.post(f"{prefix}/incoming/{part('ticket')}/discard")(_discard)


async def _begin(request: web.Request) -> web.StreamResponse:
    def begin(name: str) -> dict[str, object]:
        ticket = uuid.uuid4().hex
        _arriving[ticket] = Incoming.begin(name, folders.temporary_folder())
        limits = {"endings": ENDINGS, "captions": CAPTION_SUFFIXES, "largest": LARGEST_FILE, "most": MOST_FILES}
        return {"ticket": ticket, **limits}

    _tidy_later()
    return await take(request, "The name of a folder", ("name",), begin)


def _tidy_later() -> None:
    """Has folders that stay incomplete discarded: looks now and then, for as long as any is on its way."""

    def tidy() -> None:
        discard_idle(_arriving, time.monotonic())
        if _arriving:
            loop.call_later(MOST_IDLE, tidy)

    loop = asyncio.get_running_loop()
    loop.call_later(MOST_IDLE, tidy)


async def _file(request: web.Request) -> web.StreamResponse:
    if request.headers.get("Content-Type", "").split(";")[0].strip().lower() != "application/octet-stream":
        return refusal(415, "A file is sent as application/octet-stream.")
    data = bytearray()
    try:
        async for chunk in request.content.iter_any():
            data += chunk
            if len(data) > LARGEST_FILE:
                break  # the rest need not be read to refuse it
    except BROKEN:
        return refusal(400, "The file did not arrive whole. Drop the folder again.")

    def answer() -> web.Response:
        _find(request).add(request.query.get("path"), bytes(data))
        return web.json_response({})

    return await in_a_sentence(answer)


async def _settle(request: web.Request) -> web.StreamResponse:
    def settle() -> dict[str, str]:
        incoming = _take(request)
        try:
            return {"folder": incoming.settle(folders.input_folder()).name}
        finally:
            incoming.discard()

    return await take(request, "The end of a folder", (), settle)


async def _discard(request: web.Request) -> web.StreamResponse:
    def discard() -> dict[str, str]:
        _take(request).discard()
        return {}

    return await take(request, "The end of a folder", (), discard)


def _take(request: web.Request) -> Incoming:
    """The folder that a request is about, which is no longer on its way."""
    incoming = _find(request)
    del _arriving[request.match_info["ticket"]]
    return incoming


def _find(request: web.Request) -> Incoming:
    ticket = request.match_info["ticket"]
    if ticket not in _arriving:
        raise DatasetError(f"No folder {quoted(ticket)} is on its way. Drop it again.")
    return _arriving[ticket]
