"""One line at the foot of the terminal that is written over, and plain lines above it. Standard library only."""

from __future__ import annotations

import shutil
import time
from typing import TextIO

PLAIN_EVERY = 10.0


class StatusLine:
    """Where something long stands.

    On a terminal the status is one line that changes; in a file or a pipe it is a plain line now and then.
    """

    def __init__(self, out: TextIO, terminal: bool | None = None):
        self._out = out
        self._terminal = out.isatty() if terminal is None else terminal
        self._width = 0  # of the status that stands there
        self._last = time.monotonic()

    def show(self, text: str) -> None:
        """Replace the status."""
        if self._terminal:
            text = text[: shutil.get_terminal_size().columns - 1]
            self._write("\r" + text.ljust(self._width))
            self._width = len(text)
        elif time.monotonic() - self._last >= PLAIN_EVERY:
            self._last = time.monotonic()
            self._write(text + "\n")

    def say(self, text: str) -> None:
        """A line that stays; the status is gone until it is shown again."""
        self.clear()
        self._last = time.monotonic()
        self._write(text + "\n")

    def clear(self) -> None:
        """Take the status away."""
        if self._width:
            self._write("\r" + " " * self._width + "\r")
            self._width = 0

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
