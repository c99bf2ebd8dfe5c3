# mypy: allow-untyped-decorators, no-warn-return-any
"""Compiled loops that carry values from one grid of voxels to another."""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Singles = NDArray[np.float32]


@njit(cache=True, parallel=True)
def interpolate_separable(
    values: Singles, steps: Ints, lower: tuple[Ints, Ints, Ints], shares: tuple[Floats, ...]
) -> Singles:
    """Trilinear values where each target axis runs along one source axis.

    Parameters
    ----------
    values : flat source values
    steps : (3,) distance in ``values`` of the next voxel along target axis z, y, x
    lower : per target axis, offset in ``values`` of the lower neighbour
    shares : per target axis, weight of the upper neighbour; 0 where there is none
    """
    sizes = (len(lower[0]), len(lower[1]), len(lower[2]))
    out = np.empty(sizes, np.float32)
    for k in prange(sizes[0]):
        wz = shares[0][k]
        dz = steps[0] if wz > 0 else 0
        for j in range(sizes[1]):
            wy = shares[1][j]
            dy = steps[1] if wy > 0 else 0
            base = lower[0][k] + lower[1][j]
            w00, w01, w10, w11 = (1 - wz) * (1 - wy), (1 - wz) * wy, wz * (1 - wy), wz * wy
            for i in range(sizes[2]):
                wx = shares[2][i]
                a = base + lower[2][i]
                near = w00 * values[a] + w01 * values[a + dy]
                near += w10 * values[a + dz] + w11 * values[a + dz + dy]
                if wx > 0:
                    b = a + steps[2]
                    far = w00 * values[b] + w01 * values[b + dy]
                    far += w10 * values[b + dz] + w11 * values[b + dz + dy]
                    near += wx * (far - near)
                out[k, j, i] = near
    return out


@njit(cache=True)
def _neighbours(position: float, size: int) -> tuple[int, int, float]:
    """Lower and upper neighbour and the weight of the upper; lower is -1 outside the centres."""
    if position < -1e-6 or position > size - 1 + 1e-6:
        return -1, -1, 0.0
    lower = min(max(int(np.floor(position)), 0), size - 1)
    return lower, min(lower + 1, size - 1), min(max(position - lower, 0.0), 1.0)


@njit(cache=True, parallel=True)
def interpolate_oblique(
    values: Singles, matrix: Floats, offset: Floats, out: Singles, outside: float
) -> None:
    """Trilinear values of ``values`` (z, y, x) at ``matrix @ (z, y, x of out) + offset``."""
    nz, ny, nx = values.shape
    for k in prange(out.shape[0]):
        for j in range(out.shape[1]):
            for i in range(out.shape[2]):
                z = matrix[0, 0] * k + matrix[0, 1] * j + matrix[0, 2] * i + offset[0]
                y = matrix[1, 0] * k + matrix[1, 1] * j + matrix[1, 2] * i + offset[1]
                x = matrix[2, 0] * k + matrix[2, 1] * j + matrix[2, 2] * i + offset[2]
                z0, z1, wz = _neighbours(z, nz)
                y0, y1, wy = _neighbours(y, ny)
                x0, x1, wx = _neighbours(x, nx)
                if min(z0, y0, x0) < 0:
                    out[k, j, i] = outside
                    continue
                near = (1 - wx) * values[z0, y0, x0] + wx * values[z0, y0, x1]
                far = (1 - wx) * values[z0, y1, x0] + wx * values[z0, y1, x1]
                below = (1 - wy) * near + wy * far
                near = (1 - wx) * values[z1, y0, x0] + wx * values[z1, y0, x1]
                far = (1 - wx) * values[z1, y1, x0] + wx * values[z1, y1, x1]
                out[k, j, i] = (1 - wz) * below + wz * ((1 - wy) * near + wy * far)


@njit(cache=True, parallel=True)
def average_oblique(
    values: Singles, matrix: Floats, offset: Floats, out: Singles, points: Floats
) -> None:
    """Mean of the voxels of ``values`` in which the points of each target voxel lie.

    ``points`` is (points, 3): where they lie within a target voxel, (z, y, x) from -0.5 to 0.5.
    """
    nz, ny, nx = values.shape
    steps = points @ matrix.T
    for k in prange(out.shape[0]):
        for j in range(out.shape[1]):
            for i in range(out.shape[2]):
                z = matrix[0, 0] * k + matrix[0, 1] * j + matrix[0, 2] * i + offset[0] + 0.5
                y = matrix[1, 0] * k + matrix[1, 1] * j + matrix[1, 2] * i + offset[1] + 0.5
                x = matrix[2, 0] * k + matrix[2, 1] * j + matrix[2, 2] * i + offset[2] + 0.5
                total = 0.0
                for n in range(len(steps)):
                    z0 = int(np.floor(z + steps[n, 0]))
                    y0 = int(np.floor(y + steps[n, 1]))
                    x0 = int(np.floor(x + steps[n, 2]))
                    if 0 <= z0 < nz and 0 <= y0 < ny and 0 <= x0 < nx:
                        total += values[z0, y0, x0]
                out[k, j, i] = total / len(steps)
