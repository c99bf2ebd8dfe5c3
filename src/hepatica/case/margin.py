"""Grows a target by the margins that a physician prescribes, or shrinks it.

An ellipsoid with six half-axes (left, right, front, back, head, foot) is moved along the surface of
the structure; the edge of the result keeps its fractions of voxels.
"""

from __future__ import annotations

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
    growing = max(margin.sides_mm) > 0
    pad = _RIM + (np.ceil(half).astype(np.int64) if growing else np.zeros((3, 2), np.int64))
    values = np.pad(np.asarray(coverage.values, np.float32), pad)
    if half.any():
        values = _moved(values, half, growing)
    return _clipped(values, np.array(offset) - pad[:, 0], within)


def _moved(values: Singles, half: NDArray[np.float64], growing: bool) -> Singles:
    from hepatica.case.margin_kernels import dilate
    from hepatica.case.margin_seed_kernels import FULL, mend_thin_parts

    depth = _depth(values)
    mend_thin_parts(depth, values)
    if growing:
        further = dilate(depth, half)
        grown = np.maximum(values, np.clip(0.5 + further, 0, 1))
        return np.asarray(np.where((further > depth) | (depth >= FULL), grown, values))
    further = dilate(-depth, np.ascontiguousarray(-half[:, ::-1]))
    shrunk = np.minimum(values, np.clip(0.5 - further, 0, 1))
    return np.asarray(np.where((further > -depth) | (depth <= -FULL), shrunk, values))


def _depth(values: Singles) -> Singles:
    """How far inside the surface each voxel's centre lies, in voxels; cut off at +-1.8.

    A plane that is averaged over voxels and smoothed with (1 2 1)/4 along each axis fades like a
    normal distribution of variance 1/12 + 1/2, at any angle; its inverse gives the depth. Smoothing
    pulls a curved surface inward: what a second smoothing pulls, averaged along the surface, is
    added back.
    """
    from hepatica.case.margin_seed_kernels import BAND, smooth

    first = _faded_depth(smooth(values))
    second = _faded_depth(smooth(np.clip(0.5 + first, 0, 1)))
    curved = np.abs(first) < BAND
    pulled = smooth(smooth(np.where(curved, first - second, np.float32(0))))
    share = smooth(smooth(curved.astype(np.float32)))
    return np.where(curved, first + pulled / np.maximum(share, _FAINT), first)


def _faded_depth(faded: Singles) -> Singles:
    from scipy.special import ndtri

    deepest = np.float32(ndtri(1 - _FAINT) * _SIGMA)
    depth = np.where(faded > 0.5, deepest, -deepest).astype(np.float32)
    band = np.flatnonzero((faded > _FAINT) & (faded < 1 - _FAINT))
    depth.ravel()[band] = _SIGMA * ndtri(faded.ravel()[band])
    return depth


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
