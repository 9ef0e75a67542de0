"""Which triangle is seen at each pixel: a depth buffer in numpy, for the camera and for the sun's shadow map."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

_ID_BITS = 20
_DEPTH_STEPS = float(1 << 30)
_CHUNK = 1 << 20


def visible_triangles(
    screen: np.ndarray, nearness: np.ndarray, width: int, height: int, ground: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The index of the nearest triangle at each pixel (-1 for none, -2 for the ground) and its nearness.

    screen: corners in pixels, (count, 3, 2), y down. nearness: (count, 3) numbers a, b, c; a triangle's nearness at
    (x, y) is a x + b y + c, from 0 (far) to 1 (near). ground: nearness of the ground by row, (height,).
    """
    buffer = np.full((height, width), -1, np.int64)
    if ground is not None:
        rows = (ground * _DEPTH_STEPS).astype(np.int64) << _ID_BITS
        buffer[:] = np.where(ground > 0, rows, -1)[:, None]
    flat = buffer.ravel()
    for pixel, key in _fragments(screen, nearness, width, height):
        np.maximum.at(flat, pixel, key)
    name = buffer & ((1 << _ID_BITS) - 1)
    nearest = (np.maximum(buffer, 0) >> _ID_BITS) * (1 / _DEPTH_STEPS)
    return np.where(buffer < 0, -1, np.where(name == 0, -2, name - 1)).astype(np.int32), nearest.astype(np.float32)


def _spans(screen: np.ndarray, height: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Triangle, row, left and right end of every horizontal run of pixels."""
    order = np.argsort(screen[:, :, 1], axis=1, kind="stable")
    corners = np.take_along_axis(screen, order[:, :, None], axis=1)
    top, bottom = corners[:, 0, 1], corners[:, 2, 1]
    first = np.clip(np.ceil(top - 0.5), 0, height).astype(np.int64)
    count = np.clip(np.ceil(bottom - 0.5), 0, height).astype(np.int64) - first
    count = np.maximum(count, 0)
    triangle = np.repeat(np.arange(len(screen)), count)
    row = np.arange(len(triangle)) - np.repeat(np.cumsum(count) - count, count) + first[triangle]
    y = row + 0.5
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = np.stack(
            [
                (corners[:, 2, 0] - corners[:, 0, 0]) / (corners[:, 2, 1] - corners[:, 0, 1]),
                (corners[:, 1, 0] - corners[:, 0, 0]) / (corners[:, 1, 1] - corners[:, 0, 1]),
                (corners[:, 2, 0] - corners[:, 1, 0]) / (corners[:, 2, 1] - corners[:, 1, 1]),
            ]
        )
    here = corners[triangle]
    long_side = here[:, 0, 0] + (y - here[:, 0, 1]) * slopes[0, triangle]
    upper = y < here[:, 1, 1]
    start = np.where(upper[:, None], here[:, 0], here[:, 1])
    short_side = start[:, 0] + (y - start[:, 1]) * np.where(upper, slopes[1, triangle], slopes[2, triangle])
    return triangle, row, np.minimum(long_side, short_side), np.maximum(long_side, short_side)


def _fragments(
    screen: np.ndarray, nearness: np.ndarray, width: int, height: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields (pixel index, key) in chunks; a larger key is nearer, its low bits name the triangle (plus one)."""
    triangle, row, left, right = _spans(screen, height)
    first = np.clip(np.ceil(left - 0.5), 0, width).astype(np.int64)
    count = np.maximum(np.clip(np.ceil(right - 0.5), 0, width).astype(np.int64) - first, 0)
    used = count > 0
    triangle, row, first, count = triangle[used], row[used], first[used], count[used]
    slope = nearness[triangle, 0] * _DEPTH_STEPS
    base = (nearness[triangle, 1] * (row + 0.5) + nearness[triangle, 2]) * _DEPTH_STEPS + 0.5 * slope
    ends = np.cumsum(count)
    done = 0
    while done < len(count):
        limit = (ends[done - 1] if done else 0) + _CHUNK
        stop = max(int(np.searchsorted(ends, limit, side="right")), done + 1)
        part = slice(done, stop)
        runs = count[part]
        starts = ends[part] - runs - (ends[done] - count[done])
        x = np.arange(int(runs.sum())) + np.repeat(first[part] - starts, runs)
        depth = np.repeat(slope[part], runs)
        depth *= x
        depth += np.repeat(base[part], runs)
        np.clip(depth, 0.0, _DEPTH_STEPS, out=depth)
        key = depth.astype(np.int64)
        key <<= _ID_BITS
        key |= np.repeat(triangle[part] + 1, runs)
        x += np.repeat(row[part] * width, runs)
        yield x, key
        done = stop


def planes(screen: np.ndarray, value: np.ndarray) -> np.ndarray:
    """The numbers a, b, c with a x + b y + c = value at the three corners of each triangle, shape (count, 3)."""
    (x0, y0), (x1, y1), (x2, y2) = (screen[:, i].T for i in range(3))
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    flat = np.abs(area) < 1e-9
    area = np.where(flat, 1.0, area)
    d1, d2 = value[:, 1] - value[:, 0], value[:, 2] - value[:, 0]
    a = np.where(flat, 0.0, (d1 * (y2 - y0) - d2 * (y1 - y0)) / area)
    b = np.where(flat, 0.0, (d2 * (x1 - x0) - d1 * (x2 - x0)) / area)
    return np.stack([a, b, value[:, 0] - a * x0 - b * y0], axis=1)
