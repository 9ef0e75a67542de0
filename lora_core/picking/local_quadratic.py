"""Local quadratic regression at every point of a curve: a linear map from E losses to E smoothed ones.

There are two ways to the same values. A short curve has its map as a matrix. For a long one that would take most of the
time: since epochs are whole numbers, the sums over each point's window are convolutions, which take a hundredth of it.
"""

from __future__ import annotations

from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MATRIX_UP_TO = 400
"""Points of a curve that is still smoothed by a matrix."""
_SPARSEST = 16
"""Epochs for each point of a curve that is smoothed by convolutions."""


class LocalQuadratic(Protocol):
    """A fitted map."""

    def __call__(self, losses: Array) -> Array:
        """Smooths a curve of shape (E,), or the N columns of a matrix of shape (E, N)."""

    @property
    def squares_E(self) -> Array:
        """For each smoothed value, the sum of the squares of the weights that the points have in it."""

    @property
    def trace(self) -> float:
        """Degrees of freedom: the sum of the weights that the points have in their own smoothed values."""


def local_quadratic(epochs_E: Array, half_width: float, robust_E: Array) -> LocalQuadratic:
    """Fits a quadratic at each point to its neighbours under tricube weights.

    Args:
        epochs_E: increasing epochs.
        half_width: of the window, in epochs; stretched where fewer than four points with weight are within it.
        robust_E: each point's own weight, from 0 to 1.
    """
    whole = bool(np.all(epochs_E == np.floor(epochs_E)))
    count = len(epochs_E)
    if count > MATRIX_UP_TO and whole and epochs_E[-1] - epochs_E[0] < _SPARSEST * count:
        return ByConvolution(epochs_E, half_width, robust_E)
    return ByMatrix(epochs_E, half_width, robust_E)


class ByMatrix:
    """The map as a matrix: row i holds the weights of all points in the smoothed value of point i; it sums to 1."""

    def __init__(self, epochs_E: Array, half_width: float, robust_E: Array) -> None:
        reach_E = _reach(epochs_E, half_width, robust_E)
        self.matrix_EE = _rows(epochs_E, half_width, robust_E, epochs_E, reach_E)

    def __call__(self, losses: Array) -> Array:
        smooth: Array = self.matrix_EE @ losses
        return smooth

    @cached_property
    def squares_E(self) -> Array:
        """See LocalQuadratic."""
        squares: Array = (self.matrix_EE**2).sum(axis=1)
        return squares

    @property
    def trace(self) -> float:
        """See LocalQuadratic."""
        return float(np.trace(self.matrix_EE))


