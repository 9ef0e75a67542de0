"""The list of all runs, read bit by bit: what was read once is read again only when it has changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..record.lock import is_held
from .notes import NOTES_FILE
from .summary import RunSummary, summarise

_READ = ("run.json", "history.jsonl", "checkpoints", "previews", "state", "strengths.json", NOTES_FILE)
_ASKED_AGAIN = ("running", "interrupted")
"""States that change without a change of a file: a process begins, or ends."""

_Stamp = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Listing:
    """The runs of a folder as far as they were read."""

    runs: list[RunSummary]
    waiting: list[str]
    """Names of runs that are still to be read: ask again."""


class Shelf:
    """The runs of one folder. May be asked by several threads."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._known: dict[str, tuple[_Stamp, RunSummary]] = {}
        self._lock = threading.Lock()

    def listing(self, names: Sequence[str], seconds: float) -> Listing:
        """Summaries of the runs of these names, in this order.

        At least one run that has changed is read, and others for as long as `seconds` allows.
        """
        end = time.monotonic() + seconds
        with self._lock:
            for gone in self._known.keys() - set(names):
                del self._known[gone]
            runs, waiting, read = [], [], 0
            for name in names:
                stamp = _stamp(self._runs / name)
                known = self._known.get(name)
                if known is None or known[0] != stamp:
                    if read and time.monotonic() > end:
                        waiting.append(name)
                        continue
                    known = stamp, summarise(self._runs / name)
                    read += 1
                elif known[1].state in _ASKED_AGAIN:
                    known = stamp, _again(self._runs / name, known[1])
                self._known[name] = known
                runs.append(known[1])
        return Listing(runs, waiting)


def _again(folder: Path, known: RunSummary) -> RunSummary:
    """The summary with the state that the run has by now, though none of its files has changed."""
    return replace(known, state="running" if is_held(folder) else "interrupted")


def _stamp(folder: Path) -> _Stamp:
    """What changes with a run's files."""
    stamps = []
    for name in _READ:
        try:
            status = (folder / name).lstat()
            stamps.append((status.st_mtime_ns, status.st_size))
        except OSError:
            stamps.append((0, 0))
    return tuple(stamps)
