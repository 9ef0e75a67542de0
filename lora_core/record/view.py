"""A run as plots, pickers and the browser see it. The browser's types are generated from these classes.

Losses that are not finite numbers are None, since JSON has only finite ones.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..errors import CheckpointError
from ..picking.pick import Selection
from ..picking.strength import StrengthCurve
from ..picking.weights import Weights
from .history import Status

Numbers = list[float | None]


@dataclass(frozen=True)
class TrainCurve:
    """Training losses by epoch: the mean of an epoch's steps, smoothed, and the range of most steps."""

    epoch: list[int]
    loss: Numbers
    smooth: Numbers
    low: Numbers
    """10th percentile, smoothed."""
    high: Numbers
    """90th percentile, smoothed."""


@dataclass(frozen=True)
class LossCurve:
    """Losses on a fixed grid by epoch."""

    epoch: list[int]
    loss: Numbers
    smooth: Numbers


@dataclass(frozen=True)
class ValidationCurve(LossCurve):
    """Losses on the validation grid by epoch."""

    standard_error: Numbers
    """Of the difference to epoch 0, over pictures."""


@dataclass(frozen=True)
class ProbeCurve(LossCurve):
    """Losses on a grid of training pictures by epoch."""

    aligned: Numbers
    """The smooth losses, or those measured if there are none, scaled to begin where the validation loss does: some
    pictures are harder than others whatever the LoRA has learned, and only the gap that grows is overfitting."""
    told_apart: Numbers
    """In which share of pairs of a training and a held-out picture the former has gained more; 0.5 is chance."""
    told_apart_low: Numbers
    """Lower end of its 95 % interval."""
    told_apart_high: Numbers
    """Upper end."""


@dataclass(frozen=True)
class Preview:
    """A preview picture."""

    epoch: int
    file: str
    """Its name in the previews folder."""
    made: int
    """When, in milliseconds since 1970: a run of the same name may have had another picture of that epoch."""


@dataclass(frozen=True)
class PickedCheckpoint:
    """The checkpoint to use."""

    epoch: int
    weights: Weights
    reason: str


@dataclass(frozen=True)
class RunView:
    """A run, finished or not."""

    run: str
    """Its name."""
    status: Status
    epoch: int
    """The last epoch with a validation or checkpoint."""
    epochs: int
    """How many epochs the run is set to train."""
    step: int
    """The last optimiser step."""
    steps: int
    train: TrainCurve
    validation: ValidationCurve
    """Of the raw weights."""
    averaged: ValidationCurve | None
    """Of the averaged weights; None if the run keeps no average."""
    probe: ProbeCurve | None
    """On training pictures, of the averaged weights or else of the raw ones; None without a probe."""
    selection: Selection | None
    """None for fewer than three validations."""
    pick: PickedCheckpoint | None
    """Present even with too few validations; None before the first checkpoint."""
    checkpoints: list[int]
    """Epochs whose raw LoRA is on the disk."""
    averaged_checkpoints: list[int]
    """Epochs whose averaged LoRA is on the disk."""
    previews: list[Preview]
    notes: list[str]
    """What a reader of the run should know."""
    strength: StrengthCurve | None = None
    """Of the picked checkpoint; None if its strengths were not measured."""

    def to_json(self) -> dict[str, Any]:
        """Plain types, ready for json.dumps."""
        return asdict(self)

    def picked(self) -> PickedCheckpoint:
        """The checkpoint to use; the last one if there are too few validations to judge by.

        Raises:
            CheckpointError: the run has no checkpoint yet.
        """
        if self.pick is None:
            raise self._nothing_kept()
        return self.pick

    @property
    def summary(self) -> str:
        """What can be said of the run's stopping point so far."""
        if self.selection is not None:
            return self.selection.reason
        if self.pick is not None and not (self.validation.epoch or self.averaged):
            return self.pick.reason  # it holds no pictures out
        return "Fewer than three validations so far: nothing can be said yet."

    def last_checkpoint(self) -> PickedCheckpoint:
        """The last raw LoRA, or the last averaged one if no raw one is left.

        Raises:
            CheckpointError: the run has no checkpoint.
        """
        kept = ((Weights.RAW, self.checkpoints), (Weights.AVERAGED, self.averaged_checkpoints))
        for weights, epochs in kept:
            if epochs:
                return PickedCheckpoint(epochs[-1], weights, "the last one")
        raise self._nothing_kept()

    def _nothing_kept(self) -> CheckpointError:
        return CheckpointError(f"The run {self.run!r} has no checkpoint yet. Train at least one epoch.")
