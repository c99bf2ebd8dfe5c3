"""What a new plan came to, in a few sentences: for a terminal and for the head of its report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hepatica.report.answer import answer
from hepatica.report.sheet import Answer, Fact
from hepatica.report.wording import counted, gy, level, listed, number, percent, risk, sentence

if TYPE_CHECKING:
    from hepatica.engine.planning.records import TreatmentPlan

WAYS = {"optimal": "optimal", "as_published": "as published"}


def plan_answer(plan: TreatmentPlan) -> Answer:
    """The tiles of the evaluation, and the facts of planning before its own."""
    evaluated = answer(plan.evaluation)
    return Answer(evaluated.tiles, (*plan_facts(plan), *evaluated.facts))


def plan_sentences(plan: TreatmentPlan) -> tuple[str, ...]:
    """The same as plain lines."""
    return tuple(
        f"{fact.label}: {line}"
        for fact in plan_answer(plan).facts
        for line in fact.text.split("\n")
    )


def plan_facts(plan: TreatmentPlan) -> tuple[Fact, ...]:
    """Beams, what each way can prescribe, what the segments deliver, and what to look at."""
    return tuple(_facts(plan))


def _facts(plan: TreatmentPlan) -> Iterator[Fact]:
    beams, delivery = plan.plan.beams, plan.delivery
    turned = sum(bool(beam.couch_deg) for beam in beams)
    yield Fact(
        "Plan",
        sentence(
            f"{counted(len(beams), 'beam')}, {turned} with a turned couch, "
            f"{counted(delivery.segments, 'segment')}, {number(delivery.total_mu, 0)} MU a "
            f"fraction, machine {plan.machine.name}; beams {plan.beams.how}"
        ),
    )
    yield Fact("Ideal dose", _ideal(plan))
    yield Fact("Deliverable", _delivered(plan))
    if plan.warnings:
        text = "\n".join(sentence(warning) for warning in plan.warnings)
        yield Fact("Look at", text, "warning")


def _ideal(plan: TreatmentPlan) -> str:
    best, published = plan.optimal, plan.published
    return sentence(
        f"at the {level(plan.request.risk)} risk level {gy(best.prescription_gy)} the optimal way, "
        f"{gy(published.prescription_gy)} as published: a gain of {gy(plan.gain_gy)}. No fluence "
        f"of these beams can do better than {gy(best.bound_gy)} under the same conditions. "
        f"Limited by {listed(best.limited_by) or 'nothing but the beams'}"
    )


def _delivered(plan: TreatmentPlan) -> str:
    delivery = plan.delivery
    found = plan.evaluation.risk
    own = "" if found is None else f" at a risk of {risk(found.reading.ntcp)}"
    return sentence(
        f"{gy(delivery.delivered_gy)}{own}, made deliverable the way {WAYS[plan.request.way]}, "
        f"limited by {delivery.limited_by}. {segments_against_ideal(plan)} {rounding(plan)}"
    )


def segments_against_ideal(plan: TreatmentPlan) -> str:
    """What the segments cost, as the dose to 95 % of the PTV before they are scaled."""
    delivery = plan.delivery
    lost = delivery.loss
    change = f"a loss of {percent(lost)}" if lost > 0 else f"{percent(-lost)} more"
    return (
        f"95 % of the PTV receive {gy(delivery.ideal_d95_gy)} from the ideal fluence and "
        f"{gy(delivery.delivered_d95_gy)} from the segments before they are scaled: {change}."
    )


def rounding(plan: TreatmentPlan) -> str:
    """In which steps the plan is written, and how much dose that changed."""
    found = plan.delivery.rounding
    steps = found.resolution
    return (
        f"Set in steps of {steps.meterset_mu:g} MU, {steps.leaf_mm:g} mm (leaves) and "
        f"{steps.jaw_mm:g} mm (jaws), which changes the dose to 95 % of the PTV by "
        f"{gy(found.covering_change_gy, 2)} and no place by more than "
        f"{gy(found.largest_change_gy, 2)}."
    )
