# mypy: allow-untyped-defs, allow-untyped-decorators
"""Voxels at the edge of a structure: which part of the voxel is inside, and its doses.

The plane that cuts off the covered part is found from the coverage of the neighbours (Youngs 1982,
in Numerical Methods for Fluid Dynamics, p. 273; Scardovelli and Zaleski 2000, J Comput Phys 164:
228), and the tissue under it is laid down column by column.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from hepatica.physics.dvh.histogram_kernels import (
    COVERED,
    DOSE_VOLUME,
    FULL,
    HIGHEST,
    LOWEST,
    UNCOVERED,
    lay_box,
    lay_whole,
)
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

COLUMNS = 2
_NO_DIRECTION = 1e-6
_WALL = 0.3
_LOOKED_AT = 500
_SLICES_LOOKED_AT = 16
# Below this tilt the closed form of a cut cube loses digits.
_TILT = 1e-4
_NO_PLANE = (0.0, 0.0, 0.0)


@njit(**COMPILED)
def lay_cut_voxels(dose, coverage, to_dose, span, histogram, upright):
    """Lay the voxels at the structure's edge down on the dose axis.

    Parameters
    ----------
    upright : bool
        See `walls_upright`.

    The others are those of `hepatica.physics.dvh.histogram_kernels.lay_whole_voxels`.
    """
    axis, slopes, tally = histogram
    reach = reach_of(to_dose)
    strides = strides_of(to_dose)
    shift = whole_shift(to_dose)
    aligned = shift[0] != OFF_LATTICE
    safe = surrounded(to_dose, reach, coverage.shape, dose.shape)
    heights = np.empty((COLUMNS, COLUMNS))
    for k in range(span[0], span[1]):
        for j in range(coverage.shape[1]):
            for i in range(coverage.shape[2]):
                part = np.float64(coverage[k, j, i])
                if not 0.0 < part < FULL:
                    continue
                point = in_dose(to_dose, k, j, i)
                share = 1.0
                if not safe:
                    share = inside(point, reach, dose.shape)
                    tally[UNCOVERED] += part * (1.0 - share)
                    if share <= 0.0:
                        continue
                if aligned:
                    faces = faces_on_lattice(dose, k + shift[0], j + shift[1], i + shift[2])
                else:
                    faces = faces_at(dose, point, to_dose, strides)
                plane = _plane_of(coverage, k, j, i, upright)
                if plane == _NO_PLANE:
                    lay_whole(faces, part * share, axis, slopes, tally)
                    tally[LOWEST] = min(tally[LOWEST], faces[0])
                    tally[HIGHEST] = max(tally[HIGHEST], faces[0])
                    continue
                _column_heights(plane, part, heights)
                cut = (plane, heights, share)
                _lay_columns((dose, point, to_dose), faces, cut, histogram)


@njit(**COMPILED)
def refined(coverage, pieces, upright):
    """The same structure on voxels cut into ``pieces`` along each axis.

    Parameters
    ----------
    coverage : (z, y, x) float32 array
    pieces : (3,) integers
    upright : bool
        See `walls_upright`.

    Returns
    -------
    finer : (z * pieces[0], ...) float32 array
        A voxel at the edge gives its tissue to the pieces inside the plane that cuts it; the
        volume of each voxel is kept.
    """
    pz, py, px = pieces
    nz, ny, nx = coverage.shape
    finer = np.zeros((nz * pz, ny * py, nx * px), np.float32)
    for k in range(nz):
        for j in range(ny):
            for i in range(nx):
                part = np.float64(coverage[k, j, i])
                if part <= 0.0:
                    continue
                block = finer[k * pz : (k + 1) * pz, j * py : (j + 1) * py, i * px : (i + 1) * px]
                block[:] = part
                if part < FULL:
                    plane = _plane_of(coverage, k, j, i, upright)
                    if plane != _NO_PLANE:
                        _share_out(block, plane, part)
    return finer


@njit(**COMPILED)
def _share_out(block, plane, part):
    """Fill the pieces of one voxel up to the plane that cuts off its part ``part``."""
    pz, py, px = block.shape
    nz, ny, nx = max(abs(plane[0]), _TILT), max(abs(plane[1]), _TILT), max(abs(plane[2]), _TILT)
    distance = _distance(part, nz, ny, nx)
    nz, ny, nx = nz / pz, ny / py, nx / px
    for k in range(pz):
        for j in range(py):
            for i in range(px):
                kk = k if plane[0] > 0.0 else pz - 1 - k
                jj = j if plane[1] > 0.0 else py - 1 - j
                ii = i if plane[2] > 0.0 else px - 1 - i
                block[kk, jj, ii] = _cut_off(distance - nz * k - ny * j - nx * i, nz, ny, nx)


@njit(**COMPILED)
def _distance(part, a, b, c):
    """Distance of the plane with this normal that cuts off ``part`` of the unit cube."""
    low, high = 0.0, a + b + c
    for _ in range(50):
        distance = 0.5 * (low + high)
        if _cut_off(distance, a, b, c) > part:
            high = distance
        else:
            low = distance
    return 0.5 * (low + high)


@njit(**COMPILED)
def _cut_off(distance, a, b, c):
    """Part of the unit cube with ``a z + b y + c x < distance`` (Scardovelli and Zaleski 2000)."""
    if distance <= 0.0:
        return 0.0
    if distance >= a + b + c:
        return 1.0
    volume = distance**3
    for corner in (a, b, c):
        volume -= max(distance - corner, 0.0) ** 3
    for corner in (a + b, b + c, a + c):
        volume += max(distance - corner, 0.0) ** 3
    return min(max(volume / (6.0 * a * b * c), 0.0), 1.0)


@njit(**COMPILED)
def walls_upright(coverage):
    """Whether the edge runs upright through each slice, as contours leave it.

    A structure drawn in slices is a pile of slabs with upright walls; one that was grown or
    resampled is cut at any angle. The one that predicts the neighbours in the slice better, over
    a few hundred voxels spread along the edge in some of the slices, is taken for all of it.
    """
    step = max(1, coverage.shape[0] // _SLICES_LOOKED_AT)
    every = max(1, _cut_voxels(coverage, step) // _LOOKED_AT)
    upright, slanted, met = 0.0, 0.0, 0
    for k in range(step // 2, coverage.shape[0], step):
        for j in range(coverage.shape[1]):
            for i in range(coverage.shape[2]):
                if 0.0 < coverage[k, j, i] < FULL:
                    met += 1
                    if met % every == 0:
                        upright += _misfit(coverage, k, j, i, True)
                        slanted += _misfit(coverage, k, j, i, False)
    return upright < slanted


@njit(**COMPILED)
def _cut_voxels(coverage, step):
    count = 0
    for k in range(step // 2, coverage.shape[0], step):
        for j in range(coverage.shape[1]):
            for i in range(coverage.shape[2]):
                count += 0.0 < coverage[k, j, i] < FULL
    return count


@njit(**COMPILED)
def _misfit(coverage, k, j, i, upright):
    """How far the plane through a voxel misses the coverage of its neighbours in the slice."""
    plane = _plane_of(coverage, k, j, i, upright)
    if plane == _NO_PLANE:
        return 0.0
    ny, nx = coverage.shape[1:]
    a, b, c = max(abs(plane[0]), _TILT), max(abs(plane[1]), _TILT), max(abs(plane[2]), _TILT)
    distance = _distance(np.float64(coverage[k, j, i]), a, b, c)
    total = 0.0
    for dj in range(-1, 2):
        for di in range(-1, 2):
            found = 0.0
            if 0 <= j + dj < ny and 0 <= i + di < nx:
                found = coverage[k, j + dj, i + di]
            outward_j = dj if plane[1] > 0.0 else -dj
            outward_i = di if plane[2] > 0.0 else -di
            total += abs(found - _cut_off(distance - b * outward_j - c * outward_i, a, b, c))
    return total


@njit(**COMPILED)
def _plane_of(coverage, k, j, i, upright):
    """Outward normal (sum of sizes 1) of the surface through a voxel; zeros when there is none.

    Weighted 3 x 3 x 3 differences of the coverage (Youngs 1982; Parker and Youngs 1992), or 3 x 3
    within the slice for upright walls; a voxel in the middle of a roof or floor has no wall.
    """
    nz, ny, nx = coverage.shape
    z, y, x, wall_y, wall_x = 0.0, 0.0, 0.0, 0.0, 0.0
    for dk in range(-1, 2):
        for dj in range(-1, 2):
            kk, jj = k + dk, j + dj
            if kk < 0 or jj < 0 or kk >= nz or jj >= ny:
                continue
            left = coverage[kk, jj, i - 1] if i > 0 else 0.0
            right = coverage[kk, jj, i + 1] if i < nx - 1 else 0.0
            row = left + 2.0 * coverage[kk, jj, i] + right
            wz, wy = 2 - abs(dk), 2 - abs(dj)
            z -= dk * wy * row
            y -= dj * wz * row
            x -= wz * wy * (right - left)
            if dk == 0:
                wall_y -= 4.0 * dj * row
                wall_x -= 4.0 * wy * (right - left)
    if upright and abs(wall_y) + abs(wall_x) > _WALL * abs(z):
        z, y, x = 0.0, wall_y, wall_x
    size = abs(z) + abs(y) + abs(x)
    if size < _NO_DIRECTION:
        return _NO_PLANE
    return z / size, y / size, x / size


@njit(**COMPILED)
def _turned(plane):
    """The axis that the normal follows most, and the two others."""
    z, y, x = abs(plane[0]), abs(plane[1]), abs(plane[2])
    if z >= y and z >= x:
        return 0, 1, 2
    if y >= x:
        return 1, 2, 0
    return 2, 0, 1


@njit(**COMPILED)
def _column_heights(plane, part, heights):
    """Heights of the columns of tissue under the plane that cuts off the part ``part``.

    The voxel is a unit cube whose corner 0 is the innermost; the columns stand on its inner face.
    The plane's distance is found by Newton's method on the sum of the heights, which rises
    piecewise linearly, within a bracket. Returns the distance.
    """
    a, b, c = _turned(plane)
    rise, nb, nc = abs(plane[a]), abs(plane[b]) / COLUMNS, abs(plane[c]) / COLUMNS
    low, high, distance = 0.0, 1.0, part
    wanted = part * COLUMNS * COLUMNS
    for _ in range(60):
        total, free = 0.0, 0
        for p in range(COLUMNS):
            for q in range(COLUMNS):
                height = (distance - nb * (p + 0.5) - nc * (q + 0.5)) / rise
                free += 0.0 < height < 1.0
                height = min(max(height, 0.0), 1.0)
                heights[p, q] = height
                total += height
        excess = total - wanted
        if abs(excess) < 1e-9:
            break
        if excess > 0.0:
            high = distance
        else:
            low = distance
        distance = distance - excess * rise / free if free > 0 else -1.0
        if not low < distance < high:
            distance = 0.5 * (low + high)
    return distance


@njit(**COMPILED)
def _lay_columns(place, faces, cut, histogram):
    """A voxel at the structure's edge: column by column of the tissue inside it.

    Within the voxel the dose is the parabola through centre and faces along each axis.
    """
    plane, heights, covered = cut
    axis, slopes, tally = histogram
    a, b, c = _turned(plane)
    na, nb, nc = abs(plane[a]), abs(plane[b]), abs(plane[c])
    ga, sa = _parabola(faces, a, plane[a])
    gb, sb = _parabola(faces, b, plane[b])
    gc, sc = _parabola(faces, c, plane[c])
    for p in range(COLUMNS):
        ub = (p + 0.5) / COLUMNS - 0.5
        for q in range(COLUMNS):
            height = heights[p, q]
            if height <= 0.0:
                continue
            uc = (q + 0.5) / COLUMNS - 0.5
            ua = 0.5 * height - 0.5
            foot = faces[0] + (gb + sb * ub) * ub + (gc + sc * uc) * uc
            along = ga + 2.0 * sa * ua
            # The slanted top tilts the middle of the column.
            lean = 0.5 * along / na if height < 1.0 else 0.0
            wa = along * height
            wb = (gb + 2.0 * sb * ub - lean * nb) / COLUMNS
            wc = (gc + 2.0 * sc * uc - lean * nc) / COLUMNS
            volume = covered * height / COLUMNS**2
            # The mean over the column, not only the dose in its middle.
            bent = (sa * height * height + (sb + sc) / COLUMNS**2) / 12.0
            middle = foot + (ga + sa * ua) * ua + bent
            tally[COVERED] += volume
            tally[DOSE_VOLUME] += volume * middle
            lay_box(middle, np.sqrt(wa * wa + wb * wb + wc * wc), volume, axis, slopes)
            top = height - 0.5
            ends = foot + (0.25 * sa - 0.5 * ga), foot + (ga + sa * top) * top
            if max(ends[0], ends[1]) > tally[HIGHEST] or min(ends[0], ends[1]) < tally[LOWEST]:
                _note_column(place, plane, (top, ub, uc), tally)


@njit(**COMPILED)
def _parabola(faces, axis, outward):
    """Slope and bend of the dose along an axis, counted from the inner to the outer face."""
    centre = faces[0]
    before, after = faces[1], faces[2]
    if axis == 1:
        before, after = faces[3], faces[4]
    elif axis == 2:
        before, after = faces[5], faces[6]
    slope = after - before
    bend = 2.0 * (after + before - 2.0 * centre)
    return (-slope if outward < 0.0 else slope), bend


@njit(**COMPILED)
def _note_column(place, plane, column, tally):
    """Lowest and highest dose at the foot and at the top of a column."""
    dose, point, to_dose = place
    top, ub, uc = column
    order = _turned(plane)
    for ua in (-0.5, top):
        z, y, x = point
        for axis, u in ((order[0], ua), (order[1], ub), (order[2], uc)):
            shift = -u if plane[axis] < 0.0 else u
            z += to_dose[0, axis] * shift
            y += to_dose[1, axis] * shift
            x += to_dose[2, axis] * shift
        value = trilinear(dose, z, y, x)
        tally[HIGHEST] = max(tally[HIGHEST], value)
        tally[LOWEST] = min(tally[LOWEST], value)
