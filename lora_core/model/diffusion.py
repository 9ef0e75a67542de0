"""The mathematics of the diffusion model: schedule, forward process and loss, with all randomness passed in.

Shapes: B pictures, C = 4 latent channels, H and W = pixels / 8, T = 77 tokens, D = 768 features per token, N = 1,000
timesteps. Equation numbers are those of the paper this project follows (docs/paper.md).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

NUM_TIMESTEPS = 1000
BETA_START, BETA_END = 0.00085, 0.012
"""SD 1.5's betas are "scaled linear" between them: the squares of a line between the roots."""


def sd15_alphas_cumprod() -> Tensor:
    """The products of (1 - beta) up to each timestep, float32, shape (N,).

    Betas as in the v1-inference.yaml of SD 1.5's model card (Rombach et al. 2022).
    """
    betas = torch.linspace(BETA_START**0.5, BETA_END**0.5, NUM_TIMESTEPS, dtype=torch.float64) ** 2
    return torch.cumprod(1.0 - betas, dim=0).float()


def add_noise(latents_BCHW: Tensor, noise_BCHW: Tensor, alphas_cumprod_B: Tensor) -> Tensor:
    """Equation (4), the forward process: x_t = sqrt(a_t) x_0 + sqrt(1 - a_t) eps (Ho et al. 2020)."""
    alphas = alphas_cumprod_B.view(-1, 1, 1, 1).to(latents_BCHW.dtype)
    return alphas.sqrt() * latents_BCHW + (1.0 - alphas).sqrt() * noise_BCHW


def diffusion_loss(
    unet: Any,
    latents_BCHW: Tensor,
    context_BTD: Tensor,
    noise_BCHW: Tensor,
    timesteps_B: Tensor,
    alphas_cumprod_N: Tensor,
) -> Tensor:
    """Equation (13) without its factor: the mean squared error of the predicted noise, float32, shape (B,).

    The forward process and the error are computed in float32 whatever the UNet's own number format.
    """
    dtype = next(unet.parameters()).dtype
    noisy_BCHW = add_noise(latents_BCHW.float(), noise_BCHW.float(), alphas_cumprod_N[timesteps_B])
    predicted_BCHW = unet(noisy_BCHW.to(dtype), timesteps_B, context_BTD.to(dtype))
    loss_B: Tensor = (predicted_BCHW.float() - noise_BCHW.float()).square().mean(dim=(1, 2, 3))
    return loss_B


def min_snr_weights(alphas_cumprod_B: Tensor, gamma: float) -> Tensor:
    """min(SNR, gamma) / SNR for a model that predicts the noise, shape (B,) (Hang et al. 2023, section 3.4).

    SNR = a / (1 - a). The weight is 1 at noisy timesteps and falls towards 0 at clean ones.
    """
    snr_B = alphas_cumprod_B / (1.0 - alphas_cumprod_B)
    return torch.clamp(gamma / snr_B, max=1.0)


def offset_noise(noise_BCHW: Tensor, offset_BC: Tensor, strength: float) -> Tensor:
    """Noise whose mean is shifted by `strength` times a normal number per picture and channel (Guttenberg 2023)."""
    return noise_BCHW + strength * offset_BC[:, :, None, None]
