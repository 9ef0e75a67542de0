"""Procedural surfaces: a brightness for each pixel from its place on the wall, in metres.

Everything here is integer hashing and plain arithmetic, which gives the same bits on every machine.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .dice import Dice
from .mesh import ASHLAR, BRICK, FOLIAGE, GLASS, PANELS, PLASTER, RUSTIC, SEAMS, TILES, WOOD


def hashed(i: np.ndarray, j: np.ndarray | int) -> np.ndarray:
    """A float32 from 0 to 1 for each pair of whole numbers."""
    x = i.astype(np.uint32) * np.uint32(374761393) + np.asarray(j).astype(np.uint32) * np.uint32(668265263)
    x = (x ^ (x >> np.uint32(13))) * np.uint32(1274126177)
    x ^= x >> np.uint32(16)
    share: np.ndarray = (x & np.uint32(0xFFFF)).astype(np.float32) * np.float32(1 / 65535)
    return share


@lru_cache(maxsize=4)
def noise_tile(size: int = 256, finest: int = 4) -> np.ndarray:
    """Cloud-like noise from 0 to 1 that repeats at its borders, shape (size, size)."""
    dice = Dice("noise", size)
    total = np.zeros((size, size))
    cell, weight = size // 4, 1.0
    while cell >= finest:
        lattice = dice.floats(size // cell, size // cell)
        at = (np.arange(size) // cell).astype(np.int64)
        t = (np.arange(size) % cell) / cell
        t = t * t * (3 - 2 * t)
        after = (at + 1) % (size // cell)
        rows = lattice[at] * (1 - t)[:, None] + lattice[after] * t[:, None]
        total += weight * (rows[:, at] * (1 - t) + rows[:, after] * t)
        cell //= 2
        weight *= 0.52
    total -= total.min()
    tile: np.ndarray = (total / total.max()).astype(np.float32)
    return tile


def noise(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Nearest entry of the noise tile; one lattice step is 1/256 of the tile."""
    tile = noise_tile()
    nearest: np.ndarray = tile[y.astype(np.int32) & 255, x.astype(np.int32) & 255]
    return nearest


def _joints(along: np.ndarray, pitch: float, width: float, footprint: np.ndarray) -> np.ndarray:
    """1 on a joint at every `pitch` metres, less where a pixel is wider than the joint, 0 elsewhere."""
    place = along * np.float32(1 / pitch)
    near = np.abs(place - np.rint(place)) * np.float32(pitch)
    reach = np.maximum(footprint, np.float32(width)) * np.float32(0.75)
    ink = np.clip(1 - near / reach, 0, 1) * np.minimum(np.float32(width) / footprint, 1)
    return np.where(footprint > pitch * 0.4, np.float32(0), ink)


def _bond(u: np.ndarray, v: np.ndarray, wide: float, high: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Course number, number in the course and shifted u of blocks laid in running bond."""
    course = np.floor(v * np.float32(1 / high)).astype(np.int32)
    shifted = u + (course & 1).astype(np.float32) * np.float32(wide / 2)
    return course, np.floor(shifted * np.float32(1 / wide)).astype(np.int32), shifted


def _blocks(
    u: np.ndarray,
    v: np.ndarray,
    footprint: np.ndarray,
    size: tuple[float, float],
    joint: float,
    ink: float,
    vary: float,
) -> np.ndarray:
    wide, high = size
    course, number, shifted = _bond(u, v, wide, high)
    lines = np.maximum(_joints(v, high, joint, footprint), _joints(shifted, wide, joint, footprint * np.float32(1.0)))
    fade = np.clip(1.4 - footprint * np.float32(2.0 / high), 0, 1)
    tone: np.ndarray = (
        1 + (hashed(course, number) - np.float32(0.5)) * np.float32(vary) * fade - lines * np.float32(ink)
    )
    return tone


def tone(kind: int, u: np.ndarray, v: np.ndarray, footprint: np.ndarray, scale: float = 1.0) -> np.ndarray:
    """What to multiply the colour with, for points (u, v) on surfaces of one kind; footprint is metres a pixel."""
    u, v, footprint = u / np.float32(scale), v / np.float32(scale), footprint / np.float32(scale)
    if kind == BRICK:
        return _blocks(u, v, footprint, (0.5, 0.19), 0.03, 0.30, 0.5) * (0.9 + 0.2 * noise(u * 4, v * 4))
    if kind == ASHLAR:
        return _blocks(u, v, footprint, (1.25, 0.55), 0.03, 0.28, 0.16) * (0.93 + 0.14 * noise(u * 9, v * 9))
    if kind == RUSTIC:
        shade = _blocks(u, v, footprint, (1.15, 0.58), 0.10, 0.55, 0.2)
        bevel = _joints(v - np.float32(0.09), 0.58, 0.05, footprint)
        return (shade - 0.12 * bevel) * (0.85 + 0.3 * noise(u * 22, v * 22))
    if kind == PANELS:
        return _blocks(u, v, footprint, (2.4, 1.2), 0.03, 0.30, 0.08) * (0.92 + 0.16 * noise(u * 6, v * 6))
    if kind == SEAMS:
        strip = np.floor(u * np.float32(2.0)).astype(np.int32)
        part = np.floor(v * np.float32(0.31) + hashed(strip, 7) * 5).astype(np.int32)
        shade = 1 + (hashed(strip, part) - np.float32(0.5)) * np.float32(0.22)
        shine = _joints(u - np.float32(0.05), 0.5, 0.03, footprint) * np.float32(0.2)
        return shade - _joints(u, 0.5, 0.035, footprint) * np.float32(0.4) + shine
    if kind == TILES:
        row = v * np.float32(1 / 0.42)
        step = row - np.floor(row)
        wave = _joints(u, 0.34, 0.10, footprint) * np.float32(0.28)
        wear = hashed(np.floor(row).astype(np.int32), np.floor(u * np.float32(1 / 0.34)).astype(np.int32))
        fade = np.clip(1.5 - footprint * np.float32(4.0), 0, 1)
        return 1 - (step - 0.5) * 0.35 * fade - wave + (wear - np.float32(0.5)) * np.float32(0.25) * fade
    if kind == WOOD:
        board = np.floor(u * np.float32(5)).astype(np.int32)
        return 1 + (hashed(board, 3) - np.float32(0.5)) * np.float32(0.2) - _joints(u, 0.2, 0.02, footprint) * 0.3
    if kind == PLASTER:
        return 0.90 + 0.13 * noise(u * 7, v * 7) + 0.05 * noise(u * 40, v * 40)
    if kind == FOLIAGE:
        return 0.8 + 0.4 * noise(u * 60, v * 60)
    if kind == GLASS:
        return np.ones_like(u)
    return 0.97 + 0.05 * noise(u * 9, v * 9)
