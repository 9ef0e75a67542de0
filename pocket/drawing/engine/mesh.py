"""A building as coloured polygons in metres: x to the right, y up, z towards the viewer; the ground is y = 0."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

Point = tuple[float, float, float]

# How a surface is painted, see textures.py.
PLAIN, PLASTER, BRICK, ASHLAR, RUSTIC, PANELS, SEAMS, TILES, GLASS, FOLIAGE, GROUND, WOOD = range(12)

BUILDING, SURROUNDINGS = 0, 1


@dataclass(frozen=True)
class Material:
    """A surface: its kind of texture, its sRGB colour (0 to 1), its shine and the light it gives off itself."""

    colour: tuple[float, float, float]
    kind: int = PLAIN
    shine: float = 0.0
    glow: float = 0.0
    scale: float = 1.0


@dataclass(frozen=True)
class Frame:
    """Where local coordinates (u right, v up, w out of the wall) lie in the world. The axes may be slanted."""

    origin: Point = (0.0, 0.0, 0.0)
    right: Point = (1.0, 0.0, 0.0)
    up: Point = (0.0, 1.0, 0.0)
    out: Point = (0.0, 0.0, 1.0)

    def at(self, u: float, v: float, w: float) -> Point:
        """The place in the world of a point of the frame."""
        o, r, t, n = self.origin, self.right, self.up, self.out
        return (
            o[0] + u * r[0] + v * t[0] + w * n[0],
            o[1] + u * r[1] + v * t[1] + w * n[1],
            o[2] + u * r[2] + v * t[2] + w * n[2],
        )

    def moved(self, u: float = 0.0, v: float = 0.0, w: float = 0.0) -> Frame:
        """The same frame with its origin moved, in its own directions."""
        return replace(self, origin=self.at(u, v, w))

    def turned(self, degrees: float) -> Frame:
        """Turned about the vertical: at 90 degrees the wall looks to the right."""
        c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        mix = _mix
        return replace(self, right=mix(self.right, self.out, c, -s), out=mix(self.right, self.out, s, c))


def _mix(a: Point, b: Point, ka: float, kb: float) -> Point:
    return (ka * a[0] + kb * b[0], ka * a[1] + kb * b[1], ka * a[2] + kb * b[2])


class Model:
    """Collects polygons; whatever is added lies in the current frame and belongs to the current group."""

    def __init__(self) -> None:
        self.materials: list[Material] = []
        self.frame = Frame()
        self.group = BUILDING
        self._points: list[tuple[float, ...]] = []  # 12 numbers a quad; triangles repeat their last corner
        self._what: list[tuple[int, int, int]] = []  # frame, material, group
        self._frames: list[Frame] = []
        self._frame_index: dict[Frame, int] = {}
        self._arrays: list[tuple[np.ndarray, np.ndarray, int]] = []

    def paint(self, colour: tuple[float, float, float], kind: int = PLAIN, **more: float) -> int:
        """A new material; the number stands for it in what is added."""
        self.materials.append(Material(colour, kind, **more))
        return len(self.materials) - 1

    @contextmanager
    def placed(self, frame: Frame) -> Iterator[None]:
        """Within it, what is added lies in this frame."""
        before, self.frame = self.frame, frame
        try:
            yield
        finally:
            self.frame = before

    def quad(self, a: Point, b: Point, c: Point, d: Point, material: int) -> None:
        """A flat face of four corners; a triangle names its last corner twice."""
        frame = self._frame_index.get(self.frame)
        if frame is None:
            frame = self._frame_index[self.frame] = len(self._frames)
            self._frames.append(self.frame)
        self._points.append((*a, *b, *c, *d))
        self._what.append((frame, material, self.group))

    def rect(self, u0: float, u1: float, v0: float, v1: float, w: float, material: int) -> None:
        """An upright rectangle, parallel to the wall."""
        self.quad((u0, v0, w), (u1, v0, w), (u1, v1, w), (u0, v1, w), material)

    def polygon(self, points: Sequence[Point], material: int) -> None:
        """A convex polygon."""
        first = points[0]
        for i in range(1, len(points) - 1, 2):
            last = points[i + 2] if i + 2 < len(points) else points[i + 1]
            self.quad(first, points[i], points[i + 1], last, material)

    def box(
        self, u0: float, u1: float, v0: float, v1: float, w0: float, w1: float, material: int, top: int | None = None
    ) -> None:
        """A block without its back; `top` is the material of the upper face if that differs."""
        a, b, c, d = (u0, v0, w1), (u1, v0, w1), (u1, v1, w1), (u0, v1, w1)
        e, f, g, h = (u0, v0, w0), (u1, v0, w0), (u1, v1, w0), (u0, v1, w0)
        self.quad(a, b, c, d, material)
        self.quad(e, a, d, h, material)
        self.quad(b, f, g, c, material)
        self.quad(d, c, g, h, material if top is None else top)
        self.quad(e, f, b, a, material)

    def moulding(self, u0: float, u1: float, profile: Sequence[tuple[float, float]], material: int) -> None:
        """A profile of (w, v) corners, drawn along u, with mitred-looking end caps."""
        for (w0, v0), (w1, v1) in itertools.pairwise(profile):
            self.quad((u0, v0, w0), (u1, v0, w0), (u1, v1, w1), (u0, v1, w1), material)
        for u in (u0, u1):
            for (w0, v0), (w1, v1) in itertools.pairwise(profile):
                self.quad((u, v0, 0.0), (u, v0, w0), (u, v1, w1), (u, v1, 0.0), material)

    def turned_profile(
        self, u: float, w: float, profile: Sequence[tuple[float, float]], material: int, sides: int = 12
    ) -> None:
        """A profile of (radius, v) corners turned about an upright axis: columns, domes, tree trunks."""
        angles = [math.radians(360.0 * (i + 0.5) / sides) for i in range(sides + 1)]
        round_ = np.array([(math.cos(t), math.sin(t)) for t in angles]).round(9)
        shape = np.array(profile)
        u_ = u + shape[:, None, 0] * round_[None, :, 0]
        w_ = w + shape[:, None, 0] * round_[None, :, 1]
        v_ = np.repeat(shape[:, 1:2], sides + 1, axis=1)
        self.sheet(np.stack([u_, v_, w_], axis=-1), material)

    def sheet(self, grid: np.ndarray, material: int | np.ndarray) -> None:
        """A curved surface from a grid of local points, shape (rows, columns, 3); one material or one a cell."""
        quads = np.stack([grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]], axis=2).reshape(-1, 4, 3)
        self.quads(quads, material)

    def quads(self, points: np.ndarray, material: int | np.ndarray) -> None:
        """Many quads at once: local points of shape (count, 4, 3)."""
        world = _to_world(points, [self.frame], np.zeros(len(points), np.int64))
        self._arrays.append((world, np.broadcast_to(np.asarray(material), len(points)).ravel(), self.group))

    def triangles(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """World corners (count, 3, 3), material index (count,) and group (count,) of all triangles."""
        quads, materials, groups = [], [], []
        if self._points:
            what = np.array(self._what)
            quads.append(_to_world(np.array(self._points).reshape(-1, 4, 3), self._frames, what[:, 0]))
            materials.append(what[:, 1])
            groups.append(what[:, 2])
        for points, material, group in self._arrays:
            quads.append(points)
            materials.append(material)
            groups.append(np.full(len(points), group))
        # Rounding takes out what the last bits of sine and cosine differ by from machine to machine.
        corners = np.concatenate(quads).round(6)
        twice = np.concatenate([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]])
        edge_a, edge_b = twice[:, 1] - twice[:, 0], twice[:, 2] - twice[:, 0]
        solid = np.abs(np.cross(edge_a, edge_b)).max(axis=1) > 1e-7
        material_of = np.tile(np.concatenate(materials), 2)
        group_of = np.tile(np.concatenate(groups), 2)
        return twice[solid], material_of[solid], group_of[solid]


def _to_world(points: np.ndarray, frames: list[Frame], index: np.ndarray) -> np.ndarray:
    axes = np.array([(f.origin, f.right, f.up, f.out) for f in frames])[index][:, :, None, :]  # (count, 4, 1, 3)
    u, v, w = points[..., 0:1], points[..., 1:2], points[..., 2:3]
    world: np.ndarray = axes[:, 0] + u * axes[:, 1] + v * axes[:, 2] + w * axes[:, 3]
    return world
