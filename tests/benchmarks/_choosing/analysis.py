"""The analysis of the experiment, declared with its plan: pure functions of the outcomes.

The regret of a choice is the share, in %, of the best checkpoint's improvement over no LoRA that the choice loses. The
best checkpoint is the one with the lowest loss on the selecting pictures, raw or averaged; everything is scored on the
scoring ones, so that nobody profits from having been selected by the pictures that score.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lora_core.picking.curve import fit_curve
from lora_core.picking.selection import select

from .measured import ByEpoch, ByPicture, Outcome
from .plan import OTHERS_EVERY

Array = NDArray[np.float64]
Regret = Callable[[Outcome], float]
"""Of one run, by a way of choosing."""
DEFAULT, CONSTANT = "default", "best constant epoch"
PRIMARY = (DEFAULT, CONSTANT)
"""The one contrast that the experiment is about."""
DRAWS = 10_000
"""Of the bootstrap."""
STEPS = range(10, 3001, 10)
"""Constant numbers of steps that are tried."""


def loss_at(losses: ByEpoch, epoch: float) -> float:
    """At an epoch that was looked at, or on the line between its neighbours; the last one's after the last."""
    return float(np.interp(epoch, list(losses), list(losses.values())))


def best(outcome: Outcome) -> tuple[str, int]:
    """Weights and epoch of the lowest loss on the selecting pictures; epoch 0, no LoRA, is not among them."""
    looked = [
        (loss, weights, epoch) for weights, of in outcome.selecting.items() for epoch, loss in of.items() if epoch
    ]
    return min(looked)[1:]


def regret(outcome: Outcome, weights: str, epoch: float) -> float:
    """In %; 0 is the best checkpoint, 100 no LoRA."""
    of_best, at = best(outcome)
    reached = outcome.scoring[of_best][at]
    depth = outcome.scoring[weights][0] - reached
    return 100 * (loss_at(outcome.scoring[weights], epoch) - reached) / depth


def excess(outcome: Outcome, weights: str, epoch: float) -> float:
    """The same in % of the loss without a LoRA, which no small improvement can inflate."""
    of_best, at = best(outcome)
    return 100 * (loss_at(outcome.scoring[weights], epoch) / outcome.scoring[of_best][at] - 1)


def picture_distance(outcome: Outcome, epoch: float) -> float:
    """Of the pictures generated with averaged weights, as a share of that without a LoRA, in %."""
    return 100 * loss_at(outcome.pictures, epoch) / outcome.pictures[0]


# Ways of choosing ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Way:
    """A way of choosing."""

    name: str
    passes: float
    """Forward passes an epoch for each held-out picture."""
    choose: Callable[[Outcome], list[tuple[str, float]]]
    """Weights and epochs, all equally likely."""

    def regret(self, outcome: Outcome) -> float:
        """Its mean over what may be chosen."""
        return float(np.mean([regret(outcome, weights, epoch) for weights, epoch in self.choose(outcome)]))


def smoothed(losses: ByPicture, epochs: int, rule: str = "lowest") -> int:
    """The epoch that our smoothing and our rule make of a grid's losses."""
    curve = fit_curve(list(losses), list(losses.values()))
    return max(losses) if curve is None else select(curve, epochs, rule).epoch


def lowest(losses: ByPicture) -> int:
    """The epoch with the lowest single value."""
    return min((epoch for epoch in losses if epoch), key=lambda epoch: float(np.mean(losses[epoch])))


def ways(outcomes: Sequence[Outcome]) -> list[Way]:
    """All that are compared. The constants are chosen anew for each condition, from the runs of all others."""
    by_epoch, by_step = constants(outcomes, False), constants(outcomes, True)
    return [
        Way(DEFAULT, 2.4, lambda one: [one.default]),
        *(_steadier() if "steady" in outcomes[0].picked else _as_first_declared()),
        Way(CONSTANT, 0, lambda one: [("averaged", min(by_epoch[one.condition], one.epochs))]),
        Way("best constant step", 0, lambda one: [("averaged", _epoch_of(by_step[one.condition], one))]),
        Way("random in G", 2.4, lambda one: [("averaged", epoch) for epoch in _within_g(one)]),
        Way("last epoch, averaged", 0, lambda one: [("averaged", one.epochs)]),
        Way("last epoch, raw", 0, lambda one: [("raw", one.epochs)]),
    ]


def _as_first_declared() -> list[Way]:
    """What the second and the third experiment compare besides the default and the constants."""
    return [
        Way("rule earliest", 2.4, lambda one: [one.picked["earliest"]]),
        Way("placed 2, every epoch, averaged, smoothed", 2, lambda one: [_smoothed_placed(one, 1)]),
        Way("placed 2, averaged, smoothed", 1, lambda one: [_smoothed_placed(one, OTHERS_EVERY)]),
        _by_grid("placed 1", 1, "averaged, smoothed"),
        _by_grid("kohya", 4, "averaged, smoothed"),
        _by_grid("kohya", 4, "averaged, lowest value"),
        _by_grid("kohya", 4, "raw, lowest value"),
        _by_grid("OneTrainer", 1, "averaged, smoothed"),
        _by_grid("OneTrainer", 1, "averaged, lowest value"),
        _by_grid("OneTrainer", 1, "raw, lowest value"),
        _by_grid("ai-toolkit", 4, "averaged, smoothed"),
        _by_grid("ai-toolkit", 4, "averaged, lowest value"),
    ]


