"""Texts for the browser, with paths replaced by the names of ComfyUI's folders.

With --listen a browser may be a stranger's, and a path reveals the user's name and what is on the machine. The
server's log has the paths.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from ...lora_core.errors import AtelierError, RunError
from . import folders

_PACK = Path(__file__).resolve().parents[2]


def in_words(value: Any) -> Any:
    """The value with the server's folders named in words, in texts within lists and dictionaries too."""
    return _told(value, _words())


def error_in_words(error: AtelierError | OSError) -> AtelierError:
    """The same error for the browser; one of the system itself becomes a RunError."""
    text = in_words(str(error))
    return (
        type(error)(text)
        if isinstance(error, AtelierError)
        else RunError(f"A file cannot be used: {text}. Check that it is there and may be opened.")
    )


def _told(value: Any, words: list[tuple[re.Pattern[str], str]]) -> Any:
    if isinstance(value, str):
        for path, word in words if "/" in value or "\\" in value else ():
            value = path.sub(lambda _: word, value)  # noqa: B023 (called at once)
        return value
    if isinstance(value, dict):
        return {key: _told(item, words) for key, item in value.items()}
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(_told(item, words) for item in value)
    return value


def _words() -> list[tuple[re.Pattern[str], str]]:
    """A pattern for each folder, the deepest first, so that the nearest name is used."""
    places = {
        Path(sys.executable): "ComfyUI's Python",
        Path(sys.prefix): "Python's folder",
        Path(tempfile.gettempdir()): "the folder for temporary files",
        Path.home(): "the home folder",
        _PACK: "LoRA Atelier's folder",
    }
    places |= folders.server_places()
    places |= {path.resolve(): word for path, word in places.items() if path.resolve() not in places}
    deepest_first = sorted(places, key=lambda path: len(str(path)), reverse=True)
    return [(_pattern(path), places[path]) for path in deepest_first if len(path.parts) > 1]


def _pattern(path: Path) -> re.Pattern[str]:
    """A pattern for the path in a text, but not as part of a longer one; repr may have doubled its backslashes."""
    parts = [re.escape(part) for part in re.split(r"[\\/]+", str(path))]
    return re.compile(
        r"(?<![\w.-])" + r"[\\/]+".join(parts) + r"(?![\w-])", re.IGNORECASE if sys.platform == "win32" else 0
    )
