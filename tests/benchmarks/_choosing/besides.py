"""What is looked at after the fact: not declared by the plan, and no part of its contrast or goals.

Whoever reads the declared tables as a referee asks this: does the interval hold with five styles as five values, which
conditions carry the contrast, does a constant do better that knows the learning rate, would a steadier pick lose less,
what do lines between scored epochs add to what was not scored, how good is the best raw checkpoint, and what do the
picker's statements amount to.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from lora_core.picking.memorisation import ToldApart, told_apart

from .analysis import (
    CONSTANT,
    DEFAULT,
    Estimate,
    Way,
    best,
    clustered,
    deviation,
    picture_distance,
    regret,
    ways,
)
from .bagged import bagged
from .measured import ByEpoch, Outcome
from .scaled import PACES, scaled_constant

STUDENT = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}
"""By the number of styles the 97.5th percentile of Student's t with one degree of freedom less."""
CARRYING = 2
"""How many conditions are left out."""
AVERAGED = "placed 2, every epoch, averaged, smoothed"
"""The default's pick of averaged weights, of which pictures were generated."""
RAW = ("kohya, raw, lowest value", "OneTrainer, raw, lowest value")
STEP, LAST = "best constant step", "last epoch, averaged"


def besides(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """A table in Markdown."""
    yield "| looked at after the fact | found |"
    yield "| --- | --- |"
    for part in (_contrast, _scaled, _steadier, _choices, _pictures, _stated):
        for name, found in part(outcomes):
            yield f"| {name} | {found} |"


# The contrast and the regrets ---------------------------------------------------------------------------------------


def _contrast(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str]]:
    less = _less(outcomes)
    of = [one.condition for one in outcomes]
    by_condition = {name: np.mean([value for value, each in zip(less, of, strict=True) if each == name]) for name in of}
    carrying = sorted(by_condition, key=by_condition.__getitem__, reverse=True)[:CARRYING]
    yield "primary contrast, Student's t over the means of the styles", str(over_styles(less, outcomes))
    kept = [place for place, name in enumerate(of) if name not in carrying]
    if kept:
        rest = [less[place] for place in kept]
        yield (
            f"primary contrast without *{'* and *'.join(carrying)}*, which favour the default most",
            f"{clustered(rest, [outcomes[place].style for place in kept])}, ahead in {sum(each > 0 for each in rest)} "
            f"and behind in {sum(each < 0 for each in rest)} of {len(rest)} runs",
        )
    bent = [with_parabolas(one) for one in outcomes]
    yield "primary contrast, between scored epochs on parabolas instead of lines", _mean(_less(bent), bent)
    found = _by_name(bent)
    for name in RAW:
        yield f"regret of *{name}* on parabolas", _mean([found[name].regret(one) for one in bent], bent)


def _scaled(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str]]:
    default = _by_name(outcomes)[DEFAULT]
    for name, pace in PACES.items():
        lost = scaled_constant(outcomes, pace)
        more = np.subtract(lost, [default.regret(one) for one in outcomes]).tolist()
        yield (
            f"regret of the best constant product of epochs and {name}",
            f"{_mean(lost, outcomes)}, minus the default's {_mean(more, outcomes)}, worst {max(lost):.1f}",
        )


def _steadier(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str]]:
    found = _by_name(outcomes)
    for grid, now in (("placed 2", AVERAGED), ("kohya", "kohya, averaged, smoothed")):
        before = [found[now].regret(one) for one in outcomes]
        lost = [regret(one, "averaged", bagged(one.losses[grid], np.random.default_rng(0))) for one in outcomes]
        less = np.subtract(before, lost).tolist()
        worst = f"worst {max(lost):.1f} instead of {max(before):.1f}"
        yield (
            f"regret of *{now}* if it were the mean over redrawn held-out pictures",
            f"{_mean(lost, outcomes)}, lower by {_mean(less, outcomes)}, {worst}",
        )


def _choices(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str]]:
    lost = [regret(one, "raw", _best_of(one.selecting["raw"])) for one in outcomes]
    yield "regret of the best raw checkpoint that was scored", _mean(lost, outcomes)
    last = sum(best(one)[1] == one.epochs for one in outcomes)
    yield "runs whose best checkpoint is the last epoch", f"{last} of {len(outcomes)}"


def _less(outcomes: Sequence[Outcome]) -> list[float]:
    """By how much the default's regret is lower than that of the best constant epoch, run by run."""
    found = _by_name(outcomes)
    return [found[CONSTANT].regret(one) - found[DEFAULT].regret(one) for one in outcomes]


