"""How sure a share of successes is."""

from __future__ import annotations

import math

NORMAL = 1.959964
"""The 97.5th percentile of the normal distribution."""


def wilson(successes: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, Journal of the American Statistical Association 22, 1927, 209-212)."""
    square = NORMAL**2 / of
    centre = (successes / of + square / 2) / (1 + square)
    half = math.sqrt(square * (successes / of * (1 - successes / of) + square / 4)) / (1 + square)
    return centre - half, centre + half
