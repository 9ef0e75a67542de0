"""What is shown of a run that was opened, and of two that are compared."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..errors import CheckpointError
from ..picking.curve import Curve, fit_curve
from ..picking.difference import LossDifference, compare
from ..picking.weights import Weights
from ..record.by_picture import losses_by_picture
from ..record.entries import Measured
from ..record.history import History
from ..record.run_file import RunFile
from ..run_folder import HISTORY_FILE
from .notes import read_notes
from .recipes import RecipeDifference, from_the_paper, recipe_differences
from .summary import size_of


@dataclass(frozen=True)
class Part:
    """A folder of a run, or its other files."""

    name: str
    """Empty for the files that are in none."""
    size: int
    """Bytes."""
    files: int


@dataclass(frozen=True)
class RunDetails:
    """A run, opened."""

    notes: str
    parts: list[Part]
    """What takes the space on the disk, the largest first."""
    changed: list[RecipeDifference]
    """The settings that are not those of the paper's recipe."""


@dataclass(frozen=True)
class Checkpoint:
    """An epoch of a run with the weights that are meant."""

    folder: Path
    epoch: int
    weights: Weights


@dataclass(frozen=True)
class Comparison:
    """Two checkpoints, of one run or of two."""

    loss: LossDifference | None
    """None if it can't be told: too few validations, or none without a LoRA."""
    recipe: list[RecipeDifference]


def read_details(folder: Path) -> RunDetails:
    """Of a run's folder.

    Raises:
        FileNotFoundError: there is no run in it.
        RunError, ConfigError: it is damaged.
    """
    return RunDetails(read_notes(folder), _parts(folder), from_the_paper(RunFile.read(folder)))


def read_comparison(one: Checkpoint, other: Checkpoint) -> Comparison:
    """Of two checkpoints.

    Raises:
        FileNotFoundError, RunError, ConfigError: as `read_details`.
        CheckpointError: an epoch was never reached.
    """
    first = _curve(one)
    second = first if (one.folder, one.weights) == (other.folder, other.weights) else _curve(other)
    loss = None if first is None or second is None else compare(first, one.epoch, second, other.epoch)
    return Comparison(loss, recipe_differences(RunFile.read(one.folder), RunFile.read(other.folder)))


def _curve(of: Checkpoint) -> Curve | None:
    """The curve that a checkpoint's loss is read from."""
    measured = losses_by_picture(History.read(of.folder / HISTORY_FILE), Measured.of(of.weights))
    if of.epoch > max(measured, default=0):
        raise CheckpointError(
            f"Epoch {of.epoch} of the run {of.folder.name!r} has not been validated. Choose one that its curve has."
        )
    return fit_curve(list(measured), list(measured.values()))


def _parts(folder: Path) -> list[Part]:
    own, parts = Part("", 0, 0), []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                parts.append(Part(entry.name, size_of(Path(entry.path)), len(os.listdir(entry.path))))  # noqa: PTH208
            else:
                own = Part("", own.size + entry.stat(follow_symlinks=False).st_size, own.files + 1)
    return sorted([*parts, own], key=lambda part: part.size, reverse=True)
