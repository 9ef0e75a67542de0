"""Renaissance: rusticated ground floors, arcades, windows under pediments, a great cornice, a tiled roof."""

from __future__ import annotations

import itertools

from ..engine.camera import View
from ..engine.dice import Dice
from ..engine.mesh import ASHLAR, Frame, Model
from ..engine.setting import Setting
from ..parts.elements import (
    Opening,
    column,
    cornice,
    hip_roof,
    pane,
    reveal,
    triangle_pediment,
    wall,
)
from ..parts.massing import Facts, counted, row, side_frames
from .renaissance_parts import Renaissance


def _floor(b: Renaissance, length: float, bays: int, v: float, high: float, look: str, first: int) -> None:
    """One upper storey: wall, windows and the string course below it."""
    m = b.m
    width = min(1.35, length / bays * 0.42)
    arch = width / 2 + 0.15 if look == "arched" else 0.0
    if look == "arched":
        width, arch = min(1.9, length / bays * 0.55), min(1.9, length / bays * 0.55) / 2
    low = v + high * 0.22
    top = low + high * (0.34 if look == "arched" else 0.27 if look == "small" else 0.42)
    holes = row(length, bays, width, low, top, arch)
    wall(m, 0, length, v, v + high, b.wall, holes)
    m.box(0, length, v - 0.16, v + 0.16, 0, 0.2, b.trim)
    m.box(0, length, low - 0.28, low - 0.16, 0, 0.14, b.trim)
    for i, hole in enumerate(holes):
        if look == "pediments":
            b.aedicule(hole, (i + first) % 2 == 0)
        elif look == "arched":
            b.arched(hole)
        else:
            b.plain(hole)


def _ground(b: Renaissance, length: float, bays: int, high: float, front: bool) -> None:
    m = b.m
    pitch, holes = length / bays, []
    for i in range(bays):
        u = (i + 0.5) * pitch
        if front and i == bays // 2:
            holes.append(Opening(u - 1.1, u + 1.1, 0, high * 0.5, 1.1))
        else:
            holes.append(Opening(u - 0.55, u + 0.55, high * 0.36, high * 0.62, 0.55 if b.round_below else 0))
    wall(m, 0, length, 0, high, b.base, holes)
    m.box(0, length, 0, 0.6, 0, 0.3, b.trim)
    for i, hole in enumerate(holes):
        if front and i == bays // 2:
            b.portal(hole)
        else:
            b.glass(hole)
            for k in range(1, 4):
                u = hole.u0 + (hole.u1 - hole.u0) * k / 4
                m.rect(u - 0.025, u + 0.025, hole.v0, hole.top, -0.1, b.dark)


def _palazzo(b: Renaissance, aspect: float) -> tuple[str, int, str]:
    dice, m = b.dice, b.m
    bays = dice.pick((5, 7, 7, 9) if aspect > 0.85 else (3, 5, 5))
    floors = dice.weighted((2, 3), (1, 3))
    long, deep = bays * dice.between(3.0, 3.6), 12.0
    heights = [dice.between(4.8, 5.6), *(dice.between(4.5, 5.2) for _ in range(floors - 1))]
    open_ = dice.chance(0.3)
    looks = [dice.pick(("pediments", "pediments", "arched")), dice.pick(("small", "arched", "pediments"))]
    top = sum(heights) + 1.0
    quoins, big = dice.chance(0.6), dice.between(0.7, 1.15)
    for side, (frame, length) in side_frames(-long / 2, long / 2, -deep, 0).items():
        count = bays if side == "front" else 3
        with m.placed(frame):
            if open_ and side == "front":
                b.arcade(length, bays, 0.3, heights[0] - 0.3, 3.2)
                m.box(0, length, 0, 0.3, -3.2, 0.5, b.trim)
            else:
                _ground(b, length, count, heights[0], side == "front")
            v = heights[0]
            for i, high in enumerate(heights[1:]):
                _floor(b, length, count, v, high, looks[i], i)
                v += high
            m.rect(0, length, v, top, 0, b.wall)
            if quoins:
                b.quoins(length, heights[0] + 0.2, top - big - 0.5)
            b.crown(length, top, big)
    hip_roof(
        m, -long / 2 - big * 1.2, long / 2 + big * 1.2, -deep - big, big * 1.2, top, dice.between(3.0, 4.2), b.roof
    )
    if open_:
        b.features.append(f"an arcade of {counted(bays, 'arch', 'arches')} on the ground floor")
    else:
        b.features.append("an arched doorway in a rough stone ground floor")
    words = {"pediments": "windows with alternating pediments", "arched": "arched windows", "small": "small windows"}
    b.features.append(words[looks[0]])
    b.features.append(f"{counted(bays, 'window')} on each floor")
    b.features.append("a large cornice")
    if quoins:
        b.features.append("stone blocks at the corners")
    if b.shutters is not None and "small" in looks[: floors - 1]:
        b.features.append("window shutters")
    return dice.pick(("palace", "palazzo", "building")), floors, "a tiled roof"


