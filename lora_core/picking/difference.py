"""How much two checkpoints differ in validation loss, of one run or of two. Pure functions of their curves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .curve import DISTINCT, Curve, difference_error, improvement

SAME_GRID = 5e-3
"""Two runs were measured on the same pictures, timesteps and noise if, without any LoRA, the loss of each picture
differs by no more than this share. Rounding in bfloat16 stays below it; other noise does not."""


@dataclass(frozen=True)
class LossDifference:
    """The validation loss of one checkpoint against that of another."""

    epochs: tuple[int, int]
    """The validated epochs nearest to those asked for: their losses are compared."""
    difference: float
    """Loss of the second less that of the first, as a share of the loss without a LoRA; negative if the second is
    better."""
    standard_error: float | None
    """Of `difference`; None if it is unknown, as for a single picture."""
    paired: bool
    """Whether it is over the same pictures one by one. If not, each run's improvement on its own pictures is compared,
    which is far less certain."""
    distinct: bool
    """Whether the difference is beyond its uncertainty."""


def same_grid(one: Curve, other: Curve) -> bool:
    """Whether two curves were measured on the same pictures, timesteps and noise with the same base model."""
    if one is other:
        return True
    if one.base_N is None or other.base_N is None or one.base_N.shape != other.base_N.shape:
        return False
    return bool(np.allclose(one.base_N, other.base_N, rtol=SAME_GRID, atol=0))


def compare(one: Curve, epoch: int, other: Curve, other_epoch: int) -> LossDifference | None:
    """The difference between an epoch of one curve and an epoch of another, or of the same.

    Returns:
        None if it can't be told: the curves have neither the grid nor a loss without a LoRA in common.
    """
    at, other_at = one.nearest(epoch), other.nearest(other_epoch)
    epochs = int(one.epochs_E[at]), int(other.epochs_E[other_at])
    if same_grid(one, other):
        return _told(epochs, *_paired(one, at, other, other_at), paired=True)
    (gain, error), (other_gain, other_error) = improvement(one, at), improvement(other, other_at)
    if gain is None or other_gain is None:
        return None
    both = None if error is None or other_error is None else float(np.hypot(error, other_error))
    return _told(epochs, gain - other_gain, both, paired=False)


def _paired(one: Curve, at: int, other: Curve, other_at: int) -> tuple[float, float | None]:
    """The mean over the pictures of their differences, and its standard error, as shares of the base model's loss.

    The error has the parts of `difference_error`: which pictures were held out, and how the weights fluctuate.
    """
    reference_N = one.smooth_EN[at]
    base = float(np.mean(reference_N if one.base_N is None else one.base_N))
    pairs_N = other.smooth_EN[other_at] - reference_N
    count = len(pairs_N)
    if one is other:
        error = 0.0 if at == other_at else float(difference_error(one, at)[other_at])
    else:
        pictures = float(pairs_N.std(ddof=1) / np.sqrt(count)) if count > 1 else 0.0
        error = float(np.hypot(pictures, np.hypot(one.smoother.error_E[at], other.smoother.error_E[other_at])))
    return float(pairs_N.mean()) / base, error / base if count > 1 else None


def _told(epochs: tuple[int, int], difference: float, error: float | None, paired: bool) -> LossDifference:
    distinct = error is not None and abs(difference) > DISTINCT * error
    return LossDifference(epochs, difference, error, paired, distinct)
