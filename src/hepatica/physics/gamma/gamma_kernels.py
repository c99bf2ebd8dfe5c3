# mypy: allow-untyped-decorators, no-warn-return-any
"""Compiled search for the evaluated point that agrees best with each reference point."""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Singles = NDArray[np.float32]

# Reference points along a row that are searched together.
_BLOCK = 32
_WHOLE = 1e-6


@njit(cache=True)
def _cell(position: float, size: int) -> tuple[int, float]:
    """Lower neighbour and weight of the upper one; -1 beyond the outermost voxel centres."""
    nearest = np.rint(position)
    if abs(position - nearest) < _WHOLE:
        position = nearest
    if position < 0.0 or position > size - 1:
        return -1, 0.0
    lower = int(position)
    return lower, position - lower


@njit(cache=True, fastmath=True)
def _parallel_row(evaluated: Singles, at: Floats, count: int, doses: Singles) -> tuple[int, int]:
    """Doses of a row whose points have all the same place within a voxel; the part that exists."""
    nz, ny, nx = evaluated.shape
    z, wz = _cell(at[0], nz)
    y, wy = _cell(at[1], ny)
    if z < 0 or y < 0:
        return 0, 0
    start = np.rint(at[2]) if abs(at[2] - np.rint(at[2])) < _WHOLE else np.floor(at[2])
    x, wx = int(start), np.float32(max(at[2] - start, 0.0))
    wide = 1 if wx > _WHOLE else 0
    low, high = max(0, -x), min(count, nx - x - wide)
    if low >= high:
        return 0, 0
    y1, z1 = min(y + 1, ny - 1), min(z + 1, nz - 1)
    a, b = evaluated[z, y, x + low :], evaluated[z, y1, x + low :]
    c, d = evaluated[z1, y, x + low :], evaluated[z1, y1, x + low :]
    wa, wb = np.float32((1 - wz) * (1 - wy)), np.float32((1 - wz) * wy)
    wc, wd = np.float32(wz * (1 - wy)), np.float32(wz * wy)
    near = np.float32(1.0) - wx
    for i in range(high - low):
        here = wa * a[i] + wb * b[i] + wc * c[i] + wd * d[i]
        n = i + wide
        beside = wa * a[n] + wb * b[n] + wc * c[n] + wd * d[n]
        doses[low + i] = near * here + wx * beside
    return low, high


@njit(cache=True)
def _any_row(
    evaluated: Singles, at: Floats, along: Floats, count: int, doses: Singles, known: Singles
) -> None:
    """Doses of a row that runs at any angle and spacing; ``known`` is 0 where there is none."""
    nz, ny, nx = evaluated.shape
    for i in range(count):
        z, wz = _cell(at[0] + i * along[0], nz)
        y, wy = _cell(at[1] + i * along[1], ny)
        x, wx = _cell(at[2] + i * along[2], nx)
        known[i] = 0.0 if min(z, y, x) < 0 else 1.0
        if known[i] == 0.0:
            continue
        z1, y1, x1 = min(z + 1, nz - 1), min(y + 1, ny - 1), min(x + 1, nx - 1)
        low = (1 - wx) * evaluated[z, y, x] + wx * evaluated[z, y, x1]
        low = (1 - wy) * low + wy * ((1 - wx) * evaluated[z, y1, x] + wx * evaluated[z, y1, x1])
        high = (1 - wx) * evaluated[z1, y, x] + wx * evaluated[z1, y, x1]
        high = (1 - wy) * high + wy * ((1 - wx) * evaluated[z1, y1, x] + wx * evaluated[z1, y1, x1])
        doses[i] = (1 - wz) * low + wz * high


@njit(cache=True, fastmath=True)
def _keep_least(
    best: Singles, doses: Singles, wanted: Singles, weight: Singles, square: float, part: Ints
) -> None:
    away = np.float32(square)
    for i in range(part[0], part[1]):
        error = (doses[i] - wanted[i]) * weight[i]
        best[i] = min(best[i], error * error + away)


@njit(cache=True)
def _greatest(values: Singles, count: int) -> float:
    greatest = values[0]
    for i in range(1, count):
        greatest = max(greatest, values[i])
    return greatest


@njit(cache=True)
def _search_block(
    wanted: Singles,
    weight: Singles,
    evaluated: Singles,
    place: tuple[Floats, Floats, bool],
    search: tuple[Floats, Floats, Ints],
    best: Singles,
) -> None:
    """Lower ``best`` for a block of neighbouring points, group by group of equal distance."""
    origin, along, parallel = place
    steps, squares, ends = search
    count = len(wanted)
    doses, known = np.zeros(_BLOCK, np.float32), np.zeros(_BLOCK, np.float32)
    at, part = np.empty(3), np.zeros(2, np.int64)
    begin = 0
    for end in ends:
        if squares[begin] >= _greatest(best, count):
            return
        for n in range(begin, end):
            for axis in range(3):
                at[axis] = origin[axis] + steps[n, axis]
            if parallel:
                part[0], part[1] = _parallel_row(evaluated, at, count, doses)
                _keep_least(best, doses, wanted, weight, squares[n], part)
                continue
            _any_row(evaluated, at, along, count, doses, known)
            for i in range(count):
                if known[i] > 0:
                    part[0], part[1] = i, i + 1
                    _keep_least(best, doses, wanted, weight, squares[n], part)
        begin = end


@njit(cache=True)
def _search_slice(
    compared: tuple[Singles, Singles],
    evaluated: Singles,
    place: tuple[Floats, Floats, Floats, bool],
    search: tuple[Floats, Floats, Ints],
    limit: float,
    out: Singles,
) -> None:
    wanted, weights = compared
    start, down, along, parallel = place
    ny, nx = wanted.shape
    best, origin = np.empty(_BLOCK, np.float32), np.empty(3)
    for j in range(ny):
        for first in range(0, nx, _BLOCK):
            last = min(first + _BLOCK, nx)
            for axis in range(3):
                origin[axis] = start[axis] + down[axis] * j + along[axis] * first
            for i in range(first, last):
                best[i - first] = limit if weights[j, i] > 0 else 0.0
            line, weight = wanted[j, first:last], weights[j, first:last]
            _search_block(line, weight, evaluated, (origin, along, parallel), search, best)
            for i in range(first, last):
                out[j, i] = best[i - first]


@njit(cache=True, parallel=True)
def least_squares(
    reference: Singles,
    weights: Singles,
    evaluated: Singles,
    place: tuple[Floats, Floats, bool],
    search: tuple[Floats, Floats, Ints],
    limit: float,
) -> Singles:
    """Smallest squared gamma of every reference point, at most ``limit``.

    Parameters
    ----------
    reference : (z, y, x) array, Gy
    weights : array like ``reference``, 1 / Gy
        One over the dose tolerance; 0 where no gamma is wanted.
    evaluated : (z, y, x) array, Gy
    place : starts (slices, 3), steps (2, 3), parallel
        Index of ``evaluated`` at the first voxel of each reference slice; its change from row to
        row and from column to column; whether both lattices have the same axes and spacing.
    search : steps (n, 3) in indices of ``evaluated``, their squared lengths (n,) in units of the
        distance tolerance, ascending, and where each group of equal lengths ends
    limit : float
        Squared gamma at which the search ends.
    """
    out = np.empty(reference.shape, np.float32)
    starts, steps, parallel = place
    down, along = steps[0], steps[1]
    for k in prange(reference.shape[0]):
        slice_place = (starts[k], down, along, parallel)
        _search_slice((reference[k], weights[k]), evaluated, slice_place, search, limit, out[k])
    return out
