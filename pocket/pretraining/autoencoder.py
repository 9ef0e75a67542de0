"""The third stage: the autoencoder learns to compress pictures, and the UNet's are compressed."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import normalize

from lora_core.rng import stream

from ..drawing import VERNACULAR
from . import network
from .classifier import Classifier
from .pictures import Drawings, Pictures, crops, pixels
from .plan import Log, Plan
from .replicas import Replicas
from .training import Training

CROPS, SIDE = 8, 64
"""Of a batch: how many squares, of how many pixels a side."""
LATENT_NOISE = 0.02
"""Added to the latents, in their own unit: numbers that the decoder can't read are no use to it."""
MOMENTS = 0.02
"""The weight of the moment loss."""
PIXELS_ALONE = 0.6
"""The share of the steps, the first ones, that know of no features."""
FEATURES = 0.3
"""The weight of the feature loss after them."""
MAPS = 3
"""The guide's convolutions whose features count: they see 5, 9 and 17 pixels around."""


def train_autoencoder(plan: Plan, drawings: dict[str, Drawings], guide: Classifier, log: Log) -> Any:
    """Trains on squares of all pictures: first for their pixels, then also for what tells them apart."""
    with torch.random.fork_rng():
        torch.manual_seed(plan.seed)
        autoencoder = network.new_autoencoder().to(memory_format=torch.channels_last)
    training = Training(plan, "autoencoder", autoencoder, plan.autoencoder_steps, learning_rate=8e-4)
    replicas = Replicas(autoencoder, plan.threads)
    pictures = training_pictures(plan, drawings)

    def loss_of(copy: Any, share: tuple[Tensor, Tensor, float]) -> Tensor:
        drawn, noise, weight = share
        with torch.autocast("cpu", torch.bfloat16):
            latents = copy.encoder(drawn)
            restored = copy.decoder(latents + noise)
        loss = reconstruction_loss(restored.float(), drawn) + MOMENTS * moment_loss(latents.float())
        return loss + weight * feature_loss(guide, restored.float(), drawn) if weight else loss

    def backward(step: int) -> float:
        generator = stream(plan.seed, "autoencoder", step)
        drawn = crops(pictures, CROPS, SIDE, generator)
        noise = LATENT_NOISE * torch.randn((CROPS, 4, SIDE // 8, SIDE // 8), generator=generator)
        weights = [FEATURES if step > PIXELS_ALONE * plan.autoencoder_steps else 0.0] * plan.threads
        return replicas.backward(
            loss_of, list(zip(drawn.chunk(plan.threads), noise.chunk(plan.threads), weights, strict=True))
        )

    training.run(backward, log, lambda last: restoring_errors(plan, autoencoder, drawings, last))
    return autoencoder


def training_pictures(plan: Plan, drawings: dict[str, Drawings]) -> Pictures:
    """All but the held-out ones."""
    return np.concatenate([kind.pictures[plan.held_out :] for kind in drawings.values()])


def reconstruction_loss(restored: Tensor, wanted: Tensor) -> Tensor:
    """L1 of the pixels, of two coarser scales, and of the differences between neighbours, which keep edges sharp."""
    difference = restored - wanted
    loss = difference.abs().mean()
    for scale in (2, 4):
        loss = loss + 0.25 * torch.nn.functional.avg_pool2d(difference, scale).abs().mean()
    for axis in (2, 3):
        loss = loss + 0.5 * difference.diff(dim=axis).abs().mean()
    return loss


def feature_loss(guide: Classifier, restored: Tensor, wanted: Tensor) -> Tensor:
    """How far the guide's features are from those of the drawn, each place's scaled to length 1 (Zhang et al. 2018).

    Thin and repeated things, of which pixels leave the place open, are told apart by them from plain walls.
    """
    with torch.no_grad():
        goals = guide.maps(wanted, MAPS)
    distances = [
        (normalize(got) - normalize(goal)).square().sum(dim=1).mean()
        for got, goal in zip(guide.maps(restored, MAPS), goals, strict=True)
    ]
    return torch.stack(distances).sum()


def moment_loss(latents_BCHW: Tensor) -> Tensor:
    """How far the channels' means are from 0 and their covariance from the identity: what diffusion's noise has."""
    flat_CN = latents_BCHW.transpose(0, 1).flatten(1)
    mean_C = flat_CN.mean(dim=1, keepdim=True)
    covariance_CC = (flat_CN - mean_C) @ (flat_CN - mean_C).T / flat_CN.shape[1]
    return mean_C.square().sum() + (covariance_CC - torch.eye(len(flat_CN))).square().sum()


def restoring_errors(
    plan: Plan, autoencoder: Any, drawings: dict[str, Drawings], all_of_them: bool
) -> dict[str, float]:
    """The mean absolute error, of a range of 2, of held-out pictures: ordinary ones, and the mean over all kinds."""
    count = plan.held_out if all_of_them else min(plan.held_out, 8)
    errors = {kind: restoring_error(autoencoder, of.pictures[:count]) for kind, of in drawings.items()}
    return {"held_out_l1": errors[VERNACULAR], "held_out_l1_all_kinds": sum(errors.values()) / len(errors)}


@torch.no_grad()
def restoring_error(autoencoder: Any, pictures: Pictures) -> float:
    """The mean absolute error of pictures that were encoded and decoded, of a range of 2."""
    errors = []
    for wanted in torch.split(pixels(pictures), 8):
        wanted = wanted.contiguous(memory_format=torch.channels_last)
        errors.append((restored(autoencoder, wanted) - wanted).abs().mean(dim=(1, 2, 3)))
    return torch.cat(errors).mean().item()


@torch.no_grad()
def restored(autoencoder: Any, pictures_BCHW: Tensor) -> Tensor:
    """Pictures from -1 to 1 that were encoded and decoded, as somebody sees them."""
    return autoencoder.decoder(autoencoder.encoder(pictures_BCHW)).clamp(-1, 1)  # type: ignore[no-any-return]


@torch.no_grad()
def encode(plan: Plan, pictures: Pictures, autoencoder: Any) -> Tensor:
    """Latents of pictures and of their mirror images, float16, shape (2, N, 4, SIDE / 8, SIDE / 8).

    They are kept in a file, and made anew when the encoder is another.
    """
    path, encoder = plan.folder / "latents.safetensors", _fingerprint(autoencoder.encoder)
    if path.exists():
        with safe_open(path, "pt") as file:
            if file.metadata() == {"encoder": encoder}:
                return file.get_tensor("latents")  # type: ignore[no-any-return]
    both = []
    for direction in (1, -1):
        parts = []
        for start in range(0, len(pictures), 32):
            batch = pixels(pictures[start : start + 32, :, ::direction].copy())
            with torch.autocast("cpu", torch.bfloat16):
                parts.append(autoencoder.encoder(batch.contiguous(memory_format=torch.channels_last)).half())
        both.append(torch.cat(parts))
    latents = torch.stack(both).contiguous()
    save_file({"latents": latents}, path, {"encoder": encoder})
    return latents


def _fingerprint(module: torch.nn.Module) -> str:
    digest = hashlib.sha256()
    for value in module.state_dict().values():
        digest.update(value.contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]
