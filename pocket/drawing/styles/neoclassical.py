"""Neoclassical: a portico with columns and pediment, strict symmetry, pale stone, tall windows, steps, a dome."""

from __future__ import annotations

import math

from ..engine.camera import View
from ..engine.dice import Dice
from ..engine.mesh import ASHLAR, PLASTER, SEAMS, Frame, Model
from ..engine.setting import Setting
from ..parts.elements import (
    Glazing,
    Opening,
    balustrade,
    column,
    cornice,
    dentils,
    dome,
    hip_roof,
    pane,
    reveal,
    sill,
    steps,
    surround,
    triangle_pediment,
    wall,
)
from ..parts.massing import Facts, counted, row, side_frames

STONES = {
    "white": (0.92, 0.91, 0.88),
    "cream": (0.93, 0.88, 0.76),
    "pale grey": (0.80, 0.80, 0.79),
    "pale yellow": (0.93, 0.82, 0.55),
    "pale green": (0.68, 0.78, 0.68),
    "pale blue": (0.66, 0.76, 0.85),
}
DARK = (0.16, 0.15, 0.15)


class Neoclassical:
    """Stone, windows, doors and colonnades; the features of the building as it grows."""

    def __init__(self, m: Model, dice: Dice, setting: Setting) -> None:
        self.m, self.dice = m, dice
        self.glazing = Glazing(m, dice, setting)
        self.colour = dice.weighted(tuple(STONES), (4, 2.5, 1.5, 1.5, 0.8, 0.8))
        painted = self.colour not in ("white", "cream", "pale grey")
        self.material = "plaster" if painted else "stone"
        self.wall = m.paint(STONES[self.colour], PLASTER if painted else ASHLAR)
        self.trim = m.paint(STONES["white"] if painted else tuple(min(1, c * 1.03) for c in STONES[self.colour]))  # type: ignore[arg-type]
        self.bars = m.paint(dice.pick(((0.85, 0.84, 0.8), DARK)))
        self.roof_colour = dice.pick(((0.36, 0.45, 0.42), (0.36, 0.36, 0.38), (0.46, 0.27, 0.22)))
        self.roof = m.paint(self.roof_colour, SEAMS)
        self.features: list[str] = []

    def window(self, o: Opening, fancy: bool) -> None:
        """A framed window; a fancy one has a cornice of its own."""
        reveal(self.m, o, 0.3, self.trim)
        pane(self.m, o, 0.3, self.glazing.pane(), self.bars, 2, 4 if o.v1 - o.v0 > 1.8 else 2)
        surround(self.m, o, 0.2, 0.1, self.trim)
        sill(self.m, o, self.trim)
        if fancy:
            self.m.box(o.u0 - 0.35, o.u1 + 0.35, o.top + 0.32, o.top + 0.5, 0, 0.32, self.trim)

    def door(self, x: float, v: float, z: float, wide: float, high: float) -> None:
        """A door of two panelled leaves."""
        with self.m.placed(Frame().moved(x, v, z)):
            o = Opening(-wide / 2, wide / 2, 0, high)
            wood = self.m.paint((0.30, 0.19, 0.12))
            self.m.rect(o.u0, o.u1, 0, high, 0.02, wood)
            for u in (-wide * 0.42, wide * 0.04):
                for k in range(3):
                    self.m.box(u, u + wide * 0.38, high * (0.06 + 0.32 * k), high * (0.32 + 0.32 * k), 0.02, 0.06, wood)
            surround(self.m, o, 0.25, 0.14, self.trim)

    def body(self, x0: float, x1: float, v0: float, high: float, z0: float, z1: float, floors: int, bays: int,
             keep: tuple[float, float] | None = None) -> None:  # fmt: skip
        """A wing with `bays` by `floors` windows in front; none between the `keep` places (behind a door)."""
        m, level = self.m, (high - 0.8) / floors
        tall = self.dice.between(0.52, 0.6)
        for side, (frame, length) in side_frames(x0, x1, z0, z1).items():
            count = bays if side == "front" else max(1, int(length / 3.2))
            holes = []
            for i in range(floors):
                share = tall if i == 0 or floors < 3 else tall * (0.95 if i == 1 else 0.72)
                low = v0 + i * level + level * 0.24
                holes += row(length, count, min(1.35, length / count * 0.45), low, low + level * share, 0, 0.7)
            if side == "front" and keep:
                holes = [h for h in holes if not (keep[0] < h.middle + x0 < keep[1] and h.v0 < v0 + level)]
            with m.placed(frame):
                wall(m, 0, length, v0, v0 + high, self.wall, holes)
                for hole in holes:
                    self.window(hole, hole.v0 < v0 + level)
                m.box(0, length, 0, v0 + 0.5, 0, 0.22, self.trim)
                if floors > 1:
                    m.box(0, length, v0 + level - 0.12, v0 + level + 0.12, 0, 0.16, self.trim)
                dentils(m, 0, length, v0 + high - 0.9, 0.24, 0.22, self.trim)
                cornice(m, 0, length, v0 + high - 0.6, 0.6, 0.65, self.trim)

    def portico(
        self, x: float, wide: float, v0: float, high: float, z: float, out: float, count: int, pediment: bool
    ) -> float:
        """Columns with an entablature, and a pediment if wanted; returns its top."""
        m = self.m
        radius = min(high * 0.058, wide / count * 0.2)
        fancy = self.dice.chance(0.5)
        for i in range(count):
            u = x - wide / 2 + radius * 1.5 + (wide - 3 * radius) * i / (count - 1)
            column(m, u, z + out - radius * 1.6, v0, v0 + high, radius, self.trim, fancy)
        beam = high * 0.15
        top = v0 + high + beam
        m.box(x - wide / 2, x + wide / 2, v0 + high, top, z, z + out, self.trim)
        m.box(
            x - wide / 2 - 0.05,
            x + wide / 2 + 0.05,
            v0 + high + beam * 0.36,
            v0 + high + beam * 0.42,
            z,
            z + out + 0.08,
            self.trim,
        )
        with m.placed(Frame().moved(0, 0, z + out)):
            dentils(m, x - wide / 2, x + wide / 2, top - 0.28, 0.26, 0.2, self.trim)
        m.box(x - wide / 2 - 0.4, x + wide / 2 + 0.4, top, top + 0.25, z, z + out + 0.4, self.trim)
        top += 0.25
        if not pediment:
            return top
        rise = wide * self.dice.between(0.17, 0.23)
        triangle_pediment(
            m, x - wide / 2 - 0.4, x + wide / 2 + 0.4, top, rise, z - 0.5, z + out + 0.4, self.wall, self.trim, 0.42
        )
        if self.dice.chance(0.5):
            ring = [(r * wide * 0.05, v) for r, v in ((1.0, 0.0), (1.0, 0.12), (0.7, 0.12), (0.7, 0.02), (0, 0.02))]
            upright = Frame((x, top + rise * 0.38, z + out + 0.18), (1, 0, 0), (0, 0, 1), (0, -1, 0))
            with m.placed(upright):
                m.turned_profile(0, 0, ring, self.trim, 16)
        return top + rise + 0.42

    def plinth(self, x0: float, x1: float, high: float, z0: float, z1: float) -> None:
        """The base that the building stands on."""
        self.m.box(x0, x1, 0, high, z0, z1, self.m.paint((0.76, 0.74, 0.70), ASHLAR))


