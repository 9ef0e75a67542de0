"""How much of a building's drawing is left: structural similarity and agreement of edges.

Both are measured on line drawings, (H, W) in 0...1, and where `where_HW` is given only there.
Sources: Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to structural similarity",
IEEE Transactions on Image Processing 13, 2004; Martin, Fowlkes, Malik, "Learning to detect natural image boundaries
using local brightness, color, and texture cues", IEEE PAMI 26, 2004, for precision and recall of edges.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import ConfigError

WINDOW = 11
"""Pixels: the side of the Gaussian window of SSIM, and so of the smallest picture it is defined on."""
_SIGMA = 1.5
_K1, _K2 = 0.01, 0.03

INK = 0.5
"""A pixel of a drawing that is at least as bright is a line."""
TOLERANCE = 0.0075
"""How far a line may have moved, as a share of the picture's diagonal: the Berkeley benchmark's."""


def ssim(one_HW: Tensor, other_HW: Tensor, where_HW: Tensor | None = None) -> float:
    """The mean structural similarity (Wang et al., equation 13) of two pictures in 0...1: 1 if they are the same.

    Windows that reach beyond the border are left out, as in the authors' own program.

    Raises:
        ConfigError: the pictures differ in size or are smaller than the window.
    """
    _check_sizes(one_HW, other_HW)
    if min(one_HW.shape) < WINDOW:
        raise ConfigError(
            f"Structural similarity needs pictures of at least {WINDOW} pixels a side, got {_size(one_HW)}. Use "
            "larger ones."
        )
    x, y = one_HW.double(), other_HW.double()
    mean_x, mean_y = _window_mean(x), _window_mean(y)
    variance_x, variance_y = _window_mean(x * x) - mean_x**2, _window_mean(y * y) - mean_y**2
    covariance = _window_mean(x * y) - mean_x * mean_y
    brightness = (2 * mean_x * mean_y + _K1**2) / (mean_x**2 + mean_y**2 + _K1**2)
    structure = (2 * covariance + _K2**2) / (variance_x + variance_y + _K2**2)
    similarity = brightness * structure
    if where_HW is not None:
        margin = WINDOW // 2
        inside = where_HW[margin : -margin or None, margin : -margin or None]
        similarity = similarity[inside] if inside.any() else similarity
    return float(similarity.mean())


@dataclass(frozen=True)
class EdgeAgreement:
    """Of lines: `precision` is the share of new ones where one was, `recall` the share of old ones still there."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Their harmonic mean, 0...1."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def edge_agreement(reference_HW: Tensor, found_HW: Tensor, where_HW: Tensor | None = None) -> EdgeAgreement:
    """Which lines of two drawings have one of the other within TOLERANCE.

    A line counts as met if any is near, not one for one as in the Berkeley benchmark; lines in a crowd therefore agree
    a little too easily. Two drawings without lines agree.

    Raises:
        ConfigError: the drawings differ in size.
    """
    _check_sizes(reference_HW, found_HW)
    height, width = reference_HW.shape
    radius = math.ceil(TOLERANCE * math.hypot(width, height))
    reference, found = reference_HW >= INK, found_HW >= INK
    inside = torch.ones_like(reference) if where_HW is None else where_HW
    return EdgeAgreement(
        precision=_share(found & inside, _near(reference, radius), otherwise=not (reference & inside).any()),
        recall=_share(reference & inside, _near(found, radius), otherwise=not (found & inside).any()),
    )


def _share(lines: Tensor, met: Tensor, otherwise: bool) -> float:
    """The share of lines that are met; if there is no line, whether that is right."""
    return float((lines & met).sum() / lines.sum()) if lines.any() else float(otherwise)


def _near(lines: Tensor, radius: int) -> Tensor:
    """Pixels no farther than the radius from a line."""
    offsets = torch.arange(-radius, radius + 1)
    disc = (offsets[:, None] ** 2 + offsets[None] ** 2 <= radius**2).float()
    return F.conv2d(lines[None, None].float(), disc[None, None], padding=radius)[0, 0] > 0.5


def _window_mean(field_HW: Tensor) -> Tensor:
    offsets = torch.arange(WINDOW, dtype=torch.float64) - WINDOW // 2
    kernel = torch.exp(-0.5 * (offsets / _SIGMA) ** 2)
    kernel = kernel / kernel.sum()
    rows = F.conv2d(field_HW[None, None], kernel.view(1, 1, -1, 1))
    return F.conv2d(rows, kernel.view(1, 1, 1, -1))[0, 0]


def _check_sizes(one_HW: Tensor, other_HW: Tensor) -> None:
    if one_HW.shape != other_HW.shape:
        raise ConfigError(
            f"Only pictures of one size can be compared, got {_size(one_HW)} and {_size(other_HW)}. Scale one of them."
        )


def _size(picture_HW: Tensor) -> str:
    return f"{picture_HW.shape[1]} x {picture_HW.shape[0]}"
