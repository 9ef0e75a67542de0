"""What stands around the building: trees, people, lamps, benches and far houses."""

from __future__ import annotations

import math

import numpy as np

from ..engine.dice import Dice
from ..engine.ground import Site
from ..engine.mesh import FOLIAGE, PLAIN, PLASTER, SURROUNDINGS, WOOD, Frame, Model
from ..engine.setting import Setting

Colour = tuple[float, float, float]

LEAVES: dict[str, tuple[Colour, ...]] = {
    "spring": ((0.52, 0.66, 0.28), (0.44, 0.60, 0.24), (0.60, 0.72, 0.36), (0.88, 0.72, 0.76)),
    "summer": ((0.26, 0.42, 0.16), (0.20, 0.36, 0.14), (0.34, 0.50, 0.20), (0.40, 0.54, 0.24)),
    "autumn": ((0.80, 0.46, 0.12), (0.86, 0.60, 0.16), (0.70, 0.30, 0.10), (0.62, 0.52, 0.20)),
    "winter": ((0.20, 0.32, 0.22), (0.16, 0.27, 0.19), (0.25, 0.37, 0.26), (0.30, 0.40, 0.30)),
}
BARK = (0.30, 0.24, 0.19)


def _crown(
    m: Model, dice: Dice, centre: np.ndarray, size: np.ndarray, count: int, leaf: float, greens: np.ndarray
) -> None:
    """A cloud of leaf tufts in an ellipsoid, each facing outwards."""
    ball = dice.floats(count, 3) * 2 - 1
    ball /= np.maximum(np.sqrt((ball * ball).sum(axis=1, keepdims=True)), 1e-6)
    shell = 0.55 + 0.45 * np.sqrt(dice.floats(count, 1))
    middle = centre + ball * shell * size * (0.86 + 0.28 * dice.floats(count, 1))
    out = ball + (dice.floats(count, 3) - 0.5) * 0.9
    out /= np.maximum(np.sqrt((out * out).sum(axis=1, keepdims=True)), 1e-6)
    side = np.stack([out[:, 2], np.zeros(count), -out[:, 0]], axis=1)
    side += np.array((1e-3, 0, 0))
    side /= np.sqrt((side * side).sum(axis=1, keepdims=True))
    up = np.cross(out, side)
    half = leaf * (0.6 + 0.8 * dice.floats(count, 1))
    corners = [middle - side * half, middle - up * half * 0.8, middle + side * half, middle + up * half]
    shade = np.clip((ball[:, 1] + 1) / 2 * 0.6 + dice.floats(count) * 0.6, 0, 0.999)
    m.quads(np.stack(corners, axis=1), greens[(shade * len(greens)).astype(int)])


def _bare(m: Model, dice: Dice, x: float, y: float, z: float, high: float, bark: int) -> None:
    """A tree without leaves: branches that fork three times."""

    def branch(px: float, py: float, angle: float, length: float, thick: float, left: int) -> None:
        qx, qy = px + math.sin(angle) * length, py + math.cos(angle) * length
        s, c = math.cos(angle) * thick, -math.sin(angle) * thick
        m.quad(
            (px - s, py - c, z),
            (px + s, py + c, z),
            (qx + s * 0.6, qy + c * 0.6, z),
            (qx - s * 0.6, qy - c * 0.6, z),
            bark,
        )
        if left:
            for turn in (-dice.between(0.25, 0.65), dice.between(-0.15, 0.15), dice.between(0.25, 0.65)):
                branch(qx, qy, angle + turn, length * dice.between(0.62, 0.82), thick * 0.6, left - 1)

    branch(x, y, dice.between(-0.06, 0.06), high * 0.3, high * 0.018, 4)


