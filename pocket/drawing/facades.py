"""Drawn façades in five styles: pictures, captions, depth maps and masks that anyone may use freely."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from . import VERNACULAR
from .engine.camera import aim
from .engine.dice import Dice
from .engine.ground import Site
from .engine.mesh import BUILDING, Model
from .engine.render import render
from .engine.setting import Setting, random_setting
from .parts.captions import caption
from .parts.massing import Facts
from .parts.scene import surround
from .styles import bauhaus, deconstructivist, neoclassical, parametric, renaissance, vernacular

Builder = Callable[[Model, Dice, Setting], Facts]

_BUILDERS: dict[str, tuple[Builder, tuple[str, ...], tuple[str, ...]]] = {
    "bauhaus": (bauhaus.build, ("lawn", "lawn", "street", "plaza"), ("round", "round", "tall")),
    "deconstructivist": (deconstructivist.build, ("plaza", "lawn", "street", "plaza"), ("round",)),
    "parametric": (parametric.build, ("plaza", "lawn", "water", "street"), ("round", "round", "tall")),
    "renaissance": (renaissance.build, ("street", "plaza", "plaza", "lawn", "cobbles"), ("tall", "round")),
    "neoclassical": (neoclassical.build, ("lawn", "plaza", "water", "street"), ("round", "round", "tall")),
    VERNACULAR: (vernacular.build, ("street", "lawn", "plaza", "cobbles", "water"), ("round", "tall", "round")),
}


@dataclass(frozen=True)
class Facade:
    """A drawn building and all that is known of it."""

    image: Image.Image
    """RGB."""
    caption: str
    """What is drawn, in words, without the name of the style."""
    caption_with_style: str
    """The same with it."""
    depth: Image.Image
    """Greyscale, the nearer the lighter, as ControlNet Depth wants it."""
    mask: Image.Image
    """Greyscale, white where the building is."""
    facts: Facts
    """What the building has."""
    setting: Setting
    """Light, weather, season and ground."""


def draw(style: str, seed: int, size: tuple[int, int] = (512, 512)) -> Facade:
    """Draws one of STYLES, or VERNACULAR; the same style, seed and size (width, height) give the same picture."""
    build, grounds, trees = _BUILDERS[style]
    dice = Dice("façade", style, seed)
    setting = random_setting(dice, size[0] / size[1], seed, grounds)
    model = Model()
    facts = build(model, dice, setting)
    corners, _, group = model.triangles()
    points = corners[group == BUILDING].reshape(-1, 3)
    low, high = points.min(axis=0), points.max(axis=0)
    site = Site(float(low[0]), float(high[0]), float(points[points[:, 1] < 0.5][:, 2].max()), facts.door)
    around = surround(model, Dice("surroundings", style, seed), setting, site, float(high[1]), trees)
    times = 3 if max(size) <= 160 else 2
    camera = aim(points, facts.view, size[0] * times, size[1] * times)
    picture = render(model, camera, setting, site, size)
    words, styled = (caption(facts, setting, around, Dice("caption", style, seed), s) for s in (None, style))
    return Facade(picture.image, words, styled, picture.depth, picture.mask, facts, setting)
