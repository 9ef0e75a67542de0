"""How long a run will take, guessed before its first step from what its first validation took."""

from __future__ import annotations

from ..config import RunConfig

POINTS_A_PICTURE = 3.0
"""Training on a picture takes about as long as measuring this many points of a grid: a backward pass is two forward
passes. The narrow and the whole UNet were found between 2.3 and 3.9 (docs/performance.md)."""


def expected_seconds(config: RunConfig, pictures: int, points: int, validation: float, checkpointing: bool) -> float:
    """Seconds for the steps and validations of a run, previews and files aside.

    Args:
        config: of the run.
        pictures: on which one epoch trains.
        points: of one validation.
        validation: seconds that one took.
        checkpointing: whether a step computes its activations twice.
    """
    recipe = config.validation
    every = (recipe.every_epochs, recipe.raw_every_epochs, recipe.probe_every_epochs)
    validations = sum(1 / each for each in every if each)
    trained = pictures * (POINTS_A_PICTURE + checkpointing) / points
    return config.training.epochs * (trained + validations) * validation