def _palace(b: Neoclassical, aspect: float) -> tuple[str, int, str]:
    dice, m = b.dice, b.m
    floors = dice.whole(2, 3)
    high = floors * 4.3 + 0.8
    columns = dice.pick((4, 6, 6, 8) if aspect > 0.8 else (4, 6))
    wide = columns * 2.3
    wing = dice.whole(2, 4 if aspect > 1.2 else 3)
    half = wide / 2 + wing * 2.9
    base = dice.between(0.7, 1.5)
    b.body(-half, half, base, high, -13, 0, floors, 2 * wing + columns - 1, (-1.6, 1.6))
    full = dice.chance(0.6)
    shaft = (high - 1.4) * (0.88 if full else 0.93 / floors + 0.12)
    b.plinth(-wide / 2 - 0.5, wide / 2 + 0.5, base, 0, 3.6)
    b.door(0, base, 0.02, 2.1, min(3.4, shaft * 0.6))
    b.portico(0, wide, base, shaft, 0, 3.4, columns, True)
    b.features.append(f"{counted(columns, 'column')} and a triangular pediment")
    count = max(3, int(base / 0.17))
    steps(m, -wide * 0.36, wide * 0.36, base, 3.6, count, b.trim)
    b.features.append("stone steps")
    b.features.append(f"{counted(floors, 'row')} of tall windows")
    if dice.chance(0.55):
        for u0, u1 in ((-half, -wide / 2 - 0.4), (wide / 2 + 0.4, half)):
            balustrade(m, u0, u1, base + high, 1.0, 0, b.trim)
        b.features.append("a stone balustrade along the roof")
        return dice.pick(("palace", "mansion", "museum")), floors, "a flat roof"
    hip_roof(m, -half - 0.4, half + 0.4, -13.3, 0.4, base + high, dice.between(2.2, 3.2), b.roof)
    return dice.pick(("mansion", "manor house", "university building")), floors, "a low hip roof"


