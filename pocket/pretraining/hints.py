"""Control pictures of the ordinary buildings: their lines, as LineartMap draws them, and their exact depth."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lora_core.vision.lineart import lineart

from ..drawing import VERNACULAR
from ..drawing.facades import draw
from ..model import POCKET_CONTROL_NETS, SIDE
from .pictures import Pictures, draw_portions, read_portions
from .plan import Log, Plan

KINDS = tuple(POCKET_CONTROL_NETS)

Greys = NDArray[np.uint8]
"""Shape (N, SIDE, SIDE)."""


def draw_hints(plan: Plan, log: Log) -> dict[str, Greys]:
    """Both of every ordinary building, by their kind; what is drawn already is read."""
    draw_portions(plan, "hints", _drawn, {VERNACULAR: plan.pictures}, log)
    return read_hints(plan, plan.pictures)


def read_hints(plan: Plan, count: int) -> dict[str, Greys]:
    """Those of the first buildings."""
    return read_portions(plan, "hints", VERNACULAR, count)


def _drawn(kind: str, seed: int) -> dict[str, Any]:
    facade = draw(kind, seed, size=(SIDE, SIDE))
    (lines,) = lines_of(np.asarray(facade.image.convert("RGB"))[None])
    return {"lineart": lines, "depth": np.asarray(facade.depth)}


def lines_of(pictures: Pictures) -> Greys:
    """White lines on black of each picture, by LineartMap's default."""
    return np.stack([(lineart(picture.astype(np.float32) / 255) * 255 + 0.5).astype(np.uint8) for picture in pictures])


def shades(greys_BHW: Greys) -> Tensor:
    """Control pictures as a ControlNet takes them: float32, (B, 3, H, W), 0 to 1."""
    return (torch.from_numpy(greys_BHW).float() / 255)[:, None].expand(-1, 3, -1, -1)
