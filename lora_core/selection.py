"""Reading the validation curve: where overfitting sets in, where to look, which epoch, why, and how sure that is.

Pure functions on the history of a run. The definitions are those of docs/validation.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .errors import CheckpointError
from .smoothing import Array, Smoother, fit

RULES = ("lowest", "earliest", "epoch")
LEAST_VALIDATIONS = 3
OVERFITTED = 0.1
"""Region O begins where so much of the best improvement has been lost again for good."""
IMPROVED = 0.8
"""Region G begins where so much of the best improvement has been reached."""
ALIKE = 2.0
"""Epochs whose difference is below so many standard errors can't be told apart."""
SURE = 3.0
"""Training helped if the improvement is so many standard errors: the lowest of many epochs looks better than it is."""


@dataclass(frozen=True)
class Selection:
    """The picked epoch p with everything that speaks for it. Epochs count from 1; 0 is the base model."""

    epoch: int
    rule: str
    region_g: tuple[int, int] | None
    """First and last epoch of the stretch to look in."""
    region_o: tuple[int, int] | None
    """First and last epoch of overfitting; None if there is none so far."""
    candidates: list[int]
    """The local minima of the smoothed curve in region G."""
    indistinguishable: list[int]
    """The validated epochs around p that can't be told apart from it."""
    improvement: float | None
    """Share by which the smoothed validation loss at p lies below that of the base model."""
    standard_error: float | None
    """Of `improvement`, over the validation pictures, paired with the base model."""
    reason: str
    warnings: list[str]

    def to_json(self) -> dict[str, Any]:
        """Plain types, ready for json.dumps."""
        return asdict(self)


@dataclass(frozen=True)
class Curve:
    """A validation curve, smoothed. T trained epochs, N pictures."""

    epochs_T: Array
    smooth_TN: Array
    smoother: Smoother
    base_N: Array | None
    """Losses of the base model, epoch 0; None if they were not measured."""
    left_out: list[int]
    """Epochs whose loss is not a finite number."""

    @property
    def smooth_T(self) -> Array:
        """The smoothed mean over the pictures."""
        mean: Array = self.smooth_TN.mean(axis=1)
        return mean

    @property
    def lowest(self) -> int:
        """Index of the lowest smoothed loss."""
        return int(np.argmin(self.smooth_T))

    @property
    def standard_error_T(self) -> Array:
        """Standard error of the difference to the base model, or to the lowest epoch; NaN for a single picture."""
        reference_N = self.smooth_TN[self.lowest] if self.base_N is None else self.base_N
        error: Array = np.hypot(_standard_error(self.smooth_TN - reference_N), self.smoother.error_T)
        return error


def curve(epochs: Sequence[int], losses: Sequence[Sequence[float]]) -> Curve | None:
    """Smooths the validations of a run.

    Args:
        epochs: increasing epochs; 0 is the base model.
        losses: for each epoch the N pictures' losses, each the mean over the grid's timesteps.

    Returns:
        None for fewer than LEAST_VALIDATIONS trained epochs with finite losses.
    """
    if len(epochs) < LEAST_VALIDATIONS:
        return None
    all_epochs, all_losses = np.asarray(epochs, float), np.asarray(losses, float)
    finite = np.isfinite(all_losses).all(axis=1)
    trained = finite & (all_epochs > 0)
    if trained.sum() < LEAST_VALIDATIONS:
        return None
    smoother = fit(all_epochs[trained], all_losses[trained].mean(axis=1))
    base = all_losses[finite & (all_epochs == 0)]
    return Curve(
        all_epochs[trained],
        smoother(all_losses[trained]),
        smoother,
        base[0] if len(base) else None,
        [int(epoch) for epoch in all_epochs[~finite]],
    )


