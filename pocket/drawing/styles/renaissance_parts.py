"""What Renaissance buildings are put together from: walls, windows under pediments, portals, arcades."""

from __future__ import annotations

import itertools

from ..engine.dice import Dice
from ..engine.mesh import ASHLAR, BRICK, PLASTER, RUSTIC, TILES, Frame, Model
from ..engine.setting import Setting
from ..parts.elements import (
    Glazing,
    Opening,
    column,
    cornice,
    dentils,
    pane,
    reveal,
    round_pediment,
    sill,
    surround,
    triangle_pediment,
    wall,
)

WALLS = {
    "ochre": ((0.86, 0.66, 0.38), PLASTER, "plaster"),
    "yellow": ((0.92, 0.78, 0.50), PLASTER, "plaster"),
    "orange": ((0.83, 0.53, 0.34), PLASTER, "plaster"),
    "pink": ((0.86, 0.63, 0.53), PLASTER, "plaster"),
    "sand-coloured": ((0.83, 0.73, 0.56), ASHLAR, "stone"),
    "beige": ((0.87, 0.80, 0.68), ASHLAR, "stone"),
    "brown": ((0.66, 0.52, 0.37), RUSTIC, "stone"),
    "red": ((0.64, 0.33, 0.24), BRICK, "brick"),
}
STONE = (0.85, 0.79, 0.67)
GREY_STONE = (0.56, 0.55, 0.51)  # Florentine pietra serena


