"""Constants of somebody who knows that a higher learning rate needs fewer epochs: epochs times a power of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from . import again, plan
from .analysis import regret
from .measured import Outcome
from .plan import Condition

Pace = Callable[[Condition], float]
"""How fast a recipe trains: epochs times this is what is the same in all runs."""
PACES: dict[str, Pace] = {
    "learning rate": lambda condition: condition.learning_rate,
    "root of the learning rate": lambda condition: condition.learning_rate**0.5,
    "learning rate and the root of alpha / rank": lambda condition: (
        condition.learning_rate * (condition.alpha / condition.rank) ** 0.5
    ),
}
TRIED = 400
"""Products, evenly spaced in their logarithm."""
_CONDITIONS = {condition.name: condition for condition in (*plan.CONDITIONS, *again.CONDITIONS)}


def scaled_constant(outcomes: Sequence[Outcome], pace: Pace) -> list[float]:
    """Run by run the regret of the product of epochs and pace that is best on average in all other conditions."""
    pace_R = np.array([pace(_CONDITIONS[one.condition]) for one in outcomes])
    longest_R = np.array([one.epochs for one in outcomes])
    tried_T = np.geomspace(pace_R.min(), (pace_R * longest_R).max(), TRIED)
    epochs_RT = np.clip(tried_T / pace_R[:, None], 1, longest_R[:, None])
    table_RT = np.array(
        [[regret(one, "averaged", epoch) for epoch in row] for one, row in zip(outcomes, epochs_RT, strict=True)]
    )
    of_R = np.array([one.condition for one in outcomes])
    found_R = np.empty(len(outcomes))
    for condition in dict.fromkeys(of_R.tolist()):
        others_R = of_R != condition
        kept_R = others_R if others_R.any() else ~others_R
        found_R[~others_R] = table_RT[~others_R, table_RT[kept_R].mean(axis=0).argmin()]
    return found_R.tolist()
