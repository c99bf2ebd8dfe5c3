"""One dose distribution judged under one protocol: what a physicist asks of a plan, in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from hepatica.case import Case, Dose, Margin
from hepatica.engine.derive import GTV, ProtocolStructures, protocol_structures
from hepatica.engine.evaluation import (
    Allocation,
    Evaluation,
    LiverRisk,
    OrganBound,
    PrescribedDose,
    RiskReading,
    StructureDose,
)
from hepatica.engine.indices import target_indices
from hepatica.engine.judge import (
    Bench,
    chosen_limits,
    given_advice,
    judge,
    organ_bounds,
    stated_facts,
)
from hepatica.engine.prescribe import AllocationRule, LiverShape, allocate
from hepatica.engine.risk_model import risk_model
from hepatica.engine.structure_dose import StructuresUnderDose, structure_dose, under_dose
from hepatica.engine.treated import treated_tumours
from hepatica.engine.verdict import Verdict
from hepatica.errors import InvalidInput, UsageError
from hepatica.physics.biology import (
    LymanModel,
    equivalent_geud,
    ntcp_from_geud,
    ntcp_uniform,
)
from hepatica.protocol import Limit, Protocol

Progress = Callable[[str, int, int], None]

_TOTAL = ("PLAN", "MULTI_PLAN", "UNKNOWN")
_FAR_FROM_EVEN = 2.0


@dataclass(frozen=True)
class EvaluationRequest:
    """What the user says about a plan; what is left out comes from the plan or the protocol.

    ``treated`` names the tumours that the plan treats, by default those that the dose evidently
    treats; ``facts`` answer the protocol's questions; ``limit_readings`` choose another reading of
    a limit.
    """

    risk: float
    prescription_gy: float | None = None
    fractions: int | None = None
    ptv_margin: Margin | None = None
    treated: tuple[str, ...] = ()
    reading: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    limit_readings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.prescription_gy is not None and not 0 < self.prescription_gy <= 200:
            raise UsageError(
                f"--prescription-gy is {self.prescription_gy:g}; it is a total dose above 0 and at "
                "most 200 Gy."
            )
        if self.fractions is not None and not 1 <= self.fractions <= 60:
            raise UsageError(f"--fractions is {self.fractions}; 1 to 60 is allowed.")


def evaluate_dose(
    case: Case,
    protocol: Protocol,
    dose: Dose,
    request: EvaluationRequest,
    progress: Progress | None = None,
) -> Evaluation:
    """Structures, prescription, limits, liver risk and individual dose of one distribution.

    Parameters
    ----------
    case : Case
    protocol : Protocol
    dose : Dose
        Total dose of the course, in the case's frame of reference.
    request : EvaluationRequest
    progress : function of (step, done, total), optional

    Returns
    -------
    Evaluation
        A limit that is not met is a result. What cannot be known carries the reason.

    Raises
    ------
    InvalidInput
        If the dose is not a total dose, or a fact, margin or reading is not understood.
    UsageError
        If the risk level is not one of the protocol's.
    """
    step = _steps(progress)
    _require_total(dose)
    _require_level(protocol, request.risk)
    rule = AllocationRule(
        protocol.prescription, risk_model(protocol.prescription), _reading(protocol, request)
    )
    limits = chosen_limits(protocol, request.limit_readings)
    facts = stated_facts(protocol, request.facts)

    step("deriving structures")
    treated, seen = (request.treated, "") if request.treated else treated_tumours(case, dose)
    structures = protocol_structures(case, protocol, request.ptv_margin, treated)
    step("dose-volume histograms")
    under = under_dose(structures, dose.volume)
    prescription = prescribed_dose(case, protocol, dose, request, under)
    bench = Bench(under, protocol, prescription, facts)
    step("limits, risk and individual dose")
    verdicts = judge(bench, limits)
    organs = organ_bounds(bench, limits)
    return Evaluation(
        case=case,
        protocol=protocol,
        dose=dose,
        prescription=prescription,
        structures=structure_rows(under, protocol, limits, prescription),
        risk=liver_risk(bench, rule, organs, request.fractions),
        allocation=individual_dose(bench, rule, organs, request.risk),
        limits=verdicts,
        indices=target_indices(protocol, under, dose, prescription),
        advice=given_advice(bench, protocol.advice),
        missing=tuple(sorted({v.reason for v in verdicts if v.verdict is Verdict.UNKNOWN})),
        warnings=(
            *((seen,) if seen else ()),
            *_warnings(protocol, dose, prescription, structures, request.facts),
        ),
    )


def prescribed_dose(
    case: Case,
    protocol: Protocol,
    dose: Dose,
    request: EvaluationRequest,
    under: StructuresUnderDose,
) -> PrescribedDose | None:
    """The prescription: as the user says, as the RTPLAN says, or as the protocol reads it."""
    plan = next((p for p in case.plans if p.uid and p.uid == dose.plan_uid), None)
    planned = None if plan is None else plan.fractions
    fractions = request.fractions or planned or protocol.prescription.fractions
    if request.prescription_gy is not None:
        return PrescribedDose(request.prescription_gy, fractions, "as given by the user")
    if plan is not None and plan.prescription_gy is not None:
        return PrescribedDose(plan.prescription_gy, fractions, f"RTPLAN {plan.label}")
    found_gy = _covering_dose_gy(protocol, under)
    if found_gy is None:
        return None
    covers = protocol.prescription.covers
    origin = f"no RTPLAN: read as {covers.metric} of {covers.structure}, as the protocol defines it"
    return PrescribedDose(found_gy, fractions, origin)


def _covering_dose_gy(protocol: Protocol, under: StructuresUnderDose) -> float | None:
    """The dose that covers the target; None where the plan does not cover it at all."""
    covers = protocol.prescription.covers
    found = under.value(covers.structure, covers.metric, None).value
    histogram = under.histograms.get(covers.structure)
    if found is None or histogram is None or found * _FAR_FROM_EVEN < histogram.max_gy:
        return None
    return found


def _no_prescription(protocol: Protocol, under: StructuresUnderDose) -> str:
    covers = protocol.prescription.covers
    why = under.trouble(covers.structure)
    if not why:
        histogram = under.histograms[covers.structure]
        value = under.value(covers.structure, covers.metric, None).value or 0.0
        hottest = 0.0 if histogram is None else histogram.max_gy
        why = (
            f"the dose does not cover {covers.structure} ({covers.metric} {value:.1f}, maximum "
            f"{hottest:.1f} Gy): say which tumours the plan treats with --treat."
        )
    return f"The prescribed dose is not known: {why} Or give --prescription-gy."


def structure_rows(
    under: StructuresUnderDose,
    protocol: Protocol,
    limits: tuple[Limit, ...],
    prescription: PrescribedDose | None,
) -> dict[str, StructureDose]:
    """A row for every structure there is, with the metrics that limits and report ask for."""
    asked: dict[str, list] = {name: [] for name in under.structures.present}  # type: ignore[type-arg]
    for row in protocol.report.rows:
        asked.setdefault(row.structure, []).extend(row.metrics)
    for limit in limits:
        asked.setdefault(limit.structure, []).append(limit.metric)
    dose_gy = None if prescription is None else prescription.dose_gy
    return {
        name: structure_dose(under, name, dict.fromkeys(metrics), dose_gy)
        for name, metrics in asked.items()
        if name in under.structures.present
    }


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


def individual_dose(
    bench: Bench, rule: AllocationRule, organs: tuple[OrganBound, ...], risk: float
) -> Allocation:
    """The dose at every risk level; unknown, with the reason, where liver or prescription is."""
    under, prescription, organ = bench.under, bench.prescription, rule.prescription.organ
    histogram = under.histograms.get(organ)
    trouble = under.trouble(organ)
    if not trouble and prescription is None:
        trouble = _no_prescription(bench.protocol, under)
    if trouble or histogram is None or prescription is None:
        return Allocation(
            Verdict.UNKNOWN, trouble, rule.reading, None, None, (), organs, risk, (trouble,)
        )
    return allocate(rule, LiverShape.of(histogram, prescription.dose_gy), organs, risk)


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
        return RiskReading(model, geud_gy, risk, None, {})
    veff = shape.effective_volume(model.n)
    uniform = None
    if veff > 0:
        uniform = ntcp_uniform(model, veff, prescription.dose_gy, prescription.fractions)
    levels = allocate(replace(rule, model=model), shape, organs, 0.0).levels
    return RiskReading(model, geud_gy, risk, uniform, {a.risk: a.allowed_gy for a in levels})


def _readings(model: LymanModel, fractions_gy: tuple[float, ...]) -> list[LymanModel]:
    wanted = dict.fromkeys((*fractions_gy, model.reference_fraction_gy))
    return [model.with_reference_fraction(gy) for gy in wanted]


def _reading(protocol: Protocol, request: EvaluationRequest) -> str:
    reading = request.reading or protocol.prescription.reading
    if reading not in protocol.prescription.readings:
        raise UsageError(
            f"--reading is {reading}; protocol {protocol.name} offers: "
            f"{', '.join(protocol.prescription.readings)}."
        )
    return reading


def _require_total(dose: Dose) -> None:
    if dose.summation not in _TOTAL:
        raise InvalidInput(
            f"Dose {dose.label}: DoseSummationType is {dose.summation}; a plan is judged on its "
            "total dose. Export the dose of the whole plan (PLAN)."
        )


def _require_level(protocol: Protocol, risk: float) -> None:
    levels = protocol.prescription.risk_levels
    if risk not in levels:
        raise UsageError(
            f"--risk is {risk:g}; protocol {protocol.name} has the levels "
            f"{', '.join(f'{level:g}' for level in levels)}."
        )


def _warnings(
    protocol: Protocol,
    dose: Dose,
    prescription: PrescribedDose | None,
    structures: ProtocolStructures,
    stated: Mapping[str, str],
) -> tuple[str, ...]:
    said = list(structures.remarks)
    if dose.summation != "PLAN":
        said.append(f"The dose's summation type is {dose.summation}: check that it is the total.")
    fractions = protocol.prescription.fractions
    if prescription is not None and prescription.fractions != fractions:
        said.append(
            f"The plan gives {prescription.fractions} fractions, the protocol {fractions}: limits "
            "on dose are unknown, and the allowed doses are for the protocol's fractions."
        )
    for fact in protocol.facts:
        if fact.assumed is not None and fact.name not in stated:
            said.append(
                f"{fact.ask} Taken as {fact.assumed}; say otherwise with --fact {fact.name}=... ."
            )
    if GTV not in structures.present:
        said.append(structures.missing[GTV])
    return tuple(said)


def _steps(progress: Progress | None) -> Callable[[str], None]:
    return (lambda text: progress(text, 0, 0)) if progress else (lambda text: None)
