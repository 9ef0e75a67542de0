"""Deconstructivist: tilted shards that collide, torn metal skins, slanted slits for windows, beams for no purpose."""

from __future__ import annotations

import math

import numpy as np

from ..engine.camera import View
from ..engine.dice import Dice
from ..engine.mesh import ASHLAR, PANELS, SEAMS, Frame, Model
from ..engine.setting import Setting
from ..parts.elements import Glazing
from ..parts.massing import Facts, counted

SKINS = {
    "silver": ((0.72, 0.74, 0.76), SEAMS, "metal", 0.30),
    "dark grey": ((0.36, 0.38, 0.41), SEAMS, "metal", 0.28),
    "copper": ((0.66, 0.40, 0.27), SEAMS, "metal", 0.22),
    "grey": ((0.66, 0.65, 0.63), PANELS, "concrete", 0.0),
    "white": ((0.90, 0.90, 0.89), PANELS, "panel", 0.08),
    "rusty": ((0.56, 0.31, 0.18), SEAMS, "metal", 0.05),
    "golden": ((0.80, 0.68, 0.42), SEAMS, "metal", 0.30),
}
BEAMS = {
    "red": (0.78, 0.12, 0.10),
    "yellow": (0.94, 0.74, 0.12),
    "black": (0.12, 0.12, 0.13),
    "white": (0.92, 0.92, 0.92),
}


