"""How the pack's routes answer: computed in a thread of its own, errors as a sentence, and what is sent checked."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.http import HttpProcessingError

from ...lora_core.errors import AtelierError, CaptionError, ConfigError
from ...lora_core.names import quoted
from .plain_words import in_words

BROKEN = (HttpProcessingError, web.RequestPayloadError)
"""What reading a body raises that is not packed as it says, or ends too early."""
_LONGEST_NUMBER = 15


async def in_a_sentence(answer: Callable[[], web.StreamResponse]) -> web.StreamResponse:
    """The answer, computed in another thread than the server's; errors become a sentence.

    A run's folder may come from anywhere and hold anything, so an error that its readers did not foresee is reported as
    damage; the log has the rest.
    """
    try:
        return await asyncio.to_thread(answer)
    except (ConfigError, CaptionError) as error:
        return refusal(400, str(error))
    except AtelierError as error:
        return refusal(404, str(error))
    except Exception:
        logging.exception("LoRA Atelier: what was asked for cannot be shown")
        return refusal(422, "This cannot be shown: its files are damaged. The server's log has the details.")


async def take(request: web.Request, what: str, names: tuple[str, ...], act: Callable[..., Any]) -> web.StreamResponse:
    """Lets `act` do what a POST asks for; its arguments are the texts of these names, its result is the answer.

    They are taken as JSON only, which no page of another site can send unasked; ComfyUI refuses other origins as well.
    """
    if request.content_type != "application/json":
        return refusal(415, f"{what} is sent as application/json.")
    listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names) or "nothing but {}"
    try:
        sent = await request.json()
        texts = [sent[name] for name in names]
    except web.HTTPRequestEntityTooLarge:
        return refusal(413, "This is too large for ComfyUI. Start it with a larger --max-upload-size.")
    except (ValueError, LookupError, TypeError, RecursionError, *BROKEN):  # LookupError: also for an unknown charset
        return refusal(400, f"{what} is sent as {listed}.")
    if not all(isinstance(text, str) for text in texts):
        return refusal(400, f"{listed} must be {'texts' if len(names) > 1 else 'a text'}.")
    return await in_a_sentence(lambda: web.json_response(act(*texts)))


def part(name: str) -> str:
    """A part of a route that may be any name; without a pattern, aiohttp takes none with a brace."""
    return f"{{{name}:[^/]+}}"


def refusal(status: int, sentence: str) -> web.Response:
    """An error that the page shows."""
    return web.json_response({"error": in_words(sentence)}, status=status)


def whole_number(name: str, text: str) -> int:
    """A number in an address.

    Raises:
        ConfigError: it is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
        raise ConfigError(f"{name} must be a whole number, got {quoted(text)}.")
    return int(text)
