"""Real photographs for the tests, cut at test time from those that come with scikit-learn and scikit-image."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

TILE = 96
LEAST_CONTRAST = 30.0
"""Standard deviation in grey levels below which a tile is bare sky or wall, and like any other such tile."""


def china() -> Image.Image:
    """A pavilion in a park, 640 x 427 pixels."""
    from sklearn.datasets import load_sample_image

    return Image.fromarray(load_sample_image("china.jpg"))


def write_photographs(folder: Path, count: int, first: int = 0) -> Path:
    """Writes `count` different photographs of 96 x 96 pixels; other values of `first` give other ones."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, tile in enumerate(_tiles()[first : first + count], start=first):
        tile.save(folder / f"photograph {number:02d}.jpg", quality=95)
    return folder


@cache
def _tiles() -> list[Image.Image]:
    """Tiles of several photographs, none of which overlaps another."""
    return [tile for photograph in _photographs() for tile in _cut(photograph)]


def _photographs() -> Iterator[Image.Image]:
    from skimage import data

    yield china()
    for picture in (data.rocket(), data.coffee(), data.astronaut(), data.chelsea()):
        yield Image.fromarray(picture)


def _cut(photograph: Image.Image) -> Iterator[Image.Image]:
    for top in range(0, photograph.height - TILE + 1, TILE):
        for left in range(0, photograph.width - TILE + 1, TILE):
            tile = photograph.crop((left, top, left + TILE, top + TILE))
            if np.asarray(tile.convert("L")).std() >= LEAST_CONTRAST:
                yield tile
