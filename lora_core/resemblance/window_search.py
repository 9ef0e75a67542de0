"""Where in a picture another one may be: all windows of all pictures at once, at 16 x 16.

Every picture gets a perceptual hash of 256 numbers: its grey values at 16 x 16. A picture is reduced to many grids,
in which each window of 16 x 16 is a part of it at another scale and position. Hashes and windows are unit vectors, so
that one matrix product gives all their correlations, independent of brightness and contrast.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .thumbnails import Thumbnails

FloatArray = NDArray[np.float32]
Window = tuple[float, float, float, float]
"""Left, top, right, bottom as fractions of a picture's width and height."""

SMALLEST_CROP = 0.36
"""A crop is looked for if it covers at least this part of the other picture's area."""

ASPECT_TOLERANCE = 0.05
"""Tolerance in the logarithm of width by height: more than half a step of the grids."""

_SIDE = 16
_BASE_SIDE = 64
_GRID_SIDES = (16, 17, 18, 19, 20, 21, 22, 24, 25, 27, 29, 31, 33, 35, 38, 41)
"""Sizes that a picture's sides are reduced to, in steps of about 6 %, so that 16 pixels are a window of that scale."""

_GRIDS = tuple(
    (width, height)
    for width in _GRID_SIDES
    for height in _GRID_SIDES
    if width * height <= 1.06 * _SIDE**2 / SMALLEST_CROP
)
_SQUEEZE_TOLERANCE = 0.7  # the whole picture may have been squeezed to another shape
_THRESHOLD = 0.68
_COLUMNS_AT_ONCE = 512


class WindowSearch:
    """The perceptual hashes of many pictures: 2 kB each, all that is kept of them."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        self._log_aspects = np.log(np.asarray(thumbnails.aspects, dtype=np.float64))
        self._hashes = np.zeros((2, len(thumbnails), _SIDE * _SIDE), dtype=np.float32)  # plain, mirrored
        for index, image in enumerate(thumbnails):
            small = _pyramid(image, _REDUCE[:_SIDE])
            self._hashes[:, index] = unit(np.stack([small, small[:, ::-1]]).reshape(2, -1))

    def parts(self, index: int, image: Image.Image, others: NDArray[np.int64]) -> list[tuple[int, Window, bool]]:
        """Which of `others` may be a part of picture `index`: (other, window of the picture, mirrored).

        Args:
            image: the thumbnail of picture `index`.
        """
        pyramid = _pyramid(image, _REDUCE)
        best = np.full(2 * len(others), _THRESHOLD, dtype=np.float32)
        windows: dict[int, Window] = {}
        for grids, near in _matching_grids(self._log_aspects[others] - self._log_aspects[index]):
            places, tiles = _tiles(pyramid, grids)
            for start in range(0, len(near), _COLUMNS_AT_ONCE):
                some = near[start : start + _COLUMNS_AT_ONCE]
                scores = tiles @ self._hashes[:, others[some]].reshape(-1, _SIDE * _SIDE).T
                columns = np.concatenate([some, some + len(others)])  # plain, mirrored
                top = scores.max(axis=0)
                for k in np.flatnonzero(top > best[columns]):
                    best[columns[k]] = top[k]
                    windows[int(columns[k])] = places[int(scores[:, k].argmax())]
        return [(int(others[k % len(others)]), window, k >= len(others)) for k, window in windows.items()]


def unit(vectors: FloatArray) -> FloatArray:
    """Rows (N, D) minus their means, scaled to length 1; rows without contrast become 0 and match nothing."""
    centred = vectors - vectors.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    flat = length < math.sqrt(vectors.shape[1])  # under one grey level of contrast
    return np.where(flat, 0.0, centred / np.maximum(length, 1e-6)).astype(np.float32)


def _area_means(sides: tuple[int, ...], length: int) -> FloatArray:
    """Matrices that reduce `length` samples to each of `sides` by area means, stacked."""
    rows = []
    for side in sides:
        edges = np.linspace(0, length, side + 1)
        starts, ends = edges[:-1, None], edges[1:, None]
        overlap = np.minimum(ends, np.arange(1, length + 1)) - np.maximum(starts, np.arange(length))
        rows.append(np.clip(overlap, 0, None) * side / length)
    return np.concatenate(rows).astype(np.float32)


_REDUCE = _area_means(_GRID_SIDES, _BASE_SIDE)
_STARTS = dict(zip(_GRID_SIDES, np.cumsum((0, *_GRID_SIDES)).tolist(), strict=False))
_SHAPES = np.array([math.log(width / height) for width, height in _GRIDS])
_TOLERANCES = np.array([_SQUEEZE_TOLERANCE if grid == (_SIDE, _SIDE) else ASPECT_TOLERANCE for grid in _GRIDS])


def _pyramid(image: Image.Image, reduce: FloatArray) -> FloatArray:
    """A picture's grey values at every pair of `_GRID_SIDES`: blocks of one matrix, 16 x 16 first."""
    base = image.convert("L").resize((_BASE_SIDE, _BASE_SIDE), Image.Resampling.BOX)
    return reduce @ np.asarray(base, dtype=np.float32) @ reduce.T


def _matching_grids(stretch: NDArray[np.float64]) -> Iterator[tuple[tuple[int, ...], NDArray[np.int64]]]:
    """Grids, and the pictures whose proportions their windows have; grids that suit the same pictures are joined.

    Args:
        stretch: (N,) logarithm of the pictures' aspect ratios minus that of the picture they may be a part of.
    """
    suits = np.abs(stretch + _SHAPES[:, None]) < _TOLERANCES[:, None]
    together: dict[bytes, list[int]] = {}
    for grid in np.flatnonzero(suits.any(axis=1)).tolist():
        together.setdefault(suits[grid].tobytes(), []).append(grid)
    for grids in together.values():
        yield tuple(grids), np.flatnonzero(suits[grids[0]])


def _tiles(pyramid: FloatArray, grids: tuple[int, ...]) -> tuple[list[Window], FloatArray]:
    """All windows of some grids: where in the picture they are, and rows (M, 256) to be multiplied with hashes."""
    places, pixels = _layout(grids)
    tiles = pyramid.ravel().take(pixels)
    # The hashes' means are 0, so the means need not be subtracted from the tiles, only from their lengths.
    variance = np.einsum("nd,nd->n", tiles, tiles) / tiles.shape[1] - tiles.mean(axis=1) ** 2
    scale = np.where(variance < 1.0, 0.0, 1.0 / np.sqrt(tiles.shape[1] * np.maximum(variance, 1.0)))
    return places, tiles * scale[:, None].astype(np.float32)


@lru_cache(maxsize=64)
def _layout(grids: tuple[int, ...]) -> tuple[list[Window], NDArray[np.int32]]:
    """The windows of some grids, and where in a pyramid their pixels are (M, 256)."""
    places, pixels = list[Window](), []
    inside = np.arange(_SIDE)[:, None] * len(_REDUCE) + np.arange(_SIDE)
    for width, height in (_GRIDS[grid] for grid in grids):
        for y in range(height - _SIDE + 1):
            for x in range(width - _SIDE + 1):
                places.append((x / width, y / height, (x + _SIDE) / width, (y + _SIDE) / height))
                pixels.append((_STARTS[height] + y) * len(_REDUCE) + _STARTS[width] + x + inside.ravel())
    return places, np.stack(pixels).astype(np.int32)
