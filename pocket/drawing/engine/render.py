"""From polygons to a picture: visibility, sun and shadow, sky light, glass, lamps, haze and water.

Works in linear light with a gamma of two and keeps to additions, products, quotients and square roots for each pixel,
so that every machine draws the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from .camera import NEAREST, Camera
from .ground import Site, in_water
from .light import shade
from .mesh import GROUND, Material, Model
from .raster import planes, visible_triangles
from .setting import Setting
from .sky import paint_sky
from .surface import Surface, surface
from .textures import noise

F = np.float32


@dataclass(frozen=True)
class Picture:
    """What `render` makes: RGB, and two in greyscale."""

    image: Image.Image
    depth: Image.Image
    mask: Image.Image


def render(model: Model, camera: Camera, setting: Setting, site: Site, final: tuple[int, int]) -> Picture:
    """The picture of a model; the camera's width and height are a whole multiple of the `final` size."""
    corners, material, group = model.triangles()
    screen, ahead = camera.project(corners)
    ahead_enough = ahead.min(axis=1) > NEAREST
    corners, material, group = corners[ahead_enough], material[ahead_enough], group[ahead_enough]
    screen, ahead = screen[ahead_enough], ahead[ahead_enough]
    ids, nearness = visible_triangles(
        screen, planes(screen, NEAREST / ahead), camera.width, camera.height, camera.ground_nearness()
    )
    seen = surface(ids, nearness, corners, material, group, len(model.materials), camera)
    materials = [*model.materials, Material((0.5, 0.5, 0.5), GROUND)]
    linear = paint_sky(camera, setting)
    colour, glow = shade(seen, materials, corners, group, nearness, camera, setting, site)
    _haze(colour, seen.distance, setting)
    for channel in range(3):
        linear[channel].reshape(-1)[seen.pixel] = colour[channel]
    if setting.ground == "water":
        _reflect(linear, seen, camera, site, setting)
    if glow is not None:
        _bloom(linear, seen.pixel, glow)
    return Picture(_develop(linear, setting, final), _depth(seen, camera, final), _mask(seen, camera, final))


def _haze(colour: np.ndarray, distance: np.ndarray, setting: Setting) -> None:
    amount = np.clip((distance - 45) / (distance + 190), 0, 1) * F(0.75)
    for c in range(3):
        colour[c] += (F(setting.light.horizon[c]) * F(0.92) - colour[c]) * amount


def _reflect(linear: np.ndarray, seen: Surface, camera: Camera, site: Site, setting: Setting) -> None:
    """Mirrors the picture in the pool, about the line where the building meets the ground."""
    on_water = np.flatnonzero(
        (np.abs(seen.place[1]) < 0.01) & ~seen.building & in_water(seen.place[0], seen.place[2], site, setting)
    )
    if not len(on_water):
        return
    pixel = seen.pixel[on_water]
    row, column = pixel // camera.width, pixel % camera.width
    x, z = seen.place[0, on_water], seen.place[2, on_water]
    depth_front = (x - F(camera.eye[0])) * F(camera.ahead[0]) + F((site.front - 1 - camera.eye[2]) * camera.ahead[1])
    foot = F(camera.horizon) + F(camera.focal * camera.eye[1]) / np.maximum(depth_front, F(2))
    ripple = (noise(x * 9, z * 34) - F(0.5)) * F(camera.height * 0.014)
    source = np.clip((2 * foot - row + ripple).astype(np.int64), 0, camera.height - 1)
    aside = np.clip(column + (ripple * F(0.5)).astype(np.int64), 0, camera.width - 1)
    mirrored = linear[:, source, aside]
    deep = np.array((0.03, 0.07, 0.09), F)[:, None] * F(max(setting.light.sky[2], 0.15))
    for c in range(3):
        linear[c].reshape(-1)[pixel] = mirrored[c] * F(0.72) + deep[c]


def _bloom(linear: np.ndarray, pixel: np.ndarray, glow: np.ndarray) -> None:
    """The soft halo around lamps and lit windows."""
    height, width = linear.shape[1:]
    small = (max(width // 8, 1), max(height // 8, 1))
    for c in range(3):
        layer = np.zeros(height * width, F)
        layer[pixel] = glow[c]
        eight = Image.fromarray(np.clip(layer.reshape(height, width) * 110, 0, 255).astype(np.uint8))
        soft = eight.resize(small, Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(max(small) / 40))
        halo = np.asarray(soft.resize((width, height), Image.Resampling.BICUBIC), F)
        linear[c] += halo * F(0.5 / 110)


def _develop(linear: np.ndarray, setting: Setting, final: tuple[int, int]) -> Image.Image:
    """Filmic curve, gamma of two, and down to the final size."""
    x = linear
    x *= F(0.50 * setting.light.exposure)
    toned = (x * (F(2.51) * x + F(0.03))) / (x * (F(2.43) * x + F(0.59)) + F(0.14))
    np.clip(toned, 0, 1, out=toned)
    eight = (np.sqrt(toned) * F(255) + F(0.5)).astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(eight.transpose(1, 2, 0)))
    return image.reduce(image.width // final[0]) if image.size != final else image


def _depth(seen: Surface, camera: Camera, final: tuple[int, int]) -> Image.Image:
    """Near is white; the sky and whatever lies far behind the building are black."""
    near = float(seen.distance.min())
    of_building = seen.distance[seen.building]
    far = float(of_building.max()) * 1.25 if len(of_building) else float(seen.distance.max())
    level = np.zeros(camera.height * camera.width, np.uint8)
    share = np.clip((F(far) - seen.distance) * F(1 / (far - near)), 0, 1)
    level[seen.pixel] = (np.sqrt(share) * F(255) + F(0.5)).astype(np.uint8)
    image = Image.fromarray(level.reshape(camera.height, camera.width))
    return image.reduce(image.width // final[0])


def _mask(seen: Surface, camera: Camera, final: tuple[int, int]) -> Image.Image:
    """White on the building, with a feathered edge."""
    level = np.zeros(camera.height * camera.width, np.uint8)
    level[seen.pixel[seen.building]] = 255
    image = Image.fromarray(level.reshape(camera.height, camera.width))
    return image.reduce(image.width // final[0]).filter(ImageFilter.GaussianBlur(max(final) / 64))
