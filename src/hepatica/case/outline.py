"""Draws the outlines of a structure, slice by slice, as a planning system stores them.

Voxels that are wholly in or out are outlined along their edges, so that the area is theirs to the
last digit; partly filled edges are outlined where the coverage passes one half.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hepatica.case.contours import Contours
from hepatica.case.volume import Volume

if TYPE_CHECKING:
    from contourpy import ContourGenerator

Loop = NDArray[np.float64]

_HALF = 0.5
# A part whose outline at one half loses more of its area than this is outlined at a lower level...
_AREA_LOSS = 0.001
# ... but not below this one.
_LOWEST_LEVEL = 0.1
_SAME_LEVEL = 1e-4


def outline(coverage: Volume) -> Contours:
    """Closed loops around the covered part of every slice; holes are loops of their own.

    Filled by the even-odd rule the loops give the structure back. A part of a slice is outlined
    when at least one of its voxels is half covered; a part that the level 0.5 would make too small,
    a thin one above all, is outlined at the level that keeps its area.

    Parameters
    ----------
    coverage : Volume, unit "1", 0 to 1

    Returns
    -------
    contours : Contours, mm, LPS
        On the slice centres; without loops when no voxel is half covered.
    """
    from scipy.ndimage import label

    loops: list[Loop] = []
    for k, values in enumerate(coverage.values):
        parts, count = label(values > 0, np.ones((3, 3)))
        wholes, partials = _sorted_parts(values, parts, count)
        flat = _edge_loops(np.isin(parts, wholes)) if len(wholes) else []
        for part in partials:
            flat += _part_loops(np.where(parts == part, values, 0.0))
        for loop in flat:
            index = np.column_stack([loop, np.full(len(loop), float(k))])
            loops.append(coverage.grid.point_at(index))
    return Contours(tuple(loops))


def _sorted_parts(
    values: NDArray[Any], parts: NDArray[np.int32], count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers of the parts made of whole voxels, and of the others that reach one half."""
    partly = np.bincount(parts[(values > 0) & (values < 1)], minlength=count + 1)[1:] > 0
    reached = np.bincount(parts[values >= _HALF], minlength=count + 1)[1:] > 0
    numbers = np.arange(1, count + 1)
    return numbers[~partly], numbers[reached & partly]


def _part_loops(values: NDArray[np.float64]) -> list[Loop]:
    """Outline of one partly filled part: at one half, or lower where that keeps its area."""
    rows, columns = np.flatnonzero(values.any(axis=1)), np.flatnonzero(values.any(axis=0))
    window = values[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    tracer = _tracer(np.pad(window, 1))
    wanted = float(window.sum())
    level = _HALF
    if _area(tracer, _HALF) < (1 - _AREA_LOSS) * wanted:
        level = _level_with_area(tracer, wanted)
    corner = np.array([columns[0] - 1, rows[0] - 1])
    return [loop + corner for loop in _level_loops(tracer, level)]


def _tracer(padded: NDArray[np.float64]) -> ContourGenerator:
    """What draws lines at any level; building it is the slow part."""
    from contourpy import LineType, contour_generator

    return contour_generator(z=padded, line_type=LineType.ChunkCombinedOffset)


def _level_with_area(tracer: ContourGenerator, wanted: float) -> float:
    from scipy.optimize import brentq

    def excess(level: float) -> float:
        return _area(tracer, level) - wanted

    if excess(_LOWEST_LEVEL) <= 0:
        return _LOWEST_LEVEL
    return float(brentq(excess, _LOWEST_LEVEL, _HALF, xtol=_SAME_LEVEL, rtol=_SAME_LEVEL))


def _lines(tracer: ContourGenerator, level: float) -> tuple[Loop, NDArray[np.int64]]:
    """All closed lines at a level, one after the other, and where each begins and the last ends."""
    points, starts = tracer.lines(level)
    if points[0] is None or starts[0] is None:
        return np.zeros((0, 2)), np.zeros(1, np.int64)
    return np.asarray(points[0], float), np.asarray(starts[0], np.int64)


def _level_loops(tracer: ContourGenerator, level: float) -> list[Loop]:
    points, starts = _lines(tracer, level)
    lines = np.split(points, starts[1:-1])
    loops = [_without_repeats(line[:-1]) for line in lines]
    return [loop for loop in loops if len(loop) >= 3]


def _without_repeats(loop: Loop) -> Loop:
    return loop[(np.abs(loop - np.roll(loop, 1, axis=0)) > 1e-9).any(axis=1)]


def _area(tracer: ContourGenerator, level: float) -> float:
    """Area enclosed at a level; lines run around holes the other way."""
    points, starts = _lines(tracer, level)
    x, y = points.T
    doubled = x[:-1] * y[1:] - x[1:] * y[:-1]
    # From the end of one line to the start of the next there is no line.
    doubled[starts[1:-1] - 1] = 0.0
    return abs(float(doubled.sum())) / 2


def _edge_loops(mask: NDArray[np.bool_]) -> list[Loop]:
    """Loops of corners along the edges of whole voxels; voxels that touch at a corner are apart."""
    corners, turn, following = _edges(np.pad(mask, 1))
    successors = following.tolist()
    unseen = np.ones(len(successors), bool)
    loops = []
    for first in np.flatnonzero(turn):
        if not unseen[first]:
            continue
        chain = [int(first)]
        edge = successors[first]
        while edge != first:
            chain.append(edge)
            edge = successors[edge]
        unseen[chain] = False
        loops.append(corners[[n for n in chain if turn[n]]] - 1.5)
    return loops


def _edges(
    padded: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64]]:
    """Directed edges of a mask: (x, y) of their ends, whether they turn there, and their followers.

    Directions 0 to 3 are right, down, left, up in the image; the inside lies at direction + 1.
    """
    rows, columns = padded.shape
    leaves = np.zeros((4, rows, columns), bool)
    leaves[0] = padded & ~np.roll(padded, 1, axis=0)
    leaves[1] = np.roll(padded, 1, axis=1) & ~padded
    leaves[2] = np.roll(padded, (1, 1), axis=(0, 1)) & ~np.roll(padded, 1, axis=1)
    leaves[3] = np.roll(padded, 1, axis=0) & ~np.roll(padded, (1, 1), axis=(0, 1))
    direction, row, column = np.nonzero(leaves)
    end_row = row + np.array([0, 1, 0, -1])[direction]
    end_column = column + np.array([1, 0, -1, 0])[direction]
    inward, outward = (direction + 1) % 4, (direction - 1) % 4
    onward = np.where(leaves[direction, end_row, end_column], direction, outward)
    onward = np.where(leaves[inward, end_row, end_column], inward, onward)
    number = np.zeros(leaves.shape, np.int64)
    number[leaves] = np.arange(len(direction))
    corners = np.column_stack([end_column, end_row]).astype(float)
    return corners, onward != direction, number[onward, end_row, end_column]
