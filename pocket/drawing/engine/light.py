"""The light on surfaces: sun and shadow, sky light, lamps, glass and what shines by itself."""

from __future__ import annotations

import numpy as np

from .camera import NEAREST, Camera
from .ground import Site, paint_ground
from .mesh import FOLIAGE, GLASS, GROUND, Material
from .raster import planes, visible_triangles
from .setting import Setting
from .sky import gradient
from .surface import Surface
from .textures import hashed, noise, tone

F = np.float32


def shade(
    seen: Surface,
    materials: list[Material],
    corners: np.ndarray,
    group: np.ndarray,
    nearness: np.ndarray,
    camera: Camera,
    setting: Setting,
    site: Site,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Linear colours (3, count) and, where there are lamps, their light (3, count)."""
    kinds = np.array([m.kind for m in materials])[seen.material]
    albedo = _albedo(seen, materials, kinds, camera, setting, site)
    nx, ny, nz = seen.normal
    sx, sy, sz = (F(part) for part in setting.sun_direction)
    facing = nx * sx + ny * sy + nz * sz
    leaves = kinds == FOLIAGE
    facing = np.where(leaves, F(0.35) + F(0.65) * np.abs(facing), np.maximum(facing, 0))
    lit = facing * _sunlit(seen, corners, facing, camera, setting)
    open_sky = (F(0.62) + F(0.38) * ny) * _openness(seen, nearness, camera)
    bounce = F(0.5) - F(0.5) * ny
    light = setting.light
    warm = (1.0, 0.9, 0.72) if setting.season != "winter" else (1.0, 1.0, 1.05)
    colour = np.empty_like(albedo)
    for c in range(3):
        lamp = F(light.sun[c]) * lit + F(light.sky[c]) * open_sky
        lamp += bounce * F(warm[c] * (0.10 * light.sun[c] + 0.16 * light.sky[c]))
        colour[c] = albedo[c] * lamp
    glow = None
    if setting.time in ("dusk", "night"):
        _floodlight(colour, albedo, seen, kinds, setting)
    _glass(colour, seen, materials, kinds, lit, camera, setting)
    shining = np.array([m.glow for m in materials], F)[seen.material]
    if shining.any():
        uneven = F(0.8) + F(0.4) * noise(seen.place[0] * 31 + seen.place[2] * 31, seen.place[1] * 31)
        dimmed = F({"night": 1.0, "dusk": 0.9}.get(setting.time, 0.4))
        glow = np.stack(
            [np.array([m.colour[c] ** 2 for m in materials], F)[seen.material] * shining * uneven for c in range(3)]
        )
        glow *= dimmed
        colour += glow
    return colour, glow if setting.time in ("dusk", "night") else None


def _albedo(
    seen: Surface, materials: list[Material], kinds: np.ndarray, camera: Camera, setting: Setting, site: Site
) -> np.ndarray:
    table = np.array([[channel**2 for channel in m.colour] for m in materials], F).T
    albedo = np.stack([np.take(table[c], seen.material) for c in range(3)])
    footprint = seen.distance * F(1 / camera.focal)
    x, _y, z = seen.place
    on_ground = np.flatnonzero(kinds == GROUND)
    albedo[:, on_ground] = paint_ground(x[on_ground], z[on_ground], footprint[on_ground], site, setting)
    scales = np.array([m.scale for m in materials], F)
    for kind in np.unique(kinds):
        if kind in (GROUND, GLASS):
            continue
        of_kind = np.flatnonzero(kinds == kind)
        u, v = _wall_coordinates(*(part[of_kind] for part in (*seen.normal, *seen.place)))
        scale = scales[seen.material[of_kind]]
        for size in np.unique(scale):
            part = of_kind if len(np.unique(scale)) == 1 else of_kind[scale == size]
            here = slice(None) if part is of_kind else scale == size
            albedo[:, part] *= tone(int(kind), u[here], v[here], footprint[part], float(size)).astype(F)
    if setting.season == "winter":
        flat = np.clip((seen.normal[1] - F(0.35)) * 5, 0, 1) * ((kinds != GROUND) & (kinds != FOLIAGE))
        dust = ((kinds == FOLIAGE) & (seen.normal[1] > 0.1)) * F(0.75)
        albedo += (np.array((0.88, 0.91, 0.96), F)[:, None] - albedo) * (flat + dust)
    return albedo


def _wall_coordinates(
    nx: np.ndarray, ny: np.ndarray, nz: np.ndarray, x: np.ndarray, y: np.ndarray, z: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Metres along the wall and up the wall (up the slope on roofs)."""
    level = np.sqrt(nx * nx + nz * nz)
    safe = np.maximum(level, F(1e-4))
    ux, uz = np.where(level < 1e-3, F(1), nz / safe), np.where(level < 1e-3, F(0), -nx / safe)
    return x * ux + z * uz, y * level - (x * uz * F(-1) + z * ux) * np.where(level < 1e-3, F(1), ny)


def _sunlit(
    seen: Surface, corners: np.ndarray, facing: np.ndarray, camera: Camera, setting: Setting
) -> np.ndarray | np.float32:
    """How much of the sun reaches each point, from a shadow map."""
    if setting.time == "overcast":
        return F(1)
    lx, ly, lz = setting.sun_direction
    flat = (lx * lx + lz * lz) ** 0.5
    right = np.array((lz / flat, 0.0, -lx / flat))
    up = np.array((-ly * lx / flat, flat, -ly * lz / flat))
    axes = np.stack([right, up, (lx, ly, lz)])
    local = [corners[..., 0] * a + corners[..., 1] * b + corners[..., 2] * c for a, b, c in axes]
    near = corners[..., 2].min(axis=1) > -45  # distant houses cast no shadow here
    low = [float(part[near].min()) for part in local]
    high = [float(part[near].max()) for part in local]
    size = int(min(1000, max(220, 0.62 * (camera.width + camera.height) / 2)))
    texel = max(high[0] - low[0], high[1] - low[1]) / (size - 4)
    screen = np.stack([(local[0] - low[0]) / texel + 2, (local[1] - low[1]) / texel + 2], axis=-1)
    span = (high[2] - low[2]) * 1.02 + 0.1
    depth = (local[2] - low[2]) / span * 0.98 + 0.01
    _, map_ = visible_triangles(screen[near], planes(screen[near], depth[near]), size, size)
    x, y, z = seen.place
    s, t, d = (x * F(a) + y * F(b) + z * F(c) for a, b, c in axes)
    spread = F(1.4)  # each of four neighbouring pixels looks a little aside, which softens the edge
    odd_x, odd_y = (seen.pixel % camera.width) & 1, (seen.pixel // camera.width) & 1
    column = (s - F(low[0])) * F(1 / texel) + 2 + (odd_x.astype(F) - F(0.5)) * spread
    row = (t - F(low[1])) * F(1 / texel) + 2 + (odd_y.astype(F) - F(0.5)) * spread
    inside = (column >= 0) & (column < size - 1) & (row >= 0) & (row < size - 1)
    index = np.where(inside, row.astype(np.int32) * size + column.astype(np.int32), 0)
    slack = F(0.04) + F(texel) * np.minimum(F(1.1) / np.maximum(facing, F(0.08)), F(6))
    here = ((d + slack) - F(low[2])) * F(0.98 / span) + F(0.01)
    return np.where(inside & (map_.ravel()[index] > here), F(0.04), F(1))


def _openness(seen: Surface, nearness: np.ndarray, camera: Camera) -> np.ndarray:
    """How much sky reaches each point: less beside nearer things and close to the ground."""
    step = 4
    small = nearness[::step, ::step].astype(np.float64)
    radius = max(2, max(camera.width, camera.height) // (step * 45))
    for axis in (0, 1):
        padded = np.concatenate(
            [
                np.repeat(small.take([0], axis), radius + 1, axis),
                small,
                np.repeat(small.take([-1], axis), radius, axis),
            ],
            axis,
        )
        sums = np.cumsum(padded, axis)
        length = small.shape[axis]
        ends = np.arange(length) + 2 * radius + 1
        small = (sums.take(ends, axis) - sums.take(ends - 2 * radius - 1, axis)) / (2 * radius + 1)
    wide = np.repeat(np.repeat(small.astype(F), step, 0), step, 1)[: camera.height, : camera.width].ravel()[seen.pixel]
    mine = F(NEAREST) / seen.distance
    hidden = np.clip((wide / mine - 1) * F(9), 0, F(0.55))
    low = F(0.78) + F(0.22) * np.clip(seen.place[1] * F(0.4), 0, 1)
    openness: np.ndarray = (1 - hidden) * np.where(seen.building, low, F(1))
    return openness


def _floodlight(colour: np.ndarray, albedo: np.ndarray, seen: Surface, kinds: np.ndarray, setting: Setting) -> None:
    """Warm lamps at the foot of the building, aimed up."""
    if not setting.floodlit:
        return
    height = F(5.0)
    reach = F(1) / (1 + (seen.place[1] / height) ** 2) + F(0.16)
    upright = F(0.35) + F(0.65) * np.maximum(seen.normal[2], 0) - F(0.4) * np.minimum(seen.normal[1], 0)
    strength = reach * upright * (seen.building & (kinds != GLASS)) * F(1.35 if setting.time == "night" else 0.5)
    near = F(0.10) / (1 + (seen.distance / F(40)) ** 2) * (kinds == GROUND)
    for c, lamp in enumerate((1.0, 0.66, 0.34)):
        colour[c] += albedo[c] * (strength + near) * F(lamp)


def _glass(
    colour: np.ndarray,
    seen: Surface,
    materials: list[Material],
    kinds: np.ndarray,
    lit: np.ndarray,
    camera: Camera,
    setting: Setting,
) -> None:
    """Adds what windows and polished metal mirror: sky above, a dark street below."""
    shine = np.array([m.shine for m in materials], F)[seen.material]
    at = np.flatnonzero(shine > 0)
    if not len(at):
        return
    view = seen.place[:, at] - np.array(camera.eye, F)[:, None]
    view /= np.sqrt(view[0] ** 2 + view[1] ** 2 + view[2] ** 2)
    normal = seen.normal[:, at]
    uneven = (hashed(seen.triangle[at] % max(1, 1 << 20), 5) - F(0.5)) * F(0.05)
    along = view[0] * normal[0] + view[1] * normal[1] + view[2] * normal[2]
    mirrored = view - 2 * along * normal
    up, side = mirrored[1] + uneven, mirrored[0]
    sky = gradient(np.maximum(up, 0) * F(1.3), setting)
    wisps = np.clip((noise(side * 160, up * 300) - F(0.45)) * 3, 0, 1) * F(0.45 * setting.clouds + 0.05)
    roofs = F(0.05) + F(0.12) * noise(side * 140, np.zeros_like(side))
    below = np.clip((roofs - up) * 14, 0, 1)
    grazing = 1 - np.abs(along)
    grazing = grazing * grazing * grazing
    part = shine[at] * (F(0.30) + F(0.70) * grazing)
    is_glass = kinds[at] == GLASS
    part = np.where(is_glass, np.maximum(part, F(0.12)), part * F(0.8))
    for c in range(3):
        seen_sky = sky[c] + (F(setting.light.cloud[c]) * F(0.9) - sky[c]) * wisps
        dark = F(setting.light.horizon[c]) * F(0.13)
        seen_sky = seen_sky + (dark - seen_sky) * below
        colour[c, at] = colour[c, at] * np.where(is_glass, F(0.55), F(1) - part * F(0.6)) + seen_sky * part
