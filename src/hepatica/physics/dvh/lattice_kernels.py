# mypy: allow-untyped-defs, allow-untyped-decorators
"""Where a voxel of the structure lies in the dose grid, and the dose there.

Every function works in array order (z, y, x); ``to_dose`` is a (3, 4) array that takes an index of
the structure (and 1) to a fractional index of the dose.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# Without 'ninf' and 'nnan': the search for extremes starts at infinity, and a NaN must be seen.
_FAST = {"contract", "reassoc", "arcp", "nsz"}
COMPILED = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": _FAST}
OFF_LATTICE = -(2**31)


@njit(**COMPILED)
def reach_of(to_dose):
    """How far a voxel of the structure reaches to each side, in dose voxels."""
    reach = np.empty(3)
    for a in range(3):
        reach[a] = 0.5 * (abs(to_dose[a, 0]) + abs(to_dose[a, 1]) + abs(to_dose[a, 2]))
    return reach


@njit(**COMPILED)
def whole_shift(to_dose):
    """Index offset when the voxels coincide with the dose voxels, else ``OFF_LATTICE``."""
    for a in range(3):
        for b in range(3):
            if to_dose[a, b] != (1.0 if a == b else 0.0):
                return OFF_LATTICE, OFF_LATTICE, OFF_LATTICE
        if to_dose[a, 3] != np.rint(to_dose[a, 3]):
            return OFF_LATTICE, OFF_LATTICE, OFF_LATTICE
    return int(to_dose[0, 3]), int(to_dose[1, 3]), int(to_dose[2, 3])


@njit(**COMPILED)
def faces_on_lattice(dose, k, j, i):
    """Dose at the centre and at the six face centres of a dose voxel.

    On the parabola through a voxel and its two neighbours: half-way values on straight lines would
    bend twice as much.
    """
    nz, ny, nx = dose.shape
    centre = np.float64(dose[k, j, i])
    below, above = _at_faces(dose[max(k - 1, 0), j, i], centre, dose[min(k + 1, nz - 1), j, i], 1.0)
    front, back = _at_faces(dose[k, max(j - 1, 0), i], centre, dose[k, min(j + 1, ny - 1), i], 1.0)
    left, right = _at_faces(dose[k, j, max(i - 1, 0)], centre, dose[k, j, min(i + 1, nx - 1)], 1.0)
    return centre, below, above, front, back, left, right


@njit(**COMPILED)
def _at_faces(before, centre, after, away):
    """Parabola through three points ``away`` voxels apart, half a voxel from the middle one."""
    slope = 0.25 * (after - before) / away
    even = centre + 0.125 * (after + before - 2.0 * centre) / away**2
    return even - slope, even + slope


@njit(**COMPILED)
def strides_of(to_dose):
    """Per axis of the structure, how many of its voxels are one dose voxel long."""
    strides = np.empty(3)
    for a in range(3):
        longest = max(abs(to_dose[0, a]), abs(to_dose[1, a]), abs(to_dose[2, a]))
        strides[a] = 1.0 / longest
    return strides


@njit(**COMPILED)
def faces_at(dose, point, to_dose, strides):
    """Dose at the centre and at the six face centres of a voxel of another lattice.

    On the parabola through the doses one dose voxel before and after: the error of linear
    interpolation is the same at all three and drops out of slope and bend.
    """
    centre = trilinear(dose, point[0], point[1], point[2])
    below, above = _along(dose, point, centre, to_dose[:, 0], strides[0])
    front, back = _along(dose, point, centre, to_dose[:, 1], strides[1])
    left, right = _along(dose, point, centre, to_dose[:, 2], strides[2])
    return centre, below, above, front, back, left, right


@njit(**COMPILED)
def _along(dose, point, centre, step, away):
    z, y, x = point
    dz, dy, dx = step[0] * away, step[1] * away, step[2] * away
    before = trilinear(dose, z - dz, y - dy, x - dx)
    after = trilinear(dose, z + dz, y + dy, x + dx)
    return _at_faces(before, centre, after, away)


@njit(**COMPILED)
def in_dose(to_dose, u, v, w):
    """Index in the dose array of a (z, y, x) index of the coverage."""
    return (
        to_dose[0, 0] * u + to_dose[0, 1] * v + to_dose[0, 2] * w + to_dose[0, 3],
        to_dose[1, 0] * u + to_dose[1, 1] * v + to_dose[1, 2] * w + to_dose[1, 3],
        to_dose[2, 0] * u + to_dose[2, 1] * v + to_dose[2, 2] * w + to_dose[2, 3],
    )


@njit(**COMPILED)
def inside(point, reach, shape):
    """Share of a voxel, ``reach`` long to each side, within the outer faces of the dose voxels."""
    share = 1.0
    for a in range(3):
        low, high = point[a] - reach[a], point[a] + reach[a]
        if low < -0.5 or high > shape[a] - 0.5:
            within = min(high, shape[a] - 0.5) - max(low, -0.5)
            share *= min(max(within, 0.0) / (2.0 * reach[a]), 1.0)
    return share


@njit(**COMPILED)
def surrounded(to_dose, reach, shape, dose_shape):
    """Whether all voxels of the structure's box lie within the dose grid."""
    for c in range(8):
        point = in_dose(
            to_dose,
            (c // 4) * (shape[0] - 1.0),
            (c // 2 % 2) * (shape[1] - 1.0),
            (c % 2) * (shape[2] - 1.0),
        )
        if inside(point, reach, dose_shape) < 1.0:
            return False
    return True


@njit(**COMPILED)
def trilinear(dose, z, y, x):
    """Dose between the voxel centres; in the outermost half voxel the nearest value is held."""
    k, k1, fz = _cell(z, dose.shape[0])
    j, j1, fy = _cell(y, dose.shape[1])
    i, i1, fx = _cell(x, dose.shape[2])
    a = dose[k, j, i] + (dose[k, j, i1] - dose[k, j, i]) * fx
    b = dose[k, j1, i] + (dose[k, j1, i1] - dose[k, j1, i]) * fx
    c = dose[k1, j, i] + (dose[k1, j, i1] - dose[k1, j, i]) * fx
    d = dose[k1, j1, i] + (dose[k1, j1, i1] - dose[k1, j1, i]) * fx
    near = a + (b - a) * fy
    far = c + (d - c) * fy
    return near + (far - near) * fz


@njit(**COMPILED)
def _cell(position, size):
    position = min(max(position, 0.0), size - 1.0)
    index = int(position)
    return index, min(index + 1, size - 1), position - index
