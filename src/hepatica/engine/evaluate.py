"""One dose distribution judged under one protocol: what a physicist asks of a plan, in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hepatica.case import Case, Dose, Margin
from hepatica.engine.derive import GTV, protocol_structures
from hepatica.engine.evaluation import (
    Allocation,
    Evaluation,
    OrganBound,
    PrescribedDose,
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
from hepatica.engine.liver_risk import liver_risk
from hepatica.engine.prescribe import AllocationRule, LiverShape, allocate
from hepatica.engine.prescribed import (
    APART,
    ASSUMED,
    BY_USER,
    FAR_APART,
    GivenPrescription,
    disagreement,
    no_prescription,
    prescribed_dose,
)
from hepatica.engine.risk_model import risk_model
from hepatica.engine.structure_dose import StructuresUnderDose, structure_dose, under_dose
from hepatica.engine.treated import treated_tumours
from hepatica.engine.verdict import Verdict
from hepatica.errors import InvalidInput, UsageError
from hepatica.protocol import IsotoxicProtocol, Limit, as_isotoxic

Progress = Callable[[str, int, int], None]

_TOTAL = ("PLAN", "MULTI_PLAN", "UNKNOWN")


@dataclass(frozen=True)
class EvaluationRequest:
    """What the user says about a plan; what is left out comes from the plan or the protocol.

    ``treated`` names the tumours that the plan treats, by default those that the dose evidently
    treats; ``facts`` answer the protocol's questions; ``limit_readings`` choose another reading of
    a limit; ``origin`` tells who says the prescription and the number of fractions.
    """

    risk: float
    prescription_gy: float | None = None
    fractions: int | None = None
    origin: str = BY_USER
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
    protocol: IsotoxicProtocol,
    dose: Dose,
    request: EvaluationRequest,
    progress: Progress | None = None,
) -> Evaluation:
    """Structures, prescription, limits, liver risk and individual dose of one distribution.

    Parameters
    ----------
    case : Case
    protocol : IsotoxicProtocol
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
        If the risk level is not one of the protocol's, or the protocol is not isotoxic.
    """
    step, protocol = _steps(progress), as_isotoxic(protocol)
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
    given = GivenPrescription(request.prescription_gy, request.fractions, request.origin)
    prescription = prescribed_dose(case, protocol, dose, given, under)
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
        warnings=_warnings(protocol, dose, bench, request, seen),
        remarks=structures.remarks,
    )


def structure_rows(
    under: StructuresUnderDose,
    protocol: IsotoxicProtocol,
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


def individual_dose(
    bench: Bench, rule: AllocationRule, organs: tuple[OrganBound, ...], risk: float
) -> Allocation:
    """The dose at every risk level; unknown, with the reason, where liver or prescription is."""
    under, prescription, organ = bench.under, bench.prescription, rule.prescription.organ
    histogram = under.histograms.get(organ)
    trouble = under.trouble(organ)
    if not trouble and prescription is None:
        trouble = no_prescription(bench.protocol, under)
    if not trouble and prescription is not None:
        trouble = disagreement(bench.protocol, under, prescription, FAR_APART)
    if trouble or histogram is None or prescription is None:
        return Allocation(
            Verdict.UNKNOWN, trouble, rule.reading, None, None, (), organs, risk, (trouble,)
        )
    return allocate(rule, LiverShape.of(histogram, prescription.dose_gy), organs, risk)


def _reading(protocol: IsotoxicProtocol, request: EvaluationRequest) -> str:
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


def _require_level(protocol: IsotoxicProtocol, risk: float) -> None:
    levels = protocol.prescription.risk_levels
    if risk not in levels:
        raise UsageError(
            f"--risk is {risk:g}; protocol {protocol.name} has the levels "
            f"{', '.join(f'{level:g}' for level in levels)}."
        )


def _warnings(
    protocol: IsotoxicProtocol, dose: Dose, bench: Bench, request: EvaluationRequest, seen: str
) -> tuple[str, ...]:
    """What a person must look at before believing a number."""
    structures, prescription = bench.under.structures, bench.prescription
    said = [seen] if seen else []
    said += structures.warnings
    if dose.summation != "PLAN":
        said.append(f"The dose's summation type is {dose.summation}: check that it is the total.")
    if "patient not compared" in dose.origin:
        said.append("Whose dose it is was not compared: case or dose has no PatientID.")
    if prescription is not None:
        said += _about_prescription(protocol, bench.under, prescription)
    for fact in protocol.facts:
        if fact.assumed is not None and fact.name not in request.facts:
            said.append(
                f"{fact.ask} Taken as {fact.assumed}; say otherwise with --fact {fact.name}=... ."
            )
    if GTV not in structures.present:
        said.append(structures.missing[GTV])
    return tuple(said)


def _about_prescription(
    protocol: IsotoxicProtocol, under: StructuresUnderDose, prescription: PrescribedDose
) -> list[str]:
    said = []
    fractions = protocol.prescription.fractions
    if prescription.fractions_origin == ASSUMED:
        said.append(
            f"No file states the number of fractions: {fractions} are assumed, as the protocol has "
            "it. Say otherwise with --fractions."
        )
    elif prescription.fractions != fractions:
        said.append(
            f"The plan gives {prescription.fractions} fractions, the protocol {fractions}: limits "
            "on dose are unknown, and the allowed doses are for the protocol's fractions."
        )
    apart = disagreement(protocol, under, prescription, APART)
    return [*said, apart] if apart else said


def _steps(progress: Progress | None) -> Callable[[str], None]:
    return (lambda text: progress(text, 0, 0)) if progress else (lambda text: None)
