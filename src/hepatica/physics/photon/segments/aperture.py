"""An aperture: one opening that the leaves leave free, and the MU given through it.

Positions are millimetres in the isocentre plane, in the IEC 61217 frame of the collimator: u along
the leaves' travel (X), v across them (Y).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hepatica.errors import InvalidInput

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Positions closer than this are one position: a thousandth of what a leaf can be set to.
SAME_MM = 1e-6


@dataclass(frozen=True, eq=False)
class Aperture:
    """One opening of a beam.

    Parameters
    ----------
    leaf_mm : (2, pairs) array, mm
        Leaf tips: row 0 bank X1 (negative side), row 1 bank X2; pairs in the order of the machine's
        leaf boundaries.
    meterset_mu : float
        What is given through it, in the unit of the fluence: MU of a calibrated machine, over as
        many fractions as the dose.
    jaw_x_mm, jaw_y_mm : (negative side, positive side), mm, optional
        The jaws; None where the machine has none.

    Raises
    ------
    InvalidInput
        If the leaf positions are no two rows of numbers, or the meterset is negative.
    """

    leaf_mm: Floats
    meterset_mu: float
    jaw_x_mm: tuple[float, float] | None = None
    jaw_y_mm: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        leaves = np.array(self.leaf_mm, dtype=np.float64)
        if leaves.ndim != 2 or leaves.shape[0] != 2 or not np.isfinite(leaves).all():
            raise InvalidInput(
                f"Aperture: leaf positions of shape {leaves.shape} with "
                f"{int(np.sum(~np.isfinite(leaves)))} values that are no numbers; two rows of "
                "numbers are needed, bank X1 and bank X2."
            )
        if not (math.isfinite(self.meterset_mu) and self.meterset_mu >= 0):
            raise InvalidInput(
                f"Aperture: the meterset is {self.meterset_mu} MU; it needs to be 0 or more."
            )
        leaves.setflags(write=False)
        object.__setattr__(self, "leaf_mm", leaves)

    @property
    def pairs(self) -> int:
        """How many leaf pairs it has."""
        return int(self.leaf_mm.shape[1])
