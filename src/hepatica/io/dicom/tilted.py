"""Fills outlines that were drawn in planes tilted against the slices of the image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hepatica.case.contours import Contours
from hepatica.case.grid import Grid
from hepatica.case.structure import Structure

FLATNESS_MM = 0.1
_DISTINCT_MM = 0.1

Loop = NDArray[np.float64]


def plane_normal(loops: Sequence[Loop], grid: Grid) -> NDArray[np.float64] | None:
    """The direction across the planes of all loops.

    Returns
    -------
    normal : (3,) array, or None
        The normal of the grid itself where the loops are parallel to its slices (to 0.1 mm or a
        tenth of a slice); else their own; None where the loops share no plane.
    """
    if _height_mm(loops, grid.normal) <= max(FLATNESS_MM, 0.1 * grid.spacing_mm[2]):
        return grid.normal
    centred = np.concatenate([loop - loop.mean(axis=0) for loop in loops])
    normal = np.asarray(np.linalg.eigh(centred.T @ centred)[1][:, 0])
    normal = normal * (np.sign(normal[int(np.abs(normal).argmax())]) or 1.0)
    return normal if _height_mm(loops, normal) <= FLATNESS_MM else None


def _height_mm(loops: Sequence[Loop], direction: NDArray[np.float64]) -> float:
    """How far the most tilted loop reaches along a direction, mm."""
    return max(float(np.ptp(loop @ direction)) for loop in loops)


def filled_in_own_planes(
    loops: Sequence[Loop], normal: NDArray[np.float64], image_grid: Grid
) -> Structure:
    """The outlines filled on a lattice of their own, parallel to the planes they were drawn in.

    Parameters
    ----------
    loops : (points, 3) arrays, mm
    normal : (3,) array, unit vector
    image_grid : Grid
        Its finest spacing is used within the planes.

    Returns
    -------
    structure : Structure
        Not on the lattice of the image; ``.on(lattice)`` brings it there with its volume.
    """
    axes = axes_about(normal)
    heights = np.unique(np.round([float((loop @ normal).mean()) for loop in loops], 2))
    steps = np.diff(heights)
    steps = steps[steps > _DISTINCT_MM]
    plane_mm = float(np.median(steps)) if len(steps) else image_grid.spacing_mm[2]
    pixel_mm = min(image_grid.spacing_mm)
    spacing = np.array([pixel_mm, pixel_mm, plane_mm])
    along = np.concatenate(loops) @ axes
    low, high = along.min(axis=0) - spacing, along.max(axis=0) + spacing
    low[2] = heights[0] - plane_mm
    counts = np.ceil((high - low) / spacing).astype(int) + 1
    grid = Grid(
        shape=(int(counts[2]), int(counts[1]), int(counts[0])),
        spacing_mm=(pixel_mm, pixel_mm, plane_mm),
        origin_mm=tuple(axes @ low),
        direction=tuple(map(tuple, axes)),
    )
    return Structure.from_contours("outlines", Contours(tuple(loops)), grid)


def axes_about(normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3, 3) right-handed array of axes whose third column is the normal."""
    helper = np.eye(3)[int(np.abs(normal).argmin())]
    row = helper - (helper @ normal) * normal
    row = row / np.linalg.norm(row)
    return np.column_stack([row, np.cross(normal, row), normal])
