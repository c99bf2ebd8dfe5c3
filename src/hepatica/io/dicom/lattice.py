"""Says how the slices of a scan lie in the patient, and whether they are evenly spaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hepatica.errors import InvalidInput

TOLERANCE_MM = 0.01
TOLERANCE_FRACTION = 0.01
_DRIFT_FRACTION = 0.05
_ORTHONORMAL_TOLERANCE = 2e-3
_LISTED = 6


@dataclass(frozen=True)
class Layout:
    """An even row of slices.

    Parameters
    ----------
    first_mm, spacing_mm, count : where the slices lie along the normal
    resampled : True when the slices read were not even and must be interpolated
    """

    first_mm: float
    spacing_mm: float
    count: int
    resampled: bool = False

    @property
    def positions_mm(self) -> NDArray[np.float64]:
        """(count,) array: position of each slice along the normal, mm."""
        return self.first_mm + self.spacing_mm * np.arange(self.count, dtype=np.float64)


def axes_of(orientation: Sequence[float], what: str) -> NDArray[np.float64]:
    """Direction of columns, rows and slices from ImageOrientationPatient.

    Returns
    -------
    axes : (3, 3) array
        Column 2 is the cross product of the other two: the image is never mirrored.

    Raises
    ------
    InvalidInput
        If there are not six numbers, or they are not two unit vectors at right angles.
    """
    values = np.array(orientation, dtype=float)
    if values.shape != (6,) or not np.isfinite(values).all():
        raise InvalidInput(
            f"{what}: ImageOrientationPatient has {values.size} numbers; 6 are needed. Without it "
            "nobody can say how the slices lie in the patient."
        )
    row, column = values[:3], values[3:]
    faults = [abs(row @ row - 1), abs(column @ column - 1), abs(row @ column)]
    if max(faults) > _ORTHONORMAL_TOLERANCE:
        raise InvalidInput(
            f"{what}: ImageOrientationPatient is {values.tolist()}; it must hold two unit vectors "
            "at right angles."
        )
    row = row / np.linalg.norm(row)
    column = column - (column @ row) * row
    column = column / np.linalg.norm(column)
    return np.column_stack([row, column, np.cross(row, column)])


def layout_of(positions_mm: NDArray[np.float64], resample_missing: bool, what: str) -> Layout:
    """The even row on which two or more sorted slices lie.

    Parameters
    ----------
    positions_mm : (slices,) array, increasing, mm
    resample_missing : accept gaps and mixed spacing; slices are then interpolated linearly at the
        smallest spacing
    what : the words with which a message begins

    Raises
    ------
    InvalidInput
        If the spacing varies by more than 0.01 mm + 1 % and resampling was not asked for.
    """
    steps = np.diff(positions_mm)
    count = len(positions_mm)
    mean = float(positions_mm[-1] - positions_mm[0]) / (count - 1)
    even = positions_mm[0] + mean * np.arange(count)
    allowed = TOLERANCE_MM + TOLERANCE_FRACTION * float(np.median(steps))
    steady = np.abs(steps - np.median(steps)).max() <= allowed
    no_drift = np.abs(positions_mm - even).max() <= TOLERANCE_MM + _DRIFT_FRACTION * mean
    if steady and no_drift:
        return Layout(float(positions_mm[0]), mean, count)
    if not resample_missing:
        raise InvalidInput(_uneven(positions_mm, what))
    smallest = float(steps.min())
    extent = float(positions_mm[-1] - positions_mm[0])
    count = int(np.floor(extent / smallest + TOLERANCE_FRACTION)) + 1
    return Layout(float(positions_mm[0]), smallest, count, resampled=True)


def interpolated(
    values: NDArray[np.generic], positions_mm: NDArray[np.float64], layout: Layout
) -> NDArray[np.float32]:
    """Slices at the even positions, linear between the two neighbours.

    Parameters
    ----------
    values : (slices, rows, columns) array at ``positions_mm``
    """
    wanted = np.clip(layout.positions_mm, positions_mm[0], positions_mm[-1])
    above = np.clip(np.searchsorted(positions_mm, wanted), 1, len(positions_mm) - 1)
    low, high = positions_mm[above - 1], positions_mm[above]
    share = ((wanted - low) / (high - low)).astype(np.float32)
    result = np.empty((layout.count, *values.shape[1:]), np.float32)
    for k, (upper, weight) in enumerate(zip(above, share, strict=True)):
        result[k] = (1 - weight) * values[upper - 1] + weight * values[upper]
    return result


def _uneven(positions_mm: NDArray[np.float64], what: str) -> str:
    steps = np.diff(positions_mm)
    usual = float(np.median(steps))
    odd = np.flatnonzero(np.abs(steps - usual) > TOLERANCE_MM + TOLERANCE_FRACTION * usual)
    places = [f"{positions_mm[k]:.2f} to {positions_mm[k + 1]:.2f} mm" for k in odd[:_LISTED]]
    more = f" and {len(odd) - _LISTED} more" if len(odd) > _LISTED else ""
    listed = f" Other steps: {', '.join(places)}{more}." if places else ""
    return (
        f"{what}: the {len(positions_mm)} slices are not evenly spaced (steps from "
        f"{steps.min():.3f} to {steps.max():.3f} mm, usual {usual:.3f} mm along the slice normal)."
        f"{listed} Slices may be missing, or two scans mixed. Export them complete and evenly "
        "spaced, or ask for --resample-missing to interpolate between the neighbours."
    )
