"""How much a training is, counted before it starts, and how long it takes at a speed that was measured here."""

from __future__ import annotations

import math
import statistics
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..config import RunConfig
from ..errors import AtelierError
from ..paths import check_run_folder
from ..record.history import GrowingHistory, History
from ..record.run_file import RunFile
from ..run_folder import HISTORY_FILE
from ..training.outlook import Work, count_work, passes

_TIMED = 200
"""The last steps of a run, whose median counts: a slow beginning does not."""
_LOOKED_THROUGH = 20
"""Runs that are searched for one of the same kind, the latest first."""


@dataclass(frozen=True)
class Training:
    """A run that is going to be trained."""

    run: str
    """Its name; empty if it is not known yet."""
    config: RunConfig
    pictures: int
    """To train on."""
    held_out: int
    resolution: int
    """Short side in pixels."""
    source: str = ""
    """What loads the pictures and gives them captions, with its settings; the same text is the same source."""


@dataclass(frozen=True)
class Forecast:
    """What is left of one training, or of several together."""

    steps: int
    seconds: float | None
    """None as long as nothing of the kind was measured on this computer."""
    like: str
    """Name of the run whose speed that is; empty if there is none."""


@dataclass(frozen=True)
class _Measured:
    """A run that was trained here, as far as it matters for others."""

    config: RunConfig
    held_out: int
    resolution: int
    step_seconds: float
    last_step: int


class Forecaster:
    """Forecasts from the runs of a folder, each read once and then only what was added to it. Threads may share it."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._histories: dict[str, GrowingHistory] = {}
        self._lock = threading.Lock()

    def forecast(self, trainings: Sequence[Training], names: Sequence[str]) -> Forecast | None:
        """Of trainings together; None if nothing can be counted.

        Args:
            trainings: one after another.
            names: of the runs that exist, the latest first.
        """
        with self._lock:
            single = [self._one(training, names) for training in trainings]
        if not single:
            return None
        times = [found.seconds for found in single if found.seconds is not None]
        seconds = math.fsum(times) if len(times) == len(single) else None
        return Forecast(sum(found.steps for found in single), seconds, single[0].like)

    def _one(self, training: Training, names: Sequence[str]) -> Forecast:
        own = self._measured(training.run) if training.run in names else None
        of, measured = (training.run, own) if own and own.step_seconds else self._alike(training, names)
        steps_each = training.config.training.steps_per_epoch(training.pictures)
        total, done = training.config.training.epochs * steps_each, own.last_step if own else 0
        closed = done // steps_each if done else -1
        left = count_work(training.config, max(total, done), closed, done)
        if measured is None:
            return Forecast(left[Work.STEP], None, "")
        one_pass = measured.step_seconds / passes(measured.config, measured.held_out)[Work.STEP]
        each = passes(training.config, training.held_out)
        return Forecast(left[Work.STEP], one_pass * sum(left[kind] * each[kind] for kind in Work), of)

    def _alike(self, training: Training, names: Sequence[str]) -> tuple[str, _Measured | None]:
        """The latest run of the same resolution and number format, and its name."""
        kind = training.resolution, training.config.training.precision
        for name in names[:_LOOKED_THROUGH]:
            found = self._measured(name)
            if found and found.step_seconds and (found.resolution, found.config.training.precision) == kind:
                return name, found
        return "", None

    def _measured(self, name: str) -> _Measured | None:
        folder = self._runs / name
        try:
            check_run_folder(folder)
            run = RunFile.read(folder)
            history = self._histories.setdefault(name, GrowingHistory(folder / HISTORY_FILE)).read()
        except (AtelierError, OSError):
            return None
        held_out = run.dataset.count("validation")
        last = history.steps[-1].step if history.steps else 0
        return _Measured(run.config, held_out, run.dataset.resolution, _median(history), last)


def _median(history: History) -> float:
    """Seconds of a step; 0 if none was measured."""
    seconds = [step.seconds for step in history.steps if math.isfinite(step.seconds) and step.seconds > 0]
    return statistics.median(seconds[-_TIMED:]) if seconds else 0.0
