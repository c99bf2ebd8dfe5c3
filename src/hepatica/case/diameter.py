"""How wide a structure is, as a radiologist measures it: the longest line within one slice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hepatica.case.structure import Structure

_FEW = 4


def longest_diameter_mm(structure: Structure) -> float:
    """The longest distance between two points of one outline on one slice, mm.

    The outlines are those that were drawn, else those of the half-covered voxels; then the number
    is good to about a voxel. Two parts of a structure on one slice are measured apart.

    Parameters
    ----------
    structure : Structure

    Returns
    -------
    float, mm
        0 for an empty structure.

    Source
    ------
    The longest diameter in the plane of measurement, RECIST 1.1 (Eisenhauer 2009, Eur J Cancer
    45:228).
    """
    if structure.is_empty:
        return 0.0
    return max((_longest(loop) for loop in _loops(structure)), default=0.0)


def _loops(structure: Structure) -> tuple[NDArray[np.float64], ...]:
    if structure.contours is not None:
        return structure.contours.loops
    from hepatica.case.outline import outline

    return outline(structure.coverage).loops


def _longest(loop: NDArray[np.float64]) -> float:
    """Between corners of the convex hull: the two points farthest apart are among them."""
    from scipy.spatial.distance import pdist

    return float(pdist(_corners(loop)).max()) if len(loop) > 1 else 0.0


def _corners(loop: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.spatial import ConvexHull, QhullError

    flat = loop - loop.mean(axis=0)
    axes = np.linalg.svd(flat, full_matrices=False)[2][:2]
    if len(loop) < _FEW:
        return loop
    try:
        return np.asarray(loop[ConvexHull(flat @ axes.T).vertices])
    except QhullError:
        # All points on one line: there is no hull, and few points.
        return loop
