"""How closely generated pictures follow the lines or the depth that they were given, with a ControlNet and without."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from .depth_reader import DepthReader, depth_rmse
from .hints import Greys, lines_of
from .pictures import Pictures

LINE = 127
"""What is lighter in a line drawing counts as line."""
ASIDE = 1
"""Pixels by which a line may miss its place."""


def line_f1(pictures_BCHW: Tensor, wanted: Greys) -> float:
    """The mean over pictures, from -1 to 1, of how their lines and the given ones find each other.

    It is the harmonic mean of two shares: of the pictures' lines that were wanted, and of the wanted that are there.
    """
    there = _lines(lines_of(bytes_of(pictures_BCHW)))
    given = _lines(wanted)
    right = (there * _wide(given)).sum(dim=(1, 2, 3)) / there.sum(dim=(1, 2, 3)).clamp(min=1)
    found = (given * _wide(there)).sum(dim=(1, 2, 3)) / given.sum(dim=(1, 2, 3)).clamp(min=1)
    return (2 * right * found / (right + found).clamp(min=1e-6)).mean().item()


def departure(kind: str, pictures_BCHW: Tensor, wanted: Greys, reader: DepthReader) -> dict[str, float]:
    """The measure of a kind of control picture, by its name."""
    if kind == "lineart":
        return {"line_f1": round(line_f1(pictures_BCHW, wanted), 4)}
    return {"depth_rmse": round(depth_rmse(reader, pictures_BCHW, wanted), 4)}


def bytes_of(pictures_BCHW: Tensor) -> Pictures:
    """Pictures from -1 to 1 as they are saved."""
    levels = ((pictures_BCHW + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return levels.permute(0, 2, 3, 1).contiguous().numpy()


def _lines(greys: Greys) -> Tensor:
    return (torch.from_numpy(greys) > LINE).float()[:, None]


def _wide(lines_B1HW: Tensor) -> Tensor:
    return max_pool2d(lines_B1HW, 2 * ASIDE + 1, stride=1, padding=ASIDE)
