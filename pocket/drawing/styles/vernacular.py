"""Ordinary buildings of no particular style: houses, barns, shops, blocks of flats, towers, chapels, in any mixture.

They are the wide world that the pocket model is pre-trained on; the five styles are what a LoRA adds to it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..engine.camera import View
from ..engine.dice import Dice
from ..engine.mesh import ASHLAR, BRICK, PLASTER, TILES, Model
from ..engine.setting import Setting
from ..parts.elements import (
    Colour,
    Glazing,
    Opening,
    column,
    cornice,
    dome,
    hip_roof,
    pane,
    railing,
    reveal,
    sill,
    surround,
    triangle_pediment,
    wall,
)
from ..parts.massing import Facts, counted, row, side_frames

WALLS: dict[str, tuple[Colour, tuple[tuple[int, str], ...]]] = {
    "white": ((0.92, 0.92, 0.90), ((PLASTER, "plaster"),)),
    "grey": ((0.60, 0.61, 0.62), ((PLASTER, "concrete"), (ASHLAR, "stone"), (BRICK, "brick"))),
    "red": ((0.66, 0.30, 0.24), ((BRICK, "brick"), (PLASTER, "wooden"))),
    "brown": ((0.50, 0.36, 0.25), ((BRICK, "brick"), (PLASTER, "wooden"), (ASHLAR, "stone"))),
    "yellow": ((0.90, 0.76, 0.42), ((PLASTER, "plaster"), (BRICK, "brick"))),
    "beige": ((0.85, 0.78, 0.65), ((PLASTER, "plaster"), (ASHLAR, "stone"))),
    "blue": ((0.42, 0.56, 0.72), ((PLASTER, "wooden"), (PLASTER, "plaster"))),
    "green": ((0.45, 0.60, 0.45), ((PLASTER, "wooden"), (PLASTER, "plaster"))),
    "pink": ((0.88, 0.66, 0.64), ((PLASTER, "plaster"),)),
    "orange": ((0.86, 0.54, 0.32), ((PLASTER, "plaster"), (BRICK, "brick"))),
}
ROOFS: dict[str, Colour] = {
    "red": (0.66, 0.32, 0.24),
    "dark": (0.22, 0.22, 0.25),
    "grey": (0.48, 0.49, 0.52),
    "brown": (0.42, 0.30, 0.22),
    "green": (0.34, 0.48, 0.40),
}


@dataclass(frozen=True)
class Kind:
    """The proportions of one kind of building: ranges that the dice fill in."""

    nouns: tuple[str, ...]
    bays: tuple[int, int]
    storeys: tuple[int, int]
    bay: tuple[float, float]
    storey: tuple[float, float]
    depth: tuple[float, float]
    roofs: tuple[str, ...]


KINDS = {
    "house": Kind(
        ("house", "cottage", "home"), (2, 4), (1, 2), (2.4, 3.6), (2.8, 3.4), (7, 9), ("gable", "hip", "hip")
    ),
    "townhouse": Kind(
        ("townhouse", "house"), (2, 4), (3, 5), (2.0, 2.6), (3.0, 3.8), (9, 11), ("flat", "hip", "gable")
    ),
    "flats": Kind(
        ("block of flats", "apartment building"), (5, 9), (4, 8), (2.6, 3.4), (2.8, 3.2), (10, 13), ("flat",)
    ),
    "tower": Kind(("tower", "high-rise"), (3, 5), (8, 12), (2.6, 3.6), (3.0, 3.4), (10, 13), ("flat", "hip", "dome")),
    "hall": Kind(("hall", "market hall", "barn"), (3, 6), (1, 1), (3.4, 4.6), (5.0, 7.0), (12, 16), ("gable", "hip")),
    "shop": Kind(("shop", "café", "inn"), (2, 5), (1, 3), (2.8, 3.8), (3.2, 4.0), (8, 11), ("flat", "hip", "gable")),
    "chapel": Kind(("chapel", "church"), (3, 3), (1, 1), (2.8, 3.8), (7.0, 9.0), (13, 18), ("gable", "dome")),
    "school": Kind(
        ("school", "office building", "museum"), (5, 9), (2, 3), (3.0, 4.0), (3.6, 4.6), (11, 14), ("flat", "hip")
    ),
}
WEIGHTS = (3, 2, 2, 1.5, 1.2, 1.6, 1, 1.8)


class Vernacular:
    """One building: its paints, and what the caption will say of it."""

    def __init__(self, m: Model, dice: Dice, setting: Setting) -> None:
        self.m, self.dice = m, dice
        self.glazing = Glazing(m, dice, setting)
        self.colour = dice.pick(tuple(WALLS))
        tint, kinds = WALLS[self.colour]
        texture, self.material = dice.pick(kinds)
        self.wall = m.paint(tint, texture)
        pale = dice.chance(0.65)
        self.trim = m.paint((0.93, 0.92, 0.88) if pale else (tint[0] * 0.6, tint[1] * 0.6, tint[2] * 0.6))
        self.bars = m.paint((0.94, 0.94, 0.92) if dice.chance(0.6) else (0.20, 0.19, 0.19))
        self.roof_colour = dice.pick(tuple(ROOFS))
        self.roof = m.paint(ROOFS[self.roof_colour], TILES)
        self.door = m.paint(dice.pick(((0.36, 0.22, 0.14), (0.16, 0.28, 0.22), (0.50, 0.14, 0.12), (0.15, 0.20, 0.34))))
        self.frames, self.sills, self.shutters = dice.chance(0.5), dice.chance(0.5), dice.chance(0.18)
        self.panes = (dice.whole(1, 3), dice.whole(1, 3))
        self.features: list[str] = []

    def window(self, o: Opening) -> None:
        """One window with the frame, sill and shutters of this house."""
        m = self.m
        reveal(m, o, 0.2, self.trim)
        pane(m, o, 0.2, self.glazing.pane(), self.bars, *self.panes)
        if self.frames:
            surround(m, o, 0.14, 0.07, self.trim)
        if self.sills:
            sill(m, o, self.trim)
        if self.shutters and not o.arch:
            half = (o.u1 - o.u0) / 2
            for u in (o.u0 - half - 0.05, o.u1 + 0.05):
                m.box(u, u + half * 0.95, o.v0, o.v1, 0.02, 0.09, self.door)

    def entrance(self, o: Opening) -> None:
        """The door, deep in its hole."""
        reveal(self.m, o, 0.3, self.trim)
        self.m.rect(o.u0, o.u1, o.v0, o.v1, -0.3, self.door)
        if o.arch:
            self.m.polygon([(u, v, -0.3) for u, v in o.head()], self.glazing.pane())
        surround(self.m, o, 0.2, 0.1, self.trim)


def _windows(b: Vernacular, length: float, bays: int, v: float, high: float, look: str) -> list[Opening]:
    """The openings of one storey in one of the looks that a building keeps."""
    pitch = length / bays
    wide = pitch * {"tall": 0.36, "wide": 0.74, "arched": 0.46, "square": 0.44, "small": 0.28}[look]
    low, top = v + high * 0.28, v + high * 0.80
    if look == "tall":
        low = v + high * 0.18
    if look == "small":
        low, top = v + high * 0.45, v + high * 0.72
    arch = wide / 2 if look == "arched" else 0.0
    return row(length, bays, wide, low, max(top - arch, low + 0.4), arch)


def _door(u: float, arched: bool, wide: float, high: float) -> Opening:
    return Opening(u - wide / 2, u + wide / 2, 0, high - (wide / 2 if arched else 0), wide / 2 if arched else 0)


def _roof(b: Vernacular, kind: str, half: float, deep: float, top: float) -> str:
    m, dice = b.m, b.dice
    if kind == "flat":
        m.quad((-half, top, 0), (half, top, 0), (half, top, -deep), (-half, top, -deep), b.trim)
        if dice.chance(0.6):
            cornice(m, -half, half, top - 0.3, 0.5, 0.4, b.trim)
        return "a flat roof"
    if kind == "dome":
        m.quad((-half, top, 0), (half, top, 0), (half, top, -deep), (-half, top, -deep), b.trim)
        radius = min(half, deep / 2) * dice.between(0.6, 0.9)
        m.turned_profile(0, -deep / 2, [(radius, top), (radius, top + 1.0)], b.wall, 24)
        dome(m, 0, -deep / 2, top + 1.0, radius, b.roof, b.trim)
        return f"a {b.roof_colour} dome"
    over, rise = 0.5, dice.between(0.28, 0.62) * min(2 * half, deep)
    if kind == "hip":
        hip_roof(m, -half - over, half + over, -deep - over, over, top, rise, b.roof)
        return f"a {b.roof_colour} roof"
    # The gable looks at the street: two slopes along the depth, and the wall goes up between them.
    for side in (-1, 1):
        x = side * (half + over)
        m.quad(
            (x, top - 0.3, over), (0, top + rise, over), (0, top + rise, -deep - over), (x, top - 0.3, -deep), b.roof
        )
    triangle_pediment(m, -half, half, top, rise - 0.3, -0.2, 0.15, b.wall, b.trim, 0.25)
    return f"a pointed {b.roof_colour} roof"


def _porch(b: Vernacular, length: float, high: float, middle: float) -> None:
    """A small roof on columns before the entrance."""
    m, half = b.m, min(2.2, length * 0.25)
    for u in (middle - half, middle + half):
        column(m, u, 1.8, 0, high, 0.18, b.trim)
    m.box(middle - half - 0.4, middle + half + 0.4, high, high + 0.35, 0, 2.2, b.trim)
    if b.dice.chance(0.5):
        triangle_pediment(
            m, middle - half - 0.4, middle + half + 0.4, high + 0.35, half * 0.5, 0, 2.2, b.wall, b.trim, 0.2
        )
    b.features.insert(0, "a porch with columns")


def _balconies(b: Vernacular, openings: list[Opening], v: float) -> None:
    for o in openings:
        b.m.box(o.u0 - 0.5, o.u1 + 0.5, v - 0.1, v + 0.1, 0, 1.2, b.trim)
        railing(b.m, o.u0 - 0.5, o.u1 + 0.5, v + 0.1, 1.15, b.bars, 3, 0.9)


def build(m: Model, dice: Dice, setting: Setting) -> Facts:
    """An ordinary building at the origin, its front towards z; what was built is returned."""
    b = Vernacular(m, dice, setting)
    kind = KINDS[dice.weighted(tuple(KINDS), WEIGHTS)]
    bays, storeys = dice.whole(*kind.bays), dice.whole(*kind.storeys)
    if setting.aspect < 0.9:
        bays = min(bays, 5)
    high, length, deep = dice.between(*kind.storey), bays * dice.between(*kind.bay), dice.between(*kind.depth)
    look = dice.weighted(("tall", "square", "arched", "wide", "small"), (3, 3, 2, 2, 1))
    half, top = length / 2, storeys * high + 0.6
    entrance = dice.pick(range(bays))
    arched_door = look == "arched" or dice.chance(0.25)
    stripes, balconies = dice.chance(0.3) and storeys > 1, dice.chance(0.3) and storeys > 2
    for side, (frame, long) in side_frames(-half, half, -deep, 0).items():
        count = bays if side == "front" else max(2, round(deep / length * bays))
        with m.placed(frame):
            door = _door(
                (entrance + 0.5) * long / count, arched_door, min(1.8, long / count * 0.6), min(2.9, high * 0.78)
            )
            for floor in range(storeys):
                v = floor * high
                holes = _windows(b, long, count, v, high, look)
                front_door = side == "front" and floor == 0
                if front_door:
                    holes[entrance] = door
                wall(m, 0, long, v, v + high, b.wall, holes)
                for i, hole in enumerate(holes):
                    (b.entrance if front_door and i == entrance else b.window)(hole)
                if stripes and floor:
                    m.box(0, long, v - 0.12, v + 0.12, 0, 0.14, b.trim)
                if balconies and side == "front" and floor:
                    _balconies(b, holes, v)
            m.rect(0, long, storeys * high, top, 0, b.wall)
            if side == "front" and storeys * high > 3 and dice.chance(0.2):
                _porch(b, long, min(3.0, high * 0.85), door.middle)
    roof = _roof(b, dice.pick(kind.roofs), half, deep, top)
    names = {"tall": "tall windows", "wide": "wide windows", "arched": "arched windows", "square": "square windows"}
    b.features += [names.get(look, "small windows"), f"{counted(bays, 'window')} on each floor"]
    if balconies:
        b.features.insert(0, "balconies")
    if b.shutters and look != "arched":
        b.features.append("window shutters")
    if stripes:
        b.features.append("bands between the floors")
    yaw = 0.0 if dice.chance(0.3) else dice.sign() * dice.between(6, 32)
    view = View(yaw, dice.between(1.7, 5.5), dice.between(38, 58), dice.between(0.82, 0.93), dice.between(0.82, 0.92))
    return Facts(dice.pick(kind.nouns), storeys, b.colour, b.material, roof, b.features, view, door.middle - half)
