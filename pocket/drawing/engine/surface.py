"""What is seen at each pixel: which triangle, how far, where, of which material."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .camera import NEAREST, Camera
from .mesh import BUILDING

F = np.float32


@dataclass
class Surface:
    """What is seen at each covered pixel; vectors are (3, count)."""

    pixel: np.ndarray
    triangle: np.ndarray
    distance: np.ndarray
    place: np.ndarray
    normal: np.ndarray
    material: np.ndarray
    building: np.ndarray


def surface(
    ids: np.ndarray,
    nearness: np.ndarray,
    corners: np.ndarray,
    material: np.ndarray,
    group: np.ndarray,
    ground_material: int,
    camera: Camera,
) -> Surface:
    """From the triangle (-1 none, -2 the ground) and the nearness of each pixel, shape (height, width)."""
    flat = ids.ravel()
    pixel = np.flatnonzero(flat != -1)
    triangle = flat[pixel].astype(np.int64)
    triangle[triangle == -2] = len(corners)
    distance = F(NEAREST) / np.maximum(nearness.ravel()[pixel], F(1e-4))
    x = ((pixel % camera.width).astype(F) + F(0.5 - camera.centre)) * (distance * F(1 / camera.focal))
    y = (F(camera.horizon - 0.5) - (pixel // camera.width).astype(F)) * (distance * F(1 / camera.focal))
    (rx, rz), (ax, az) = camera.right, camera.ahead
    place = np.stack(
        [camera.eye[0] + x * F(rx) + distance * F(ax), camera.eye[1] + y, camera.eye[2] + x * F(rz) + distance * F(az)]
    ).astype(F)
    normals = _normals(corners, camera)
    return Surface(
        pixel,
        triangle,
        distance,
        place,
        np.stack([np.take(part, triangle) for part in normals]),
        np.take(np.append(material, ground_material), triangle),
        np.take(np.append(group == BUILDING, False), triangle),
    )


def _normals(corners: np.ndarray, camera: Camera) -> np.ndarray:
    """Normals of length 1 that look at the camera, (3, count + 1) float32; the last is the ground's."""
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.maximum(np.sqrt((normal * normal).sum(axis=1, keepdims=True)), 1e-12)
    towards = (np.array(camera.eye) - corners[:, 0]) * normal
    normal[towards[:, 0] + towards[:, 1] + towards[:, 2] < 0] *= -1
    return np.concatenate([normal, [[0.0, 1.0, 0.0]]]).T.astype(F)
