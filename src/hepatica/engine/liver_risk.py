"""The risk of liver disease that a plan carries, under every reading of the risk model."""

from __future__ import annotations

from hepatica.engine.evaluation import LiverRisk, OrganBound, PrescribedDose, RiskReading
from hepatica.engine.judge import Bench
from hepatica.engine.prescribe import AllocationRule, LiverShape, allocate
from hepatica.physics.biology import LymanModel, equivalent_geud, ntcp_from_geud, ntcp_uniform


def liver_risk(
    bench: Bench, rule: AllocationRule, organs: tuple[OrganBound, ...], fractions: int | None
) -> LiverRisk | None:
    """Risk of the plan as it is, under every reading of the reference fraction; None if unknown.

    The risk needs no prescription; the effective volume does, and is None without one.
    """
    under, prescription, organ = bench.under, bench.prescription, rule.prescription.organ
    histogram = under.histograms.get(organ)
    if under.trouble(organ) or histogram is None:
        return None
    if prescription is None:
        given = fractions or rule.prescription.fractions
        unscaled = PrescribedDose(1.0, given, "not known")
        shape = LiverShape.of(histogram, 1.0)
    else:
        unscaled, shape = prescription, LiverShape.of(histogram, prescription.dose_gy)
    readings = [
        _risk_reading(rule, model, shape, unscaled, None if prescription is None else organs)
        for model in _readings(rule.model, rule.prescription.reference_fraction_readings_gy)
    ]
    own_gy = rule.model.reference_fraction_gy
    own = next(r for r in readings if r.model.reference_fraction_gy == own_gy)
    veff = None if prescription is None else shape.effective_volume(rule.model.n)
    return LiverRisk(veff, own, tuple(readings))


def _risk_reading(
    rule: AllocationRule,
    model: LymanModel,
    shape: LiverShape,
    prescription: PrescribedDose,
    organs: tuple[OrganBound, ...] | None,
) -> RiskReading:
    """The risk under one model; ``organs`` is None where the prescription is not known."""
    dose_gy = shape.relative_dose * prescription.dose_gy
    geud_gy = equivalent_geud(model, dose_gy, shape.volume_cc, prescription.fractions)
    risk = ntcp_from_geud(model, geud_gy)
    if organs is None:
        return RiskReading(model, geud_gy, risk, None, {}, 0.0)
    veff = shape.effective_volume(model.n)
    uniform = None
    if 0 < veff <= 1:
        uniform = ntcp_uniform(model, veff, prescription.dose_gy, prescription.fractions)
    given = rule.prescription
    if model.reference_fraction_gy != given.reference_fraction_gy:
        # The other reading fits the published doses only without the allowance.
        given = given.model_copy(update={"allowance_gy": 0.0})
    levels = allocate(AllocationRule(given, model, rule.reading), shape, organs, 0.0).levels
    allowed = {level.risk: level.allowed_gy for level in levels}
    return RiskReading(model, geud_gy, risk, uniform, allowed, given.allowance_gy)


def _readings(model: LymanModel, fractions_gy: tuple[float, ...]) -> list[LymanModel]:
    wanted = dict.fromkeys((*fractions_gy, model.reference_fraction_gy))
    return [model.with_reference_fraction(gy) for gy in wanted]
