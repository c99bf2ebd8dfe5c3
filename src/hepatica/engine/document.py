"""An evaluation as a plain document: what `--json` prints and `evaluation.json` holds."""

from __future__ import annotations

import math
from typing import Any

from hepatica.engine.evaluation import (
    Allocation,
    AllowedDose,
    Evaluation,
    LimitVerdict,
    LiverRisk,
    RiskReading,
    StructureDose,
)
from hepatica.physics.biology import LymanModel


def evaluation_document(result: Evaluation) -> dict[str, Any]:
    """Everything an evaluation found, as JSON-ready values.

    Dose keys end in ``_gy`` and are total doses; risks are fractions of one, and serve as keys
    with two decimals (``"0.10"``). What is not known is null, with a reason beside it.
    """
    return {
        "case": result.case.case_id,
        "protocol": {
            "name": result.protocol.name,
            "version": result.protocol.version,
            "sha256": result.protocol.sha256,
        },
        "dose": {
            "label": result.dose.label,
            "summation": result.dose.summation,
            "origin": result.dose.origin,
        },
        "prescription": _prescription(result),
        "structures": {name: _structure(row) for name, row in result.structures.items()},
        "risk": None if result.risk is None else _risk(result.risk),
        "allocation": _allocation(result.allocation),
        "limits": [_limit(limit) for limit in result.limits],
        "indices": {name: dict(values) for name, values in result.indices.items()},
        "advice": list(result.advice),
        "missing": list(result.missing),
        "warnings": list(result.warnings),
        "remarks": list(result.remarks),
        "notes": [
            {"kind": note.kind, "subject": note.subject, "text": note.text}
            for note in result.case.notes
        ],
        "research_use_only": True,
    }


def risk_key(risk: float) -> str:
    """A risk level as a key: two decimals, more where the level has more."""
    text = f"{risk:.2f}"
    return text if float(text) == risk else f"{risk:g}"


def model_document(model: LymanModel) -> dict[str, Any]:
    """A risk model with every parameter and where it comes from."""
    return {
        "name": model.name,
        "n": model.n,
        "m": model.m,
        "td50_gy": model.td50_gy,
        "reference_fraction_gy": model.reference_fraction_gy,
        "alpha_beta_gy": model.alpha_beta_gy,
        "endpoint": model.endpoint,
        "patients": model.patients,
        "source": model.source,
        "status": model.status,
    }


def _prescription(result: Evaluation) -> dict[str, Any] | None:
    given = result.prescription
    if given is None:
        return None
    return {
        "dose_gy": given.dose_gy,
        "fractions": given.fractions,
        "dose_per_fraction_gy": given.per_fraction_gy,
        "origin": given.origin,
        "fractions_origin": given.fractions_origin,
        "risk_level": result.allocation.risk,
    }


def _structure(row: StructureDose) -> dict[str, Any]:
    dvh = row.dvh
    return {
        "volume_cc": row.volume_cc,
        "contour_volume_cc": row.contour_volume_cc,
        "dvh_volume_cc": None if dvh is None else dvh.covered_cc,
        "uncovered_fraction": row.uncovered_fraction,
        "mean_gy": None if dvh is None else dvh.mean_gy,
        "min_gy": None if dvh is None else dvh.min_gy,
        "max_gy": None if dvh is None else dvh.max_gy,
        "metrics": {name: metric.value for name, metric in row.metrics.items()},
        "unknown": {n: m.reason for n, m in row.metrics.items() if m.value is None},
        "origin": row.structure.origin,
        "derived": row.structure.derived,
        "remarks": list(row.remarks),
    }


def _risk(risk: LiverRisk) -> dict[str, Any]:
    return {
        "veff": risk.effective_volume,
        "geud_gy": risk.reading.geud_gy,
        "ntcp": risk.reading.ntcp,
        "ntcp_uniform": risk.reading.ntcp_uniform,
        "model": model_document(risk.reading.model),
        "sensitivity": [_reading(reading) for reading in risk.sensitivity],
    }


def _reading(reading: RiskReading) -> dict[str, Any]:
    return {
        "reference_fraction_gy": reading.model.reference_fraction_gy,
        "model": reading.model.name,
        "status": reading.model.status,
        "geud_gy": reading.geud_gy,
        "ntcp": reading.ntcp,
        "ntcp_uniform": reading.ntcp_uniform,
        "allowance_gy": reading.allowance_gy,
        "allowed_gy": {risk_key(risk): dose for risk, dose in reading.allowed_gy.items()},
    }


def _allocation(allocation: Allocation) -> dict[str, Any]:
    chosen = allocation.chosen
    return {
        "verdict": allocation.verdict.value,
        "reason": allocation.reason,
        "stratum": allocation.stratum,
        "veff": allocation.effective_volume,
        "risk_level": allocation.risk,
        "reading": allocation.reading,
        "is_upper_bound": allocation.is_upper_bound,
        "doses_gy": {risk_key(a.risk): a.allowed_gy for a in allocation.levels},
        "levels": {risk_key(a.risk): _allowed(a) for a in allocation.levels},
        "allowed_gy": None if chosen is None else chosen.allowed_gy,
        "limited_by": None if chosen is None else chosen.limited_by,
        "organs": [
            {
                "structure": bound.structure,
                "metric": bound.metric,
                "limit": bound.limit,
                "unit": bound.unit,
                "dose_gy": None if bound.dose_gy == math.inf else bound.dose_gy,
                "reason": "no dose reaches it" if bound.dose_gy == math.inf else bound.reason,
            }
            for bound in allocation.organs
        ],
        "missing": list(allocation.missing),
    }


def _allowed(dose: AllowedDose) -> dict[str, Any]:
    return {
        "curve_gy": dose.curve_gy,
        "binwise_gy": dose.binwise_gy,
        "liver_gy": dose.liver_gy,
        "allowed_gy": dose.allowed_gy,
        "deliverable_gy": dose.deliverable_gy,
        "ntcp": dose.ntcp,
        "limited_by": dose.limited_by,
        "because": dose.because,
        "curve_over_risk": dose.curve_over_risk,
    }


def _limit(limit: LimitVerdict) -> dict[str, Any]:
    return {
        "name": limit.name,
        "structure": limit.structure,
        "metric": limit.metric,
        "value": limit.value,
        "comparison": limit.comparison,
        "limit": limit.limit,
        "unit": limit.unit,
        "verdict": limit.verdict.value,
        "reason": limit.reason,
        "kind": limit.kind,
        "strength": limit.strength,
        "source": limit.source,
        "status": limit.status,
        "reading": limit.reading,
    }
