"""Whether a patient lies near the edge of a stratum, and which dose the other side would give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hepatica.engine.prescribe import AllocationRule, LiverShape, allowed_dose
from hepatica.errors import Infeasible
from hepatica.report.wording import gy, level, listed, number, plain

if TYPE_CHECKING:
    from hepatica.engine.evaluation import Allocation, Evaluation
    from hepatica.protocol import Prescription, Stratum

_NEAR = 0.01


def near_boundary(evaluation: Evaluation) -> str:
    """What a small change of the effective volume would do; empty away from every boundary."""
    rule, allocation = evaluation.protocol.prescription, evaluation.allocation
    veff = allocation.effective_volume
    if veff is None:
        return ""
    ends = [stratum.veff_to for stratum in rule.strata]
    edge = min(ends, key=lambda end: abs(end - veff))
    if abs(edge - veff) >= _NEAR:
        return ""
    here = allocation.stratum
    apart = f"{number(abs(edge - veff), 4)} {'below' if veff < edge else 'above'}"
    start = (
        f"The effective liver volume {number(veff, 4)} is {apart if veff != edge else 'on'} the "
        f"boundary {plain(edge)}"
    )
    beyond = _other_side(rule, edge, here)
    if beyond is None:
        return f"{start}; on the other side the protocol does not treat ({rule.above})."
    return f"{start}; on the other side, stratum {beyond.name}, {_doses(evaluation, beyond)}."


def _other_side(rule: Prescription, edge: float, here: str | None) -> Stratum | None:
    sides = [s for s in rule.strata if edge in (s.veff_from, s.veff_to)]
    return next((stratum for stratum in sides if stratum.name != here), None)


def _doses(evaluation: Evaluation, stratum: Stratum) -> str:
    """``54 Gy at 5 % ...``: what the rule of another stratum makes of this patient's liver."""
    allocation, rule = evaluation.allocation, evaluation.protocol.prescription
    row, given = evaluation.structures.get(rule.organ), evaluation.prescription
    found = evaluation.risk
    if row is None or row.dvh is None or given is None or found is None:
        return "the doses are unknown: they need the liver dose and the prescription"
    how = AllocationRule(rule, found.reading.model, allocation.reading)
    shape = LiverShape.of(row.dvh, given.dose_gy)
    try:
        doses = [allowed_dose(how, stratum, shape, allocation.organs, r) for r in rule.risk_levels]
    except Infeasible as error:
        return f"the doses are unknown: {str(error).rstrip('.')}"
    kind = "fixed dose levels" if stratum.doses == "fixed" else "the risk curve"
    reads = listed(f"{gy(d.allowed_gy)} at {level(d.risk)}" for d in doses)
    return f"{kind} would allow {_bound(allocation)}{reads} risk"


def _bound(allocation: Allocation) -> str:
    return "at most (upper bounds) " if allocation.missing else ""
