"""Where a LoRA learns and forgets: the validation loss of each held-out picture, and at each noise level, by epoch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..dataset.manifest import PictureEntry
from ..errors import RunError
from ..picking.weights import Weights
from ..record.entries import Measured
from ..record.history import History
from ..record.run_file import RunFile
from ..record.view import Numbers
from ..run_folder import HISTORY_FILE

_MOST_EPOCHS = 80
"""Columns of a heat map; longer runs are shown at every second, third, ... validation."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class HeatRow:
    """One picture or one noise level."""

    name: str
    """File name of the picture; empty for a noise level."""
    key: str
    """Content hash of the picture; empty for a noise level."""
    change: Numbers
    """Of its loss by epoch, relative to no LoRA: -0.05 is 5 % below it."""


@dataclass(frozen=True)
class HeatMap:
    """The validation losses of a run, relative to those without a LoRA."""

    epochs: list[int]
    pictures: list[HeatRow]
    """In the order of their improvement at the last epoch, the least first."""
    levels: list[HeatRow]
    """From the least noise to the most."""


def read_heat_map(folder: Path, weights: Weights) -> HeatMap:
    """Of a run's folder.

    Raises:
        FileNotFoundError: there is no run in it.
        RunError: it is damaged, or has no losses of these weights with and without a LoRA.
    """
    run, history = RunFile.read(folder), History.read(folder / HISTORY_FILE)
    measured = history.losses[Measured.of(weights)]
    shape = np.shape(measured.get(0, ()))
    epochs = [epoch for epoch in sorted(measured) if epoch and np.shape(measured[epoch]) == shape]
    if len(shape) != 2 or not epochs:
        raise RunError(
            f"The run {folder.name!r} has no losses of {weights} weights with and without a LoRA. They are there once "
            "an epoch has been validated."
        )
    epochs = _thinned(epochs)
    losses_ENK = np.asarray([measured[epoch] for epoch in (0, *epochs)], float)
    grid = history.grids.get("validation", [[1.0]])
    if np.shape(grid) == shape:
        losses_ENK = losses_ENK * np.asarray(grid, float)
    pictures = _rows(losses_ENK.mean(axis=2), _named(run, shape[0]))
    return HeatMap(
        epochs,
        sorted(pictures, key=lambda row: math.inf if row.change[-1] is None else -row.change[-1]),
        _rows(losses_ENK.mean(axis=1), [("", "")] * shape[1]),
    )


def held_out(run: RunFile, key: str) -> PictureEntry:
    """A held-out picture of a run by its content hash.

    Raises:
        RunError: there is none.
    """
    found = next((each for each in _held_out(run) if key and each.content_hash == key), None)
    if found is None:
        raise RunError(f"The run {run.name!r} has held out no such picture. Open the run again.")
    return found


def _held_out(run: RunFile) -> list[PictureEntry]:
    """In the order of a grid's rows."""
    entries = (each for each in run.dataset.pictures if each.side == "validation")
    return sorted(entries, key=lambda each: each.content_hash)


def _named(run: RunFile, count: int) -> list[tuple[str, str]]:
    """Name and content hash of each of a grid's pictures; without them in a run that does not say which they are."""
    entries = _held_out(run)
    if len(entries) != count or not all(each.content_hash for each in entries):
        return [("", "")] * count
    return [(each.path, each.content_hash) for each in entries]


def _rows(losses_ER: Array, names: Iterable[tuple[str, str]]) -> list[HeatRow]:
    """The R columns of a matrix, each relative to its first value."""
    with np.errstate(divide="ignore", invalid="ignore"):
        change_ER = losses_ER[1:] / losses_ER[0] - 1
    return [
        HeatRow(name, key, [round(float(value), 5) if np.isfinite(value) else None for value in column])
        for (name, key), column in zip(names, change_ER.T, strict=True)
    ]


def _thinned(epochs: Sequence[int]) -> list[int]:
    stride = math.ceil(len(epochs) / _MOST_EPOCHS)
    return list(epochs[::-1][::stride][::-1])  # the last one stays
