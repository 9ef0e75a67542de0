"""Where a photograph has changed: not at all where its soft mask is black, and more the lighter the mask is.

Pictures are (H, W, 3) in 0...1, masks (H, W) in 0...1.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

BLOCK = 8
"""Pixels: the side of a latent, the smallest thing that a sampler can change on its own."""
LEVELS = 255


@dataclass(frozen=True)
class Outside:
    """The change where the mask is black, in levels of 8-bit pixels: 0 if the photograph is kept exactly."""

    largest: float
    mean: float


def outside(photo_HWC: Tensor, picture_HWC: Tensor, mask_HW: Tensor) -> Outside | None:
    """How much the black part of the mask has changed; None if there is none."""
    kept = mask_HW <= 0
    if not kept.any():
        return None
    change = (_levels(photo_HWC) - _levels(picture_HWC)).abs()[kept]
    return Outside(float(change.max()), float(change.mean()))


def mask_correlation(photo_HWC: Tensor, picture_HWC: Tensor, mask_HW: Tensor) -> float | None:
    """Pearson's correlation of the change with the mask, over blocks of 8 pixels: 1 if change is proportional to grey.

    The idea is the correlation adherence metric (CAM) of Levin and Fried, "Differential Diffusion: giving each pixel
    its strength", Computer Graphics Forum 44, 2025. They measure change by LPIPS, a network; here it is the mean
    absolute difference of colours, which needs none, so the values are not comparable with theirs.

    Returns:
        -1...1, or None if the mask is the same everywhere or nothing has changed.
    """
    change = _blocks((photo_HWC - picture_HWC).abs().mean(dim=-1))
    wanted = _blocks(mask_HW)
    change, wanted = change - change.mean(), wanted - wanted.mean()
    size = change.square().sum().sqrt() * wanted.square().sum().sqrt()
    return float((change * wanted).sum() / size) if size > 1e-9 else None


def _levels(picture_HWC: Tensor) -> Tensor:
    return (picture_HWC.float().clamp(0, 1) * LEVELS).round()


def _blocks(field_HW: Tensor) -> Tensor:
    return avg_pool2d(field_HW[None].double(), BLOCK, ceil_mode=True, count_include_pad=False).flatten()


def may_change(mask_HW: Tensor | None) -> Tensor | None:
    """The part of a picture that is to be judged for its structure: where the mask is more white than black."""
    if mask_HW is None:
        return None
    inside = mask_HW >= 0.5
    return inside if bool(inside.any()) else torch.ones_like(inside)
