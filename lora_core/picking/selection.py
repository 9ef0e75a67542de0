"""Picking a checkpoint by the validation curves: which epoch of which weights, why, and how sure that is.

Pure functions on the history of a run. The definitions are those of docs/validation.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .errors import CheckpointError
from .pick_words import Pick, reason, warnings
from .regions import Curve, Region, alike, curve, difference_error, good, improvement, local_minima, overfitting

RULES = ("lowest", "earliest", "epoch")
WEIGHTS = ("averaged", "raw")
"""The weights that a run has checkpoints of; of two that are as good, the former."""
CHOICES = ("best", *WEIGHTS)
"""Whose checkpoints a pick may be among; best is whichever validates lower."""


@dataclass(frozen=True)
class Selection(Pick):
    """The picked epoch p with everything that speaks for it."""

    reason: str
    warnings: list[str]

    def to_json(self) -> dict[str, Any]:
        """Plain types, ready for json.dumps."""
        return asdict(self)


@dataclass(frozen=True)
class Series:
    """The checkpoints of some weights, and the curve that speaks for them."""

    curve: Curve | None
    """None for too few validations."""
    available: Sequence[int]
    """Epochs that have a checkpoint."""


def choose(
    series: Mapping[str, Series], total_epochs: int, rule: str = "lowest", epoch: int | None = None, among: str = "best"
) -> Selection | None:
    """Picks a checkpoint among those of raw and averaged weights.

    Args:
        series: by name of the weights.
        total_epochs: what the run set out for, for the words alone.
        rule: as for `select`.
        epoch: for the rule "epoch": of the averaged weights if they have it and `among` permits, else of the raw ones.
        among: one of CHOICES.

    Returns:
        None if there are too few validations to judge by, or no checkpoints yet.

    Raises:
        CheckpointError: `among` names weights that the run has none of, or the given epoch has no checkpoint.
    """
    open_to = {name: series[name] for name in among_these(series, among) if series[name].curve is not None}
    if not open_to:
        return None
    found = {name: each.curve for name, each in open_to.items() if each.curve is not None}
    if rule == "epoch":
        there = given(epoch, sorted({other for each in open_to.values() for other in each.available}))
        chosen = next(name for name in open_to if there in open_to[name].available)
    else:
        lowest = {name: select(found[name], total_epochs, available=each.available) for name, each in open_to.items()}
        chosen = min(open_to, key=lambda name: _loss_at(found[name], lowest[name].epoch))
    named = series["averaged"].curve is not None
    return select(found[chosen], total_epochs, rule, epoch, open_to[chosen].available, chosen, named)


def among_these(series: Mapping[str, Series], among: str) -> list[str]:
    """The names of the weights that have a checkpoint and that `among` permits.

    Raises:
        CheckpointError: the run has checkpoints, but none of the weights that `among` names.
    """
    if among not in CHOICES:
        raise ValueError(f"weights must be one of {CHOICES}, got {among!r}")
    there = [name for name in WEIGHTS if series[name].available]
    if there and among not in ("best", *there):
        raise CheckpointError(
            f"This run has no checkpoint of {among} weights. Choose {there[0]} or best"
            + ("; a run keeps averaged weights unless average_decay is 0." if among == "averaged" else ".")
        )
    return there if among == "best" else [name for name in there if name == among]


def select(
    found: Curve,
    total_epochs: int,
    rule: str = "lowest",
    epoch: int | None = None,
    available: Sequence[int] | None = None,
    weights: str = "raw",
    names_weights: bool = False,
) -> Selection:
    """Picks an epoch by one curve.

    Args:
        found: the smoothed validation curve.
        total_epochs: what the run set out for, for the words alone.
        rule: "lowest" smoothed loss in G; "earliest" within one standard error of it; or "epoch", a given one.
        epoch: for the rule "epoch".
        available: epochs that have a checkpoint; any by default.
        weights: whose curve it is.
        names_weights: whether the reason says so.

    Raises:
        CheckpointError: the given epoch has no checkpoint, or none is available at all.
    """
    if available is not None and not available:
        raise CheckpointError("This run has no checkpoint yet. Train at least one epoch.")
    region_o = overfitting(found)
    region_g = good(found, region_o)
    open_T = np.ones(len(found.epochs_T), bool) if available is None else np.isin(found.epochs_T, np.asarray(available))
    if rule == "epoch":
        picked = given(epoch, available)
    elif not open_T.any():  # checkpoints, but none at a validated epoch
        assert available is not None
        picked = min(available, key=lambda other: abs(other - found.epochs_T[found.lowest]))
    else:
        picked = int(found.epochs_T[_pick(found, rule, region_g, open_T)])
    near = _nearest(found, picked)
    pick = Pick(
        picked,
        weights,
        rule,
        region_g,
        region_o,
        local_minima(found, region_g),
        alike(found, near),
        *improvement(found, near),
    )
    why = reason(found, pick, total_epochs, names_weights)
    return Selection(**vars(pick), reason=why, warnings=warnings(found, total_epochs, region_o))


def given(epoch: int | None, available: Sequence[int] | None) -> int:
    """The epoch that a user chose.

    Raises:
        CheckpointError: there is none, or it has no checkpoint.
    """
    if epoch is None:
        raise CheckpointError("The rule 'chosen epoch' needs an epoch: click on the curve or type it in.")
    if available is not None and epoch not in available:
        kept = ", ".join(map(str, sorted(available, key=lambda other: abs(other - epoch))[:5]))
        raise CheckpointError(
            f"Epoch {epoch} has no checkpoint: it was not reached, or let go to save disk. The nearest that are "
            f"kept: {kept}."
        )
    return epoch


def should_stop(epochs: Sequence[int], losses: Sequence[float], patience: int) -> bool:
    """Whether the lowest smoothed validation loss lies `patience` epochs or more behind the last one."""
    found = curve(epochs, [[loss] for loss in losses])
    return found is not None and bool(found.epochs_T[-1] - found.epochs_T[found.lowest] >= patience)


def _pick(found: Curve, rule: str, region_g: Region, open_T: Any) -> int:
    """Index of the epoch that the rule picks among those that are open to it."""
    inside_T = open_T & found.inside(region_g)
    pool_T = inside_T if inside_T.any() else open_T
    lowest = int(np.where(pool_T, found.smooth_T, np.inf).argmin())
    if rule == "lowest":
        return lowest
    if rule != "earliest":
        raise ValueError(f"rule must be one of {RULES}, got {rule!r}")
    near_T = found.smooth_T - found.smooth_T[lowest] <= difference_error(found, lowest)
    return int(np.flatnonzero(open_T & near_T)[0])


def _nearest(found: Curve, epoch: int) -> int:
    """Index of the validated epoch that lies nearest."""
    return int(np.abs(found.epochs_T - epoch).argmin())


def _loss_at(found: Curve, epoch: int) -> float:
    return float(found.smooth_T[_nearest(found, epoch)])
