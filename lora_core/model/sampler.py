"""The deterministic sampler of denoising diffusion implicit models, DDIM (Song et al. 2021)."""

from __future__ import annotations

from torch import Tensor

from .diffusion import NUM_TIMESTEPS


def ddim_timesteps(steps: int) -> list[tuple[int, int]]:
    """Each step's timestep and the one it leads to, from noise to picture.

    Evenly spaced, the last at timestep 1; the step from there leads to timestep 0, the cleanest that was trained.
    """
    spacing = NUM_TIMESTEPS // steps
    timesteps = [1 + spacing * number for number in reversed(range(steps))]
    return [(timestep, max(0, timestep - spacing)) for timestep in timesteps]


def ddim_step(latents_BCHW: Tensor, noise_BCHW: Tensor, alpha: Tensor, next_alpha: Tensor) -> Tensor:
    """x_s = sqrt(a_s) (x_t - sqrt(1 - a_t) eps) / sqrt(a_t) + sqrt(1 - a_s) eps (equation 12 with sigma = 0).

    Args:
        latents_BCHW: x_t.
        noise_BCHW: eps, the noise that the UNet predicts in them.
        alpha: a_t, the product of (1 - beta) up to the timestep, a scalar tensor.
        next_alpha: a_s, the same for the timestep that the step leads to.
    """
    clean_BCHW = (latents_BCHW - (1 - alpha).sqrt() * noise_BCHW) / alpha.sqrt()
    return next_alpha.sqrt() * clean_BCHW + (1 - next_alpha).sqrt() * noise_BCHW
