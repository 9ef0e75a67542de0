"""What a run is going to do and to take: counted before it starts, timed from its first pass on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from enum import Enum

import torch

from ..config import RunConfig
from ..dataset.style import StyleDataset
from .disk_space import DiskSpace, in_words
from .plan import MemoryPlan, gigabytes

BACKWARD = 2
"""A backward pass takes about as long as this many forward passes."""
LONG = 2 * 3600
"""Seconds of a training on a CPU from which on a newcomer had better know of another way."""


class Work(Enum):
    """Kinds of work whose pieces take about as long as one another."""

    STEP = "step"
    GRID = "grid"
    """One curve's losses after an epoch."""
    PREVIEW = "preview"
    CLOSING = "closing"
    """What is left to do at the end of an epoch, such as saving."""


def count_work(config: RunConfig, total_steps: int, closed_epoch: int, step: int) -> dict[Work, int]:
    """How many pieces are left after a step, with so many epochs closed (-1: not even epoch 0 was validated)."""
    epochs = config.training.epochs

    def times(every: int) -> int:
        if not every or closed_epoch >= epochs:
            return 0
        return epochs // every - closed_epoch // every + (epochs % every > 0)

    validation, averages = config.validation, bool(config.training.average_decay)
    raw = math.lcm(validation.every_epochs, validation.raw_every_epochs) if averages else validation.every_epochs
    grids = times(raw) + averages * times(validation.every_epochs) + times(validation.probe_every_epochs)
    return {
        Work.STEP: total_steps - step,
        Work.GRID: grids,
        Work.PREVIEW: times(config.preview.every_epochs),
        Work.CLOSING: times(1),
    }


def passes(config: RunConfig, held_out: int) -> dict[Work, int]:
    """About how many forward passes of one picture a piece of each kind takes, with so many pictures held out."""
    training = config.training
    forward = 2 if training.gradient_checkpointing else 1
    return {
        Work.STEP: training.batch_size * training.gradient_accumulation * (forward + BACKWARD),
        Work.GRID: held_out * config.validation.timesteps_per_picture,
        Work.PREVIEW: 2 * config.preview.steps,  # with the prompt and without
        Work.CLOSING: 0,
    }


class Stopwatch:
    """Times work piece by piece. Of kinds that were not done yet it knows how many passes they take."""

    def __init__(self, passes: Mapping[Work, int], clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` tells seconds."""
        self._passes, self._clock = passes, clock
        self._last = clock()
        self._seconds = dict.fromkeys(Work, 0.0)
        self._done = dict.fromkeys(Work, 0)

    def start(self) -> None:
        """What was done since the last lap is not counted."""
        self._last = self._clock()

    def lap(self, kind: Work, pieces: int = 1) -> None:
        """So many pieces were done since the last lap."""
        now = self._clock()
        self._seconds[kind] += now - self._last
        self._done[kind] += pieces
        self._last = now

    def seconds(self, left: Mapping[Work, int]) -> float | None:
        """How long so many pieces will take; None before anything was timed."""
        timed = [kind for kind in Work if self._done[kind] and self._passes[kind]]
        if not timed:
            return None
        one_pass = sum(self._seconds[kind] for kind in timed) / sum(
            self._done[kind] * self._passes[kind] for kind in timed
        )
        return sum(count * self._each(kind, one_pass) for kind, count in left.items())

    def _each(self, kind: Work, one_pass: float) -> float:
        return self._seconds[kind] / self._done[kind] if self._done[kind] else one_pass * self._passes[kind]


def announce(config: RunConfig, dataset: StyleDataset, space: DiskSpace, plan: MemoryPlan) -> str:
    """What is coming, for instance "200 epochs of 14 steps, 2,800 in all, and 41 previews. About 2.5 GB on the disk and
    9.6 GB of memory, as counted. Unlike the paper's recipe: alpha 16 instead of 1."

    Where free memory is known, the plan's own text says what is taken of it.
    """
    training = config.training
    each = training.steps_per_epoch(len(dataset.training))
    previews = count_work(config, 0, -1, 0)[Work.PREVIEW]
    epochs, steps = _counted(training.epochs, "epoch"), _counted(each, "step")
    text = f"{epochs} of {steps}, {training.epochs * each:,} in all"
    text += f", and {previews:,} previews" if previews else ""
    memory = "" if plan.text or not plan.need else f" and {gigabytes(plan.need)} of memory"
    text += f". About {in_words(space.total)} on the disk{memory}, as counted."
    off = {
        "previews": not previews,
        "the probe of training pictures": not config.validation.probe_every_epochs,
        "averaged weights": not training.average_decay,
        "training of the text encoder": not config.lora.train_text_encoder,
    }
    if any(off.values()):
        text += f" Off: {', '.join(name for name, is_off in off.items() if is_off)}."
    unlike = [f"{each.label} {each.now} instead of {each.before}" for each in RunConfig.paper().changes(config)]
    return f"{text} Unlike the paper's recipe: {', '.join(unlike)}." if unlike else text


def estimate(seconds: float, device: torch.device) -> str:
    """How long a run is going to take, for instance "About 1 h 40 min, by one timed validation."."""
    text = f"About {_duration(seconds)} on this {'CPU' if device.type == 'cpu' else 'device'}, by one timed validation."
    if device.type == "cpu" and seconds > LONG:
        text += " No graphics card was found: the template learn_without_a_gpu shows the same loop in minutes."
    return text


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _duration(seconds: float) -> str:
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes < 10 * 60 else f"{round(minutes / 60)} h"
