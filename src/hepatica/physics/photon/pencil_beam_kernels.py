# mypy: allow-untyped-decorators, no-warn-return-any
"""Compiled loops that find where voxels lie in a beam and how much of it reaches them.

A *pair* is a voxel that a beam reaches. It keeps its place on the nodes of the beam's maps (two
numbers of 16 bits: node and part of the way to the next) and one factor per depth component. A
*run* is a row of neighbouring voxels that all are pairs: first voxel, first pair, length.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hepatica.physics.photon.depth_kernels import column_row_slice, moved

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Spots = NDArray[np.uint16]
Ints = NDArray[np.int64]
Runs = NDArray[np.int32]
Camera = tuple[Floats, float]
Axis = tuple[Ints, Ints, float, float, int]

COMPILED = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": True}


@njit(**COMPILED)
def extent(voxels: Ints, shape: tuple[int, int, int], camera: Camera, out: Floats) -> None:
    """Smallest and largest u, v and distance in front of the source.

    Parameters
    ----------
    voxels : (n,) flat indices
    shape : of their grid
    camera : (3, 4) matrix to (right, up, ahead) of the source in mm; source-axis distance in mm
    out : (6,) u low, u high, v low, v high, ahead low, ahead high; widened
    """
    to_camera, sad = camera
    for n in range(len(voxels)):
        i, j, k = column_row_slice(voxels[n], shape)
        right, up, ahead = moved(to_camera, i, j, k)
        out[4], out[5] = min(out[4], ahead), max(out[5], ahead)
        if ahead <= 0.0:
            continue
        u, v = sad * right / ahead, sad * up / ahead
        out[0], out[1] = min(out[0], u), max(out[1], u)
        out[2], out[3] = min(out[2], v), max(out[3], v)


@njit(**COMPILED)
def find_runs(
    voxels: Ints, shape: tuple[int, int, int], camera: Camera, window: Floats, runs: Runs
) -> tuple[int, int]:
    """Numbers of runs and of pairs among voxels; the runs are written if there is room.

    Parameters
    ----------
    window : (4,) u low, u high, v low, v high of the maps, mm
    runs : (m, 3) filled with first voxel, first pair, length; m = 0 only counts
    """
    to_camera, sad = camera
    found, pairs, inside_before = 0, 0, False
    for n in range(len(voxels)):
        i, j, k = column_row_slice(voxels[n], shape)
        right, up, ahead = moved(to_camera, i, j, k)
        u, v = sad * right / ahead, sad * up / ahead
        inside = window[0] <= u <= window[1] and window[2] <= v <= window[3]
        if inside:
            if not inside_before:
                if found < len(runs):
                    runs[found, 0], runs[found, 1], runs[found, 2] = n, pairs, 0
                found += 1
            if found <= len(runs):
                runs[found - 1, 2] += 1
            pairs += 1
        inside_before = inside
    return found, pairs


@njit(**COMPILED)
def _packed(place: float, axis: Axis) -> int:
    """Node and part of the way to the next, in 16 bits."""
    nodes, cells, first, step, bits = axis
    steps = (place - first) / step
    cell = cells[min(max(int(steps), 0), len(cells) - 1)]
    low = nodes[cell]
    part = (steps - low) / (nodes[cell + 1] - nodes[cell])
    whole = int(np.rint((cell + part) * (1 << bits)))
    return min(max(whole, 0), ((len(nodes) - 1) << bits) - 1)


@njit(**COMPILED)
def fill_pairs(
    voxels: Ints,
    view: tuple[tuple[int, int, int], Camera],
    runs: Runs,
    axes: tuple[Axis, Axis],
    spots: Spots,
    ways: Singles,
) -> None:
    """Places on the nodes, and distances from the source in mm, of all pairs."""
    shape, (to_camera, sad) = view
    for r in range(len(runs)):
        for n in range(runs[r, 2]):
            i, j, k = column_row_slice(voxels[runs[r, 0] + n], shape)
            right, up, ahead = moved(to_camera, i, j, k)
            pair = runs[r, 1] + n
            spots[pair, 0] = _packed(sad * right / ahead, axes[0])
            spots[pair, 1] = _packed(sad * up / ahead, axes[1])
            ways[pair] = np.sqrt(right * right + up * up + ahead * ahead)


@njit(**COMPILED)
def fill_factors(
    ways: Singles, depths: Singles, table: Singles, step: float, near: float, factors: Singles
) -> None:
    """Depth factors of all pairs times the inverse square of their distance.

    Parameters
    ----------
    ways, depths : (pairs,) distance from the source and water-equivalent depth, mm
    table : (n, K) factors at depths 0, step, 2 step ... mm
    near : (source-axis distance)^2 times the scale of the dose
    factors : (pairs, K) written
    """
    components = table.shape[1]
    for pair in range(len(ways)):
        place = depths[pair] / step
        low = min(int(place), len(table) - 2)
        part = np.float32(place - low)
        square = np.float32(near / (ways[pair] * ways[pair]))
        for c in range(components):
            value = table[low, c] + part * (table[low + 1, c] - table[low, c])
            factors[pair, c] = value * square


@njit(**COMPILED)
def fill_points(
    size: int, runs: Runs, factors: Singles, sharp_runs: Runs, centre: Singles, points: Singles
) -> None:
    """Factor of the point for the pairs in the field: the components' factors and centre weights.

    Parameters
    ----------
    size : voxels of the block
    runs, factors : of all pairs; (m, 3) and (pairs, K)
    sharp_runs : (n, 3) runs of the pairs in the field
    centre : (K,)
    points : (pairs in the field,) written
    """
    pair_of = np.zeros(size, np.int32)
    for r in range(len(runs)):
        for n in range(runs[r, 2]):
            pair_of[runs[r, 0] + n] = runs[r, 1] + n
    for r in range(len(sharp_runs)):
        for n in range(sharp_runs[r, 2]):
            pair = pair_of[sharp_runs[r, 0] + n]
            total = np.float32(0.0)
            for c in range(len(centre)):
                total += factors[pair, c] * centre[c]
            points[sharp_runs[r, 1] + n] = total
