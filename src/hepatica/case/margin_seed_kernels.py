# mypy: allow-untyped-decorators, no-warn-return-any
"""Compiled loops that find the voxel of a structure nearest to every voxel around it.

Everything is in voxels. The ellipsoid that measures distance is given by the reciprocals of its
half-axes, ``inverse[axis, side]``, along array axis (z, y, x) in the falling (0) or rising (1)
direction of the index. Squared distances separate into axes, one after the other: Felzenszwalb and
Huttenlocher, Theory of Computing 8 (2012) 415.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Features = NDArray[np.int16]
Point = tuple[float, float, float]

# A voxel is full, or empty, when the surface is half a voxel or more away.
FULL = 0.5
# How many voxels from the nearest seed, which lies inside, the surface of the result can be felt.
REACH = 1.75
FAR = np.float32(1e12)
# Reciprocal of a half-axis that is zero; finite, because the loops are compiled for finite numbers.
STEEPEST = 1e9
COMPILED = {"cache": True, "nogil": True, "fastmath": True, "error_model": "numpy"}


@njit(**COMPILED)
def square(step: float, falling: float, rising: float) -> float:
    """Squared length of a step along one axis, in half-axes; from the half-axes' reciprocals."""
    if step == 0.0:
        return 0.0
    share = step * (rising if step > 0 else falling)
    return share * share


@njit(**COMPILED)
def squared_gauge(way: Point, inverse: Floats) -> float:
    """Squared length of a way in half-axes: 1 on the surface of the ellipsoid."""
    return (
        square(way[0], inverse[0, 0], inverse[0, 1])
        + square(way[1], inverse[1, 0], inverse[1, 1])
        + square(way[2], inverse[2, 0], inverse[2, 1])
    )


@njit(**COMPILED)
def _is_ridge(depth: Singles, k: int, j: int, i: int) -> bool:
    """Just outside, but no shallower than its neighbours along two of the axes."""
    c = depth[k, j, i]
    nz, ny, nx = depth.shape
    ridges = 0
    if (k == 0 or c >= depth[k - 1, j, i]) and (k == nz - 1 or c >= depth[k + 1, j, i]):
        ridges += 1
    if (j == 0 or c >= depth[k, j - 1, i]) and (j == ny - 1 or c >= depth[k, j + 1, i]):
        ridges += 1
    if (i == 0 or c >= depth[k, j, i - 1]) and (i == nx - 1 or c >= depth[k, j, i + 1]):
        ridges += 1
    return ridges >= 2


@njit(**COMPILED)
def _squares(size: int, slope: float) -> Singles:
    """Squared lengths, in half-axes, of 0, 1, 2 ... voxels along an axis."""
    squares = np.zeros(size, np.float32)
    for n in range(1, size):
        squares[n] = min(np.float32((n * slope) ** 2), FAR)
    return squares


@njit(**COMPILED)
def _seeds_along_x(
    depth: Singles, k: int, inverse: Floats, cost: Singles, feature: Features
) -> None:
    """Squared distance to, and x of, the nearest seed in the same line of voxels of slice ``k``."""
    ny, nx = cost.shape
    rising, falling = _squares(nx, inverse[2, 1]), _squares(nx, inverse[2, 0])
    for j in range(ny):
        last = -1
        for i in range(nx):
            cost[j, i] = FAR
            c = depth[k, j, i]
            if c >= 0.0 or (c > -FULL and _is_ridge(depth, k, j, i)):
                last = i
            if last >= 0:
                cost[j, i] = rising[i - last]
                feature[k, j, i] = last
        last = -1
        for i in range(nx - 1, -1, -1):
            if cost[j, i] == 0.0:
                last = i
            elif last >= 0 and falling[last - i] < cost[j, i]:
                cost[j, i] = falling[last - i]
                feature[k, j, i] = last


@njit(**COMPILED)
def _window(inverse: float) -> int:
    """How many voxels away a seed can matter."""
    return int(np.ceil(1.0 / inverse + REACH)) if inverse < STEEPEST else 0


@njit(**COMPILED)
def _nearest_along_y(
    line_cost: Singles, k: int, inverse: Floats, cost: Singles, feature: Features
) -> None:
    """The same in the whole slice ``k``, from the distances in each of its lines."""
    ny, nx = line_cost.shape
    for j in range(ny):
        for i in range(nx):
            cost[k, j, i] = line_cost[j, i]
            feature[k, j, i] = j
        for step in range(-_window(inverse[1, 1]), _window(inverse[1, 0]) + 1):
            if step == 0 or j + step < 0 or j + step >= ny:
                continue
            added = np.float32(min(square(float(-step), inverse[1, 0], inverse[1, 1]), FAR))
            source = np.int16(j + step)
            for i in range(nx):
                candidate = line_cost[j + step, i] + added
                nearer = candidate < cost[k, j, i]
                cost[k, j, i] = candidate if nearer else cost[k, j, i]
                feature[k, j, i] = source if nearer else feature[k, j, i]


@njit(**COMPILED)
def nearest_along_z(
    slice_cost: Singles, k: int, inverse: Floats, cost: Singles, feature: Features
) -> None:
    """The same in the whole volume, for slice ``k``, from the distances in each slice."""
    nz, ny, nx = slice_cost.shape
    for j in range(ny):
        for i in range(nx):
            cost[j, i] = slice_cost[k, j, i]
            feature[j, i] = k
    for step in range(-_window(inverse[0, 1]), _window(inverse[0, 0]) + 1):
        if step == 0 or k + step < 0 or k + step >= nz:
            continue
        added = np.float32(min(square(float(-step), inverse[0, 0], inverse[0, 1]), FAR))
        source = np.int16(k + step)
        for j in range(ny):
            for i in range(nx):
                candidate = slice_cost[k + step, j, i] + added
                nearer = candidate < cost[j, i]
                cost[j, i] = candidate if nearer else cost[j, i]
                feature[j, i] = source if nearer else feature[j, i]


@njit(**COMPILED)
def nearest_in_slice(
    depth: Singles, k: int, inverse: Floats, nearest: tuple[Singles, Features, Features]
) -> None:
    """Nearest seeds within slice ``k``: squared distances, and the y and x at which they lie."""
    cost, y_feature, x_feature = nearest
    line_cost = np.empty((depth.shape[1], depth.shape[2]), np.float32)
    _seeds_along_x(depth, k, inverse, line_cost, x_feature)
    _nearest_along_y(line_cost, k, inverse, cost, y_feature)
