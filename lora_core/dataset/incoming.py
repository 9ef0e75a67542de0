"""A folder of pictures that arrives file by file, from a browser, and becomes a new folder once it is complete.

Until then its files are kept apart, so that nobody chooses half a folder. Nothing that exists is ever written over.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import ConfigError, DatasetError, RunError
from ..files import writing_failed
from ..names import FILE_BYTES, Limit, check_name, quoted, why_hidden, why_not_place, why_not_text
from .captions import CAPTION_SUFFIXES
from .pictures import IMAGE_SUFFIXES

ENDINGS = tuple(sorted(IMAGE_SUFFIXES)) + CAPTION_SUFFIXES
"""Of the names of files that are taken in, lower case: pictures and captions."""
LARGEST_FILE = 100_000_000
"""Bytes."""
MOST_FILES = 20_000
MOST_IDLE = 900.0
"""Seconds without another file after which nobody sends any more: the page was closed."""
DEEPEST = 3
"""Parts of a file's place: style/val/picture."""
_NAME = Limit(100, FILE_BYTES - len(" 9999"))


@dataclass
class Incoming:
    """A folder on its way."""

    name: str
    """What it is to be called, if that is free."""
    folder: Path
    """Where its files are kept meanwhile; it is this folder's alone."""
    files: set[str] = field(default_factory=set)
    touched: float = field(default_factory=time.monotonic)
    """When the last file arrived, by time.monotonic()."""

    @classmethod
    def begin(cls, name: str, parent: Path) -> Incoming:
        """A folder of which nothing has arrived; its files are kept below `parent`.

        Raises:
            RunError: it can't be called so or would be hidden, or `parent` cannot be written.
        """
        check_name(name, "folder name", _NAME)
        if reason := why_hidden(name):
            raise RunError(f"The folder {quoted(name)} {reason}. Rename it and drop it again.")
        try:
            parent.mkdir(parents=True, exist_ok=True)
            return cls(name, Path(tempfile.mkdtemp(prefix="lora_atelier_incoming_", dir=parent)))
        except OSError as error:
            raise writing_failed(parent, 0, error) from error

    def add(self, place: object, data: bytes) -> None:
        """Takes in a file.

        Args:
            place: where it is in the folder, such as `house.png` or `val/house.txt`.
            data: its contents.

        Raises:
            ConfigError: it can't be in such a folder, is too large, or there are too many.
            RunError: it cannot be written.
        """
        parts = _checked(place, len(data))
        if len(self.files) >= MOST_FILES:
            raise ConfigError(f"The folder {quoted(self.name)} holds more than {MOST_FILES} files. Divide it.")
        path = self.folder.joinpath(*parts)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(data)
        except FileExistsError as error:
            raise ConfigError(
                f"{quoted(place)} is there already: upper and lower case make no difference on this machine. Rename it."
            ) from error
        except OSError as error:
            raise writing_failed(path, len(data), error) from error
        self.files.add(str(place))
        self.touched = time.monotonic()

    def settle(self, parent: Path) -> Path:
        """Makes it a folder of `parent`, called after its name and, if that is taken, a number; returns that folder.

        Raises:
            DatasetError: no picture has arrived.
            RunError: it cannot be moved there.
        """
        if not any(Path(file).suffix.lower() in IMAGE_SUFFIXES for file in self.files):
            raise DatasetError(f"There is no picture in {quoted(self.name)}. Drop a folder with PNG or JPEG files.")
        try:
            target = _new_folder(parent, self.name)
            self._move_to(target)
        except OSError as error:
            raise RunError(
                f"The folder {quoted(self.name)} cannot be put into {parent}: {error}. Make room there and drop it "
                "again."
            ) from error
        self.discard()
        return target

    def _move_to(self, target: Path) -> None:
        try:
            for entry in list(self.folder.iterdir()):
                shutil.move(entry, target / entry.name)
        except OSError:
            shutil.rmtree(target, ignore_errors=True)  # better none of it than half
            raise

    def discard(self) -> None:
        """Deletes what has arrived and was not put anywhere."""
        shutil.rmtree(self.folder, ignore_errors=True)


def discard_idle(arriving: dict[str, Incoming], now: float) -> None:
    """Discards the folders of which nothing more has arrived for a while, and takes them out of `arriving`.

    Args:
        arriving: by any key.
        now: by time.monotonic().
    """
    for key, incoming in list(arriving.items()):
        if now - incoming.touched >= MOST_IDLE:
            del arriving[key]
            incoming.discard()


def _checked(place: object, size: int) -> list[str]:
    """The parts of a file's place. Raises ConfigError if it can't be in a folder of pictures."""
    reason = why_not_text(place)
    parts = [] if reason else str(place).split("/")
    reason = reason or why_not_place(parts)
    if not reason and any(len(part.encode("utf-8")) > FILE_BYTES for part in parts):
        reason = "has a name that is too long"
    if not reason and len(parts) > DEEPEST:
        reason = f"is {len(parts) - 1} folders deep: a style's pictures and its val folder are at most {DEEPEST - 1}"
    if not reason and not str(place).lower().endswith(ENDINGS):
        reason = "is neither a picture nor a caption"
    if not reason and size > LARGEST_FILE:
        reason = f"has more than {LARGEST_FILE / 1e6:g} MB"
    if reason:
        raise ConfigError(f"The file {quoted(place)} {reason}. Leave it out, or change it, and drop the folder again.")
    return parts


def _new_folder(parent: Path, name: str) -> Path:
    """Makes the first of "name", "name 2", "name 3" ... that does not exist."""
    parent.mkdir(parents=True, exist_ok=True)
    for candidate in _numbered(name):
        folder = parent / candidate
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise AssertionError("there is always another number")


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name} {number}" for number in itertools.count(2))
