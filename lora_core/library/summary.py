"""A run in a few numbers and words, for a list of runs."""

from __future__ import annotations

import math
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import AtelierError
from ..paths import check_run_folder
from ..picking.weights import Weights
from ..record.lock import is_held
from ..record.reader import RunReader
from ..record.run_file import RunFile
from ..record.view import Numbers, Preview, RunView, ValidationCurve
from ..run_folder import last_written
from .notes import read_notes

State = Literal["running", "finished", "cancelled", "failed", "interrupted", "damaged"]
"""What a run is doing. Interrupted is one that neither ended nor is trained any more: its process was killed."""
_POINTS = 48
"""Of a small curve."""
_EXCERPT = 300
"""Characters of the notes that a list holds, to be searched."""


@dataclass(frozen=True)
class Recipe:
    """The settings that people tell runs apart by."""

    dataset: str
    training_pictures: int
    validation_pictures: int
    resolution: int
    """Short side in pixels."""
    rank: int
    alpha: float
    layers: str
    text_encoder: bool
    learning_rate: float
    pictures_per_step: int
    precision: str
    seed: int


@dataclass(frozen=True)
class Picked:
    """The picked checkpoint."""

    epoch: int
    weights: Weights
    improvement: float | None
    """Over no LoRA, as a share of its loss."""
    standard_error: float | None


@dataclass(frozen=True)
class SmallCurve:
    """The smoothed validation loss of the picked weights, relative to no LoRA: -0.05 is 5 % below it."""

    epoch: list[int]
    change: Numbers


@dataclass(frozen=True)
class RunSummary:
    """A run as a list shows it."""

    run: str
    state: State
    problem: str
    """Why it can't be read; empty if it can."""
    created: str
    """Date and time with its zone, ISO 8601; empty if unknown."""
    changed: int
    """When it was written last, in milliseconds since 1970."""
    epoch: int
    epochs: int
    size: int
    """Bytes on the disk."""
    notes: str
    """How its notes begin."""
    recipe: Recipe | None
    pick: Picked | None
    curve: SmallCurve | None
    preview: Preview | None
    """Of the picked epoch, or the last one before it."""


def summarise(folder: Path) -> RunSummary:
    """Of a run's folder. One that can't be read has its problem in words: a folder may come from anywhere."""
    try:
        return _summary(folder)
    except (AtelierError, OSError) as error:
        problem = str(error)
    except Exception as error:  # what its readers did not foresee must not hide the other runs
        problem = f"The files of the run {folder.name!r} are damaged ({type(error).__name__})."
    return RunSummary(folder.name, "damaged", problem, "", last_written(folder) // 10**6, 0, 0, 0, "", *[None] * 4)


def _summary(folder: Path) -> RunSummary:
    check_run_folder(folder)
    run, view, notes = RunFile.read(folder), RunReader(folder).view(), read_notes(folder)
    return RunSummary(
        run=folder.name,
        state=state_of(folder, view),
        problem="",
        created=run.created,
        changed=last_written(folder) // 10**6,
        epoch=view.epoch,
        epochs=view.epochs,
        size=size_of(folder),
        notes=notes[:_EXCERPT],
        recipe=_recipe(run),
        pick=_picked(view),
        curve=_small_curve(view),
        preview=_preview(view),
    )


def state_of(folder: Path, view: RunView) -> State:
    """What a run is doing at this moment."""
    if view.status != "training":
        return view.status
    return "running" if is_held(folder) else "interrupted"


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder; links are not followed."""
    total, waiting = 0, [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISDIR(status.st_mode):
                        waiting.append(Path(entry.path))
                    elif stat.S_ISREG(status.st_mode):
                        total += status.st_size
        except OSError:  # gone meanwhile
            continue
    return total


def _recipe(run: RunFile) -> Recipe:
    config = run.config
    return Recipe(
        dataset=run.dataset.name,
        training_pictures=run.dataset.count("training"),
        validation_pictures=run.dataset.count("validation"),
        resolution=run.dataset.resolution,
        rank=config.lora.rank,
        alpha=config.lora.alpha,
        layers=config.lora.layers,
        text_encoder=config.lora.train_text_encoder,
        learning_rate=config.optimizer.learning_rate,
        pictures_per_step=config.training.pictures_per_step,
        precision=config.training.precision,
        seed=config.training.seed,
    )


def _picked(view: RunView) -> Picked | None:
    if view.pick is None:
        return None
    found = view.selection
    gain, error = (found.improvement, found.standard_error) if found else (None, None)
    return Picked(view.pick.epoch, view.pick.weights, gain, error)


def _small_curve(view: RunView) -> SmallCurve | None:
    curve = _main(view)
    reference = next((loss for loss in curve.loss if loss), None)
    if reference is None or len(curve.epoch) < 2:
        return None
    stride = math.ceil(len(curve.epoch) / _POINTS)
    shown = [index for index in range(len(curve.epoch)) if index % stride == 0 or index == len(curve.epoch) - 1]
    losses = [curve.loss[index] if curve.smooth[index] is None else curve.smooth[index] for index in shown]
    change = [None if loss is None else round(loss / reference - 1, 5) for loss in losses]
    return SmallCurve([curve.epoch[index] for index in shown], change)


def _main(view: RunView) -> ValidationCurve:
    averaged = view.selection is None or view.selection.weights is Weights.AVERAGED
    return view.averaged if view.averaged is not None and averaged else view.validation


def _preview(view: RunView) -> Preview | None:
    until = view.pick.epoch if view.pick else view.epoch
    before = [preview for preview in view.previews if preview.epoch <= until]
    return next(iter([*before[-1:], *view.previews]), None)