def _loggia(b: Renaissance, aspect: float) -> tuple[str, int, str]:
    dice, m = b.dice, b.m
    arches = dice.pick((5, 7, 9) if aspect > 0.85 else (3, 5))
    floors = dice.weighted((1, 2), (1, 2.2))
    pitch, high = dice.between(3.6, 4.4), dice.between(5.6, 6.4)
    long, deep = arches * pitch, 11.0
    top = high + 0.6
    double = floors == 2 and dice.chance(0.55)
    m.box(-long / 2 - 0.4, long / 2 + 0.4, 0, 0.6, -deep, 1.6, b.trim)
    with m.placed(Frame().moved(-long / 2, 0, 0)):
        b.arcade(long, arches, 0.6, high, 3.6)
        if double:
            m.box(0, long, top - 0.15, top + 0.2, -3, 0.25, b.trim)
            m.box(0, long, top + 0.9, top + 1.1, -0.4, 0.05, b.trim)
            for i in range(arches * 5):
                u = (i + 0.5) * pitch / 5
                m.box(u - 0.08, u + 0.08, top + 0.2, top + 0.9, -0.3, -0.1, b.trim)
            b.arcade(long, arches, top + 0.2, high * 0.86, 3.6)
            top += 0.2 + high * 0.86
        elif floors == 2:
            _floor(b, long, arches, top, 4.2, dice.pick(("pediments", "arched", "small")), 0)
            top += 4.2
        m.rect(0, long, top, top + 1.0, 0, b.wall)
        b.crown(long, top + 1.0, 0.6)
    for side in ("right", "left"):
        frame, length = side_frames(-long / 2, long / 2, -deep, -3.6)[side]
        with m.placed(frame):
            m.rect(0, length, 0, top + 1.0, 0, b.wall)
            b.crown(length, top + 1.0, 0.6)
    for x in (-long / 2, long / 2):
        low = 0.6 + high
        m.quad((x, low, -3.6), (x, low, 0), (x, top + 1.0, 0), (x, top + 1.0, -3.6), b.wall)
    hip_roof(m, -long / 2 - 0.9, long / 2 + 0.9, -deep, 0.9, top + 1.0, dice.between(2.8, 3.8), b.roof)
    if double:
        b.features.append(f"two levels of {counted(arches, 'arch', 'arches')} each")
    else:
        b.features.append(f"an arcade of {counted(arches, 'arch', 'arches')} on columns")
    b.features += ["blue round medallions", "slender stone columns"]
    return dice.pick(("building", "loggia", "hospital", "villa")), floors, "a tiled roof"


