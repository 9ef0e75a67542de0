"""Whether generated pictures are copies of training pictures: pure functions of distances."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

NEAR = 1 / 3
"""A copy is this much nearer to its nearest training picture than to the second nearest (Yoon et al. 2023)."""


class Copies(NamedTuple):
    """Of some generated pictures."""

    nearer: float
    """The share whose nearest picture is a training picture, among as many unseen ones; 0.5 by chance."""
    copied: float
    """The share that is a copy by the rule of NEAR."""


def find_copies(generated_BD: Tensor, training_ND: Tensor, unseen_MD: Tensor) -> Copies:
    """Compares pictures, or their latents, by Euclidean distance.

    Args:
        generated_BD: at least one.
        training_ND: at least two.
        unseen_MD: of the same style; only the first N count, so that neither side is favoured by its number.

    Raises:
        ValueError: there are fewer unseen pictures than training ones.
    """
    if len(unseen_MD) < len(training_ND):
        raise ValueError(f"{len(training_ND)} training pictures need as many unseen ones, got {len(unseen_MD)}")
    nearest_B2 = torch.cdist(generated_BD, training_ND).topk(2, largest=False).values
    unseen_B = torch.cdist(generated_BD, unseen_MD[: len(training_ND)]).amin(dim=1)
    nearer_B, copied_B = nearest_B2[:, 0] < unseen_B, nearest_B2[:, 0] < NEAR * nearest_B2[:, 1]
    return Copies(float(nearer_B.double().mean()), float(copied_B.double().mean()))
