"""The second stage: the autoencoder learns to compress pictures, and the UNet's are compressed."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor

from lora_core.rng import stream

from . import network
from .pictures import crops, pixels
from .plan import Log, Plan, cosine, stopwatch


def train_autoencoder(plan: Plan, pictures: NDArray[np.uint8], log: Log) -> Any:
    """Trains on crops of 64 pixels; noise on the latents makes the decoder forgive a UNet's small mistakes."""
    folder, steps = plan.folder, plan.autoencoder_steps
    with torch.random.fork_rng():
        torch.manual_seed(plan.seed)
        autoencoder = network.new_autoencoder().to(memory_format=torch.channels_last)
    path = folder / "autoencoder.safetensors"
    if path.exists():
        autoencoder.load_state_dict(load_file(path))
        return autoencoder.eval()
    optimizer = torch.optim.AdamW(autoencoder.parameters(), lr=6e-4, betas=(0.9, 0.99), weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: cosine(step, steps, warmup=100))
    clock, partial = stopwatch(), folder / "autoencoder.partial.safetensors"
    for step in range(1, steps + 1):
        generator = stream(plan.seed, "autoencoder", step)
        drawn = crops(pictures[plan.held_out :], 4, 64, generator)
        with torch.autocast("cpu", torch.bfloat16, enabled=step < 0.9 * steps):
            latents = autoencoder.encoder(drawn)
            noisy = latents + 0.05 * torch.randn(latents.shape, generator=generator)
            restored = autoencoder.decoder(noisy)
        loss = reconstruction_loss(restored.float(), drawn) + 0.02 * moment_loss(latents.float())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(autoencoder.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 0 or step == steps:
            error = round(restoring_error(autoencoder, pictures[: min(16, plan.held_out)]), 4)
            log(stage="autoencoder", step=step, loss=round(loss.item(), 4), held_out_l1=error, seconds=clock())
            save_file({key: value.contiguous() for key, value in autoencoder.state_dict().items()}, partial)
    partial.rename(path)
    return autoencoder.eval()


def reconstruction_loss(restored: Tensor, wanted: Tensor) -> Tensor:
    """L1 of the pixels, of two coarser scales, and of the differences between neighbours, which keep edges sharp."""
    loss = (restored - wanted).abs().mean()
    for scale in (2, 4):
        pooled = torch.nn.functional.avg_pool2d(restored - wanted, scale)
        loss = loss + 0.5 * pooled.abs().mean()
    for axis in (2, 3):
        loss = loss + (restored.diff(dim=axis) - wanted.diff(dim=axis)).abs().mean()
    return loss


def moment_loss(latents_BCHW: Tensor) -> Tensor:
    """How far the channels' means are from 0 and their covariance from the identity: what diffusion's noise has."""
    flat_CN = latents_BCHW.transpose(0, 1).flatten(1)
    mean_C = flat_CN.mean(dim=1, keepdim=True)
    covariance_CC = (flat_CN - mean_C) @ (flat_CN - mean_C).T / flat_CN.shape[1]
    return mean_C.square().sum() + (covariance_CC - torch.eye(len(flat_CN))).square().sum()


@torch.no_grad()
def restoring_error(autoencoder: Any, pictures: NDArray[np.uint8]) -> float:
    """The mean absolute error of pictures that were encoded and decoded, of a range of 2."""
    wanted = pixels(np.asarray(pictures))
    return (autoencoder.decoder(autoencoder.encoder(wanted)) - wanted).abs().mean().item()


@torch.no_grad()
def encode(plan: Plan, pictures: NDArray[np.uint8], autoencoder: Any) -> Tensor:
    """Latents of the ordinary buildings, float16, shape (plan.pictures, 4, SIDE / 8, SIDE / 8)."""
    path = plan.folder / "latents.safetensors"
    if not path.exists():
        ordinary, parts = pictures[: plan.pictures], []
        with torch.autocast("cpu", torch.bfloat16):
            for start in range(0, len(ordinary), 32):
                batch = pixels(np.asarray(ordinary[start : start + 32]))
                parts.append(autoencoder.encoder(batch.contiguous(memory_format=torch.channels_last)).half())
        save_file({"latents": torch.cat(parts).contiguous()}, path)
    return load_file(path)["latents"]
