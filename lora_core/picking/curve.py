"""What a validation curve shows: its smoothed course, how certain that is, and the regions G and O.

Pure functions of the history of a run, as defined in docs/validation.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .local_quadratic import Array
from .smoothing import Smoother, fit_smoother

LEAST_VALIDATIONS = 3
OVERFITTED = 0.1
"""Region O begins where this share of the best improvement has been lost for good."""
IMPROVED = 0.8
"""Region G begins where this share of the best improvement has been reached."""
DISTINCT = 2.0
"""What differs by fewer standard errors than this can't be told apart."""

Region = tuple[int, int]
"""First and last epoch of a stretch."""


@dataclass(frozen=True)
class Curve:
    """A validation curve, smoothed. E trained epochs, N pictures."""

    epochs_E: Array
    smooth_EN: Array
    smoother: Smoother
    base_N: Array | None
    """Losses of the base model, epoch 0; None if they were not measured."""
    left_out: list[int]
    """Epochs whose loss is not a finite number."""

    @property
    def smooth_E(self) -> Array:
        """The smoothed mean over the pictures."""
        mean: Array = self.smooth_EN.mean(axis=1)
        return mean

    @property
    def lowest(self) -> int:
        """Index of the lowest smoothed loss."""
        return int(np.argmin(self.smooth_E))

    @property
    def standard_error_E(self) -> Array:
        """Standard error of the difference to the base model, or to the lowest epoch; NaN for a single picture."""
        reference_N = self.smooth_EN[self.lowest] if self.base_N is None else self.base_N
        error: Array = np.hypot(_standard_error(self.smooth_EN - reference_N), self.smoother.error_E)
        return error

    def nearest(self, epoch: int) -> int:
        """Index of the validated epoch nearest to one that may not have been validated."""
        return int(np.abs(self.epochs_E - epoch).argmin())

    def inside(self, region: Region) -> NDArray[np.bool_]:
        """Which of the E epochs are in a region."""
        mask: NDArray[np.bool_] = (self.epochs_E >= region[0]) & (self.epochs_E <= region[1])
        return mask


def fit_curve(epochs: Sequence[int], losses: Sequence[Sequence[float]]) -> Curve | None:
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
    smoother = fit_smoother(all_epochs[trained], all_losses[trained].mean(axis=1))
    base = all_losses[finite & (all_epochs == 0)]
    return Curve(
        all_epochs[trained],
        smoother(all_losses[trained]),
        smoother,
        base[0] if len(base) else None,
        [int(epoch) for epoch in all_epochs[~finite]],
    )


def overfitting_region(curve: Curve) -> Region | None:
    """Region O: from the first epoch after the minimum from which on the curve stays clearly above it, to the end."""
    smooth_E, best = curve.smooth_E, curve.lowest
    wobble_E = DISTINCT * np.hypot(curve.smoother.error_E, curve.smoother.error_E[best])
    margin_E = np.maximum(wobble_E, OVERFITTED * _depth(curve)) + 1e-9 * abs(smooth_E[best])
    below = np.flatnonzero(smooth_E <= smooth_E[best] + margin_E)
    first = int(below[-1]) + 1
    return None if first >= len(smooth_E) else (int(curve.epochs_E[first]), int(curve.epochs_E[-1]))


def promising_region(curve: Curve, region_o: Region | None) -> Region:
    """Region G: from where most of the improvement is reached to the last epoch before O."""
    smooth_E, epochs_E = curve.smooth_E, curve.epochs_E
    before_E = np.ones(len(epochs_E), bool) if region_o is None else epochs_E < region_o[0]
    reached_E = smooth_E <= smooth_E[curve.lowest] + (1 - IMPROVED) * _depth(curve)
    inside = epochs_E[before_E & reached_E]
    return int(inside[0]), int(epochs_E[before_E][-1])


def local_minima(curve: Curve, region_g: Region) -> list[int]:
    """Epochs of the local minima of the smoothed curve in G; an end of the curve counts if it is the lower one."""
    padded = np.concatenate([[np.inf], curve.smooth_E, [np.inf]])
    minima_E = (padded[1:-1] < padded[:-2]) & (padded[1:-1] <= padded[2:])
    return [int(epoch) for epoch in curve.epochs_E[minima_E & curve.inside(region_g)]]


def difference_error(curve: Curve, index: int) -> Array:
    """Standard error of each epoch's difference to the one at `index`.

    Two parts: which pictures were held out (paired over them; unknown for a single one), and the fluctuation of the
    weights from epoch to epoch.
    """
    pictures_E = np.nan_to_num(_standard_error(curve.smooth_EN - curve.smooth_EN[index]))
    wobble_E = np.hypot(curve.smoother.error_E, curve.smoother.error_E[index])
    error: Array = np.hypot(pictures_E, wobble_E)
    return error


def indistinguishable_epochs(curve: Curve, index: int) -> list[int]:
    """The stretch of epochs around `index` that can't be told apart from it."""
    close_E = np.abs(curve.smooth_E - curve.smooth_E[index]) <= DISTINCT * difference_error(curve, index)
    first = last = index
    while first > 0 and close_E[first - 1]:
        first -= 1
    while last < len(close_E) - 1 and close_E[last + 1]:
        last += 1
    return [int(epoch) for epoch in curve.epochs_E[first : last + 1]]


def improvement(curve: Curve, index: int) -> tuple[float | None, float | None]:
    """Share of the base model's loss that the epoch at `index` saves, and its standard error."""
    if curve.base_N is None:
        return None, None
    base = float(curve.base_N.mean())
    error = float(curve.standard_error_E[index])
    return (base - float(curve.smooth_E[index])) / base, None if np.isnan(error) else error / base


def _standard_error(differences: Array) -> Array:
    """Standard error of the mean along the last axis, over N pictures."""
    count = differences.shape[-1]
    if count < 2:
        return np.full(differences.shape[:-1], np.nan)
    error: Array = differences.std(axis=-1, ddof=1) / np.sqrt(count)
    return error


def _depth(curve: Curve) -> float:
    """How far the curve falls to its lowest point: from the base model, or from the first epoch if that is unknown."""
    start = curve.smooth_E[0] if curve.base_N is None else curve.base_N.mean()
    return max(0.0, float(start - curve.smooth_E.min()))