def _steadier() -> list[Way]:
    """The same of the fourth."""
    return [
        Way("rule lowest", 2.4, lambda one: [one.picked["lowest"]]),
        Way("rule earliest", 2.4, lambda one: [one.picked["earliest"]]),
        _by_grid("placed 4", 4, "averaged, steady"),
        _by_grid("placed 4", 4, "averaged, smoothed"),
        _by_grid("placed 2", 2, "averaged, steady", 1),
        _by_grid("placed 2", 2, "averaged, smoothed", 1),
        _by_grid("placed 8", 8, "averaged, steady", 4),
        _by_grid("placed 8", 8, "averaged, smoothed", 4),
    ]


def _smoothed_placed(outcome: Outcome, every: int) -> tuple[str, float]:
    """What the averaged half of the default would choose if it were measured less often."""
    losses = {
        epoch: each
        for epoch, each in outcome.losses["placed 2"].items()
        if epoch % every == 0 or epoch == outcome.epochs
    }
    return "averaged", smoothed(losses, outcome.epochs)


def _by_grid(grid: str, timesteps: int, how: str, every: int = OTHERS_EVERY) -> Way:
    """A grid that is measured at every second epoch, or as often as that."""
    weights, rule = how.split(", ")

    def choose(one: Outcome) -> list[tuple[str, float]]:
        losses = (one.losses if weights == "averaged" else one.raw_losses)[grid]
        if rule == "lowest value":
            return [(weights, lowest(losses))]
        return [(weights, smoothed(losses, one.epochs, "steady" if rule == "steady" else "lowest"))]

    return Way(f"{grid}, {how}", timesteps / every, choose)


def _within_g(outcome: Outcome) -> range:
    first, last = outcome.stated.region_g if outcome.stated else (1, outcome.epochs)
    return range(first, last + 1)


def _epoch_of(step: float, outcome: Outcome) -> float:
    return min(step / outcome.steps_per_epoch, float(outcome.epochs))


def constants(outcomes: Sequence[Outcome], in_steps: bool) -> dict[str, float]:
    """By condition: the epoch, or step, that has the lowest mean regret in the runs of all other conditions."""
    tried = STEPS if in_steps else range(1, max(one.epochs for one in outcomes) + 1)
    table_RT = np.array(
        [
            [
                regret(one, "averaged", _epoch_of(constant, one) if in_steps else min(constant, one.epochs))
                for constant in tried
            ]
            for one in outcomes
        ]
    )
    of_R = np.array([one.condition for one in outcomes])
    found = {}
    for condition in dict.fromkeys(of_R.tolist()):
        others = of_R != condition
        kept = others if others.any() else ~others
        found[condition] = float(tried[int(table_RT[kept].mean(axis=0).argmin())])
    return found


# What the picker states ---------------------------------------------------------------------------------------------


def improvement(outcome: Outcome, epoch: float) -> float:
    """Of averaged weights over no LoRA on the scoring pictures, as a share of the loss without one."""
    losses = outcome.scoring["averaged"]
    return 1 - loss_at(losses, epoch) / losses[0]


def deviation(outcome: Outcome) -> float:
    """How many standard errors the stated improvement of the pick is from that on the scoring pictures; NaN if raw
    weights were picked or nothing was stated. The scoring pictures are a sample too, eight times as large."""
    weights, epoch = outcome.default
    if outcome.stated is None or weights != "averaged":
        return float("nan")
    return (outcome.stated.improvement - improvement(outcome, epoch)) / outcome.stated.standard_error


def best_is_close(outcome: Outcome) -> bool:
    """Whether the averaged epoch that is best on the selecting pictures is among those that can't be told apart."""
    losses = {epoch: loss for epoch, loss in outcome.selecting["averaged"].items() if epoch}
    lowest_epoch = min(losses, key=losses.__getitem__)
    first, last = outcome.stated.indistinguishable if outcome.stated else (1, outcome.epochs)
    return first <= lowest_epoch <= last


# Uncertainty --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Estimate:
    """A mean over runs with its 95 % interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean + 0.0:.1f} [{self.low + 0.0:.1f}, {self.high + 0.0:.1f}]"


def clustered(values: Sequence[float], styles: Sequence[str]) -> Estimate:
    """Runs of one style are not independent: the bootstrap draws styles, with replacement, and all of their runs."""
    names = sorted(set(styles))
    groups = [np.array([value for value, style in zip(values, styles, strict=True) if style == name]) for name in names]
    sums, counts = np.array([group.sum() for group in groups]), np.array([len(group) for group in groups])
    drawn = np.random.default_rng(0).integers(len(names), size=(DRAWS, len(names)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return Estimate(float(np.mean(values)), float(low), float(high))
