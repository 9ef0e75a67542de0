"""The sky behind a building and in its windows: gradient, clouds, stars and the moon."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .camera import Camera
from .dice import Dice
from .setting import Setting
from .textures import noise_tile


def gradient(up: np.ndarray, setting: Setting) -> np.ndarray:
    """Linear sky colours (3, ...) for directions that rise `up` metres a metre ahead."""
    t = np.clip(up, 0, None)
    t = t / (t + np.float32(0.42 if setting.time in ("dusk", "morning") else 0.55)) * np.float32(1.25)
    t = np.clip(t, 0, 1)
    zenith, horizon = (np.array(c, np.float32) for c in (setting.light.zenith, setting.light.horizon))
    if setting.time == "dusk":  # rose between the orange below and the blue above
        middle = np.array((0.62, 0.36, 0.36), np.float32)
        lower, upper = np.clip(t * 2.6, 0, 1), np.clip(t * 1.625 - 0.625, 0, 1)
        return np.stack(
            [h + (m - h) * lower + (z - m) * upper for h, m, z in zip(horizon, middle, zenith, strict=True)]
        )
    return np.stack([h + (z - h) * t for z, h in zip(zenith, horizon, strict=True)])


def _sample(tile: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Bilinear look-up in a tile that repeats."""
    size = len(tile)
    fx, fy = np.floor(x), np.floor(y)
    tx, ty = x - fx, y - fy
    x0, y0 = fx.astype(np.int64) % size, fy.astype(np.int64) % size
    x1, y1 = (x0 + 1) % size, (y0 + 1) % size
    top = tile[y0, x0] * (1 - tx) + tile[y0, x1] * tx
    sample: np.ndarray = top * (1 - ty) + (tile[y1, x0] * (1 - tx) + tile[y1, x1] * tx) * ty
    return sample


def clouds(camera: Camera, setting: Setting) -> tuple[np.ndarray, np.ndarray]:
    """How covered the sky is and how bright its clouds are, both 0 to 1, shape (height, width)."""
    step = max(camera.width, camera.height) // 160 + 1
    rows = np.arange(0, camera.height + step, step)
    columns = np.arange(0, camera.width + step, step)
    up = np.clip((camera.horizon - rows) / camera.focal, 0, None)[:, None] + 0.16
    across = (columns - camera.width / 2)[None, :] / camera.focal
    dice = Dice("clouds", setting.seed)
    x0, y0 = dice.between(0, 256), dice.between(0, 256)
    x, y = x0 + across / up * 26, y0 + 34 / up + 0 * across
    tile = noise_tile()
    thick = 0.75 * _sample(tile, x, y) + 0.25 * _sample(tile, x * 4.1, y * 4.1)
    lit = thick - 0.8 * _sample(tile, x + 3 * setting.sun_side, y - 4)
    cover = np.clip((thick - (0.92 - 0.62 * setting.clouds)) * 4.5, 0, 1)
    cover = cover * cover * (3 - 2 * cover) * np.clip((up - 0.16) * 9, 0, 1)
    bright = np.clip(0.62 + 1.3 * lit, 0, 1)
    size = (camera.width, camera.height)
    big = [_enlarge(part, size) for part in (cover, bright)]
    return big[0], big[1]


def _enlarge(field: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    # Eight bits and Pillow's integer resampling: the same result on every machine.
    small = Image.fromarray(np.round(field * 255).astype(np.uint8))
    return np.asarray(small.resize(size, Image.Resampling.BICUBIC), np.float32) / np.float32(255)


def paint_sky(camera: Camera, setting: Setting) -> np.ndarray:
    """Linear colours of the whole sky, (3, height, width) float32."""
    rows = (np.arange(camera.height) + 0.5).astype(np.float32)
    base = gradient((np.float32(camera.horizon) - rows) / np.float32(camera.focal), setting)
    sky = np.repeat(base[:, :, None], camera.width, axis=2)
    if setting.time in ("dusk", "morning"):
        side = np.linspace(-1, 1, camera.width, dtype=np.float32) * np.float32(setting.sun_side)
        sky *= 1 + np.float32(0.22) * side[None, None, :]
    if setting.clouds > 0:
        cover, bright = clouds(camera, setting)
        strength = np.float32(0.95 if setting.time == "overcast" else 0.82)
        for channel, colour in enumerate(setting.light.cloud):
            shade = np.float32(colour) * (np.float32(0.55) + np.float32(0.5) * bright)
            sky[channel] += (shade - sky[channel]) * cover * strength
    if setting.time == "night":
        _stars(sky, camera, setting)
    return sky


def _stars(sky: np.ndarray, camera: Camera, setting: Setting) -> None:
    dice = Dice("stars", setting.seed)
    size = max(1, camera.width // 512)
    for x, y, magnitude in dice.floats(70, 3):
        row, column = int(y * y * max(camera.horizon, 1)), int(x * camera.width)
        sky[:, row : row + size, column : column + size] += np.float32(
            0.08 + 0.7 * magnitude * magnitude * magnitude * magnitude
        )
    if setting.clouds < 0.5 and dice.chance(0.6):
        radius = camera.width * dice.between(0.018, 0.026)
        cx, cy = camera.width * dice.pick((0.12, 0.16, 0.84, 0.88)), camera.height * dice.between(0.08, 0.16)
        y, x = np.mgrid[0 : camera.height, 0 : camera.width].astype(np.float32)
        distance = np.sqrt((x - np.float32(cx)) ** 2 + (y - np.float32(cy)) ** 2)
        disc = np.clip((radius - distance) * np.float32(0.8), 0, 1)
        halo = np.float32(0.10) / (1 + (distance / np.float32(radius * 2)) ** 2)
        for channel, colour in enumerate((1.0, 0.96, 0.82)):
            sky[channel] += np.float32(colour) * (disc * np.float32(0.9) + halo)
