"""How far the overwriting of a folder's captions has come: after an interruption it goes on where it stopped.

The note lies in the folder of the replaced captions, where nothing is part of a style, and is deleted at the end.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from pathlib import Path

from ..files import writing_failed
from .captions import is_copies_folder, read_caption, unused_copies_folder

NOTE = "unfinished.jsonl"
_LARGEST = 64 * 1024**2


class Overwriting:
    """One overwriting of the captions in one folder. None is written twice, even if the user corrected it since."""

    def __init__(self, folder: Path, settings: str) -> None:
        """Goes on with an interrupted one if that had the same `settings`, which decide what the captions say."""
        self._folder, self._settings = folder, settings
        self._written = set[str]()
        self.copies = unused_copies_folder(folder)
        """Name of the folder for the captions that are replaced."""
        for earlier in _noted(folder):
            written = _read(earlier / NOTE, settings)
            if written is not None:
                self.copies, self._written = earlier.name, written

    def written(self, picture: Path) -> str | None:
        """The caption of a picture if this overwriting has written one already, else None."""
        return read_caption(picture) if picture.name in self._written else None

    def add(self, picture: Path) -> None:
        """Notes that the caption of a picture has been written.

        Raises:
            RunError: the note cannot be written.
        """
        note = self._folder / self.copies / NOTE
        try:
            note.parent.mkdir(exist_ok=True)
            begun = note.exists()
            with note.open("a", encoding="utf-8", newline="\n") as file:
                if not begun:
                    file.write(json.dumps(self._settings) + "\n")
                file.write(json.dumps(picture.name) + "\n")
        except OSError as error:
            raise writing_failed(note, 0, error) from error

    def finish(self) -> None:
        """Forgets what was noted here: the next overwriting is a new one."""
        for folder in _noted(self._folder):
            with contextlib.suppress(OSError):
                (folder / NOTE).unlink()
                folder.rmdir()  # if nothing was replaced


def _noted(folder: Path) -> list[Path]:
    """The folders of replaced captions that have a note. Links are not followed."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        kept = [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
        return sorted(each for each in kept if is_copies_folder(each) and _is_file(each / NOTE))
    return []


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _read(note: Path, settings: str) -> set[str] | None:
    """The names of the pictures, None if the note is of other settings or damaged. A line that was cut off is none."""
    try:
        if note.stat().st_size > _LARGEST:
            return None
        first, *lines = note.read_text(encoding="utf-8").split("\n")
        if json.loads(first) != settings:
            return None
    except (OSError, ValueError, RecursionError):
        return None
    written = set()
    for line in lines:
        with contextlib.suppress(ValueError, RecursionError):
            written.add(str(json.loads(line)))
    return written
