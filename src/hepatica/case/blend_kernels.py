# mypy: allow-untyped-decorators, no-warn-return-any
"""Compiled loops that bend a surface from the outlines of one plane to those of the next.

Above a point inside both outlines the whole height between the planes is inside. Above a point
inside only one, at a distance a from its outline and b from the other, the part a / (a + b) next to
its own plane is: so heights are exact, and only points between the two outlines are looked at.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hepatica.case.rasterise_kernels import add_plane, crossings, sort_short, step

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_LINES_PER_ROW = 16
_SAMPLES_PER_COLUMN = 4
_EDGES_PER_BOX = 8


@njit(cache=True)
def boxes_about(edges: Floats) -> Floats:
    """(boxes, 4) array of low x, low y, high x, high y about each 8 consecutive edges."""
    count = (len(edges) + _EDGES_PER_BOX - 1) // _EDGES_PER_BOX
    boxes = np.empty((count, 4))
    for b in range(count):
        low_x = low_y = np.inf
        high_x = high_y = -np.inf
        for e in range(b * _EDGES_PER_BOX, min(len(edges), (b + 1) * _EDGES_PER_BOX)):
            low_x = min(low_x, edges[e, 0], edges[e, 2])
            low_y = min(low_y, edges[e, 1], edges[e, 3])
            high_x = max(high_x, edges[e, 0], edges[e, 2])
            high_y = max(high_y, edges[e, 1], edges[e, 3])
        boxes[b] = low_x, low_y, high_x, high_y
    return boxes


@njit(cache=True)
def distance_to(edges: Floats, boxes: Floats, x: float, y: float, guess: float) -> float:
    """Distance of a point from the nearest edge; ``guess`` must not be less than it."""
    nearest = guess * guess
    for b in range(len(boxes)):
        dx = max(boxes[b, 0] - x, 0.0, x - boxes[b, 2])
        dy = max(boxes[b, 1] - y, 0.0, y - boxes[b, 3])
        if dx * dx + dy * dy >= nearest:
            continue
        for e in range(b * _EDGES_PER_BOX, min(len(edges), (b + 1) * _EDGES_PER_BOX)):
            x0, y0 = edges[e, 0], edges[e, 1]
            along_x, along_y = edges[e, 2] - x0, edges[e, 3] - y0
            length = along_x * along_x + along_y * along_y
            share = 0.0
            if length > 0.0:
                share = ((x - x0) * along_x + (y - y0) * along_y) / length
                share = min(1.0, max(0.0, share))
            dx, dy = x0 + share * along_x - x, y0 + share * along_y - y
            nearest = min(nearest, dx * dx + dy * dy)
    return np.sqrt(nearest)


@njit(cache=True)
def _add_column(out: Floats, row: int, column: int, low: float, high: float, share: float) -> None:
    """Add a share of the column between two heights, in slices from the bottom of ``out``."""
    for k in range(max(0, int(np.floor(low))), min(len(out), int(np.ceil(high)))):
        out[k, row, column] += share * (min(high, k + 1.0) - max(low, float(k)))


@njit(cache=True)
def _add_single(
    own: tuple[Floats, Floats],
    other: tuple[Floats, Floats],
    line: tuple[int, float, float, float, float],
    place: tuple[float, float, float, float],
    out: Floats,
) -> None:
    """Add what belongs to the blended solid above a stretch inside one outline only.

    ``own`` and ``other`` are edges in mm and their boxes; ``line`` is the row of ``out``, its first
    column, the pixel in mm, y in mm and the lines of a row; ``place`` the ends of the stretch in
    columns of ``out``, the height of its own plane and that of the other.
    """
    row, first_column, pixel_mm, y, per_row = line
    low, high, near, far = place
    low, high = max(low, 0.0), min(high, float(out.shape[2]))
    a = b = np.inf
    before = low
    for column in range(int(low), int(np.ceil(high))):
        left, right = max(low, float(column)), min(high, column + 1.0)
        samples = int(np.ceil((right - left) * _SAMPLES_PER_COLUMN))
        for n in range(samples):
            at = left + (n + 0.5) * (right - left) / samples
            x, moved = (at + first_column - 0.5) * pixel_mm, (at - before) * pixel_mm
            before = at
            a = distance_to(own[0], own[1], x, y, a + moved + 1e-9)
            b = distance_to(other[0], other[1], x, y, b + moved + 1e-9)
            if a + b <= 0.0:
                continue
            end = near + (far - near) * a / (a + b)
            share = (right - left) / samples / per_row
            _add_column(out, row, column, min(near, end), max(near, end), share)


@njit(cache=True)
def _blend_line(
    lower: tuple[Floats, Floats, Floats],
    upper: tuple[Floats, Floats, Floats],
    heights: tuple[float, float],
    line: tuple[int, float, float, float, float],
    both: Floats,
    out: Floats,
) -> None:
    """One scan line: differences of what both enclose into ``both``, the rest into ``out``.

    ``lower`` and ``upper`` hold the sorted crossings of the line, the edges in mm and their boxes.
    """
    below, above = lower[0], upper[0]
    shift = 0.5 - line[1]
    i = j = 0
    before = -np.inf
    while i < len(below) or j < len(above):
        first = j >= len(above) or (i < len(below) and below[i] <= above[j])
        x = (below[i] if first else above[j]) + shift
        in_lower, in_upper = i % 2 == 1, j % 2 == 1
        if in_lower and in_upper:
            step(both, before, 1.0)
            step(both, x, -1.0)
        elif (in_lower or in_upper) and x > before:
            own, other = (lower, upper) if in_lower else (upper, lower)
            near, far = heights if in_lower else (heights[1], heights[0])
            _add_single(own[1:], other[1:], line, (before, x, near, far), out)
        before = x
        if first:
            i += 1
        else:
            j += 1


@njit(cache=True)
def blend_pair(
    lower: Floats,
    upper: Floats,
    heights: tuple[float, float],
    pixel_mm: tuple[float, float],
    start: Ints,
    out: Floats,
) -> None:
    """Add the solid between two planes.

    Parameters
    ----------
    lower, upper : (edges, 4) arrays of x0, y0, x1, y1 in index units; true boundaries only
    heights : slice indices of the two planes (slice k spans k +- 0.5), the lower one first
    pixel_mm : width and height of a pixel
    start : (3,) array, index (z, y, x) of the first voxel of ``out``
    out : (slices, rows, columns) array, added to
    """
    slices, rows, columns = out.shape
    scale = np.array([pixel_mm[0], pixel_mm[1], pixel_mm[0], pixel_mm[1]])
    lower_mm, upper_mm = lower * scale, upper * scale
    lower_boxes, upper_boxes = boxes_about(lower_mm), boxes_about(upper_mm)
    low, high = heights[0] + 0.5 - start[0], heights[1] + 0.5 - start[0]
    first_line, lines = start[1] * _LINES_PER_ROW, rows * _LINES_PER_ROW
    starts, xs = crossings(lower, first_line, lines, _LINES_PER_ROW)
    upper_starts, upper_xs = crossings(upper, first_line, lines, _LINES_PER_ROW)
    plane = np.zeros((rows, columns))
    both = np.empty(columns + 2)
    for row in range(rows):
        both[:] = 0.0
        for n in range(row * _LINES_PER_ROW, (row + 1) * _LINES_PER_ROW):
            sort_short(xs, starts[n], starts[n + 1])
            sort_short(upper_xs, upper_starts[n], upper_starts[n + 1])
            y = ((first_line + n + 0.5) / _LINES_PER_ROW - 0.5) * pixel_mm[1]
            _blend_line(
                (xs[starts[n] : starts[n + 1]], lower_mm, lower_boxes),
                (upper_xs[upper_starts[n] : upper_starts[n + 1]], upper_mm, upper_boxes),
                (low, high),
                (row, float(start[2]), pixel_mm[0], y, float(_LINES_PER_ROW)),
                both,
                out,
            )
        total = 0.0
        for c in range(columns):
            total += both[c]
            plane[row, c] = total / _LINES_PER_ROW
    for k in range(max(0, int(np.floor(low))), min(slices, int(np.ceil(high)))):
        add_plane(plane, min(high, k + 1.0) - max(low, float(k)), out[k])
