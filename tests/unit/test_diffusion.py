"""The schedule, the forward process and the loss against literal values and against diffusers."""

from __future__ import annotations

import pytest
import torch
from diffusers import DDPMScheduler

from lora_core.model.diffusion import add_noise, diffusion_loss, min_snr_weights, offset_noise, sd15_alphas_cumprod

# Computed in float64 by numpy from SD 1.5's v1-inference.yaml: linear_start 0.00085, linear_end 0.0120.
LITERAL_ALPHAS_CUMPROD = {0: 0.99915, 1: 0.998296, 499: 0.277670, 999: 0.004660}


@pytest.fixture(scope="module")
def scheduler() -> DDPMScheduler:
    return DDPMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", num_train_timesteps=1000)


@pytest.mark.parametrize(("timestep", "value"), LITERAL_ALPHAS_CUMPROD.items())
def test_schedule_has_the_literal_values(timestep: int, value: float) -> None:
    assert sd15_alphas_cumprod()[timestep].item() == pytest.approx(value, abs=2e-6)


def test_schedule_is_that_of_diffusers(scheduler: DDPMScheduler) -> None:
    torch.testing.assert_close(sd15_alphas_cumprod(), scheduler.alphas_cumprod, rtol=1e-5, atol=0)


def test_forward_process_is_that_of_diffusers(scheduler: DDPMScheduler) -> None:
    generator = torch.Generator().manual_seed(0)
    latents = torch.randn((5, 4, 8, 8), generator=generator)
    noise = torch.randn((5, 4, 8, 8), generator=generator)
    timesteps = torch.tensor([0, 1, 250, 700, 999])
    ours = add_noise(latents, noise, sd15_alphas_cumprod()[timesteps])
    torch.testing.assert_close(ours, scheduler.add_noise(latents, noise, timesteps), rtol=1e-5, atol=1e-5)


def test_forward_process_of_literal_numbers() -> None:
    # a = 0.64: sqrt(0.64) * 2 + sqrt(0.36) * 5 = 0.8 * 2 + 0.6 * 5 = 4.6
    noisy = add_noise(torch.full((1, 4, 1, 1), 2.0), torch.full((1, 4, 1, 1), 5.0), torch.tensor([0.64]))
    torch.testing.assert_close(noisy, torch.full((1, 4, 1, 1), 4.6))


def test_loss_is_the_training_loss_of_diffusers(base_model, scheduler: DDPMScheduler) -> None:
    """The formula of diffusers' own train_text_to_image.py: F.mse_loss(unet(noisy).float(), noise.float(), "mean")."""
    generator = torch.Generator().manual_seed(1)
    latents = torch.randn((3, 4, 8, 8), generator=generator)
    noise = torch.randn((3, 4, 8, 8), generator=generator)
    context = torch.randn((3, 77, 32), generator=generator)
    timesteps = torch.tensor([3, 400, 980])
    with torch.no_grad():
        loss_B = diffusion_loss(base_model.unet, latents, context, noise, timesteps, sd15_alphas_cumprod())
        noisy = scheduler.add_noise(latents, noise, timesteps)
        predicted = base_model.unet(noisy, timesteps, context)
    assert loss_B.shape == (3,)
    torch.testing.assert_close(loss_B.mean(), torch.nn.functional.mse_loss(predicted, noise), rtol=1e-5, atol=1e-6)


def test_min_snr_weights_of_literal_numbers() -> None:
    # SNR = a / (1 - a): 0.5 gives 1, 0.9 gives 9, 0.99 gives 99; weight min(SNR, 5) / SNR.
    weights = min_snr_weights(torch.tensor([0.5, 0.9, 0.99]), gamma=5.0)
    torch.testing.assert_close(weights, torch.tensor([1.0, 5 / 9, 5 / 99]))


def test_offset_noise_shifts_each_channel_by_its_own_number() -> None:
    noise = torch.zeros((2, 4, 3, 3))
    offset = torch.arange(8.0).reshape(2, 4)
    shifted = offset_noise(noise, offset, 0.1)
    torch.testing.assert_close(shifted.mean(dim=(2, 3)), offset * 0.1)
    assert shifted.std(dim=(2, 3)).max() < 1e-6
