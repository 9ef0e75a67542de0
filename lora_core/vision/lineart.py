"""A photograph as a line drawing: white lines on black, what ControlNet Lineart (control_v11p_sd15_lineart) expects.

photograph -> brightness -> difference of two blurs (dark and bright sides of every edge) -> smoothed along the
edges' own direction, so that lines join and grain vanishes -> soft threshold

Source: H. Winnemoeller, J. E. Kyprianidis, S. C. Olsen, "XDoG: an eXtended difference-of-Gaussians compendium
including advanced image stylization", Computers & Graphics 36, 2012: equations 5 and 7 and the flow-guided smoothing
of section 2.6. No model, no weights.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ..errors import ConfigError

FloatArray = NDArray[np.float32]

REFERENCE_SIDE = 512.0
"""Widths below are in pixels of a picture with this short side; others are scaled, so drawings look alike."""

_K = 1.6
"""Ratio of the two blurs: with this value their difference is closest to a Laplacian (Marr and Hildreth)."""


def lineart(image: NDArray[np.floating], *, detail: float = 0.5) -> FloatArray:
    """Draw the lines of a picture.

    Args:
        image: (H, W, 3) RGB or (H, W) grey, 0...1.
        detail: 0 draws outlines only, 1 the finest lines too.

    Returns:
        (H, W) float32, 0...1: 0 paper (black), 1 line (white), anti-aliased.

    Raises:
        ConfigError: the array has another shape, is empty, or `detail` is not within 0...1.
    """
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3) or 0 in image.shape:
        raise ConfigError(f"lineart takes an image of shape (H, W, 3) or (H, W), got {image.shape}.")
    if not 0.0 <= detail <= 1.0:
        raise ConfigError(f"detail must be from 0 to 1, got {detail}.")
    with torch.no_grad():
        grey = _brightness(torch.from_numpy(np.ascontiguousarray(image, dtype=np.float32)))
        unit = min(grey.shape[-2:]) / REFERENCE_SIDE
        sigma = max(0.5, unit * (1.3 - 0.6 * detail))
        edges = _contrast_normalised(_blur(grey, sigma) - _blur(grey, _K * sigma), grey, 24 * unit)
        tangent, coherence = _flow(grey, max(1.0, 2.5 * unit))
        edges = _along(edges, tangent, length=6, step=max(0.6, 0.9 * unit))
        # Foliage and gravel have edges in all directions; a building's run one way.
        ink = -edges * coherence ** (1.0 - 0.8 * detail)
        lines = _soft_threshold(ink, 0.26 - 0.16 * detail)
    return np.asarray(lines[0, 0].clamp(0, 1).numpy(), dtype=np.float32)


def _brightness(image: Tensor) -> Tensor:
    """(H, W, 3) or (H, W) -> (1, 1, H, W), perceived brightness (Rec. 601 weights)."""
    image = torch.nan_to_num(image, nan=0.0).clamp(0, 1)
    if image.ndim == 3:
        image = image @ torch.tensor([0.299, 0.587, 0.114])
    return image[None, None]


def _contrast_normalised(edges: Tensor, grey: Tensor, sigma: float) -> Tensor:
    """Edges relative to the contrast around them, so that shaded walls get lines as well as sunlit ones."""
    strength = _blur(edges.square(), sigma).sqrt()
    floor = strength.mean() * 0.6 + 0.004
    return edges / (strength + floor)


def _flow(grey: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
    """The smoothed structure tensor's minor axis and anisotropy.

    Returns:
        Unit vectors (1, 2, H, W; x then y) along the edges, and (1, 1, H, W) how much they agree nearby: 0 for
        edges in all directions, 1 for parallel ones.
    """
    padded = F.pad(grey, (1, 1, 1, 1), mode="replicate")
    dx = (padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]) / 2
    dy = (padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]) / 2
    xx, xy, yy = _blur(dx * dx, sigma), _blur(dx * dy, sigma), _blur(dy * dy, sigma)
    angle = 0.5 * torch.atan2(2 * xy, xx - yy)  # of the gradient
    coherence = ((xx - yy).square() + 4 * xy.square()).sqrt() / (xx + yy + 1e-6)
    return torch.cat([-angle.sin(), angle.cos()], dim=1), coherence.clamp(0, 1)


def _along(field: Tensor, tangent: Tensor, length: int, step: float) -> Tensor:
    """Gaussian mean of a field (1, 1, H, W) along the streamlines of the tangents, `length` steps each way."""
    height, width = field.shape[-2:]
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    start = torch.stack([columns, rows]).float()[None]
    total, weight = field.clone(), 1.0
    for sign in (1.0, -1.0):
        place, heading = start, sign * tangent
        for index in range(1, length + 1):
            place = place + step * heading
            here = _sample(tangent, place)
            # A tangent has no sign: follow the direction that continues, not the one that turns back.
            heading = here * torch.where((here * heading).sum(1, keepdim=True) < 0, -1.0, 1.0)
            part = math.exp(-0.5 * (2 * index / length) ** 2)
            total, weight = total + part * _sample(field, place), weight + part
    return total / weight


def _sample(field: Tensor, place: Tensor) -> Tensor:
    """Bilinear values of a field (1, C, H, W) at pixel places (1, 2, H, W), borders repeated."""
    height, width = field.shape[-2:]
    scale = torch.tensor([max(width - 1, 1), max(height - 1, 1)], dtype=torch.float32).view(1, 2, 1, 1)
    grid = (2 * place / scale - 1).permute(0, 2, 3, 1)
    return F.grid_sample(field, grid, mode="bilinear", padding_mode="border", align_corners=True)


def _soft_threshold(ink: Tensor, threshold: float) -> Tensor:
    """0 below the threshold, rising to 1 as tanh above it (equation 5, with ink for 1 - brightness)."""
    return torch.tanh(2.2 * (ink - threshold).clamp(min=0))


def _blur(field: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of (1, 1, H, W), borders repeated."""
    radius = max(1, math.ceil(3 * sigma))
    offsets = torch.arange(-radius, radius + 1, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (offsets / sigma) ** 2)
    kernel = kernel / kernel.sum()
    field = F.conv2d(F.pad(field, (radius, radius, 0, 0), mode="replicate"), kernel.view(1, 1, 1, -1))
    return F.conv2d(F.pad(field, (0, 0, radius, radius), mode="replicate"), kernel.view(1, 1, -1, 1))
