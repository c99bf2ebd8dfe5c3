"""Which measured depth doses a beam model is fitted to, and how much each of them counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hepatica.errors import InvalidInput
from hepatica.machine.measurements import BeamMeasurements
from hepatica.machine.parts import Floats

ELECTRON_DEPTH_MM = 15.0
"""In front of this depth, electrons from the machine's head add dose that no component describes.

Source: the acceptance criterion of this fit; the build-up region of 6 MV beams ends here."""

_SURFACE_MM = 2.0
_SMALL_FIELD_MM = 20.0
_LIGHT = 0.1
_SMALL_FIELD_WEIGHT = 0.3
_DEEPEST_AT_LEAST_MM = 150.0


@dataclass(frozen=True, eq=False)
class Rows:
    """Measured depth doses as they are fitted.

    Parameters
    ----------
    field_mm : (F,) array, mm
    depth_mm : (D,) array, mm
    relative : (D, F) array
        Without inverse-square law, 1 at the highest value of each field.
    weight : (D, F) array
        Square root of what an error counts.
    distance_mm : (D,) array, mm
        From the source to the point of measurement.
    left_out : tuple of str
    """

    field_mm: Floats
    depth_mm: Floats
    relative: Floats
    weight: Floats
    distance_mm: Floats
    left_out: tuple[str, ...]

    @property
    def judged(self) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        """(D, F): rows by whose errors the fit is judged."""
        deep = self.depth_mm >= ELECTRON_DEPTH_MM
        return np.outer(deep, self.field_mm >= _SMALL_FIELD_MM)


def measured_rows(measured: BeamMeasurements) -> Rows:
    """The depth doses to fit to; the surface and a field of size 0 are left out.

    Raises
    ------
    InvalidInput
        If fewer than three fields or too few depths remain.
    """
    table = measured.depth_dose
    deep, real = table.depth_mm >= _SURFACE_MM, table.field_mm > 0
    field, depth = table.field_mm[real], table.depth_mm[deep]
    _require_enough(field, depth)
    fixed = None if table.kind == "tpr" else table.ssd_mm
    distance = np.full(depth.size, measured.sad_mm) if fixed is None else fixed + depth
    value = table.value[np.ix_(deep, real)] * (distance[:, None] / measured.sad_mm) ** 2
    relative = value / value.max(axis=0)
    share = np.gradient(depth)
    per_depth = np.sqrt(share / share.sum()) * np.where(depth >= ELECTRON_DEPTH_MM, 1.0, _LIGHT)
    per_field = np.where(field >= _SMALL_FIELD_MM, 1.0, _SMALL_FIELD_WEIGHT)
    return Rows(
        field, depth, relative, np.outer(per_depth, per_field), distance, _left_out(real, deep)
    )


def _left_out(real: np.ndarray, deep: np.ndarray) -> tuple[str, ...]:
    found = []
    if not np.all(real):
        found.append("The field of size 0 was not used: it is extrapolated, not measured.")
    if not np.all(deep):
        found.append(
            f"Depths below {_SURFACE_MM:g} mm were not used: the model has no dose at the surface."
        )
    return tuple(found)


def _require_enough(field: Floats, depth: Floats) -> None:
    if int(np.sum(field >= _SMALL_FIELD_MM)) < 3:
        raise InvalidInput(
            f"Depth table: {int(np.sum(field >= _SMALL_FIELD_MM))} field(s) of "
            f"{_SMALL_FIELD_MM:g} mm or more; at least 3 are needed to tell primary dose from "
            "scatter. Add fields, for example 50, 100 and 200 mm."
        )
    if depth.size < 12 or depth[-1] < _DEEPEST_AT_LEAST_MM or depth[0] > ELECTRON_DEPTH_MM:
        raise InvalidInput(
            f"Depth table: {depth.size} depths from {depth[0]:g} to {depth[-1]:g} mm; at least 12 "
            f"are needed, from {ELECTRON_DEPTH_MM:g} mm or less to {_DEEPEST_AT_LEAST_MM:g} mm or "
            "more. Is the unit right? Complete the table."
        )
