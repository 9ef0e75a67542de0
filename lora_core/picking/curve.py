"""What a validation curve shows: its smoothed course, how sure that is, and the regions G and O.

Pure functions on the history of a run. The definitions are those of docs/validation.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .smoothing import Array, Smoother, fit

LEAST_VALIDATIONS = 3
OVERFITTED = 0.1
"""Region O begins where so much of the best improvement has been lost again for good."""
IMPROVED = 0.8
"""Region G begins where so much of the best improvement has been reached."""
ALIKE = 2.0
"""Epochs whose difference is below so many standard errors can't be told apart."""

Region = tuple[int, int]
"""First and last epoch of a stretch."""


@dataclass(frozen=True)
class Curve:
    """A validation curve, smoothed. T trained epochs, N pictures."""

    epochs_T: Array
    smooth_TN: Array
    smoother: Smoother
    base_N: Array | None
    """Losses of the base model, epoch 0; None if they were not measured."""
    left_out: list[int]
    """Epochs whose loss is not a finite number."""

    @property
    def smooth_T(self) -> Array:
        """The smoothed mean over the pictures."""
        mean: Array = self.smooth_TN.mean(axis=1)
        return mean

    @property
    def lowest(self) -> int:
        """Index of the lowest smoothed loss."""
        return int(np.argmin(self.smooth_T))

    @property
    def standard_error_T(self) -> Array:
        """Standard error of the difference to the base model, or to the lowest epoch; NaN for a single picture."""
        reference_N = self.smooth_TN[self.lowest] if self.base_N is None else self.base_N
        error: Array = np.hypot(_standard_error(self.smooth_TN - reference_N), self.smoother.error_T)
        return error

    def inside(self, region: Region) -> NDArray[np.bool_]:
        """Which of the T epochs lie in a region."""
        mask: NDArray[np.bool_] = (self.epochs_T >= region[0]) & (self.epochs_T <= region[1])
        return mask


def curve(epochs: Sequence[int], losses: Sequence[Sequence[float]]) -> Curve | None:
    """Smooths the validations of a run.

    Args:
        epochs: increasing epochs; 0 is the base model.
        losses: for each epoch the N pictures' losses, each the weighted mean over the grid's timesteps.

    Returns:
        None for fewer than LEAST_VALIDATIONS trained epochs with finite losses.
    """
    if len(epochs) < LEAST_VALIDATIONS:
        return None
    all_epochs, all_losses = np.asarray(epochs, float), np.asarray(losses, float)
    finite = np.isfinite(all_losses).all(axis=1)
    trained = finite & (all_epochs > 0)
    if trained.sum() < LEAST_VALIDATIONS:
        return None
    smoother = fit(all_epochs[trained], all_losses[trained].mean(axis=1))
    base = all_losses[finite & (all_epochs == 0)]
    return Curve(
        all_epochs[trained],
        smoother(all_losses[trained]),
        smoother,
        base[0] if len(base) else None,
        [int(epoch) for epoch in all_epochs[~finite]],
    )


def overfitting(found: Curve) -> Region | None:
    """Region O: from the first epoch after the minimum from which on the curve stays clearly above it."""
    smooth_T, best = found.smooth_T, found.lowest
    wobble_T = ALIKE * np.hypot(found.smoother.error_T, found.smoother.error_T[best])
    margin_T = np.maximum(wobble_T, OVERFITTED * _depth(found)) + 1e-9 * abs(smooth_T[best])
    below = np.flatnonzero(smooth_T <= smooth_T[best] + margin_T)
    first = int(below[-1]) + 1
    return None if first >= len(smooth_T) else (int(found.epochs_T[first]), int(found.epochs_T[-1]))


def good(found: Curve, region_o: Region | None) -> Region:
    """Region G: from where most of the improvement is reached to the last epoch before O."""
    smooth_T, epochs_T = found.smooth_T, found.epochs_T
    before_T = np.ones(len(epochs_T), bool) if region_o is None else epochs_T < region_o[0]
    reached_T = smooth_T <= smooth_T[found.lowest] + (1 - IMPROVED) * _depth(found)
    inside = epochs_T[before_T & reached_T]
    return int(inside[0]), int(epochs_T[before_T][-1])


def local_minima(found: Curve, region_g: Region) -> list[int]:
    """Epochs of the local minima of the smoothed curve in G; an end of the curve counts if it is the lower one."""
    padded = np.concatenate([[np.inf], found.smooth_T, [np.inf]])
    minima_T = (padded[1:-1] < padded[:-2]) & (padded[1:-1] <= padded[2:])
    return [int(epoch) for epoch in found.epochs_T[minima_T & found.inside(region_g)]]


def difference_error(found: Curve, index: int) -> Array:
    """Standard error of each epoch's difference to the one at `index`.

    Two parts: which pictures were held out (paired over them; not known for a single one), and the wobble of the
    weights from epoch to epoch.
    """
    pictures_T = np.nan_to_num(_standard_error(found.smooth_TN - found.smooth_TN[index]))
    wobble_T = np.hypot(found.smoother.error_T, found.smoother.error_T[index])
    error: Array = np.hypot(pictures_T, wobble_T)
    return error


def alike(found: Curve, index: int) -> list[int]:
    """The stretch of epochs around `index` that can't be told apart from it."""
    close_T = np.abs(found.smooth_T - found.smooth_T[index]) <= ALIKE * difference_error(found, index)
    first = last = index
    while first > 0 and close_T[first - 1]:
        first -= 1
    while last < len(close_T) - 1 and close_T[last + 1]:
        last += 1
    return [int(epoch) for epoch in found.epochs_T[first : last + 1]]


def improvement(found: Curve, index: int) -> tuple[float | None, float | None]:
    """Share of the base model's loss that the epoch at `index` saves, and its standard error."""
    if found.base_N is None:
        return None, None
    base = float(found.base_N.mean())
    error = float(found.standard_error_T[index])
    return (base - float(found.smooth_T[index])) / base, None if np.isnan(error) else error / base


def _standard_error(differences: Array) -> Array:
    """Standard error of the mean along the last axis, over N pictures."""
    count = differences.shape[-1]
    if count < 2:
        return np.full(differences.shape[:-1], np.nan)
    error: Array = differences.std(axis=-1, ddof=1) / np.sqrt(count)
    return error


def _depth(found: Curve) -> float:
    """How far the curve falls to its lowest point: from the base model, or from the first epoch without one."""
    start = found.smooth_T[0] if found.base_N is None else found.base_N.mean()
    return max(0.0, float(start - found.smooth_T.min()))
