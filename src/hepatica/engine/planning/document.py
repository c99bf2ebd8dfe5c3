"""A new plan as a plain document: the keys of an evaluation, and beams and solver beside them."""

from __future__ import annotations

import math
from typing import Any

from hepatica.case import Beam
from hepatica.engine.document import evaluation_document, risk_key
from hepatica.engine.isotoxic_plan import IsotoxicOptimum
from hepatica.engine.planning.machine_steps import Rounding
from hepatica.engine.planning.records import TreatmentPlan


def plan_document(plan: TreatmentPlan) -> dict[str, Any]:
    """Everything that planning found, as JSON-ready values.

    The keys of `evaluation_document` are those of the dose that the segments deliver. ``beams``
    are the deliverable beams, ``solver`` says how dose and fluence were found.
    """
    evaluation = evaluation_document(plan.evaluation)
    return {
        **evaluation,
        "warnings": [*plan.warnings, *evaluation["warnings"]],
        "beams": [_beam(beam) for beam in plan.plan.beams],
        "machine": {"name": plan.machine.name, "version": plan.machine.version},
        "solver": _solver(plan),
    }


def _beam(beam: Beam) -> dict[str, Any]:
    return {
        "number": beam.number,
        "name": beam.name,
        "gantry_deg": beam.gantry_deg,
        "couch_deg": beam.couch_deg,
        "collimator_deg": beam.collimator_deg,
        "isocentre_mm": None if beam.isocentre_mm is None else list(beam.isocentre_mm),
        "energy_mv": beam.energy_mv,
        "meterset_mu": beam.meterset_mu,
        "dose_gy": beam.dose_gy,
        "dose_point_mm": None if beam.dose_point_mm is None else list(beam.dose_point_mm),
        "segments": [{"meterset_mu": segment.meterset_mu} for segment in beam.segments],
    }


def _solver(plan: TreatmentPlan) -> dict[str, Any]:
    delivery = plan.delivery
    return {
        "way": plan.request.way,
        "optimal": _optimum(plan.optimal),
        "as_published": _optimum(plan.published),
        "gain_gy": plan.gain_gy,
        "tradeoff": [
            {
                "risk": point.risk,
                "prescription_gy": point.prescription_gy,
                "limited_by": list(point.limited_by),
            }
            for point in plan.tradeoff
        ],
        "doses_gy": {
            risk_key(point.risk): point.prescription_gy
            for point in plan.tradeoff
            if point.risk in plan.evaluation.protocol.prescription.risk_levels
        },
        "delivery": {
            "segments": delivery.segments,
            "total_mu": delivery.total_mu,
            "ideal_gy": delivery.ideal_gy,
            "delivered_gy": delivery.delivered_gy,
            "ideal_d95_gy": delivery.ideal_d95_gy,
            "delivered_d95_gy": delivery.delivered_d95_gy,
            "loss": delivery.loss,
            "limited_by": delivery.limited_by,
            "status": delivery.status,
            "rounding": _rounding(delivery.rounding),
        },
        "beam_choice": {"how": plan.beams.how, "refused": list(plan.beams.refused)},
        "seconds": dict(plan.seconds),
    }


def _rounding(found: Rounding) -> dict[str, Any]:
    steps = found.resolution
    return {
        "meterset_step_mu": steps.meterset_mu,
        "leaf_step_mm": steps.leaf_mm,
        "jaw_step_mm": steps.jaw_mm,
        "stated_by_machine": found.stated,
        "d95_change_gy": found.covering_change_gy,
        "target_mean_change_gy": found.mean_change_gy,
        "largest_change_gy": found.largest_change_gy,
    }


def _optimum(found: IsotoxicOptimum) -> dict[str, Any]:
    return {
        "prescription_gy": found.prescription_gy,
        "ntcp": found.ntcp,
        "veff": found.effective_volume,
        "stratum": found.stratum,
        "bound_gy": _finite(found.bound_gy),
        "bound_literal_gy": _finite(found.bound_literal_gy),
        "limited_by": list(found.limited_by),
        "status": found.status,
        "residuals": dict(found.residuals),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
