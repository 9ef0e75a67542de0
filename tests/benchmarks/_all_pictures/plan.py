"""What the experiment does, declared before it is done; docs/data/all_pictures/plan.md says it in words.

Nothing here changes once the first run has ended.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from lora_core.config import RunConfig
from pocket.drawing import STYLES

from .._choosing.plan import Condition, Job

REPETITIONS = 4
"""Runs of each style."""
FIRST_SEED = 600
"""Far from the seeds of the other experiments, so that no picture and no noise is shared with them."""
FIRST_UNSEEN = 2000
"""The number of the first unseen picture of a run, above those of all training pictures."""
UNSEEN = 64
"""Pictures that score."""
UNSEEN_TIMESTEPS = 4
"""Uniform ones for each unseen picture."""
PICK = "pick"
"""What the ways are compared with: the picked checkpoint of the run on 56 pictures."""
SHIPPED = "epochs"
"""The way that is used unless somebody asks for another."""
WAYS = (SHIPPED, "steps", "continue")
"""As in lora_core.training.all_pictures."""
GOAL = 15
"""Of 20 runs in which the shipped way is better."""


@dataclass(frozen=True)
class QuickCondition(Condition):
    """A recipe whose best epoch comes soon."""

    warmup_steps: int = 20

    @property
    def recipe(self) -> RunConfig:
        """With a warm-up as short as the rest."""
        recipe = super().recipe
        return replace(recipe, optimizer=replace(recipe.optimizer, warmup_steps=self.warmup_steps))


CONDITION = QuickCondition("given back", epochs=30, learning_rate=3e-3, rank=4)


def jobs() -> list[Job]:
    """All runs: one of every style, then the next of each."""
    return [
        Job(CONDITION, style, FIRST_SEED + turn * len(STYLES) + place)
        for turn in range(REPETITIONS)
        for place, style in enumerate(STYLES)
    ]
