"""The preview picture: a fixed prompt, seed and sampler, so that two previews differ only by the LoRA."""

from __future__ import annotations

from collections.abc import Callable

import torch
from PIL import Image

from ..config import PreviewConfig
from ..model.autoencoder import Autoencoder
from ..model.base import BaseModel
from ..model.diffusion import sd15_alphas_cumprod
from ..model.sampler import ddim_step, ddim_timesteps
from ..model.tiny_autoencoder import TinyAutoencoder
from ..rng import stream


@torch.no_grad()
def draw_preview(
    base: BaseModel, config: PreviewConfig, resolution: int, device: torch.device, check: Callable[[], None]
) -> Image.Image:
    """Samples one square picture by DDIM (Song et al. 2021) with classifier-free guidance.

    `check` is called before each sampling step and may raise to cancel.
    """
    context_2TD = base.encode_text(base.tokenize([config.negative_prompt, config.prompt]).to(device))
    side = resolution // 8
    noise = torch.randn((1, 4, side, side), generator=stream(config.seed, "preview"))
    latents_1CHW = noise.to(device)
    dtype = next(base.unet.parameters()).dtype
    alphas_cumprod_N = sd15_alphas_cumprod()
    for timestep, next_timestep in ddim_timesteps(config.steps):
        check()
        pair_2CHW = latents_1CHW.expand(2, -1, -1, -1).to(dtype)
        timesteps_2 = torch.full((2,), timestep, device=device)
        unguided, guided = base.unet(pair_2CHW, timesteps_2, context_2TD.to(dtype)).float().chunk(2)
        predicted = unguided + config.guidance * (guided - unguided)
        latents_1CHW = ddim_step(latents_1CHW, predicted, alphas_cumprod_N[timestep], alphas_cumprod_N[next_timestep])
    base.vae.to(device)
    image = decode(base.vae, latents_1CHW)
    base.vae.to("cpu")  # its memory is needed for training
    return image


@torch.no_grad()
def decode(vae: Autoencoder | TinyAutoencoder, latents_1CHW: torch.Tensor) -> Image.Image:
    """Latents of one picture, shape (1, C, H, W), through the VAE's decoder."""
    pixels = vae.decode(latents_1CHW.float())[0]
    array = ((pixels.clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).cpu().numpy()
    return Image.fromarray(array)