class Fragments:
    """Slanted pieces, their skins and beams; the features of the building as it grows."""

    def __init__(self, m: Model, dice: Dice, setting: Setting) -> None:
        self.m, self.dice = m, dice
        self.glazing = Glazing(m, dice, setting, (0.13, 0.18, 0.22))
        self.colour = dice.weighted(tuple(SKINS), (4, 2, 1.2, 1.6, 1.6, 1.2, 1))
        self.material = SKINS[self.colour][2]
        self.skins = [self._skin(self.colour), self._skin(self.colour, 0.88)]
        others = [name for name in SKINS if name != self.colour]
        self.others = [self._skin(name) for name in dice.some(others, 2)]
        self.beam_colour = dice.pick(tuple(BEAMS))
        self.beam_paint = m.paint(BEAMS[self.beam_colour])
        self.bars = m.paint((0.20, 0.21, 0.23))
        self.features: list[str] = []

    def _skin(self, name: str, shade: float = 1.0) -> int:
        (r, g, b), kind, _, shine = SKINS[name]
        return self.m.paint((r * shade, g * shade, b * shade), kind, shine=shine)

    def face(self, corners: np.ndarray, material: int, look: str) -> None:
        """A four-cornered face (from below left, against the clock) with slanted windows."""
        self.m.quad(*(tuple(map(float, c)) for c in corners), material)  # type: ignore[call-arg,arg-type]
        out = np.cross(corners[1] - corners[0], corners[3] - corners[0])
        out = out / max(math.sqrt(float((out * out).sum())), 1e-6)
        wide = math.sqrt(float(((corners[1] - corners[0]) ** 2).sum()))
        high = math.sqrt(float(((corners[3] - corners[0]) ** 2).sum()))
        if wide < 2.0 or high < 2.5:
            return

        def at(s: float, t: float, lift: float) -> tuple[float, float, float]:
            low = corners[0] + (corners[1] - corners[0]) * s
            p = low + (corners[3] + (corners[2] - corners[3]) * s - low) * t + out * lift
            return (float(p[0]), float(p[1]), float(p[2]))

        def slit(s0: float, t0: float, s1: float, t1: float, ds: float, dt: float) -> None:
            pane = self.glazing.pane()
            rim = 0.12 / max(wide, high)
            m = self.m
            m.quad(
                at(s0 - rim, t0 - rim, 0.04),
                at(s0 + ds + rim, t0 + dt - rim, 0.04),
                at(s1 + ds + rim, t1 + dt + rim, 0.04),
                at(s1 - rim, t1 + rim, 0.04),
                self.bars,
            )
            m.quad(at(s0, t0, 0.07), at(s0 + ds, t0 + dt, 0.07), at(s1 + ds, t1 + dt, 0.07), at(s1, t1, 0.07), pane)

        self._windows(look, slit, wide, high)

    def _windows(self, look: str, slit, wide: float, high: float) -> None:  # type: ignore[no-untyped-def]
        dice = self.dice
        if look == "slashes":
            for _ in range(dice.whole(2, 2 + int(high / 4))):
                s, t = dice.between(0.08, 0.6), dice.between(0.08, 0.6)
                if dice.chance(0.6):
                    slit(s, t, s + dice.between(0.1, 0.3), t + dice.between(0.2, 0.34), dice.between(0.03, 0.07), 0)
                else:
                    slit(s * 0.5, t, s * 0.5 + 0.03, t + 0.5 / high, dice.between(0.35, 0.6), dice.between(-0.12, 0.12))
        elif look == "bands":
            count, skew = max(2, int(high / 3.6)), dice.between(-0.1, 0.1)
            for i in range(count):
                a, b = dice.between(0.05, 0.25), dice.between(0.5, 0.72)
                t = (i + 0.38) / count * 0.9 + 0.03
                slit(a, t, a + 0.02, t + 0.32 / count, b, skew)
        elif look == "scatter":
            columns, rows = max(2, int(wide / 2.3)), max(2, int(high / 3.0))
            for i in range(columns):
                for j in range(rows):
                    if dice.chance(0.62):
                        s, t = (
                            (i + dice.between(0.15, 0.45)) / columns * 0.94,
                            (j + dice.between(0.2, 0.4)) / rows * 0.94,
                        )
                        slit(
                            s,
                            t,
                            s + dice.between(-0.25, 0.3) / columns,
                            t + 0.45 / rows,
                            0.42 / columns,
                            dice.between(-0.1, 0.1) / rows,
                        )
        elif look == "glass":
            columns, rows = max(2, int(wide / 1.4)), max(2, int(high / 1.8))
            for i in range(columns):
                for j in range(rows):
                    slit(
                        (i + 0.05) / columns,
                        (j + 0.05) / rows,
                        (i + 0.05) / columns,
                        (j + 0.95) / rows,
                        0.9 / columns,
                        0,
                    )

    def shard(
        self,
        x: float,
        z: float,
        wide: float,
        deep: float,
        high: float,
        yaw: float,
        lean: tuple[float, float],
        material: int,
        look: str,
        v: float = -0.2,
        cut: float = 0.35,
    ) -> None:
        """A block whose upper corners have been pushed about; its front may overhang."""
        c, s = math.cos(math.radians(yaw)), math.sin(math.radians(yaw))
        base = [(-wide / 2, deep / 2), (wide / 2, deep / 2), (wide / 2, -deep / 2), (-wide / 2, -deep / 2)]
        low, top = [], []
        grow = self.dice.between(0.75, 1.3)
        for u, w in base:
            low.append((x + u * c + w * s, v, z - u * s + w * c))
            u2, w2 = u * grow + lean[0] * high, w * grow + lean[1] * high
            up = high * (1 + self.dice.between(-cut, cut))
            top.append((x + u2 * c + w2 * s, v + up, z - u2 * s + w2 * c))
        lower, upper = np.array(low), np.array(top)
        for i in range(4):
            j = (i + 1) % 4
            self.face(np.array([lower[i], lower[j], upper[j], upper[i]]), material, look if i != 2 else "none")
        self.m.quad(*(tuple(map(float, p)) for p in upper), material)  # type: ignore[call-arg,arg-type]
        self.m.quad(*(tuple(map(float, p)) for p in lower), material)  # type: ignore[call-arg,arg-type]

    def beam(
        self, a: tuple[float, float, float], b: tuple[float, float, float], thick: float, material: int | None = None
    ) -> None:
        """A straight bar between two points."""
        along = np.array(b) - np.array(a)
        length = math.sqrt(float((along * along).sum()))
        along /= length
        side = np.cross(along, (0.13, 0.99, 0.07))
        side /= math.sqrt(float((side * side).sum()))
        up = np.cross(side, along)
        axes = [tuple(map(float, v)) for v in (along, up, side)]
        with self.m.placed(Frame(a, *axes)):  # type: ignore[arg-type]
            t = thick / 2
            self.m.box(0, length, -t, t, -t, t, self.beam_paint if material is None else material)
            self.m.quad(
                (0, -t, -t),
                (length, -t, -t),
                (length, t, -t),
                (0, t, -t),
                self.beam_paint if material is None else material,
            )

    def entrance(self, x: float, z: float) -> None:
        """Glass doors under a tilted canopy."""
        m = self.m
        m.box(x - 1.6, x + 1.6, 0, 2.7, z - 1, z, self.bars)
        for i in range(3):
            m.rect(x - 1.5 + i, x - 0.6 + i, 0.1, 2.6, z + 0.03, self.glazing.pane())
        self.m.quad(
            (x - 2.8, 2.6, z - 0.4),
            (x + 2.4, 3.3, z - 0.4),
            (x + 3.4, 3.5, z + 2.4),
            (x - 2.0, 2.9, z + 2.0),
            self.beam_paint,
        )