def select(
    found: Curve,
    total_epochs: int,
    rule: str = "lowest",
    epoch: int | None = None,
    available: Sequence[int] | None = None,
) -> Selection:
    """Picks an epoch.

    Args:
        found: the smoothed validation curve.
        total_epochs: what the run set out for, for the words alone.
        rule: "lowest" smoothed loss in G; "earliest" within one standard error of it; or "epoch", a given one.
        epoch: for the rule "epoch".
        available: epochs that have a checkpoint; any by default.

    Raises:
        CheckpointError: the given epoch has no checkpoint, or none is available at all.
    """
    if available is not None and not available:
        raise CheckpointError("This run has no checkpoint yet. Train at least one epoch.")
    epochs_T = found.epochs_T
    best = found.lowest
    region_o = _region_o(found)
    region_g = _region_g(found, region_o)
    open_T = np.ones(len(epochs_T), bool) if available is None else np.isin(epochs_T, np.asarray(available))
    if rule == "epoch":
        picked_epoch = _given(epoch, available)
    elif not open_T.any():  # checkpoints, but none at a validated epoch
        assert available is not None
        picked_epoch = min(available, key=lambda other: abs(other - epochs_T[best]))
    else:
        picked_epoch = int(epochs_T[_pick(found, rule, region_g, open_T)])
    near = int(np.abs(epochs_T - picked_epoch).argmin())
    improvement, error = _improvement(found, near)
    alike = _alike(found, near)
    return Selection(
        picked_epoch,
        rule,
        region_g,
        region_o,
        _candidates(found, region_g),
        alike,
        improvement,
        error,
        _reason(found, picked_epoch, rule, total_epochs, improvement, error, alike, region_o),
        _warnings(found, best, total_epochs, region_o),
    )


def should_stop(epochs: Sequence[int], losses: Sequence[float], patience: int) -> bool:
    """Whether the lowest smoothed validation loss lies `patience` epochs or more behind the last one."""
    found = curve(epochs, [[loss] for loss in losses])
    return found is not None and bool(found.epochs_T[-1] - found.epochs_T[found.lowest] >= patience)


def _standard_error(differences: Array) -> Array:
    """Standard error of the mean along the last axis, over N pictures."""
    count = differences.shape[-1]
    if count < 2:
        return np.full(differences.shape[:-1], np.nan)
    error: Array = differences.std(axis=-1, ddof=1) / np.sqrt(count)
    return error


def _depth(found: Curve) -> float:
    """How far the curve falls to its lowest point: from the base model, or from the first epoch without one."""
    start = found.smooth_T[0] if found.base_N is None else found.base_N.mean()
    return max(0.0, float(start - found.smooth_T.min()))


def _region_o(found: Curve) -> tuple[int, int] | None:
    """From the first epoch after the minimum from which on the curve stays clearly above it."""
    smooth_T, best = found.smooth_T, found.lowest
    wobble_T = ALIKE * np.hypot(found.smoother.error_T, found.smoother.error_T[best])
    margin_T = np.maximum(wobble_T, OVERFITTED * _depth(found)) + 1e-9 * abs(smooth_T[best])
    below = np.flatnonzero(smooth_T <= smooth_T[best] + margin_T)
    first = int(below[-1]) + 1
    return None if first >= len(smooth_T) else (int(found.epochs_T[first]), int(found.epochs_T[-1]))


def _region_g(found: Curve, region_o: tuple[int, int] | None) -> tuple[int, int]:
    """From where most of the improvement is reached to the last epoch before O."""
    smooth_T, epochs_T = found.smooth_T, found.epochs_T
    before_T = np.ones(len(epochs_T), bool) if region_o is None else epochs_T < region_o[0]
    reached_T = smooth_T <= smooth_T[found.lowest] + (1 - IMPROVED) * _depth(found)
    inside = epochs_T[before_T & reached_T]
    return int(inside[0]), int(epochs_T[before_T][-1])


def _candidates(found: Curve, region_g: tuple[int, int]) -> list[int]:
    """Epochs of the local minima of the smoothed curve in G; an end of the curve counts if it is the lower one."""
    padded = np.concatenate([[np.inf], found.smooth_T, [np.inf]])
    minima_T = (padded[1:-1] < padded[:-2]) & (padded[1:-1] <= padded[2:])
    inside_T = (found.epochs_T >= region_g[0]) & (found.epochs_T <= region_g[1])
    return [int(epoch) for epoch in found.epochs_T[minima_T & inside_T]]


def _pick(found: Curve, rule: str, region_g: tuple[int, int], open_T: Any) -> int:
    """Index of the epoch that the rule picks among those that are open to it."""
    inside_T = open_T & (found.epochs_T >= region_g[0]) & (found.epochs_T <= region_g[1])
    pool_T = inside_T if inside_T.any() else open_T
    lowest = int(np.where(pool_T, found.smooth_T, np.inf).argmin())
    if rule == "lowest":
        return lowest
    if rule != "earliest":
        raise ValueError(f"rule must be one of {RULES}, got {rule!r}")
    near_T = found.smooth_T - found.smooth_T[lowest] <= _difference_error(found, lowest)
    return int(np.flatnonzero(open_T & near_T)[0])


