# mypy: allow-untyped-decorators, no-warn-return-any
"""Compiled loops that fill outlines: crossings of scan lines with edges, summed per voxel."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@njit(cache=True)
def crossings(edges: Floats, first_line: int, lines: int, per_row: int) -> tuple[Ints, Floats]:
    """x where each scan line meets the edges, as one flat list with the start of each line.

    Line ``n`` lies at ``y = (first_line + n + 0.5) / per_row - 0.5``. An edge owns its lower end
    and not its upper one, so a line through a corner meets the outline an even number of times.
    """
    starts = np.zeros(lines + 1, np.int64)
    spans = np.empty((len(edges), 2), np.int64)
    for e in range(len(edges)):
        low, high = min(edges[e, 1], edges[e, 3]), max(edges[e, 1], edges[e, 3])
        a = max(0, int(np.ceil((low + 0.5) * per_row - 0.5)) - first_line)
        b = min(lines, int(np.ceil((high + 0.5) * per_row - 0.5)) - first_line)
        spans[e, 0], spans[e, 1] = a, b
        for n in range(a, b):
            starts[n + 1] += 1
    for n in range(lines):
        starts[n + 1] += starts[n]
    fill = starts[:-1].copy()
    xs = np.empty(starts[-1])
    for e in range(len(edges)):
        x0, y0, x1, y1 = edges[e]
        for n in range(spans[e, 0], spans[e, 1]):
            y = (first_line + n + 0.5) / per_row - 0.5
            xs[fill[n]] = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
            fill[n] += 1
    return starts, xs


@njit(cache=True)
def sort_short(xs: Floats, low: int, high: int) -> None:
    """Sort ``xs[low:high]`` in place; quick for a few values."""
    for i in range(low + 1, high):
        value = xs[i]
        j = i - 1
        while j >= low and xs[j] > value:
            xs[j + 1] = xs[j]
            j -= 1
        xs[j + 1] = value


@njit(cache=True)
def step(row: Floats, x: float, sign: float) -> None:
    """Add to ``row`` the differences of a step that begins at ``x`` (voxel i spans i to i + 1)."""
    last = len(row) - 2
    x = min(max(x, 0.0), float(last))
    i = int(x)
    row[i] += sign * (1.0 - (x - i))
    row[i + 1] += sign * (x - i)


@njit(cache=True)
def fill_plane(edges: Floats, first_row: int, first_column: int, per_row: int, out: Floats) -> None:
    """Even-odd coverage of one plane into ``out`` (rows, columns), which is overwritten."""
    rows, columns = out.shape
    starts, xs = crossings(edges, first_row * per_row, rows * per_row, per_row)
    shift = 0.5 - first_column
    differences = np.empty(columns + 2)
    for r in range(rows):
        out[r] = 0.0
        if starts[r * per_row] == starts[(r + 1) * per_row]:
            continue
        differences[:] = 0.0
        for n in range(r * per_row, (r + 1) * per_row):
            sort_short(xs, starts[n], starts[n + 1])
            for k in range(starts[n], starts[n + 1] - 1, 2):
                step(differences, xs[k] + shift, 1.0)
                step(differences, xs[k + 1] + shift, -1.0)
        total = 0.0
        for c in range(columns):
            total += differences[c]
            out[r, c] = total / per_row


@njit(cache=True)
def fill_planes(
    edges: Floats,
    edge_starts: Ints,
    bounds: Floats,
    start: Ints,
    per_row: int,
    out: Floats,
) -> None:
    """Add every plane to the slices that its slab reaches.

    Parameters
    ----------
    edges : (edges, 4) array of x0, y0, x1, y1 in index units
    edge_starts : (planes + 1,) array, where the edges of each plane begin
    bounds : (planes, 2) array, lower and upper slice index of each slab (slice k spans k +- 0.5)
    start : (3,) array, index (z, y, x) of the first voxel of ``out``
    per_row : int, scan lines per row of voxels
    out : (slices, rows, columns) array of zeros, filled with 0 to 1
    """
    plane = np.empty(out.shape[1:])
    for p in range(len(bounds)):
        low, high = bounds[p, 0] + 0.5 - start[0], bounds[p, 1] + 0.5 - start[0]
        first, last = max(0, int(np.floor(low))), min(out.shape[0], int(np.ceil(high)))
        if first >= last or edge_starts[p] == edge_starts[p + 1]:
            continue
        fill_plane(edges[edge_starts[p] : edge_starts[p + 1]], start[1], start[2], per_row, plane)
        for k in range(first, last):
            share = min(high, k + 1.0) - max(low, float(k))
            if share > 1e-9:
                add_plane(plane, share, out[k])
    settle(out)


@njit(cache=True)
def add_plane(plane: Floats, share: float, into: Floats) -> None:
    """Add a share of a plane to a slice."""
    for r in range(plane.shape[0]):
        for c in range(plane.shape[1]):
            into[r, c] += share * plane[r, c]


@njit(cache=True)
def settle(out: Floats) -> None:
    """Rounding residue must not turn an untouched voxel into a touched one."""
    values = out.ravel()
    for i in range(len(values)):
        if values[i] < 1e-6:
            values[i] = 0.0
        elif values[i] > 1.0 - 1e-6:
            values[i] = 1.0


@njit(cache=True)
def _width(edges: Floats, active: Ints, y: float, xs: Floats) -> float:
    """Length of the line at ``y`` that lies inside, by the even-odd rule."""
    count = len(active)
    for k in range(count):
        x0, y0, x1, y1 = edges[active[k]]
        xs[k] = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
    sort_short(xs, 0, count)
    width = 0.0
    for k in range(0, count - 1, 2):
        width += xs[k + 1] - xs[k]
    return width


@njit(cache=True)
def _cross_within(edges: Floats, active: Ints, low: float, high: float) -> bool:
    """Whether two of the active edges change places between the heights ``low`` and ``high``.

    Sorts ``active`` by x at the lower height, and by x at the upper one where those are equal.
    """
    count = len(active)
    bottom, top = np.empty(count), np.empty(count)
    for k in range(count):
        edge = active[k]
        x0, y0, x1, y1 = edges[edge]
        below = x0 + (low - y0) * (x1 - x0) / (y1 - y0)
        above = x0 + (high - y0) * (x1 - x0) / (y1 - y0)
        n = k
        while n > 0 and (bottom[n - 1] > below or (bottom[n - 1] == below and top[n - 1] > above)):
            bottom[n], top[n], active[n] = bottom[n - 1], top[n - 1], active[n - 1]
            n -= 1
        bottom[n], top[n], active[n] = below, above, edge
    crossed = False
    for k in range(1, count):
        crossed |= top[k] < top[k - 1]
    return crossed


@njit(cache=True)
def even_odd_area(edges: Floats, heights: Floats) -> float:
    """Area enclosed an odd number of times, in squared index units.

    Between the heights of two neighbouring corners the inside width is linear in height, so the
    width half-way is exact. Strips in which edges cross are cut into 64.

    Parameters
    ----------
    edges : (edges, 4) array of x0, y0, x1, y1, sorted by their lower end
    heights : the different values of y0, ascending
    """
    active = np.empty(len(edges), np.int64)
    xs = np.empty(len(edges))
    count, following, area = 0, 0, 0.0
    for s in range(len(heights) - 1):
        low, high = heights[s], heights[s + 1]
        kept = 0
        for k in range(count):
            if max(edges[active[k], 1], edges[active[k], 3]) > low:
                active[kept] = active[k]
                kept += 1
        count = kept
        while following < len(edges) and min(edges[following, 1], edges[following, 3]) <= low:
            if max(edges[following, 1], edges[following, 3]) > low:
                active[count] = following
                count += 1
            following += 1
        now = active[:count]
        pieces = 64 if _cross_within(edges, now, low, high) else 1
        for n in range(pieces):
            y = low + (n + 0.5) * (high - low) / pieces
            area += _width(edges, now, y, xs) * (high - low) / pieces
    return area
