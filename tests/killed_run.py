"""One attempt at a run in a process of its own, which ends itself without warning at a given moment."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

# Not used here, but by every attempt: imported once in the fork server instead of in each process.
import tensorboardX  # noqa: F401
import torch
import transformers.models.clip.modeling_clip
import transformers.models.clip.tokenization_clip  # noqa: F401

from lora_core.config import LoraConfig, OptimizerConfig, PreviewConfig, RunConfig, TrainingConfig
from lora_core.dataset.load import load_style
from lora_core.model.disk import load_base_model
from lora_core.progress import Progress, SilentWatcher
from lora_core.training.trainer import Trainer

RECIPE = RunConfig(
    LoraConfig(rank=2, dropout=0.1),
    OptimizerConfig(learning_rate=1e-3, warmup_steps=4),
    TrainingConfig(epochs=3, batch_size=2, caption_dropout=0.2, horizontal_flip=True),
    preview=PreviewConfig(every_epochs=2, steps=1),
)
_FILE_EVENTS = {"open", "os.rename", "os.remove", "os.truncate", "os.mkdir"}


class DieWithin(SilentWatcher):
    """Dies just before the second file is touched in a stage."""

    def __init__(self, home: Path, stage: str | None) -> None:
        self.home, self.stage = home, stage

    def progress(self, progress: Progress) -> None:
        if progress.stage == self.stage:
            _die_at_file(str(self.home), 2)


def attempt(
    home: Path,
    model: Path,
    style: Path,
    files: int | None = None,
    seconds: float | None = None,
    stage: str | None = None,
) -> None:
    """Trains or resumes `home/run`.

    Args:
        home: folder for the run and the cache of latents.
        model: diffusers folder of the tiny model.
        style: folder of pictures.
        files: die just before so many files below `home` have been opened, renamed or deleted, from now on.
        seconds: die so long after the model is loaded.
        stage: die within the next stage of this name.
    """
    torch.set_num_threads(1)
    base = load_base_model(model, None, torch.float32)
    dataset = load_style(style, resolution=64, validation_count=3)
    if files is not None:
        _die_at_file(str(home), files)
    if seconds is not None:
        threading.Timer(seconds, _die).start()
    Trainer(RECIPE, dataset, base, home / "run", home / "cache", torch.device("cpu"), DieWithin(home, stage)).train()
    os._exit(0)  # the timer must not keep a finished run alive


def _die_at_file(home: str, files: int) -> None:
    left = files

    def hook(event: str, arguments: tuple) -> None:
        nonlocal left
        if event in _FILE_EVENTS and str(arguments[0]).startswith(home):
            left -= 1
            if left == 0:
                _die()

    sys.addaudithook(hook)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
