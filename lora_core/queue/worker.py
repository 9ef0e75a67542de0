"""Works on a queue: hands one training after another to whoever trains, and notes what has become of each."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal, Protocol

from ..errors import RunError
from .entry import Entry
from .store import QueueFolder


@dataclass(frozen=True)
class Outcome:
    """How a training that was handed over has ended."""

    kind: Literal["succeeded", "failed", "cancelled", "withdrawn"]
    """Withdrawn is one that was taken away before it began."""
    reason: str = ""


class Trainers(Protocol):
    """Whoever trains."""

    def hand_over(self, entry: Entry) -> str:
        """Begins a training as soon as what was begun before has ended; returns why not if it is refused, else ""."""

    def outcome(self, entry_id: str) -> Outcome | None:
        """How it ended; None as long as it waits or trains."""

    def withdraw(self, entry_id: str) -> bool:
        """Takes it back, if it has not begun to train."""


class Worker:
    """One training at a time is under way; once it has ended, in whatever way, the next one begins."""

    def __init__(self, queue: QueueFolder, trainers: Trainers) -> None:
        self.queue = queue
        self._trainers = trainers
        self._current = ""
        """Id of the training that is under way."""
        self._lock = threading.Lock()

    def tick(self) -> bool:
        """Does what is due; whether that changed the queue. To be called about every second.

        Raises:
            RunError: the queue can't be written. What was due is done the next time.
        """
        with self._lock:
            return self._end() if self._current else self._begin()

    def remove(self, name: str) -> None:
        """Takes a training out of the queue.

        Raises:
            RunError: there is none of this id, or it trains at this moment.
        """
        with self._lock:
            if name == self._current:
                if not self._trainers.withdraw(name):
                    raise RunError("This training is under way. Cancel it first: it can be taken out then.")
                self._current = ""
            self.queue.remove(name)

    def again(self, name: str) -> None:
        """Lets a training that failed or was cancelled wait for another try. Raises RunError if there is none."""
        with self._lock:
            if self.queue.entry(name).state in ("failed", "cancelled"):
                self.queue.change(name, state="waiting", reason="")

    def _begin(self) -> bool:
        entry = self.queue.next()
        if entry is None:
            return False
        self.queue.change(entry.id, state="running")
        reason = self._trainers.hand_over(entry)
        if reason:
            self.queue.change(entry.id, state="failed", reason=reason)
        else:
            self._current = entry.id
        return True

    def _end(self) -> bool:
        outcome = self._trainers.outcome(self._current)
        if outcome is None:
            return False
        if outcome.kind == "succeeded":
            self.queue.remove(self._current)
        elif outcome.kind == "withdrawn":  # it would come back at once
            self.queue.go(False)
            self.queue.change(self._current, state="waiting")
        else:
            self.queue.change(self._current, state=outcome.kind, reason=outcome.reason, begun=True)
        self._current = ""
        return True
