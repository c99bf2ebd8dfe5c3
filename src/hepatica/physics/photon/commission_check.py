"""How well a machine repeats the measurements: every field, every depth, every output factor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hepatica.errors import InvalidInput
from hepatica.machine import Machine
from hepatica.machine.measurements import BeamMeasurements
from hepatica.machine.parts import Floats
from hepatica.physics.photon.commission_rows import ELECTRON_DEPTH_MM
from hepatica.physics.photon.square_field import square_field_dose

JUDGED_FIELD_MM = 20.0
JUDGED_FACTOR_FIELD_MM = 10.0
DEPTH_GOAL_PERCENT = 0.5
FACTOR_GOAL_PERCENT = 1.0


@dataclass(frozen=True)
class FieldError:
    """Errors of one field's depth curve, in per cent of its highest measured value.

    Parameters
    ----------
    field_mm : float
    largest_percent, at_depth_mm, rms_percent : float
        Beyond the build-up region, the curve's level matched to the measurement.
    pinned_percent : float
        The largest error if the level is fixed at the one depth where the table says 1 (or 100)
        instead; the noise of that single measurement then stands in all others.
    build_up_percent : float
        The largest error within the build-up region, where the model does not claim to hold.
    """

    field_mm: float
    largest_percent: float
    at_depth_mm: float
    rms_percent: float
    pinned_percent: float
    build_up_percent: float


@dataclass(frozen=True)
class FactorError:
    """One output factor as measured and as the machine gives it."""

    field_mm: float
    measured: float
    model: float

    @property
    def percent(self) -> float:
        """Error, per cent of the measured factor."""
        return 100 * (self.model / self.measured - 1)


@dataclass(frozen=True, eq=False)
class FitCheck:
    """A machine held against measurements.

    Parameters
    ----------
    fields : tuple of FieldError
    factors : tuple of FactorError
    model : (D, F) array
        Depth doses as the machine gives them, at the level of the measured table; a field of size 0
        is NaN.
    """

    fields: tuple[FieldError, ...]
    factors: tuple[FactorError, ...]
    model: Floats

    @property
    def largest_depth_percent(self) -> float:
        """Largest error of fields of 20 mm and more beyond the build-up region."""
        return max(f.largest_percent for f in self.fields if f.field_mm >= JUDGED_FIELD_MM)

    @property
    def largest_factor_percent(self) -> float:
        """Largest error of an output factor of fields of 10 mm and more, without sign."""
        judged = (f for f in self.factors if f.field_mm >= JUDGED_FACTOR_FIELD_MM)
        return max(abs(f.percent) for f in judged)

    @property
    def meets_goals(self) -> bool:
        """Whether both errors are within 0.5 % and 1 %."""
        return (
            self.largest_depth_percent <= DEPTH_GOAL_PERCENT
            and self.largest_factor_percent <= FACTOR_GOAL_PERCENT
        )


def check_fit(machine: Machine, measured: BeamMeasurements) -> FitCheck:
    """Hold a machine against measurements, in the geometry in which these were made.

    Parameters
    ----------
    machine : Machine
    measured : BeamMeasurements

    Raises
    ------
    InvalidInput
        If the measurements hold no field by which a machine is judged.
    """
    table = measured.depth_dose
    depth = table.depth_mm
    ssd = measured.sad_mm - depth if table.ssd_mm is None else table.ssd_mm
    real = table.field_mm > 0
    model = np.full(table.value.shape, np.nan)
    model[:, real] = square_field_dose(machine, table.field_mm[real], ssd, depth)
    columns = [j for j in range(table.field_mm.size) if real[j]]
    level = {j: _level(model[:, j], table.value[:, j], depth) for j in columns}
    fields = tuple(
        _field_error(table.field_mm[j], depth, model[:, j], table.value[:, j]) for j in columns
    )
    for j in columns:
        model[:, j] *= level[j]
    factors = _factor_errors(machine, measured)
    if not any(f.field_mm >= JUDGED_FIELD_MM for f in fields) or not any(
        f.field_mm >= JUDGED_FACTOR_FIELD_MM for f in factors
    ):
        raise InvalidInput(
            f"Measurements {measured.name}: no field of {JUDGED_FIELD_MM:g} mm or more; a machine "
            "cannot be judged by smaller ones alone. Add such fields."
        )
    return FitCheck(fields, factors, model)


def _level(model: Floats, value: Floats, depth: Floats) -> float:
    """Factor that brings a model curve to the level of a measured one, beyond the build-up."""
    share = np.gradient(depth) * (depth >= ELECTRON_DEPTH_MM)
    return float(np.sum(share * model * value) / np.sum(share * model**2))


def _field_error(field_mm: float, depth: Floats, model: Floats, value: Floats) -> FieldError:
    percent = 100 / float(value.max())
    deep = depth >= ELECTRON_DEPTH_MM
    error = (_level(model, value, depth) * model - value) * percent
    largest = int(np.argmax(np.where(deep, np.abs(error), -1.0)))
    one = _normalised_at(depth, value)
    pinned = (model * (value[one] / model[one]) - value) * percent
    shallow = ~deep & (depth > 0)
    return FieldError(
        field_mm=float(field_mm),
        largest_percent=float(abs(error[largest])),
        at_depth_mm=float(depth[largest]),
        rms_percent=float(np.sqrt(np.mean(error[deep] ** 2))),
        pinned_percent=float(np.max(np.abs(pinned[deep]))),
        build_up_percent=float(np.max(np.abs(error[shallow]), initial=0.0)),
    )


def _normalised_at(depth: Floats, value: Floats) -> int:
    """Index of the deepest depth where a column is exactly 1 or 100; otherwise of its maximum."""
    exact = np.flatnonzero(np.isclose(value, 1.0, atol=1e-9) | np.isclose(value, 100.0, atol=1e-9))
    deep = exact[depth[exact] >= ELECTRON_DEPTH_MM]
    return int(deep[-1]) if deep.size else int(np.argmax(value))


def _factor_errors(machine: Machine, measured: BeamMeasurements) -> tuple[FactorError, ...]:
    at = measured.output_factors
    fields = np.append(at.field_mm, at.reference_field_mm)
    dose = square_field_dose(machine, fields, at.ssd_mm, np.array([at.depth_mm]))[0]
    found = dose[:-1] / dose[-1]
    rows = zip(at.field_mm, at.factor, found, strict=True)
    return tuple(FactorError(float(f), float(m), float(d)) for f, m, d in rows)
