"""The parts of a façade: walls with openings, windows, columns, cornices, pediments, railings, steps and roofs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..engine.dice import Dice
from ..engine.mesh import GLASS, Model, Point
from ..engine.setting import Setting

Colour = tuple[float, float, float]


class Glazing:
    """Window panes: dark, curtained, or lit by a lamp, at random."""

    def __init__(self, model: Model, dice: Dice, setting: Setting, tint: Colour = (0.16, 0.20, 0.24)) -> None:
        self._dice, self._lit = dice, setting.light.lit_windows
        self.plain = model.paint(tint, GLASS, shine=0.9)
        self._curtain = model.paint((0.50, 0.48, 0.45), GLASS, shine=0.5)
        warm = ((1.0, 0.80, 0.50), (1.0, 0.72, 0.38), (1.0, 0.88, 0.66), (0.92, 0.90, 0.86))
        self._lamps = [model.paint(colour, GLASS, shine=0.25, glow=dice.between(0.6, 1.5)) for colour in warm]

    def pane(self) -> int:
        """The material of one more pane."""
        if self._dice.chance(self._lit):
            return self._dice.pick(self._lamps)
        return self._curtain if self._dice.chance(0.12) else self.plain


@dataclass(frozen=True)
class Opening:
    """A hole in a wall; `arch` is how far its round head rises above v1 (0: straight)."""

    u0: float
    u1: float
    v0: float
    v1: float
    arch: float = 0.0

    @property
    def middle(self) -> float:
        """Half way between its sides."""
        return (self.u0 + self.u1) / 2

    @property
    def top(self) -> float:
        """How high its head reaches."""
        return self.v1 + self.arch

    def head(self, grow: float = 0.0, parts: int = 10) -> list[tuple[float, float]]:
        """(u, v) along the arch from left to right, `grow` metres further out."""
        half, rise = (self.u1 - self.u0) / 2 + grow, self.arch + grow
        turns = [math.pi * (1 - i / parts) for i in range(parts + 1)]
        return [(self.middle + half * math.cos(t), self.v1 + rise * math.sin(t)) for t in turns]


def wall(
    m: Model, u0: float, u1: float, v0: float, v1: float, material: int, holes: Iterable[Opening] = (), w: float = 0.0
) -> None:
    """An upright wall with holes left out; arched holes get their round heads filled in."""
    holes = [h for h in holes if h.u1 > u0 and h.u0 < u1]
    levels = sorted({v0, v1, *(min(max(v, v0), v1) for h in holes for v in (h.v0, h.top))})
    for low, high in itertools.pairwise(levels):
        at = u0
        for hole in sorted((h for h in holes if h.v0 < (low + high) / 2 < h.top), key=lambda h: h.u0):
            if hole.u0 > at:
                m.rect(at, hole.u0, low, high, w, material)
            at = max(at, hole.u1)
        if at < u1:
            m.rect(at, u1, low, high, w, material)
    for hole in holes:
        if hole.arch:
            for (a, va), (b, vb) in zip(hole.head(), hole.head()[1:], strict=False):
                m.quad((a, va, w), (b, vb, w), (b, hole.top, w), (a, hole.top, w), material)


def reveal(m: Model, o: Opening, depth: float, material: int, w: float = 0.0) -> None:
    """The sides, head and foot of a hole, `depth` metres into the wall."""
    b = w - depth
    m.quad((o.u0, o.v0, w), (o.u0, o.v0, b), (o.u0, o.v1, b), (o.u0, o.v1, w), material)
    m.quad((o.u1, o.v0, w), (o.u1, o.v0, b), (o.u1, o.v1, b), (o.u1, o.v1, w), material)
    m.quad((o.u0, o.v0, w), (o.u1, o.v0, w), (o.u1, o.v0, b), (o.u0, o.v0, b), material)
    head = o.head() if o.arch else [(o.u0, o.v1), (o.u1, o.v1)]
    for (p, vp), (q, vq) in itertools.pairwise(head):
        m.quad((p, vp, w), (q, vq, w), (q, vq, b), (p, vp, b), material)


def pane(m: Model, o: Opening, depth: float, glass: int, bars: int, columns: int, rows: int, w: float = 0.0) -> None:
    """Glass in a hole with `columns` by `rows` panes between bars."""
    b = w - depth
    m.rect(o.u0, o.u1, o.v0, o.v1, b, glass)
    if o.arch:
        m.polygon([(u, v, b) for u, v in o.head()], glass)
    thick = min(0.09, (o.u1 - o.u0) * 0.06)
    f = b + 0.05
    for i in range(columns + 1):
        u = o.u0 + (o.u1 - o.u0) * i / columns
        top = o.top if o.arch and 0 < i < columns else o.v1
        m.rect(max(u - thick / 2, o.u0), min(u + thick / 2, o.u1), o.v0, top, f, bars)
    for i in range(rows + 1):
        v = o.v0 + (o.v1 - o.v0) * i / rows
        m.rect(o.u0, o.u1, max(v - thick / 2, o.v0), min(v + thick / 2, o.top), f, bars)


def surround(m: Model, o: Opening, width: float, proud: float, material: int, w: float = 0.0) -> None:
    """A band around a hole that stands out of the wall."""
    m.box(o.u0 - width, o.u0, o.v0, o.v1, w, w + proud, material)
    m.box(o.u1, o.u1 + width, o.v0, o.v1, w, w + proud, material)
    if not o.arch:
        m.box(o.u0 - width, o.u1 + width, o.v1, o.v1 + width, w, w + proud, material)
        return
    f, inner, outer = w + proud, o.head(), o.head(width)
    for (a, b), (c, d) in zip(zip(inner, outer, strict=True), zip(inner[1:], outer[1:], strict=True), strict=False):
        m.quad((*a, f), (*c, f), (*d, f), (*b, f), material)
        m.quad((*b, w), (*b, f), (*d, f), (*d, w), material)
        m.quad((*a, w), (*a, f), (*c, f), (*c, w), material)


def sill(m: Model, o: Opening, material: int, w: float = 0.0) -> None:
    """A ledge below a window."""
    m.box(o.u0 - 0.15, o.u1 + 0.15, o.v0 - 0.16, o.v0, w, w + 0.22, material)


def cornice(m: Model, u0: float, u1: float, v: float, high: float, out: float, material: int, w: float = 0.0) -> None:
    """A moulding with a stepped profile along the top of a wall; its lower edge is at v."""
    steps = [(0, 0), (0.25, 0), (0.25, 0.35), (0.55, 0.45), (0.6, 0.7), (1, 0.75), (1, 1), (0, 1.0)]
    profile = [(w + a * out, v + b * high) for a, b in steps]
    m.moulding(u0 - out, u1 + out, profile, material)


def dentils(m: Model, u0: float, u1: float, v: float, size: float, out: float, material: int, w: float = 0.0) -> None:
    """A row of small blocks below a cornice."""
    count = max(2, int((u1 - u0) / (size * 2.2)))
    pitch = (u1 - u0) / count
    for i in range(count):
        u = u0 + (i + 0.5) * pitch
        m.box(u - size / 2, u + size / 2, v, v + size * 1.1, w, w + out, material)


def triangle_pediment(
    m: Model, u0: float, u1: float, v: float, rise: float, w0: float, w1: float, face: int, trim: int, band: float
) -> None:
    """A gable over columns or a window: a flat triangle with a raised rim; w1 is its front."""
    mid = (u0 + u1) / 2
    back = w1 - min(band, (w1 - w0) * 0.5)
    m.quad((u0, v, back), (u1, v, back), (mid, v + rise, back), (mid, v + rise, back), face)
    m.box(u0, u1, v - band * 0.55, v, w0, w1, trim)
    for side, other in ((u0, mid), (u1, mid)):
        a: list[Point] = [
            (side, v, w1),
            (other, v + rise, w1),
            (other, v + rise + band, w1),
            (side, v + band * 0.5, w1),
        ]
        m.quad(a[0], (side, v, w1), a[1], a[1], trim)
        lower = (other, v + rise - band * 0.35, w1)
        m.quad((side + (band if side < other else -band), v, w1), lower, a[2], a[3], trim)
        m.quad(a[3], a[2], (other, v + rise + band, w0), (side, v + band * 0.5, w0), trim)
        m.quad((side, v, w1), a[3], (side, v + band * 0.5, w0), (side, v, w0), trim)


def round_pediment(m: Model, u0: float, u1: float, v: float, rise: float, out: float, face: int, trim: int) -> None:
    """A segment of a circle over a window."""
    o = Opening(u0, u1, v, v, rise)
    m.polygon([(u, y, out * 0.4) for u, y in o.head()], face)
    band = Opening(u0, u1, v, v, rise)
    m.box(u0 - 0.1, u1 + 0.1, v - 0.14, v, 0, out, trim)
    outer, inner = band.head(0.12), band.head(-0.06)
    for (a, b), (c, d) in zip(zip(inner, outer, strict=True), zip(inner[1:], outer[1:], strict=True), strict=False):
        m.quad((*a, out), (*c, out), (*d, out), (*b, out), trim)
        m.quad((*b, 0), (*b, out), (*d, out), (*d, 0), trim)


def column(
    m: Model, u: float, w: float, v0: float, v1: float, radius: float, material: int, fancy: bool = False
) -> None:
    """A round column with base, slight swelling and capital; `fancy` gives it a tall flared capital."""
    high = v1 - v0
    m.box(u - radius * 1.4, u + radius * 1.4, v0, v0 + radius * 0.5, w - radius * 1.4, w + radius * 1.4, material)
    top = v1 - radius * 0.5
    m.box(u - radius * 1.4, u + radius * 1.4, top, v1, w - radius * 1.4, w + radius * 1.4, material)
    cap = radius * (2.0 if fancy else 0.8)
    shape = [(1.25, v0 + radius * 0.5), (1.25, v0 + radius * 0.8), (1.0, v0 + radius), (1.0, v0 + high * 0.35)]
    shape += [(0.86, top - cap), (1.0, top - cap + 0.05), (0.9, top - cap + 0.1)]
    shape += [(1.0, top - cap * 0.5), (1.35, top)] if fancy else [(0.9, top - cap * 0.5), (1.3, top)]
    m.turned_profile(u, w, [(r * radius, v) for r, v in shape], material, sides=14)


def steps(
    m: Model, u0: float, u1: float, high: float, w0: float, count: int, material: int, tread: float = 0.42
) -> float:
    """A flight of stairs down towards the viewer; returns how far forward it reaches."""
    for i in range(count):
        out = w0 + tread * (count - i)
        m.box(
            u0 - 0.15 * (count - i),
            u1 + 0.15 * (count - i),
            i * high / count,
            (i + 1) * high / count,
            w0,
            out,
            material,
        )
    return w0 + tread * count


def balustrade(
    m: Model, u0: float, u1: float, v: float, high: float, w: float, material: int, pitch: float = 0.4
) -> None:
    """A stone parapet with little posts."""
    m.box(u0, u1, v, v + high * 0.15, w - 0.15, w + 0.1, material)
    m.box(u0, u1, v + high * 0.82, v + high, w - 0.18, w + 0.12, material)
    count = max(1, int((u1 - u0) / pitch))
    for i in range(count):
        u = u0 + (i + 0.5) * (u1 - u0) / count
        block = i % 8 == 0
        wide = 0.42 * pitch if block else 0.24 * pitch
        m.box(u - wide, u + wide, v + high * 0.15, v + high * 0.82, w - 0.1, w + (0.06 if block else 0.02), material)


def railing(
    m: Model, u0: float, u1: float, v: float, w: float, material: int, rails: int = 4, high: float = 1.0
) -> None:
    """A railing of level tubes with thin posts."""
    for i in range(rails):
        y = v + high * (i + 1) / rails
        m.box(u0, u1, y - 0.05, y, w - 0.04, w, material)
    for i in range(max(2, int((u1 - u0) / 1.6) + 1)):
        u = u0 + (u1 - u0) * i / max(1, int((u1 - u0) / 1.6))
        m.rect(u - 0.03, u + 0.03, v, v + high, w, material)


def hip_roof(
    m: Model,
    u0: float,
    u1: float,
    w0: float,
    w1: float,
    v: float,
    rise: float,
    material: int,
    inset: float | None = None,
) -> None:
    """A roof with four slopes; `inset` is how far the ridge keeps from the ends (0: a gable, material on its face)."""
    mid = (w0 + w1) / 2
    inset = (w1 - w0) / 2 if inset is None else inset
    a, b = (u0 + inset, v + rise, mid), (u1 - inset, v + rise, mid)
    m.quad((u0, v, w1), (u1, v, w1), b, a, material)
    m.quad((u1, v, w0), (u0, v, w0), a, b, material)
    m.quad((u0, v, w0), (u0, v, w1), a, a, material)
    m.quad((u1, v, w1), (u1, v, w0), b, b, material)


def dome(
    m: Model, u: float, w: float, v: float, radius: float, material: int, trim: int, lantern: bool = True
) -> float:
    """A dome with a small lantern; returns the height of its tip."""
    turns = [math.radians(90 * i / 8) for i in range(9)]
    m.turned_profile(u, w, [(radius * math.cos(t), v + radius * 0.92 * math.sin(t)) for t in turns], material, 24)
    tip = v + radius * 0.92
    if lantern:
        r = radius * 0.14
        shape: Sequence[tuple[float, float]] = [(r, tip - r), (r, tip + 1.6 * r), (1.3 * r, tip + 1.6 * r)]
        m.turned_profile(u, w, [*shape, (1.2 * r, tip + 1.9 * r), (0, tip + 3.2 * r)], trim, 10)
        tip += 3.2 * r
    return tip
