"""Where a loss is measured: our placed grid, those of other trainers, and uniform timesteps."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from lora_core.dataset.style import Picture
from lora_core.model.diffusion import NUM_TIMESTEPS
from lora_core.rng import stream
from lora_core.training.grid import ValidationGrid

from .._grids import EqualGrid, OneNoiseGrid, ordered

RIVALS = {
    "kohya": (200, 400, 600, 800),
    "OneTrainer": (499,),
    "ai-toolkit": (999, 749, 499, 249),
}
"""The timesteps at which other trainers validate each picture: sd-scripts' four, OneTrainer's one with the same noise
for all pictures, and the four noise levels 1, 0.75, 0.5 and 0.25 of ai-toolkit."""


def rival_grid(pictures: Sequence[Picture], rival: str) -> ValidationGrid:
    """The grid of another trainer on these pictures."""
    kind = OneNoiseGrid if rival == "OneTrainer" else EqualGrid
    return kind.at(pictures, RIVALS[rival], rival)


def uniform_grid(pictures: Sequence[Picture], per_picture: int, name: str) -> EqualGrid:
    """Timesteps without preference: all of equal probability, stratified (a Latin hypercube; McKay et al. 1979)."""
    in_order = ordered(pictures)
    generator = stream(1, f"{name}_timesteps")
    cells = len(in_order) * per_picture
    columns = [
        (stratum * len(in_order) + torch.randperm(len(in_order), generator=generator).double() + 0.5) / cells
        for stratum in range(per_picture)
    ]
    return EqualGrid(in_order, (torch.stack(columns, dim=1) * NUM_TIMESTEPS).long(), 1, name)