def _difference_error(found: Curve, index: int) -> Array:
    """Standard error of each epoch's difference to the one at `index`.

    Two parts: which pictures were held out (paired over them; not known for a single one), and the wobble of the
    weights from epoch to epoch.
    """
    pictures_T = np.nan_to_num(_standard_error(found.smooth_TN - found.smooth_TN[index]))
    wobble_T = np.hypot(found.smoother.error_T, found.smoother.error_T[index])
    error: Array = np.hypot(pictures_T, wobble_T)
    return error


def _alike(found: Curve, index: int) -> list[int]:
    """The stretch of epochs around `index` that can't be told apart from it."""
    close_T = np.abs(found.smooth_T - found.smooth_T[index]) <= ALIKE * _difference_error(found, index)
    first = last = index
    while first > 0 and close_T[first - 1]:
        first -= 1
    while last < len(close_T) - 1 and close_T[last + 1]:
        last += 1
    return [int(epoch) for epoch in found.epochs_T[first : last + 1]]


def _given(epoch: int | None, available: Sequence[int] | None) -> int:
    if epoch is None:
        raise CheckpointError("The rule 'chosen epoch' needs an epoch: click on the curve or type it in.")
    if available is not None and epoch not in available:
        kept = ", ".join(map(str, sorted(available, key=lambda other: abs(other - epoch))[:5]))
        raise CheckpointError(
            f"Epoch {epoch} has no checkpoint: it was not reached, or let go to save disk. The nearest that are "
            f"kept: {kept}."
        )
    return epoch


def _improvement(found: Curve, index: int) -> tuple[float | None, float | None]:
    """Share of the base model's loss that the epoch at `index` saves, and its standard error."""
    if found.base_N is None:
        return None, None
    base = float(found.base_N.mean())
    error = float(found.standard_error_T[index])
    return (base - float(found.smooth_T[index])) / base, None if np.isnan(error) else error / base


def _reason(
    found: Curve,
    epoch: int,
    rule: str,
    total: int,
    improvement: float | None,
    error: float | None,
    alike: list[int],
    region_o: tuple[int, int] | None,
) -> str:
    lowest = int(found.epochs_T[found.lowest])
    rules = {
        "lowest": "",
        "earliest": f", the earliest within one standard error of the lowest ({lowest})",
        "epoch": f", chosen by hand (the lowest is {lowest})",
    }
    parts = [f"Epoch {epoch} of {total}{rules[rule]}"]
    if improvement is not None:
        digits = 1 if abs(improvement) >= 0.01 else 2
        spread = "" if error is None else f" ± {error * 100:.{digits}f} %"
        side = "better" if improvement >= 0 else "worse"
        parts[0] += f": validation {abs(improvement) * 100:.{digits}f} %{spread} {side} than no LoRA"
    if len(alike) > 1:
        parts.append(f"epochs {alike[0]} to {alike[-1]} can't be told apart")
    parts.append(f"overfitting from epoch {region_o[0]}" if region_o else "no overfitting so far")
    return "; ".join(parts) + "."


def _warnings(found: Curve, best: int, total: int, region_o: tuple[int, int] | None) -> list[str]:
    """What a careful person would add, each a sentence."""
    warnings = []
    count, last = len(found.epochs_T), int(found.epochs_T[-1])
    gain, error = _improvement(found, best)
    if gain is not None and gain <= 1e-9:
        warnings.append(
            "No epoch is better than no LoRA on the held-out pictures. Lower the learning rate, check the captions, or "
            "use more pictures."
        )
    elif gain is not None and error is not None and gain < SURE * error:
        warnings.append(
            "The improvement is within its own uncertainty: the held-out pictures do not show that training helped."
        )
    elif best >= count - max(1, round(0.05 * count)) and region_o is None:
        ahead = "more epochs" if last >= total else "the epochs still to come"
        warnings.append(f"The loss was still falling at epoch {last}: {ahead} may be better.")
    if count < 10:
        warnings.append(f"Only {count} validations: the picked epoch is a rough one.")
    if found.smoother.spikes_T.any():
        warnings.append(f"Spikes were given no weight: {_listed(found.epochs_T[found.smoother.spikes_T])}.")
    if found.left_out:
        warnings.append(f"The loss is not a finite number, and was left out, at {_listed(found.left_out)}.")
    return warnings


def _listed(epochs: Any) -> str:
    shown = [str(int(epoch)) for epoch in epochs]
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
    return f"epoch{'s' if len(shown) > 1 else ''} {', '.join(shown[:5])}{more}"
