"""From ideal fluence to a plan that a machine can carry out: segments, monitor units, dose.

Segments imitate the ideal dose. Then the dose they really give, leakage and all, is computed in the
whole body, and the plan is scaled: to the highest prescription that the protocol's rule allows for
this very dose distribution.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from hepatica.case import Beam, Case, Dose, Plan, Segment, Structure, Volume
from hepatica.engine.derive import ProtocolStructures
from hepatica.engine.evaluate import EvaluationRequest, evaluate_dose
from hepatica.engine.evaluation import AllowedDose, Evaluation
from hepatica.engine.isotoxic_plan import IsotoxicOptimum
from hepatica.engine.planning.choices import choice
from hepatica.engine.planning.irradiation import Irradiation
from hepatica.engine.planning.mimic import Ideal, mimicry
from hepatica.engine.planning.records import Delivery
from hepatica.engine.planning.request import BeamAngles, PlanRequest
from hepatica.errors import Infeasible
from hepatica.machine import Machine
from hepatica.physics.dvh import dose_volume_histogram, metric_value
from hepatica.physics.photon.segments import (
    Aperture,
    SegmentedPlan,
    SegmentOptions,
    faults,
    segmented,
)
from hepatica.protocol import IsotoxicProtocol, Limit

Tell = Callable[[str, int, int], None]

BY_PLAN = "as planned here, by the protocol"

READING_OF_WAY = {"optimal": "binwise", "as_published": "two_step"}
"""How the protocol's rule is read for the dose that each way may prescribe."""


@dataclass(frozen=True, eq=False)
class Delivered:
    """The deliverable plan and its dose, judged, with the account of what it cost."""

    plan: Plan
    dose: Dose
    case: Case
    evaluation: Evaluation
    account: Delivery
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Order:
    """For whom and by which rule a plan is made deliverable."""

    case: Case
    protocol: IsotoxicProtocol
    request: PlanRequest
    structures: ProtocolStructures

    @property
    def covered(self) -> Structure:
        """The target whose dose is prescribed."""
        return self.structures.present[self.protocol.prescription.covers.structure]

    def floors_gy(self, prescription_gy: float) -> dict[str, float]:
        """For every target, the dose that it must not fall below."""
        found = {self.covered.name: prescription_gy}
        for limit in self._target_limits():
            if limit.at_least is not None and limit.metric.unit == "Gy":
                found.setdefault(limit.structure, limit.at_least)
        return found

    @property
    def most(self) -> float:
        """The highest dose in a target, as a part of the prescription."""
        given = [
            limit.at_most / 100
            for limit in self._target_limits()
            if limit.at_most is not None and limit.metric.needs_prescription
        ]
        return min(given, default=math.inf)

    def is_target(self, name: str) -> bool:
        """Whether a region is a tumour, a target or the whole body, and no organ."""
        structure = self.structures.present.get(name)
        return structure is not None and structure.role in ("GTV", "CTV", "PTV", "EXTERNAL")

    def _target_limits(self) -> tuple[Limit, ...]:
        return tuple(limit for limit in self.protocol.limits if limit.kind == "target")


def deliver(
    irradiation: Irradiation, ideal: IsotoxicOptimum, order: Order, tell: Tell
) -> Delivered:
    """Segments, monitor units and dose of a plan, scaled to what may be prescribed.

    Raises
    ------
    Infeasible
        If no segment can be made, one breaks a limit of the leaves, or the protocol allows no dose.
    """
    rule = order.protocol.prescription
    found = _segments(irradiation, ideal, order, tell)
    tell("the dose of the segments", 0, 0)
    volume = irradiation.final_dose(found.beams)
    reached_gy = _covering_gy(volume, order)
    work = _Work(irradiation, order, found, volume)
    tell("the dose that may be prescribed", 0, 0)
    nominal = work.at(ideal.prescription_gy / reached_gy, ideal.prescription_gy)
    allowed = _allowed(nominal.evaluation)
    prescribed_gy = min(allowed.deliverable_gy, rule.cap_gy)
    tell("judging the plan", 0, 0)
    final = work.at(prescribed_gy / reached_gy, prescribed_gy)
    account = Delivery(
        segments=found.count,
        total_mu=sum(beam.meterset_mu or 0.0 for beam in final.plan.beams),
        ideal_gy=ideal.prescription_gy,
        delivered_gy=prescribed_gy,
        ideal_d95_gy=ideal.covering_gy,
        delivered_d95_gy=reached_gy,
        limited_by=allowed.limited_by,
        status=f"{found.count} segments after {found.evaluations} evaluations of the dose.",
    )
    return Delivered(final.plan, final.dose, final.case, final.evaluation, account)


