"""The room on the disk that a run takes, counted before it starts."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..config import RunConfig
from ..dataset.style import StyleDataset
from ..errors import RunError
from ..record.checkpoints import STATES_KEPT
from ..tensors import DTYPES

_NUMBER = 22
"""Bytes of a loss in the history."""
_STEP = 400
"""Bytes of a step in the history and in TensorBoard's file."""


@dataclass(frozen=True)
class DiskSpace:
    """What a run writes, in bytes."""

    checkpoint: int
    """One LoRA file."""
    checkpoints: int
    """How many are kept."""
    state: int
    """All states that exist at one time."""
    rest: int
    """Previews, latents and history, at most."""

    @property
    def total(self) -> int:
        """All of it."""
        return self.checkpoint * self.checkpoints + self.state + self.rest


def disk_space(config: RunConfig, dataset: StyleDataset, shapes: Mapping[str, tuple[int, ...]]) -> DiskSpace:
    """The room that a whole run takes; `shapes` are those of the LoRA's matrices."""
    numbers, training = sum(math.prod(shape) for shape in shapes.values()), config.training
    kinds = 2 if training.average_decay else 1
    kept = min(config.storage.checkpoint_budget, kinds * training.epochs)
    return DiskSpace(
        checkpoint=numbers * DTYPES[config.storage.dtype].itemsize,
        checkpoints=kept + 1,  # one is written before another is deleted
        state=(STATES_KEPT + 1) * numbers * 4 * (kinds + 2),  # the LoRA, its average and AdamW's two moments
        rest=_previews(config, dataset.resolution) + _latents(config, dataset) + _history(config, dataset),
    )


def check_disk_space(needed: Mapping[Path, DiskSpace]) -> None:
    """Checks that runs which are trained one after another fit on the disk, beside what they have written already.

    Args:
        needed: by the folder of each run; all are in one folder.

    Raises:
        RunError: they don't.
    """
    missing = sum(max(0, space.total - _written(folder)) for folder, space in needed.items())
    if not missing:
        return
    folder, space = next(iter(needed.items()))
    runs = folder.parent
    try:
        free = shutil.disk_usage(next(each for each in (runs, *runs.parents) if each.exists())).free
    except OSError:  # some network drives don't say
        return
    if free < missing:
        each = " each" if len(needed) > 1 else ""
        raise RunError(
            f"The disk of {runs} has {in_words(free)} free, but training needs {in_words(missing)} more: "
            f"{space.checkpoints} LoRA files of {in_words(space.checkpoint)}, {in_words(space.state)} for the state "
            f"that resuming needs and {in_words(space.rest)} for previews, latents and history{each}. Make room, or "
            "keep fewer checkpoints, save them in float16, or choose a smaller rank."
        )


def _previews(config: RunConfig, resolution: int) -> int:
    """A PNG in the run's folder and one in TensorBoard's file; neither is larger than the pixels."""
    every = config.preview.every_epochs
    return 2 * 3 * resolution**2 * (config.training.epochs // every + 2) if every else 0


def _latents(config: RunConfig, dataset: StyleDataset) -> int:
    sides = sum(math.prod(picture.bucket) for picture in dataset.training) * (1 + config.training.horizontal_flip)
    sides += sum(math.prod(picture.bucket) for picture in dataset.validation)
    return sides // 64 * 4 * 4  # four channels of float32, an eighth of the size


def _history(config: RunConfig, dataset: StyleDataset) -> int:
    steps = config.training.epochs * config.training.steps_per_epoch(len(dataset.training))
    losses = 3 * config.training.epochs * len(dataset.validation) * config.validation.timesteps_per_picture
    return steps * _STEP + losses * _NUMBER


def _written(folder: Path) -> int:
    """Bytes that a run has written already."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0


def in_words(size: int) -> str:
    """Such as "2.5 GB"."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
