"""Pictures given back: what the held-out pictures have helped to pick is trained again on all of them.

Held-out pictures say when to stop and teach the LoRA nothing. Once the point is known, a second run trains on all
pictures to the equivalent point; it has nothing to validate on, and takes its stopping point from the first.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..config import RunConfig
from ..dataset.style import StyleDataset
from ..errors import ConfigError, RunError
from ..names import shortened
from ..record.checkpoints import checkpoint_path
from ..record.run_file import Repeated, RunFile
from ..record.start import StartingLora
from ..record.view import PickedCheckpoint
from .preflight import PlannedRun

ENDING = "-all"
"""Of the name of such a run."""
WAYS = {
    "epochs": "each picture as often",
    "steps": "as many steps",
    "continue": "go on from the picked LoRA",
}
"""What counts as the equivalent point, see `equivalent_epochs`, and the same in words."""


def all_pictures(dataset: StyleDataset) -> StyleDataset:
    """The same dataset with nothing held out."""
    return replace(dataset, training=dataset.pictures, validation=())


def equivalent_epochs(epoch: int, trained_on: int, pictures: int, config: RunConfig, way: str) -> int:
    """How many epochs on all pictures are equivalent to a picked one, at least 1.

    Args:
        epoch: the picked one.
        trained_on: pictures that the run trained on.
        pictures: that there are.
        config: of the run.
        way: "epochs": as many, so that each picture is seen as often. "steps": as many optimiser steps, to the nearest
            epoch. "continue": the epochs that come after the picked LoRA until pictures have been seen as often as by
            "epochs" in total.
    """
    if way == "continue":
        return max(1, round(epoch * (pictures - trained_on) / pictures))
    if way == "steps":
        steps_per_epoch = config.training.steps_per_epoch
        return max(1, round(epoch * steps_per_epoch(trained_on) / steps_per_epoch(pictures)))
    return max(1, epoch)


def plan_on_all(folder: Path, picked: PickedCheckpoint, dataset: StyleDataset, way: str = "epochs") -> PlannedRun:
    """The run that trains on all pictures to the point that is equivalent to a pick.

    Its folder is beside that of the run, named after it. Recipe, seed and base model are the run's own, the last of
    which `check_runs` sees to; it neither validates nor stops early.

    Args:
        folder: of the run.
        picked: from which checkpoint the point is taken.
        dataset: the run's, split and captioned as for training.
        way: one of WAYS.

    Raises:
        ConfigError: there is no such way.
        RunError: the pictures are not the run's, it has held none out, or another point of it was repeated before.
        CheckpointError: the picked checkpoint, from which "continue" goes on, is missing or damaged.
    """
    if way not in WAYS:
        raise ConfigError(f"The way of training on all pictures must be one of {', '.join(WAYS)}, got {way!r}.")
    run = RunFile.read(folder)
    if run.repeats is not None or not dataset.validation:
        raise RunError(f"The run {run.name!r} was trained on all of its pictures already: there are none to give back.")
    if run.fingerprints.dataset != dataset.fingerprint():
        raise RunError(
            f"The run {run.name!r} can't be repeated on all pictures here: the pictures, their captions or their split "
            "are others. Use the pictures that it was trained with."
        )
    whole = all_pictures(dataset)
    epochs = equivalent_epochs(picked.epoch, len(dataset.training), len(whole.training), run.config, way)
    config = replace(
        run.config,
        training=replace(run.config.training, epochs=epochs, early_stopping_patience=0),
        validation=replace(run.config.validation, every_epochs=0, probe_every_epochs=0),
    )
    target = folder.with_name(shortened(folder.name, ENDING))
    repeats = Repeated(run.name, picked.epoch, picked.weights, way)
    _check_target(target, repeats)
    lora = checkpoint_path(folder, picked.epoch, picked.weights)
    start = StartingLora.read(lora) if way == "continue" else StartingLora.of_run(folder)
    return PlannedRun(target, config, whole, start, repeats, run.fingerprints.networks)


def _check_target(folder: Path, repeats: Repeated) -> None:
    """Raises RunError if the run in a folder repeats another point. Other weights of the same point are in it, too."""
    try:
        before = RunFile.read(folder).repeats
    except FileNotFoundError:
        return
    if before is None:
        raise RunError(
            f"The run {folder.name!r} exists and was not trained by repeating {repeats.run!r}, but its repetition is "
            "to be called so. Rename or delete its folder first."
        )
    if replace(before, weights=repeats.weights) != repeats:
        raise RunError(
            f"The run {folder.name!r} repeats epoch {before.epoch} of {before.run} already "
            f"({WAYS.get(before.way, before.way)}). To repeat epoch {repeats.epoch} ({WAYS[repeats.way]}), rename or "
            "delete its folder first."
        )
