"""Whole volumes: blocks with windows on their sides, and what a builder tells about its building."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..engine.camera import View
from ..engine.mesh import Frame, Model
from .elements import Glazing, Opening, pane, reveal, wall

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def counted(count: int, one: str, many: str | None = None) -> str:
    """counted(3, "window") is "three windows"."""
    if count == 1:
        return f"{'an' if one[0] in 'aeio' else 'a'} {one}"
    return f"{NUMBERS[count] if count < len(NUMBERS) else count} {many or one + 's'}"


@dataclass
class Facts:
    """What was drawn, for the caption and for the camera."""

    noun: str
    storeys: int  # 0 where it has none that one would count
    colour: str
    material: str
    roof: str
    features: list[str] = field(default_factory=list)  # the most striking first
    view: View = field(default_factory=View)
    door: float = 0.0  # x of the entrance


Fill = Callable[[Opening], None]


def side_frames(x0: float, x1: float, z0: float, z1: float) -> dict[str, tuple[Frame, float]]:
    """The front, right and left side of a block: where each starts and how long it is."""
    base = Frame()
    return {
        "front": (base.moved(x0, 0, z1), x1 - x0),
        "right": (base.moved(x1, 0, z1).turned(90), z1 - z0),
        "left": (base.moved(x0, 0, z0).turned(-90), z1 - z0),
    }


def block(
    m: Model,
    span: tuple[float, float, float, float, float, float],
    material: int,
    top: int,
    openings: Callable[[str, float], Sequence[Opening]] | None = None,
    fill: Fill | None = None,
    cap: float = 0.3,
) -> None:
    """A block x0, x1, y0, y1, z0, z1 with a parapet; `openings(side, length)` are its holes, `fill` fills one."""
    x0, x1, y0, y1, z0, z1 = span
    for side, (frame, length) in side_frames(x0, x1, z0, z1).items():
        with m.placed(frame):
            holes = list(openings(side, length)) if openings else []
            wall(m, 0, length, y0, y1, material, holes)
            for hole in holes:
                if fill:
                    fill(hole)
    m.quad((x0, y1 - 0.01, z1), (x1, y1 - 0.01, z1), (x1, y1 - 0.01, z0), (x0, y1 - 0.01, z0), top)
    m.quad((x0, y0, z1), (x1, y0, z1), (x1, y0, z0), (x0, y0, z0), material)
    if cap:
        m.box(x0, x1, y1, y1 + cap, z1 - 0.3, z1, material, top)
        m.box(x0, x0 + 0.3, y1, y1 + cap, z0, z1, material, top)
        m.box(x1 - 0.3, x1, y1, y1 + cap, z0, z1, material, top)


def glazed(
    m: Model,
    glazing: Glazing,
    inside: int,
    bars: int,
    columns: Callable[[Opening], int],
    rows: int,
    depth: float = 0.25,
) -> Fill:
    """A fill with reveal, glass and bars; every pane of a wide window may be lit for itself."""

    def fill(o: Opening) -> None:
        reveal(m, o, depth, inside)
        count = max(1, columns(o))
        if o.arch or count < 4:
            pane(m, o, depth, glazing.pane(), bars, count, rows)
            return
        group = 2 if count % 2 == 0 else count
        for i in range(0, count, group):
            a, b = (o.u0 + (o.u1 - o.u0) * k / count for k in (i, i + group))
            pane(m, Opening(a, b, o.v0, o.v1), depth, glazing.pane(), bars, group, rows)

    return fill


def row(
    length: float, count: int, width: float, low: float, high: float, arch: float = 0.0, edge: float = 0.0
) -> list[Opening]:
    """`count` equal openings evenly along a wall of some length."""
    pitch = (length - 2 * edge) / count
    places = [edge + (i + 0.5) * pitch for i in range(count)]
    return [Opening(u - width / 2, u + width / 2, low, high, arch) for u in places]
