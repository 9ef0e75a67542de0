"""Run folders with invented losses, written by the code that writes real ones: for the charts in the browser.

The shape is that of the paper's Figure 2: the validation loss falls, stays low for a while, and rises again; the
training loss oscillates. Nothing here says how any model really trains.
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageFilter

from lora_core.checkpoints import checkpoint_path, save_lora
from lora_core.config import PreviewConfig, RunConfig, StorageConfig, TrainingConfig
from lora_core.dataset import StyleDataset, load_style
from lora_core.retention import keep
from lora_core.run_record import RunRecord
from pocket.facades import draw

STEPS = 14
"""Steps of an epoch, as in the paper."""
TIMESTEP_LOSSES = np.asarray([0.315, 0.128, 0.058, 0.029])
"""Stable Diffusion's loss is high where there is little noise."""


def write_dataset(folder: Path, count: int = 16, validation_count: int = 8) -> StyleDataset:
    """`count` small pictures that are unlike one another."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        pixels = np.random.default_rng(index).integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((64, 64), Image.Resampling.BICUBIC).save(folder / f"{index:02d}.png")
    return load_style(folder, resolution=64, validation_count=validation_count)


def write_run(
    folder: Path,
    dataset: StyleDataset,
    *,
    epochs: int = 200,
    last: int | None = None,
    ended: str = "finished",
    seed: int = 0,
    previews: bool = False,
) -> None:
    """A run that set out for `epochs` and has come to epoch `last`.

    Args:
        ended: what the history ends with: finished, cancelled, failed, or "" for a run that is going on.
        previews: draw some: a façade that comes out of a mist.
    """
    config = RunConfig(
        training=TrainingConfig(epochs=epochs), preview=PreviewConfig(every_epochs=5), storage=StorageConfig(20)
    )
    losses_EPT = validation_losses(epochs, seed)
    steps_ES = training_losses(epochs, seed)
    record = RunRecord(folder, config, dataset, "invented", {})
    record.rewind(0, 0)
    try:
        validated: dict[int, float] = {}
        kept: set[int] = set()
        for epoch in range((epochs if last is None else last) + 1):
            for index, loss in enumerate(steps_ES[epoch - 1] if epoch else ()):
                step = (epoch - 1) * STEPS + index + 1
                record.step(step, epoch, float(loss), 3e-4 * min(1, step / 100), 0.8)
            rows = losses_EPT[epoch]
            validated[epoch] = float(rows.mean())
            record.validation(epoch, epoch * STEPS, validated[epoch], rows.tolist(), 2.4)
            if epoch:
                _close(record, epoch, kept, validated)
            if previews and epoch and epoch % config.preview.every_epochs == 0:
                record.preview(epoch, epoch * STEPS, preview(epoch / epochs))
        if ended:
            record.event(ended, f"After epoch {max(validated)}.")
    finally:
        record.close()


def _close(record: RunRecord, epoch: int, kept: set[int], validated: dict[int, float]) -> None:
    save_lora(checkpoint_path(record.folder, epoch), {"invented.alpha": torch.tensor(1.0)}, {})
    kept.add(epoch)
    stay = keep(sorted(kept), validated, record.config.storage.checkpoint_budget)
    released = sorted(kept - stay)
    for other in released:
        checkpoint_path(record.folder, other).unlink()
    kept &= stay
    record.checkpoint(epoch, released)


def preview(time: float) -> Image.Image:
    """A drawn façade, the clearer the later: `time` is 0 at the start of the run and 1 at its end."""
    clear = 1 - np.exp(-time / 0.12)
    facade = _facade()
    mist = Image.fromarray(np.random.default_rng(3).integers(60, 200, (256, 256, 3), dtype=np.uint8))
    blurred = facade.filter(ImageFilter.GaussianBlur(float(7 * (1 - clear))))
    return Image.blend(mist.filter(ImageFilter.GaussianBlur(3)), blurred, float(clear))


@functools.cache
def _facade() -> Image.Image:
    return draw("bauhaus", 7, (256, 256)).image


def validation_losses(epochs: int, seed: int = 0) -> np.ndarray:
    """Losses by epoch (0 is no LoRA), picture and timestep: shape (epochs + 1, 8, 4)."""
    random = np.random.default_rng([seed, 1])
    time = np.arange(epochs + 1) / epochs
    learnt = 0.058 * (1 - np.exp(-time / 0.11))
    forgotten = 0.11 * np.clip(time - 0.3, 0, None) ** 1.6
    factor_E = 1 - learnt + forgotten
    picture_P = random.uniform(0.7, 1.35, 8)
    gain_P = random.normal(1, 0.25, 8)
    wobble_EP = np.cumsum(random.normal(0, 0.0006, (epochs + 1, 8)), axis=0) + random.normal(0, 0.0022, (epochs + 1, 8))
    wobble_EP[0] = 0
    relative_EP = 1 + (factor_E[:, None] - 1) * gain_P + wobble_EP
    return relative_EP[:, :, None] * picture_P[None, :, None] * TIMESTEP_LOSSES


def training_losses(epochs: int, seed: int = 0) -> np.ndarray:
    """Losses by epoch and step: shape (epochs, STEPS)."""
    random = np.random.default_rng([seed, 2])
    trend = 0.131 - 0.012 * (1 - np.exp(-np.arange(epochs) / (0.35 * epochs)))
    return trend[:, None] * np.exp(random.normal(0, 0.28, (epochs, STEPS)) - 0.039)
