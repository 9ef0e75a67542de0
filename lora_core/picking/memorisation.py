"""How far training pictures can be told from held-out ones by what the LoRA has gained on them.

A LoRA that only learns the style improves both alike. One that learns its pictures by heart improves them more than
pictures it has never seen, and somebody with the losses could tell which are which (a membership test). Pure functions
of the recorded losses, as defined in docs/validation.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .curve import LEAST_VALIDATIONS
from .local_quadratic import Array
from .smoothing import fit_smoother

QUANTILE = 1.96
"""Standard errors on either side of a 95 % interval."""
_HALVINGS = 40
"""Of an interval that is searched, which finds its end to twelve digits."""

Losses = Mapping[int, Sequence[float]]
"""By epoch each picture's loss, the weighted mean over its timesteps."""


@dataclass(frozen=True)
class ToldApart:
    """In how many pairs of a training and a held-out picture the training picture has gained more."""

    share: float
    """0.5 by chance, 1 if every training picture has gained more than every held-out one."""
    low: float
    high: float
    """The ends of the 95 % interval, over the draw of the pictures."""


def told_apart(training: Losses, held_out: Losses) -> dict[int, ToldApart]:
    """By epoch, for those at which both were measured; empty without a measurement of epoch 0.

    Both are smoothed by the same map, that of the training pictures' curve, so that neither is steadier than the other.
    """
    epochs = [epoch for epoch in sorted(training) if epoch in held_out and _finite(training[epoch], held_out[epoch])]
    if len(epochs) < 2 or epochs[0] != 0:
        return {}
    trained = epochs[1:]
    training_EN, held_out_EM = (np.array([losses[epoch] for epoch in epochs]) for losses in (training, held_out))
    gained_EN, gained_EM = training_EN[0] - training_EN[1:], held_out_EM[0] - held_out_EM[1:]
    if len(trained) >= LEAST_VALIDATIONS:
        smoother = fit_smoother(np.array(trained, float), training_EN[1:].mean(axis=1))
        gained_EN, gained_EM = smoother(gained_EN), smoother(gained_EM)
    share_E = pairs_ahead(gained_EN, gained_EM)
    low_E, high_E = interval(share_E, gained_EN.shape[1], gained_EM.shape[1])
    return {
        epoch: ToldApart(share, low, high)
        for epoch, share, low, high in zip(trained, share_E.tolist(), low_E.tolist(), high_E.tolist(), strict=True)
    }


def pairs_ahead(ones_EN: Array, others_EM: Array) -> Array:
    """The share of pairs in which the first is larger, equal ones counting half: the area under the ROC curve."""
    difference_ENM = ones_EN[:, :, None] - others_EM[:, None, :]
    share: Array = (0.5 * (1 + np.sign(difference_ENM))).mean(axis=(1, 2))
    return share


def interval(share_E: Array, count: int, other_count: int) -> tuple[Array, Array]:
    """The 95 % interval of such a share, by Newcombe's fifth method (Statistics in Medicine 25, 2006, 559-573).

    It holds all values that the share is within 1.96 of their own standard errors of. With eight pictures on either
    side it covers the truth in 94 to 97 % of cases (tests/unit/test_memorisation.py); the interval of DeLong et al.
    (1988), which takes the standard error at the share itself, in 65 to 93 %, and it has no width where the share is 1.
    """

    def end(farthest: float) -> Array:
        inside_E, outside_E = share_E.copy(), np.full_like(share_E, farthest)
        for _ in range(_HALVINGS):
            middle_E = (inside_E + outside_E) / 2
            within_E = np.abs(share_E - middle_E) <= QUANTILE * _standard_error(middle_E, count, other_count)
            inside_E, outside_E = np.where(within_E, middle_E, inside_E), np.where(within_E, outside_E, middle_E)
        return inside_E

    return end(0.0), end(1.0)


def describe(found: Mapping[int, ToldApart], epoch: int) -> str:
    """A sentence about the measurement nearest to an epoch; empty if there is none."""
    if not found:
        return ""
    at = found[min(found, key=lambda other: abs(other - epoch))]
    low, share, high = (f"{100 * value:.0f}" for value in (at.low, at.share, at.high))
    told = f"Training pictures can be told from held-out ones in {share} % of pairs (95 % interval {low} to {high} %)"
    if at.low > 0.5:
        return f"{told}: the LoRA knows its own pictures better than others of the style."
    return f"{told}, where chance alone gives 50 %."


def _standard_error(share_E: Array, count: int, other_count: int) -> Array:
    """Of a share of pairs, if it is `share_E` (Hanley & McNeil 1982, with the mean of the two numbers of pictures)."""
    more = (count + other_count) / 2 - 1
    spread_E = 1 + more * (1 - share_E) / (2 - share_E) + more * share_E / (1 + share_E)
    error: Array = np.sqrt(share_E * (1 - share_E) * spread_E / (count * other_count))
    return error


def _finite(*losses: Sequence[float]) -> bool:
    finite: NDArray[np.bool_] = np.isfinite(np.concatenate([np.asarray(each, float) for each in losses]))
    return bool(finite.all())