def tree(m: Model, dice: Dice, setting: Setting, x: float, z: float, high: float, kind: str) -> None:
    """A "round", "tall" (poplar, cypress) or "fir" tree."""
    bark = m.paint(BARK, PLAIN)
    if setting.season == "winter" and kind == "round":
        _bare(m, dice, x, 0, z, high, bark)
        return
    palette = LEAVES[setting.season] if kind == "round" else LEAVES["winter" if kind == "fir" else "summer"]
    if setting.season == "spring" and kind == "round" and not dice.chance(0.35):
        palette = palette[:3]
    fade = dice.between(0.85, 1.12)
    greens = np.array([m.paint((r * fade, g * fade, b * fade), FOLIAGE) for r, g, b in palette])
    m.turned_profile(x, z, [(high * 0.028, 0), (high * 0.02, high * 0.5)], bark, 7)
    if kind == "fir":
        for i in range(7):
            wide, level = high * 0.2 * (1 - i / 7.6), high * (0.18 + 0.72 * i / 7)
            _crown(
                m,
                dice,
                np.array((x, level, z)),
                np.array((wide, high * 0.06, wide)),
                110 - 10 * i,
                high * 0.024,
                greens,
            )
    elif kind == "tall":
        _crown(
            m,
            dice,
            np.array((x, high * 0.56, z)),
            np.array((high * 0.10, high * 0.43, high * 0.10)),
            520,
            high * 0.018,
            greens,
        )
    else:
        wide = high * dice.between(0.26, 0.36)
        _crown(m, dice, np.array((x, high * 0.64, z)), np.array((wide, high * 0.30, wide)), 520, high * 0.030, greens)
        for _ in range(4):
            at = np.array(
                (x + dice.between(-0.6, 0.6) * wide, high * dice.between(0.5, 0.85), z + dice.between(-0.5, 0.5) * wide)
            )
            _crown(m, dice, at, np.array((wide, high * 0.2, wide)) * dice.between(0.4, 0.6), 190, high * 0.026, greens)


def person(m: Model, dice: Dice, x: float, z: float) -> None:
    """Somebody in a coat."""
    coat = m.paint(
        dice.pick(((0.16, 0.18, 0.24), (0.55, 0.16, 0.14), (0.60, 0.52, 0.40), (0.18, 0.30, 0.42), (0.75, 0.72, 0.68)))
    )
    skin, dark = m.paint((0.72, 0.55, 0.45)), m.paint((0.12, 0.12, 0.15))
    high = dice.between(1.62, 1.84)
    m.turned_profile(x - 0.09, z, [(0.08, 0), (0.09, high * 0.5)], dark, 6)
    m.turned_profile(x + 0.10, z + 0.12, [(0.08, 0), (0.09, high * 0.5)], dark, 6)
    m.turned_profile(x, z, [(0.16, high * 0.42), (0.24, high * 0.62), (0.22, high * 0.8), (0.08, high * 0.86)], coat, 8)
    head = [(0.02, high * 0.86), (0.11, high * 0.91), (0.11, high * 0.96), (0.03, high)]
    m.turned_profile(x, z, head, skin, 8)


def lamp(m: Model, x: float, z: float, night: bool) -> None:
    """A street lamp, which shines at night."""
    dark = m.paint((0.14, 0.15, 0.16))
    bulb = m.paint((1.0, 0.85, 0.6), glow=2.2 if night else 0.0)
    m.turned_profile(x, z, [(0.14, 0), (0.07, 0.5), (0.05, 3.6)], dark, 7)
    m.turned_profile(x, z, [(0.12, 3.6), (0.24, 3.85), (0.2, 4.1), (0.03, 4.3)], bulb, 8)


def bushes(m: Model, dice: Dice, setting: Setting, x0: float, x1: float, z: float) -> None:
    """A row of low bushes from x0 to x1."""
    palette = LEAVES["summer" if setting.season in ("summer", "spring") else setting.season]
    greens = np.array([m.paint(colour, FOLIAGE) for colour in palette])
    x = x0
    while x < x1:
        r = dice.between(0.5, 0.9)
        _crown(m, dice, np.array((x, r * 0.6, z)), np.array((r, r * 0.7, r * 0.7)), 150, 0.12, greens)
        x += r * 1.7


