"""How closely generated pictures follow the lines or the depth that they were given: `docs/restyle.md` defines it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from lora_core.restyle.relief import depth_error
from lora_core.restyle.structure import edge_agreement, ssim

from .depth_reader import DepthReader
from .hints import Greys, lines_of
from .pictures import Pictures


def agreement(kind: str, pictures_BCHW: Tensor, wanted: Greys, reader: DepthReader) -> dict[str, float]:
    """The means over pictures, from -1 to 1, of what is measured of a kind of control picture, by name."""
    given = torch.from_numpy(wanted).float() / 255
    if kind == "lineart":
        found = torch.from_numpy(lines_of(bytes_of(pictures_BCHW))).float() / 255
        pairs = list(zip(given, found, strict=True))
        return {
            "edge_f1": _mean([edge_agreement(*pair).f1 for pair in pairs]),
            "line_ssim": _mean([ssim(*pair) for pair in pairs]),
        }
    with torch.no_grad():
        found = torch.cat([reader(part) for part in torch.split(pictures_BCHW, 16)])
    return {"depth_rmse": _mean([depth_error(*pair) for pair in zip(found, given, strict=True)])}


def bytes_of(pictures_BCHW: Tensor) -> Pictures:
    """Pictures from -1 to 1 as they are saved."""
    levels = ((pictures_BCHW + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return levels.permute(0, 2, 3, 1).contiguous().numpy()


def _mean(numbers: list[float]) -> float:
    return round(float(np.mean(numbers)), 4)
