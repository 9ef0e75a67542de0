"""Rising curves through measured points: isotonic regression, and interpolation that never turns back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def pooled(values: Floats, weights: Floats) -> list[slice]:
    """Neighbours that isotonic regression gives one value, their weighted mean: each run's mean is above the last.

    By pooling adjacent violators (Barlow, Bartholomew, Bremner, Brunk, "Statistical inference under order
    restrictions", 1972). Equal neighbours are pooled too.
    """
    runs: list[tuple[int, float, float]] = []  # first, mean, weight
    for index, (mean, weight) in enumerate(zip(values.tolist(), weights.tolist(), strict=True)):
        first = index
        while runs and runs[-1][1] >= mean:
            first, before, weight_before = runs.pop()
            mean = (mean * weight + before * weight_before) / (weight + weight_before)
            weight += weight_before
        runs.append((first, mean, weight))
    ends = [*(first for first, _, _ in runs[1:]), len(values)]
    return [slice(first, end) for (first, _, _), end in zip(runs, ends, strict=True)]


def interpolate(at: float, x: Floats, y: Floats) -> float:
    """The value at a place between the outermost of the points, which rise strictly in both coordinates.

    Cubic Hermite pieces whose slopes keep them from overshooting, so that the curve rises too (Fritsch and Butland,
    "A method for constructing local monotone piecewise cubic interpolants", SIAM J. Sci. Stat. Comput. 5, 1984).
    """
    slopes = _slopes(x, y)
    piece = int(np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 2))
    width, rise = x[piece + 1] - x[piece], y[piece + 1] - y[piece]
    t = min(max((at - x[piece]) / width, 0.0), 1.0)
    along = t * t * (3 - 2 * t) * rise
    bend = t * (1 - t) * ((1 - t) * slopes[piece] - t * slopes[piece + 1]) * width
    return float(np.clip(y[piece] + along + bend, y[piece], y[piece + 1]))  # rounding may lead beyond


def _slopes(x: Floats, y: Floats) -> Floats:
    """At each point: between two pieces their weighted harmonic mean, at the ends that of a parabola, held back."""
    h, rises = np.diff(x), np.diff(y) / np.diff(x)
    if len(rises) == 1:
        return np.repeat(rises, 2)
    first, second = 2 * h[1:] + h[:-1], h[1:] + 2 * h[:-1]
    inner = (first + second) / (first / rises[:-1] + second / rises[1:])
    return np.concatenate([[_end(h[:2], rises[:2])], inner, [_end(h[:-3:-1], rises[:-3:-1])]])


def _end(h: Floats, rises: Floats) -> float:
    parabola = ((2 * h[0] + h[1]) * rises[0] - h[0] * rises[1]) / (h[0] + h[1])
    return float(np.clip(parabola, 0, 3 * rises[0]))
