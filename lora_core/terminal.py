"""Progress on a terminal, plain lines when the output goes to a file, and Ctrl+C without loss."""

from __future__ import annotations

import signal
import sys
from types import FrameType, TracebackType
from typing import Any

from PIL import Image

from .progress import Progress, SilentWatcher


class QuietWatcher(SilentWatcher):
    """A Watcher for the command line that shows nothing; use it as a context manager.

    The first Ctrl+C lets the current step finish and saves the state; a second one stops at once.
    """

    def __init__(self) -> None:
        self._stop = False
        self._previous: Any = None

    def __enter__(self) -> QuietWatcher:
        self._previous = signal.signal(signal.SIGINT, self._interrupted)
        return self

    def __exit__(self, *_exception: type[BaseException] | BaseException | TracebackType | None) -> None:
        signal.signal(signal.SIGINT, self._previous)

    def check(self) -> None:
        """Raises KeyboardInterrupt after Ctrl+C."""
        if self._stop:
            raise KeyboardInterrupt

    def _interrupted(self, _signal: int, _frame: FrameType | None) -> None:
        if self._stop:
            raise KeyboardInterrupt
        self._stop = True


class TerminalWatcher(QuietWatcher):
    """The same with progress on the terminal."""

    def __init__(self) -> None:
        super().__init__()
        self._live = sys.stdout.isatty()
        self._last = ""
        """The line that is on the terminal, or is to be written to the file next."""

    def __exit__(self, *_exception: type[BaseException] | BaseException | TracebackType | None) -> None:
        super().__exit__()
        if self._live:
            print()

    def progress(self, progress: Progress) -> None:
        """One line that is rewritten on a terminal."""
        line = describe(progress)
        if self._live:  # padded instead of cleared, since an old Windows console prints the code for it
            print(f"\r{line.ljust(len(self._last))}", end="", flush=True)
        if self._live or progress.loss is not None or not self._last:
            self._last = line

    def note(self, text: str) -> None:
        """A line of its own."""
        print(f"\n{text}" if self._live and self._last else text, flush=True)

    def preview(self, image: Image.Image) -> None:
        """Previews are in the run's folder."""

    def epoch_closed(self, epoch: int) -> None:
        """One line per epoch when the output goes to a file: that of its last step."""
        if not self._live:
            print(self._last, flush=True)


def describe(progress: Progress) -> str:
    """For instance "training  epoch 3 of 200  step 38 of 2800  loss 0.1234  14 min left"."""
    words = [f"{progress.stage:<10}", f"epoch {progress.epoch} of {progress.epochs}"]
    words.append(f"{'picture' if progress.stage == 'caching' else 'step'} {progress.done} of {progress.total}")
    if progress.loss is not None:
        words.append(f"loss {progress.loss:.4f}")
    if progress.seconds_left is not None:
        minutes = progress.seconds_left / 60
        words.append(f"{minutes:.0f} min left" if minutes >= 1 else f"{progress.seconds_left:.0f} s left")
    return "  ".join(words)
