"""The first stage: the pictures are drawn."""

from __future__ import annotations

import json
from multiprocessing import get_context

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..drawing.facades import STYLES, VERNACULAR, draw
from .network import SIDE
from .plan import Log, Plan

FIRST_SEED = 1_000_000
"""Far from the seeds that demonstrations and experiments draw with."""


def draw_pictures(plan: Plan, log: Log) -> NDArray[np.uint8]:
    """All pictures, uint8, shape (N, SIDE, SIDE, 3), those in a style last; captions of the others go to a file."""
    path = plan.folder / "pictures.npy"
    if not path.exists():
        first = FIRST_SEED + plan.seed * 10_000_000
        jobs = [(VERNACULAR, first + number) for number in range(plan.pictures)]
        jobs += [(style, first + number) for style in STYLES for number in range(plan.styled)]
        pictures = np.empty((len(jobs), SIDE, SIDE, 3), np.uint8)
        captions = []
        with get_context("spawn").Pool() as pool:
            for place, (picture, caption) in enumerate(pool.imap(_drawn, jobs, chunksize=50)):
                pictures[place] = picture
                captions.append(caption)
                if (place + 1) % 1000 == 0:
                    log(stage="draw", pictures=place + 1, of=len(jobs))
        (plan.folder / "captions.json").write_text(json.dumps(captions[: plan.pictures]), encoding="utf-8")
        np.save(path, pictures)
    return np.load(path, mmap_mode="r")


def _drawn(job: tuple[str, int]) -> tuple[NDArray[np.uint8], str]:
    facade = draw(*job, size=(SIDE, SIDE))
    return np.asarray(facade.image.convert("RGB")), facade.caption


def crops(pictures: NDArray[np.uint8], count: int, side: int, generator: torch.Generator) -> Tensor:
    """Random squares of random pictures as the autoencoder takes them, shape (count, 3, side, side)."""
    places = torch.randint(len(pictures), (count,), generator=generator).tolist()
    corners = torch.randint(0, SIDE - side + 1, (count, 2), generator=generator).tolist()
    squares = [pictures[place, y : y + side, x : x + side] for place, (y, x) in zip(places, corners, strict=True)]
    return pixels(np.stack(squares)).contiguous(memory_format=torch.channels_last)


def pixels(pictures_BHWC: NDArray[np.uint8]) -> Tensor:
    """Pictures as the autoencoder takes them: float32, (B, 3, H, W), -1 to 1."""
    return torch.from_numpy(pictures_BHWC).permute(0, 3, 1, 2).float() / 127.5 - 1
