"""What may be the name of a run or of a file, on every system.

Names are checked as text, before anything is looked up on a disk: to Windows, `NUL.png` is a device and
`//server/share` another computer, which would be sent the user's login.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from .errors import RunError

FILE_BYTES = 255
"""The longest name of a file or folder that all common file systems take, in bytes of UTF-8."""


class Limit(NamedTuple):
    """How long a name may be."""

    characters: int
    bytes: int


RUN = Limit(100, FILE_BYTES - len("-epoch-000000-averaged.safetensors"))
"""Of a new run: files named after it need room for their endings."""
OLD_RUN = Limit(FILE_BYTES, FILE_BYTES)
"""Of a run that exists: earlier versions had no limit in bytes."""
LORA_FILE = Limit(FILE_BYTES, FILE_BYTES - len(".metadata.json"))
"""Of an exported LoRA, without its ending: files of its name stand beside it, and this ending is the longest."""

CALIBRATION = Limit(100, FILE_BYTES - len(".json"))
"""Of a dial's calibration that is to be written, without its ending."""
ANY_FILE = Limit(FILE_BYTES, FILE_BYTES)
"""Of a file that exists."""

_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
_DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They make `gpj.exe` look like `exe.jpg`."""
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", "clock$", "conin$", "conout$"}
    | {f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³"}
)


def check_name(name: object, what: str = "run name", limit: Limit = RUN) -> str:
    """The name, if it can be the name of a file or folder on every system.

    Args:
        name: should be text, but may be anything that a workflow can hold.
        what: what it is the name of, for the message.
        limit: how long it may be.

    Raises:
        RunError: it is not text, is empty, holds a path or a character that Windows forbids, is the name of a Windows
            device, or is too long.
    """
    reason = why_not_text(name) or why_not_name(str(name)) or _too_long(str(name), limit)
    if reason:
        raise RunError(f"The {what} {quoted(name)} {reason}. Use letters, digits, spaces, - and _ only.")
    return str(name)


def why_not_text(value: object) -> str:
    """Why a value is not text that can be stored and shown, as the end of a sentence; empty if it is."""
    if not isinstance(value, str):
        return f"is of type {type(value).__name__}, not text"
    if any("\ud800" <= character <= "\udfff" for character in value):
        return "holds half a character (a lone surrogate)"
    return ""


def why_not_name(name: str) -> str:
    """Why a text can't be a name on every system, as the end of a sentence; empty if it can. Ignores its length."""
    return why_not_visible(name) or _why_not_on_windows(name)


def why_not_place(parts: Sequence[str], why_not: Callable[[str], str] = why_not_name) -> str:
    """Why the names of a file and of the folders that it is in can't be those, as the end of a sentence."""
    if not any(parts):
        return "is empty"
    if not all(parts):
        return "is no place inside a folder: a name before or after one of its slashes is empty"
    if any(part.strip(" .") == "" for part in parts):
        return "is no place inside a folder: one of its names consists of dots"
    return next(filter(None, map(why_not, parts)), "")


def why_not_visible(name: str) -> str:
    """Why a text can't be a name on any system, or would be shown as something else."""
    if name.strip(" .") == "":
        return "is empty or consists of dots"
    for character in name:
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in _DIRECTION_MARKS:
            return f"contains {character!r}"
    return next((f"contains {character!r}" for character in name if character in "/\\"), "")


def is_on_another_computer(path: str) -> bool:
    """Whether a path leads to another computer on some system, judged by its text."""
    return re.split(r"[\\/]", path)[:2] in (["", ""], ["", "??"])


def why_hidden(name: str) -> str:
    """Why file managers do not show a file or folder of this name, as the end of a sentence; empty if they do."""
    return "begins with a dot, so file managers hide it" if name.startswith(".") else ""


def _why_not_on_windows(name: str) -> str:
    forbidden = _FORBIDDEN.search(name)
    if forbidden:
        return f"contains {forbidden.group()!r}"
    if name != name.strip() or name.endswith("."):
        return "starts or ends with a space or ends with a dot"
    if name.split(".")[0].rstrip(" ").casefold() in _DEVICES:
        return "is the name of a device on Windows"
    return ""


def _too_long(name: str, limit: Limit) -> str:
    size = len(name.encode("utf-8"))
    if len(name) > limit.characters:
        return f"is too long: it has {len(name)} characters, at most {limit.characters} are allowed"
    if size > limit.bytes:
        return f"is too long: it takes {size} bytes in UTF-8, at most {limit.bytes} are allowed"
    return ""


def quoted(value: object, shown: int = 60) -> str:
    """A value as it can be shown in a message: quoted, on one line, the middle of a long one left out."""
    text = value if isinstance(value, str) else f"{value}"[: 2 * shown]
    if len(text) > shown:
        text = f"{text[: shown - 20]}…{text[-19:]}"
    return repr(text) if isinstance(value, str) else text.encode("utf-8", "replace").decode("utf-8")


def shortened(name: str, ending: str, room: int = FILE_BYTES) -> str:
    """`name` and `ending`, with the name cut if the two would take more bytes than `room`, a file system's by default.

    A cut name ends in eight hex digits of a hash of the whole name, so that two long names do not become one.
    """
    if len((name + ending).encode("utf-8")) <= room:
        return name + ending
    mark = "-" + hashlib.blake2b(name.encode("utf-8"), digest_size=4).hexdigest()
    left = room - len((mark + ending).encode("utf-8"))
    return name.encode("utf-8")[:left].decode("utf-8", "ignore").rstrip(" .") + mark + ending


def lora_file(name: str, ending: str = "") -> str:
    """The file of a LoRA that is called `name` and `ending`; a name that leaves no room beside it is cut."""
    return shortened(name, ending, LORA_FILE.bytes) + ".safetensors"


def new_run(name: str, ending: str) -> str:
    """`name` and `ending` as the name of a new run: the name is cut if the two would be too long for one."""
    kept = name[: RUN.characters - len(ending)].encode("utf-8")[: RUN.bytes - len(ending.encode("utf-8"))]
    return kept.decode("utf-8", "ignore").rstrip(" .") + ending


def free_run(name: str, taken: Callable[[str], bool]) -> str:
    """The name of a new run: this one, cut if need be, with the first number behind it that is not taken."""
    numbered = (new_run(name, f"-{number}") for number in itertools.count(2))
    return next(each for each in numbered if not taken(each))


def as_on_any_disk(name: str) -> str:
    """What two names have in common if Windows or macOS takes them for one."""
    return unicodedata.normalize("NFC", name).casefold()


def shown_name(path: Path) -> str:
    """A file's name as it can be printed and stored: bytes that are not text and control characters become "?"."""
    name = path.name.encode("utf-8", errors="replace").decode("utf-8")
    return "".join(character if character.isprintable() else "?" for character in name)
