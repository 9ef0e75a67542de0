"""How far generated pictures are from unseen ones of the style: a small network of the drawn world is the eye."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from lora_core.model.base import BaseModel
from lora_core.model.diffusion import sd15_alphas_cumprod
from lora_core.model.sampler import ddim_step, ddim_timesteps
from lora_core.rng import stream
from pocket.pretraining.classifier import Classifier, train_classifier
from pocket.pretraining.measure import kernel_distance
from pocket.pretraining.pictures import draw_pictures, pixels
from pocket.pretraining.plan import Log, Plan

from .plan import GUIDANCE, SAMPLING_STEPS, SIDE

EYE = {"pictures": 600, "styled": 600, "held_out": 60, "classifier_steps": 900}
"""What the network is trained on and for how long: pictures that no run of the experiment has."""
AT_ONCE = 16

SHORT_EYE = {"pictures": 8, "styled": 8, "held_out": 2, "classifier_steps": 2}
"""Only to see that everything works."""


def trained_eye(folder: Path, comfyui: Path, settings: Mapping[str, int] = EYE) -> Classifier:
    """The classifier of building styles whose features are compared; trained in `folder` once."""
    folder.mkdir(parents=True, exist_ok=True)
    plan, log = Plan(folder, comfyui, **settings), Log(folder / "log.jsonl")
    return train_classifier(plan, draw_pictures(plan, log), log).eval()


@torch.no_grad()
def generate(base: BaseModel, captions: list[str], seed: int) -> Tensor:
    """A picture for each caption, -1 to 1, shape (B, 3, SIDE, SIDE); the same noise each call."""
    return torch.cat([base.vae.decode(some).clamp(-1, 1) for some in sample(base, captions, seed).split(AT_ONCE)])


@torch.no_grad()
def sample(base: BaseModel, captions: list[str], seed: int) -> Tensor:
    """The latents of a picture for each caption, by DDIM with guidance; the same noise each call."""
    alphas_cumprod = sd15_alphas_cumprod()
    bare = base.encode_text(base.tokenize([""]))
    sampled = []
    for start in range(0, len(captions), AT_ONCE):
        some = captions[start : start + AT_ONCE]
        context = torch.cat([base.encode_text(base.tokenize(some)), bare.expand(len(some), -1, -1)])
        generator = stream(seed, "generated", start)
        latents = torch.randn((len(some), 4, SIDE // 8, SIDE // 8), generator=generator)
        for now, then in ddim_timesteps(SAMPLING_STEPS):
            timesteps = torch.full((2 * len(some),), now)
            asked, unasked = base.unet(latents.repeat(2, 1, 1, 1), timesteps, context).chunk(2)
            noise = unasked + GUIDANCE * (asked - unasked)
            latents = ddim_step(latents, noise, alphas_cumprod[now], alphas_cumprod[then])
        sampled.append(latents)
    return torch.cat(sampled)


def read_pixels(paths: list[Path]) -> Tensor:
    """Pictures of SIDE × SIDE as `generate` gives them."""
    return pixels(np.stack([np.asarray(Image.open(path).convert("RGB")) for path in paths]))


@torch.no_grad()
def distance(eye: Classifier, some: Tensor, others: Tensor) -> float:
    """The kernel distance (Bińkowski et al. 2018) of the features of two sets of pictures."""
    return kernel_distance(eye.features(some).double(), eye.features(others).double())
