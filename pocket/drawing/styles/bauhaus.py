"""Bauhaus: white cubes put together off balance, ribbon windows, flat roofs, steel rails and a primary colour."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..engine.camera import View
from ..engine.dice import Dice
from ..engine.mesh import PLASTER, Model
from ..engine.setting import Setting
from ..parts.elements import Glazing, Opening, railing
from ..parts.massing import Facts, block, counted, glazed, row

WALLS = {"white": (0.93, 0.93, 0.91), "light grey": (0.80, 0.81, 0.82), "cream": (0.93, 0.89, 0.79)}
ACCENTS = {"red": (0.78, 0.13, 0.10), "blue": (0.10, 0.25, 0.62), "yellow": (0.94, 0.74, 0.10)}
GREY = (0.55, 0.56, 0.58)
DARK = (0.13, 0.13, 0.15)
STOREY = 3.2


class Bauhaus:
    """One building; every method adds a volume."""

    def __init__(self, m: Model, dice: Dice, setting: Setting) -> None:
        self.m, self.dice = m, dice
        self.glazing = Glazing(m, dice, setting)
        self.colour = dice.weighted(tuple(WALLS), (5, 1.3, 1))
        self.accent = dice.pick(tuple(ACCENTS))
        self.wall = m.paint(WALLS[self.colour], PLASTER)
        self.second = m.paint(dice.pick((GREY, (0.68, 0.69, 0.70), DARK)), PLASTER)
        self.roof = m.paint((0.52, 0.52, 0.52))
        self.steel = m.paint(DARK)
        self.bright = m.paint(ACCENTS[self.accent])
        self.bars = m.paint(dice.pick((DARK, DARK, (0.88, 0.88, 0.88))))
        self.features: list[str] = []
        self.door = 0.0

    def volume(
        self, x0: float, x1: float, y0: float, y1: float, z0: float, z1: float, look: str, material: int | None = None
    ) -> None:
        """A block with one kind of windows: "ribbon", "curtain", "squares", "stair" or "blank"."""
        material = self.wall if material is None else material
        lights: dict[str, Callable[[float], list[Opening]]] = {
            "ribbon": lambda length: self._ribbons(length, y0, y1),
            "curtain": lambda length: [Opening(0.5, length - 0.5, y0 + 0.5, y1 - 0.7)],
            "squares": lambda length: self._squares(length, y0, y1),
            "stair": lambda length: [Opening(length / 2 - 0.8, length / 2 + 0.8, y0 + 2.6, y1 - 0.8)],
            "blank": lambda length: [],
        }
        rows = {"curtain": max(2, round((y1 - y0) / 1.1)), "stair": max(3, round((y1 - y0) / 0.8))}.get(look, 1)
        wide = {"curtain": 1.2, "stair": 0.8, "squares": 0.9}.get(look, 1.35)
        fill = glazed(self.m, self.glazing, material, self.bars, lambda o: round((o.u1 - o.u0) / wide), rows, 0.3)

        def openings(side: str, length: float) -> list[Opening]:
            if length < 2.6 or (side != "front" and look == "stair"):
                return []
            return lights[look](length)

        block(self.m, (x0, x1, y0, y1, z0, z1), material, self.roof, openings, fill)

    def _ribbons(self, length: float, y0: float, y1: float) -> list[Opening]:
        floors = max(1, round((y1 - y0) / STOREY))
        high = (y1 - y0) / floors
        return [Opening(0.5, length - 0.5, y0 + i * high + 1.05, y0 + i * high + high - 0.75) for i in range(floors)]

    def _squares(self, length: float, y0: float, y1: float) -> list[Opening]:
        floors, count = max(1, round((y1 - y0) / STOREY)), max(1, int(length / 2.6))
        high = (y1 - y0) / floors
        return [
            o for i in range(floors) for o in row(length, count, 1.5, y0 + i * high + 1.0, y0 + (i + 1) * high - 0.7)
        ]

    def balcony(self, x0: float, x1: float, y: float, z: float, out: float = 1.6) -> None:
        """A slab with a railing of steel."""
        self.m.box(x0, x1, y - 0.22, y, z, z + out, self.wall, self.roof)
        railing(self.m, x0, x1, y, z + out, self.steel)
        for x in (x0, x1):
            self.m.quad((x, y, z), (x, y, z + out), (x, y + 0.95, z + out), (x, y + 0.95, z), self.bright)

    def entrance(self, x: float, z: float) -> None:
        """A bright door under a flat canopy."""
        self.m.box(x - 0.75, x + 0.75, 0, 2.35, z, z + 0.06, self.bright)
        self.m.rect(x - 0.45, x + 0.1, 0.9, 2.1, z + 0.08, self.glazing.pane())
        self.m.box(x - 1.7, x + 1.7, 2.75, 2.95, z, z + 1.7, self.wall)
        self.m.turned_profile(x + 1.5, z + 1.5, [(0.06, 0), (0.06, 2.75)], self.steel, 8)
        self.door = x
        self.features.append(f"a {self.accent} door")

    def pilotis(self, x0: float, x1: float, high: float, z: float, count: int) -> None:
        """A row of round pillars that carry the block above."""
        for i in range(count):
            x = x0 + 0.5 + (x1 - x0 - 1.0) * i / (count - 1)
            self.m.turned_profile(x, z - 0.6, [(0.17, 0), (0.17, high)], self.wall, 10)
        self.features.append(f"{counted(count, 'slender round pillar')} at the ground floor")

    def round_end(self, x: float, y0: float, y1: float, z: float, radius: float, side: int) -> None:
        """Half a drum at the end of a block, its ribbon windows running round."""
        floors = max(1, round((y1 - y0) / STOREY))
        high = (y1 - y0) / floors
        turns = np.linspace(-90, 90, 22)
        ring = np.array([(math.cos(math.radians(t)) * side, math.sin(math.radians(t))) for t in turns])

        def band(low: float, top: float, r: float, material: int) -> None:
            rows = [[(x + r * a, y, z + r * b) for a, b in ring] for y in (low, top)]
            self.m.sheet(np.array(rows), material)

        for i in range(floors):
            v = y0 + i * high
            band(v, v + 1.05, radius, self.wall)
            band(v + 1.05, v + high - 0.75, radius - 0.22, self.glazing.pane())
            band(v + high - 0.75, v + high, radius, self.wall)
            for y in (v + 1.05, v + high - 0.75):
                flat = [[(x + r * a, y, z + r * b) for a, b in ring] for r in (radius - 0.25, radius)]
                self.m.sheet(np.array(flat), self.wall)
            for a, b in ring[1:-1:2]:
                r = radius - 0.15
                self.m.box(
                    x + r * a - 0.04,
                    x + r * a + 0.04,
                    v + 1.05,
                    v + high - 0.75,
                    z + r * b - 0.04,
                    z + r * b,
                    self.bars,
                )
        top = [[(x + r * a, y1, z + r * b) for a, b in ring] for r in (0, radius)]
        self.m.sheet(np.array(top), self.roof)
        band(y1, y1 + 0.3, radius + 0.05, self.wall)


def _villa(b: Bauhaus, aspect: float) -> tuple[str, int]:
    dice = b.dice
    long, floors = dice.between(8, 12) * min(aspect, 1.3), dice.whole(2, 3)
    high = floors * STOREY
    side = dice.sign()
    look = dice.pick(("ribbon", "squares", "ribbon"))
    b.volume(-long / 2, long / 2, 0, high, -9, 0, look)
    b.features.append("long horizontal windows" if look == "ribbon" else "rows of square windows")
    wing, out = dice.between(4, 6), dice.between(1.5, 4)
    x0 = side * long / 2 - (0 if side > 0 else wing)
    low = dice.pick((1, floors - 1)) * STOREY
    if dice.chance(0.45):  # the wing floats on pillars
        b.volume(x0, x0 + wing, STOREY, low + STOREY, -7, out, "ribbon", b.second if dice.chance(0.4) else None)
        b.pilotis(x0, x0 + wing, STOREY, out, dice.whole(2, 4))
    else:
        b.volume(
            x0, x0 + wing, 0, low, -7, out, dice.pick(("curtain", "ribbon")), b.second if dice.chance(0.4) else None
        )
        railing(b.m, x0 + 0.1, x0 + wing - 0.1, low + 0.3, out - 0.2, b.steel)
        b.features.append("a roof terrace with a railing")
    b.entrance(-side * long * dice.between(0.15, 0.3), 0)
    if floors > 1:
        u = -side * long * 0.25
        b.balcony(u - 2.2, u + 2.2, STOREY * (floors - 1) + 0.6, 0.0)
        b.features.append("a balcony")
    return "house", floors


def _school(b: Bauhaus, aspect: float) -> tuple[str, int]:
    dice = b.dice
    side, floors = dice.sign(), dice.whole(3, 4)
    wing = dice.between(13, 19) * min(max(aspect, 0.8), 1.4)
    high = floors * STOREY
    tower = high + dice.between(2.5, 7)
    look = dice.pick(("curtain", "ribbon", "curtain"))
    b.volume(-wing / 2, wing / 2, 0, high, -9, 0, look)
    if look == "curtain":
        b.m.box(-wing / 2, wing / 2, 0, 0.5, 0, 0.1, b.steel)
        b.features.append("a large glass curtain wall")
    else:
        b.features.append(f"{counted(floors, 'row')} of ribbon windows")
    x0 = side * wing / 2 - (0 if side > 0 else 4.5)
    b.volume(x0, x0 + 4.5, 0, tower, -8, dice.between(0.6, 2.0), "stair", dice.pick((b.wall, b.second, b.wall)))
    b.features.append("a tall stair tower with a narrow vertical window")
    low = dice.between(7, 10)
    x1 = x0 + 4.5 if side > 0 else x0 - low
    b.volume(x1, x1 + low, 0, STOREY * dice.whole(1, floors - 1), -6, -1.5, dice.pick(("ribbon", "squares")))
    strip = dice.between(1.2, 2.0)
    b.m.box(x0 - 0.02, x0 + 0.5, 0, tower, 0, 2.02, b.bright)
    b.features.append(f"a vertical {b.accent} stripe")
    b.entrance(x0 + side * 0.4 + 2.2 - strip * 0.1, 2.0 + 0.02)
    return dice.pick(("school building", "building", "office building")), floors


def _flats(b: Bauhaus, aspect: float) -> tuple[str, int]:
    dice = b.dice
    floors, bays = dice.whole(4, 6), dice.whole(3, 5)
    wide = bays * 4.6 * min(max(aspect, 0.7), 1.2)
    high = floors * STOREY
    b.volume(-wide / 2, wide / 2, 0, high, -9, 0, dice.pick(("squares", "ribbon")))
    pitch, every = wide / bays, dice.pick((1, 2))
    places = [i for i in range(bays) if i % every == 0]
    for floor in range(1, floors):
        for i in places:
            x = -wide / 2 + (i + 0.5) * pitch
            b.balcony(x - pitch * 0.36, x + pitch * 0.36, floor * STOREY + 0.15, 0, 1.4)
    b.features.append(f"{counted((floors - 1) * len(places), 'balcony', 'balconies')} with {b.accent} sides")
    side = dice.sign()
    x0 = side * wide / 2 - (0 if side > 0 else 3.4)
    b.volume(x0, x0 + 3.4, 0, high + 1.8, -8, 0.8, "stair", b.second)
    b.features.append("a stairwell with a strip of glass")
    b.entrance(x0 + 1.7, 0.82)
    return dice.pick(("apartment building", "block of flats")), floors


def _rounded(b: Bauhaus, aspect: float) -> tuple[str, int]:
    dice = b.dice
    floors, side = dice.whole(2, 4), dice.sign()
    long, deep, high = dice.between(8, 13) * min(aspect, 1.3), 8.0, floors * STOREY
    b.volume(-long / 2, long / 2, 0, high, -deep, 0, "ribbon")
    b.round_end(side * long / 2, 0, high, -deep / 2, deep / 2, side)
    b.features += ["a rounded corner", f"{counted(floors, 'band')} of ribbon windows"]
    x0 = -side * long / 2 - (2 if side > 0 else 1.6)
    b.volume(x0, x0 + 3.6, 0, high + dice.between(1.5, 4), -deep, 1.2, "stair", dice.pick((b.wall, b.second)))
    railing(b.m, -long / 2, long / 2, high + 0.25, -0.3, b.steel)
    b.features.append("a ship-like railing on the roof")
    b.entrance(x0 + side * 4.5, 0.02)
    return dice.pick(("villa", "house", "building")), floors


def build(m: Model, dice: Dice, setting: Setting) -> Facts:
    """A Bauhaus building at the origin, its front towards z; what was built is returned."""
    b = Bauhaus(m, dice, setting)
    noun, storeys = dice.weighted((_villa, _school, _flats, _rounded), (4, 3, 2, 2.5))(b, setting.aspect)
    view = View(
        dice.sign() * dice.between(12, 36), dice.between(1.5, 3.2), dice.between(24, 38), dice.between(0.80, 0.90),
        dice.between(0.80, 0.88), dice.between(-0.2, 0.2),
    )  # fmt: skip
    return Facts(noun, storeys, b.colour, "plaster", "a flat roof", b.features, view, b.door)
