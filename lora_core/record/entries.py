"""What a run records as it goes: the entries of its history, one class for each kind."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from ..picking.weights import Weights


class Measured(str, Enum):
    """What a loss was measured of. The values are the kinds of entries in the history."""

    VALIDATION = "validation"
    """The raw weights on the validation grid."""
    AVERAGED = "averaged"
    """The averaged weights on the same grid."""
    PROBE = "probe"
    """The averaged weights, or else the raw ones, on a grid of training pictures."""

    __str__ = str.__str__

    @classmethod
    def of(cls, weights: Weights) -> Measured:
        """The measurement that checkpoints of some weights are picked by."""
        return cls.AVERAGED if weights is Weights.AVERAGED else cls.VALIDATION

    @property
    def words(self) -> str:
        """Its name in a sentence."""
        return {
            Measured.VALIDATION: "validation loss",
            Measured.AVERAGED: "validation loss of the averaged weights",
            Measured.PROBE: "loss on the probe of training pictures",
        }[self]

    @property
    def tensorboard_name(self) -> str:
        """The curve's name in TensorBoard."""
        return {
            Measured.VALIDATION: "loss/validation",
            Measured.AVERAGED: "loss/validation_averaged",
            Measured.PROBE: "loss/probe",
        }[self]


@dataclass(frozen=True)
class StepEntry:
    """One optimiser step."""

    kind: ClassVar[str] = "step"
    step: int
    epoch: int
    loss: float
    """Mean over the step's pictures, unweighted."""
    learning_rate: float
    seconds: float


@dataclass(frozen=True)
class GridEntry:
    """The points that all losses of one kind are measured at: one row per picture, one column per timestep."""

    kind: ClassVar[str] = "grid"
    of: str
    """validation or probe"""
    pictures: list[str]
    """Content hashes."""
    timesteps: list[list[int]]
    weights: list[list[float]]
    """What each loss counts in the mean."""


@dataclass(frozen=True)
class Measurement:
    """One pass over a grid."""

    measured: Measured
    epoch: int
    step: int
    loss: float
    """The grid's weighted mean."""
    losses: list[list[float]]
    """One row per picture, one column per timestep."""
    seconds: float


@dataclass(frozen=True)
class CheckpointEntry:
    """A LoRA was written."""

    kind: ClassVar[str] = "checkpoint"
    epoch: int
    weights: Weights
    file: str


@dataclass(frozen=True)
class ReleasedEntry:
    """LoRAs of these epochs were deleted to stay within the budget."""

    kind: ClassVar[str] = "released"
    weights: Weights
    epochs: list[int]


@dataclass(frozen=True)
class PreviewEntry:
    """A preview picture was written."""

    kind: ClassVar[str] = "preview"
    epoch: int
    file: str


@dataclass(frozen=True)
class StateEntry:
    """A state to resume from, of after this step, is on the disk."""

    kind: ClassVar[str] = "state"
    step: int


@dataclass(frozen=True)
class Event:
    """Something a reader of the run should know."""

    kind: ClassVar[str] = "event"
    what: str
    """resumed, base_model, start, average, no_tensorboard, no_lock, memory, graphs, micro_batch, portion,
    no_preview, cancelled, failed, finished"""
    text: str
    time: str


Entry = StepEntry | GridEntry | Measurement | CheckpointEntry | ReleasedEntry | PreviewEntry | StateEntry | Event
