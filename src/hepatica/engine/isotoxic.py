"""The dose that carries a given risk, for an effective liver volume and without a patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hepatica.engine.document import model_document, risk_key
from hepatica.engine.prescribe import AllocationRule, curve_point_gy
from hepatica.engine.risk_model import risk_model
from hepatica.errors import UsageError
from hepatica.physics.biology import LymanModel
from hepatica.protocol import IsotoxicProtocol, Prescription, as_isotoxic


@dataclass(frozen=True)
class CurveDose:
    """The dose at one risk level: on the curve, and as the protocol would give it."""

    risk: float
    curve_gy: float
    protocol_gy: float | None
    because: str


@dataclass(frozen=True)
class IsotoxicDoses:
    """Doses of the risk curves at one effective volume."""

    effective_volume: float
    fractions: int
    model: LymanModel
    stratum: str | None
    doses: tuple[CurveDose, ...]

    def as_document(self) -> dict[str, Any]:
        """The doses as JSON-ready values; keys are risk levels with two decimals."""
        return {
            "veff": self.effective_volume,
            "fractions": self.fractions,
            "doses_gy": {risk_key(d.risk): round(d.curve_gy, 2) for d in self.doses},
            "protocol_doses_gy": {risk_key(d.risk): _rounded(d.protocol_gy) for d in self.doses},
            "because": {risk_key(d.risk): d.because for d in self.doses},
            "stratum": self.stratum,
            "model": model_document(self.model),
        }


def isotoxic_doses(
    protocol: IsotoxicProtocol,
    veff: float,
    risks: Sequence[float],
    fractions: int | None = None,
    reference_fraction_gy: float | None = None,
) -> IsotoxicDoses:
    """The dose at each risk for a liver of which so large a part is irradiated uniformly.

    Parameters
    ----------
    protocol : IsotoxicProtocol
        Its risk model, strata, maximum and, unless given, number of fractions are used.
    veff : fraction of the liver, above 0 and at most 1
    risks : probabilities, between 0 and 1
    fractions : int, optional
    reference_fraction_gy : Gy, optional
        Another reading of the fraction size that the model's doses refer to.

    Returns
    -------
    IsotoxicDoses
        Total doses; for an uneven dose the patient's own distribution decides: see
        `hepatica plan evaluate`.

    Raises
    ------
    UsageError
        If a number is out of range.
    """
    _require_ranges(veff, risks, fractions, reference_fraction_gy)
    given = as_isotoxic(protocol).prescription
    own_schedule = fractions is None or fractions == given.fractions
    if fractions is not None:
        given = given.model_copy(update={"fractions": fractions})
    model = risk_model(given)
    if reference_fraction_gy is not None:
        model = model.with_reference_fraction(reference_fraction_gy)
    rule = AllocationRule(given, model, given.reading)
    doses = tuple(_curve_dose(rule, veff, risk, own_schedule) for risk in risks)
    stratum = given.stratum_at(veff)
    return IsotoxicDoses(
        veff, given.fractions, model, None if stratum is None else stratum.name, doses
    )


def _curve_dose(rule: AllocationRule, veff: float, risk: float, own_schedule: bool) -> CurveDose:
    curve_gy = curve_point_gy(rule, veff, risk)
    if not own_schedule:
        because = "The protocol's strata and maximum are written for its own number of fractions."
        return CurveDose(risk, curve_gy, None, because)
    protocol_gy, because = _as_protocol_gives(rule.prescription, veff, risk, curve_gy)
    return CurveDose(risk, curve_gy, protocol_gy, because)


def _as_protocol_gives(
    given: Prescription, veff: float, risk: float, curve_gy: float
) -> tuple[float | None, str]:
    stratum = given.stratum_at(veff)
    if stratum is None:
        return None, f"Above an effective volume of {given.strata[-1].veff_to:g} nobody is treated."
    level_gy = given.fixed_dose_gy(stratum, risk)
    if stratum.doses == "fixed" and level_gy is not None:
        return level_gy, f"Stratum {stratum.name} gives fixed dose levels."
    if stratum.doses == "fixed":
        levels = ", ".join(f"{level:g}" for level in given.risk_levels)
        return None, f"Stratum {stratum.name} has dose levels for the risks {levels} only."
    if curve_gy > given.cap_gy:
        return given.cap_gy, f"The protocol maximum of {given.cap_gy:g} Gy holds."
    return curve_gy, (
        f"Stratum {stratum.name}: the curve's dose; up to {given.allowance_gy:g} Gy more where the "
        "patient's own distribution allows."
    )


def _require_ranges(
    veff: float,
    risks: Sequence[float],
    fractions: int | None,
    reference_fraction_gy: float | None,
) -> None:
    if not 0 < veff <= 1:
        raise UsageError(f"--veff is {veff:g}; it is a fraction of the liver, above 0 and up to 1.")
    for risk in risks:
        if not 0 < risk < 1:
            raise UsageError(f"--risk is {risk:g}; it is a probability such as 0.10.")
    if fractions is not None and not 1 <= fractions <= 60:
        raise UsageError(f"--fractions is {fractions}; 1 to 60 is allowed.")
    if reference_fraction_gy is not None and not 0 < reference_fraction_gy <= 30:
        raise UsageError(
            f"--reference-fraction-gy is {reference_fraction_gy:g}; it is a dose per fraction "
            "above 0, such as 1.5."
        )


def _rounded(dose_gy: float | None) -> float | None:
    return None if dose_gy is None else round(dose_gy, 2)
