"""What the end of an epoch takes of the training thread: python dev.py bench closing

A real run with a LoRA of the paper's size on a CPU: all 354 layers of SD 1.5's topology, narrow but with a rank that
makes its LoRA the same 78 MB. Validation, which takes what it takes, is not part of it, nor is a preview. Other
programs affect the time by the clock, and the thread's processor time little.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import torch
from transformers import CLIPTextConfig, CLIPTextModel

from lora_core.config import LoraConfig, PreviewConfig, RunConfig, StorageConfig, TrainingConfig
from lora_core.model.autoencoder import Autoencoder
from lora_core.model.base import BaseModel
from lora_core.model.layout import UnetLayout
from lora_core.model.unet import UNet
from lora_core.progress import SilentWatcher
from lora_core.training.trainer import Trainer

from .fixed_run import drawn_style, tokens
from .gpu.material import history_of

NARROW = UnetLayout((32, 64, 128, 128), 2, (True, True, True, False), 64, (8, 8, 8, 8))
RANK = 158
SIDE = 64
BUDGET = 6
"""Few, so that as many LoRAs are let go as come, which is how it is in all but the first epochs of a long run."""
CPU = torch.device("cpu")


CLOCKS = {"processor time": time.thread_time, "by the clock": time.perf_counter}


class TimedTrainer(Trainer):
    """Notes what the ends of its epochs take of the training thread, in seconds by each of the clocks."""

    def train(self) -> None:
        """As the trainer's."""
        self.closings: list[list[float]] = []
        self.validating = [0.0 for _ in CLOCKS]
        super().train()

    def _prepare(self, opened: ExitStack) -> None:
        super()._prepare(opened)
        measure = self.validator.measure

        def timed(epoch: int, step: int, last: bool) -> None:
            begun = now()
            measure(epoch, step, last)
            self.validating = [a + b for a, b in zip(self.validating, since(begun), strict=True)]

        self.validator.measure = timed  # type: ignore[method-assign]

    def _close_epoch(self) -> None:
        begun, before = now(), self.validating
        super()._close_epoch()
        spans = zip(since(begun), before, self.validating, strict=True)
        self.closings.append([whole - (after - before) for whole, before, after in spans])


def now() -> list[float]:
    """Seconds by each clock."""
    return [clock() for clock in CLOCKS.values()]


def since(begun: list[float]) -> list[float]:
    """Seconds by each clock."""
    return [end - begin for begin, end in zip(begun, now(), strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20)
    epochs = parser.parse_args().epochs
    training = TrainingConfig(epochs=epochs, batch_size=1)
    config = RunConfig(
        LoraConfig(rank=RANK),
        training=training,
        preview=PreviewConfig(every_epochs=0),
        storage=StorageConfig(checkpoint_budget=BUDGET),
    )
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        style, run = drawn_style(folder / "pictures", 3, SIDE, 1), folder / "run"
        trainer = TimedTrainer(config, style, narrow_base(), run, folder / "cache", CPU, SilentWatcher())
        trainer.train()
        states = sum(entry["kind"] == "state" for entry in history_of(run))
    size = trainer.adapter.weights.masters.nbytes / 1e6
    print(f"{len(trainer.adapter.module_names)} layers, {size:.0f} MB, {epochs} epochs, {states} states")
    for number, clock in enumerate(CLOCKS):
        spans = [1000 * closing[number] for closing in trainer.closings[1:]]  # epoch 0 begins with the first state
        print(f"{clock}: median {statistics.median(spans):.0f} ms, at most {max(spans):.0f} ms")


def narrow_base() -> BaseModel:
    """A random model with SD 1.5's modules."""
    torch.manual_seed(0)
    text = CLIPTextModel(
        CLIPTextConfig(hidden_size=64, intermediate_size=256, num_hidden_layers=12, num_attention_heads=1)
    )
    parts = [UNet(NARROW), Autoencoder((32, 32, 32, 32), 1, 32), text]
    for part in parts:
        part.requires_grad_(False).eval()
    unet, vae, text = parts
    return BaseModel.of(unet, vae, text, tokens, torch.float32)


if __name__ == "__main__":
    main()
