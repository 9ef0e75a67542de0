"""The third experiment: the second one's question and analysis, on recipes whose best epochs lie far apart.

docs/data/choosing_again/plan.md says why and declares it. Nothing here changes once the first run has ended.
"""

from __future__ import annotations

from .plan import Condition, Job, in_turns

REPETITIONS = 2
FIRST_SEED = 300
"""Far from the seeds of the other experiments."""
PICTURES = (16, 56, 120)
RECIPES = {
    "3e-4": (3e-4, 16.0, (160, 160, 100)),
    "1e-3": (1e-3, 16.0, (100, 100, 60)),
    "1e-4": (1e-4, 16.0, (300, 300, 120)),
    "1e-3 with alpha 1": (1e-3, 1.0, (200, 160, 80)),
}
"""Learning rate, alpha, and how many epochs to train on so many pictures: well beyond where the best is expected."""
CONDITIONS = tuple(
    Condition(f"{pictures} pictures at {recipe}", epochs, pictures, learning_rate=rate, alpha=alpha)
    for recipe, (rate, alpha, lengths) in RECIPES.items()
    for pictures, epochs in zip(PICTURES, lengths, strict=True)
)


def jobs() -> list[Job]:
    """All runs."""
    return in_turns(CONDITIONS, REPETITIONS, FIRST_SEED)
