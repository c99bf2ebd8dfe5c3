# mypy: allow-untyped-decorators, no-warn-return-any
"""Compiled walks through the voxels between the source and points in the patient."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]
Runs = NDArray[np.int32]
Point = tuple[float, float, float]
Marks = tuple[float, float, Singles]

COMPILED = {"cache": True, "nogil": True, "error_model": "numpy"}
_FAR = 1e300
# The index of a point moves by this where the border of empty voxels was put around the density.
_BORDER = 1.5


@njit(**COMPILED)
def _clipped(start: float, way: float, size: int, part: tuple[float, float]) -> tuple[float, float]:
    """The part of a way along one axis that lies within the density, without its border."""
    if way == 0.0:
        return part if 1.0 <= start < size - 1.0 else (1.0, 0.0)
    enter, leave = (1.0 - start) / way, (size - 1.0 - start) / way
    return max(part[0], min(enter, leave)), min(part[1], max(enter, leave))


@njit(**COMPILED)
def _first_wall(start: float, way: float, low: float, size: int) -> tuple[int, int, float, float]:
    """First voxel, step of its number, place of the next wall and distance between walls."""
    voxel = min(max(int(start + way * low), 1), size - 2)
    if way > 0.0:
        return voxel, 1, (voxel + 1 - start) / way, 1.0 / way
    if way < 0.0:
        return voxel, -1, (voxel - start) / way, -1.0 / way
    return voxel, 0, _FAR, _FAR


@njit(**COMPILED)
def walk(
    density: Singles, start: Point, stop: Point, threshold: float, marks: Marks
) -> tuple[float, float]:
    """Integral of the density along a straight way, and where it first exceeds a threshold.

    Parameters
    ----------
    density : (z, y, x) array with a border of one empty voxel on every side
    start, stop : (x, y, z) in voxels of the density without its border; whole numbers are centres
    threshold : float
    marks : first, step, sums
        The integral up to ``first``, ``first + step`` ... is written into ``sums``; in parts of
        the way.

    Returns
    -------
    integral : in units of the way's length
    surface : part of the way from the start at which the density first exceeds the threshold;
        above 1 where it never does

    Notes
    -----
    Exact for a density that is constant in each voxel: Siddon, Med Phys 12:252, 1985, in the
    incremental form of Amanatides and Woo, Eurographics 1987.
    """
    nz, ny, nx = density.shape
    x, y, z = start[0] + _BORDER, start[1] + _BORDER, start[2] + _BORDER
    dx, dy, dz = stop[0] - start[0], stop[1] - start[1], stop[2] - start[2]
    part = _clipped(x, dx, nx, _clipped(y, dy, ny, _clipped(z, dz, nz, (0.0, 1.0))))
    at, high = part
    first, gap, sums = marks
    noted, total, surface = 0, 0.0, 2.0
    if at < high:
        i, step_i, wall_i, gap_i = _first_wall(x, dx, at, nx)
        j, step_j, wall_j, gap_j = _first_wall(y, dy, at, ny)
        k, step_k, wall_k, gap_k = _first_wall(z, dz, at, nz)
        while at < high:
            here = density[k, j, i]
            if surface > 1.0 and here > threshold:
                surface = at
            wall = min(wall_i, wall_j, wall_k, high)
            while noted < len(sums) and first + noted * gap <= wall:
                sums[noted] = total + max(first + noted * gap - at, 0.0) * here
                noted += 1
            total += (wall - at) * here
            at = wall
            if wall == wall_i:
                i, wall_i = i + step_i, wall_i + gap_i
            elif wall == wall_j:
                j, wall_j = j + step_j, wall_j + gap_j
            else:
                k, wall_k = k + step_k, wall_k + gap_k
    sums[noted:] = total
    return total, surface


@njit(**COMPILED)
def moved(matrix: Floats, i: float, j: float, k: float) -> Point:
    """A (3, 4) affine matrix applied to (column, row, slice)."""
    return (
        matrix[0, 0] * i + matrix[0, 1] * j + matrix[0, 2] * k + matrix[0, 3],
        matrix[1, 0] * i + matrix[1, 1] * j + matrix[1, 2] * k + matrix[1, 3],
        matrix[2, 0] * i + matrix[2, 1] * j + matrix[2, 2] * k + matrix[2, 3],
    )


@njit(**COMPILED)
def column_row_slice(voxel: int, shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """A flat index in C order taken apart."""
    plane = shape[1] * shape[2]
    k = voxel // plane
    rest = voxel - k * plane
    j = rest // shape[2]
    return rest - j * shape[2], j, k


@njit(**COMPILED)
def exact_depths(
    voxels: Ints,
    shape: tuple[int, int, int],
    density: Singles,
    path: tuple[Floats, Floats],
    runs: Runs,
    depths: Singles,
) -> None:
    """Water-equivalent depth of all pairs, mm, voxel by voxel.

    Parameters
    ----------
    density : with a border of one empty voxel
    path : (3, 4) matrix from the voxels' grid to the density's; the source in voxels of the density
    runs : (m, 3) first voxel, first pair, length
    depths : (pairs,) distance from the source in mm on entry, depth on return
    """
    to_density, source = path
    end = (source[0], source[1], source[2])
    marks = (0.0, 1.0, np.empty(0, np.float32))
    for r in range(len(runs)):
        for n in range(runs[r, 2]):
            i, j, k = column_row_slice(voxels[runs[r, 0] + n], shape)
            integral, _ = walk(density, moved(to_density, i, j, k), end, _FAR, marks)
            depths[runs[r, 1] + n] *= integral


@njit(**COMPILED)
def fill_fan(
    density: Singles, source: Floats, ends: Floats, marks: tuple[float, float], fan: Singles
) -> None:
    """Water-equivalent depth along a row of rays, in parts of each ray's length.

    Parameters
    ----------
    density : with a border of one empty voxel
    source : (3,) in voxels of the density
    ends : (rays, 3) where the rays end, in voxels of the density
    marks : first mark and step, in parts of a ray
    fan : (rays, marks) written
    """
    start = (source[0], source[1], source[2])
    for n in range(len(ends)):
        stop = (ends[n, 0], ends[n, 1], ends[n, 2])
        walk(density, start, stop, _FAR, (marks[0], marks[1], fan[n]))


@njit(**COMPILED)
def fan_depths(
    voxels: Ints,
    shape: tuple[int, int, int],
    camera: tuple[Floats, float],
    fan: tuple[Singles, Floats],
    runs: Runs,
    depths: Singles,
) -> None:
    """Water-equivalent depth of all pairs, mm, between the rays and marks of a fan.

    Parameters
    ----------
    camera : (3, 4) matrix to (right, up, ahead) of the source in mm; source-axis distance in mm
    fan : (rays along v, rays along u, marks) depths per mm ahead of the source; the places of the
        first ray and mark and the steps between them: u, v, ahead, step u, step v, step ahead, mm
    depths : (pairs,) written
    """
    to_camera, sad = camera
    table, lattice = fan
    last_v, last_u, last_a = table.shape[0] - 2, table.shape[1] - 2, table.shape[2] - 2
    for r in range(len(runs)):
        for n in range(runs[r, 2]):
            i, j, k = column_row_slice(voxels[runs[r, 0] + n], shape)
            right, up, ahead = moved(to_camera, i, j, k)
            u = (sad * right / ahead - lattice[0]) / lattice[3]
            v = (sad * up / ahead - lattice[1]) / lattice[4]
            a = (ahead - lattice[2]) / lattice[5]
            iu = min(max(int(u), 0), last_u)
            iv = min(max(int(v), 0), last_v)
            ia = min(max(int(a), 0), last_a)
            u, v, a = u - iu, v - iv, a - ia
            low = (1 - u) * _between(table[iv, iu], ia, a) + u * _between(table[iv, iu + 1], ia, a)
            above = table[iv + 1]
            high = (1 - u) * _between(above[iu], ia, a) + u * _between(above[iu + 1], ia, a)
            depths[runs[r, 1] + n] = (1 - v) * low + v * high


@njit(**COMPILED)
def _between(line: Singles, place: int, part: float) -> float:
    return line[place] + part * (line[place + 1] - line[place])
