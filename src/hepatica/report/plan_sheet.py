"""A new plan laid out as a report: how it was made, then its evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hepatica.report.compose import evaluation_sheet
from hepatica.report.drawing import pen, svg_text
from hepatica.report.plan_answer import plan_answer, rounding, segments_against_ideal
from hepatica.report.plan_tables import beams_table, tradeoff_table, ways_table
from hepatica.report.segments_figure import segments_figure
from hepatica.report.sheet import Block, Picture, Section, Sheet, Text
from hepatica.report.tradeoff_figure import tradeoff_figure
from hepatica.report.wording import gy, level, listed

if TYPE_CHECKING:
    from hepatica.engine.planning.records import TreatmentPlan


def plan_sheet(plan: TreatmentPlan, run: Mapping[str, Any] | None = None) -> Sheet:
    """The report on a new plan, pictures drawn, ready to be written."""
    base = evaluation_sheet(plan.evaluation, run)
    own = (
        Section("plan", "How high the dose can go", tuple(_doses(plan))),
        Section("beams", "Beams and segments", tuple(_beams(plan))),
    )
    return Sheet(
        title="Treatment plan",
        subtitle=base.subtitle,
        case_id=base.case_id,
        answer=plan_answer(plan),
        sections=(*own, *base.sections),
    )


def _doses(plan: TreatmentPlan) -> Iterator[Block]:
    yield ways_table(plan)
    marked = plan.evaluation.protocol.prescription.risk_levels
    with pen():
        svg = svg_text(tradeoff_figure(plan, marked))
    points = [p for p in plan.tradeoff if p.risk in marked]
    said = listed(f"{gy(p.prescription_gy)} at {level(p.risk)}" for p in points)
    yield Picture(
        "tradeoff",
        svg,
        f"Curve of the highest dose against the accepted risk: {said}.",
        "The highest dose against the accepted risk to the liver, ideal fluence of these beams. "
        f"Marked: {said}. Square: as published. Diamond: what the segments deliver.",
    )
    yield tradeoff_table(plan)


def _beams(plan: TreatmentPlan) -> Iterator[Block]:
    yield beams_table(plan)
    with pen():
        svg = svg_text(segments_figure(plan.plan))
    delivery = plan.delivery
    yield Picture(
        "segments",
        svg,
        f"Openings of {delivery.segments} segments in {len(plan.plan.beams)} beams.",
        "Openings of the collimator as the source sees them, in the isocentre plane, leaf travel "
        "from left to right, with the monitor units of one fraction.",
    )
    yield Text((f"{delivery.status} {segments_against_ideal(plan)} {rounding(plan)}",))
