"""Pre-trains the pocket model on drawn buildings: python -m pocket.pretrain FOLDER --comfyui DIR

Four stages, each kept in FOLDER, so that an interrupted call goes on with the next: pictures are drawn, the autoencoder
learns to compress them, text encoder and UNet learn to draw them from their captions, and one file is written. What was
done, and how well it went, is in FOLDER/log.jsonl and in the file's metadata.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor

from lora_core.diffusion import NUM_TIMESTEPS, add_noise, min_snr_weights, sd15_alphas_cumprod
from lora_core.rng import stream

from . import network
from .facades import STYLES, VERNACULAR, draw

PICTURES = 16000
"""Ordinary buildings, of which the UNet sees nothing else: the styles are left to the LoRAs."""
STYLED = 400
"""Pictures of each style for the autoencoder alone, which must be able to show them."""
FIRST_SEED = 1_000_000
"""Far from the seeds that demonstrations and experiments draw with."""
HELD_OUT = 256
"""Pictures that no stage trains on, to measure with."""


def main() -> None:
    """Runs the stages that FOLDER does not hold yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="keeps what the stages make")
    parser.add_argument("--comfyui", type=Path, required=True, help="a ComfyUI checkout: CLIP's tokenizer, key names")
    parser.add_argument("--pictures", type=int, default=PICTURES, help="ordinary buildings to draw")
    parser.add_argument("--autoencoder-steps", type=int, default=2000)
    parser.add_argument("--unet-steps", type=int, default=4000)
    parser.add_argument("--unet-start", type=Path, help="a unet.safetensors to go on from, in place of random weights")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    log = Log(options.folder / "log.jsonl")
    pictures = draw_pictures(options.folder, options.pictures, options.seed, log)
    autoencoder = train_autoencoder(options.folder, pictures, options.autoencoder_steps, options.seed, log)
    latents = encode(options.folder, pictures, autoencoder)
    captions = json.loads((options.folder / "captions.json").read_text(encoding="utf-8"))
    tokens = tokenize(captions, options.comfyui)
    unet, text_encoder = train_unet(options, latents, tokens, log)
    write(options.folder, unet, autoencoder, text_encoder, options, log)


