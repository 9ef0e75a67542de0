"""A pick in words: the sentence that says why, and what a careful person would add."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .regions import Curve, Region, improvement

SURE = 3.0
"""Training helped if the improvement is so many standard errors: the lowest of many epochs looks better than it is."""


@dataclass(frozen=True)
class Pick:
    """The picked epoch p in numbers. Epochs count from 1; 0 is the base model."""

    epoch: int
    weights: str
    """Which weights of that epoch, and so whose curve the other numbers are of: averaged or raw."""
    rule: str
    region_g: Region | None
    """First and last epoch of the stretch to look in."""
    region_o: Region | None
    """First and last epoch of overfitting; None if there is none so far."""
    candidates: list[int]
    """The local minima of the smoothed curve in region G."""
    indistinguishable: list[int]
    """The validated epochs around p that can't be told apart from it."""
    improvement: float | None
    """Share by which the smoothed validation loss at p lies below that of the base model."""
    standard_error: float | None
    """Of `improvement`, over the validation pictures, paired with the base model."""


def reason(found: Curve, pick: Pick, total_epochs: int, names_weights: bool) -> str:
    """Which epoch, how good, how sure, and when overfitting sets in; `names_weights` where there was a choice."""
    lowest = int(found.epochs_T[found.lowest])
    rules = {
        "lowest": "",
        "earliest": f", the earliest within one standard error of the lowest ({lowest})",
        "epoch": f", chosen by hand (the lowest is {lowest})",
    }
    weights = f", {pick.weights} weights" if names_weights else ""
    parts = [f"Epoch {pick.epoch} of {total_epochs}{weights}{rules[pick.rule]}"]
    if pick.improvement is not None:
        digits = 1 if abs(pick.improvement) >= 0.01 else 2
        spread = "" if pick.standard_error is None else f" ± {pick.standard_error * 100:.{digits}f} %"
        side = "better" if pick.improvement >= 0 else "worse"
        parts[0] += f": validation {abs(pick.improvement) * 100:.{digits}f} %{spread} {side} than no LoRA"
    alike = pick.indistinguishable
    if len(alike) > 1:
        parts.append(f"epochs {alike[0]} to {alike[-1]} can't be told apart")
    parts.append(f"overfitting from epoch {pick.region_o[0]}" if pick.region_o else "no overfitting so far")
    return "; ".join(parts) + "."


def warnings(found: Curve, total_epochs: int, region_o: Region | None) -> list[str]:
    """What a careful person would add, each a sentence."""
    added = []
    count, last, best = len(found.epochs_T), int(found.epochs_T[-1]), found.lowest
    gain, error = improvement(found, best)
    if gain is not None and gain <= 1e-9:
        added.append(
            "No epoch is better than no LoRA on the held-out pictures. Lower the learning rate, check the captions, or "
            "use more pictures."
        )
    elif gain is not None and error is not None and gain < SURE * error:
        added.append(
            "The improvement is within its own uncertainty: the held-out pictures do not show that training helped."
        )
    elif best >= count - max(1, round(0.05 * count)) and region_o is None:
        ahead = "more epochs" if last >= total_epochs else "the epochs still to come"
        added.append(f"The loss was still falling at epoch {last}: {ahead} may be better.")
    if count < 10:
        added.append(f"Only {count} validations: the picked epoch is a rough one.")
    if found.smoother.spikes_T.any():
        added.append(f"Spikes were given no weight: {_listed(found.epochs_T[found.smoother.spikes_T])}.")
    if found.left_out:
        added.append(f"The loss is not a finite number, and was left out, at {_listed(found.left_out)}.")
    return added


def _listed(epochs: Any) -> str:
    shown = [str(int(epoch)) for epoch in epochs]
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
    return f"epoch{'s' if len(shown) > 1 else ''} {', '.join(shown[:5])}{more}"
