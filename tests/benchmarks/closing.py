"""What the end of an epoch takes of the training thread: python dev.py bench closing

A real run with a LoRA of the paper's size on a CPU: all 354 layers of SD 1.5's topology, narrow but with a rank that makes
its LoRA the same 78 MB. Validation, which takes what it takes, is not part of it, nor is a preview.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

import torch
from transformers import CLIPTextConfig, CLIPTextModel

from lora_core.config import LoraConfig, PreviewConfig, RunConfig, TrainingConfig
from lora_core.model.autoencoder import Autoencoder
from lora_core.model.base import BaseModel
from lora_core.model.layout import UnetLayout
from lora_core.model.unet import UNet
from lora_core.progress import SilentWatcher

from .fixed_run import drawn_style, tokens
from .gpu.material import Scale, history_of
from .gpu.whole import TimedTrainer

NARROW = UnetLayout((32, 64, 128, 128), 2, (True, True, True, False), 64, (8, 8, 8, 8))
RANK = 158
EPOCHS, SIDE = 20, 64
CPU = torch.device("cpu")


def main() -> None:
    config = RunConfig(
        LoraConfig(rank=RANK),
        training=TrainingConfig(epochs=EPOCHS, batch_size=1),
        preview=PreviewConfig(every_epochs=0),
    )
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        style, run = drawn_style(folder / "pictures", 3, SIDE, 1), folder / "run"
        trainer = TimedTrainer(config, style, narrow_base(), run, folder / "cache", CPU, SilentWatcher())
        trainer.scale = Scale.of(CPU, tiny=True)
        trainer.train()
        validating = [0.0] * (EPOCHS + 1)
        history = history_of(run)
        for entry in history:
            if "seconds" in entry and "losses" in entry:
                validating[entry["epoch"]] += entry["seconds"]
        states = sum(entry["kind"] == "state" for entry in history)
    closings = [1000 * (whole - part) for whole, part in zip(trainer.closings[1:], validating[1:], strict=True)]
    weights = trainer.adapter.weights.masters
    print(
        f"{len(trainer.adapter.module_names)} layers, {weights.nbytes / 1e6:.0f} MB, {EPOCHS} epochs, {states} states: "
        f"median {statistics.median(closings):.0f} ms, at most {max(closings):.0f} ms"
    )


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
