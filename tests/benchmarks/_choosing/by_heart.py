"""What the runs on memorisation have found: their results, and the tables made of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from lora_core.files import atomic_write
from lora_core.picking.memorisation import ToldApart

from .._shares import wilson
from .copies import Copies
from .plan import Job

PROMPTED = 32
"""Captions of training pictures, if there are so many, that pictures are generated for."""


@dataclass(frozen=True)
class Look:
    """What was found at an epoch, with averaged weights."""

    epoch: int
    told_apart: ToldApart
    copies: Copies


@dataclass(frozen=True)
class Run:
    """A run and its looks, in order."""

    job: Job
    looks: tuple[Look, ...]

    def write(self, path: Path) -> None:
        """As `read` reads it."""
        rows = [asdict(look) | {"copies": look.copies._asdict()} for look in self.looks]
        atomic_write(path, json.dumps(rows).encode())

    @classmethod
    def read(cls, job: Job, path: Path) -> Run:
        """What `write` left."""
        rows = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            job, tuple(Look(row["epoch"], ToldApart(**row["told_apart"]), Copies(**row["copies"])) for row in rows)
        )

    @property
    def generated(self) -> int:
        """Pictures at each look."""
        return min(PROMPTED, self.job.condition.training)


def tables(runs: Sequence[Run]) -> Iterator[str]:
    """Lines of Markdown; a row has the looks of all runs on so many pictures at an epoch."""
    yield "| pictures | epoch | told from held-out | interval above 50 % | nearer to a training picture | copies |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for training in dict.fromkeys(run.job.condition.training for run in runs):
        alike = [run for run in runs if run.job.condition.training == training]
        for looks in zip(*(run.looks for run in alike), strict=True):
            clear = sum(look.told_apart.low > 0.5 for look in looks)
            cells = (
                _percent([look.told_apart.share for look in looks]),
                f"{clear} of {len(looks)}",
                _percent([look.copies.nearer for look in looks]),
                _percent([look.copies.copied for look in looks]),
            )
            yield f"| {training} | {looks[0].epoch} | {' | '.join(cells)} |"
    yield ""
    yield from _together(runs)


def _together(runs: Sequence[Run]) -> Iterator[str]:
    """How the one goes with the other."""
    correlations = [
        rank_correlation(*zip(*((look.told_apart.share, look.copies.nearer) for look in run.looks), strict=True))
        for run in runs
        if len(run.looks) > 1
    ]
    if correlations:
        listed = ", ".join(f"{each:.2f}" for each in correlations)
        yield f"Rank correlation of pairs told apart and pictures nearer, run by run: {listed}."
    for said, clear in (("above 50 %", True), ("around 50 % or below", False)):
        of = [(run, look) for run in runs for look in run.looks if (look.told_apart.low > 0.5) == clear]
        nearer = sum(more_than_chance(run, look) for run, look in of)
        copied = sum(look.copies.copied > 0 for _, look in of)
        yield (
            f"Looks with an interval {said}: {len(of)}, in {nearer} of them more pictures than by chance are nearer to "
            f"a training picture, in {copied} one is a copy."
        )


def more_than_chance(run: Run, look: Look) -> bool:
    """Whether so many generated pictures are nearer to training ones that the 95 % interval is above a half."""
    return wilson(round(look.copies.nearer * run.generated), run.generated)[0] > 0.5


def rank_correlation(ones: Sequence[float], others: Sequence[float]) -> float:
    """Spearman's; equal values share their ranks. NaN if either never differs."""
    with np.errstate(invalid="ignore"):
        return float(np.corrcoef(_ranks(ones), _ranks(others))[0, 1])


def _ranks(values: Sequence[float]) -> list[float]:
    known = np.asarray(values)
    return [float((known < value).sum() + (known <= value).sum()) / 2 for value in known]


def _percent(shares: Sequence[float]) -> str:
    return f"{', '.join(f'{100 * share:.0f}' for share in shares)} %"