class Renaissance:
    """Walls, windows, portals and arcades; the features of the building as it grows."""

    def __init__(self, m: Model, dice: Dice, setting: Setting) -> None:
        self.m, self.dice = m, dice
        self.glazing = Glazing(m, dice, setting)
        self.colour = dice.weighted(tuple(WALLS), (3, 2, 2, 1.5, 2.5, 2, 1.8, 1.5))
        tint, kind, self.material = WALLS[self.colour]
        self.wall = m.paint(tint, kind)
        trim = STONE if dice.chance(0.7) or self.colour == "brown" else GREY_STONE
        self.trim = m.paint(trim)
        self.base = m.paint(tuple(c * 0.9 for c in (tint if kind == RUSTIC else trim)), RUSTIC)  # type: ignore[arg-type]
        self.roof = m.paint(dice.pick(((0.70, 0.38, 0.24), (0.62, 0.33, 0.22), (0.74, 0.46, 0.30))), TILES)
        self.bars = m.paint((0.30, 0.22, 0.16))
        self.dark = m.paint((0.10, 0.09, 0.09))
        shutter = dice.pick(((0.28, 0.38, 0.28), (0.42, 0.29, 0.19), (0.30, 0.36, 0.42)))
        self.shutters = m.paint(shutter) if dice.chance(0.3) and kind == PLASTER else None
        self.round_below = dice.chance(0.5)
        self.features: list[str] = []

    def glass(self, o: Opening, columns: int = 2, rows: int = 3) -> None:
        """The pane of a window, deep in its hole."""
        reveal(self.m, o, 0.32, self.trim)
        pane(self.m, o, 0.32, self.glazing.pane(), self.bars, columns, rows)

    def aedicule(self, o: Opening, pointed: bool) -> None:
        """A window between little pilasters under a triangular or round pediment."""
        m = self.m
        self.glass(o)
        surround(m, o, 0.16, 0.08, self.trim)
        for u in (o.u0 - 0.34, o.u1 + 0.16):
            m.box(u, u + 0.2, o.v0, o.top + 0.2, 0, 0.2, self.trim)
        m.box(o.u0 - 0.42, o.u1 + 0.42, o.top + 0.2, o.top + 0.42, 0, 0.28, self.trim)
        left, right, v = o.u0 - 0.5, o.u1 + 0.5, o.top + 0.5
        if pointed:
            triangle_pediment(m, left, right, v, (right - left) * 0.26, 0, 0.38, self.wall, self.trim, 0.16)
        else:
            round_pediment(m, left, right, v, (right - left) * 0.26, 0.36, self.wall, self.trim)
        sill(m, o, self.trim)

    def arched(self, o: Opening) -> None:
        """A round-headed window; wide ones get a middle column and two lights."""
        m = self.m
        self.glass(o)
        surround(m, o, 0.26, 0.12, self.trim)
        sill(m, o, self.trim)
        column(m, o.middle, -0.12, o.v0, o.v1, 0.09, self.trim)
        for a, b in ((o.u0, o.middle), (o.middle, o.u1)):
            light = Opening(a + 0.04, b - 0.04, o.v1, o.v1, (b - a) / 2 - 0.04)
            outer, inner = light.head(0.07), light.head(-0.05)
            for (p, q), (r, s) in zip(
                zip(inner, outer, strict=True), zip(inner[1:], outer[1:], strict=True), strict=False
            ):
                m.quad((*p, -0.1), (*r, -0.1), (*s, -0.1), (*q, -0.1), self.trim)

    def plain(self, o: Opening) -> None:
        """A framed window, with shutters where the house has them."""
        self.glass(o)
        surround(self.m, o, 0.18, 0.1, self.trim)
        sill(self.m, o, self.trim)
        if self.shutters is not None and not o.arch:
            half = (o.u1 - o.u0) / 2
            for u in (o.u0 - half - 0.06, o.u1 + 0.06):
                self.m.box(u, u + half, o.v0, o.v1, 0.02, 0.1, self.shutters)

    def portal(self, o: Opening) -> None:
        """A great door under a round arch."""
        m = self.m
        reveal(m, o, 0.7, self.base)
        wood = m.paint((0.34, 0.21, 0.12))
        m.rect(o.u0, o.u1, o.v0, o.v1, -0.7, wood)
        m.polygon([(u, v, -0.7) for u, v in o.head()], self.dark)
        m.rect(o.middle - 0.03, o.middle + 0.03, o.v0, o.v1, -0.68, self.dark)
        surround(m, o, 0.5, 0.2, self.trim)

    def quoins(self, length: float, v0: float, v1: float) -> None:
        """Stone blocks at both ends of a wall, long and short in turn."""
        count = int((v1 - v0) / 0.6)
        high = (v1 - v0) / count
        for i in range(count):
            wide = 1.0 if i % 2 else 0.6
            for u0, u1 in ((0, wide), (length - wide, length)):
                self.m.box(u0, u1, v0 + i * high + 0.03, v0 + (i + 1) * high - 0.03, 0, 0.1, self.trim)

    def crown(self, length: float, v: float, big: float) -> None:
        """The great cornice, with dentils below it."""
        dentils(self.m, 0, length, v - big - 0.5, 0.36, big * 0.5, self.trim)
        cornice(self.m, 0, length, v - big, big, big * 1.25, self.trim)

    def arcade(self, length: float, arches: int, v0: float, high: float, deep: float) -> None:
        """Open arches on round columns, with a dim hall behind."""
        m, pitch = self.m, length / arches
        half = pitch / 2 - 0.16
        spring = v0 + high - half - 0.55
        holes = [Opening((i + 0.5) * pitch - half, (i + 0.5) * pitch + half, v0, spring, half) for i in range(arches)]
        wall(
            m,
            0,
            length,
            spring,
            v0 + high,
            self.wall,
            [Opening(o.u0, o.u1, spring - 0.01, spring, half) for o in holes],
        )
        for o in holes:
            head, back = o.head(parts=14), -0.55
            for (a, va), (b, vb) in itertools.pairwise(head):
                m.quad((a, va, 0), (b, vb, 0), (b, vb, back), (a, va, back), self.trim)
            surround(m, Opening(o.u0, o.u1, spring, spring, half), 0.18, 0.08, self.trim)
        for i in range(arches + 1):
            column(m, min(max(i * pitch, 0.3), length - 0.3), -0.28, v0, spring, 0.24, self.trim, True)
        for i in range(arches - 1):
            u = (i + 1) * pitch
            ring = [(0.34, 0.0), (0.34, 0.08), (0.26, 0.08), (0.26, 0.03), (0, 0.03)]
            with m.placed(Frame(m.frame.at(u, spring + half * 0.72, 0), m.frame.right, m.frame.out, (0, -1, 0))):
                m.turned_profile(0, 0, ring, m.paint((0.42, 0.55, 0.70)), 14)
        m.rect(0, length, v0, v0 + high, -deep, self.wall)
        for i in range(arches):
            u = (i + 0.5) * pitch
            m.rect(u - 0.7, u + 0.7, v0, v0 + 2.6, -deep + 0.03, self.dark if i % 2 else self.glazing.pane())
        m.quad((0, v0 + high, 0), (length, v0 + high, 0), (length, v0 + high, -deep), (0, v0 + high, -deep), self.wall)
