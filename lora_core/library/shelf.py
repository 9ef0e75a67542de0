"""The list of all runs, read bit by bit: what was read once is read again only when it has changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from ..changes import Stamps, stamps
from ..record.lock import is_held
from ..run_folder import CHECKPOINTS, HISTORY_FILE, NOTES_FILE, PREVIEWS, RUN_FILE, STATE, STRENGTHS_FILE
from .summary import RunSummary, State, summarise

_READ = (RUN_FILE, HISTORY_FILE, CHECKPOINTS, PREVIEWS, STATE, STRENGTHS_FILE, NOTES_FILE)
_ASKED_AGAIN = ("running", "interrupted")
"""States that change without a change of a file: a process begins, or ends."""


@dataclass(frozen=True)
class Listing:
    """The runs of a folder as far as they were read, and what is new of them."""

    names: list[str]
    """Of all runs, in their order."""
    runs: list[RunSummary]
    """Those that were read after what was asked for before."""
    waiting: int
    """How many runs are still to be read: ask again."""
    mark: int
    """To be sent when asking again: the answer then has only what was read after it."""


class _Book(NamedTuple):
    """A run that was read."""

    stamp: Stamps
    summary: RunSummary
    mark: int


class Shelf:
    """The runs of one folder. May be asked by several threads."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._books: dict[str, _Book] = {}
        self._lock = threading.Lock()
        self._mark = time.time_ns() // 10**6
        """Grows with each run that is read; begins beyond what a server before this one can have told."""

    def listing(self, names: Sequence[str], seconds: float, since: int = 0) -> Listing:
        """Summaries of the runs of these names, in this order, as far as they were read after the mark `since`.

        At least one run that has changed is read, and others for as long as `seconds` allows.
        """
        end = time.monotonic() + seconds
        with self._lock:
            for gone in self._books.keys() - set(names):
                del self._books[gone]
            waiting, read = 0, 0
            for name in names:
                stamp, book = stamps(self._runs / name, _READ), self._books.get(name)
                if book is not None and book.stamp == stamp:
                    self._books[name] = self._looked_at(book)
                elif read and time.monotonic() > end:
                    waiting += 1
                else:
                    self._books[name] = self._bound(stamp, summarise(self._runs / name))
                    read += 1
            known = [self._books[name] for name in names if name in self._books]
            return Listing(list(names), [book.summary for book in known if book.mark > since], waiting, self._mark)

    def _looked_at(self, book: _Book) -> _Book:
        """A run whose files have not changed: its process may have begun or ended meanwhile."""
        if book.summary.state not in _ASKED_AGAIN:
            return book
        state: State = "running" if is_held(self._runs / book.summary.run) else "interrupted"
        return book if state == book.summary.state else self._bound(book.stamp, replace(book.summary, state=state))

    def _bound(self, stamp: Stamps, summary: RunSummary) -> _Book:
        self._mark += 1
        return _Book(stamp, summary, self._mark)
