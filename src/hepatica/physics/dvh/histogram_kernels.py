# mypy: allow-untyped-defs, allow-untyped-decorators
"""The inner loops of the dose-volume histogram: each voxel becomes a box of doses, not a spike.

A piece of tissue in which the dose changes by ``w_a`` along axis ``a`` is laid down as a box of
width ``sqrt(sum w_a^2)`` around its central dose: exact when the gradient is along one axis, of the
right variance when it is not.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from hepatica.physics.dvh.lattice_kernels import (
    COMPILED,
    OFF_LATTICE,
    faces_at,
    faces_on_lattice,
    in_dose,
    inside,
    reach_of,
    strides_of,
    surrounded,
    trilinear,
    whole_shift,
)

FULL = 0.9999
PAD = 2
COVERED, UNCOVERED, DOSE_VOLUME, LOWEST, HIGHEST, FAULT = 0, 1, 2, 3, 4, 5
_THINNEST = 0.01


@njit(**COMPILED)
def lay_whole_voxels(dose, coverage, to_dose, span, histogram):
    """Lay the voxels that lie wholly inside the structure down on the dose axis.

    Parameters
    ----------
    dose : (z, y, x) float32 array, Gy
    coverage : (z, y, x) float32 array, 0 to 1
        In voxels about as big as the dose's, or smaller.
    to_dose : (3, 4) array
    span : (first, end)
        Slices of ``coverage`` to lay down.
    histogram : (axis, slopes, tally)
        ``axis`` (2,), Gy: the dose of node ``PAD`` of ``slopes`` and the distance between nodes.
        ``slopes`` (nodes,), added to: the second derivative of the volume below a dose, in voxels;
        sum it twice. ``tally`` (6,), added to: covered and uncovered volume and the integral of
        dose, in voxels and voxels x Gy; the lowest and the highest dose attained; 1 if a coverage
        is not 0 to 1.
    """
    reach = reach_of(to_dose)
    strides = strides_of(to_dose)
    shift = whole_shift(to_dose)
    safe = surrounded(to_dose, reach, coverage.shape, dose.shape)
    for k in range(span[0], span[1]):
        for j in range(coverage.shape[1]):
            if safe and shift[0] != OFF_LATTICE:
                _lay_row_on_lattice(dose, coverage[k, j], (k, j), shift, to_dose, histogram)
            else:
                _lay_row(dose, coverage[k, j], (k, j), (to_dose, strides, reach), histogram)


@njit(**COMPILED)
def _lay_row_on_lattice(dose, row, where, shift, to_dose, histogram):
    """Voxels that coincide with dose voxels and have a dose, all of them."""
    axis, slopes, tally = histogram
    k, j = where
    for i in range(row.shape[0]):
        part = np.float64(row[i])
        if not FULL <= part <= 1.0:
            if not 0.0 <= part <= 1.0:
                tally[FAULT] = 1.0
            continue
        faces = faces_on_lattice(dose, k + shift[0], j + shift[1], i + shift[2])
        lay_whole(faces, part, axis, slopes, tally)
        if _may_be_extreme(faces, tally):
            _note_extremes(dose, in_dose(to_dose, k, j, i), to_dose, tally)


@njit(**COMPILED)
def _lay_row(dose, row, where, lattice, histogram):
    """Voxels of another lattice, or at the edge of the dose grid."""
    to_dose, strides, reach = lattice
    axis, slopes, tally = histogram
    k, j = where
    for i in range(row.shape[0]):
        part = np.float64(row[i])
        if not FULL <= part <= 1.0:
            if not 0.0 <= part <= 1.0:
                tally[FAULT] = 1.0
            continue
        point = in_dose(to_dose, k, j, i)
        share = inside(point, reach, dose.shape)
        tally[UNCOVERED] += part * (1.0 - share)
        if share <= 0.0:
            continue
        faces = faces_at(dose, point, to_dose, strides)
        lay_whole(faces, part * share, axis, slopes, tally)
        if _may_be_extreme(faces, tally):
            _note_extremes(dose, point, to_dose, tally)


@njit(**COMPILED)
def lay_whole(faces, volume, axis, slopes, tally):
    """A voxel that lies wholly inside, or whose neighbours do not tell which part does.

    Its mean dose, on the parabolas through centre and faces, is the centre of the box.
    """
    a, b, c = faces[2] - faces[1], faces[4] - faces[3], faces[6] - faces[5]
    around = faces[1] + faces[2] + faces[3] + faces[4] + faces[5] + faces[6]
    mean = (around - 6.0 * faces[0]) / 6.0 + faces[0]
    tally[COVERED] += volume
    tally[DOSE_VOLUME] += volume * mean
    lay_box(mean, np.sqrt(a * a + b * b + c * c), volume, axis, slopes)


@njit(**COMPILED)
def _may_be_extreme(faces, tally):
    """Whether a corner may hold less or more than was met so far."""
    centre = faces[0]
    high = (
        max(faces[1], faces[2], centre)
        + max(faces[3], faces[4], centre)
        + max(faces[5], faces[6], centre)
    )
    low = (
        min(faces[1], faces[2], centre)
        + min(faces[3], faces[4], centre)
        + min(faces[5], faces[6], centre)
    )
    return high - 2.0 * centre > tally[HIGHEST] or low - 2.0 * centre < tally[LOWEST]


@njit(**COMPILED)
def _note_extremes(dose, point, to_dose, tally):
    """Lowest and highest dose at the centre, face centres, edges and corners of a voxel."""
    for c in range(27):
        u, v, w = 0.5 * (c // 9 - 1), 0.5 * (c // 3 % 3 - 1), 0.5 * (c % 3 - 1)
        value = trilinear(
            dose,
            point[0] + to_dose[0, 0] * u + to_dose[0, 1] * v + to_dose[0, 2] * w,
            point[1] + to_dose[1, 0] * u + to_dose[1, 1] * v + to_dose[1, 2] * w,
            point[2] + to_dose[2, 0] * u + to_dose[2, 1] * v + to_dose[2, 2] * w,
        )
        tally[HIGHEST] = max(tally[HIGHEST], value)
        tally[LOWEST] = min(tally[LOWEST], value)


@njit(**COMPILED)
def lay_box(centre, width, volume, axis, slopes):
    """A box in the histogram is two kinks in the volume below a dose.

    Each kink is shared between its two neighbouring nodes in the ratio of the distances, which
    leaves the volume below every node exact.
    """
    scale = 1.0 / axis[1]
    last = slopes.shape[0] - 1.5
    # A parabola through the faces can overshoot the doses of the grid; the axis cannot.
    middle = min(max((centre - axis[0]) * scale + PAD, 1.0), last - 0.5)
    half = 0.5 * max(width * scale, _THINNEST)
    start, stop = max(middle - half, 0.5), min(middle + half, last)
    slope = volume / (stop - start)
    node = np.uint32(start)
    rest = slope * (start - node)
    slopes[node] += slope - rest
    slopes[node + np.uint32(1)] += rest
    node = np.uint32(stop)
    rest = slope * (stop - node)
    slopes[node] -= slope - rest
    slopes[node + np.uint32(1)] -= rest
