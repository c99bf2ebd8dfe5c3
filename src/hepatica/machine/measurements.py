"""What is measured on a treatment machine in water, before a beam model is fitted to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from hepatica.errors import InvalidInput
from hepatica.machine.parts import Floats, PrimaryFluence, frozen_floats

DepthKind = Literal["tpr", "pdd"]


@dataclass(frozen=True, eq=False)
class DepthTable:
    """Dose on the central ray against depth, one column per square field, in any normalisation.

    Parameters
    ----------
    kind : "tpr" or "pdd"
        ``tpr``: the detector stays at the isocentre and water is added. ``pdd``: the water surface
        stays and the detector moves.
    field_mm : (F,) array, mm, rising
        Side of each field in the isocentre plane.
    depth_mm : (D,) array, mm, rising
    value : (D, F) array
        Relative within each column.
    ssd_mm : float or None
        Distance from the source to the surface; only with ``pdd``.

    Raises
    ------
    InvalidInput
        If the table is bad or the distance is missing.
    """

    kind: DepthKind
    field_mm: Floats
    depth_mm: Floats
    value: Floats
    ssd_mm: float | None = None

    def __post_init__(self) -> None:
        for name in ("field_mm", "depth_mm", "value"):
            object.__setattr__(self, name, frozen_floats(getattr(self, name)))
        _axis("depth_mm", self.depth_mm, 0.0)
        _axis("field_mm", self.field_mm, 0.0)
        if self.value.shape != (self.depth_mm.size, self.field_mm.size):
            raise InvalidInput(
                f"Depth table: {self.value.shape} values for {self.depth_mm.size} depths and "
                f"{self.field_mm.size} fields; give one value per depth and field."
            )
        _not_negative("depth table", self.value)
        if np.any(self.value.max(axis=0) <= 0):
            raise InvalidInput("Depth table: a column holds zeros only. Leave the field out.")
        if (self.kind == "pdd") == (self.ssd_mm is None):
            raise InvalidInput(
                f"Depth table: kind is {self.kind} and ssd_mm {self.ssd_mm}; a PDD needs the "
                "distance to the surface, a TPR has none. Correct the description."
            )


@dataclass(frozen=True, eq=False)
class OutputFactors:
    """Dose on the central ray against field size, at one place in water.

    Parameters
    ----------
    field_mm : (N,) array, mm, rising
        Side of each square field in the isocentre plane.
    factor : (N,) array
        1 at the reference field.
    ssd_mm, depth_mm : float
        Distance from the source to the surface, and depth, mm.

    Raises
    ------
    InvalidInput
        If the table is bad or no field has the factor 1.
    """

    field_mm: Floats
    factor: Floats
    ssd_mm: float
    depth_mm: float

    def __post_init__(self) -> None:
        for name in ("field_mm", "factor"):
            object.__setattr__(self, name, frozen_floats(getattr(self, name)))
        _axis("output factors: field_mm", self.field_mm, 1e-9)
        if self.factor.shape != self.field_mm.shape:
            raise InvalidInput(
                f"Output factors: {self.factor.size} for {self.field_mm.size} fields; give one "
                "per field."
            )
        _not_negative("output factors", self.factor)
        if not np.any(np.isclose(self.factor, 1.0, atol=1e-6)):
            raise InvalidInput(
                "Output factors: no field has the factor 1. Divide all by the dose of the "
                "reference field (normally 100 mm)."
            )
        for name in ("ssd_mm", "depth_mm"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise InvalidInput(
                    f"Output factors: {name} is {value:g}; a distance above 0 mm is needed."
                )

    @property
    def reference_field_mm(self) -> float:
        """Side of the field whose factor is 1, mm."""
        return float(self.field_mm[int(np.argmin(np.abs(self.factor - 1.0)))])


@dataclass(frozen=True, eq=False)
class BeamMeasurements:
    """Everything that is measured of one beam.

    Parameters
    ----------
    name, title : str
    energy_mv, sad_mm, penumbra_fwhm_mm : float
        As in ``Machine``.
    depth_dose : DepthTable
    output_factors : OutputFactors
    primary_fluence : PrimaryFluence
    source : str
        Who measured it, and where it was published.
    unused : tuple of str
        What the files hold beside these and is not used.
    """

    name: str
    title: str
    energy_mv: float
    sad_mm: float
    penumbra_fwhm_mm: float
    depth_dose: DepthTable
    output_factors: OutputFactors
    primary_fluence: PrimaryFluence
    source: str
    unused: tuple[str, ...] = ()


def _axis(name: str, values: Floats, least: float) -> None:
    if values.ndim != 1 or values.size < 2 or not np.all(np.isfinite(values)):
        raise InvalidInput(
            f"{name}: {values.size} values, {int(np.sum(~np.isfinite(values)))} of them not "
            "finite; at least two finite values are needed. Correct the table."
        )
    if values[0] < least:
        raise InvalidInput(f"{name}: starts at {values[0]:g} mm, below 0. Correct the table.")
    steps = np.diff(values)
    if np.any(steps <= 0):
        i = int(np.argmax(steps <= 0))
        raise InvalidInput(
            f"{name}: {values[i + 1]:g} mm follows {values[i]:g} mm; values must rise. Sort the "
            "table and remove what is there twice."
        )


def _not_negative(name: str, values: Floats) -> None:
    if not np.all(np.isfinite(values)) or np.any(values < 0):
        bad = values[~(np.isfinite(values) & (values >= 0))]
        raise InvalidInput(
            f"{name}: {bad.size} value(s) are below 0 or not finite (first: {bad[0]:g}); dose is 0 "
            "or more. Correct or leave out these measurements."
        )
