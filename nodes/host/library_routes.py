"""What the library in the sidebar may ask for: the list of runs, one opened, two compared; and what it may change."""

from __future__ import annotations

import functools
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from ...lora_core.dataset.gallery import thumbnail_of_content
from ...lora_core.errors import RunError
from ...lora_core.library.bundle import make_bundle
from ...lora_core.library.deletion import delete_run
from ...lora_core.library.details import Checkpoint, read_comparison, read_details
from ...lora_core.library.heat import held_out, read_heat_map
from ...lora_core.library.notes import write_notes
from ...lora_core.library.shelf import Shelf
from ...lora_core.names import quoted
from ...lora_core.picking.weights import Weights
from ...lora_core.record.reader import read_view
from ...lora_core.record.run_file import RunFile
from . import folders
from .answers import in_a_sentence, part, take, whole_number
from .inputs import check_choice
from .plain_words import in_words

_WEIGHTS = tuple(each.value for each in Weights)
_SECONDS = 0.5
"""For reading runs, each time that the list is asked for; what is left is read the next time."""


@functools.cache
def _shelf(runs: Path) -> Shelf:
    return Shelf(runs)


def register(routes: web.RouteTableDef, prefix: str) -> None:
    """Adds the library's routes."""
    routes.get(f"{prefix}/library")(_listing)
    routes.get(f"{prefix}/library/{part('name')}")(_details)
    routes.get(f"{prefix}/library/{part('name')}/bundle")(_bundle)
    routes.get(f"{prefix}/library/{part('name')}/heat")(_heat)
    routes.get(f"{prefix}/library/{part('name')}/pictures/{part('key')}")(_picture)
    routes.post(f"{prefix}/library/{part('name')}/notes")(_note)
    routes.post(f"{prefix}/library/{part('name')}/delete")(_delete)
    routes.get(f"{prefix}/difference")(_difference)


async def _listing(request: web.Request) -> web.StreamResponse:
    def answer() -> web.Response:
        since = whole_number("since", request.query.get("since", "0"))
        found = _shelf(folders.runs_folder()).listing(folders.run_names(), _SECONDS, since)
        return web.json_response(in_words(asdict(found)))

    return await in_a_sentence(answer)


async def _details(request: web.Request) -> web.StreamResponse:
    def answer() -> web.Response:
        details = read_details(folders.existing_run(request.match_info["name"]))
        # A person's own words are not changed: what is sent back to be replaced must be what stands in the file.
        return web.json_response({**in_words(asdict(details)), "notes": details.notes})

    return await in_a_sentence(answer)


async def _bundle(request: web.Request) -> web.StreamResponse:
    def answer() -> web.Response:
        folder = folders.existing_run(request.match_info["name"])
        named = f"attachment; filename*=UTF-8''{quote(folder.name + '.zip', safe='')}"
        return web.Response(
            body=make_bundle(folder, read_view(folder)),
            content_type="application/zip",
            headers={"Content-Disposition": named},
        )

    return await in_a_sentence(answer)


async def _heat(request: web.Request) -> web.StreamResponse:
    def answer() -> web.Response:
        weights = request.query.get("weights", "raw")
        check_choice("weights", weights, _WEIGHTS)
        found = read_heat_map(folders.existing_run(request.match_info["name"]), Weights(weights))
        return web.json_response(in_words(asdict(found)))

    return await in_a_sentence(answer)


async def _picture(request: web.Request) -> web.StreamResponse:
    """A held-out picture, if it still lies in a folder of pictures of the name that the run knows."""

    def answer() -> web.Response:
        run = RunFile.read(folders.existing_run(request.match_info["name"]))
        entry = held_out(run, request.match_info["key"])
        for choice in folders.dataset_choices():
            if choice.split("/")[-1] == run.dataset.name:
                styles = folders.style_folders(choice)
                picture = thumbnail_of_content(styles, entry.path.split("/")[-1], entry.content_hash)
                if picture is not None:
                    return web.Response(body=picture, content_type="image/jpeg")
        raise RunError(
            f"The picture {quoted(entry.path)} is no longer in the folder {quoted(run.dataset.name)}. Put it back to "
            "see it."
        )

    return await in_a_sentence(answer)


async def _difference(request: web.Request) -> web.StreamResponse:
    def answer() -> web.Response:
        return web.json_response(
            in_words(asdict(read_comparison(_checkpoint(request, "one"), _checkpoint(request, "other"))))
        )

    return await in_a_sentence(answer)


async def _note(request: web.Request) -> web.StreamResponse:
    def write(before: str, notes: str) -> dict[str, str]:
        return {"notes": write_notes(folders.existing_run(request.match_info["name"]), before, notes)}

    return await take(request, "A note", ("before", "notes"), write)


async def _delete(request: web.Request) -> web.StreamResponse:
    def delete(run: str) -> dict[str, str]:
        folder = folders.existing_run(request.match_info["name"])
        if run != folder.name:
            raise RunError(f"To delete the run {quoted(folder.name)}, its own name is sent, not {quoted(run)}.")
        delete_run(folders.runs_folder(), folder)
        return {}

    return await take(request, "A deletion", ("run",), delete)


def _checkpoint(request: web.Request, side: str) -> Checkpoint:
    """What is compared on a side, from `one`, `one_epoch` and `one_weights`, or the same of `other`."""
    epoch, weights = request.query.get(f"{side}_epoch", ""), request.query.get(f"{side}_weights", "raw")
    check_choice(f"{side}_weights", weights, _WEIGHTS)
    return Checkpoint(
        folders.existing_run(request.query.get(side)), whole_number(f"{side}_epoch", epoch), Weights(weights)
    )
