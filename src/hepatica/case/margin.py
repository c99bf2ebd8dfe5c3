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

_OBLIQUE = np.sin(np.radians(1.0))


def grow(coverage: Volume, margin: Margin, within: Grid) -> Volume:
    """The coverage moved outward, or inward for negative margins.

    Growing takes the highest coverage within the ellipsoid around each voxel, interpolated between
    voxel centres, so that a flat surface moves by exactly the margin. Shrinking grows what is
    outside; everything beyond the coverage's own voxels counts as outside, also where the image
    cuts the structure off.

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
    if min(margin.sides_mm) < 0:
        return _clipped(_shrunk(coverage, half), np.array(offset), within)
    pad = np.where(half > 0, np.ceil(half) + 1, 0).astype(int)
    return _clipped(_grown(coverage, half, pad), offset - pad[:, 0], within)


def _grown(
    coverage: Volume, half: NDArray[np.float64], pad: NDArray[np.int64]
) -> NDArray[np.float32]:
    from hepatica.case.margin_kernels import dilate

    return dilate(np.pad(coverage.values.astype(np.float32), pad), half)


def _shrunk(coverage: Volume, half: NDArray[np.float64]) -> NDArray[np.float32]:
    from hepatica.case.margin_kernels import dilate

    outside = np.pad(1 - coverage.values.astype(np.float32), 2, constant_values=1)
    mirrored = np.ascontiguousarray(np.abs(half[:, ::-1]))
    return (1 - dilate(outside, mirrored))[2:-2, 2:-2, 2:-2]


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


def _clipped(values: NDArray[np.float32], start: NDArray[np.int64], within: Grid) -> Volume:
    """What lies on ``within``; ``start`` is the index there of the first voxel of ``values``."""
    low = np.clip(start, 0, within.shape)
    high = np.clip(start + values.shape, 0, within.shape)
    if (low >= high).any():
        return Volume(np.zeros((1, 1, 1), np.float32), within.crop((0, 0, 0), (1, 1, 1)), "1")
    part = values[tuple(slice(a, b) for a, b in zip(low - start, high - start, strict=True))]
    return Volume(part, within.crop(tuple(low), tuple(high)), "1").trimmed()