class Log:
    """Lines of JSON on the disk and on the screen."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, **entry: Any) -> None:
        line = json.dumps({"time": time.strftime("%H:%M:%S"), **entry})
        print(line, flush=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def last(self, stage: str) -> dict[str, Any]:
        """The last entry of a stage."""
        lines = map(json.loads, self.path.read_text(encoding="utf-8").splitlines())
        return [line for line in lines if line.get("stage") == stage][-1]


def _stopwatch() -> Callable[[], int]:
    """A function that tells the seconds since now."""
    started = time.monotonic()
    return lambda: round(time.monotonic() - started)


# Pictures -----------------------------------------------------------------------------------------------------------


def draw_pictures(folder: Path, count: int, seed: int, log: Log) -> NDArray[np.uint8]:
    """All pictures, uint8, shape (count + styled, SIDE, SIDE, 3); the captions of the first `count` go to a file."""
    path = folder / "pictures.npy"
    if not path.exists():
        first = FIRST_SEED + seed * 10_000_000
        jobs = [(VERNACULAR, first + number) for number in range(count)]
        jobs += [(style, first + number) for style in STYLES for number in range(STYLED)]
        pictures = np.empty((len(jobs), network.SIDE, network.SIDE, 3), np.uint8)
        captions = []
        with get_context("spawn").Pool() as pool:
            for place, (picture, caption) in enumerate(pool.imap(_drawn, jobs, chunksize=50)):
                pictures[place] = picture
                captions.append(caption)
                if (place + 1) % 1000 == 0:
                    log(stage="draw", pictures=place + 1, of=len(jobs))
        (folder / "captions.json").write_text(json.dumps(captions[:count]), encoding="utf-8")
        np.save(path, pictures)
    return np.load(path, mmap_mode="r")


def _drawn(job: tuple[str, int]) -> tuple[NDArray[np.uint8], str]:
    facade = draw(*job, size=(network.SIDE, network.SIDE))
    return np.asarray(facade.image.convert("RGB")), facade.caption


def _pixels(pictures_BHWC: NDArray[np.uint8]) -> Tensor:
    """Pictures as the autoencoder takes them: float32, (B, 3, H, W), -1 to 1."""
    return torch.from_numpy(pictures_BHWC).permute(0, 3, 1, 2).float() / 127.5 - 1


# Autoencoder --------------------------------------------------------------------------------------------------------


def train_autoencoder(folder: Path, pictures: NDArray[np.uint8], steps: int, seed: int, log: Log) -> Any:
    """Trains on crops of 64 pixels; noise on the latents makes the decoder forgive a UNet's small mistakes."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        autoencoder = network.new_autoencoder().to(memory_format=torch.channels_last)
    path = folder / "autoencoder.safetensors"
    if path.exists():
        autoencoder.load_state_dict(load_file(path))
        return autoencoder.eval()
    optimizer = torch.optim.AdamW(autoencoder.parameters(), lr=6e-4, betas=(0.9, 0.99), weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: cosine(step, steps, warmup=100))
    clock, partial = _stopwatch(), folder / "autoencoder.partial.safetensors"
    for step in range(1, steps + 1):
        generator = stream(seed, "autoencoder", step)
        crops = _pixels(_crops(pictures, 4, 64, generator)).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=step < 0.9 * steps):
            latents = autoencoder.encoder(crops)
            noisy = latents + 0.05 * torch.randn(latents.shape, generator=generator)
            restored = autoencoder.decoder(noisy)
        loss = reconstruction_loss(restored.float(), crops) + 0.02 * moment_loss(latents.float())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(autoencoder.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 0 or step == steps:
            error = round(_held_out_error(autoencoder, pictures), 4)
            log(stage="autoencoder", step=step, loss=round(loss.item(), 4), held_out_l1=error, seconds=clock())
            save_file({key: value.contiguous() for key, value in autoencoder.state_dict().items()}, partial)
    partial.rename(path)
    return autoencoder.eval()


def _crops(pictures: NDArray[np.uint8], count: int, side: int, generator: torch.Generator) -> NDArray[np.uint8]:
    places = torch.randint(HELD_OUT, len(pictures), (count,), generator=generator).tolist()
    corners = torch.randint(0, network.SIDE - side + 1, (count, 2), generator=generator).tolist()
    return np.stack(
        [pictures[place, y : y + side, x : x + side] for place, (y, x) in zip(places, corners, strict=True)]
    )


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
def _held_out_error(autoencoder: Any, pictures: NDArray[np.uint8]) -> float:
    pixels = _pixels(np.asarray(pictures[:16]))
    return (autoencoder.decoder(autoencoder.encoder(pixels)) - pixels).abs().mean().item()


@torch.no_grad()
def encode(folder: Path, pictures: NDArray[np.uint8], autoencoder: Any) -> Tensor:
    """Latents of the ordinary buildings, float16, shape (pictures, 4, SIDE / 8, SIDE / 8)."""
    path = folder / "latents.safetensors"
    if not path.exists():
        count = len(pictures) - len(STYLES) * STYLED
        parts = []
        with torch.autocast("cpu", torch.bfloat16):
            for start in range(0, count, 32):
                pixels = _pixels(np.asarray(pictures[start : min(start + 32, count)]))
                parts.append(autoencoder.encoder(pixels.contiguous(memory_format=torch.channels_last)).half())
        save_file({"latents": torch.cat(parts).contiguous()}, path)
    return load_file(path)["latents"]


# Text encoder and UNet ----------------------------------------------------------------------------------------------


def tokenize(captions: list[str], comfyui: Path) -> Tensor:
    """CLIP's tokens of the captions, the empty one last: int64, shape (captions + 1, 77)."""
    from transformers import CLIPTokenizer

    tokenizer = CLIPTokenizer.from_pretrained(comfyui / "comfy" / "sd1_tokenizer")
    settings = {"padding": "max_length", "max_length": 77, "truncation": True, "return_tensors": "pt"}
    return tokenizer([*captions, ""], **settings).input_ids


def train_unet(
    options: argparse.Namespace, latents: Tensor, tokens: Tensor, log: Log, batch: int = 16
) -> tuple[Any, Any]:
    """Trains both together on noise prediction; what is kept is a moving average of their weights."""
    folder, steps, seed = options.folder, options.unet_steps, options.seed
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        unet, text_encoder = network.new_unet(), network.new_text_encoder()
    both = torch.nn.ModuleDict({"unet": unet, "text_encoder": text_encoder})
    if options.unet_start:
        both.load_state_dict(load_file(options.unet_start))
    average = {key: value.detach().clone() for key, value in both.state_dict().items()}
    path = folder / "unet.safetensors"
    if path.exists():
        both.load_state_dict(load_file(path))
        return unet.eval(), text_encoder.eval()
    optimizer = torch.optim.AdamW(both.parameters(), lr=6e-4, betas=(0.9, 0.99), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: cosine(step, steps, warmup=200))
    alphas_cumprod = sd15_alphas_cumprod()
    clock, losses = _stopwatch(), []
    for step in range(1, steps + 1):
        generator = stream(seed, "unet", step)
        places = torch.randint(HELD_OUT, len(latents), (batch,), generator=generator)
        timesteps = torch.randint(NUM_TIMESTEPS, (batch,), generator=generator)
        bare = torch.rand(batch, generator=generator) < 0.1  # classifier-free guidance wants it
        loss_B = noise_loss(both, latents[places].float(), tokens[torch.where(bare, -1, places)], timesteps, generator)
        loss = (loss_B * min_snr_weights(alphas_cumprod[timesteps], 5.0)).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(both.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        decay = min(0.999, step / (step + 10))
        for key, value in both.state_dict().items():
            average[key].lerp_(value, 1 - decay) if value.is_floating_point() else average[key].copy_(value)
        losses.append(loss_B.mean().item())
        if step % 100 == 0 or step == steps:
            log(stage="unet", step=step, loss=round(float(np.mean(losses[-100:])), 5), seconds=clock())
            save_file(average, folder / "unet.partial.safetensors")
    both.load_state_dict(average)
    _calm_unseen_words(text_encoder, tokens)
    both.eval()
    log(stage="held_out", loss=round(held_out_loss(both, latents, tokens), 5), pictures=HELD_OUT)
    save_file(both.state_dict(), path)
    return unet, text_encoder


def noise_loss(
    both: Any, latents_BCHW: Tensor, tokens_BT: Tensor, timesteps_B: Tensor, generator: torch.Generator
) -> Tensor:
    """The mean squared error between added and predicted noise, shape (B,)."""
    noise_BCHW = torch.randn(latents_BCHW.shape, generator=generator)
    noisy_BCHW = add_noise(latents_BCHW, noise_BCHW, sd15_alphas_cumprod()[timesteps_B])
    context_BTD = both["text_encoder"](tokens_BT).last_hidden_state
    predicted_BCHW = both["unet"](noisy_BCHW, timesteps_B, context_BTD).sample
    return (predicted_BCHW - noise_BCHW).square().mean(dim=(1, 2, 3))


@torch.no_grad()
def held_out_loss(both: Any, latents: Tensor, tokens: Tensor) -> float:
    """The mean loss over evenly placed timesteps on pictures that were not trained on."""
    losses = []
    for start in range(0, HELD_OUT, 32):
        timesteps = torch.arange(start, start + 32) * NUM_TIMESTEPS // HELD_OUT
        generator = stream(0, "held_out", start)
        part = slice(start, start + 32)
        losses.append(noise_loss(both, latents[part].float(), tokens[part], timesteps, generator))
    return torch.cat(losses).mean().item()


def _calm_unseen_words(text_encoder: Any, tokens: Tensor) -> None:
    """Gives every word that stood in no caption the mean of those that did, in place of noise."""
    embedding = text_encoder.get_input_embeddings().weight.data
    seen = torch.zeros(len(embedding), dtype=torch.bool)
    seen[tokens.unique()] = True
    embedding[~seen] = embedding[seen].mean(dim=0)


def cosine(step: int, steps: int, warmup: int) -> float:
    """The share of the learning rate at a step: a linear rise, then half a cosine to nothing."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warmup) / (steps - warmup))))


# The file -----------------------------------------------------------------------------------------------------------


def write(folder: Path, unet: Any, autoencoder: Any, text_encoder: Any, options: argparse.Namespace, log: Log) -> None:
    """Writes pocket_sd.safetensors, float16, with what was trained and how well in its metadata."""
    sys.path.append(str(options.comfyui))
    sys.argv[1:] = ["--cpu"]  # ComfyUI reads it on import
    from comfy.utils import unet_to_diffusers

    weights = network.checkpoint(unet, autoencoder, text_encoder, unet_to_diffusers(network.unet_config()))
    metadata = {
        "modelspec.title": "Pocket SD: drawn buildings at 128 pixels",
        "modelspec.license": "GPL-3.0-or-later",
        "pocket.pictures": str(options.pictures),
        "pocket.seed": str(options.seed),
        **{f"pocket.{stage}": json.dumps(log.last(stage)) for stage in ("autoencoder", "unet", "held_out")},
    }
    path = folder / "pocket_sd.safetensors"
    save_file({key: value.half() for key, value in weights.items()}, path, metadata)
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
