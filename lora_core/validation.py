"""The validation loss: a fixed grid of pictures, timesteps and noise, the same every epoch.

Two epochs are scored on the same noisy latents, so their losses differ by the weights alone. The grid knows no
augmentation, dropout or loss weighting, and its mean is an unbiased estimate of the mean loss over all timesteps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .base_model import BaseModel
from .dataset import Picture
from .diffusion import NUM_TIMESTEPS, diffusion_loss
from .rng import stream


def stratified_timesteps(pictures: int, per_picture: int, seed: int) -> Tensor:
    """Timesteps of the grid, int64, shape (pictures, per_picture).

    The schedule is cut into `per_picture` equal strata, one timestep of each for every picture; within a stratum the
    pictures share out its sub-strata in random order (a Latin hypercube; McKay et al. 1979). So each picture sees the
    whole schedule, and all pictures together cover it evenly.
    """
    generator = stream(seed, "validation_timesteps")
    cells = pictures * per_picture
    columns = []
    for stratum in range(per_picture):
        place = stratum * pictures + torch.randperm(pictures, generator=generator)
        columns.append(((place.double() + 0.5) * NUM_TIMESTEPS / cells).long())
    return torch.stack(columns, dim=1)


@dataclass(frozen=True)
class ValidationGrid:
    """Pictures N and, for each, K timesteps and the noise that belongs to them."""

    pictures: tuple[Picture, ...]
    timesteps_NK: Tensor
    seed: int

    @classmethod
    def build(cls, pictures: Sequence[Picture], per_picture: int, seed: int) -> ValidationGrid:
        """The grid for `pictures`, whose order does not matter: they are sorted by content."""
        ordered = tuple(sorted(pictures, key=lambda picture: picture.content_hash))
        return cls(ordered, stratified_timesteps(len(ordered), per_picture, seed), seed)

    def noise(self, index: int, shape: torch.Size) -> Tensor:
        """The K noises of one picture, float32, shape (K, C, H, W)."""
        generator = stream(self.seed, "validation_noise", index)
        return torch.randn((self.timesteps_NK.shape[1], *shape), generator=generator)

    @torch.no_grad()
    def losses(
        self,
        base: BaseModel,
        load_latents: Callable[[Picture], Tensor],
        alphas_cumprod_N: Tensor,
        device: torch.device,
        check: Callable[[], None],
        at_once: int = 4,
    ) -> Tensor:
        """The loss at every point of the grid, float32, shape (N, K).

        The timesteps of a picture go through the network `at_once` at a time, so that a fine grid needs no more memory
        than the default one; `check` is called before each picture and may raise to cancel.
        """
        rows = []
        for index, picture in enumerate(self.pictures):
            check()
            latents_CHW = load_latents(picture)
            noise_KCHW = self.noise(index, latents_CHW.shape).to(device)
            context_1TD = base.encode_text(base.tokenize([picture.caption or ""]).to(device))
            timesteps_K = self.timesteps_NK[index].to(device)
            parts = zip(torch.split(noise_KCHW, at_once), torch.split(timesteps_K, at_once), strict=True)
            losses = [
                diffusion_loss(
                    base.unet,
                    latents_CHW.to(device).expand_as(noise_BCHW),
                    context_1TD.expand(len(timesteps_B), -1, -1),
                    noise_BCHW,
                    timesteps_B,
                    alphas_cumprod_N,
                ).cpu()
                for noise_BCHW, timesteps_B in parts
            ]
            rows.append(torch.cat(losses))
        return torch.stack(rows)


def as_rows(losses_NK: Tensor) -> list[list[float]]:
    """Losses as nested lists for the record, rounded to what float32 can tell apart."""
    return [[float(f"{value:.9g}") for value in row] for row in losses_NK.tolist()]