def _temple(b: Neoclassical, aspect: float) -> tuple[str, int, str]:
    dice, m = b.dice, b.m
    columns = dice.pick((4, 6, 6, 8))
    high = dice.between(7.5, 10)
    wide = columns * high * 0.29
    base = dice.between(1.2, 2.6)
    b.plinth(-wide / 2 - 0.8, wide / 2 + 0.8, base, -22, 4.6)
    m.box(-wide / 2 + 0.7, wide / 2 - 0.7, base, base + high * 1.15, -20, 0, b.wall)
    b.door(0, base, 0.02, 2.4, 4.6)
    b.portico(0, wide, base, high, 0, 4.2, columns, True)
    for i in range(1, 6):
        for u in (-wide / 2 + 0.8, wide / 2 - 0.8):
            column(m, u, 3.4 - i * 3.4, base, base + high, high * 0.055, b.trim)
    for u in (-wide / 2, wide / 2 - 1.6):
        m.box(u, u + 1.6, base + high, base + high * 1.15, -20, 0, b.trim)
    rise = high * 1.15 + 0.25 + base
    m.quad(
        (-wide / 2 - 0.5, rise, 0),
        (0, rise + wide * 0.2, 0),
        (0, rise + wide * 0.2, -20),
        (-wide / 2 - 0.5, rise, -20),
        b.roof,
    )
    m.quad(
        (wide / 2 + 0.5, rise, 0),
        (0, rise + wide * 0.2, 0),
        (0, rise + wide * 0.2, -20),
        (wide / 2 + 0.5, rise, -20),
        b.roof,
    )
    steps(m, -wide / 2 - 0.3, wide / 2 + 0.3, base, 4.6, max(5, int(base / 0.2)), b.trim)
    b.features += [
        f"{counted(columns, 'tall column')} in front and a triangular pediment",
        "a wide flight of steps",
        "a large wooden door",
    ]
    return dice.pick(("temple", "museum", "courthouse", "memorial hall")), 0, "a gable roof"


def _domed(b: Neoclassical, aspect: float) -> tuple[str, int, str]:
    dice, m = b.dice, b.m
    floors, columns = dice.whole(1, 2), dice.pick((4, 6, 6))
    high = 5.4 if floors == 1 else 9.4
    wide = columns * 2.4
    wing = dice.whole(1, 3 if aspect > 1.2 else 2)
    half, base = wide / 2 + wing * 3.2, dice.between(0.9, 1.8)
    b.body(-half, half, base, high, -16, 0, floors, 2 * wing + columns - 1, (-1.8, 1.8))
    b.plinth(-wide / 2 - 0.5, wide / 2 + 0.5, base, 0, 4.0)
    b.door(0, base, 0.02, 2.2, min(3.8, high * 0.55))
    b.portico(0, wide, base, high - 1.0, 0, 3.8, columns, True)
    steps(m, -wide * 0.42, wide * 0.42, base, 4.0, max(4, int(base / 0.18)), b.trim)
    radius = min(half * 0.5, wide * dice.between(0.36, 0.5))
    v, drum = base + high, dice.between(2.2, 5.0)
    v += 1.2
    m.box(-radius * 1.25, radius * 1.25, base + high, v, -8 - radius * 1.25, -8 + radius * 1.25, b.wall)
    m.turned_profile(
        0,
        -8,
        [
            (radius * 0.9, v),
            (radius * 0.9, v + drum),
            (radius * 1.06, v + drum),
            (radius * 1.06, v + drum + 0.5),
            (radius, v + drum + 0.5),
        ],
        b.wall,
        24,
    )
    ring = dice.chance(0.6)
    if ring:
        for i in range(16):
            t = math.radians(i * 22.5 + 11.25)
            column(m, radius * math.cos(t), -8 + radius * math.sin(t), v, v + drum, radius * 0.055, b.trim)
    green = m.paint(dice.pick(((0.45, 0.62, 0.55), (0.40, 0.41, 0.43), (0.78, 0.62, 0.28), (0.85, 0.84, 0.80))), SEAMS)
    dome(m, 0, -8, v + drum + 0.5, radius, green, b.trim, dice.chance(0.8))
    b.features += [f"a dome and {counted(columns, 'column')}", "a triangular pediment", "steps leading to the door"]
    if ring:
        b.features.append("a drum with columns around it")
    return dice.pick(("capitol", "palace", "government building", "library")), floors, "a large dome"


