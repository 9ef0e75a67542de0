"""What lies on the ground: lawn, street, plaza, cobbles or a pool, by place in metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .setting import Setting
from .textures import _joints, hashed, noise

GRASS = {
    "spring": (0.42, 0.51, 0.25),
    "summer": (0.36, 0.45, 0.22),
    "autumn": (0.49, 0.48, 0.23),
    "winter": (0.46, 0.46, 0.36),
}


@dataclass(frozen=True)
class Site:
    """Where the building meets the ground: its left and right end, its front and its door."""

    left: float
    right: float
    front: float
    door: float


def _linear(colour: tuple[float, float, float]) -> np.ndarray:
    linear: np.ndarray = (np.array(colour, np.float32) ** 2)[:, None]
    return linear


def _mix(base: np.ndarray, colour: tuple[float, float, float], amount: np.ndarray) -> np.ndarray:
    mixed: np.ndarray = base + (_linear(colour) - base) * amount.astype(np.float32)
    return mixed


def _tiles(x: np.ndarray, z: np.ndarray, footprint: np.ndarray, size: float, vary: float) -> np.ndarray:
    lines = np.maximum(_joints(x, size, 0.04, footprint), _joints(z, size, 0.04, footprint))
    i, j = np.floor(x / np.float32(size)).astype(np.int32), np.floor(z / np.float32(size)).astype(np.int32)
    fade = np.clip(1.5 - footprint / np.float32(size) * 3, 0, 1)
    shade: np.ndarray = 1 + (hashed(i, j) - np.float32(0.5)) * np.float32(vary) * fade - lines * np.float32(0.3)
    return shade


def _grass(x: np.ndarray, z: np.ndarray, setting: Setting) -> np.ndarray:
    patches = np.float32(0.75) + np.float32(0.5) * noise(x * 3, z * 3)
    grain = hashed(np.floor(x * 9).astype(np.int32), np.floor(z * 5).astype(np.int32))
    blades = np.float32(0.72) + np.float32(0.3) * noise(x * 37, z * 23) + np.float32(0.26) * grain
    stripes = 1 + np.float32(0.07) * (np.floor(x * np.float32(0.5)).astype(np.int32) & 1)
    colour = _linear(GRASS[setting.season]) * (patches * blades * stripes)
    if setting.season == "autumn":
        fallen = (hashed(np.floor(x * 5).astype(np.int32), np.floor(z * 3).astype(np.int32)) > 0.82) * np.float32(0.75)
        colour = _mix(colour, (0.72, 0.42, 0.13), fallen * (noise(x * 2, z * 2) > 0.35))
    return colour


def _paving(x: np.ndarray, z: np.ndarray, footprint: np.ndarray, site: Site, setting: Setting) -> np.ndarray:
    front = z - np.float32(site.front)
    if setting.ground == "cobbles":
        stones = _linear((0.47, 0.45, 0.44)) * _tiles(x, z, footprint, 0.3, 0.45)
        cobbles: np.ndarray = stones * (0.85 + 0.3 * noise(x * 4, z * 4))
        return cobbles
    if setting.ground == "street":
        walk = _linear((0.66, 0.63, 0.60)) * _tiles(x, z, footprint, 0.9, 0.12)
        road = _linear((0.33, 0.33, 0.35)) * (0.85 + 0.3 * noise(x * 5, z * 5))
        line = (np.abs(front - 9.0) < 0.09) & (((x * np.float32(0.25)) % 1) < 0.55)
        road = _mix(road, (0.85, 0.85, 0.82), line * np.float32(0.8))
        on_road = (front > 4.2) & (front < 13.8)
        kerb = ((front > 4.0) & (front <= 4.2)) | ((front >= 13.8) & (front < 14.0))
        return _mix(np.where(on_road, road, walk), (0.78, 0.77, 0.74), kerb * np.float32(1))
    big = ((np.floor(x / 4).astype(np.int32) + np.floor(z / 4).astype(np.int32)) & 1) * np.float32(0.08)
    plaza: np.ndarray = _linear((0.72, 0.69, 0.64)) * (_tiles(x, z, footprint, 1.0, 0.12) - big)
    return plaza


def in_water(x: np.ndarray, z: np.ndarray, site: Site, setting: Setting) -> np.ndarray:
    """Which points of the ground are under water: a pool in front of the building, frozen in winter."""
    if setting.ground != "water" or setting.season == "winter":
        return np.zeros(x.shape, bool)
    front = z - np.float32(site.front)
    half = np.float32(0.62 * (site.right - site.left))
    return (front > 3.5) & (np.abs(x - np.float32((site.left + site.right) / 2)) < half)


def paint_ground(x: np.ndarray, z: np.ndarray, footprint: np.ndarray, site: Site, setting: Setting) -> np.ndarray:
    """Linear colours (3, count) of ground points."""
    paving = _paving(x, z, footprint, site, setting)
    if setting.ground in ("street", "cobbles", "plaza", "water"):
        colour, green = paving, np.zeros(x.shape, bool)
    else:
        front = z - np.float32(site.front)
        apron = (front < 1.5) & (x > site.left - 1.5) & (x < site.right + 1.5)
        path = np.abs(x - np.float32(site.door)) < np.float32(1.3) + np.maximum(front, 0) * np.float32(0.02)
        green = ~(apron | (path & (front > -2)))
        gravel = _linear((0.74, 0.69, 0.60)) * (0.85 + 0.3 * noise(x * 40, z * 40))
        colour = np.where(green, _grass(x, z, setting), gravel)
    if setting.season == "winter":
        trodden = np.clip(noise(x * 3, z * 5) * 2.2 - 0.5, 0, 1)
        colour = _mix(colour, (0.93, 0.95, 0.98), np.where(green, 0.97, 0.35 + 0.6 * trodden))
    return colour
