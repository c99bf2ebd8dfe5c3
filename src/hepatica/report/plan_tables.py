"""The tables of a new plan: beams, both ways to the dose, conditions, segments."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hepatica.report.sheet import Cell, Column, Table
from hepatica.report.wording import gy, level, listed, number, risk, sentence

if TYPE_CHECKING:
    from hepatica.engine.isotoxic_plan import IsotoxicOptimum
    from hepatica.engine.planning.records import TreatmentPlan


def beams_table(plan: TreatmentPlan) -> Table:
    """One row per beam: angles, isocentre, segments, monitor units."""
    columns = (
        Column("Beam"),
        Column("Gantry,\n\u00b0", numeric=True),
        Column("Couch,\n\u00b0", numeric=True),
        Column("Collimator,\n\u00b0", numeric=True),
        Column("Isocentre, mm (LPS)", share=2),
        Column("Segments", numeric=True),
        Column("MU a\nfraction", numeric=True),
        Column("Gy a\nfraction", numeric=True),
    )
    rows = tuple(
        (
            Cell(f"{beam.number} {beam.name}".strip()),
            Cell(number(beam.gantry_deg or 0.0)),
            Cell(number(beam.couch_deg or 0.0)),
            Cell(number(beam.collimator_deg or 0.0)),
            Cell(", ".join(number(c) for c in beam.isocentre_mm or ())),
            Cell(str(len(beam.segments))),
            Cell(number(beam.meterset_mu or 0.0)),
            Cell("\u2013" if beam.dose_gy is None else number(beam.dose_gy, 2)),
        )
        for beam in plan.plan.beams
    )
    refused = f" Not possible: {'; '.join(plan.beams.refused)}." if plan.beams.refused else ""
    note = f"Angles by IEC 61217. Beams were {plan.beams.how}.{refused}{_dose_point(plan)}"
    return Table("Beams", columns, rows, note)


def _dose_point(plan: TreatmentPlan) -> str:
    point = plan.plan.beams[0].dose_point_mm if plan.plan.beams else None
    if point is None:
        return ""
    return f" Gy at the point {', '.join(number(c) for c in point)} mm (LPS) inside the target."


def ways_table(plan: TreatmentPlan) -> Table:
    """The two ways to the prescription, side by side."""
    columns = (
        Column("Way"),
        Column("Dose", numeric=True),
        Column("Own risk", numeric=True),
        Column("Effective\nvolume", numeric=True),
        Column("No plan above,\nconvex", numeric=True),
        Column("No plan above,\nD95 as written", numeric=True),
        Column("Limited by"),
        Column("How the search ended", share=3),
    )
    rows = (
        _way_row("as published", plan.published),
        _way_row("optimal", plan.optimal),
    )
    note = (
        f"Ideal fluence of the same beams at the {level(plan.request.risk)} risk level. As "
        "published: a conformal plan is made first, its effective volume is read, the dose looked "
        "up and the plan scaled. Optimal: fluence and dose are sought together, the dose as high "
        "as risk, organs and maximum allow. No plan above: proven by duality for these beams, "
        "voxels and conditions, with the coverage as held while searching, and as written."
    )
    return Table("Two ways to the dose", columns, rows, note)


def _way_row(name: str, found: IsotoxicOptimum) -> tuple[Cell, ...]:
    return (
        Cell(name),
        Cell(gy(found.prescription_gy)),
        Cell(risk(found.ntcp)),
        Cell(number(found.effective_volume, 3)),
        Cell(gy(found.bound_gy) if math.isfinite(found.bound_gy) else "\u2013"),
        Cell(gy(found.bound_literal_gy) if math.isfinite(found.bound_literal_gy) else "\u2013"),
        Cell(listed(found.limited_by) or "\u2013"),
        Cell(sentence(found.status)),
    )


def tradeoff_table(plan: TreatmentPlan) -> Table:
    """The highest dose at every risk that was tried."""
    columns = (Column("Risk"), Column("Dose", numeric=True), Column("Limited by", share=1))
    rows = tuple(
        (
            Cell(level(point.risk)),
            Cell(gy(point.prescription_gy)),
            Cell(listed(point.limited_by) or "\u2013"),
        )
        for point in plan.tradeoff
    )
    return Table("Dose against risk, optimal way, ideal fluence", columns, rows)
