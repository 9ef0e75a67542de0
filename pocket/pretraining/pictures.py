"""The first stage: the pictures are drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..drawing import STYLES, VERNACULAR
from ..drawing.facades import draw
from ..model import SIDE
from .plan import Log, Plan

FIRST_SEED = 1_000_000
"""Far from the seeds that demonstrations and experiments draw with."""
PORTION = 250
"""Pictures a file: so many are lost at most when drawing is interrupted."""

Pictures = NDArray[np.uint8]
"""Shape (N, SIDE, SIDE, 3)."""


@dataclass(frozen=True)
class Drawings:
    """All pictures of one kind; the first `held_out` of them no stage trains on."""

    pictures: Pictures
    captions: list[str]


def draw_pictures(plan: Plan, log: Log) -> dict[str, Drawings]:
    """The ordinary buildings and those of each style, by the kind's name; what is drawn already is read."""
    counts = {**dict.fromkeys(STYLES, plan.styled), VERNACULAR: plan.pictures}
    draw_portions(plan, "pictures", _drawn, counts, log)
    return {kind: read_drawings(plan, kind, count) for kind, count in counts.items()}


def draw_portions(
    plan: Plan, what: str, drawn: Callable[[str, int], dict[str, Any]], counts: Mapping[str, int], log: Log
) -> None:
    """Draws, on all cores, the portions that are not in the plan's folder of that name.

    Args:
        drawn: what to keep of a kind's building of a seed, by name.
        counts: how many buildings of each kind.
    """
    folder = plan.folder / what
    folder.mkdir(exist_ok=True)
    with get_context("spawn").Pool(initializer=_step_aside) as pool:
        for kind, count in counts.items():
            for start in range(0, count, PORTION):
                path = folder / f"{kind}_{start:06}.npz"
                if not path.exists():
                    seeds = _seeds(plan, start, min(PORTION, count - start))
                    _save(path, pool.starmap(drawn, [(kind, seed) for seed in seeds], chunksize=5))
                    log(stage=f"draw_{what}", kind=kind, buildings=start + len(seeds), of=count)


def _seeds(plan: Plan, start: int, count: int) -> range:
    first = FIRST_SEED + plan.seed * 10_000_000 + start
    return range(first, first + count)


def _step_aside() -> None:
    """One thread a process: there is a process for each core."""
    torch.set_num_threads(1)


def _drawn(kind: str, seed: int) -> dict[str, Any]:
    facade = draw(kind, seed, size=(SIDE, SIDE))
    return {"pictures": np.asarray(facade.image.convert("RGB")), "captions": facade.caption}


def _save(path: Path, drawn: list[dict[str, Any]]) -> None:
    kept: dict[str, Any] = {name: np.stack([building[name] for building in drawn]) for name in drawn[0]}
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez(file, **kept)
    partial.replace(path)


def read_drawings(plan: Plan, kind: str, count: int) -> Drawings:
    """The first pictures of a kind that were drawn."""
    read = read_portions(plan, "pictures", kind, count)
    return Drawings(read["pictures"], read["captions"].tolist())


def read_portions(plan: Plan, what: str, kind: str, count: int) -> dict[str, NDArray[Any]]:
    """What was kept of the first buildings of a kind, by name."""
    portions = []
    for start in range(0, count, PORTION):
        with np.load(plan.folder / what / f"{kind}_{start:06}.npz") as portion:
            portions.append(dict(portion))
    return {name: np.concatenate([portion[name] for portion in portions])[:count] for name in portions[0]}


def crops(pictures: Pictures, count: int, side: int, generator: torch.Generator) -> Tensor:
    """Random squares of random pictures, half of them mirrored, shape (count, 3, side, side)."""
    places = torch.randint(len(pictures), (count,), generator=generator).tolist()
    corners = torch.randint(0, SIDE - side + 1, (count, 2), generator=generator).tolist()
    directions = (2 * torch.randint(2, (count,), generator=generator) - 1).tolist()
    squares = [
        pictures[place, y : y + side, x : x + side][:, ::direction]
        for place, (y, x), direction in zip(places, corners, directions, strict=True)
    ]
    return pixels(np.stack(squares)).contiguous(memory_format=torch.channels_last)


def pixels(pictures_BHWC: Pictures) -> Tensor:
    """Pictures as the autoencoder takes them: float32, (B, 3, H, W), -1 to 1."""
    return torch.from_numpy(pictures_BHWC).permute(0, 3, 1, 2).float() / 127.5 - 1
