"""Where a loss is measured: our placed grid, those of other trainers, and uniform timesteps."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lora_core.dataset.style import Picture
from lora_core.model.diffusion import NUM_TIMESTEPS
from lora_core.rng import stream
from lora_core.training.grid import ValidationGrid

RIVALS = {
    "kohya": (200, 400, 600, 800),
    "OneTrainer": (499,),
    "ai-toolkit": (999, 749, 499, 249),
}
"""The timesteps at which other trainers validate each picture: sd-scripts' four, OneTrainer's one with the same noise
for all pictures, and the four noise levels 1, 0.75, 0.5 and 0.25 of ai-toolkit."""


class EqualGrid(ValidationGrid):
    """Every timestep has the same weight."""

    @property
    def weights_NK(self) -> Tensor:
        """One everywhere."""
        return torch.ones(self.timesteps_NK.shape, dtype=torch.float64)


class OneNoiseGrid(EqualGrid):
    """The same noise for all pictures, too."""

    def noise(self, index: int, shape: torch.Size) -> Tensor:
        """The noise of the first picture."""
        return super().noise(0, shape)


def rival_grid(pictures: Sequence[Picture], rival: str) -> ValidationGrid:
    """The grid of another trainer on these pictures."""
    ordered, timesteps = _ordered(pictures), RIVALS[rival]
    kind = OneNoiseGrid if rival == "OneTrainer" else EqualGrid
    return kind(ordered, torch.tensor([timesteps] * len(ordered)), 0, rival)


def uniform_grid(pictures: Sequence[Picture], per_picture: int, name: str) -> EqualGrid:
    """Timesteps without preference: all of equal probability, stratified (a Latin hypercube; McKay et al. 1979)."""
    ordered = _ordered(pictures)
    generator = stream(1, f"{name}_timesteps")
    cells = len(ordered) * per_picture
    columns = [
        (stratum * len(ordered) + torch.randperm(len(ordered), generator=generator).double() + 0.5) / cells
        for stratum in range(per_picture)
    ]
    return EqualGrid(ordered, (torch.stack(columns, dim=1) * NUM_TIMESTEPS).long(), 1, name)


def _ordered(pictures: Sequence[Picture]) -> tuple[Picture, ...]:
    return tuple(sorted(pictures, key=lambda picture: picture.content_hash))