class ByConvolution:
    """The map without its matrix. The few points whose windows are stretched have rows of their own."""

    def __init__(self, epochs_E: Array, half_width: float, robust_E: Array) -> None:
        reach_E = _reach(epochs_E, half_width, robust_E)
        self._half_width, self._robust_E = half_width, robust_E
        self._at_E = (epochs_E - epochs_E[0]).astype(int)
        self._stretched = np.flatnonzero(reach_E > 1)
        at, reach = epochs_E[self._stretched], reach_E[self._stretched]
        self._rows_SE = _rows(epochs_E, half_width, robust_E, at, reach)
        self._first_E3 = _first_of_inverse([self._sum(robust_E, power) for power in range(5)])

    def __call__(self, losses: Array) -> Array:
        columns_EN = losses.reshape(len(losses), -1)
        smooth_EN = np.zeros_like(columns_EN)
        for power in range(3):
            smooth_EN += self._first_E3[:, [power]] * self._sum(self._robust_E[:, None] * columns_EN, power)
        smooth_EN[self._stretched] = self._rows_SE @ columns_EN
        return smooth_EN.reshape(losses.shape)

    @cached_property
    def squares_E(self) -> Array:
        """See LocalQuadratic."""
        a, b, c = self._first_E3.T
        quadratic_squared = (a**2, 2 * a * b, b**2 + 2 * a * c, 2 * b * c, c**2)
        squares_E = np.zeros_like(self._robust_E)
        for power, factor_E in enumerate(quadratic_squared):
            squares_E += factor_E * self._sum(self._robust_E**2, power, squared=True)
        squares_E[self._stretched] = (self._rows_SE**2).sum(axis=1)
        return squares_E

    @property
    def trace(self) -> float:
        """See LocalQuadratic."""
        own_E = self._first_E3[:, 0] * self._robust_E
        own_E[self._stretched] = self._rows_SE[np.arange(len(self._stretched)), self._stretched]
        return float(own_E.sum())

    def _sum(self, values: Array, power: int, squared: bool = False) -> Array:
        """For each point, the sum over all points of kernel(d) d^power value, where d is their distance.

        Args:
            values: of the points, of shape (E,) or (E, N).
            power: of the distance.
            squared: whether the kernel is squared.
        """
        reach = int(self._half_width)
        distance = np.arange(reach, -reach - 1, -1) / self._half_width  # reversed: this convolution looks ahead
        kernel = _tricube(distance) ** (2 if squared else 1) * distance**power
        columns = values.reshape(len(values), -1)
        grid = np.zeros((columns.shape[1], self._at_E[-1] + 1))
        grid[:, self._at_E] = columns.T
        sums = np.stack([np.convolve(row, kernel)[self._at_E + reach] for row in grid], axis=1)
        return sums.reshape(values.shape)


def _rows(epochs_E: Array, half_width: float, robust_E: Array, at_R: Array, reach_R: Array) -> Array:
    """The weights of all E points in the smoothed values at R epochs whose windows are stretched by `reach_R`."""
    distance_RE = (epochs_E[None, :] - at_R[:, None]) / half_width
    distance_RE = distance_RE / reach_R[:, None]
    weights_RE = _tricube(distance_RE) * robust_E[None, :]
    moments, moment_RE = [], weights_RE
    for _ in range(5):
        moments.append(moment_RE.sum(axis=1))
        moment_RE = moment_RE * distance_RE
    first_R3 = _first_of_inverse(moments)[..., None]
    rows: Array = weights_RE * (first_R3[:, 0] + first_R3[:, 1] * distance_RE + first_R3[:, 2] * distance_RE**2)
    return rows


def _first_of_inverse(moments: list[Array]) -> Array:
    """The first row of each normal matrix's inverse, shape (R, 3), from the five moments of the distances.

    The value of the fitted quadratic at the point itself is its constant term: only that row is needed.
    """
    normal_R33 = np.stack([np.stack(moments[row : row + 3], axis=-1) for row in range(3)], axis=1)
    first_R3: Array = np.asarray(np.linalg.pinv(normal_R33, rcond=1e-10, hermitian=True)[:, 0, :], np.float64)
    return first_R3


def _tricube(distance: Array) -> Array:
    weights: Array = np.clip(1 - np.abs(distance) ** 3, 0, None) ** 3
    return weights


def _reach(epochs_E: Array, half_width: float, robust_E: Array) -> Array:
    """How far each point's window must be stretched to hold four points with weight; 1 if it does already."""
    usable_U = epochs_E[robust_E > 0]
    count = min(4, len(usable_U))
    # The four nearest are among the four before a point and the four from it on.
    nearby_E8 = np.searchsorted(usable_U, epochs_E)[:, None] + np.arange(-4, 4)
    inside_E8 = (nearby_E8 >= 0) & (nearby_E8 < len(usable_U))
    found_E8 = usable_U[np.clip(nearby_E8, 0, len(usable_U) - 1)]
    distance_E8 = np.where(inside_E8, np.abs((found_E8 - epochs_E[:, None]) / half_width), np.inf)
    fourth_E = np.sort(distance_E8, axis=1)[:, count - 1]
    stretched: Array = np.maximum(1.0, fourth_E * 1.01)
    return stretched