def _collision(b: Fragments, aspect: float) -> str:
    dice = b.dice
    count = dice.whole(4, 6)
    step = dice.between(4.0, 5.2) * (1.15 if aspect > 1.2 else 0.9 if aspect < 0.8 else 1.0)
    peak = dice.whole(0, count - 1)
    for i in range(count):
        x = (i - (count - 1) / 2) * step
        high = dice.between(6, 11) if i != peak else dice.between(14, 20)
        skin = dice.pick((*b.skins, *b.skins, *b.others))
        look = dice.pick(("slashes", "bands", "scatter", "slashes", "glass" if i != peak else "slashes"))
        lean = (dice.sign() * dice.between(0.1, 0.42), dice.between(-0.12, 0.3))
        b.shard(
            x,
            dice.between(-4, 1),
            dice.between(5, 8),
            dice.between(5, 8),
            high,
            dice.between(-38, 38),
            lean,
            skin,
            look,
        )
    b.features += ["tilted blocks that run into each other", "slanted windows", "a jagged outline"]
    return dice.pick(("museum", "building", "arts center"))


def _crystal(b: Fragments, aspect: float) -> str:
    dice = b.dice
    old = b.m.paint((0.72, 0.56, 0.42), ASHLAR)
    with_old = dice.chance(0.35)
    if with_old:
        b.m.box(-13, 13, 0, 9, -14, -6, old)
        for i in range(9):
            for v in (1.5, 5.4):
                u = -12 + i * 2.85
                b.m.rect(u + 0.5, u + 1.9, v, v + 2.3, -5.96, b.glazing.pane())
        b.features.append("an old stone building behind")
    for i in range(dice.whole(3, 5)):
        side = -1 if i % 2 else 1
        x = side * dice.between(1.0, 3.0) * (i + 0.6)
        lean = (side * dice.between(0.2, 0.6), dice.between(0.1, 0.5))
        b.shard(
            x,
            dice.between(-5, 0),
            dice.between(4, 7),
            dice.between(4, 7),
            dice.between(8, 17),
            dice.between(-50, 50),
            lean,
            dice.pick(b.skins),
            "slashes",
            -0.2,
            0.5,
        )
    b.features.insert(0, "sharp crystal shapes leaning in all directions")
    b.features.append("thin diagonal slits cut into the walls")
    return dice.pick(("museum", "gallery", "building"))


