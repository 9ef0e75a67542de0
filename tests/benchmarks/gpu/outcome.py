"""What a part of `dev.py gpu` found, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fact:
    """Something that must hold, and what was measured of it."""

    what: str
    holds: bool


@dataclass(frozen=True)
class Timing:
    """What a way to train costs."""

    name: str
    milliseconds: float
    """A step, median of the turns."""
    fastest: float
    images: float
    """A second."""
    bound: float | None
    """The least that this card needs by the counts, in milliseconds; None for ways or cards that are not counted."""
    peak: float | None
    """GiB of the device's memory while it trains; None on a CPU."""
    counted: float | None
    """GiB by the counts: weights, what the backward pass keeps, masters, working copy, gradients and moments."""


@dataclass(frozen=True)
class Length:
    """What a run of the paper's length is made of: 200 epochs of 14 steps of 4 pictures, validated by the defaults."""

    step: float
    """Milliseconds of a step of the paper's recipe, which trains the text encoder too."""
    closing: float
    """Milliseconds of the training thread that the end of an epoch takes beside validation and preview."""
    validation: float
    """Seconds of one on 8 pictures."""
    preview: float
    """Seconds of one."""
    start: float
    """Seconds until the first step: pictures through the autoencoder, the LoRA made, memory counted."""
    run: float
    """Seconds of the whole."""


@dataclass(frozen=True)
class Outcome:
    """Of one part."""

    facts: list[Fact] = field(default_factory=list)
    timings: list[Timing] = field(default_factory=list)
    length: Length | None = None
    left_out: list[str] = field(default_factory=list)
    """What could not be tried here, and why."""
    kernels: Mapping[str, float] = field(default_factory=dict)
    """Milliseconds of a step that kernels of a kind take."""
    error: str = ""
    """Why it ended early."""
    seconds: float = 0.0

    @property
    def fine(self) -> bool:
        """Whether it came to its end and everything holds."""
        return not self.error and all(fact.holds for fact in self.facts)
