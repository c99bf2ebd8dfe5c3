"""How tightly a dose distribution fits its target, and how fast it falls off around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hepatica.case import Volume
from hepatica.errors import Inconsistent, InvalidInput
from hepatica.physics.dvh.curve import DVH
from hepatica.physics.dvh.histogram import dose_volume_histogram

_UNCOVERED_ALLOWED = 0.001


@dataclass(frozen=True)
class PlanIndices:
    """Volumes of two isodoses and the indices made of them.

    Parameters
    ----------
    target_cc : cc
    prescription_isodose_cc, half_isodose_cc : cc
        Tissue that receives at least the prescription, and at least half of it.
    covered_target_cc : cc
        Target that receives at least the prescription.
    d2_gy, d50_gy, d98_gy : Gy
        Doses to the hottest 2, 50 and 98 % of the target.
    half_isodose_complete : bool
        False when the half isodose runs out of the dose grid, so that its volume is a lower bound.
    """

    target_cc: float
    prescription_isodose_cc: float
    half_isodose_cc: float
    covered_target_cc: float
    d2_gy: float
    d50_gy: float
    d98_gy: float
    half_isodose_complete: bool

    @property
    def coverage(self) -> float:
        """Part of the target that receives the prescription."""
        return self.covered_target_cc / self.target_cc

    @property
    def rtog_conformity(self) -> float:
        """Prescription isodose over target volume (Shaw 1993, IJROBP 27:1231); 1 is ideal."""
        return self.prescription_isodose_cc / self.target_cc

    @property
    def paddick_conformity(self) -> float | None:
        """Coverage times selectivity (Paddick 2000, J Neurosurg 93 suppl 3:219); 1 is ideal.

        None when no tissue receives the prescription.
        """
        if self.prescription_isodose_cc <= 0:
            return None
        return self.coverage * self.covered_target_cc / self.prescription_isodose_cc

    @property
    def gradient(self) -> float | None:
        """Half over prescription isodose volume (Paddick and Lippitz 2006, J Neurosurg 105:194).

        None when no tissue receives the prescription.
        """
        if self.prescription_isodose_cc <= 0:
            return None
        return self.half_isodose_cc / self.prescription_isodose_cc

    @property
    def r50(self) -> float:
        """Half isodose over target volume (RTOG 0813 and 0915)."""
        return self.half_isodose_cc / self.target_cc

    @property
    def homogeneity(self) -> float | None:
        """(D2% - D98%) / D50% of the target (ICRU report 83, 2010); 0 is ideal.

        None when half of the target receives nothing.
        """
        if self.d50_gy <= 0:
            return None
        return (self.d2_gy - self.d98_gy) / self.d50_gy


def plan_indices(
    dose: Volume, target: Volume, prescription_gy: float, body: Volume | None = None
) -> PlanIndices:
    """Conformity, gradient and homogeneity of a dose around one target.

    Parameters
    ----------
    dose : Volume, Gy
    target : Volume, unit "1"
        Coverage of the target.
    prescription_gy : Gy
    body : Volume, unit "1", optional
        Coverage of the patient: isodose volumes are counted inside it, else in the whole grid.

    Returns
    -------
    indices : PlanIndices

    Raises
    ------
    InvalidInput
        If the prescription is not above 0, or the target is empty.
    Inconsistent
        If more than 0.1 % of the target lies outside the dose grid.
    """
    if not 0 < prescription_gy < float("inf"):
        raise InvalidInput(f"The prescription is {prescription_gy} Gy; it must be above 0.")
    inside = dose_volume_histogram(dose, target)
    if inside.uncovered_fraction > _UNCOVERED_ALLOWED:
        raise Inconsistent(
            f"{100 * inside.uncovered_fraction:.1f} % of the target lies outside the dose grid; "
            "its conformity is not known. Export a larger dose grid."
        )
    tissue = isodose_volumes(dose, body)
    d2, d50, d98 = (inside.dose_to_hottest_cc(p / 100 * inside.covered_cc) for p in (2, 50, 98))
    return PlanIndices(
        target_cc=inside.total_cc,
        prescription_isodose_cc=float(tissue.cumulative_cc(prescription_gy)),
        half_isodose_cc=float(tissue.cumulative_cc(0.5 * prescription_gy)),
        covered_target_cc=float(inside.cumulative_cc(prescription_gy)),
        d2_gy=d2,
        d50_gy=d50,
        d98_gy=d98,
        half_isodose_complete=_highest_on_border(dose) < 0.5 * prescription_gy,
    )


def isodose_volumes(dose: Volume, body: Volume | None = None) -> DVH:
    """The histogram of the body, or of the whole dose grid: its cumulative is isodose volumes.

    Parameters
    ----------
    dose : Volume, Gy
    body : Volume, unit "1", optional

    Returns
    -------
    dvh : DVH
        ``cumulative_cc(40.0)`` is the volume inside the 40-Gy isodose.
    """
    if body is None:
        body = Volume(np.ones(dose.grid.shape, np.float32), dose.grid, "1")
    return dose_volume_histogram(dose, body)


def _highest_on_border(dose: Volume) -> float:
    values = dose.values
    ends = (values[i] for i in (0, -1))
    rows = (values[:, i] for i in (0, -1))
    columns = (values[:, :, i] for i in (0, -1))
    return max(float(np.max(face)) for faces in (ends, rows, columns) for face in faces)
