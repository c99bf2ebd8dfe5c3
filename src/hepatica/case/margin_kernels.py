"""Compiled loops that move an ellipsoid along the surface of a structure.

Everything is in voxels. ``half[axis, side]`` is the half-axis of the ellipsoid along array axis
(z, y, x) in the falling (0) or rising (1) direction of the index.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Singles = NDArray[np.float32]
Features = NDArray[np.int16]
Point = tuple[float, float, float]

# How many voxels from the nearest seed, which lies inside, the surface of the result can be felt.
_REACH = 1.75
# How much deeper the refined search can find than the search among whole voxels.
_GAIN = 0.4
_BEYOND = 0.75
_REFINEMENTS = 2
_FAR = np.float32(1e30)
_NOTHING = -1e9
# A voxel is full, or empty, when the surface is half a voxel or more away.
FULL = 0.5


@njit(cache=True)
def _square(step: float, falling: float, rising: float) -> float:
    """Squared length of a step along one axis, in half-axes of that axis."""
    if step == 0.0:
        return 0.0
    reach = rising if step > 0 else falling
    return (step / reach) ** 2 if reach > 0 else np.inf


@njit(cache=True)
def _squared_gauge(way: Point, half: Floats) -> float:
    """Squared length of a way in half-axes: 1 on the surface of the ellipsoid."""
    return (
        _square(way[0], half[0, 0], half[0, 1])
        + _square(way[1], half[1, 0], half[1, 1])
        + _square(way[2], half[2, 0], half[2, 1])
    )


@njit(cache=True)
def _seeds_along_x(depth: Singles, k: int, half: Floats, cost: Singles, feature: Features) -> None:
    """Squared distance to, and x of, the nearest seed in the same line of voxels of slice ``k``."""
    ny, nx = cost.shape
    seed = np.zeros(nx, np.bool_)
    for j in range(ny):
        for i in range(nx):
            seed[i] = _is_seed(depth, k, j, i)
            cost[j, i] = _FAR
        for rising in (True, False):
            last = -1
            for n in range(nx):
                i = n if rising else nx - 1 - n
                if seed[i]:
                    last = i
                if last >= 0:
                    found = np.float32(min(_square(float(i - last), half[2, 0], half[2, 1]), _FAR))
                    if found < cost[j, i]:
                        cost[j, i] = found
                        feature[k, j, i] = last


@njit(cache=True)
def _is_seed(depth: Singles, k: int, j: int, i: int) -> bool:
    """Inside, or a ridge just outside: no shallower than its neighbours along two of the axes."""
    c = depth[k, j, i]
    if c >= 0.0 or c <= -FULL:
        return c >= 0.0
    nz, ny, nx = depth.shape
    ridges = 0
    if (k == 0 or c >= depth[k - 1, j, i]) and (k == nz - 1 or c >= depth[k + 1, j, i]):
        ridges += 1
    if (j == 0 or c >= depth[k, j - 1, i]) and (j == ny - 1 or c >= depth[k, j + 1, i]):
        ridges += 1
    if (i == 0 or c >= depth[k, j, i - 1]) and (i == nx - 1 or c >= depth[k, j, i + 1]):
        ridges += 1
    return ridges >= 2


@njit(cache=True)
def _nearest_along_y(
    line_cost: Singles, k: int, half: Floats, cost: Singles, feature: Features
) -> None:
    """The same in the whole slice ``k``, from the distances in each of its lines."""
    ny, nx = line_cost.shape
    for j in range(ny):
        for i in range(nx):
            cost[k, j, i] = line_cost[j, i]
            feature[k, j, i] = j
        for step in range(-_window(half[1, 1]), _window(half[1, 0]) + 1):
            if step == 0 or j + step < 0 or j + step >= ny:
                continue
            added = np.float32(min(_square(float(-step), half[1, 0], half[1, 1]), _FAR))
            for i in range(nx):
                candidate = line_cost[j + step, i] + added
                if candidate < cost[k, j, i]:
                    cost[k, j, i] = candidate
                    feature[k, j, i] = j + step


@njit(cache=True)
def _nearest_along_z(
    slice_cost: Singles, k: int, half: Floats, cost: Singles, feature: Features
) -> None:
    """The same in the whole volume, for slice ``k``, from the distances in each slice."""
    nz, ny, nx = slice_cost.shape
    for j in range(ny):
        for i in range(nx):
            cost[j, i] = slice_cost[k, j, i]
            feature[j, i] = k
    for step in range(-_window(half[0, 1]), _window(half[0, 0]) + 1):
        if step == 0 or k + step < 0 or k + step >= nz:
            continue
        added = np.float32(min(_square(float(-step), half[0, 0], half[0, 1]), _FAR))
        for j in range(ny):
            for i in range(nx):
                candidate = slice_cost[k + step, j, i] + added
                if candidate < cost[j, i]:
                    cost[j, i] = candidate
                    feature[j, i] = k + step


@njit(cache=True)
def _window(reach: float) -> int:
    return int(np.ceil(reach + _REACH)) if reach > 0 else 0


@njit(cache=True)
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


@njit(cache=True)
def _weights(t: float) -> tuple[float, float, float, float]:
    """Catmull-Rom weights of four neighbours: exact where depth curves like a parabola."""
    return (
        t * (-0.5 + t * (1.0 - 0.5 * t)),
        1.0 + t * t * (1.5 * t - 2.5),
        t * (0.5 + t * (2.0 - 1.5 * t)),
        t * t * (0.5 * t - 0.5),
    )


@njit(cache=True)
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


@njit(cache=True)
def _part(way: Point, half: Floats, beyond: float) -> float:
    """The part of a way from the ellipsoid's centre at which the ellipsoid ends; negative if none.

    A way that ends inside the ellipsoid is prolonged by at most ``beyond`` voxels.
    """
    square = _squared_gauge(way, half)
    if not square < 1e12:
        return -1.0
    if square > 1.0:
        return 1.0 / np.sqrt(square)
    if beyond > 0.0 and square > 0.0:
        length = np.sqrt(way[0] ** 2 + way[1] ** 2 + way[2] ** 2)
        return min(1.0 / np.sqrt(square), 1.0 + beyond / length)
    return 1.0


@njit(cache=True)
def _best_neighbour(
    depth: Singles, voxel: Point, seed: tuple[int, int, int], half: Floats
) -> tuple[float, Point]:
    """Greatest depth toward the voxels around a seed, and the way from the best of them."""
    best, best_way = _NOTHING, (0.0, 0.0, 0.0)
    nz, ny, nx = depth.shape
    for k in range(max(seed[0] - 1, 0), min(seed[0] + 2, nz)):
        for j in range(max(seed[1] - 1, 0), min(seed[1] + 2, ny)):
            for i in range(max(seed[2] - 1, 0), min(seed[2] + 2, nx)):
                if depth[k, j, i] < -FULL:
                    continue
                way = (voxel[0] - k, voxel[1] - j, voxel[2] - i)
                part = _part(way, half, 0.0)
                if part < 0.0:
                    continue
                z, y, x = (
                    voxel[0] - part * way[0],
                    voxel[1] - part * way[1],
                    voxel[2] - part * way[2],
                )
                found = _blend(depth, z, y, x)
                if found > best:
                    best, best_way = found, way
                    if best >= FULL:
                        return best, best_way
    return best, best_way


@njit(cache=True)
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


@njit(cache=True)
def _best_touch(depth: Singles, voxel: Point, start: Point, half: Floats) -> float:
    """Greatest depth where the ellipsoid touches, sought sideways in ever smaller steps."""
    first, second = _across(start)
    best, centre, touched = _NOTHING, start, voxel
    step = 0.5
    for _ in range(_REFINEMENTS):
        middle = centre
        for n in range(9):
            a, b = (n // 3 - 1) * step, (n % 3 - 1) * step
            way = (
                middle[0] + a * first[0] + b * second[0],
                middle[1] + a * first[1] + b * second[1],
                middle[2] + a * first[2] + b * second[2],
            )
            part = _part(way, half, _BEYOND)
            if part < 0.0:
                continue
            z, y, x = voxel[0] - part * way[0], voxel[1] - part * way[1], voxel[2] - part * way[2]
            found = _blend(depth, z, y, x)
            if found > best:
                best, centre, touched = found, way, (z, y, x)
        step /= 2
    return _blend_smoothly(depth, touched)


@njit(cache=True)
def _well_within(way: Point, half: Floats) -> bool:
    """Whether the ellipsoid holds the end of a way and all 27 voxels around it."""
    square = 0.0
    for axis in range(3):
        rising, falling = max(way[axis] + 1.0, 0.0), min(way[axis] - 1.0, 0.0)
        square += max(
            _square(rising, half[axis, 0], half[axis, 1]),
            _square(falling, half[axis, 0], half[axis, 1]),
        )
    return square <= 1.0


@njit(cache=True)
def _out_of_reach(way: Point, half: Floats) -> bool:
    """Whether the ellipsoid misses everything within `_REACH` voxels of the seed."""
    square, far, least = 0.0, 0.0, np.inf
    for axis in range(3):
        side = half[axis, 1] if way[axis] > 0 else half[axis, 0]
        least = min(least, side)
        if side > 0:
            square += (max(abs(way[axis]) - _REACH, 0.0) / side) ** 2
            far += (way[axis] / side) ** 2
    return square > 1.0 or (np.sqrt(far) - 1.0) * least > _REACH


@njit(cache=True)
def _beside_full(depth: Singles, z: int, y: int, x: int) -> bool:
    """Whether a full voxel is among the 27 around this one."""
    nz, ny, nx = depth.shape
    for k in range(max(z - 1, 0), min(z + 2, nz)):
        for j in range(max(y - 1, 0), min(y + 2, ny)):
            for i in range(max(x - 1, 0), min(x + 2, nx)):
                if depth[k, j, i] >= FULL:
                    return True
    return False


@njit(cache=True)
def _greatest_depth(
    depth: Singles, voxel: tuple[int, int, int], seed: tuple[int, int, int], half: Floats
) -> float:
    """Greatest depth within the ellipsoid around ``voxel``, sought near ``seed``."""
    way = (float(voxel[0] - seed[0]), float(voxel[1] - seed[1]), float(voxel[2] - seed[2]))
    if _out_of_reach(way, half):
        return _NOTHING
    if _well_within(way, half) and _beside_full(depth, seed[0], seed[1], seed[2]):
        return FULL
    here = (float(voxel[0]), float(voxel[1]), float(voxel[2]))
    best, start = _best_neighbour(depth, here, seed, half)
    if -FULL - _GAIN < best < FULL:
        best = max(best, _best_touch(depth, here, start, half))
    return best


@njit(cache=True)
def _dilate_slice(
    depth: Singles,
    k: int,
    half: Floats,
    nearest: tuple[Singles, Features, Features],
    out: Singles,
) -> None:
    slice_cost, y_feature, x_feature = nearest
    nz, ny, nx = depth.shape
    cost, z_feature = np.empty((ny, nx), np.float32), np.empty((ny, nx), np.int16)
    _nearest_along_z(slice_cost, k, half, cost, z_feature)
    for j in range(ny):
        for i in range(nx):
            out[k, j, i] = depth[k, j, i]
            if depth[k, j, i] >= FULL or cost[j, i] >= _FAR:
                continue
            z = int(z_feature[j, i])
            y = int(y_feature[z, j, i])
            seed = (z, y, int(x_feature[z, y, i]))
            out[k, j, i] = max(depth[k, j, i], _greatest_depth(depth, (k, j, i), seed, half))


@njit(cache=True)
def _nearest_in_slice(
    depth: Singles, k: int, half: Floats, nearest: tuple[Singles, Features, Features]
) -> None:
    cost, y_feature, x_feature = nearest
    line_cost = np.empty((depth.shape[1], depth.shape[2]), np.float32)
    _seeds_along_x(depth, k, half, line_cost, x_feature)
    _nearest_along_y(line_cost, k, half, cost, y_feature)


@njit(cache=True, parallel=True)
def dilate(depth: Singles, half: Floats) -> Singles:
    """The greatest depth that the ellipsoid around each voxel reaches.

    Parameters
    ----------
    depth : (z, y, x) array, voxels
        How far inside the surface each voxel's centre lies; right near the surface, and of the
        right sign elsewhere.
    half : (3, 2) array, half-axes in voxels

    Returns
    -------
    depth : array of the same shape
        Right between -0.5 and 0.5.
    """
    nearest = (
        np.empty(depth.shape, np.float32),
        np.empty(depth.shape, np.int16),
        np.zeros(depth.shape, np.int16),
    )
    for k in prange(depth.shape[0]):
        _nearest_in_slice(depth, k, half, nearest)
    out = np.empty_like(depth)
    for k in prange(depth.shape[0]):
        _dilate_slice(depth, k, half, nearest, out)
    return out


@njit(cache=True)
def smooth(values: Singles) -> Singles:
    """The mean of each voxel and its neighbours with weights (1 2 1)/4 along every axis."""
    nz, ny, nx = values.shape
    flat = np.empty_like(values)
    for k in range(nz):
        lines = np.zeros((ny + 2, nx), np.float32)
        for j in range(ny):
            row, line = values[k, j], lines[j + 1]
            for i in range(1, nx - 1):
                line[i] = np.float32(0.25) * (row[i - 1] + row[i + 1]) + np.float32(0.5) * row[i]
            line[0] = np.float32(0.5) * row[0] + np.float32(0.25) * row[min(1, nx - 1)]
            line[-1] = np.float32(0.5) * row[-1] + np.float32(0.25) * row[max(nx - 2, 0)]
        for j in range(ny):
            for i in range(nx):
                beside = lines[j, i] + lines[j + 2, i]
                flat[k, j, i] = np.float32(0.25) * beside + np.float32(0.5) * lines[j + 1, i]
    out = np.empty_like(values)
    for k in range(nz):
        for j in range(ny):
            for i in range(nx):
                beside = np.float32(0.0)
                if k > 0:
                    beside += flat[k - 1, j, i]
                if k < nz - 1:
                    beside += flat[k + 1, j, i]
                out[k, j, i] = np.float32(0.25) * beside + np.float32(0.5) * flat[k, j, i]
    return out
