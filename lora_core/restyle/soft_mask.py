"""The soft mask of a restyling: 1 where new pixels may come, 0 where the photograph stays, grey for a strength between.

Everything here makes masks softer towards their inside only: what is black stays black.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, minimum
from torch.nn.functional import avg_pool2d, max_pool2d

Pool = Callable[[Tensor, tuple[int, int], int, tuple[int, int]], Tensor]

SEAM = 8
"""Pixels over which the photograph passes into the new picture: one latent, the least that a sampler can change."""
FAINT = 0.1
"""Grey below this changes too little to be worth the blur that going through the VAE costs."""


def feathered(mask_BHW: Tensor, width: int) -> Tensor:
    """A mask whose edges rise over `width` pixels, all of them inside: nowhere is it lighter than it was.

    The darkest value within half the width, then a blur of the same reach.
    """
    reach = width // 2
    if reach == 0:
        return mask_BHW
    soft_BHW = -_wide_and_high(-mask_BHW, reach, max_pool2d)
    first = reach // 3
    for radius in (first, (reach - first) // 2, (reach - first + 1) // 2):  # three boxes are nearly a Gaussian
        soft_BHW = _wide_and_high(soft_BHW, radius, _mean)
    return minimum(soft_BHW, mask_BHW)


def seam(mask_BHW: Tensor) -> Tensor:
    """How much of the new picture to lay over the photograph if the sampler itself made grey a strength per pixel.

    Blending by the mask would halve again what is half changed already. So this is 0 where the mask is black, which
    leaves the photograph as it is, and 1 wherever the picture has changed noticeably.
    """
    return feathered((mask_BHW / FAINT).clamp(max=1), SEAM)


def _mean(field: Tensor, size: tuple[int, int], stride: int, padding: tuple[int, int]) -> Tensor:
    return avg_pool2d(field, size, stride, padding, count_include_pad=False)


def _wide_and_high(field_BHW: Tensor, radius: int, pool: Pool) -> Tensor:
    """Pools windows of 2 radius + 1 pixels a side, as far as the picture reaches."""
    height, width = (min(radius, length - 1) for length in field_BHW.shape[-2:])
    rows_B1HW = pool(field_BHW[:, None], (2 * height + 1, 1), 1, (height, 0))
    return pool(rows_B1HW, (1, 2 * width + 1), 1, (0, width))[:, 0]