def far_houses(m: Model, dice: Dice, setting: Setting, site: Site) -> None:
    """A hazy row of roofs and trees at the horizon."""
    walls = [m.paint((k, k * 0.96, k * 0.9), PLASTER) for k in (0.62, 0.7, 0.55)]
    roofs = [m.paint(c) for c in ((0.45, 0.28, 0.22), (0.4, 0.4, 0.42))]
    panes = [
        m.paint((0.25, 0.27, 0.3)),
        m.paint((1.0, 0.78, 0.45), glow=0.8 if setting.light.lit_windows > 0.3 else 0.0),
    ]
    greens = np.array([m.paint(c, FOLIAGE) for c in LEAVES["summer" if setting.season == "spring" else setting.season]])
    x = site.left - 90.0
    while x < site.right + 90:
        wide, z = dice.between(9, 20), -dice.between(58, 95)
        if dice.chance(0.5):
            high = dice.between(5, 12)
            m.box(x, x + wide, 0, high, z - 8, z, dice.pick(walls), dice.pick(roofs))
            peak = (x + wide / 2, high + dice.between(0.5, 3.5), z)
            m.quad((x, high, z), (x + wide, high, z), peak, peak, dice.pick(roofs))
            for i in range(int(wide / 2.4)):
                for level in range(int(high / 3.2)):
                    u = x + 0.8 + i * 2.4
                    m.rect(
                        u, u + 1.1, level * 3.2 + 1.1, level * 3.2 + 2.6, z + 0.1, panes[1 if dice.chance(0.3) else 0]
                    )
        else:
            high = dice.between(4, 8)
            _crown(
                m,
                dice,
                np.array((x + wide / 2, high * 0.5, z)),
                np.array((wide * 0.55, high * 0.6, 3)),
                60,
                1.5,
                greens,
            )
        x += wide * dice.between(0.7, 1.5)


def surround(m: Model, dice: Dice, setting: Setting, site: Site, high: float, trees: tuple[str, ...]) -> list[str]:
    """Adds the surroundings of a building `high` metres tall; returns what a caption may mention."""
    m.group, m.frame = SURROUNDINGS, Frame()
    said: list[str] = []
    far_houses(m, dice, setting, site)
    wide = site.right - site.left
    count = dice.weighted((0, 1, 2, 3, 4), (1, 2, 3, 2, 1))
    for i in range(count):
        side = (1 if i % 2 else -1) * (1 if dice.chance(0.9) else -1)
        edge = site.right if side > 0 else site.left
        tall = min(max(high * dice.between(0.5, 0.95), 4.5), 14.0)
        behind = dice.chance(0.55)
        x = edge + side * (dice.between(1, 5) if not behind else dice.between(-3, 5))
        z = -dice.between(11, 22) if behind else site.front + dice.between(-4, 4)
        tree(m, dice, setting, x, z, tall * (1.25 if behind else 0.8), dice.pick(trees))
    if count:
        said.append("a tree" if count == 1 else "trees")
    if setting.ground == "lawn" and dice.chance(0.6):
        gap = 2.2
        if site.door - gap - site.left > 2:
            bushes(m, dice, setting, site.left + 0.6, site.door - gap, site.front + 0.9)
        if site.right - site.door - gap > 2:
            bushes(m, dice, setting, site.door + gap, site.right - 0.6, site.front + 0.9)
        said.append("bushes")
    if setting.ground != "lawn" and dice.chance(0.5):
        for i in range(2 + int(wide / 14)):
            lamp(
                m,
                site.left - 2 + (wide + 4) * i / (1 + int(wide / 14)),
                site.front + 3.4,
                setting.time in ("dusk", "night"),
            )
        said.append("street lamps")
    people = dice.weighted((0, 1, 2, 3, 5), (2.5, 1.5, 1.5, 1, 1 if setting.ground != "lawn" else 0))
    for _ in range(people):
        limit = 3.2 if setting.ground == "water" else 7.0
        person(m, dice, dice.between(site.left - 1, site.right + 1), site.front + dice.between(1.0, limit))
    if people:
        said.append("a person walking" if people == 1 else "people walking")
    return said


def bench(m: Model, x: float, z: float) -> None:
    """A bench of boards with a back."""
    board = m.paint((0.5, 0.36, 0.24), WOOD)
    m.box(x - 0.9, x + 0.9, 0.42, 0.5, z - 0.25, z + 0.25, board)
    m.box(x - 0.9, x + 0.9, 0.6, 0.95, z - 0.28, z - 0.22, board)