def _curls(b: Fragments, aspect: float) -> str:
    dice, m = b.dice, b.m
    m.box(-11, 11, 0, 6.5, -9, -1.5, m.paint((0.78, 0.70, 0.58), ASHLAR))
    for i in range(10):
        m.rect(-10.4 + i * 2.1, -8.9 + i * 2.1, 0.6, 4.8, -1.46, b.glazing.pane())
    count = dice.whole(5, 8)
    for i in range(count):
        x = -9.5 + 19 * (i + 0.5) / count + dice.between(-1, 1)
        z, high = dice.between(-7, 0.5), dice.between(8, 17)
        start, sweep = dice.between(-40, 90), dice.between(90, 200) * dice.sign()
        radius, flare = dice.between(2.0, 4.2), dice.between(-0.3, 0.75)
        foot = dice.between(0, 3.5)
        lean, wave = (dice.between(-0.3, 0.3), dice.between(-0.05, 0.3)), dice.between(0.1, 0.5)
        grid = np.zeros((9, 17, 3))
        for r in range(9):
            for c in range(17):
                t, v = c / 16, r / 8
                angle = math.radians(start + sweep * t)
                rad = radius * (1 + flare * v * v + 0.15 * wave * math.sin(5 * t + 3 * v))
                top = high * (1 + wave * math.sin(2.6 * t + i)) * v
                grid[r, c] = (
                    x + rad * math.cos(angle) + lean[0] * high * v * v,
                    foot + top,
                    z + rad * math.sin(angle) + lean[1] * high * v * v,
                )
        m.sheet(grid, dice.pick(b.skins))
    b.entrance(dice.between(-5, 5), 1.0)
    b.features += [
        f"{counted(count, 'curled sheet')} of metal like sails",
        "a stone base with tall windows",
        "billowing walls",
    ]
    return dice.pick(("concert hall", "museum", "theater"))


def _stack(b: Fragments, aspect: float) -> str:
    dice = b.dice
    count = dice.whole(3, 5) if aspect > 0.8 else dice.whole(4, 6)
    wide, v = dice.between(11, 16), 0.0
    b.shard(0, -4, wide * 0.5, 6, 4.0, dice.between(-10, 10), (0, 0), b.others[0], "glass", -0.2, 0.05)
    v = 3.2
    for _ in range(count):
        high = dice.between(3.6, 5.2)
        lean = (dice.sign() * dice.between(0.05, 0.35), dice.between(-0.15, 0.3))
        b.shard(
            dice.between(-3, 3),
            dice.between(-4.5, -1.5),
            wide * dice.between(0.65, 1.1),
            dice.between(7, 10),
            high,
            dice.between(-24, 24),
            lean,
            dice.pick((*b.skins, *b.skins, b.others[1])),
            dice.pick(("bands", "scatter", "bands")),
            v,
            0.12,
        )
        v += high * 0.92
    legs = dice.whole(3, 6)
    for i in range(legs):
        x = -wide * 0.45 + wide * 0.9 * i / (legs - 1)
        b.beam((x + dice.between(-1.5, 1.5), 0, 1.0), (x, 4.2, -0.5), 0.32)
    b.features += [
        f"{counted(count, 'twisted box', 'twisted boxes')} stacked at odd angles",
        counted(legs, f"slanted {b.beam_colour} column"),
        "skewed windows",
    ]
    return dice.pick(("office building", "library", "building"))


def build(m: Model, dice: Dice, setting: Setting) -> Facts:
    """A deconstructivist building at the origin, its front towards z; what was built is returned."""
    b = Fragments(m, dice, setting)
    kind = dice.weighted((_collision, _crystal, _curls, _stack), (3.2, 2.4, 1.8, 2.2))
    noun = kind(b, setting.aspect)
    if kind is _curls and b.material != "metal":
        b.material = "metal"
    beams = dice.whole(2, 5) if kind is not _curls and dice.chance(0.65) else 0
    for _ in range(beams):
        x, high = dice.between(-9, 9), dice.between(6, 13)
        b.beam(
            (x, dice.between(-0.3, 4), dice.between(1, 4)),
            (x + dice.sign() * dice.between(4, 10), high, dice.between(-4, 1)),
            dice.between(0.25, 0.5),
        )
    if beams:
        b.features.append(f"{counted(beams, f'{b.beam_colour} beam')} sticking out")
    door = dice.between(-3, 3)
    if kind is not _curls:
        b.entrance(door, 4.0)
    view = View(
        dice.sign() * dice.between(5, 32),
        dice.between(1.5, 3.0),
        dice.between(24, 36),
        dice.between(0.84, 0.92),
        dice.between(0.80, 0.88),
        dice.between(-0.2, 0.2),
    )
    roof = dice.pick(("a slanted roof", "an irregular roof", "sharp angles")) if kind is not _curls else "a wavy roof"
    return Facts(noun, 0, b.colour, b.material, roof, b.features, view, door)
