"""How tightly the dose fits each target."""

from __future__ import annotations

from collections.abc import Mapping

from hepatica.case import Dose, Volume
from hepatica.engine.derive import ProtocolStructures
from hepatica.engine.evaluation import PrescribedDose
from hepatica.engine.structure_dose import StructuresUnderDose
from hepatica.physics.dvh import PlanIndices, plan_indices
from hepatica.protocol import IsotoxicProtocol


def target_indices(
    protocol: IsotoxicProtocol,
    under: StructuresUnderDose,
    dose: Dose,
    prescription: PrescribedDose | None,
) -> Mapping[str, Mapping[str, float]]:
    """Conformity, gradient and homogeneity of the target that the prescription covers.

    Isodose volumes are counted within the outline of the body where the case has one. Nothing is
    said of a target that is missing or leaves the dose grid, or without a prescription.
    """
    name = protocol.prescription.covers.structure
    if prescription is None or under.trouble(name):
        return {}
    target = under.structures.present[name]
    body = _outline(under.structures)
    found = plan_indices(dose.volume, target.coverage, prescription.dose_gy, body)
    return {name: _numbers(found)}


def _outline(structures: ProtocolStructures) -> Volume | None:
    drawn = (s for s in structures.present.values() if s.role == "EXTERNAL")
    return next((s.coverage for s in drawn), None)


def _numbers(found: PlanIndices) -> dict[str, float]:
    rows = {
        "coverage": found.coverage,
        "rtog_conformity": found.rtog_conformity,
        "paddick_conformity": found.paddick_conformity,
        "gradient": found.gradient,
        "r50": found.r50,
        "homogeneity": found.homogeneity,
    }
    return {name: value for name, value in rows.items() if value is not None}
