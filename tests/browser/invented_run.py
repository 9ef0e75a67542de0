"""Run folders with invented losses, written by the code that writes real ones: for the charts in the browser.

The shape is that of the paper's Figure 2: the validation loss falls, stays low for a while, and rises again; the
training loss oscillates. The averaged weights come lower, are steadier and overfit later, while the loss on training
pictures keeps falling. Nothing here says how any model really trains.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, ImageFilter

from lora_core.config import PreviewConfig, RunConfig, StorageConfig, TrainingConfig, ValidationConfig
from lora_core.dataset.load import load_style
from lora_core.dataset.style import StyleDataset
from lora_core.model.identity import ModelIdentity, NetworkIdentity
from lora_core.picking.retention import keep
from lora_core.picking.weights import Weights
from lora_core.record.checkpoints import checkpoint_path, epochs_on_disk, save_lora
from lora_core.record.entries import GridEntry, Measured, Measurement, StepEntry
from lora_core.record.writer import RunRecord
from lora_core.training.grid import ValidationGrid, as_rows
from lora_core.training.validator import due, probe_pictures
from pocket.drawing.facades import draw

STEPS = 14
"""Steps of an epoch, as in the paper."""
TIMESTEPS, TIMESTEP_LOSSES = [125, 375, 625, 875], [0.315, 0.128, 0.058, 0.029]
"""Stable Diffusion's loss is high where there is little noise."""


class Shape(NamedTuple):
    """Of a curve: losses in shares of the loss without a LoRA, times in shares of the run."""

    learnt: float
    pace: float
    forgotten: float
    since: float
    wobble: float


SHAPES = {
    "validation": Shape(0.058, 0.11, 0.11, 0.3, 0.0022),
    "averaged": Shape(0.066, 0.13, 0.08, 0.4, 0.0005),
    "probe": Shape(0.072, 0.13, -0.07, 0.2, 0.0005),  # never forgotten: it learns them by heart
}
"""By kind of measurement."""


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
    plain: bool = False,
) -> None:
    """A run that is set to train `epochs` and has reached epoch `last`.

    Args:
        ended: what the history ends with: finished, cancelled, failed, or "" for a run that is going on.
        previews: draw some: a façade that comes out of a mist.
        plain: keep no average of the weights and probe no training pictures.
    """
    config = _config(epochs, plain)
    held_out, probe = _grids(config, dataset)
    grids = {"validation": held_out} | ({} if plain else {"averaged": held_out, "probe": probe})
    losses = {kind: grid_losses(kind, grid, epochs, seed) for kind, grid in grids.items()}
    steps_ES = training_losses(epochs, seed)
    record = RunRecord(folder, config, dataset, ModelIdentity(*[NetworkIdentity("0" * 32, "")] * 3), None)
    record.rewind(0, 0)
    try:
        _record_grids(record, held_out, probe)
        curves: dict[str, dict[int, float]] = {kind: {} for kind in grids}
        raw = 1 if plain else config.validation.raw_every_epochs
        every = {"validation": raw, "averaged": 1, "probe": config.validation.probe_every_epochs}
        for epoch in range((epochs if last is None else last) + 1):
            for index, loss in enumerate(steps_ES[epoch - 1] if epoch else ()):
                step = (epoch - 1) * STEPS + index + 1
                record.step(StepEntry(step, epoch, float(loss), 3e-4 * min(1, step / 100), 0.8))
            for kind, grid in grids.items():
                if due(every[kind], epoch, epoch == epochs):
                    losses_NK = torch.from_numpy(losses[kind][epoch])
                    curves[kind][epoch] = grid.mean(losses_NK)
                    mean, step = curves[kind][epoch], epoch * STEPS
                    record.measurement(Measurement(Measured(kind), epoch, step, mean, as_rows(losses_NK), 2.4))
            if epoch:
                _save_checkpoints(record, epoch, curves)
            if previews and epoch and epoch % config.preview.every_epochs == 0:
                record.preview(epoch, epoch * STEPS, preview(epoch / epochs))
        if ended:
            record.event(ended, f"After epoch {epoch}.")
    finally:
        record.close()


