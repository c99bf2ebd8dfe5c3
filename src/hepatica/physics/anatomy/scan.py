"""What an image rule sees, a CT on an even lattice, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hepatica.errors import InvalidInput

Bools = NDArray[np.bool_]
Singles = NDArray[np.float32]
Pitch = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Scan:
    """A CT on a lattice whose axes run to the head, to the back and to the left.

    Parameters
    ----------
    hu : (z, y, x) array, HU
        Means over the voxels of the lattice; -1024 where nothing was imaged.
    pitch_mm : (z, y, x) mm

    Raises
    ------
    InvalidInput
        If the array is not three-dimensional or a pitch is not positive.
    """

    hu: Singles
    pitch_mm: Pitch

    def __post_init__(self) -> None:
        if self.hu.ndim != 3:
            raise InvalidInput(f"A scan is (z, y, x); this array has the shape {self.hu.shape}.")
        if min(self.pitch_mm) <= 0:
            raise InvalidInput(f"The pitch of a scan is {self.pitch_mm} mm; each must be above 0.")

    @property
    def voxel_cc(self) -> float:
        """Volume of a voxel of the lattice, cc."""
        return float(np.prod(self.pitch_mm)) / 1000.0


@dataclass(frozen=True, eq=False)
class Finding:
    """An organ that a rule found.

    Parameters
    ----------
    level_mm : (z, y, x) array, mm
        About the distance to the surface: positive inside, negative outside, clipped far from it.
    quality : str
        What was checked and what to look at.
    """

    level_mm: Singles
    quality: str

    @property
    def mask(self) -> Bools:
        """The voxels whose centre is inside."""
        return np.asarray(self.level_mm > 0)


@dataclass(frozen=True)
class NotFound:
    """Why a rule found nothing that it can stand for."""

    reason: str
