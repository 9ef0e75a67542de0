"""What a pick is, as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .curve import Curve, Region
from .weights import Weights


@dataclass(frozen=True)
class Series:
    """The checkpoints of some weights, and the curve that they are picked by."""

    curve: Curve | None
    """None for too few validations."""
    available: Sequence[int]
    """Epochs that have a checkpoint."""


@dataclass(frozen=True)
class Findings:
    """The picked epoch p in numbers. Epochs count from 1; 0 is the base model."""

    epoch: int
    weights: Weights
    """Which weights of that epoch; the other numbers are from their curve."""
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
    """How far the smoothed validation loss at p is below that of the base model, as a share of the latter."""
    standard_error: float | None
    """Of `improvement`, over the validation pictures, paired with the base model."""


@dataclass(frozen=True)
class Selection(Findings):
    """The picked epoch p with the reasons for it."""

    reason: str
    """One sentence: which epoch, how good, how certain, and when overfitting begins."""
    warnings: list[str]
    """Caveats, each a sentence."""
