"""Run names that are taken, noticed when a training is added, not at night when its turn comes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import RunError
from ..names import as_on_any_disk, free_run
from ..paths import run_to_train
from ..record.writer import OTHER_PICTURES, check_same
from .forecast import Training


def check_run_names(added: Sequence[Training], waiting: Sequence[Training], runs: Path) -> None:
    """Raises RunError if trainings can't have their run names: no folder can be called so, or another one of that name
    is made differently.

    Only what is known before models and pictures are loaded is compared. A training of the same settings is no
    obstacle: it resumes the run, or leaves it as it is.

    Args:
        added: to the end of the queue, in their order.
        waiting: in the queue already.
        runs: folder of the runs that exist.
    """
    earlier = list(waiting)
    for training in (each for each in added if each.run):
        check_same(run_to_train(runs, training.run), training.config, None)
        for other in (each for each in earlier if _same_name(each.run, training.run)):
            differences = _differences(other, training)
            if differences:
                free = _free_name(training.run, [each.run for each in (*waiting, *added)], runs)
                raise RunError(
                    f"A training of the run {training.run!r} is in the queue and is made differently: "
                    f"{'; '.join(differences)}. To train both, choose another run name, such as {free!r}."
                )
        earlier.append(training)


def _differences(before: Training, now: Training) -> list[str]:
    others = [] if before.source == now.source else [OTHER_PICTURES]
    return before.config.differences(now.config) + others


def _same_name(one: str, other: str) -> bool:
    return as_on_any_disk(one) == as_on_any_disk(other)


def _free_name(name: str, taken: Sequence[str], runs: Path) -> str:
    """One that neither a run nor a training of the queue has."""
    return free_run(name, lambda each: (runs / each).exists() or any(_same_name(each, other) for other in taken))
