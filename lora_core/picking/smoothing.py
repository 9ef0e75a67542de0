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
"""The least half-width, in points: a quadratic needs three."""
_ROBUST_PASSES = 3
_SPIKE = 6.0
"""A point gets no weight if its distances from the curve and from its neighbours are more than this many times the
median distance,"""
_LEAST_SPIKE = 0.2
"""unless they are less than this share of the range that most of the curve covers."""


@dataclass(frozen=True)
class Smoother:
    """A fitted smoother of E points."""

    matrix_EE: Array
    """Row i holds the weights of all points in the smoothed value of point i; it sums to 1."""
    sigma: float
    """Standard deviation of a point around the smoothed curve, in units of loss."""
    spikes_E: NDArray[np.bool_]
    """Points so far off that they get no weight."""

    def __call__(self, losses: Array) -> Array:
        """Smooths a curve of shape (E,), or the E rows of a matrix."""
        smooth: Array = self.matrix_EE @ losses
        return smooth

    @property
    def error_E(self) -> Array:
        """Standard error of each smoothed value due to the fluctuation of the points alone, in units of loss."""
        error: Array = self.sigma * np.sqrt((self.matrix_EE**2).sum(axis=1))
        return error


def fit_smoother(epochs_E: Array, losses_E: Array) -> Smoother:
    """Fits the smoother to one curve.

    Args:
        epochs_E: increasing epochs.
        losses_E: finite losses at these epochs.
    """
    span = float(epochs_E[-1] - epochs_E[0]) if len(epochs_E) > 1 else 0.0
    spacing = float(np.median(np.diff(epochs_E))) if len(epochs_E) > 1 else 1.0
    half_width = max(LEAST_POINTS * spacing, WINDOW * span)
    least = _LEAST_SPIKE * _range(losses_E)
    beside_E = _bisquare(losses_E - _running_median(losses_E), least)
    matrix_EE = _local_quadratic(epochs_E, half_width, np.ones(len(losses_E)))
    for _ in range(_ROBUST_PASSES):
        robust_E = np.maximum(beside_E, _bisquare(losses_E - matrix_EE @ losses_E, least))
        matrix_EE = _local_quadratic(epochs_E, half_width, robust_E)
    spikes_E = robust_E == 0
    return Smoother(matrix_EE, _sigma(losses_E, matrix_EE, spikes_E), spikes_E)


def _local_quadratic(epochs_E: Array, half_width: float, robust_E: Array) -> Array:
    """The smoothing matrix: at each point a quadratic is fitted to its neighbours under tricube weights."""
    distance_EE = (epochs_E[None, :] - epochs_E[:, None]) / half_width
    reach_E = _reach(np.abs(distance_EE), robust_E)
    distance_EE = distance_EE / reach_E[:, None]
    weights_EE = np.clip(1 - np.abs(distance_EE) ** 3, 0, None) ** 3 * robust_E[None, :]
    moments_5E, moment_EE = [], weights_EE
    for _ in range(5):
        moments_5E.append(moment_EE.sum(axis=1))
        moment_EE = moment_EE * distance_EE
    normal_E33 = np.stack([np.stack(moments_5E[row : row + 3], axis=-1) for row in range(3)], axis=1)
    # The value of the fitted quadratic at the point itself is its constant term: the first row of the inverse.
    first_E3 = np.linalg.pinv(normal_E33, rcond=1e-10, hermitian=True)[:, 0, :, None]
    matrix_EE: Array = weights_EE * (first_E3[:, 0] + first_E3[:, 1] * distance_EE + first_E3[:, 2] * distance_EE**2)
    return matrix_EE


def _reach(distance_EE: Array, robust_E: Array) -> Array:
    """How far each point's window must be stretched to hold four points with weight; 1 if it does already."""
    usable = np.flatnonzero(robust_E > 0)
    count = min(4, len(usable))
    fourth_E: Array = np.sort(distance_EE[:, usable], axis=1)[:, count - 1]
    stretched: Array = np.maximum(1.0, fourth_E * 1.01)
    return stretched


def _running_median(losses_E: Array) -> Array:
    """The median of up to five points around each (Tukey 1977); a stretch that only falls or only rises is unchanged.

    So the steep fall of a run's first epochs does not count as a row of spikes, as it would compared with a smooth
    curve. The first and the last point have no neighbours on one side and are unchanged: a jump there may be real.
    """
    median_E: Array = losses_E.copy()
    for reach in (1, 2):
        if len(losses_E) > 2 * reach:
            windows_EW = np.lib.stride_tricks.sliding_window_view(losses_E, 2 * reach + 1)
            median_E[reach:-reach] = np.median(windows_EW, axis=1)
    return median_E


def _range(losses_E: Array) -> float:
    low, high = np.quantile(losses_E, [0.1, 0.9])
    return float(high - low)


def _bisquare(residuals_E: Array, least: float) -> Array:
    """Tukey's weights: 1 for a point on the curve, 0 for a spike."""
    scale = max(_SPIKE * float(np.median(np.abs(residuals_E))), least)
    if scale == 0 or len(residuals_E) < 7:
        return np.ones(len(residuals_E))
    weights: Array = np.clip(1 - (residuals_E / scale) ** 2, 0, None) ** 2
    return weights


def _sigma(losses_E: Array, matrix_EE: Array, spikes_E: NDArray[np.bool_]) -> float:
    """Standard deviation of the residuals, corrected for the smoother's degrees of freedom."""
    residuals = (losses_E - matrix_EE @ losses_E)[~spikes_E]
    freedom = len(residuals) - float(np.trace(matrix_EE))
    return float(np.sqrt((residuals**2).sum() / freedom)) if freedom > 0.5 else 0.0
