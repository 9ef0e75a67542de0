"""What is measured on the validation grid, against diffusers."""

from __future__ import annotations

import pytest
import torch
from diffusers import DDPMScheduler

from lora_core.dataset.style import Picture, StyleDataset
from lora_core.model.base import BaseModel
from lora_core.model.diffusion import sd15_alphas_cumprod
from lora_core.training.grid import ValidationGrid


@pytest.mark.parametrize("timesteps", [4, 10])
def test_the_losses_are_those_of_diffusers_one_by_one(
    base_model: BaseModel, dataset: StyleDataset, timesteps: int
) -> None:
    """Each point of the grid on its own: DDPMScheduler's forward process, the UNet, and torch's mean squared error."""

    def latents(picture: Picture) -> torch.Tensor:
        width, height = picture.bucket
        seeded = torch.Generator().manual_seed(int(picture.content_hash[:8], 16))
        return torch.randn((4, height // 8, width // 8), generator=seeded)

    grid = ValidationGrid.build(dataset.validation, timesteps, seed=0)
    losses_NK = grid.losses(base_model, latents, sd15_alphas_cumprod(), torch.device("cpu"), lambda: None)
    assert losses_NK.shape == (3, timesteps)
    scheduler = DDPMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    for row, picture in enumerate(grid.pictures):
        clean = latents(picture)
        noises = grid.noise(row, clean.shape)
        context = base_model.text_encoder(base_model.tokenize([picture.caption])).last_hidden_state
        for column, timestep in enumerate(grid.timesteps_NK[row]):
            noisy = scheduler.add_noise(clean[None], noises[column][None], timestep[None])
            with torch.no_grad():
                predicted = base_model.unet(noisy, timestep[None], context)[0]
            expected = torch.nn.functional.mse_loss(predicted, noises[column])
            torch.testing.assert_close(losses_NK[row, column], expected, rtol=1e-4, atol=1e-6)


def test_a_picture_meets_the_same_noise_whatever_the_order_of_the_files(dataset: StyleDataset) -> None:
    forwards = ValidationGrid.build(dataset.validation, 4, seed=0)
    backwards = ValidationGrid.build(dataset.validation[::-1], 4, seed=0)
    assert forwards.pictures == backwards.pictures
    assert torch.equal(forwards.timesteps_NK, backwards.timesteps_NK)
