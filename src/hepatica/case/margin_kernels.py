# mypy: allow-untyped-decorators, no-warn-return-any
"""Compiled loops that move an ellipsoid along the surface of a structure.

Everything is in voxels. ``half[axis, side]`` is the half-axis of the ellipsoid along array axis
(z, y, x) in the falling (0) or rising (1) direction of the index; ``inverse`` its reciprocal.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from hepatica.case.margin_seed_kernels import (
    COMPILED,
    FAR,
    FULL,
    REACH,
    Features,
    Floats,
    Point,
    Singles,
    nearest_along_z,
    square,
    squared_gauge,
)

# How much deeper the refined search can find than the search among whole voxels.
_GAIN = 0.4
# How far beyond a goal inside the ellipsoid the way to its end is followed.
_BEYOND = 0.75
# How much less deep the summit of the parabolas may be than a point that was tried.
_SLACK = 0.02
# Voxels between these depths are tried as goals: what lies deeper is reached through them.
_SHALLOWEST, _DEEPEST = -0.5, 0.75
_ROUNDS = 2
_NOTHING = -1e9


@njit(**COMPILED)
def _blend(depth: Singles, z: float, y: float, x: float) -> float:
    """Trilinear depth at a point; the outermost voxels reach on for ever."""
    nz, ny, nx = depth.shape
    z = min(max(z, 0.0), nz - 1.0)
    y = min(max(y, 0.0), ny - 1.0)
    x = min(max(x, 0.0), nx - 1.0)
    k, j, i = int(z), int(y), int(x)
    k1, j1, i1 = min(k + 1, nz - 1), min(j + 1, ny - 1), min(i + 1, nx - 1)
    z, y, x = z - k, y - j, x - i
    low = (1 - y) * ((1 - x) * depth[k, j, i] + x * depth[k, j, i1])
    low += y * ((1 - x) * depth[k, j1, i] + x * depth[k, j1, i1])
    high = (1 - y) * ((1 - x) * depth[k1, j, i] + x * depth[k1, j, i1])
    high += y * ((1 - x) * depth[k1, j1, i] + x * depth[k1, j1, i1])
    return (1 - z) * low + z * high


@njit(**COMPILED)
def _weights(t: float) -> tuple[float, float, float, float]:
    """Catmull-Rom weights of four neighbours: exact where depth curves like a parabola."""
    return (
        t * (-0.5 + t * (1.0 - 0.5 * t)),
        1.0 + t * t * (1.5 * t - 2.5),
        t * (0.5 + t * (2.0 - 1.5 * t)),
        t * t * (0.5 * t - 0.5),
    )


@njit(**COMPILED)
def _blend_smoothly(depth: Singles, point: Point) -> float:
    """Cubic depth at a point. Linear depth would be too small where the surface bulges."""
    nz, ny, nx = depth.shape
    k, j, i = int(np.floor(point[0])), int(np.floor(point[1])), int(np.floor(point[2]))
    in_z, in_y, in_x = _weights(point[0] - k), _weights(point[1] - j), _weights(point[2] - i)
    total = 0.0
    for a in range(4):
        ka = min(max(k + a - 1, 0), nz - 1)
        for b in range(4):
            jb = min(max(j + b - 1, 0), ny - 1)
            line = 0.0
            for c in range(4):
                line += in_x[c] * depth[ka, jb, min(max(i + c - 1, 0), nx - 1)]
            total += in_z[a] * in_y[b] * line
    return total


@njit(**COMPILED)
def _part(way: Point, inverse: Floats, beyond: float) -> float:
    """The part of a way from the ellipsoid's centre at which the ellipsoid ends; negative if none.

    A way that ends inside the ellipsoid is prolonged by at most ``beyond`` voxels.
    """
    squared = squared_gauge(way, inverse)
    if not squared < 1e12:
        return -1.0
    if squared > 1.0:
        return 1.0 / np.sqrt(squared)
    if beyond > 0.0 and squared > 0.0:
        length = np.sqrt(way[0] ** 2 + way[1] ** 2 + way[2] ** 2)
        return min(1.0 / np.sqrt(squared), 1.0 + beyond / length)
    return 1.0


@njit(**COMPILED)
def _depth_toward(depth: Singles, voxel: Point, way: Point, part: float) -> float:
    return _blend(
        depth, voxel[0] - part * way[0], voxel[1] - part * way[1], voxel[2] - part * way[2]
    )


@njit(**COMPILED)
def _best_neighbour(
    depth: Singles, voxel: Point, seed: tuple[int, int, int], inverse: Floats
) -> tuple[float, Point]:
    """Greatest depth toward the voxels around a seed, and the way from the best of them."""
    best_way = (voxel[0] - seed[0], voxel[1] - seed[1], voxel[2] - seed[2])
    best = _depth_toward(depth, voxel, best_way, _part(best_way, inverse, 0.0))
    if best < -FULL - _GAIN - 1.0:
        return best, best_way
    nz, ny, nx = depth.shape
    for k in range(max(seed[0] - 1, 0), min(seed[0] + 2, nz)):
        for j in range(max(seed[1] - 1, 0), min(seed[1] + 2, ny)):
            for i in range(max(seed[2] - 1, 0), min(seed[2] + 2, nx)):
                if not _SHALLOWEST <= depth[k, j, i] <= _DEEPEST:
                    continue
                way = (voxel[0] - k, voxel[1] - j, voxel[2] - i)
                part = _part(way, inverse, 0.0)
                if part < 0.0:
                    continue
                found = float(depth[k, j, i])
                if part < 1.0:
                    found = _depth_toward(depth, voxel, way, part)
                if found > best:
                    best, best_way = found, way
    return best, best_way


@njit(**COMPILED)
def _across(way: Point) -> tuple[Point, Point]:
    """Two unit vectors at right angles to a way."""
    length = np.sqrt(way[0] ** 2 + way[1] ** 2 + way[2] ** 2)
    if length == 0.0:
        return (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)
    z, y, x = way[0] / length, way[1] / length, way[2] / length
    if abs(z) <= abs(y) and abs(z) <= abs(x):
        side = np.sqrt(y * y + x * x)
        first = (0.0, x / side, -y / side)
    elif abs(y) <= abs(x):
        side = np.sqrt(z * z + x * x)
        first = (x / side, 0.0, -z / side)
    else:
        side = np.sqrt(z * z + y * y)
        first = (y / side, -z / side, 0.0)
    second = (
        y * first[2] - x * first[1],
        x * first[0] - z * first[2],
        z * first[1] - y * first[0],
    )
    return first, second


@njit(**COMPILED)
def _sideways(
    depth: Singles, voxel: Point, way: Point, side: Point, inverse: Floats
) -> tuple[float, float]:
    """Depth where the ellipsoid ends toward ``way + side`` and ``way - side``."""
    found = (_NOTHING, _NOTHING)
    up = (way[0] + side[0], way[1] + side[1], way[2] + side[2])
    down = (way[0] - side[0], way[1] - side[1], way[2] - side[2])
    part = _part(up, inverse, _BEYOND)
    if part >= 0.0:
        found = (_depth_toward(depth, voxel, up, part), found[1])
    part = _part(down, inverse, _BEYOND)
    if part >= 0.0:
        found = (found[0], _depth_toward(depth, voxel, down, part))
    return found


@njit(**COMPILED)
def _summit(down: float, here: float, up: float) -> float:
    """Where a parabola through three values is highest, in steps; at most one step away."""
    if down <= _NOTHING or up <= _NOTHING:
        return 0.0
    bend = 2.0 * here - down - up
    if bend <= 0.0:
        return 0.0 if down == up else (1.0 if up > down else -1.0)
    return min(max(0.5 * (up - down) / bend, -1.0), 1.0)


@njit(**COMPILED)
def _best_touch(depth: Singles, voxel: Point, way: Point, inverse: Floats, step: float) -> float:
    """Greatest depth where the ellipsoid touches, from parabolas across the way to the surface."""
    first, second = _across(way)
    best, touched = _NOTHING, way
    for _ in range(_ROUNDS):
        here = _depth_toward(depth, voxel, way, max(_part(way, inverse, _BEYOND), 0.0))
        if here < -FULL - 2.0 * step:
            return here
        if here > best:
            best, touched = here, way
        side = (first[0] * step, first[1] * step, first[2] * step)
        up, down = _sideways(depth, voxel, way, side, inverse)
        a = step * _summit(down, here, up)
        side = (second[0] * step, second[1] * step, second[2] * step)
        up, down = _sideways(depth, voxel, way, side, inverse)
        b = step * _summit(down, here, up)
        way = (
            way[0] + a * first[0] + b * second[0],
            way[1] + a * first[1] + b * second[1],
            way[2] + a * first[2] + b * second[2],
        )
        step /= 2.0
    part = _part(way, inverse, _BEYOND)
    if part < 0.0 or _depth_toward(depth, voxel, way, part) < best - _SLACK:
        way, part = touched, max(_part(touched, inverse, _BEYOND), 0.0)
    return _blend_smoothly(
        depth, (voxel[0] - part * way[0], voxel[1] - part * way[1], voxel[2] - part * way[2])
    )


@njit(**COMPILED)
def _out_of_reach(way: Point, inverse: Floats) -> bool:
    """Whether the ellipsoid misses everything within `REACH` voxels of the seed."""
    squared, steepest = 0.0, 0.0
    for axis in range(3):
        slope = inverse[axis, 1] if way[axis] > 0 else inverse[axis, 0]
        steepest = max(steepest, slope)
        squared += square(max(abs(way[axis]) - REACH, 0.0), slope, slope)
    return squared > 1.0 or np.sqrt(squared_gauge(way, inverse)) - 1.0 > REACH * steepest


@njit(**COMPILED)
def _holds_full(
    depth: Singles, voxel: tuple[int, int, int], seed: tuple[int, int, int], inverse: Floats
) -> bool:
    """Whether the ellipsoid holds the centre of a full voxel among the 27 around the seed."""
    nz, ny, nx = depth.shape
    away = (voxel[0] - seed[0], voxel[1] - seed[1], voxel[2] - seed[2])
    length = max(abs(away[0]), abs(away[1]), abs(away[2]), 1)
    k = min(max(seed[0] - int(np.rint(away[0] / length)), 0), nz - 1)
    j = min(max(seed[1] - int(np.rint(away[1] / length)), 0), ny - 1)
    i = min(max(seed[2] - int(np.rint(away[2] / length)), 0), nx - 1)
    if depth[k, j, i] >= FULL:
        way = (float(voxel[0] - k), float(voxel[1] - j), float(voxel[2] - i))
        if squared_gauge(way, inverse) <= 1.0:
            return True
    for k in range(max(seed[0] - 1, 0), min(seed[0] + 2, nz)):
        for j in range(max(seed[1] - 1, 0), min(seed[1] + 2, ny)):
            for i in range(max(seed[2] - 1, 0), min(seed[2] + 2, nx)):
                if depth[k, j, i] >= FULL:
                    way = (float(voxel[0] - k), float(voxel[1] - j), float(voxel[2] - i))
                    if squared_gauge(way, inverse) <= 1.0:
                        return True
    return False


@njit(**COMPILED)
def _greatest_depth(
    depth: Singles, voxel: tuple[int, int, int], seed: tuple[int, int, int], inverse: Floats
) -> float:
    """Greatest depth within the ellipsoid around ``voxel``, sought near ``seed``."""
    way = (float(voxel[0] - seed[0]), float(voxel[1] - seed[1]), float(voxel[2] - seed[2]))
    if _out_of_reach(way, inverse):
        return _NOTHING
    if _holds_full(depth, voxel, seed, inverse):
        return FULL
    here = (float(voxel[0]), float(voxel[1]), float(voxel[2]))
    best, start = _best_neighbour(depth, here, seed, inverse)
    if -FULL - _GAIN < best < FULL:
        best = max(best, _best_touch(depth, here, start, inverse, 0.75))
    return best


@njit(**COMPILED)
def dilate_slice(
    depth: Singles,
    k: int,
    inverse: Floats,
    nearest: tuple[Singles, Features, Features],
    out: Singles,
) -> None:
    """The greatest depth that the ellipsoid around each voxel of slice ``k`` reaches."""
    slice_cost, y_feature, x_feature = nearest
    _, ny, nx = depth.shape
    cost, z_feature = np.empty((ny, nx), np.float32), np.empty((ny, nx), np.int16)
    nearest_along_z(slice_cost, k, inverse, cost, z_feature)
    for j in range(ny):
        for i in range(nx):
            out[k, j, i] = depth[k, j, i]
            if depth[k, j, i] >= FULL or cost[j, i] >= FAR:
                continue
            z = int(z_feature[j, i])
            y = int(y_feature[z, j, i])
            seed = (z, y, int(x_feature[z, y, i]))
            out[k, j, i] = max(depth[k, j, i], _greatest_depth(depth, (k, j, i), seed, inverse))
