"""The queue as a list shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .entry import Entry, State
from .forecast import Forecast
from .store import QueueFolder


@dataclass(frozen=True)
class QueuedTraining:
    """A training in the queue."""

    id: str
    runs: list[str]
    """Names of the runs that it trains."""
    state: State
    begun: bool
    """Whether it was under way before: then it goes on from its last state."""
    reason: str
    """Why it failed; empty if it did not."""
    steps: int | None
    """That are left; None if they can't be counted before it starts."""
    seconds: float | None
    """That it takes; None as long as nothing of the kind was measured on this computer."""
    like: str
    """Name of the run at whose speed; empty if there is none."""


@dataclass(frozen=True)
class QueueListing:
    """All trainings in the queue."""

    going: bool
    """Whether the next training begins when the one before has ended."""
    restarts: bool
    """Whether it also goes on by itself after a restart."""
    trainings: list[QueuedTraining]
    """In their order."""
    problems: list[str]
    """What is wrong with files of the queue that can't be read."""


NOTHING = QueueListing(True, False, [], [])
"""The list of a queue that was never used."""


def list_queue(queue: QueueFolder, forecast: Callable[[Entry], Forecast | None]) -> QueueListing:
    """The queue, with a forecast of each training."""
    conduct = queue.conduct
    listed = [_queued(entry, forecast(entry)) for entry in queue.entries]
    return QueueListing(conduct.going, conduct.restarts, listed, list(queue.problems))


def _queued(entry: Entry, ahead: Forecast | None) -> QueuedTraining:
    steps, seconds, like = (ahead.steps, ahead.seconds, ahead.like) if ahead else (None, None, "")
    return QueuedTraining(entry.id, list(entry.runs), entry.state, entry.begun, entry.reason, steps, seconds, like)