def _config(epochs: int, plain: bool) -> RunConfig:
    return RunConfig(
        training=TrainingConfig(epochs=epochs, average_decay=0 if plain else 0.99),
        validation=ValidationConfig(probe_every_epochs=0 if plain else 5),
        preview=PreviewConfig(every_epochs=5),
        storage=StorageConfig(20),
    )


def _grids(config: RunConfig, dataset: StyleDataset) -> tuple[ValidationGrid, ValidationGrid]:
    """Of the pictures held out and of the probe, as lora_core.training.validator has them."""
    points, seed = config.validation.timesteps_per_picture, config.validation.seed
    pictures = probe_pictures(dataset.training, len(dataset.validation), seed)
    held_out = ValidationGrid.build(dataset.validation, points, seed)
    return held_out, ValidationGrid.build(pictures, points, seed, "probe")


def _record_grids(record: RunRecord, *grids: ValidationGrid) -> None:
    for grid in grids:
        hashes = [picture.content_hash for picture in grid.pictures]
        record.grid(GridEntry(grid.name, hashes, grid.timesteps_NK.tolist(), as_rows(grid.weights_NK)))


def _save_checkpoints(record: RunRecord, epoch: int, curves: Mapping[str, Mapping[int, float]]) -> None:
    """Files as small as can be under the names of real ones; raw and averaged ones share the budget."""
    kinds = {weights: Measured.of(weights) for weights in Weights if Measured.of(weights) in curves}
    for weights, kind in kinds.items():
        save_lora(checkpoint_path(record.folder, epoch, weights), {"invented.alpha": torch.tensor(1.0)}, {})
        on_disk = epochs_on_disk(record.folder, weights)
        kept = keep(
            on_disk,
            {each: [loss] for each, loss in curves[kind].items()},
            record.run.config.storage.checkpoint_budget // len(kinds),
        )
        released = [other for other in on_disk if other not in kept]
        record.checkpoint(epoch, weights, released)
        for other in released:
            checkpoint_path(record.folder, other, weights).unlink()


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


def grid_losses(kind: str, grid: ValidationGrid, epochs: int, seed: int = 0) -> np.ndarray:
    """Losses by epoch (0 is no LoRA), picture and timestep: shape (epochs + 1, N, K)."""
    shape, count = SHAPES[kind], len(grid.pictures)
    time = np.arange(epochs + 1) / epochs
    learnt_E = shape.learnt * (1 - np.exp(-time / shape.pace))
    forgotten_E = shape.forgotten * np.clip(time - shape.since, 0, None) ** 1.6
    pictures = np.random.default_rng([seed, *grid.name.encode()])  # raw and averaged weights meet the same ones
    picture_N = pictures.uniform(0.7, 1.35, count)
    gain_N = pictures.normal(1, 0.25, count)
    gain_N += 1 - np.average(gain_N, weights=picture_N)  # so that the kinds differ by their shapes, not by luck
    random = np.random.default_rng([seed, *kind.encode()])
    wobble_EN = random.normal(0, shape.wobble, (epochs + 1, count))
    wobble_EN += np.cumsum(random.normal(0, shape.wobble / 4, (epochs + 1, count)), axis=0)
    wobble_EN[0] = 0
    relative_EN = 1 + (forgotten_E - learnt_E)[:, None] * gain_N + wobble_EN
    loss_NK = np.interp(grid.timesteps_NK.numpy(), TIMESTEPS, TIMESTEP_LOSSES)
    return relative_EN[:, :, None] * picture_N[None, :, None] * loss_NK


def training_losses(epochs: int, seed: int = 0) -> np.ndarray:
    """Losses by epoch and step: shape (epochs, STEPS)."""
    random = np.random.default_rng([seed, 2])
    trend = 0.131 - 0.012 * (1 - np.exp(-np.arange(epochs) / (0.35 * epochs)))
    return trend[:, None] * np.exp(random.normal(0, 0.28, (epochs, STEPS)) - 0.039)
