"""The validation loss: a fixed grid of pictures, timesteps and noise, the same every epoch.

Two epochs are scored on the same noisy latents, so their losses differ only by the weights. The grid has no
augmentation, dropout or loss weighting. Its timesteps are placed where LoRAs improve the loss, and its mean is weighted
so that it still estimates the mean loss over all timesteps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..dataset.style import Picture
from ..errors import TrainingError
from ..memory import Portion, in_portions
from ..model.base import BaseModel
from ..model.diffusion import NUM_TIMESTEPS, diffusion_loss
from ..rng import stream
from .batches import micro_batches
from .plan import VALIDATED_AT_ONCE

UNIFORM = 0.1
"""Share of the timesteps that is spread evenly; no point of a grid has a weight above its inverse."""


def placement() -> Tensor:
    """The probability of each timestep in a grid, float64, shape (NUM_TIMESTEPS,).

    The density over x = t / NUM_TIMESTEPS is 3 (1 - x)^2, mixed with an even one. On real SD 1.5 the improvement by the
    best LoRA is distributed over the timesteps almost exactly like this (figures in docs/experiment.md).
    """
    x = torch.linspace(0, 1, NUM_TIMESTEPS + 1, dtype=torch.float64)
    return ((1 - UNIFORM) * (1 - (1 - x) ** 3) + UNIFORM * x).diff()


def stratified_timesteps(pictures: int, per_picture: int, generator: torch.Generator) -> Tensor:
    """Timesteps of a grid, int64, shape (pictures, per_picture).

    The probability is cut into `per_picture` equal strata, one timestep of each for every picture; within a stratum the
    pictures take its cells in random order (a Latin hypercube; McKay et al. 1979). So each picture sees the whole
    schedule, and all pictures together cover it as `placement` says.
    """
    cells = pictures * per_picture
    columns = []
    for stratum in range(per_picture):
        place = stratum * pictures + torch.randperm(pictures, generator=generator)
        columns.append((place.double() + 0.5) / cells)
    quantiles_NK = torch.stack(columns, dim=1)
    return torch.searchsorted(placement().cumsum(0), quantiles_NK, right=True).clamp(max=NUM_TIMESTEPS - 1)


@dataclass(frozen=True)
class ValidationGrid:
    """N pictures and, for each, K timesteps with their noise."""

    pictures: tuple[Picture, ...]
    timesteps_NK: Tensor
    seed: int
    name: str
    """Of its random streams."""

    @classmethod
    def build(
        cls, pictures: Sequence[Picture], per_picture: int, seed: int, name: str = "validation"
    ) -> ValidationGrid:
        """The grid for `pictures`, whose order does not matter: they are sorted by content."""
        ordered = tuple(sorted(pictures, key=lambda picture: picture.content_hash))
        timesteps_NK = stratified_timesteps(len(ordered), per_picture, stream(seed, f"{name}_timesteps"))
        return cls(ordered, timesteps_NK, seed, name)

    @property
    def weights_NK(self) -> Tensor:
        """The weight of each loss in a mean, 1 / (1000 p) at a timestep of probability p; float64, shape (N, K).

        They are not scaled to a mean of 1: the sum of weighted losses over N K is the estimate, as in any importance
        sampling, and dividing by the sum of the weights instead would bias it.
        """
        return 1 / (NUM_TIMESTEPS * placement()[self.timesteps_NK])

    def mean(self, losses_NK: Tensor) -> float:
        """The weighted mean of losses on this grid: an estimate of the mean over pictures and all timesteps."""
        return float((self.weights_NK * losses_NK.double()).mean())

    def noise(self, index: int, shape: torch.Size) -> Tensor:
        """The K noises of one picture, float32, shape (K, C, H, W)."""
        generator = stream(self.seed, f"{self.name}_noise", index)
        return torch.randn((self.timesteps_NK.shape[1], *shape), generator=generator)

    @torch.no_grad()
    def losses(
        self,
        base: BaseModel,
        load_latents: Callable[[Picture], Tensor],
        alphas_cumprod_N: Tensor,
        device: torch.device,
        check: Callable[[], None],
        portion: Portion | None = None,
        share: slice = slice(None),
    ) -> Tensor:
        """The loss at every point of the grid, float32, shape (N, K); zeros where the point is not in the `share`.

        Points of pictures of the same shape go through the network in portions, whatever the size of the grid. `check`
        is called before each of them and may raise to cancel.

        Raises:
            TrainingError: there is no memory for a single point.
        """
        portion = portion or Portion(VALIDATED_AT_ONCE, device)
        points = [(row, column) for row in range(len(self.pictures)) for column in range(self.timesteps_NK.shape[1])]
        points = points[share]
        buckets = [self.pictures[row].bucket for row, _ in points]
        losses_NK = torch.zeros(self.timesteps_NK.shape)

        def measured(batch: Sequence[int]) -> Tensor:
            check()
            rows, columns = zip(*(points[point] for point in batch), strict=True)
            latents = {row: load_latents(self.pictures[row]) for row in dict.fromkeys(rows)}
            noises = {row: self.noise(row, latents_CHW.shape) for row, latents_CHW in latents.items()}
            tokens_BT = base.tokenize([self.pictures[row].caption or "" for row in rows])
            loss_B = diffusion_loss(
                base.unet,
                torch.stack([latents[row] for row in rows]).to(device),
                base.encode_text(tokens_BT.to(device)),
                torch.stack([noises[row][column] for row, column in zip(rows, columns, strict=True)]).to(device),
                self.timesteps_NK[rows, columns].to(device),
                alphas_cumprod_N,
            )
            return loss_B.cpu()

        failure = TrainingError(
            "Out of memory while validating, even with one picture at a time. Close other programs that use the GPU, "
            "then run again: training resumes from there."
        )
        for one_shape in micro_batches(range(len(points)), buckets, len(points)):
            for batch, loss_B in in_portions(one_shape, portion, measured, "while validating", failure):
                rows, columns = zip(*(points[point] for point in batch), strict=True)
                losses_NK[rows, columns] = loss_B
        return losses_NK


def as_rows(values_NK: Tensor) -> list[list[float]]:
    """Losses or weights as nested lists for the record, rounded to the precision of float32."""
    return [[float(f"{value:.9g}") for value in row] for row in values_NK.tolist()]
