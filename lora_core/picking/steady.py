"""A steady pick: the mean of the lowest epochs of redrawn held-out pictures (bagging; Breiman 1996).

Where a curve is flat, its lowest epoch depends on which few pictures happened to be held out. Had others been, another
epoch would have been lowest; the mean over such draws is nearer to the middle of the flat stretch, and loses less.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .curve import Curve

DRAWS = 500


def steady_epoch(curve: Curve, pool_E: NDArray[np.bool_], random: np.random.Generator) -> int:
    """The validated epoch among those in the pool that is nearest to the mean.

    Args:
        curve: of N held-out pictures; each draw takes N of them, with replacement.
        pool_E: the epochs that may be picked, at least one.
    """
    epochs_P, smooth_PN = curve.epochs_E[pool_E], curve.smooth_EN[pool_E]
    pictures = smooth_PN.shape[1]
    drawn_DN = random.integers(pictures, size=(DRAWS, pictures))
    lowest_D = smooth_PN[:, drawn_DN].mean(axis=2).argmin(axis=0)
    return int(epochs_P[np.abs(epochs_P - epochs_P[lowest_D].mean()).argmin()])