def over_styles(values: Sequence[float], outcomes: Sequence[Outcome]) -> Estimate:
    """Each style is one value: the mean of its runs. With one style there is no interval."""
    styles = sorted({one.style for one in outcomes})
    means = [
        np.mean([value for value, one in zip(values, outcomes, strict=True) if one.style == style]) for style in styles
    ]
    mean = float(np.mean(means))
    if len(styles) not in STUDENT:
        return Estimate(mean, -math.inf, math.inf)
    half = STUDENT[len(styles)] * float(np.std(means, ddof=1)) / math.sqrt(len(styles))
    return Estimate(mean, mean - half, mean + half)


def with_parabolas(outcome: Outcome) -> Outcome:
    """With a score at every epoch, from parabolas through the scored ones.

    A line between two points of a valley is above it. Only what was chosen between scored epochs is, never the
    default's pick, which was scored itself.
    """
    scoring = {weights: _bent(losses, outcome.epochs) for weights, losses in outcome.scoring.items()}
    return replace(outcome, scoring=scoring)


def _bent(losses: ByEpoch, epochs: int) -> ByEpoch:
    known = np.array(list(losses), float)
    values = np.array(list(losses.values()))
    found = {}
    for epoch in range(epochs + 1):
        nearest = np.sort(np.argsort(np.abs(known - epoch), kind="stable")[:3])
        fitted = np.polyval(np.polyfit(known[nearest] - epoch, values[nearest], len(nearest) - 1), 0)
        found[epoch] = losses.get(epoch, float(fitted))
    return found


# Pictures -----------------------------------------------------------------------------------------------------------


def _pictures(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str]]:
    found = _by_name(outcomes)

    def distances(way: Way) -> list[float]:
        return [float(np.mean([picture_distance(one, epoch) for _, epoch in way.choose(one)])) for one in outcomes]

    for name in (LAST, CONSTANT, STEP):
        farther = np.subtract(distances(found[AVERAGED]), distances(found[name])).tolist()
        yield (
            f"distance of pictures by the default's averaged pick minus that by *{name}*, run by run",
            f"{_mean(farther, outcomes)}, farther in {sum(each > 0 for each in farther)} and nearer in "
            f"{sum(each < 0 for each in farther)} of {len(farther)} runs",
        )


# What the picker states ---------------------------------------------------------------------------------------------


def _stated(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str]]:
    known = np.array([value for one in outcomes if math.isfinite(value := deviation(one))])
    if len(known) > 1:
        error = known.std(ddof=1) / math.sqrt(len(known))
        yield "stated minus unseen improvement, in standard errors, mean ± s.e.", f"{known.mean():.1f} ± {error:.1f}"
    stretches = [(one, _lost_within(one, *one.stated.indistinguishable)) for one in outcomes if one.stated is not None]
    if stretches:
        among, lost = zip(*stretches, strict=True)
        shares = [100 * len(each) / one.epochs for one, each in stretches]
        yield (
            "share of the run's epochs that can't be told apart from the pick",
            f"{np.mean(shares):.0f} % ({min(shares):.0f} to {max(shares):.0f})",
        )
        yield "regret of any of these epochs, averaged weights", _mean([float(np.mean(each)) for each in lost], among)
        yield "regret of the worst of them", _mean([max(each) for each in lost], among)
    for name, at in (("pick", _picked), ("best checkpoint", lambda one: best(one)[1]), ("end", lambda one: one.epochs)):
        told = [found for one in outcomes if (found := _told(one, at(one))) is not None]
        if told:
            above = sum(each.low > 0.5 for each in told)
            yield (
                f"training pictures told from held-out ones at the {name}",
                f"{100 * np.mean([each.share for each in told]):.0f} % of pairs; interval above 50 % in {above} of "
                f"{len(told)} runs",
            )


def _lost_within(outcome: Outcome, first: int, last: int) -> list[float]:
    """The regret of each epoch of a stretch."""
    return [regret(outcome, "averaged", epoch) for epoch in range(first, last + 1)]


def _told(outcome: Outcome, epoch: float) -> ToldApart | None:
    found = told_apart(outcome.probe, outcome.losses["placed 2"])
    return found[min(found, key=lambda other: abs(other - epoch))] if found else None


def _picked(outcome: Outcome) -> int:
    return outcome.picked["lowest"][1]


def _best_of(losses: ByEpoch) -> int:
    return min((epoch for epoch in losses if epoch), key=losses.__getitem__)


def _by_name(outcomes: Sequence[Outcome]) -> dict[str, Way]:
    return {way.name: way for way in ways(outcomes)}


def _mean(values: Sequence[float], outcomes: Sequence[Outcome]) -> str:
    return str(clustered(values, [one.style for one in outcomes]))