def _segments(
    irradiation: Irradiation, ideal: IsotoxicOptimum, order: Order, tell: Tell
) -> SegmentedPlan:
    """Openings that imitate the ideal dose, each of which the leaves can form."""
    scene, rule = irradiation.scene, order.protocol.prescription
    dose = np.asarray(irradiation.operator.forward(ideal.weights), float)
    wish = Ideal(dose, ideal.prescription_gy, order.most)
    floors = order.floors_gy(ideal.prescription_gy)
    regions = {n: r for n, r in scene.regions.items() if n in floors or not order.is_target(n)}
    objective = mimicry(irradiation.operator, regions, wish, floors, rule.organ)
    options = SegmentOptions(
        segments_per_beam=order.request.segments_per_beam,
        least_mu=choice("segments", "least_mu") * rule.fractions,
        jaws=irradiation.mlc.jaws,
    )
    found = segmented(
        objective,
        ideal.weights,
        [beam.bixels for beam in irradiation.beams],
        irradiation.mlc,
        options,
        lambda sentence, share: tell("segments", int(100 * share), 100),
    )
    for number, openings in enumerate(found.beams, start=1):
        for opening in openings:
            broken = faults(opening, irradiation.mlc)
            if broken:
                raise Infeasible(f"Beam {number}: {' '.join(broken)}")
    return found


@dataclass(frozen=True, eq=False)
class _Made:
    plan: Plan
    dose: Dose
    case: Case
    evaluation: Evaluation


@dataclass(frozen=True, eq=False)
class _Work:
    """The segments with the dose they give, to be scaled to a prescription and judged."""

    irradiation: Irradiation
    order: Order
    found: SegmentedPlan
    volume: Volume

    def at(self, factor: float, prescription_gy: float) -> _Made:
        """The plan with all monitor units times a factor, judged at a prescription."""
        case = self.order.case
        plan = self._plan(factor, prescription_gy)
        dose = Dose(
            uid=f"{plan.uid}.dose",
            label="planned dose",
            volume=self.volume.scaled(factor),
            summation="PLAN",
            plan_uid=plan.uid,
            frame_of_reference_uid=case.frame_of_reference_uid,
            origin=f"computed from the plan's segments with machine {self._machine.name}",
        )
        treated = replace(case, plans=(*case.plans, plan), doses=(*case.doses, dose))
        evaluation = evaluate_dose(
            treated, self.order.protocol, dose, self._request(prescription_gy)
        )
        return _Made(plan, dose, treated, evaluation)

    @property
    def _machine(self) -> Machine:
        return self.irradiation.place.machine

    def _request(self, prescription_gy: float) -> EvaluationRequest:
        asked = self.order.request
        return EvaluationRequest(
            risk=asked.risk,
            prescription_gy=prescription_gy,
            fractions=self.order.protocol.prescription.fractions,
            origin=BY_PLAN,
            ptv_margin=asked.ptv_margin,
            treated=asked.treated,
            reading=READING_OF_WAY[asked.way],
            facts=asked.facts,
            limit_readings=asked.limit_readings,
        )

    def _plan(self, factor: float, prescription_gy: float) -> Plan:
        case, fractions = self.order.case, self.order.protocol.prescription.fractions
        beams = tuple(
            self._beam(number, angles, openings, factor / fractions)
            for number, (angles, openings) in enumerate(
                zip(self.irradiation.angles, self.found.beams, strict=True), start=1
            )
        )
        return Plan(
            uid=f"{case.case_id}.{self.order.protocol.name}",
            label=f"{self.order.protocol.name}"[:16],
            fractions=fractions,
            prescription_gy=prescription_gy,
            beams=tuple(beam for beam in beams if beam.segments),
            frame_of_reference_uid=case.frame_of_reference_uid,
            structure_set_uid=None,
            approval="UNAPPROVED",
            patient_position=case.patient_position,
        )

    def _beam(
        self, number: int, angles: BeamAngles, openings: tuple[Aperture, ...], factor: float
    ) -> Beam:
        machine, mlc = self._machine, self.irradiation.mlc
        segments = tuple(
            Segment(
                opening.meterset_mu * factor, opening.leaf_mm, opening.jaw_x_mm, opening.jaw_y_mm
            )
            for opening in openings
        )
        return Beam(
            number=number,
            name=f"G{angles.gantry_deg:g}" + ("" if angles.coplanar else f"C{angles.couch_deg:g}"),
            radiation="PHOTON",
            energy_mv=machine.energy_mv,
            gantry_deg=angles.gantry_deg,
            couch_deg=angles.couch_deg,
            meterset_mu=sum(segment.meterset_mu for segment in segments),
            collimator_deg=angles.collimator_deg,
            isocentre_mm=self.irradiation.place.isocentre_mm,
            sad_mm=machine.sad_mm,
            machine=machine.name,
            leaf_boundaries_mm=tuple(float(edge) for edge in mlc.leaf_boundaries_mm),
            segments=segments,
            delivery="STATIC",
        )


def _covering_gy(volume: Volume, order: Order) -> float:
    """The dose that covers the target as the protocol means it."""
    histogram = dose_volume_histogram(volume, order.covered.coverage)
    reached = metric_value(order.protocol.prescription.covers.metric, histogram)
    if not reached > 0:
        raise Infeasible(
            f"The segments leave {order.covered.name} without dose. Allow more segments or beams."
        )
    return reached


def _allowed(evaluation: Evaluation) -> AllowedDose:
    chosen = evaluation.allocation.chosen
    if chosen is None:
        raise Infeasible(f"No dose may be prescribed: {evaluation.allocation.reason}")
    return chosen
