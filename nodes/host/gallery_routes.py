"""What the gallery of a folder may ask for: its pictures with their captions, and on which side each is; and what it
may write.
"""

from __future__ import annotations

from dataclasses import asdict

from aiohttp import web

from ...lora_core.dataset.gallery import correct, gallery, thumbnail
from ...lora_core.dataset.sides import Sides
from ...lora_core.errors import AtelierError, ConfigError
from ...lora_core.names import quoted
from . import folders
from .answers import in_a_sentence, part, take, whole_number
from .loaded import Settings, load
from .plain_words import in_words

_FOR_EVER = "private, max-age=31536000, immutable"
"""A small picture's address has the version of its file in it."""


def register(routes: web.RouteTableDef, prefix: str) -> None:
    """Adds the gallery's routes."""
    routes.get(f"{prefix}/captions")(_captions)
    routes.get(f"{prefix}/captions/{part('key')}")(_thumbnail)
    routes.post(f"{prefix}/captions/{part('key')}")(_correct)
    routes.get(f"{prefix}/sides")(_sides)


async def _captions(request: web.Request) -> web.StreamResponse:
    def answer() -> web.Response:
        found = gallery(folders.style_folders(request.query.get("folder")))
        return web.json_response([asdict(entry) for entry in found])

    return await in_a_sentence(answer)


async def _thumbnail(request: web.Request) -> web.StreamResponse:
    def answer() -> web.StreamResponse:
        picture = thumbnail(folders.style_folders(request.query.get("folder")), request.match_info["key"])
        kept = {"Cache-Control": _FOR_EVER} if "version" in request.query else {}
        return web.Response(body=picture, content_type="image/jpeg", headers=kept)

    return await in_a_sentence(answer)


async def _correct(request: web.Request) -> web.StreamResponse:
    def write(folder: str, before: str, caption: str) -> dict[str, str]:
        return {"caption": correct(folders.style_folders(folder), request.match_info["key"], before, caption)}

    return await take(request, "A caption", ("folder", "before", "caption"), write)


async def _sides(request: web.Request) -> web.StreamResponse:
    def answer() -> web.Response:
        settings = _settings(request)
        sides = Sides()
        for style in folders.style_folders(request.query.get("folder")):
            try:
                sides.add(load(style, settings))
            except AtelierError as error:
                sides.problems.append(str(error))
        return web.json_response(in_words(asdict(sides)))

    return await in_a_sentence(answer)


def _settings(request: web.Request) -> Settings:
    """Raises ConfigError if what is asked with is not what the node's inputs can be."""
    resolution, validation_count, seed = (
        whole_number(name, request.query.get(name, "")) for name in ("resolution", "validation_count", "seed")
    )
    buckets = request.query.get("aspect_buckets", "")
    if buckets not in ("true", "false"):
        raise ConfigError(f"aspect_buckets must be true or false, got {quoted(buckets)}.")
    return Settings(resolution, buckets == "true", validation_count, seed)
