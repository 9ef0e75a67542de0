"""What a run reports to whoever watches it, and how the watcher stops it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from PIL import Image


@dataclass(frozen=True)
class Progress:
    """How far a run has got."""

    stage: str
    """caching, training, validating, preview or saving"""
    done: int
    """Pictures done while caching, steps otherwise."""
    total: int
    epoch: int
    epochs: int
    loss: float | None = None
    """Training loss of the last step."""
    seconds_left: float | None = None


class EnoughTrained(Exception):
    """Raised by a watcher's `check`: the run is to end here and be used as it is, as if this were its last epoch."""


class Watcher(Protocol):
    """Is shown everything, and may stop the run."""

    def check(self) -> None:
        """Called often; raising anything ends the run after its state has been saved, and reaches the caller."""

    def progress(self, progress: Progress) -> None:
        """The run has advanced."""

    def note(self, text: str) -> None:
        """Something to know before the first step: what is coming, and the memory and time that it takes."""

    def preview(self, image: Image.Image) -> None:
        """A preview was made."""

    def epoch_closed(self, epoch: int) -> None:
        """An epoch was validated and saved, and is in the run folder."""


class SilentWatcher:
    """Shows nothing and never stops anything."""

    def check(self) -> None:
        """Never raises."""

    def progress(self, progress: Progress) -> None:
        """Ignored."""

    def note(self, text: str) -> None:
        """Ignored."""

    def preview(self, image: Image.Image) -> None:
        """Ignored."""

    def epoch_closed(self, epoch: int) -> None:
        """Ignored."""


class Interruption:
    """Asks a watcher whether to stop, and remembers that it said so."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self.happened = False

    def check(self) -> None:
        """Lets the watcher stop the run; whatever it raises passes on."""
        try:
            self._watcher.check()
        except BaseException:
            self.happened = True
            raise
