"""The tables of the experiment, from its outcomes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from .analysis import (
    CONSTANT,
    DEFAULT,
    PRIMARY,
    Way,
    best,
    best_is_close,
    clustered,
    constants,
    deviation,
    excess,
    picture_distance,
    ways,
)
from .measured import Outcome

MEAN_GOAL, WORST_GOAL = 2, 10
"""Of the default's regret, in %."""


def tables(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Lines of Markdown."""
    found = {way.name: way for way in ways(outcomes)}
    regrets = {name: [way.regret(one) for one in outcomes] for name, way in found.items()}
    styles = [one.style for one in outcomes]
    yield f"{len(outcomes)} runs, {len(set(styles))} styles; regret in %, mean [95 % interval, clustered by style]"
    yield ""
    yield from _primary(regrets, styles)
    yield ""
    yield from _ways(found, regrets, outcomes)
    yield ""
    yield from _conditions(found, regrets, outcomes)
    yield ""
    if all(one.pictures for one in outcomes):
        yield from _pictures(found, outcomes)
        yield ""
    yield from _stated(outcomes)


def _primary(regrets: dict[str, list[float]], styles: Sequence[str]) -> Iterator[str]:
    one, other = PRIMARY
    less = np.subtract(regrets[other], regrets[one])
    yield (
        f"**Primary contrast**: {one} has a lower regret than {other} by {clustered(less.tolist(), styles)}, ahead in "
        f"{(less > 0).sum()} and behind in {(less < 0).sum()} of {len(less)} runs."
    )
    mean, worst, interval = float(np.mean(regrets[one])), max(regrets[one]), clustered(less.tolist(), styles)
    goals = {
        f"interval above 0 ({interval})": interval.low > 0,
        f"mean regret at most {MEAN_GOAL} % ({mean:.1f})": mean <= MEAN_GOAL,
        f"worst at most {WORST_GOAL} % ({worst:.1f})": worst <= WORST_GOAL,
    }
    said = "; ".join(f"{goal}: {'reached' if good else 'missed'}" for goal, good in goals.items())
    yield f"Goals of the default: {said}."


def _ways(found: dict[str, Way], regrets: dict[str, list[float]], outcomes: Sequence[Outcome]) -> Iterator[str]:
    styles = [one.style for one in outcomes]
    yield "| way of choosing | passes a picture | regret | median | worst | minus default | loss above best, % |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for name, values in regrets.items():
        more = clustered(np.subtract(values, regrets[DEFAULT]).tolist(), styles)
        above = [float(np.mean([excess(one, *choice) for choice in found[name].choose(one)])) for one in outcomes]
        yield (
            f"| {name} | {found[name].passes:g} | {clustered(values, styles)} | {np.median(values):.1f} | "
            f"{max(values):.1f} | {more} | {clustered(above, styles)} |"
        )


def _conditions(found: dict[str, Way], regrets: dict[str, list[float]], outcomes: Sequence[Outcome]) -> Iterator[str]:
    constant = constants(outcomes, False)
    yield "| condition | runs | best epochs | picked epochs | constant | regret: default | constant | last, averaged |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for condition in dict.fromkeys(one.condition for one in outcomes):
        of = [place for place, one in enumerate(outcomes) if one.condition == condition]
        bests = ", ".join(str(best(outcomes[place])[1]) for place in of)
        picks = ", ".join(str(outcomes[place].default[1]) for place in of)
        means = " | ".join(
            f"{np.mean([regrets[way][place] for place in of]):.1f}"
            for way in (DEFAULT, CONSTANT, "last epoch, averaged")
        )
        yield f"| {condition} | {len(of)} | {bests} | {picks} | {constant[condition]:g} | {means} |"


def _pictures(found: dict[str, Way], outcomes: Sequence[Outcome]) -> Iterator[str]:
    styles = [one.style for one in outcomes]
    yield "| way of choosing, averaged weights | distance of generated pictures, % of that without LoRA |"
    yield "| --- | --- |"
    for name, way in found.items():
        choices = [way.choose(one) for one in outcomes]
        if all(weights == "averaged" for choice in choices for weights, _ in choice):
            distances = [
                float(np.mean([picture_distance(one, epoch) for _, epoch in choice]))
                for one, choice in zip(outcomes, choices, strict=True)
            ]
            yield f"| {name} | {clustered(distances, styles)} |"


def _stated(outcomes: Sequence[Outcome]) -> Iterator[str]:
    deviations = np.array([deviation(one) for one in outcomes])
    known = deviations[np.isfinite(deviations)]
    for within in (1, 2):
        inside = (np.abs(known) <= within).sum()
        yield f"Unseen improvement within {within} stated standard errors: {inside} of {len(known)} runs."
    close = sum(best_is_close(one) for one in outcomes)
    yield f"Best averaged epoch among those that can't be told apart from the pick: {close} of {len(outcomes)} runs."
