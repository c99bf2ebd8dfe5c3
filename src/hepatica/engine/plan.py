"""Plans a treatment: from a patient's contours to beams, an individual dose and segments.

The steps are those of the clinic. Complete the anatomy; derive the targets; choose the beams; find
how high the dose may go; make it deliverable; compute the dose; judge it as any other plan.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from hepatica.case import Case
from hepatica.engine.anatomy import CORD, DERIVABLE, AnatomyResult, derive_anatomy
from hepatica.engine.derive import needed_structures, protocol_structures
from hepatica.engine.isotoxic_plan import (
    IsotoxicOptimum,
    IsotoxicProblem,
    SoftCeiling,
    plan_as_published,
    solve_optimal,
    tradeoff,
)
from hepatica.engine.judge import chosen_limits
from hepatica.engine.planning.beams import choose_beams, place_of
from hepatica.engine.planning.deliver import deliver
from hepatica.engine.planning.irradiation import Irradiation
from hepatica.engine.planning.order import Order
from hepatica.engine.planning.records import TreatmentPlan
from hepatica.engine.planning.request import PlanRequest
from hepatica.engine.planning.scene import Scene, SceneRequest, scene_of
from hepatica.errors import Inconsistent, InvalidInput, UsageError
from hepatica.machine import Machine, default_hounsfield_table, load_machine
from hepatica.physics.falloff import published_falloff, relative_dose
from hepatica.protocol import IsotoxicProtocol, as_isotoxic

Progress = Callable[[str, int, int], None]

ANATOMY = (*DERIVABLE, CORD)
"""What is derived from the image where it was not drawn."""

FREE_MM = 3.0
"""Around the target, how far out the dose may stay as high as in it."""

LEAST_CEILING = 0.3
"""Part of the prescription below which dose outside the target is not worth avoiding as such."""


def create_plan(
    case: Case, protocol: IsotoxicProtocol, request: PlanRequest, progress: Progress | None = None
) -> TreatmentPlan:
    """A deliverable, individualised plan.

    Parameters
    ----------
    case : Case
        With its image, its liver and at least one gross tumour volume.
    protocol : IsotoxicProtocol
        With an isotoxic prescription.
    request : PlanRequest
    progress : function of (step, done, total), optional

    Returns
    -------
    TreatmentPlan
        A limit that is not met, or not known, is a result and said so.

    Raises
    ------
    InvalidInput
        If liver, tumour, body, machine or patient position is missing or cannot be used.
    Infeasible
        If no dose keeps the limits.
    """
    watch, protocol = _Watch(progress or _silent), as_isotoxic(protocol)
    _require_level(protocol, request.risk)
    machine = load_machine(request.machine)
    _require_deliverable(machine)
    position = patient_position(case, request)
    watch.begin("completing the anatomy")
    anatomy = derive_anatomy(replace(case, patient_position=position), ANATOMY, watch.tell)
    structures = protocol_structures(anatomy.case, protocol, request.ptv_margin, request.treated)
    watch.begin("densities and structures")
    table = machine.hlut or default_hounsfield_table()
    scene = scene_of(anatomy.case, structures, table, _looked_at(protocol, request))
    watch.begin("choosing the beams")
    place = place_of(scene, machine, position)
    beams = choose_beams(scene, place, request.beams, watch.tell)
    irradiation = Irradiation(scene, place, beams.angles)
    watch.begin("preparing the dose engine")
    problem = isotoxic_problem(protocol, request, scene, irradiation)
    watch.begin("the published way to the dose")
    published = plan_as_published(problem, request.risk, watch.tell)
    watch.begin("the highest dose")
    optimal = solve_optimal(problem, request.risk, published.weights, watch.tell)
    watch.begin("dose against risk")
    curve = tradeoff(problem, protocol.prescription.risk_levels, optimal, watch.tell)
    watch.begin("segments")
    ideal = optimal if request.way == "optimal" else published
    order = Order(anatomy.case, protocol, request, structures)
    delivered = deliver(irradiation, ideal, order, watch.tell)
    watch.end()
    return TreatmentPlan(
        case=delivered.case,
        plan=delivered.plan,
        evaluation=delivered.evaluation,
        request=request,
        machine=machine,
        beams=beams,
        optimal=optimal,
        published=published,
        tradeoff=curve,
        delivery=delivered.account,
        warnings=(*_warnings(anatomy, ideal, problem), *delivered.warnings),
        seconds=watch.seconds,
    )


def patient_position(case: Case, request: PlanRequest) -> str:
    """How the patient lies: as the files say, or as the user says where they do not.

    Raises
    ------
    InvalidInput
        If nobody says it.
    Inconsistent
        If the two contradict each other.
    """
    said, asked = case.patient_position, request.patient_position
    if said and asked and said != asked:
        raise Inconsistent(
            f"The files of case {case.case_id} say that the patient lies {said}, "
            f"--patient-position says {asked}. Leave the option out, or import the right files."
        )
    if not said and not asked:
        raise InvalidInput(
            f"The files of case {case.case_id} do not say how the patient lies, and gantry angles "
            "mean nothing without. Say it with --patient-position, such as HFS."
        )
    return said or asked


def isotoxic_problem(
    protocol: IsotoxicProtocol, request: PlanRequest, scene: Scene, irradiation: Irradiation
) -> IsotoxicProblem:
    """How high may the dose go with these beams: the question, ready to be solved."""
    return IsotoxicProblem.of(
        protocol,
        irradiation.operator,
        scene.regions,
        limits=chosen_limits(protocol, request.limit_readings),
        facts=request.facts,
        around=_ceilings(scene, protocol.prescription.covers.structure),
    )


def _ceilings(scene: Scene, covered: str) -> tuple[SoftCeiling, ...]:
    """Outside the target the dose should fall as conformal liver plans fall on average."""
    away_mm = np.maximum(scene.distance_from(covered) - FREE_MM, 0.0)
    share = np.maximum(relative_dose(away_mm, 1.0, published_falloff()), LEAST_CEILING)
    return tuple(SoftCeiling(region, share[region.rows]) for region in scene.surroundings)


def _looked_at(protocol: IsotoxicProtocol, request: PlanRequest) -> SceneRequest:
    targets = tuple(
        target.name for target in protocol.targets if target.margin_rule == "patient_specific"
    )
    return SceneRequest(targets, needed_structures(protocol), request.spacing_mm)


def _require_level(protocol: IsotoxicProtocol, risk: float) -> None:
    levels = protocol.prescription.risk_levels
    if risk not in levels:
        allowed = ", ".join(f"{level:g}" for level in levels)
        raise UsageError(f"--risk is {risk:g}; {protocol.name} has the levels {allowed}.")


def _require_deliverable(machine: Machine) -> None:
    """Without leaves there are no segments, and without a calibration MU are only numbers."""
    needed = (("mlc", machine.mlc), ("calibration", machine.calibration))
    missing = [word for word, part in needed if part is None]
    if missing:
        raise InvalidInput(
            f"Machine {machine.name} states no {' and no '.join(missing)}; a plan needs the leaves "
            "to make segments and the absolute dose to say monitor units. Add what is missing to "
            "its document, or choose another --machine."
        )


def _warnings(
    anatomy: AnatomyResult, ideal: IsotoxicOptimum, problem: IsotoxicProblem
) -> tuple[str, ...]:
    """What to look at: derived organs, those not found, what the search could not hold."""
    missing = problem.terms.unknown
    notes = tuple(note for note in ideal.notes if note not in missing)
    return (*anatomy.found.values(), *anatomy.not_found.values(), *notes)


def _silent(step: str, done: int, total: int) -> None:
    pass


@dataclass(eq=False)
class _Watch:
    """Tells the steps and remembers how long each took."""

    progress: Progress
    seconds: dict[str, float] = field(default_factory=dict)
    step: str = ""
    since: float = 0.0

    def begin(self, step: str) -> None:
        self.end()
        self.step, self.since = step, time.perf_counter()
        self.progress(step, 0, 0)

    def end(self) -> None:
        if self.step:
            self.seconds[self.step] = round(time.perf_counter() - self.since, 2)
        self.step = ""

    def tell(self, step: str, done: int, total: int) -> None:
        """Progress within a step."""
        self.progress(self.step or step, done, total)
