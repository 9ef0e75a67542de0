"""A person's notes on a run: a text file in its folder."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

from ..errors import RunError
from ..files import atomic_write
from ..run_folder import NOTES_FILE

LONGEST = 100_000
"""Characters."""
_LARGEST = 4 * LONGEST
"""Bytes of UTF-8."""
_writing = threading.Lock()
"""Of two who replace the same notes at once, one must learn that the other did."""


def read_notes(folder: Path) -> str:
    """The notes on a run, "" if there are none. Bytes that are not text become "?"; more than LONGEST is left out."""
    with contextlib.suppress(FileNotFoundError), (folder / NOTES_FILE).open("rb") as file:
        text = file.read(_LARGEST).decode("utf-8-sig", errors="replace")
        return "\n".join(text.splitlines()).strip()[:LONGEST]
    return ""


def write_notes(folder: Path, before: str, notes: str) -> str:
    """Replaces the notes on a run; returns them as they are read from now on. Empty ones delete the file.

    Args:
        folder: of the run.
        before: what is to be replaced, as `read_notes` gave it.
        notes: the new text.

    Raises:
        RunError: they are too long, were changed elsewhere since they were `before`, or cannot be written.
    """
    if len(notes) > LONGEST:
        raise RunError(f"The notes have {len(notes)} characters, at most {LONGEST} are possible. Shorten them.")
    text = "\n".join(notes.splitlines()).strip()
    with _writing:
        if read_notes(folder) != before:
            raise RunError(
                f"The notes on the run {folder.name!r} have been changed elsewhere since they were shown. Copy your "
                "text, open the run again, and add it there."
            )
        if text:
            atomic_write(folder / NOTES_FILE, f"{text}\n".encode("utf-8", errors="replace"))
        else:
            (folder / NOTES_FILE).unlink(missing_ok=True)
        return read_notes(folder)
