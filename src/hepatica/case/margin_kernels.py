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

# In the search, how many voxels from the nearest seed the surface can lie.
_REACH = 2.0
_BEYOND = 0.75
_REFINEMENTS = 3
_FAR = np.float32(1e30)
# A voxel is full, or empty, when the surface is half a voxel or more away.
FULL = 0.5


@njit(cache=True)
def _square(step: float, half: Floats) -> float:
    """Squared length of a step along one axis, in half-axes."""
    if step == 0.0:
        return 0.0
    reach = half[1] if step > 0 else half[0]
    return (step / reach) ** 2 if reach > 0 else np.inf


@njit(cache=True, parallel=True)
def _seeds_along_x(depth: Singles, half: Floats) -> tuple[Singles, Features]:
    """Squared distance to, and x of, the nearest seed in the same line of voxels."""
    nz, ny, nx = depth.shape
    cost = np.full(depth.shape, _FAR, np.float32)
    feature = np.zeros(depth.shape, np.int16)
    for k in prange(nz):
        for j in range(ny):
            seed = np.zeros(nx, np.bool_)
            for i in range(nx):
                seed[i] = _is_seed(depth, k, j, i)
            last = -1
            for i in range(nx):
                if seed[i]:
                    last = i
                if last >= 0:
                    cost[k, j, i] = min(_square(float(i - last), half), _FAR)
                    feature[k, j, i] = last
            last = -1
            for i in range(nx - 1, -1, -1):
                if seed[i]:
                    last = i
                if last >= 0:
                    other = np.float32(min(_square(float(i - last), half), _FAR))
                    if other < cost[k, j, i]:
                        cost[k, j, i] = other
                        feature[k, j, i] = last
    return cost, feature


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


@njit(cache=True, parallel=True)
def _nearest_along_y(cost: Singles, half: Floats) -> tuple[Singles, Features]:
    nz, ny, nx = cost.shape
    best = cost.copy()
    feature = np.empty(cost.shape, np.int16)
    for k in prange(nz):
        for j in range(ny):
            feature[k, j] = j
            for step in range(-_window(half[1]), _window(half[0]) + 1):
                if step != 0 and 0 <= j + step < ny:
                    added = np.float32(min(_square(float(-step), half), _FAR))
                    _keep_nearer(cost[k, j + step], added, j + step, best[k, j], feature[k, j])
    return best, feature


@njit(cache=True, parallel=True)
def _nearest_along_z(cost: Singles, half: Floats) -> tuple[Singles, Features]:
    nz, ny, nx = cost.shape
    best = cost.copy()
    feature = np.empty(cost.shape, np.int16)
    for k in prange(nz):
        feature[k] = k
        for step in range(-_window(half[1]), _window(half[0]) + 1):
            if step != 0 and 0 <= k + step < nz:
                added = np.float32(min(_square(float(-step), half), _FAR))
                for j in range(ny):
                    _keep_nearer(cost[k + step, j], added, k + step, best[k, j], feature[k, j])
    return best, feature


@njit(cache=True)
def _window(reach: float) -> int:
    return int(np.ceil(reach + _REACH)) if reach > 0 else 0


@njit(cache=True)
def _keep_nearer(cost: Singles, added: float, source: int, best: Singles, feature: Features) -> None:
    for i in range(len(best)):
        candidate = cost[i] + added
        if candidate < best[i]:
            best[i] = candidate
            feature[i] = source


@njit(cache=True)
def _blend(depth: Singles, z: float, y: float, x: float) -> float:
    """Trilinear depth at a point; the outermost voxels reach on for ever."""
    nz, ny, nx = depth.shape
    z = min(max(z, 0.0), nz - 1.0)
    y = min(max(y, 0.0), ny - 1.0)
    x = min(max(x, 0.0), nx - 1.0)
    k, j, i = min(int(z), max(nz - 2, 0)), min(int(y), max(ny - 2, 0)), min(int(x), max(nx - 2, 0))
    k1, j1, i1 = min(k + 1, nz - 1), min(j + 1, ny - 1), min(i + 1, nx - 1)
    z, y, x = z - k, y - j, x - i
    low = (1 - y) * ((1 - x) * depth[k, j, i] + x * depth[k, j, i1])
    low += y * ((1 - x) * depth[k, j1, i] + x * depth[k, j1, i1])
    high = (1 - y) * ((1 - x) * depth[k1, j, i] + x * depth[k1, j, i1])
    high += y * ((1 - x) * depth[k1, j1, i] + x * depth[k1, j1, i1])
    return (1 - z) * low + z * high


@njit(cache=True)
def _weights(t: float, weights: Floats) -> None:
    """Catmull-Rom weights of four neighbours: exact where depth curves like a parabola."""
    weights[0] = t * (-0.5 + t * (1.0 - 0.5 * t))
    weights[1] = 1.0 + t * t * (1.5 * t - 2.5)
    weights[2] = t * (0.5 + t * (2.0 - 1.5 * t))
    weights[3] = t * t * (0.5 * t - 0.5)


@njit(cache=True)
def _blend_smoothly(depth: Singles, point: Floats, weights: Floats) -> float:
    """Cubic depth at a point. Linear depth would be too small where the surface bulges."""
    nz, ny, nx = depth.shape
    k, j, i = int(np.floor(point[0])), int(np.floor(point[1])), int(np.floor(point[2]))
    _weights(point[0] - k, weights[0])
    _weights(point[1] - j, weights[1])
    _weights(point[2] - i, weights[2])
    total = 0.0
    for a in range(4):
        ka = min(max(k + a - 1, 0), nz - 1)
        for b in range(4):
            jb = min(max(j + b - 1, 0), ny - 1)
            share = weights[0, a] * weights[1, b]
            for c in range(4):
                ic = min(max(i + c - 1, 0), nx - 1)
                total += share * weights[2, c] * depth[ka, jb, ic]
    return total


