"""An architect's camera: two-point perspective, so that upright lines stay upright (a shifted lens)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

NEAREST = 1.0  # metres; what is closer is not drawn


@dataclass(frozen=True)
class View:
    """From where a building is looked at: angle to its front in degrees, eye height and distance in metres."""

    yaw: float = 0.0
    eye: float = 1.8
    distance: float = 40.0
    fill: float = 0.86  # the share of the picture that the building may take
    base: float = 0.86  # where its foot stands, from the top of the picture
    shift: float = 0.0  # how far it stands from the middle, as a share of the width


@dataclass(frozen=True)
class Camera:
    """Where the picture is taken from, and its size; it looks level, so that walls stay upright."""

    eye: tuple[float, float, float]
    right: tuple[float, float]  # x and z of the direction to the right
    ahead: tuple[float, float]
    focal: float  # pixels
    centre: float  # column straight ahead
    horizon: float  # row at eye height
    width: int
    height: int

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Screen places (..., 2) in pixels and distances ahead (...) of world points (..., 3)."""
        x, y, z = points[..., 0] - self.eye[0], points[..., 1] - self.eye[1], points[..., 2] - self.eye[2]
        ahead = x * self.ahead[0] + z * self.ahead[1]
        safe = np.maximum(ahead, 1e-3)
        across = self.centre + self.focal * (x * self.right[0] + z * self.right[1]) / safe
        return np.stack([across, self.horizon - self.focal * y / safe], axis=-1), ahead

    def ground_nearness(self) -> np.ndarray:
        """One over the distance of the ground, by row; 0 above the horizon."""
        rows = np.arange(self.height) + 0.5
        nearness: np.ndarray = np.clip((rows - self.horizon) / (self.focal * self.eye[1]), 0.0, 1.0 / NEAREST)
        return nearness


def aim(corners: np.ndarray, view: View, width: int, height: int) -> Camera:
    """The camera that shows the whole building; corners: its world points (count, 3)."""
    low, high = corners.min(axis=0), corners.max(axis=0)
    middle = (low + high) / 2
    c, s = round(math.cos(math.radians(view.yaw)), 9), round(math.sin(math.radians(view.yaw)), 9)
    distance = view.distance + (high[2] - middle[2])
    eye = (float(middle[0] - s * distance), view.eye, float(middle[2] + c * distance))
    unit = Camera(eye, (c, s), (s, -c), 1.0, 0.0, 0.0, 1, 1)
    places, _ = unit.project(corners)
    (left, top), (right, bottom) = places.min(axis=0), places.max(axis=0)
    foot = view.base * height
    room = min(foot - 0.06 * height, view.fill * height)
    focal = min(view.fill * width / (right - left), room / (bottom - top))
    slack = max(width - focal * (right - left), 0.0)
    centre = width / 2 - focal * (left + right) / 2 + view.shift * slack
    # A low, wide building in a tall picture stands a little higher, so that the sky doesn't take all.
    spare = room - focal * (bottom - top)
    return Camera(
        eye, (c, s), (s, -c), float(focal), float(centre), float(foot - 0.32 * spare - focal * bottom), width, height
    )
