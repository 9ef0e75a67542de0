"""history.jsonl: what happened in a run, one JSON object per line. It is read and written here and nowhere else.

A run may be killed while it writes a line, and an interrupted epoch is finished twice: lines that make no sense are
skipped, and of several measurements of one epoch the last counts.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

from ..errors import RunError
from ..files import sync_folder, writing_failed
from .entries import (
    CheckpointEntry,
    Entry,
    Event,
    GridEntry,
    Measured,
    Measurement,
    PreviewEntry,
    ReleasedEntry,
    StateEntry,
    StepEntry,
)

Status = Literal["training", "finished", "cancelled", "failed"]
_RIGHTS = "Check that you may open history.jsonl."
_ENDINGS = ("finished", "cancelled", "failed")
LARGEST_LOSS = 1e30
"""Anything larger is not a loss but damage."""
LONGEST_LINE = 64 * 1024**2
"""Bytes. The losses of a thousand pictures at a hundred timesteps take two million."""


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
    saved_step: int | None = None
    """The step of the last state that was saved. None in runs of version 0.1, which do not say."""
    events: list[Event] = field(default_factory=list)
    unreadable_lines: int = 0
    """Whole lines that make no sense. The last line may be half written after a kill: it is not one of them."""

    @property
    def status(self) -> Status:
        """What the run came to."""
        telling = (event.what for event in reversed(self.events) if event.what in (*_ENDINGS, "resumed"))
        last = next(telling, "")
        return cast(Status, last) if last in _ENDINGS else "training"

    @classmethod
    def read(cls, path: Path, start: int = 0) -> History:
        """Reads history.jsonl, or what stands in it from byte `start` on; an empty history if there is none yet.

        Raises:
            RunError: it cannot be read.
        """
        return GrowingHistory(path, start).read()

    def take(self, line: bytes) -> bool:
        """Takes in a line of the file; False if it makes no sense."""
        try:
            self._take(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            self.unreadable_lines += line.endswith(b"\n")
            return False
        return True

    def _take(self, data: dict[str, Any]) -> None:
        kind = data["kind"]
        if kind == StepEntry.kind:
            self.steps.append(_step(data))
        elif kind == GridEntry.kind:
            self.grids[str(data["of"])] = _rows(data["weights"])
        elif kind == PreviewEntry.kind:
            self.previews[_count(data["epoch"])] = Path(str(data["file"])).name
        elif kind == StateEntry.kind:
            self.saved_step = _count(data["step"])
        elif kind == Event.kind:
            self.events.append(Event(str(data["what"]), str(data["text"]), str(data.get("time", ""))))
        elif kind in tuple(Measured):
            self.losses[Measured(kind)][_count(data["epoch"])] = _rows(data["losses"])


class GrowingHistory:
    """Reads history.jsonl again and again while it grows, each time only what was added."""

    def __init__(self, path: Path, start: int = 0) -> None:
        """Reads from byte `start` on."""
        self._path = path
        self._history, self._read, self._last_line = History(), start, b""

    def read(self) -> History:
        """The history so far: the same object each time, until the file turns out to be another one.

        A run that is resumed drops what came after its last state, so the line read last must still be in its place.

        Raises:
            RunError: it cannot be read.
        """
        try:
            with self._path.open("rb") as file:
                file.seek(self._read - len(self._last_line))
                if file.read(len(self._last_line)) != self._last_line:
                    self._start_again()
                    file.seek(0)
                while line := file.readline(LONGEST_LINE):
                    if not self._history.take(line) and not line.endswith(b"\n") and len(line) < LONGEST_LINE:
                        break  # it is being written
                    self._read, self._last_line = self._read + len(line), line
        except FileNotFoundError:  # the run has only just started, or is gone
            self._start_again()
        except OSError as error:
            name = self._path.parent.name
            raise RunError(f"The history of the run {name!r} cannot be read: {error.strerror}. {_RIGHTS}") from error
        return self._history

    def _start_again(self) -> None:
        self._history, self._read, self._last_line = History(), 0, b""


class HistoryFile:
    """Appends to history.jsonl."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self.path.stat().st_size if self.path.exists() else 0

    def flush(self) -> None:
        """Brings to the disk the lines that may wait."""
        if self.path.exists():
            with self.path.open("ab") as file:
                os.fsync(file.fileno())

    def rewind(self, size: int, step: int) -> None:
        """Drops what was written after the moment at which the file had `size` bytes and `step` was the last step.

        If the file has been edited or has lost lines since, `size` points elsewhere: everything stays, and what is
        done again is written again.
        """
        if not self.path.exists():
            return
        with self.path.open("r+b") as file:
            if self.size >= size and _ends_a_line(file, size) and not self._has_steps(size, step):
                file.truncate(size)
            elif not _ends_a_line(file, self.size):
                file.seek(0, os.SEEK_END)
                file.write(b"\n")

    def _has_steps(self, start: int, until: int) -> bool:
        """Whether a step up to `until` stands at or after byte `start`."""
        return any(entry.step <= until for entry in History.read(self.path, start).steps)

    def append(self, entry: Entry) -> None:
        """Adds a line. When it returns, it is on the disk; those of steps and checkpoints may wait for `flush`.

        Raises:
            RunError: it cannot be written.
        """
        line = (json.dumps(_to_json(entry), ensure_ascii=False) + "\n").encode("utf-8", "replace")
        size = self.size
        try:
            with self.path.open("ab") as file:
                file.write(line)
                if not isinstance(entry, StepEntry | CheckpointEntry | ReleasedEntry):
                    file.flush()
                    os.fsync(file.fileno())
            if size == 0:
                sync_folder(self.path.parent)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.truncate(self.path, size)  # so that the next line is not appended to half a line
            raise writing_failed(self.path, len(line), error) from error


def _ends_a_line(file: BinaryIO, size: int) -> bool:
    """Whether the first `size` bytes of a file are whole lines."""
    file.seek(max(0, size - 1))
    return size == 0 or file.read(1) == b"\n"


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
    if math.isnan(number := _number(value)):
        raise ValueError(f"{value!r} is not a loss")
    return number


def _count(value: Any) -> int:
    """An epoch or a step."""
    count = int(value)
    if not 0 <= count < 2**31:
        raise ValueError(f"{value!r} is not a count")
    return count
