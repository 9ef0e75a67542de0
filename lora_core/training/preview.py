"""The preview picture: a fixed prompt, seed and sampler, so that two previews differ only by the LoRA."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from PIL import Image
from torch import Tensor

from ..config import PreviewConfig
from ..memory import Lent, Portion, in_portions, silent
from ..model.autoencoder import Autoencoder
from ..model.base import BaseModel
from ..model.diffusion import sd15_alphas_cumprod
from ..model.sampler import ddim_step, ddim_timesteps
from ..model.tiny_autoencoder import TinyAutoencoder
from ..model.unet import UNet
from ..rng import stream

_DOING = "while drawing a preview"


@torch.no_grad()
def draw_preview(
    base: BaseModel,
    config: PreviewConfig,
    resolution: int,
    device: torch.device,
    check: Callable[[], None],
    told: Callable[[str], None] = silent,
) -> Image.Image:
    """Samples one square picture by DDIM (Song et al. 2021) with classifier-free guidance.

    `check` is called before each sampling step and may raise to cancel; `told` hears how it makes do with less memory.

    Raises:
        MemoryError: there is too little of it all the same.
    """
    failure = MemoryError("There is no memory for a preview.")
    portion = Portion(2, device, told)
    contexts = tuple(base.encode_text(base.tokenize([config.negative_prompt, config.prompt]).to(device)))
    side = resolution // 8
    noise = torch.randn((1, 4, side, side), generator=stream(config.seed, "preview"))
    latents_1CHW = noise.to(device)
    alphas_cumprod_N = sd15_alphas_cumprod()
    for timestep, next_timestep in ddim_timesteps(config.steps):
        check()
        predict = partial(_noise, base.unet, latents_1CHW, timestep)
        noises = [noise_BCHW for _, noise_BCHW in in_portions(contexts, portion, predict, _DOING, failure)]
        unguided, guided = torch.cat(noises).chunk(2)
        predicted = unguided + config.guidance * (guided - unguided)
        latents_1CHW = ddim_step(latents_1CHW, predicted, alphas_cumprod_N[timestep], alphas_cumprod_N[next_timestep])
    with Lent(base.vae, device, told) as lent:
        return lent.run(lambda vae, place: decode(vae, latents_1CHW.to(place)), _DOING, failure)


def _noise(unet: UNet, latents_1CHW: Tensor, timestep: int, contexts: Sequence[Tensor]) -> Tensor:
    """What the UNet takes for noise in the latents under each context, float32, shape (B, C, H, W)."""
    context_BTD = torch.stack(tuple(contexts))
    dtype = next(unet.parameters()).dtype
    timesteps_B = torch.full((len(context_BTD),), timestep, device=latents_1CHW.device)
    noisy_BCHW = latents_1CHW.expand(len(context_BTD), -1, -1, -1).to(dtype)
    noise_BCHW: Tensor = unet(noisy_BCHW, timesteps_B, context_BTD.to(dtype)).float()
    return noise_BCHW


@torch.no_grad()
def decode(vae: Autoencoder | TinyAutoencoder, latents_1CHW: Tensor) -> Image.Image:
    """Latents of one picture, shape (1, C, H, W), through the VAE's decoder."""
    pixels = vae.decode(latents_1CHW.float())[0]
    array = ((pixels.clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).cpu().numpy()
    return Image.fromarray(array)
