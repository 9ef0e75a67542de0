"""How strongly to apply a LoRA, by the validation loss at several strengths. Pure functions of the measurement.

All strengths are measured on the same pictures, timesteps and noise, so that they are compared in pairs, picture by
picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import ConfigError
from .curve import DISTINCT

FULL = 1.0
"""The strength that a LoRA is trained at, with which the others are compared."""


@dataclass(frozen=True)
class StrengthCurve:
    """The validation loss of one LoRA over the strength it is applied with."""

    strengths: list[float]
    """In increasing order."""
    loss: list[float]
    """The mean over the pictures, at each strength."""
    difference: list[float]
    """To the loss at strength 1, as a share of it; negative where it is lower."""
    standard_error: list[float] | None
    """Of the differences, over the pictures; None for a single picture."""
    lowest: float
    """The strength with the lowest loss: of equals the nearest to 1."""
    reason: str
    """One sentence: which strength, how much lower than at 1, and how certain that is."""


def fit_strengths(strengths: Sequence[float], losses: Sequence[Sequence[float]]) -> StrengthCurve:
    """Finds the strength with the lowest loss.

    Args:
        strengths: 1 among them, each once. One whose losses are not finite is left out.
        losses: for each strength the pictures' losses, each the weighted mean over the grid's timesteps.

    Raises:
        ConfigError: strength 1 was not measured, or its losses are not finite.
    """
    finite = sorted(
        (strength, list(losses_N))
        for strength, losses_N in zip(strengths, losses, strict=True)
        if np.isfinite(losses_N).all()
    )
    values_S = np.asarray([strength for strength, _ in finite], float)
    if FULL not in values_S:
        raise ConfigError(
            "Strengths are compared with strength 1, whose loss was not measured or is no number. Measure it again."
        )
    losses_SN = np.asarray([losses_N for _, losses_N in finite], float)
    full_N = losses_SN[int(np.flatnonzero(values_S == FULL)[0])]
    mean_S, pairs_SN = losses_SN.mean(axis=1), (losses_SN - full_N) / full_N.mean()
    count = pairs_SN.shape[1]
    error_S = pairs_SN.std(axis=1, ddof=1) / np.sqrt(count) if count > 1 else None
    best = min(range(len(values_S)), key=lambda index: (mean_S[index], abs(values_S[index] - FULL)))
    difference_S = pairs_SN.mean(axis=1)
    return StrengthCurve(
        values_S.tolist(),
        mean_S.tolist(),
        difference_S.tolist(),
        None if error_S is None else error_S.tolist(),
        float(values_S[best]),
        _reason(values_S.tolist(), best, float(difference_S[best]), None if error_S is None else float(error_S[best])),
    )


def _reason(strengths: Sequence[float], best: int, difference: float, error: float | None) -> str:
    strength = strengths[best]
    said = f"Strength {strength:g} has the lowest validation loss"
    if strength == FULL:
        return f"{said}, of {len(strengths)} from {strengths[0]:g} to {strengths[-1]:g}."
    digits = 1 if abs(difference) >= 0.01 else 2
    spread = "" if error is None else f" ± {error * 100:.{digits}f} %"
    said += f": {abs(difference) * 100:.{digits}f} %{spread} lower than at strength 1"
    if error is not None and abs(difference) <= DISTINCT * error:
        said += ", from which it can't be told apart"
    if strength == 0:
        said += "; no strength is better than no LoRA"
    elif best == len(strengths) - 1:
        said += "; it still falls at the strongest"
    return f"{said}."
