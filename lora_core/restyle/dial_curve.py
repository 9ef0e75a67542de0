"""Line agreement as a rising curve of the hold, and the dial: the way back from an agreement to a hold.

The dial runs from 0, the agreement that a free style gives, to 1, that of a building held fully. Equal steps of the
dial are equal steps of line agreement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import ConfigError
from .monotone import interpolate, pooled

LEAST_RANGE = 0.02
"""Of line agreement between free and held: with less there is nothing to turn."""


@dataclass(frozen=True)
class DialCurve:
    """A curve through knots; both coordinates rise from each knot to the next."""

    holds: tuple[float, ...]
    lines: tuple[float, ...]

    def promised(self, dial: float) -> float:
        """The line agreement that a dial from 0 to 1 stands for."""
        return self.lines[0] + dial * (self.lines[-1] - self.lines[0])

    def hold(self, dial: float) -> float:
        """The hold at which the curve has that agreement."""
        return interpolate(self.promised(dial), np.asarray(self.lines), np.asarray(self.holds))


def fit_curve(holds: Sequence[float], lines: Sequence[float], weights: Sequence[float] | None = None) -> DialCurve:
    """The rising curve nearest to what was measured: isotonic regression, by least squares.

    Holds to which it gives one agreement become one knot, in their middle: nothing tells them apart. At both ends
    the outermost hold is kept, so that the dial spans all that was measured.

    Args:
        holds: in increasing order, at least two.
        lines: the mean line agreement at each.
        weights: of each mean, such as the number of pictures; equal by default.

    Raises:
        ConfigError: there are too few, they are out of order or no numbers, or held agrees hardly better than free.
    """
    x, y = np.asarray(holds, float), np.asarray(lines, float)
    w = np.ones_like(x) if weights is None else np.asarray(weights, float)
    if len(x) < 2 or not (np.diff(x) > 0).all() or not np.isfinite(y).all():
        raise ConfigError("A dial's curve needs line agreements at two or more different holds, in increasing order.")
    runs = pooled(y, w)
    knots, heights = ([float(np.average(each[run], weights=w[run])) for run in runs] for each in (x, y))
    if heights[-1] - heights[0] < LEAST_RANGE:
        raise ConfigError(
            f"Lines agree by {heights[0]:.2f} with a free style and by {heights[-1]:.2f} with the building held, so "
            "there is nothing to turn. See whether both ControlNets and their pictures are connected, and that the "
            "pictures come in the order of their settings."
        )
    return DialCurve((float(x[0]), *knots[1:-1], float(x[-1])), tuple(heights))