def _church(b: Renaissance, aspect: float) -> tuple[str, int, str]:
    dice, m = b.dice, b.m
    wide, low, upper = dice.between(14, 18), dice.between(8, 10), dice.between(6.0, 7.5)
    nave = wide * 0.52
    panel = m.paint(dice.pick(((0.30, 0.42, 0.36), (0.62, 0.36, 0.28), (0.46, 0.46, 0.48))), ASHLAR)
    doors = [Opening(wide / 2 - 1.5, wide / 2 + 1.5, 0.5, 4.4, 1.5)]
    for u in (wide * 0.15, wide * 0.85):
        doors.append(Opening(u - 0.9, u + 0.9, 0.5, 3.6, 0.9))
    with m.placed(Frame().moved(-wide / 2, 0, 0)):
        m.box(-0.6, wide + 0.6, 0, 0.5, -1, 2.0, b.trim)
        wall(m, 0, wide, 0.5, low, b.wall, doors)
        for o in doors:
            b.portal(o)
        for u in (0.3, wide * 0.26, wide * 0.74, wide - 0.3):
            column(m, u, 0.2, 0.5, low - 0.9, 0.34, b.trim, True)
        for k in range(4):
            for u in (wide * 0.31, wide * 0.64):
                m.box(u, u + wide * 0.05, 1.2 + k * 1.8, 2.5 + k * 1.8, 0, 0.05, panel)
        m.box(0, wide, low - 0.9, low, -0.5, 0.55, b.trim)
        cornice(m, 0, wide, low, 0.6, 0.6, b.trim)
        left = (wide - nave) / 2
        v = low + 0.6
        m.rect(left, left + nave, v, v + upper, 0, b.wall)
        for u in (left + 0.3, left + nave * 0.3, left + nave * 0.7, left + nave - 0.3):
            m.box(u - 0.25, u + 0.25, v, v + upper - 0.8, 0, 0.2, b.trim)
        m.box(left, left + nave, v + upper - 0.8, v + upper, -0.5, 0.4, b.trim)
        triangle_pediment(m, left - 0.4, left + nave + 0.4, v + upper, nave * 0.22, -0.8, 0.6, b.wall, b.trim, 0.34)
        rose = [(1.5, 0.0), (1.5, 0.25), (1.1, 0.25), (1.1, 0.02)]
        with m.placed(Frame(m.frame.at(wide / 2, v + upper * 0.46, 0.0), m.frame.right, m.frame.out, (0, -1, 0))):
            m.turned_profile(0, 0, rose, b.trim, 20)
            m.turned_profile(0, 0, [(1.1, 0.03), (0, 0.03)], b.glazing.pane(), 20)
            m.box(-1.1, 1.1, 0.03, 0.08, -0.04, 0.04, b.trim)
        m.box(wide / 2 - 0.04, wide / 2 + 0.04, v + upper * 0.46 - 1.1, v + upper * 0.46 + 1.1, 0.03, 0.08, b.trim)
        for side in (-1, 1):  # the scrolls between the aisles and the nave
            edge, end = (left, 0.4) if side < 0 else (left + nave, wide - 0.4)
            curve = [(i / 10, (1 - i / 10) ** 2) for i in range(11)]
            for (s, h), (s2, h2) in itertools.pairwise(curve):
                u, u2 = edge + (end - edge) * s, edge + (end - edge) * s2
                y, y2 = v + 0.3 + upper * 0.75 * h, v + 0.3 + upper * 0.75 * h2
                m.quad((u, v, 0), (u2, v, 0), (u2, y2, 0), (u, y, 0), b.wall)
                m.quad((u, y, -0.4), (u, y, 0.2), (u2, y2, 0.2), (u2, y2, -0.4), b.trim)
                m.quad((u, y - 0.3, 0.2), (u2, y2 - 0.3, 0.2), (u2, y2, 0.2), (u, y, 0.2), b.trim)
    m.box(-wide / 2 + 0.2, wide / 2 - 0.2, 0, low, -20, 0, b.wall)
    m.box(-nave / 2, nave / 2, low, low + upper, -20, -0.05, b.wall, b.roof)
    b.features += [
        "a round window and three arched doors",
        "curved scrolls on both sides",
        "a triangular pediment on top",
    ]
    tower = dice.chance(0.5)
    if tower:
        x, high = dice.sign() * (wide / 2 + 2.6), low + upper + dice.between(3, 7)
        _tower(b, x, -6.0, high)
        b.features.append("a bell tower")
    return dice.pick(("church", "basilica")), 0, "a gable roof" if not tower else "a pointed tower roof"


def _tower(b: Renaissance, x: float, z: float, high: float) -> None:
    m, half = b.m, 2.3
    for frame, length in side_frames(x - half, x + half, z - 2 * half, z).values():
        bell = Opening(length / 2 - 0.8, length / 2 + 0.8, high - 4.2, high - 2.4, 0.8)
        slots = [
            Opening(length / 2 - 0.3, length / 2 + 0.3, 4 + 4.5 * i, 5.6 + 4.5 * i)
            for i in range(int((high - 9) / 4.5))
        ]
        with m.placed(frame):
            wall(m, 0, length, 0, high, b.wall, [bell, *slots])
            reveal(m, bell, 0.5, b.trim)
            pane(m, bell, 0.5, b.dark, b.trim, 2, 1)
            for slot in slots:
                b.glass(slot, 1, 1)
            b.quoins(length, 0, high - 1)
            m.box(0, length, high - 5.1, high - 4.8, 0, 0.2, b.trim)
            cornice(m, 0, length, high - 0.6, 0.6, 0.6, b.trim)
    hip_roof(m, x - half - 0.6, x + half + 0.6, z - 2 * half - 0.6, z + 0.6, high, half * 1.5, b.roof)


def _villa_tower(b: Renaissance, aspect: float) -> tuple[str, int, str]:
    noun, storeys, roof = _palazzo(b, 0.7 if aspect < 1.3 else 1.0)
    _tower(b, b.dice.sign() * b.dice.between(2, 5), -5.0, storeys * 5.0 + b.dice.between(6, 10))
    b.features.insert(0, "a square tower")
    return "town hall" if noun != "building" else "villa", storeys, roof


def build(m: Model, dice: Dice, setting: Setting) -> Facts:
    """A Renaissance building at the origin, its front towards z; what was built is returned."""
    b = Renaissance(m, dice, setting)
    kinds = (_palazzo, _loggia, _church, _villa_tower)
    noun, storeys, roof = dice.weighted(kinds, (5, 2.6, 1.3, 1.3))(b, setting.aspect)
    yaw = 0.0 if dice.chance(0.3) else dice.sign() * dice.between(6, 30)
    view = View(yaw, dice.between(1.8, 5.0), dice.between(38, 58), dice.between(0.84, 0.93), dice.between(0.84, 0.91))
    return Facts(noun, storeys, b.colour, b.material, roof, b.features, view, 0.0)
