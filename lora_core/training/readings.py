"""Losses are read from the device many at a time: reading one alone would make it wait, and its next step with it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from ..errors import TrainingError
from ..names import shown_name
from ..record.entries import StepEntry
from .step import StepOutcome

SECONDS_BETWEEN_READINGS = 1.0


@dataclass(frozen=True)
class _Unread:
    step: int
    epoch: int
    names: Sequence[str]
    outcome: StepOutcome


class Readings:
    """Steps whose losses are still on the device."""

    def __init__(self) -> None:
        self._unread: list[_Unread] = []
        self._read_at = time.perf_counter()

    def add(self, step: int, epoch: int, names: Sequence[str], outcome: StepOutcome) -> None:
        """Notes a step; `names` are those of its pictures."""
        self._unread.append(_Unread(step, epoch, names, outcome))

    @property
    def due(self) -> bool:
        """Whether it is time to read, for those who watch."""
        return time.perf_counter() - self._read_at >= SECONDS_BETWEEN_READINGS

    def read(self) -> Iterator[StepEntry]:
        """The noted steps for the record, in order; waits for the device.

        Raises:
            TrainingError: the loss or the gradient of a step was not finite.
        """
        unread, self._unread = self._unread, []
        if not unread:
            return
        values = torch.stack([torch.stack(_values(each.outcome)) for each in unread]).tolist()
        now = time.perf_counter()
        seconds, self._read_at = round((now - self._read_at) / len(unread), 4), now
        for each, (loss, norm, broken) in zip(unread, values, strict=True):
            if broken:
                pictures = ", ".join(shown_name(Path(name)) for name in each.names)
                raise TrainingError(
                    f"The training loss became {loss} and its gradient {norm} at step {each.step} (pictures: "
                    f"{pictures}). What was saved before is intact. Lower the learning rate, or use "
                    "float32 or bfloat16, and start a new run."
                )
            yield StepEntry(each.step, each.epoch, loss, each.outcome.learning_rate, seconds)

    def start_clock(self) -> None:
        """Leaves out what was done since the last reading, which was no training."""
        self._read_at = time.perf_counter()


def _values(outcome: StepOutcome) -> tuple[torch.Tensor, ...]:
    return outcome.loss, outcome.gradient_norm, outcome.broken
