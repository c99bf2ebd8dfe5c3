"""The individual dose: as much as the liver's risk level, the organs and the protocol allow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hepatica.engine.evaluation import Allocation, AllowedDose, OrganBound
from hepatica.engine.verdict import Verdict
from hepatica.errors import Infeasible
from hepatica.physics.biology import (
    LymanModel,
    TwoStepDose,
    binwise_dose_gy,
    curve_dose_gy,
    effective_volume,
    ntcp,
    two_step_dose_gy,
)
from hepatica.physics.dvh import DVH
from hepatica.protocol import Prescription, Stratum

DOSE_LEVEL = "dose level"
PROTOCOL_MAXIMUM = "protocol maximum"

_SAME_DOSE_GY = 1e-6


@dataclass(frozen=True, eq=False)
class LiverShape:
    """Dose to the normal liver as fractions of the prescription: what stays when a plan is scaled.

    ``relative_dose`` and ``volume_cc`` are (bins,) arrays.
    """

    relative_dose: NDArray[np.float64]
    volume_cc: NDArray[np.float64]

    @classmethod
    def of(cls, liver: DVH, prescription_gy: float) -> LiverShape:
        """The shape of a liver histogram under a plan that prescribes so much."""
        dose_gy, volume_cc = liver.bins()
        return cls(dose_gy / prescription_gy, volume_cc)

    def effective_volume(self, n: float) -> float:
        """Part of the liver that would carry the same risk at the full prescription."""
        return effective_volume(self.relative_dose, self.volume_cc, 1.0, n)


@dataclass(frozen=True)
class AllocationRule:
    """How the dose is chosen: the protocol's prescription, a model and a reading of the rule."""

    prescription: Prescription
    model: LymanModel
    reading: str


def allocate(
    rule: AllocationRule, shape: LiverShape, organs: Sequence[OrganBound], risk: float
) -> Allocation:
    """The dose at every risk level of the protocol, and what limits it.

    Parameters
    ----------
    rule : AllocationRule
    shape : LiverShape
    organs : OrganBound of every binding limit
        One without a dose is not known and makes the allocation unknown: the doses are then
        upper bounds.
    risk : float
        The level that is open.
    """
    veff = shape.effective_volume(rule.model.n)
    stratum = rule.prescription.stratum_at(veff)
    missing = tuple(f"{b.structure}: {b.reason}" for b in organs if b.dose_gy is None)
    if stratum is None:
        top = max(s.veff_to for s in rule.prescription.strata)
        reason = (
            f"The effective liver volume is {veff:.2f}; above {top:g} the protocol does not treat."
        )
        return Allocation(
            Verdict.NOT_MET, reason, rule.reading, None, veff, (), tuple(organs), risk, missing
        )
    try:
        levels = tuple(
            allowed_dose(rule, stratum, shape, organs, level)
            for level in rule.prescription.risk_levels
        )
    except Infeasible as error:
        return Allocation(
            Verdict.UNKNOWN,
            str(error),
            rule.reading,
            stratum.name,
            veff,
            (),
            tuple(organs),
            risk,
            missing,
        )
    verdict, reason = Verdict.MET, "All limits that bind the dose are known."
    if missing:
        verdict = Verdict.UNKNOWN
        reason = "The doses are upper bounds: " + " ".join(missing)
    return Allocation(
        verdict, reason, rule.reading, stratum.name, veff, levels, tuple(organs), risk, missing
    )


def allowed_dose(
    rule: AllocationRule,
    stratum: Stratum,
    shape: LiverShape,
    organs: Sequence[OrganBound],
    risk: float,
) -> AllowedDose:
    """The highest prescription at one risk level: the least of liver, organs and maximum."""
    given = rule.prescription
    found = two_step_dose_gy(
        rule.model,
        shape.relative_dose,
        shape.volume_cc,
        risk,
        given.fractions,
        given.allowance_gy,
    )
    liver_gy, liver_name, because = _liver_dose(rule, stratum, shape, risk, found)
    bounds = [(liver_gy, liver_name), (given.cap_gy, PROTOCOL_MAXIMUM)]
    bounds += [(b.dose_gy, b.structure) for b in organs if b.dose_gy is not None]
    allowed_gy, limited_by = min(bounds, key=lambda bound: bound[0])
    if limited_by != liver_name:
        because = f"{limited_by} allows {allowed_gy:.2f} Gy; the liver alone: {because}"
    return AllowedDose(
        risk=risk,
        curve_gy=found.curve_gy,
        binwise_gy=found.binwise_gy,
        liver_gy=liver_gy,
        allowed_gy=allowed_gy,
        deliverable_gy=deliverable(allowed_gy, given),
        ntcp=ntcp(rule.model, shape.relative_dose * allowed_gy, shape.volume_cc, given.fractions),
        limited_by=limited_by,
        because=because,
        curve_over_risk=found.binwise_gy < found.curve_gy - _SAME_DOSE_GY,
    )


def deliverable(dose_gy: float, prescription: Prescription) -> float:
    """The dose rounded down to whole steps per fraction, Gy."""
    step_gy = prescription.step_gy_per_fraction
    steps = math.floor(dose_gy / prescription.fractions / step_gy + 1e-9)
    return round(steps * step_gy * prescription.fractions, 6)


def _liver_dose(
    rule: AllocationRule,
    stratum: Stratum,
    shape: LiverShape,
    risk: float,
    found: TwoStepDose,
) -> tuple[float, str, str]:
    """Dose that the liver allows, what it is limited by, and why."""
    given = rule.prescription
    level_gy = given.fixed_dose_gy(stratum, risk)
    if stratum.doses == "fixed" and level_gy is not None:
        return _level_dose(rule, stratum, shape, level_gy)
    if rule.reading == "binwise":
        because = (
            f"The patient's own distribution carries a risk of {risk:.0%} at "
            f"{found.binwise_gy:.2f} Gy."
        )
        return found.binwise_gy, given.organ, because
    if found.binwise_exceeded:
        because = (
            f"The {risk:.0%} curve gives {found.curve_gy:.2f} Gy, but hot spots in the liver make "
            f"the patient's own risk reach {risk:.0%} at {found.binwise_gy:.2f} Gy, which holds."
        )
        return found.binwise_gy, given.organ, because
    return found.allowed_gy, given.organ, found.why


def _level_dose(
    rule: AllocationRule, stratum: Stratum, shape: LiverShape, level_gy: float
) -> tuple[float, str, str]:
    """The fixed dose of a stratum, lowered where the patient's own risk would be too high."""
    given = rule.prescription
    below = stratum.ntcp_below
    if below is not None:
        safe_gy = binwise_dose_gy(
            rule.model, shape.relative_dose, shape.volume_cc, below, given.fractions
        )
        if safe_gy < level_gy:
            because = (
                f"The dose level of stratum {stratum.name} is {level_gy:g} Gy, but the patient's "
                f"own risk reaches {below:.0%} at {safe_gy:.2f} Gy."
            )
            return safe_gy, given.organ, because
    because = f"The dose level of stratum {stratum.name} is {level_gy:g} Gy."
    return level_gy, DOSE_LEVEL, because


def curve_point_gy(rule: AllocationRule, veff: float, risk: float) -> float:
    """Dose of the risk curve at an effective volume, Gy, without any cap."""
    return float(curve_dose_gy(rule.model, veff, risk, rule.prescription.fractions))
