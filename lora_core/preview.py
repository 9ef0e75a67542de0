"""The preview picture: a fixed prompt, seed and sampler, so that two previews differ by the LoRA alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from PIL import Image

from .base_model import BaseModel
from .config import PreviewConfig
from .rng import stream


@torch.no_grad()
def draw_preview(
    base: BaseModel, config: PreviewConfig, resolution: int, device: torch.device, check: Callable[[], None]
) -> Image.Image:
    """Samples one square picture by DDIM (Song et al. 2021) with classifier-free guidance.

    `check` is called before each sampling step and may raise to cancel.
    """
    from diffusers import DDIMScheduler

    scheduler: Any = DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )
    scheduler.set_timesteps(config.steps)
    context_2TD = base.encode_text(base.tokenize([config.negative_prompt, config.prompt]).to(device))
    side = resolution // 8
    noise = torch.randn((1, 4, side, side), generator=stream(config.seed, "preview"))
    latents_1CHW = (noise * scheduler.init_noise_sigma).to(device)
    dtype = next(base.unet.parameters()).dtype
    for timestep in scheduler.timesteps:
        check()
        pair = latents_1CHW.expand(2, -1, -1, -1).to(dtype)
        unguided, guided = base.unet(pair, timestep.to(device), context_2TD.to(dtype)).sample.float().chunk(2)
        predicted = unguided + config.guidance * (guided - unguided)
        latents_1CHW = scheduler.step(predicted, timestep, latents_1CHW).prev_sample
    base.vae.to(device)
    image = decode(base.vae, latents_1CHW)
    base.vae.to("cpu")  # its memory is wanted for training
    return image


@torch.no_grad()
def decode(vae: Any, latents_1CHW: torch.Tensor) -> Image.Image:
    """Latents of one picture, shape (1, C, H, W), through the VAE's decoder."""
    pixels = vae.decode(latents_1CHW.float() / vae.config.scaling_factor).sample[0]
    array = ((pixels.clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).cpu().numpy()
    return Image.fromarray(array)
