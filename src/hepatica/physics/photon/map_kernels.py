# mypy: allow-untyped-decorators, no-warn-return-any
"""Compiled loops between a beam's maps and the voxels: dose by lookup, and the transpose.

The tail's map is kept as cells of four numbers per component (see ``four_lanes``), the sharp one as
coefficients of a cubic spline.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hepatica.physics.photon.four_lanes import (
    add_to_spline,
    add_to_surface,
    spline_value,
    surface_value,
)

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Spots = NDArray[np.uint16]
Runs = NDArray[np.int32]
Pairs = tuple[Runs, Spots, Singles]
Bits = tuple[int, int]

COMPILED = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": True}

# Pairs whose places are worked out together before their dose is: the first of the two loops then
# runs on vectors.
_BATCH = 256


@njit(**COMPILED)
def cells_of(plane: Singles, component: int, cells: Singles) -> None:
    """Write one component's nodes (V, U) into the cells (V - 1, U - 1, K, 4)."""
    for j in range(cells.shape[0]):
        for i in range(cells.shape[1]):
            here, right = plane[j, i], plane[j, i + 1]
            above, across = plane[j + 1, i], plane[j + 1, i + 1]
            cell = cells[j, i, component]
            cell[0], cell[1], cell[2] = here, right - here, above - here
            cell[3] = across - right - above + here


@njit(**COMPILED)
def nodes_of(cells: Singles, component: int, plane: Singles) -> None:
    """The transpose of ``cells_of``: add one component's cells to nodes (V, U)."""
    for j in range(cells.shape[0]):
        for i in range(cells.shape[1]):
            cell = cells[j, i, component]
            plane[j, i] += cell[0] - cell[1] - cell[2] + cell[3]
            plane[j, i + 1] += cell[1] - cell[3]
            plane[j + 1, i] += cell[2] - cell[3]
            plane[j + 1, i + 1] += cell[3]


@njit(**COMPILED)
def _place(
    spots: Spots, pair: int, bits: Bits, width: int
) -> tuple[np.int64, np.float32, np.float32]:
    """Cell of a spot, in rows of ``width``, and its parts of the cell along u and v."""
    x, y = np.int32(spots[pair, 0]), np.int32(spots[pair, 1])
    mask_u, mask_v = np.int32((1 << bits[0]) - 1), np.int32((1 << bits[1]) - 1)
    a = np.float32(x & mask_u) * np.float32(1.0 / (1 << bits[0]))
    b = np.float32(y & mask_v) * np.float32(1.0 / (1 << bits[1]))
    return np.int64(y >> bits[1]) * width + np.int64(x >> bits[0]), a, b


@njit(**COMPILED)
def gather_tail(
    dose: Floats, pairs: Pairs, cells: Singles, width: int, bits: Bits, components: tuple[int, ...]
) -> None:
    """Add a beam's scattered dose to voxels.

    Parameters
    ----------
    dose : (voxels,) added to
    pairs : runs, spots, factors (pairs * K,)
    cells : flat; rows of ``width`` cells of K times four numbers
    bits : of the part of a cell in the spots, along u and v
    components : a tuple of K numbers; its length is what counts
    """
    runs, spots, factors = pairs
    count = len(components)
    cell = np.empty(_BATCH, np.int64)
    a, b = np.empty(_BATCH, np.float32), np.empty(_BATCH, np.float32)
    for r in range(len(runs)):
        voxel, pair, left = int(runs[r, 0]), int(runs[r, 1]), int(runs[r, 2])
        while left > 0:
            size = min(left, _BATCH)
            some, places = dose[voxel : voxel + size], spots[pair : pair + size]
            for n in range(size):
                cell[n], a[n], b[n] = _place(places, n, bits, width)
            for n in range(size):
                first = (pair + n) * count
                at = (cell[n] * (4 * count), first, a[n], b[n])
                some[n] += surface_value(cells, factors, at, components)
            voxel, pair, left = voxel + size, pair + size, left - size


@njit(**COMPILED)
def scatter_tail(
    values: Floats,
    pairs: Pairs,
    cells: Singles,
    width: int,
    bits: Bits,
    components: tuple[int, ...],
) -> None:
    """The transpose of ``gather_tail``: add voxels' values to the cells."""
    runs, spots, factors = pairs
    count = len(components)
    for r in range(len(runs)):
        voxel, pair, size = int(runs[r, 0]), int(runs[r, 1]), int(runs[r, 2])
        some, places = values[voxel : voxel + size], spots[pair : pair + size]
        for n in range(size):
            cell, a, b = _place(places, n, bits, width)
            at = (cell * (4 * count), (pair + n) * count, a, b)
            add_to_surface(cells, factors, at, np.float32(some[n]), components)


@njit(**COMPILED)
def gather_sharp(dose: Floats, pairs: Pairs, nodes: Singles, width: int, bits: Bits) -> None:
    """Add a beam's unscattered dose to voxels in the field; nodes are flat, in rows of a width."""
    runs, spots, factors = pairs
    row = np.int64(width)
    for r in range(len(runs)):
        voxel, pair, size = int(runs[r, 0]), int(runs[r, 1]), int(runs[r, 2])
        some, places = dose[voxel : voxel + size], spots[pair : pair + size]
        parts = factors[pair : pair + size]
        for n in range(size):
            node, a, b = _place(places, n, bits, width)
            some[n] += parts[n] * spline_value(nodes, (node, row, a, b))


@njit(**COMPILED)
def scatter_sharp(values: Floats, pairs: Pairs, nodes: Singles, width: int, bits: Bits) -> None:
    """The transpose of ``gather_sharp``: add voxels' values to the nodes."""
    runs, spots, factors = pairs
    row = np.int64(width)
    for r in range(len(runs)):
        voxel, pair, size = int(runs[r, 0]), int(runs[r, 1]), int(runs[r, 2])
        some, places = values[voxel : voxel + size], spots[pair : pair + size]
        parts = factors[pair : pair + size]
        for n in range(size):
            node, a, b = _place(places, n, bits, width)
            add_to_spline(nodes, (node, row, a, b), np.float32(some[n]) * parts[n])