def _colonnade(b: Neoclassical, aspect: float) -> tuple[str, int, str]:
    dice, m = b.dice, b.m
    columns = dice.pick((8, 10, 12) if aspect > 0.8 else (6, 8))
    high, end = dice.between(7, 9.5), dice.between(3.5, 5.0)
    wide, base = columns * 2.5, dice.between(0.8, 1.6)
    half = wide / 2 + end
    b.plinth(-half - 0.4, half + 0.4, base, -12, 3.4)
    with m.placed(Frame().moved(0, 0, 0)):
        holes = row(wide, columns - 1, 1.5, base + high * 0.12, base + high * 0.72)
        with m.placed(Frame().moved(-wide / 2)):
            wall(m, 0, wide, base, base + high, b.wall, holes)
            for i, hole in enumerate(holes):
                b.window(hole, False)
                if i == (columns - 1) // 2 and (columns - 1) % 2:
                    m.rect(hole.u0, hole.u1, base, hole.v1, 0.03, m.paint((0.28, 0.18, 0.12)))
    for x0 in (-half, wide / 2):
        b.body(x0, x0 + end, base, high * 1.15, -12, 3.0, 2, 1)
    b.portico(0, wide, base, high, 0, 2.8, columns, False)
    attic = dice.between(1.2, 2.4)
    m.box(-half + 0.5, half - 0.5, base + high * 1.15, base + high * 1.15 + attic, -12, 1.5, b.wall, b.roof)
    middle = dice.chance(0.5)
    if middle:
        v = base + high * 1.15 + attic
        triangle_pediment(m, -wide * 0.22, wide * 0.22, v, wide * 0.075, 0, 1.9, b.wall, b.trim, 0.4)
        b.features.append(f"a row of {counted(columns, 'column')} and a small pediment in the middle")
    else:
        balustrade(m, -half + 0.5, half - 0.5, base + high * 1.15 + attic, 0.9, 1.4, b.trim)
        b.features.append(f"a long colonnade of {counted(columns, 'column')}")
    steps(m, -half * 0.7, half * 0.7, base, 3.4, max(4, int(base / 0.18)), b.trim)
    b.features += ["wide stone steps", "tall windows behind the columns"]
    return dice.pick(("museum", "opera house", "government building", "theater")), 0, "a flat roof"


def build(m: Model, dice: Dice, setting: Setting) -> Facts:
    """A neoclassical building at the origin, its front towards z; what was built is returned."""
    b = Neoclassical(m, dice, setting)
    kinds = (_palace, _temple, _domed, _colonnade)
    noun, storeys, roof = dice.weighted(kinds, (4, 2, 2.5, 1.8 if setting.aspect > 0.8 else 0.8))(b, setting.aspect)
    yaw = 0.0 if dice.chance(0.45) else dice.sign() * dice.between(6, 26)
    view = View(yaw, dice.between(1.7, 4.0), dice.between(38, 60), dice.between(0.84, 0.93), dice.between(0.82, 0.90))
    return Facts(noun, storeys, b.colour, b.material, roof, b.features, view, 0.0)
