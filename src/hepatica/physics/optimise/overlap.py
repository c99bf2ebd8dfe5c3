"""Which structure a voxel counts for where several overlap: the one of highest precedence."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from hepatica.errors import Inconsistent

BoolArray = npt.NDArray[np.bool_]


def without_overlap(
    masks: Mapping[str, BoolArray], precedence: Mapping[str, int]
) -> dict[str, BoolArray]:
    """Each structure without the voxels that one of higher precedence claims.

    Parameters
    ----------
    masks : dict of bool arrays of one shape
    precedence : dict of int
        The lowest number comes first: a target 0, organs 1, the outline of the body last.
        Structures of equal number share their common voxels.

    Returns
    -------
    dict of bool arrays

    Raises
    ------
    Inconsistent
        A structure has no precedence, or the shapes differ.
    """
    missing = sorted(set(masks) - set(precedence))
    if missing:
        raise Inconsistent(
            f"There is no precedence for {', '.join(missing)}; give each structure a number, the "
            "lowest for the one that claims shared voxels."
        )
    shapes = {name: mask.shape for name, mask in masks.items()}
    if len(set(shapes.values())) > 1:
        raise Inconsistent(f"Structures lie on different grids: {shapes}. Resample them first.")
    first = np.full(next(iter(shapes.values()), ()), np.iinfo(np.int64).max)
    for name, mask in masks.items():
        first[mask] = np.minimum(first[mask], precedence[name])
    return {name: mask & (first == precedence[name]) for name, mask in masks.items()}
