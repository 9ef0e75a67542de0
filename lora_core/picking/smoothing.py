"""Smoothing of loss curves by robust local quadratic regression (LOESS; Cleveland 1979).

A quadratic is reproduced exactly wherever it is fitted, at the ends too, so smoothing does not move a minimum. The
result is linear in the losses once the weights are known: one matrix smooths the mean and each picture's own curve.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

WINDOW = 0.12
"""Half-width of the window as a share of the curve's length."""
LEAST_POINTS = 2.5
"""The half-width is never less than so many points: a quadratic needs three."""
_ROBUST_PASSES = 3
_SPIKE = 6.0
"""A point has no weight if it is off the curve, and off its neighbours, by more than so many medians of that,"""
_LEAST_SPIKE = 0.2
"""unless it is by less than this share of the range that most of the curve covers."""


@dataclass(frozen=True)
class Smoother:
    """A fitted smoother of T points."""

    matrix_TT: Array
    """Row i holds the weights of all points in the smoothed value of point i; it sums to 1."""
    sigma: float
    """Standard deviation of a point around the smoothed curve, in units of loss."""
    spikes_T: NDArray[np.bool_]
    """Points so far off that they were given no weight."""

    def __call__(self, losses: Array) -> Array:
        """Smooths a curve of shape (T,), or the T rows of a matrix."""
        smooth: Array = self.matrix_TT @ losses
        return smooth

    @property
    def error_T(self) -> Array:
        """Standard error of each smoothed value that comes from the wobble of the points alone, in units of loss."""
        error: Array = self.sigma * np.sqrt((self.matrix_TT**2).sum(axis=1))
        return error


def fit(epochs_T: Array, losses_T: Array) -> Smoother:
    """Fits the smoother to one curve.

    Args:
        epochs_T: increasing epochs.
        losses_T: finite losses at these epochs.
    """
    span = float(epochs_T[-1] - epochs_T[0]) if len(epochs_T) > 1 else 0.0
    spacing = float(np.median(np.diff(epochs_T))) if len(epochs_T) > 1 else 1.0
    half_width = max(LEAST_POINTS * spacing, WINDOW * span)
    least = _LEAST_SPIKE * _range(losses_T)
    beside_T = _bisquare(losses_T - _running_median(losses_T), least)
    matrix_TT = _local_quadratic(epochs_T, half_width, np.ones(len(losses_T)))
    for _ in range(_ROBUST_PASSES):
        robust_T = np.maximum(beside_T, _bisquare(losses_T - matrix_TT @ losses_T, least))
        matrix_TT = _local_quadratic(epochs_T, half_width, robust_T)
    spikes_T = robust_T == 0
    return Smoother(matrix_TT, _sigma(losses_T, matrix_TT, spikes_T), spikes_T)


def _local_quadratic(epochs_T: Array, half_width: float, robust_T: Array) -> Array:
    """The smoothing matrix: at each point a quadratic is fitted to its neighbours under tricube weights."""
    distance_TT = (epochs_T[None, :] - epochs_T[:, None]) / half_width
    reach_T = _reach(np.abs(distance_TT), robust_T)
    distance_TT = distance_TT / reach_T[:, None]
    weights_TT = np.clip(1 - np.abs(distance_TT) ** 3, 0, None) ** 3 * robust_T[None, :]
    moments_5T, moment_TT = [], weights_TT
    for _ in range(5):
        moments_5T.append(moment_TT.sum(axis=1))
        moment_TT = moment_TT * distance_TT
    normal_T33 = np.stack([np.stack(moments_5T[row : row + 3], axis=-1) for row in range(3)], axis=1)
    # The value of the fitted quadratic at the point itself is its constant term: the first row of the inverse.
    first_T3 = np.linalg.pinv(normal_T33, rcond=1e-10, hermitian=True)[:, 0, :, None]
    matrix_TT: Array = weights_TT * (first_T3[:, 0] + first_T3[:, 1] * distance_TT + first_T3[:, 2] * distance_TT**2)
    return matrix_TT


def _reach(distance_TT: Array, robust_T: Array) -> Array:
    """How far each point's window has to be stretched to hold four points of weight, 1 where it does already."""
    usable = np.flatnonzero(robust_T > 0)
    count = min(4, len(usable))
    fourth_T: Array = np.sort(distance_TT[:, usable], axis=1)[:, count - 1]
    stretched: Array = np.maximum(1.0, fourth_T * 1.01)
    return stretched


def _running_median(losses_T: Array) -> Array:
    """The median of up to five points around each (Tukey 1977); a stretch that only falls or only rises is left as is.

    So the steep fall of a run's first epochs is no row of spikes, which it would be beside a smooth curve. The first
    and the last point have no neighbours on one side and stand for themselves: a jump there may be the curve's.
    """
    median_T: Array = losses_T.copy()
    for reach in (1, 2):
        if len(losses_T) > 2 * reach:
            windows_TW = np.lib.stride_tricks.sliding_window_view(losses_T, 2 * reach + 1)
            median_T[reach:-reach] = np.median(windows_TW, axis=1)
    return median_T


def _range(losses_T: Array) -> float:
    low, high = np.quantile(losses_T, [0.1, 0.9])
    return float(high - low)


def _bisquare(residuals_T: Array, least: float) -> Array:
    """Tukey's weights: 1 for a point on the curve, 0 for a spike."""
    scale = max(_SPIKE * float(np.median(np.abs(residuals_T))), least)
    if scale == 0 or len(residuals_T) < 7:
        return np.ones(len(residuals_T))
    weights: Array = np.clip(1 - (residuals_T / scale) ** 2, 0, None) ** 2
    return weights


def _sigma(losses_T: Array, matrix_TT: Array, spikes_T: NDArray[np.bool_]) -> float:
    """Standard deviation of the residuals, corrected for the freedom that the smoother took."""
    residuals = (losses_T - matrix_TT @ losses_T)[~spikes_T]
    freedom = len(residuals) - float(np.trace(matrix_TT))
    return float(np.sqrt((residuals**2).sum() / freedom)) if freedom > 0.5 else 0.0