@njit(cache=True)
def _touch(voxel: Floats, goal: Floats, half: Floats, beyond: float, point: Floats) -> bool:
    """Write to ``point`` where the ellipsoid around ``voxel`` ends on the way to ``goal``.

    Where the goal lies inside the ellipsoid, the way goes on for at most ``beyond`` voxels. False
    when the ellipsoid has no extent in that direction.
    """
    way = voxel - goal
    square = _square(way[0], half[0]) + _square(way[1], half[1]) + _square(way[2], half[2])
    if not square < 1e12:
        return False
    part = 1.0
    if square > 1.0:
        part = 1.0 / np.sqrt(square)
    elif beyond > 0.0 and square > 0.0:
        part = min(1.0 / np.sqrt(square), 1.0 + beyond / np.sqrt((way * way).sum()))
    point[:] = voxel - part * way
    return True


@njit(cache=True)
def _best_neighbour(depth: Singles, voxel: Floats, centre: Floats, half: Floats) -> float:
    """Greatest depth toward the 27 voxels around ``centre``, which moves to the best of them."""
    best = -1e9
    middle, goal, point = centre.copy(), np.empty(3), np.empty(3)
    for n in range(27):
        goal[0] = middle[0] + (n // 9 - 1)
        goal[1] = middle[1] + (n // 3 % 3 - 1)
        goal[2] = middle[2] + (n % 3 - 1)
        if not _touch(voxel, goal, half, 0.0, point):
            continue
        found = _blend(depth, point[0], point[1], point[2])
        if found > best:
            best = found
            centre[:] = goal
        if best >= FULL:
            return best
    return best


@njit(cache=True)
def _sideways(voxel: Floats, goal: Floats, across: Floats) -> None:
    """Two unit vectors, rows of ``across``, at right angles to the way from voxel to goal."""
    way = voxel - goal
    length = np.sqrt((way * way).sum())
    if length == 0.0:
        across[:] = 0.0
        return
    way /= length
    least = np.argmin(np.abs(way))
    first = -way[least] * way
    first[least] += 1.0
    first /= np.sqrt((first * first).sum())
    across[0] = first
    across[1, 0] = way[1] * first[2] - way[2] * first[1]
    across[1, 1] = way[2] * first[0] - way[0] * first[2]
    across[1, 2] = way[0] * first[1] - way[1] * first[0]


@njit(cache=True)
def _best_touch(depth: Singles, voxel: Floats, centre: Floats, half: Floats) -> float:
    """Greatest depth where the ellipsoid touches, sought sideways in ever smaller steps."""
    across, weights = np.empty((2, 3)), np.empty((3, 4))
    middle, goal, point, touched = np.empty(3), np.empty(3), np.empty(3), centre.copy()
    _sideways(voxel, centre, across)
    best, step = -1e9, 0.5
    for _ in range(_REFINEMENTS):
        middle[:] = centre
        for n in range(9):
            a, b = (n // 3 - 1) * step, (n % 3 - 1) * step
            for axis in range(3):
                goal[axis] = middle[axis] + a * across[0, axis] + b * across[1, axis]
            if not _touch(voxel, goal, half, _BEYOND, point):
                continue
            found = _blend(depth, point[0], point[1], point[2])
            if found > best:
                best = found
                centre[:] = goal
                touched[:] = point
        step /= 2
    return _blend_smoothly(depth, touched, weights)


@njit(cache=True)
def _out_of_reach(voxel: Floats, seed: Floats, half: Floats) -> bool:
    """Whether the ellipsoid misses everything within `_REACH` voxels of the seed."""
    square = 0.0
    for axis in range(3):
        step = voxel[axis] - seed[axis]
        side = half[axis, 1] if step > 0 else half[axis, 0]
        if side > 0:
            square += (max(abs(step) - _REACH, 0.0) / side) ** 2
    return square > 1.0


@njit(cache=True, parallel=True)
def dilate(depth: Singles, half: Floats) -> Singles:
    """The highest depth that the ellipsoid around each voxel reaches.

    Parameters
    ----------
    depth : (z, y, x) array, interpolated linearly between voxel centres
    half : (3, 2) array, half-axes in voxels

    Returns
    -------
    grown : array of the same shape
    """
    x_cost, x_feature = _seeds_along_x(depth, half[2])
    y_cost, y_feature = _nearest_along_y(x_cost, half[1])
    cost, z_feature = _nearest_along_z(y_cost, half[0])
    out = depth.copy()
    for k in prange(depth.shape[0]):
        voxel, seed = np.empty(3), np.empty(3)
        for j in range(depth.shape[1]):
            for i in range(depth.shape[2]):
                if depth[k, j, i] >= FULL or cost[k, j, i] >= _FAR:
                    continue
                z = z_feature[k, j, i]
                y = y_feature[z, j, i]
                x = x_feature[z, y, i]
                if cost[k, j, i] <= 1.0 and depth[z, y, x] >= FULL:
                    out[k, j, i] = FULL
                    continue
                voxel[0], voxel[1], voxel[2] = k, j, i
                seed[0], seed[1], seed[2] = z, y, x
                if _out_of_reach(voxel, seed, half):
                    continue
                best = _best_neighbour(depth, voxel, seed, half)
                if -1.0 < best < FULL:
                    best = max(best, _best_touch(depth, voxel, seed, half))
                out[k, j, i] = max(depth[k, j, i], best)
    return out
