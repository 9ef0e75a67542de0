"""The analysis of the experiment, declared with its plan: the tables, from the outcomes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .._choosing.analysis import clustered
from .._shares import wilson
from .carry_out import Outcome
from .plan import GOAL, PICK, SHIPPED, WAYS


def tables(outcomes: Sequence[Outcome], planned: int) -> Iterator[str]:
    """Lines of Markdown; `planned` is the number of runs that there will be."""
    yield "Gain: how far a loss on unseen pictures is below the pick's, in % of what the pick improves on no LoRA."
    yield "Mean [95 % interval, clustered by style]."
    yield ""
    yield from _primary(outcomes, planned)
    yield ""
    yield from _ways(outcomes)
    yield ""
    yield from _runs(outcomes)


def _primary(outcomes: Sequence[Outcome], planned: int) -> Iterator[str]:
    better = sum(one.gain(SHIPPED) > 0 for one in outcomes)
    said = "reached" if better >= GOAL else "missed" if better + planned - len(outcomes) < GOAL else "open"
    counted, mean = _counted(better, len(outcomes)), _mean(outcomes, SHIPPED)
    yield f"**Primary**: the shipped way, {SHIPPED}, is better than the pick in {counted} runs, by {mean}."
    yield f"Goal, {GOAL} of {planned}: {said}."


def _ways(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield f"| way | better than the pick in | gain | loss below the pick's, % | better than {SHIPPED} in | gain on it |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for way in WAYS:
        better = sum(one.gain(way) > 0 for one in outcomes)
        below = clustered([one.below(way) for one in outcomes], [one.style for one in outcomes])
        row = f"| {way} | {_counted(better, len(outcomes))} | {_mean(outcomes, way)} | {below.mean:.2f} |"
        if way == SHIPPED:
            yield f"{row} | |"
        else:
            ahead = sum(one.gain(way, SHIPPED) > 0 for one in outcomes)
            yield f"{row} {_counted(ahead, len(outcomes))} | {_mean(outcomes, way, SHIPPED)} |"


def _runs(outcomes: Sequence[Outcome]) -> Iterator[str]:
    columns = (PICK, *WAYS)
    yield f"| style | seed | epochs: {' | '.join(columns)} | gain: {' | '.join(WAYS)} | improvement of the pick, % |"
    yield f"|{' --- |' * (len(columns) + len(WAYS) + 3)}"
    for one in outcomes:
        epochs = " | ".join(str(one.epochs[way]) for way in columns)
        gains = " | ".join(f"{one.gain(way):.1f}" for way in WAYS)
        improvement = 100 * (1 - one.losses[PICK] / one.nothing)
        yield f"| {one.style} | {one.seed} | {epochs} | {gains} | {improvement:.1f} |"


def _counted(successes: int, of: int) -> str:
    low, high = wilson(successes, of)
    return f"{successes} of {of} ({100 * low:.0f} to {100 * high:.0f} %)"


def _mean(outcomes: Sequence[Outcome], way: str, other: str = PICK) -> str:
    return str(clustered([one.gain(way, other) for one in outcomes], [one.style for one in outcomes]))
