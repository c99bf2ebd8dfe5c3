"""From ideal fluence to a plan that a machine can carry out: segments, monitor units, dose.

Segments imitate the ideal dose and are put on the steps of the machine. Then the dose they really
give, leakage and all, is computed in the whole body, and the plan is scaled: to the highest
prescription that the protocol's rule allows for this very dose distribution. Plan and dose are of
the same rounded numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from hepatica.case import Beam, Case, Dose, Plan, Segment, Volume
from hepatica.engine.evaluate import EvaluationRequest, evaluate_dose
from hepatica.engine.evaluation import AllowedDose, Evaluation
from hepatica.engine.isotoxic_plan import IsotoxicOptimum
from hepatica.engine.planning.beam_doses import beam_doses_gy, dose_point
from hepatica.engine.planning.choices import choice
from hepatica.engine.planning.irradiation import Irradiation
from hepatica.engine.planning.machine_steps import (
    Openings,
    Rounding,
    changed_dose,
    highest_on_steps,
    on_meter,
    on_places,
    resolution_of,
)
from hepatica.engine.planning.mimic import Ideal, mimicry
from hepatica.engine.planning.order import Order
from hepatica.engine.planning.records import Delivery
from hepatica.engine.planning.request import BeamAngles
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


def deliver(
    irradiation: Irradiation, ideal: IsotoxicOptimum, order: Order, tell: Tell
) -> Delivered:
    """Segments, monitor units and dose of a plan, scaled to what may be prescribed.

    Raises
    ------
    Infeasible
        If no segment can be made, one breaks a limit of the leaves, or the protocol allows no dose.
    """
    machine = irradiation.place.machine
    found = _segments(irradiation, ideal, order, tell)
    openings = _on_places(irradiation, found)
    tell("the dose of the segments", 0, 0)
    work = _Work(irradiation, order, openings, irradiation.final_dose(openings))
    tell("the dose that may be prescribed", 0, 0)
    first = work.unrounded(ideal.prescription_gy)
    first_gy = _prescribed(first, order)
    if first_gy <= 0:
        raise Infeasible(
            "No dose may be prescribed with the segments, limited by "
            f"{_allowed(first.evaluation).limited_by}. Ask for more segments or other beams."
        )

    def on_steps(prescribed_gy: float) -> tuple[_Made, float]:
        tell("judging the plan in the machine's steps", 0, 0)
        made = work.rounded(prescribed_gy)
        return made, _prescribed(made, order)

    final = highest_on_steps(on_steps, first_gy, machine)
    account = Delivery(
        segments=found.count,
        total_mu=sum(beam.meterset_mu or 0.0 for beam in final.plan.beams),
        ideal_gy=ideal.prescription_gy,
        delivered_gy=final.prescription_gy,
        ideal_d95_gy=ideal.covering_gy,
        delivered_d95_gy=work.reached_gy,
        limited_by=_allowed(final.evaluation).limited_by,
        status=f"{found.count} segments after {found.evaluations} evaluations of the dose.",
        rounding=_rounding(irradiation, found, final, order),
    )
    case = final.case.with_structures(*order.grown_targets)
    return Delivered(final.plan, final.dose, case, final.evaluation, account, _not_stated(machine))


def _segments(
    irradiation: Irradiation, ideal: IsotoxicOptimum, order: Order, tell: Tell
) -> SegmentedPlan:
    """Openings that imitate the ideal dose."""
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
    return segmented(
        objective,
        ideal.weights,
        [beam.bixels for beam in irradiation.beams],
        irradiation.mlc,
        options,
        lambda sentence, share: tell("segments", int(100 * share), 100),
    )


def _on_places(irradiation: Irradiation, found: SegmentedPlan) -> Openings:
    """The segments on the steps of leaves and jaws, each of which the machine can form."""
    mlc = irradiation.mlc
    openings = on_places(found.beams, mlc, resolution_of(irradiation.place.machine))
    for number, beam in enumerate(openings, start=1):
        for opening in beam:
            broken = faults(opening, mlc)
            if broken:
                raise Infeasible(f"Beam {number}: {' '.join(broken)}")
    return openings


@dataclass(frozen=True, eq=False)
class _Made:
    plan: Plan
    dose: Dose
    case: Case
    evaluation: Evaluation
    prescription_gy: float


@dataclass(frozen=True, eq=False)
class _Work:
    """The segments with the dose they give, to be scaled to a prescription and judged."""

    irradiation: Irradiation
    order: Order
    openings: Openings
    volume: Volume

    @property
    def reached_gy(self) -> float:
        """The dose that covers the target before the segments are scaled."""
        return _covering_gy(self.volume, self.order)

    def unrounded(self, prescription_gy: float) -> _Made:
        """The plan at a prescription, its monitor units as they come."""
        factor = prescription_gy / self.reached_gy
        scaled = tuple(
            tuple(replace(one, meterset_mu=one.meterset_mu * factor) for one in beam)
            for beam in self.openings
        )
        return self._judged(self._plan(scaled, prescription_gy), self.volume.scaled(factor))

    def rounded(self, prescription_gy: float) -> _Made:
        """The plan at a prescription in the machine's steps, with the dose of just these."""
        fractions = self.order.protocol.prescription.fractions
        factor = prescription_gy / self.reached_gy
        steps, least_mu = resolution_of(self._machine), choice("segments", "least_mu")
        metered = on_meter(self.openings, factor, fractions, steps, least_mu)
        plan = self._plan(metered, prescription_gy)
        point = dose_point(self.irradiation, self.order.covered)
        doses = beam_doses_gy(self.irradiation, metered, point, fractions)
        beams = tuple(
            replace(beam, dose_gy=doses[beam.number - 1], dose_point_mm=point)
            for beam in plan.beams
        )
        return self._judged(replace(plan, beams=beams), self.irradiation.final_dose(metered))

    def _judged(self, plan: Plan, volume: Volume) -> _Made:
        case, prescription_gy = self.order.case, plan.prescription_gy or 0.0
        dose = Dose(
            uid=f"{plan.uid}.dose",
            label="planned dose",
            volume=volume,
            summation="PLAN",
            plan_uid=plan.uid,
            frame_of_reference_uid=case.frame_of_reference_uid,
            origin=f"computed from the plan's segments with machine {self._machine.name}",
        )
        treated = replace(case, plans=(*case.plans, plan), doses=(*case.doses, dose))
        evaluation = evaluate_dose(
            treated, self.order.protocol, dose, self._request(prescription_gy)
        )
        return _Made(plan, dose, treated, evaluation, prescription_gy)

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

    def _plan(self, openings: Openings, prescription_gy: float) -> Plan:
        """The plan of segments that hold the monitor units of the whole course."""
        case, fractions = self.order.case, self.order.protocol.prescription.fractions
        beams = tuple(
            self._beam(number, angles, segments, fractions)
            for number, (angles, segments) in enumerate(
                zip(self.irradiation.angles, openings, strict=True), start=1
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
        self, number: int, angles: BeamAngles, openings: tuple[Aperture, ...], fractions: int
    ) -> Beam:
        machine, mlc = self._machine, self.irradiation.mlc
        segments = tuple(
            # The quotient of a step times the fractions is the step, but for its last digits.
            Segment(round(one.meterset_mu / fractions, 6), one.leaf_mm, one.jaw_x_mm, one.jaw_y_mm)
            for one in openings
        )
        return Beam(
            number=number,
            name=f"G{angles.gantry_deg:g}" + ("" if angles.coplanar else f"C{angles.couch_deg:g}"),
            radiation="PHOTON",
            energy_mv=machine.energy_mv,
            gantry_deg=angles.gantry_deg,
            couch_deg=angles.couch_deg,
            meterset_mu=round(sum(segment.meterset_mu for segment in segments), 6),
            collimator_deg=angles.collimator_deg,
            isocentre_mm=self.irradiation.place.isocentre_mm,
            sad_mm=machine.sad_mm,
            machine=machine.name,
            leaf_boundaries_mm=tuple(float(edge) for edge in mlc.leaf_boundaries_mm),
            segments=segments,
            delivery="STATIC",
        )


def _rounding(
    irradiation: Irradiation, found: SegmentedPlan, final: _Made, order: Order
) -> Rounding:
    """The dose of the rounded plan against that of the segments as they were found."""
    asked = irradiation.final_dose(found.beams)
    before = asked.scaled(final.prescription_gy / _covering_gy(asked, order))
    after = final.dose.volume
    covering_gy = _covering_gy(after, order) - final.prescription_gy
    target = order.covered.coverage.on(after.grid)
    return changed_dose(before, after, target, irradiation.place.machine, covering_gy)


def _not_stated(machine: Machine) -> tuple[str, ...]:
    if machine.resolution is not None:
        return ()
    return (
        f"Machine {machine.name} does not state in which steps it is set; {resolution_of(machine)} "
        "were taken (recalled). Write resolution into its document.",
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


def _prescribed(made: _Made, order: Order) -> float:
    """What may be prescribed with this distribution, in the steps of the protocol, Gy."""
    return min(_allowed(made.evaluation).deliverable_gy, order.protocol.prescription.cap_gy)


def _allowed(evaluation: Evaluation) -> AllowedDose:
    chosen = evaluation.allocation.chosen
    if chosen is None:
        raise Infeasible(f"No dose may be prescribed: {evaluation.allocation.reason}")
    return chosen
