"""Smoothing of loss curves by robust local quadratic regression (LOESS; Cleveland 1979).

A quadratic is reproduced exactly wherever it is fitted, at the ends too, so smoothing does not move a minimum. The
result is linear in the losses once the weights are known: one map smooths the mean and each picture's own curve.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .local_quadratic import Array, LocalQuadratic, local_quadratic

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

    fitted: LocalQuadratic
    sigma: float
    """Standard deviation of a point around the smoothed curve, in units of loss."""
    spikes_E: NDArray[np.bool_]
    """Points so far off that they get no weight."""

    def __call__(self, losses: Array) -> Array:
        """Smooths a curve of shape (E,), or the N columns of a matrix of shape (E, N)."""
        return self.fitted(losses)

    @property
    def error_E(self) -> Array:
        """Standard error of each smoothed value due to the fluctuation of the points alone, in units of loss."""
        error: Array = self.sigma * np.sqrt(self.fitted.squares_E)
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
    fitted = local_quadratic(epochs_E, half_width, np.ones(len(losses_E)))
    for _ in range(_ROBUST_PASSES):
        robust_E = np.maximum(beside_E, _bisquare(losses_E - fitted(losses_E), least))
        fitted = local_quadratic(epochs_E, half_width, robust_E)
    spikes_E = robust_E == 0
    return Smoother(fitted, _sigma(losses_E, fitted, spikes_E), spikes_E)


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


def _sigma(losses_E: Array, fitted: LocalQuadratic, spikes_E: NDArray[np.bool_]) -> float:
    """Standard deviation of the residuals, corrected for the smoother's degrees of freedom."""
    residuals = (losses_E - fitted(losses_E))[~spikes_E]
    freedom = len(residuals) - fitted.trace
    return float(np.sqrt((residuals**2).sum() / freedom)) if freedom > 0.5 else 0.0
