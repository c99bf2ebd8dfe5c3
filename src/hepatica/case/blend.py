"""Fills the room between drawn planes with a surface that bends from each outline to the next."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Corners closer than this, in pixels, are one: both walks along a keyhole's bridge end in them.
_SAME_CORNER = 1e-4


def boundaries(edges: Floats, edge_starts: Ints) -> tuple[Floats, Ints]:
    """The sides that part inside from outside: one walked twice, as a keyhole's bridge, does not.

    Parameters
    ----------
    edges : (edges, 4) array of x0, y0, x1, y1 in index units
    edge_starts : (planes + 1,) array, where the edges of each plane begin

    Returns
    -------
    edges, edge_starts : the same without sides that occur an even number of times in their plane
    """
    kept = [_odd(edges[a:b]) for a, b in pairwise(edge_starts)]
    return (
        np.concatenate([*kept, np.zeros((0, 4))]),
        np.cumsum([0, *(len(part) for part in kept)]),
    )


def _odd(edges: Floats) -> Floats:
    corners = np.rint(edges / _SAME_CORNER).astype(np.int64).reshape(-1, 2, 2)
    backward = (corners[:, 0, 0] > corners[:, 1, 0]) | (
        (corners[:, 0, 0] == corners[:, 1, 0]) & (corners[:, 0, 1] > corners[:, 1, 1])
    )
    corners[backward] = corners[backward][:, ::-1]
    _, first, count = np.unique(
        corners.reshape(-1, 4), axis=0, return_index=True, return_counts=True
    )
    return np.asarray(edges[np.sort(first[count % 2 == 1])])


def fill_blended(
    outlines: tuple[Floats, Ints],
    position: Floats,
    bounds: Floats,
    box: tuple[Ints, Ints],
    pixel_mm: tuple[float, float],
    per_row: int,
) -> Floats:
    """Coverage of the blended solid.

    Parameters
    ----------
    outlines : edges and edge_starts, as of `boundaries`
    position : (planes,) array, slice index of each plane
    bounds : (planes, 2) array, slice index at which its slab begins and ends
        Where two slabs touch, their planes are joined; elsewhere they are caps.
    box : start and stop, (3,) arrays (z, y, x) of voxels
    pixel_mm : width and height of a pixel
    per_row : scan lines per row of voxels for the caps

    Returns
    -------
    values : (slices, rows, columns) array, 0 to 1
    """
    from hepatica.case.blend_kernels import blend_pair
    from hepatica.case.rasterise_kernels import fill_planes, settle

    edges, edge_starts = outlines
    parts = [edges[a:b] for a, b in pairwise(edge_starts)]
    start, stop = box
    values = np.zeros(stop - start)
    joined = bounds[1:, 0] - bounds[:-1, 1] < 1e-6
    for p in np.flatnonzero(joined).tolist():
        heights = (float(position[p]), float(position[p + 1]))
        blend_pair(parts[p], parts[p + 1], heights, pixel_mm, start, values)
    for p, part in enumerate(parts):
        low = position[p] if p and joined[p - 1] else bounds[p, 0]
        high = position[p] if p < len(joined) and joined[p] else bounds[p, 1]
        if high > low:
            ends = np.array([[low, high]])
            fill_planes(part, np.array([0, len(part)]), ends, start, per_row, values)
    settle(values)
    return values
