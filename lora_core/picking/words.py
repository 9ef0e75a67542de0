"""A pick in words: the sentence that says why, and caveats."""

from __future__ import annotations

from typing import Any

from .curve import Curve, Region, improvement
from .pick import Findings

SURE = 3.0
"""Training has helped if the improvement is at least this many standard errors, since the lowest of many epochs looks
better than it is."""


def reason(curve: Curve, findings: Findings, total_epochs: int, names_weights: bool) -> str:
    """Which epoch, how good, how certain, and when overfitting begins; `names_weights` if there was a choice."""
    lowest = int(curve.epochs_E[curve.lowest])
    rules = {
        "lowest": "",
        "earliest": f", the earliest within one standard error of the lowest ({lowest})",
        "epoch": f", chosen by hand (the lowest is {lowest})",
        "steady": "",
    }
    weights = f", {findings.weights} weights" if names_weights else ""
    parts = [f"Epoch {findings.epoch} of {total_epochs}{weights}{rules[findings.rule]}"]
    if findings.improvement is not None:
        digits = 1 if abs(findings.improvement) >= 0.01 else 2
        spread = "" if findings.standard_error is None else f" ± {findings.standard_error * 100:.{digits}f} %"
        side = "better" if findings.improvement >= 0 else "worse"
        parts[0] += f": validation {abs(findings.improvement) * 100:.{digits}f} %{spread} {side} than no LoRA"
    same = findings.indistinguishable
    if len(same) > 1:
        parts.append(f"epochs {same[0]} to {same[-1]} can't be told apart")
    parts.append(f"overfitting from epoch {findings.region_o[0]}" if findings.region_o else "no overfitting so far")
    return "; ".join(parts) + "."


def warnings(curve: Curve, total_epochs: int, region_o: Region | None) -> list[str]:
    """Caveats, each a sentence."""
    added = []
    count, last, best = len(curve.epochs_E), int(curve.epochs_E[-1]), curve.lowest
    gain, error = improvement(curve, best)
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
    if curve.smoother.spikes_E.any():
        added.append(f"Spikes were ignored: {_listed(curve.epochs_E[curve.smoother.spikes_E])}.")
    if curve.left_out:
        added.append(f"The loss is not a finite number, and was left out, at {_listed(curve.left_out)}.")
    return added


def _listed(epochs: Any) -> str:
    shown = [str(int(epoch)) for epoch in epochs]
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
    return f"epoch{'s' if len(shown) > 1 else ''} {', '.join(shown[:5])}{more}"
