"""The fourth experiment: a steadier pick, on the third one's recipes, other styles and new seeds.

docs/data/choosing_steadier/plan.md says why and declares it. Nothing here changes once the first run has ended.
"""

from __future__ import annotations

from dataclasses import replace

from . import again
from .plan import Job, Measures, in_turns

FIRST_SEED = 800
"""Far from the seeds of the other experiments; styles go on taking turns where the third has stopped."""
TIMESTEPS, EVERY = 4, 2
"""As many passes as the third experiment's two timesteps at every epoch."""
CONDITIONS = tuple(replace(each, timesteps=TIMESTEPS, validated_every=EVERY) for each in again.CONDITIONS)
MEASURES = Measures(
    own=f"placed {TIMESTEPS}",
    placed={2: 1, 8: 4},
    rivals=(),
    raw_rivals=(),
    rules=("steady", "lowest", "earliest"),
    pictures=False,
)


def jobs() -> list[Job]:
    """All runs."""
    turns = again.REPETITIONS
    return in_turns(CONDITIONS, 2 * turns, FIRST_SEED)[turns * len(CONDITIONS) :]
