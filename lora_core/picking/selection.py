"""Picking a checkpoint by the validation curves: which epoch of which weights, why, and how certain that is.

Pure functions of the history of a run, as defined in docs/validation.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..errors import CheckpointError, ConfigError
from .curve import (
    Curve,
    Region,
    difference_error,
    fit_curve,
    improvement,
    indistinguishable_epochs,
    local_minima,
    overfitting_region,
    promising_region,
)
from .pick import Findings, Selection, Series
from .steady import steady_epoch
from .weights import CHOICES, Weights
from .words import reason, warnings

RULES = ("lowest", "earliest", "epoch", "steady")
"""How the epoch is picked, see `select`."""


def choose(
    series: Mapping[Weights, Series],
    total_epochs: int,
    rule: str = "lowest",
    epoch: int | None = None,
    among: str = "best",
) -> Selection | None:
    """Picks a checkpoint among those of raw and averaged weights.

    Args:
        series: by weights.
        total_epochs: how many epochs the run is set to train; used only in the text.
        rule: as for `select`.
        epoch: for the rule "epoch": of the averaged weights if they have it and `among` permits, else of the raw ones.
        among: one of CHOICES.

    Returns:
        None if there are too few validations to judge by, or no checkpoints yet.

    Raises:
        CheckpointError: the run has no checkpoint of the weights in `among`, or none of the given epoch.
    """
    permitted = permitted_weights(series, among)
    curves = {weights: curve for weights in permitted if (curve := series[weights].curve) is not None}
    if not curves:
        return None
    if rule == "epoch":
        wanted = epoch_with_checkpoint(
            epoch, sorted({each for weights in curves for each in series[weights].available})
        )
        chosen = next(weights for weights in curves if wanted in series[weights].available)
    else:
        chosen = min(curves, key=lambda weights: _lowest_loss(curves[weights], series[weights].available))
    was_a_choice = series[Weights.AVERAGED].curve is not None
    return select(curves[chosen], total_epochs, rule, epoch, series[chosen].available, chosen, was_a_choice)


def permitted_weights(series: Mapping[Weights, Series], among: str) -> list[Weights]:
    """The weights that have a checkpoint and that `among` permits.

    Raises:
        CheckpointError: the run has checkpoints, but none of the weights in `among`.
    """
    if among not in CHOICES:
        raise ConfigError(f"weights must be one of {', '.join(CHOICES)}, got {among!r}.")
    kept = [weights for weights in Weights if series[weights].available]
    if kept and among not in ("best", *kept):
        hint = "; a run keeps averaged weights unless average_decay is 0." if among == Weights.AVERAGED else "."
        raise CheckpointError(f"This run has no checkpoint of {among} weights. Choose {kept[0]} or best{hint}")
    return kept if among == "best" else [weights for weights in kept if weights == among]


def select(
    curve: Curve,
    total_epochs: int,
    rule: str = "lowest",
    epoch: int | None = None,
    available: Sequence[int] | None = None,
    weights: Weights = Weights.RAW,
    names_weights: bool = False,
) -> Selection:
    """Picks an epoch by one curve.

    Args:
        curve: the smoothed validation curve.
        total_epochs: how many epochs the run is set to train; used only in the text.
        rule: "lowest" smoothed loss in G; "earliest" within one standard error of it; "epoch", a given one; or
            "steady", the mean of the lowest epochs of redrawn held-out pictures.
        epoch: for the rule "epoch".
        available: epochs that have a checkpoint; any by default.
        weights: whose curve it is.
        names_weights: whether the reason says which weights.

    Raises:
        CheckpointError: the given epoch has no checkpoint, or none is available at all.
        ConfigError: there is no such rule.
    """
    if rule not in RULES:
        raise ConfigError(f"rule must be one of {', '.join(RULES)}, got {rule!r}.")
    if available is not None and not available:
        raise CheckpointError("This run has no checkpoint yet. Train at least one epoch.")
    region_o = overfitting_region(curve)
    region_g = promising_region(curve, region_o)
    picked = epoch_with_checkpoint(epoch, available) if rule == "epoch" else _by_rule(curve, rule, region_g, available)
    nearest = curve.nearest(picked)
    findings = Findings(
        picked,
        weights,
        rule,
        region_g,
        region_o,
        local_minima(curve, region_g),
        indistinguishable_epochs(curve, nearest),
        *improvement(curve, nearest),
    )
    why = reason(curve, findings, total_epochs, names_weights)
    return Selection(**vars(findings), reason=why, warnings=warnings(curve, total_epochs, region_o))


def epoch_with_checkpoint(epoch: int | None, available: Sequence[int] | None) -> int:
    """The epoch that a user chose.

    Raises:
        CheckpointError: none was chosen, or it has no checkpoint.
    """
    if epoch is None:
        raise CheckpointError("To pick by hand, name an epoch that has a checkpoint.")
    if available is not None and epoch not in available:
        kept = ", ".join(map(str, sorted(available, key=lambda other: abs(other - epoch))[:5]))
        raise CheckpointError(
            f"Epoch {epoch} has no checkpoint: it was not reached, or was deleted to save disk space. The nearest "
            f"that are kept: {kept}."
        )
    return epoch


def should_stop(epochs: Sequence[int], losses: Sequence[float], patience: int) -> bool:
    """Whether the lowest smoothed validation loss is `patience` epochs or more before the last one."""
    curve = fit_curve(epochs, [[loss] for loss in losses])
    return curve is not None and bool(curve.epochs_E[-1] - curve.epochs_E[curve.lowest] >= patience)


def _by_rule(curve: Curve, rule: str, region_g: Region, available: Sequence[int] | None) -> int:
    """The epoch that the rule picks among those that have a checkpoint."""
    count = len(curve.epochs_E)
    kept_E = np.ones(count, bool) if available is None else np.isin(curve.epochs_E, np.asarray(available))
    if available is not None and not kept_E.any():  # checkpoints, but none at a validated epoch
        return min(available, key=lambda epoch: abs(epoch - curve.epochs_E[curve.lowest]))
    inside_E = kept_E & curve.inside(region_g)
    pool_E = inside_E if inside_E.any() else kept_E
    if rule == "steady":
        return steady_epoch(curve, pool_E, np.random.default_rng(0))
    index = int(np.where(pool_E, curve.smooth_E, np.inf).argmin())
    if rule == "earliest":
        near_E = curve.smooth_E - curve.smooth_E[index] <= difference_error(curve, index)
        index = int(np.flatnonzero(kept_E & near_E)[0])
    return int(curve.epochs_E[index])


def _lowest_loss(curve: Curve, available: Sequence[int]) -> float:
    """The smoothed loss at the epoch that the rule "lowest" would pick."""
    epoch = _by_rule(curve, "lowest", promising_region(curve, overfitting_region(curve)), available)
    return float(curve.smooth_E[curve.nearest(epoch)])
