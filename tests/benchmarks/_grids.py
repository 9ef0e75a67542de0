"""Grids as other trainers validate on: every timestep has the same weight."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lora_core.dataset.style import Picture
from lora_core.training.grid import ValidationGrid


class EqualGrid(ValidationGrid):
    """Chosen timesteps, all with the same weight."""

    @classmethod
    def at(cls, pictures: Sequence[Picture], timesteps: Sequence[int], name: str) -> EqualGrid:
        """Every picture at the same timesteps."""
        return cls(ordered(pictures), torch.tensor([list(timesteps)] * len(pictures)), 0, name)

    @property
    def weights_NK(self) -> Tensor:
        """One everywhere."""
        return torch.ones(self.timesteps_NK.shape, dtype=torch.float64)


class OneNoiseGrid(EqualGrid):
    """The same noise for all pictures, too."""

    def noise(self, index: int, shape: torch.Size) -> Tensor:
        """The noise of the first picture."""
        return super().noise(0, shape)


def ordered(pictures: Sequence[Picture]) -> tuple[Picture, ...]:
    """As in every grid: by content, so that the order of files does not matter."""
    return tuple(sorted(pictures, key=lambda picture: picture.content_hash))
