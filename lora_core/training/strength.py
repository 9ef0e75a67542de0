"""The validation loss of a checkpoint at several strengths, on the grid of its run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from ..dataset.style import StyleDataset
from ..model.base import BaseModel
from ..model.diffusion import sd15_alphas_cumprod
from ..model.lora import LoraAdapter
from ..record.checkpoints import checkpoint_path, load_lora
from ..record.run_file import RunFile
from ..record.strengths import StrengthEntry, add_strengths, read_strengths
from ..record.view import PickedCheckpoint
from ..tensors import fingerprint
from .grid import ValidationGrid, as_rows
from .latent_cache import LatentCache
from .same_inputs import check_same_inputs

STRENGTHS = tuple(tenths / 10 for tenths in range(16))
"""From 0, no LoRA, to 1.5."""


def known_strengths(folder: Path, picked: PickedCheckpoint) -> StrengthEntry | None:
    """What was measured of this very checkpoint before, None if it has to be measured.

    Raises:
        CheckpointError: the checkpoint is missing or damaged.
    """
    digest = fingerprint(_lora(folder, picked))
    entries = (each for each in read_strengths(folder) if each.lora == digest and each.strengths == list(STRENGTHS))
    return next((each for each in entries if (each.epoch, each.weights) == (picked.epoch, picked.weights)), None)


def measure_strengths(
    folder: Path,
    picked: PickedCheckpoint,
    base: BaseModel,
    dataset: StyleDataset,
    cache_folder: Path,
    device: torch.device,
    told: Callable[[int, int], None],
    check: Callable[[], None],
    strengths: Sequence[float] = STRENGTHS,
) -> StrengthEntry:
    """Measures a checkpoint and records it in the run's folder.

    Args:
        folder: of the run.
        picked: which checkpoint.
        base: the run's base model in the run's precision, to which the LoRA is attached: it must not be used again.
        dataset: the run's, split and captioned as for training.
        cache_folder: of latents, shared by all runs.
        device: where to compute.
        told: hears how many of the strengths are done, as (done, total).
        check: called before each pass through the network; may raise to cancel.
        strengths: 1 among them.

    Raises:
        RunError: model or pictures are not the run's.
        CheckpointError: the checkpoint is missing or damaged.
        TrainingError: there is no memory for a single picture.
    """
    run, lora = RunFile.read(folder), _lora(folder, picked)
    check_same_inputs(run, base, dataset, "The strengths")
    settings, alphas_cumprod_N = run.config.validation, sd15_alphas_cumprod().to(device)
    grid = ValidationGrid.build(dataset.validation, settings.timesteps_per_picture, settings.seed)
    with torch.inference_mode(False), torch.no_grad():
        cache = LatentCache(cache_folder, base.vae, base.identity.vae.digest, device)
        cache.fill(dataset.validation, False, lambda *_: check())
        base.to(device)
        adapter = LoraAdapter(base, run.config.lora, run.config.training.seed)
        adapter.train(False)
        losses = []
        for done, strength in enumerate(strengths):
            told(done, len(strengths))
            adapter.load_state_dict(_scaled(lora, strength))
            losses_NK = grid.losses(base, cache.load, alphas_cumprod_N, device, check)
            losses.append((grid.weights_NK * losses_NK.double()).mean(dim=1))
    pictures = [picture.content_hash for picture in grid.pictures]
    rows = as_rows(torch.stack(losses))
    entry = StrengthEntry(picked.epoch, picked.weights, fingerprint(lora), pictures, list(strengths), rows)
    add_strengths(folder, entry)
    return entry


def _lora(folder: Path, picked: PickedCheckpoint) -> dict[str, Tensor]:
    return load_lora(checkpoint_path(folder, picked.epoch, picked.weights))[0]


def _scaled(lora: Mapping[str, Tensor], strength: float) -> dict[str, Tensor]:
    """The LoRA as it changes the model at a strength: B is multiplied by it."""
    return {key: value.float() * strength if ".lora_up." in key else value for key, value in lora.items()}
