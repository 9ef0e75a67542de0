"""history.jsonl: what happened in a run, one JSON object per line. It is read and written here and nowhere else.

A run may be killed while it writes a line, and an interrupted epoch is finished twice: lines that make no sense are
skipped, and of several measurements of one epoch the last counts.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar, Literal, cast

from ..errors import RunError
from ..files import writing_failed
from ..picking.weights import Weights

Status = Literal["training", "finished", "cancelled", "failed"]
_ENDINGS = ("finished", "cancelled", "failed")
LARGEST_LOSS = 1e30
"""Anything larger is not a loss but damage."""
LONGEST_LINE = 64 * 1024**2
"""Bytes. The losses of a thousand pictures at a hundred timesteps take two million."""


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
class Event:
    """Something a reader of the run should know."""

    kind: ClassVar[str] = "event"
    what: str
    """resumed, average, no_tensorboard, no_lock, micro_batch, no_preview, cancelled, failed, finished"""
    text: str
    time: str


Entry = StepEntry | GridEntry | Measurement | CheckpointEntry | ReleasedEntry | PreviewEntry | Event


@dataclass
class History:
    """What a reader of a run needs of its history, in the order in which it happened."""

    steps: list[StepEntry] = field(default_factory=list)
    grids: dict[str, list[list[float]]] = field(default_factory=dict)
    """The weights of the last grid of each kind."""
    losses: dict[Measured, dict[int, list[list[float]]]] = field(
        default_factory=lambda: {measured: {} for measured in Measured}
    )
    """By kind and epoch; one row per picture, one column per timestep. NaN where there is no number."""
    previews: dict[int, str] = field(default_factory=dict)
    """File names by epoch."""
    events: list[Event] = field(default_factory=list)

    @property
    def status(self) -> Status:
        """What the run came to."""
        telling = (event.what for event in reversed(self.events) if event.what in (*_ENDINGS, "resumed"))
        last = next(telling, "")
        return cast(Status, last) if last in _ENDINGS else "training"

    @classmethod
    def read(cls, path: Path) -> History:
        """Reads history.jsonl; an empty history if there is none yet.

        Raises:
            RunError: it cannot be read.
        """
        history = cls()
        for line in _lines(path):
            with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
                history._take(json.loads(line))
        return history

    def _take(self, data: dict[str, Any]) -> None:
        kind = data["kind"]
        if kind == StepEntry.kind:
            self.steps.append(_step(data))
        elif kind == GridEntry.kind:
            self.grids[str(data["of"])] = _rows(data["weights"])
        elif kind == PreviewEntry.kind:
            self.previews[_count(data["epoch"])] = Path(str(data["file"])).name
        elif kind == Event.kind:
            self.events.append(Event(str(data["what"]), str(data["text"]), str(data.get("time", ""))))
        elif kind in tuple(Measured):
            self.losses[Measured(kind)][_count(data["epoch"])] = _rows(data["losses"])


class HistoryFile:
    """Appends to history.jsonl."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self.path.stat().st_size if self.path.exists() else 0

    def truncate(self, size: int) -> None:
        """Drops what was written beyond `size`. Never lengthens the file, as that would fill it with zeros."""
        if self.path.exists():
            with self.path.open("r+b") as file:
                file.truncate(min(size, self.size))

    def append(self, entry: Entry) -> None:
        """Adds a line. When it returns, all lines but steps are on the disk, before the state that relies on them.

        Raises:
            RunError: it cannot be written.
        """
        line = (json.dumps(_to_json(entry), ensure_ascii=False) + "\n").encode("utf-8")
        size = self.size
        try:
            with self.path.open("ab") as file:
                file.write(line)
                if not isinstance(entry, StepEntry):
                    file.flush()
                    os.fsync(file.fileno())
        except OSError as error:
            with contextlib.suppress(OSError):
                os.truncate(self.path, size)  # so that the next line is not appended to half a line
            raise writing_failed(self.path, len(line), error) from error


def _to_json(entry: Entry) -> dict[str, Any]:
    data = asdict(entry)
    kind = data.pop("measured") if isinstance(entry, Measurement) else entry.kind
    return {"kind": kind, **data}


def _step(data: dict[str, Any]) -> StepEntry:
    return StepEntry(
        step=_count(data["step"]),
        epoch=_count(data["epoch"]),
        loss=_finite(data["loss"]),
        learning_rate=float(data.get("learning_rate", math.nan)),
        seconds=float(data.get("seconds", math.nan)),
    )


def _rows(values: list[list[float | None]]) -> list[list[float]]:
    rows = [[_number(value) for value in row] for row in values]
    if not rows or not rows[0] or len({len(row) for row in rows}) > 1:
        raise ValueError("the rows differ in length")
    return rows


def _number(value: Any) -> float:
    """A loss, or NaN if it is not a number."""
    number = math.nan if value is None else float(value)
    return number if abs(number) < LARGEST_LOSS else math.nan


def _finite(value: Any) -> float:
    number = _number(value)
    if math.isnan(number):
        raise ValueError(f"{value!r} is not a loss")
    return number


def _count(value: Any) -> int:
    """An epoch or a step."""
    count = int(value)
    if not 0 <= count < 2**31:
        raise ValueError(f"{value!r} is not a count")
    return count


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while line := file.readline(LONGEST_LINE):
                yield line
    except FileNotFoundError:
        return  # the run has only just started
    except OSError as error:
        raise RunError(f"The history of the run {path.parent.name!r} cannot be read: {error.strerror}.") from error
