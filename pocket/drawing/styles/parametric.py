"""Parametric: flowing bands, twisting floors, cellular skins and shells, all from smooth functions of place."""

from __future__ import annotations

import math

import numpy as np

from ..engine.camera import View
from ..engine.dice import Dice
from ..engine.mesh import Model
from ..engine.setting import Setting
from ..parts.elements import Glazing
from ..parts.massing import Facts, counted

SKINS = {
    "white": (0.93, 0.93, 0.93),
    "pearl": (0.86, 0.87, 0.86),
    "silver": (0.74, 0.76, 0.79),
    "sand": (0.86, 0.79, 0.68),
    "bronze": (0.62, 0.47, 0.33),
    "pale blue": (0.72, 0.82, 0.90),
    "turquoise": (0.45, 0.72, 0.72),
}


class Flow:
    """Bands that change their shade gradually, and glass; the features of the building as it grows."""

    def __init__(self, m: Model, dice: Dice, setting: Setting) -> None:
        self.m, self.dice = m, dice
        self.glazing = Glazing(m, dice, setting, (0.12, 0.20, 0.27))
        self.colour = dice.weighted(tuple(SKINS), (5, 1.5, 1.5, 1, 1, 1, 0.6))
        first, last = SKINS[self.colour], SKINS[dice.pick(tuple(SKINS))] if dice.chance(0.35) else SKINS[self.colour]
        self.graded = first != last
        # Neighbouring bands take neighbouring shades, which makes the change of colour smooth.
        self.shades = [
            m.paint(tuple(a + (b - a) * k / 11 for a, b in zip(first, last, strict=True)), shine=0.10)  # type: ignore[arg-type]
            for k in range(12)
        ]
        self.panes = [self.glazing.pane() for _ in range(8)]
        self.dark = m.paint((0.16, 0.17, 0.19))
        self.roof = m.paint((0.62, 0.62, 0.62))
        self.features: list[str] = []
        self.door = 0.0

    def shade(self, t: float) -> int:
        """The material of a band, 0 for the first and 1 for the last."""
        return self.shades[min(11, max(0, int(t * 12)))]

    def glass(self, count: int, run: int = 3) -> np.ndarray:
        """Panes for `count` cells in a row, in runs of `run` cells that are lit or dark together."""
        return np.array(
            [
                self.dice.pick((self.glazing.plain, self.glazing.plain, self.glazing.pane()))
                for _ in range(-(-count // run))
            ]
        ).repeat(run)[:count]

    def ring_floor(
        self, low: np.ndarray, high: np.ndarray, v: float, storey: float, slab: float, inset: float, material: int
    ) -> None:
        """A storey between two closed outlines (count, 2): a slab edge, its underside and the glass set back."""

        def at(outline: np.ndarray, y: float) -> np.ndarray:
            return np.stack([outline[:, 0], np.full(len(outline), y), outline[:, 1]], axis=1)

        middle = low.mean(axis=0)
        inner = middle + (low - middle) * (1 - inset)
        inner_top = middle + (high - middle) * (1 - inset)
        self.m.sheet(np.stack([at(low, v), at(low, v + slab)]), material)
        self.m.sheet(np.stack([at(inner, v), at(low, v)]), material)
        self.m.sheet(np.stack([at(low, v + slab), at(inner, v + slab)]), material)
        self.m.sheet(np.stack([at(inner, v + slab), at(inner_top, v + storey)]), self.glass(len(low) - 1))


def _outline(
    wide: float, deep: float, turn: float, power: float, ripple: float, waves: int, phase: float, parts: int = 72
) -> np.ndarray:
    """A closed superellipse with ripples, (parts + 1, 2)."""
    points = []
    for i in range(parts + 1):
        t = 2 * math.pi * i / parts
        c, s = math.cos(t), math.sin(t)
        r = (abs(c) ** power + abs(s) ** power) ** (-1 / power) * (1 + ripple * math.sin(waves * t + phase))
        x, z = wide * r * c, deep * r * s
        a = math.radians(turn)
        points.append((x * math.cos(a) - z * math.sin(a), x * math.sin(a) + z * math.cos(a)))
    return np.array(points)


def _tower(b: Flow, aspect: float) -> tuple[str, int]:
    dice = b.dice
    floors = dice.whole(8, 14) if aspect > 1.2 else dice.whole(12, 22)
    storey, slab = 3.3, dice.between(0.6, 1.5)
    wide, deep = dice.between(8, 11), dice.between(6, 8.5)
    power, twist = dice.pick((2.0, 2.6, 4.0)), dice.sign() * dice.between(3, 9) if dice.chance(0.6) else 0.0
    ripple, waves = (dice.between(0.03, 0.11), dice.whole(3, 6)) if not twist or dice.chance(0.4) else (0.0, 3)
    drift, swell, centre = dice.between(0.15, 0.5), dice.between(-0.25, 0.3), dice.between(0.2, 0.8)

    def outline(i: int) -> np.ndarray:
        t = i / floors
        k = 1 + swell * math.sin(math.pi * min(1, t * 0.9 + centre * 0.2))
        return _outline(wide * k, deep * k, 20 + twist * i, power, ripple, waves, drift * i)

    for i in range(floors):
        b.ring_floor(outline(i), outline(i + 1), i * storey, storey, slab, 0.07, b.shade(i / floors))
    top = outline(floors)
    flat = np.stack(
        [np.stack([p[:, 0], np.full(len(p), floors * storey), p[:, 1]], axis=1) for p in (top, top * 0.001)]
    )
    b.m.sheet(flat, b.roof)
    b.features.append("a twisting shape" if twist else "wavy balconies that wrap around it")
    b.features += [
        f"{counted(floors, 'floor')} of curved bands" if floors <= 12 else "many floors of curved bands",
        "curved glass walls",
    ]
    return dice.pick(("tower", "skyscraper", "high-rise building")), floors


def _waves(b: Flow, aspect: float) -> tuple[str, int]:
    """A broad building of undulating bands."""
    dice, m = b.dice, b.m
    floors = dice.whole(4, 7)
    wide, storey = dice.between(24, 32) * min(max(aspect, 0.7), 1.25), dice.between(2.6, 3.4)
    xs = np.linspace(-wide / 2, wide / 2, 70)
    a1, a2, k1, k2 = dice.between(1.0, 2.2), dice.between(0.3, 0.9), dice.between(1.0, 2.2), dice.between(3, 5)
    p1, p2, d1, d2 = dice.between(0, 6), dice.between(0, 6), dice.between(0.25, 0.7), dice.between(-0.6, 0.6)
    lift, lp = dice.between(0.3, 1.3), dice.between(0, 6)

    def edge(i: float) -> np.ndarray:
        s = xs / wide * 2 * math.pi
        fade = 1 - (2 * xs / wide) ** 4 * 0.6
        return (a1 * np.sin(k1 * s / 2 + p1 + d1 * i) + a2 * np.sin(k2 * s / 2 + p2 + d2 * i)) * fade - 0.25 * i

    def level(i: float) -> np.ndarray:
        return i * storey + lift * (i / floors) * np.sin(xs / wide * 2 * math.pi + lp)

    def line(i: float, y: np.ndarray, back: float = 0.0) -> np.ndarray:
        return np.stack([xs, y, edge(i) - back], axis=1)

    band = dice.between(0.3, 0.55) * storey
    for i in range(floors):
        lower, upper = line(i, level(i)), line(i + 0.35, level(i) + band)
        glass = line(i + 0.35, level(i) + band, 0.9)
        top = line(i + 1, level(i + 1), 0.9)
        m.sheet(np.stack([lower, upper]), b.shade(i / floors))
        m.sheet(np.stack([upper, glass]), b.shade(i / floors))
        m.sheet(np.stack([glass, top]), b.glass(69))
        m.sheet(np.stack([top, line(i + 1, level(i + 1))]), b.shade(i / floors))
        for end in (0, -1):
            x, z = float(xs[end]), float(edge(i)[end])
            m.quad(
                (x, i * storey - 0.1, z),
                (x, i * storey - 0.1, -14),
                (x, (i + 1) * storey + 0.8, -14),
                (x, (i + 1) * storey + 0.4, z),
                b.shade(i / floors),
            )
    crown = line(floors, level(floors)), line(floors + 0.5, level(floors) + band * 1.2)
    m.sheet(np.stack(crown), b.shade(1.0))
    m.sheet(np.stack([crown[1], np.stack([xs, crown[1][:, 1], np.full(70, -14.0)], axis=1)]), b.shade(1.0))
    b.features += ["flowing horizontal bands", f"{counted(floors, 'row')} of curved glass", "an undulating façade"]
    return dice.pick(("building", "shopping center", "university building", "museum")), floors


def _cells(b: Flow, aspect: float) -> tuple[str, int]:
    """A curved wall of cells whose openings follow a wave."""
    dice, m = b.dice, b.m
    columns, rows = (
        (dice.whole(16, 22), dice.whole(8, 11)) if aspect > 0.85 else (dice.whole(11, 14), dice.whole(12, 16))
    )
    size = 1.75
    wide, high = columns * size, rows * size * 0.87
    bulge, arch = dice.between(1.0, 3.6), dice.sign() * dice.between(1.5, 5)
    w1, w2, p1, p2 = dice.between(1.0, 2.5), dice.between(0.6, 2.0), dice.between(0, 6), dice.between(0, 6)
    shape = dice.pick(("hexagonal", "diamond-shaped", "irregular", "hexagonal", "oval"))
    base = dice.pick((0.0, 3.4))

    def surface(u: np.ndarray, v: np.ndarray, out: float) -> np.ndarray:
        s, t = 2 * u / wide - 1, v / high
        z = (
            arch * (1 - s * s) * 0.6
            + bulge * np.sin(w1 * math.pi * t * 0.6 + p1 + s) * 0.5
            + bulge * 0.35 * np.sin(w2 * 3 * s + p2)
        )
        x = (u - wide / 2) * (1 + 0.06 * np.sin(2.6 * t + p1))
        return np.stack([x, v + base, z + out], axis=-1)

    corner = {"hexagonal": 6, "irregular": 6, "oval": 12, "diamond-shaped": 4}[shape]
    tilt = math.pi / 2
    ring = np.array(
        [
            (math.cos(tilt + 2 * math.pi * k / corner), math.sin(tilt + 2 * math.pi * k / corner))
            for k in range(corner + 1)
        ]
    )
    reach = size * (0.577 if corner != 4 else 0.72)
    jitter = (
        dice.floats(rows + 1, columns + 1, 2) - 0.5 if shape == "irregular" else np.zeros((rows + 1, columns + 1, 2))
    )
    for r in range(rows):
        for c in range(columns):
            u = (c + 0.5 + 0.5 * (r % 2)) * size * columns / (columns + 0.5) + jitter[r, c, 0] * 0.4
            v = (r + 0.5) * size * 0.87 + jitter[r, c, 1] * 0.4
            pattern = 0.5 + 0.5 * math.sin(w1 * 0.35 * c + p1) * math.cos(w2 * 0.5 * r + p2)
            hole = 0.30 + 0.52 * pattern + jitter[r, c, 0] * 0.2
            outer = surface(u + ring[:, 0] * reach, v + ring[:, 1] * reach, 0.0)
            inner = surface(u + ring[:, 0] * reach * hole, v + ring[:, 1] * reach * hole, -0.1 + 0.5 * pattern)
            deep = surface(u + ring[:, 0] * reach * hole, v + ring[:, 1] * reach * hole, -0.9)
            m.sheet(np.stack([outer, inner]), b.shade(r / rows))
            m.sheet(np.stack([inner, deep]), b.shade(r / rows))
    us, vs = np.meshgrid(np.linspace(0, wide, columns + 1), np.linspace(-0.3, high + 0.3, rows + 1))
    m.sheet(surface(us, vs, -0.7), b.glass(rows * columns, 1))
    for u in (0.0, wide):
        edge = surface(np.full(rows + 1, u), np.linspace(-0.3, high + 0.5, rows + 1), 0.15)
        m.sheet(np.stack([edge, edge * np.array((1, 1, 0)) + np.array((0, 0, -13.0))]), b.shade(0.5))
    for v in (-0.3, high + 0.45):
        edge = surface(np.linspace(0, wide, 40), np.full(40, v), 0.3)
        m.sheet(np.stack([edge, edge * np.array((1, 1, 0)) + np.array((0, 0, -13.0))]), b.shade(0.0 if v < 1 else 1.0))
        m.sheet(
            np.stack([edge, surface(np.linspace(0, wide, 40), np.full(40, v + (0.5 if v < 1 else -0.6)), 0.2)]),
            b.shade(0.0 if v < 1 else 1.0),
        )
    if base:
        for i in range(int(wide / 2)):
            m.rect(-wide / 2 + 2 * i + 0.05, -wide / 2 + 2 * i + 1.95, 0, base, -1.5, b.glazing.pane())
        for i in range(5):
            m.turned_profile(
                -wide * 0.4 + wide * 0.2 * i, 0, [(0.25, 0), (0.16, base * 0.6), (0.4, base)], b.shade(0), 10
            )
        b.features.append("a glass ground floor")
    b.features.insert(0, f"a curved façade of {shape} cells")
    b.features += ["openings of varying size", "a patterned skin"]
    return dice.pick(("building", "museum", "pavilion", "department store")), 0


def _shell(b: Flow, aspect: float) -> tuple[str, int]:
    """Ribbons that rise from the ground, sweep over the hall and come down again."""
    dice, m = b.dice, b.m
    wide, high = dice.between(24, 34), dice.between(8, 13)
    ribbons, lean = dice.whole(5, 8), dice.between(-0.25, 0.25)
    second, place = dice.between(0.0, 0.6), dice.between(-0.35, 0.35)
    xs = np.linspace(-1, 1, 80)

    def curve(t: float) -> np.ndarray:
        peak = place + lean * (t - 0.5) * 2
        shifted = np.clip((xs - peak) / np.where(xs > peak, 1 - peak, 1 + peak), -1, 1)
        hill = np.cos(shifted * math.pi / 2) ** (1.2 + t)
        dip = second * np.sin((xs + t * 0.5) * 5) * (1 - xs * xs) * 0.35
        return high * (1 - 0.12 * t) * np.maximum(hill + dip, 0) * (0.6 + 0.4 * math.cos(t * 1.6)) + 0.02

    rows = []
    for i in range(ribbons + 1):
        t = i / ribbons
        y = curve(t)
        z = -13 * (1 - t) + 2.5 * np.cos(xs * 2 + t * 2) * t
        rows.append(np.stack([xs * wide / 2 * (1 - 0.05 * t), y, z], axis=1))
    gap = dice.between(0.35, 0.7)
    for i in range(ribbons):
        back, front = rows[i], rows[i + 1]
        cut = back + (front - back) * gap
        lift = np.array((0, 0.25, 0.0))
        m.sheet(np.stack([back + lift, cut + lift]), b.shade(i / ribbons))
        m.sheet(np.stack([cut + lift, cut - 3 * lift]), b.shade(i / ribbons))
        m.sheet(np.stack([cut, front]), b.glass(79, 4))
    edge = rows[-1]
    floor = edge * np.array((1.0, 0.0, 1.0))
    m.sheet(np.stack([edge + np.array((0, 0.25, 0.25)), edge - np.array((0, 0.7, -0.25))]), b.shade(1.0))
    m.sheet(np.stack([edge - np.array((0, 0.5, 0.3)), floor - np.array((0, 0, 0.3))]), b.glass(79, 4))
    for i in range(2, 79, 4):
        at, height, out = (float(v) for v in edge[i])
        if height > 1.2:
            m.rect(at - 0.06, at + 0.06, 0, height - 0.6, out - 0.25, b.dark)
    b.features += [
        f"{counted(ribbons, 'sweeping ribbon')} over a glass hall",
        "a smooth shell that rises from the ground",
        "a curved glass front",
    ]
    return dice.pick(("cultural center", "museum", "train station", "opera house")), 0


def _fins(b: Flow, aspect: float) -> tuple[str, int]:
    """Upright fins whose depth follows a wave."""
    dice, m = b.dice, b.m
    count = dice.whole(34, 54) if aspect > 0.85 else dice.whole(24, 32)
    pitch = dice.between(0.5, 0.65)
    floors = dice.whole(4, 7) if aspect > 0.85 else dice.whole(7, 10)
    wide, high = count * pitch, floors * 3.2
    k1, k2, p1, p2 = dice.between(1, 3), dice.between(1, 3), dice.between(0, 6), dice.between(0, 6)
    vs = np.linspace(0, high, 26)
    crown = dice.between(0, 2.5)
    for i in range(count + 1):
        s = i / count
        wave = 0.5 + 0.5 * np.sin(k1 * 2 * math.pi * s + p1 + 2.2 * np.sin(k2 * math.pi * vs / high + p2))
        out = 0.35 + 2.3 * wave * wave
        x = -wide / 2 + i * pitch
        y = vs * (1 + crown / high * math.sin(math.pi * s))
        front = np.stack([np.full(26, x), y, out], axis=1)
        back = front * np.array((1, 1, 0.0))
        m.sheet(np.stack([back, front]), b.shade(s))
        m.sheet(np.stack([front, front + np.array((0.16, 0, 0))]), b.shade(s))
        m.sheet(np.stack([front + np.array((0.16, 0, 0)), back + np.array((0.16, 0, 0))]), b.shade(s))
    for f in range(floors):
        grid = np.array([[(-wide / 2 + wide * c / 24, f * 3.2 + y, 0.0) for c in range(25)] for y in (0.5, 3.2)])
        m.sheet(grid, b.glass(24, 2))
        m.box(-wide / 2, wide / 2, f * 3.2, f * 3.2 + 0.5, -0.5, 0.12, b.dark)
    m.box(-wide / 2, wide / 2 + 0.2, 0, high, -14, -0.05, b.shade(0.5), b.roof)
    b.features += [
        "vertical fins forming a wave pattern",
        "a rippling façade",
        f"{counted(floors, 'floor')} behind thin fins",
    ]
    return dice.pick(("building", "concert hall", "office building", "hotel")), floors


def build(m: Model, dice: Dice, setting: Setting) -> Facts:
    """A parametric building at the origin, its front towards z; what was built is returned."""
    b = Flow(m, dice, setting)
    kind = dice.weighted(
        (_tower, _waves, _cells, _shell, _fins), (1.6 if setting.aspect < 1.2 else 0.8, 2.6, 2.4, 1.8, 1.8)
    )
    noun, storeys = kind(b, setting.aspect)
    if b.graded:
        b.features.append("a gradual change of colour")
    roofs = {
        _tower: "a flat roof",
        _waves: "a wavy roof line",
        _cells: "a curved shape",
        _shell: "a flowing roof",
        _fins: "a curved top",
    }
    tall = kind is _tower
    view = View(
        dice.sign() * dice.between(4, 26),
        dice.between(1.6, 4.0),
        dice.between(55, 75) if tall else dice.between(30, 42),
        dice.between(0.84, 0.92),
        dice.between(0.84, 0.90),
        dice.between(-0.15, 0.15),
    )
    material = dice.pick(("", "panel")) if kind is not _tower else ""
    return Facts(noun, storeys, b.colour, material, roofs[kind], b.features, view, b.door)
