"""What the experiment does, declared before it is done: conditions, runs, what is measured, and with what.

docs/data/choosing/plan.md says it in words. Nothing here changes once the first run has ended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from lora_core.config import (
    LoraConfig,
    OptimizerConfig,
    PreviewConfig,
    RunConfig,
    StorageConfig,
    TrainingConfig,
    ValidationConfig,
)
from lora_core.picking.weights import Weights
from pocket.drawing import STYLES

SIDE = 128
"""Pixels of a picture's sides."""
UNSEEN = 64
"""Pictures that select the best checkpoint, and as many others that score it."""
UNSEEN_TIMESTEPS = 2
"""Uniform ones for each unseen picture."""
LOOKS = {Weights.AVERAGED: 16, Weights.RAW: 8}
"""Epochs of a run at which weights are scored on unseen pictures; closer together at first."""
OTHERS_EVERY = 2
"""Epochs from one measurement on the grids that the trainer itself has not to the next."""
PICTURE_LOOKS = 4
"""Epochs at which pictures are generated."""
GENERATED = 32
SAMPLING_STEPS = 12
GUIDANCE = 3.5
REPETITIONS = 3
"""Runs of a condition, each of another style."""
FIRST_SEED = 100
"""Far from the seeds of the first experiment, so that no picture and no noise is shared with it."""


@dataclass(frozen=True)
class Condition:
    """How a run is made. The defaults are those of the first experiment, except for its 200 epochs."""

    name: str
    epochs: int = 100
    training: int = 56
    """Pictures to train on."""
    validation: int = 8
    """Pictures held out."""
    learning_rate: float = 3e-4
    rank: int = 16
    alpha: float = 16.0
    layers: str = "all"
    foreign: int = 0
    """How many of all these pictures are of another style."""
    timesteps: int = 2
    """Of the trainer's grid, for each picture held out."""
    validated_every: int = 1
    """Epochs."""

    @property
    def recipe(self) -> RunConfig:
        """The paper's in everything else; every checkpoint is kept for the oracle."""
        return RunConfig(
            lora=LoraConfig(rank=self.rank, alpha=self.alpha, layers=self.layers),
            optimizer=OptimizerConfig(learning_rate=self.learning_rate),
            training=TrainingConfig(epochs=self.epochs),
            validation=ValidationConfig(every_epochs=self.validated_every, timesteps_per_picture=self.timesteps),
            preview=PreviewConfig(every_epochs=0),
            storage=StorageConfig(checkpoint_budget=4 * self.epochs),
        )


@dataclass(frozen=True)
class Measures:
    """What is measured of the checkpoints after training, besides what the trainer has measured on its own grid."""

    own: str = "placed 2"
    """The name of the trainer's grid."""
    placed: Mapping[int, int] = field(default_factory=lambda: {1: OTHERS_EVERY})
    """By timesteps a picture, other grids of our kind; epochs from one measurement of averaged weights to the next."""
    rivals: Sequence[str] = ("kohya", "OneTrainer", "ai-toolkit")
    """Grids of other trainers, for averaged weights."""
    raw_rivals: Sequence[str] = ("kohya", "OneTrainer")
    """The same for raw ones."""
    rules: Sequence[str] = ("lowest", "earliest")
    """Of the picker; what it states is taken from the first."""
    pictures: bool = True
    """Whether some are generated."""


CONDITIONS = (
    Condition("reference"),
    Condition("alpha 1", epochs=120, alpha=1.0),
    Condition("16 pictures", epochs=160, training=16),
    Condition("200 pictures", epochs=30, training=200),
    Condition("learning rate 1e-4", epochs=120, learning_rate=1e-4),
    Condition("learning rate 1e-3", epochs=50, learning_rate=1e-3),
    Condition("rank 4", rank=4),
    Condition("attention only", layers="attention"),
    Condition("8 of another style", foreign=8),
    Condition("4 held out", training=60, validation=4),
    Condition("16 held out", epochs=110, training=48, validation=16),
)
"""What moves the best epoch. "alpha 1" is what the nodes do by default."""


@dataclass(frozen=True)
class Job:
    """One run: a condition, a style and a seed."""

    condition: Condition
    style: str
    seed: int

    @property
    def name(self) -> str:
        """Of its result."""
        return f"{self.seed}-{self.condition.name.replace(' ', '_')}-{self.style}"

    @property
    def foreign_style(self) -> str:
        """Where the pictures of another style come from."""
        return STYLES[(STYLES.index(self.style) + 2) % len(STYLES)]

    def to_json(self) -> dict[str, Any]:
        """For the result's file."""
        return {"condition": asdict(self.condition), "style": self.style, "seed": self.seed}


def jobs() -> list[Job]:
    """All runs of the second experiment."""
    return in_turns(CONDITIONS, REPETITIONS, FIRST_SEED)


def in_turns(conditions: Sequence[Condition], repetitions: int, first_seed: int) -> list[Job]:
    """First one run of every condition, then the second of each, and so on. Styles take turns."""
    return [
        Job(condition, STYLES[(place + 2 * turn) % len(STYLES)], first_seed + turn * len(conditions) + place)
        for turn in range(repetitions)
        for place, condition in enumerate(conditions)
    ]


def others_measured(epochs: int, every: int = OTHERS_EVERY) -> list[int]:
    """The epochs at which a grid is measured after training: 0, every second (or as often as that) and the last."""
    return sorted({*range(0, epochs + 1, every), epochs})


def looks(epochs: int, count: int) -> list[int]:
    """`count` epochs (fewer if there are not so many) from 1 to the last, closer together at first."""
    return sorted({round(1 + (epochs - 1) * (place / (count - 1)) ** 1.5) for place in range(count)})
