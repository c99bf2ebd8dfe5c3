"""Grows a target by the margins that a physician prescribes, or shrinks it.

An ellipsoid with six half-axes (left, right, front, back, head, foot) is moved along the surface of
the structure; the edge of the result keeps its fractions of voxels.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
from numpy.typing import NDArray

from hepatica.case.grid import Grid
from hepatica.case.structure import Margin
from hepatica.case.volume import Volume
from hepatica.errors import Inconsistent

Singles = NDArray[np.float32]

# Axes this much out of line (1 degree) count as oblique.
_OBLIQUE = np.sin(np.radians(1.0))
# Empty voxels around the structure, which smoothing and interpolation look into.
_RIM = 2
_SIGMA = np.sqrt(1 / 12 + 1 / 2)
_FAINT = 0.01
_TABLE_SIZE = 4097


def grow(coverage: Volume, margin: Margin, within: Grid) -> Volume:
    """The coverage moved outward, or inward for negative margins.

    The surface is found below the size of a voxel from the smoothed coverage, so that a mask of
    whole voxels grows like the body it stands for and not like its stairs; edges sharper than a
    voxel are rounded by a third of one. What was covered stays covered when growing, and what was
    not stays uncovered when shrinking. Shrinking grows what is outside; that includes all beyond
    the coverage's own voxels, also where the edge of the image cuts the structure off.

    Parameters
    ----------
    coverage : Volume, unit "1"
    margin : Margin, mm
        In directions of the patient, whatever the order of the grid's axes.
    within : Grid
        The image's grid, on the lattice of ``coverage``; nothing is drawn beyond it.

    Returns
    -------
    coverage : Volume, unit "1", cropped to the touched voxels

    Raises
    ------
    Inconsistent
        If the lattices differ, or unequal margins meet a grid that is more than 1 degree oblique.

    Notes
    -----
    Dilation with a structuring element: Serra, Image Analysis and Mathematical Morphology (1982).
    """
    offset = within.require_same_lattice(coverage.grid, "Growing a structure")
    half = _half_axes(margin, coverage.grid)
    values = np.pad(np.asarray(coverage.values, np.float32), _RIM)
    if not half.any():
        return _clipped(values, np.array(offset) - _RIM, within)
    if min(margin.sides_mm) < 0:
        return _clipped(_shrunk(values, half), np.array(offset) - _RIM, within)
    reach = np.ceil(half).astype(np.int64)
    return _clipped(_grown(values, half, reach), np.array(offset) - _RIM - reach[:, 0], within)


def _grown(values: Singles, half: NDArray[np.float64], reach: NDArray[np.int64]) -> Singles:
    from hepatica.case.margin_depth_kernels import covered_by, depth_of

    table = _depth_table()
    depth = np.pad(depth_of(values, table), reach, constant_values=table[0])
    return np.asarray(covered_by(np.pad(values, reach), depth, _dilated(depth, half)))


def _shrunk(values: Singles, half: NDArray[np.float64]) -> Singles:
    from hepatica.case.margin_depth_kernels import covered_by, depth_of

    outward = -depth_of(values, _depth_table())
    further = _dilated(outward, np.ascontiguousarray(-half[:, ::-1]))
    return np.asarray(np.minimum(values, 1 - covered_by(1 - values, outward, further)))


@cache
def _depth_table() -> Singles:
    """Depths in voxels of a plane whose smoothed coverage is 0 to 1 in even steps.

    A plane that is averaged over voxels and smoothed with (1 2 1)/4 along each axis fades like a
    normal distribution of variance 1/12 + 1/2, at any angle; its inverse gives the depth.
    """
    from scipy.special import ndtri

    share = np.clip(np.linspace(0, 1, _TABLE_SIZE), _FAINT, 1 - _FAINT)
    return np.asarray(_SIGMA * ndtri(share), np.float32)


def _half_axes(margin: Margin, grid: Grid) -> NDArray[np.float64]:
    """(3, 2) array: voxels along array axes z, y, x, in falling and rising index direction."""
    left, right, front, back, head, foot = margin.sides_mm
    sides = np.array([[right, left], [front, back], [foot, head]])
    half = np.empty((3, 2))
    for index in range(3):
        direction = grid.axes[:, index]
        coupled = np.abs(direction) > _OBLIQUE
        if coupled.sum() > 1 and np.ptp(sides[coupled]) > 0:
            raise Inconsistent(
                f"Margin {margin}: the image's axes are oblique to the patient's (one points to "
                f"{direction.round(3).tolist()}), which allows only margins that are equal in the "
                "mixed directions. Use equal margins, or resample the image to axial slices."
            )
        axis = int(np.abs(direction).argmax())
        pair = sides[axis] if direction[axis] > 0 else sides[axis, ::-1]
        half[2 - index] = pair / grid.spacing_mm[index]
    return half


def _clipped(values: Singles, start: NDArray[np.int64], within: Grid) -> Volume:
    """What lies on ``within``; ``start`` is the index there of the first voxel of ``values``."""
    low = np.clip(start, 0, within.shape)
    high = np.clip(start + values.shape, 0, within.shape)
    if (low >= high).any():
        return Volume(np.zeros((1, 1, 1), np.float32), within.crop((0, 0, 0), (1, 1, 1)), "1")
    part = values[tuple(slice(a, b) for a, b in zip(low - start, high - start, strict=True))]
    return Volume(part, within.crop(tuple(low), tuple(high)), "1").trimmed()


def _dilated(depth: Singles, half: NDArray[np.float64]) -> Singles:
    """The greatest depth that the ellipsoid around each voxel reaches, slice by slice.

    Parameters
    ----------
    depth : (z, y, x) array, voxels
        How far inside the surface each voxel's centre lies; right near the surface, and of the
        right sign elsewhere.
    half : (3, 2) array, half-axes in voxels

    Returns
    -------
    depth : array of the same shape
        Right between -0.5 and 0.5.
    """
    from hepatica.case.margin_kernels import dilate_slice
    from hepatica.case.margin_seed_kernels import STEEPEST, nearest_in_slice

    inverse = np.minimum(1.0 / np.maximum(half, 1e-12), STEEPEST)
    nearest = (
        np.empty(depth.shape, np.float32),
        np.empty(depth.shape, np.int16),
        np.zeros(depth.shape, np.int16),
    )
    out = np.empty_like(depth)
    slices = range(depth.shape[0])
    # Compiled loops that let go of the interpreter: threads run them side by side, and compile in
    # half the time that numba's own parallel loops take.
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(lambda k: nearest_in_slice(depth, k, inverse, nearest), slices))
        list(pool.map(lambda k: dilate_slice(depth, k, inverse, nearest, out), slices))
    return out
