"""The tables a dose is decided on: what each risk level allows, and what each organ allows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hepatica.report.allowed import fixed_levels_note, has_hot_spots, is_over_risk
from hepatica.report.sheet import Cell, Column, Table
from hepatica.report.tables import limit_text
from hepatica.report.wording import NBSP, gy, level, number, risk, sentence, unknown

if TYPE_CHECKING:
    from hepatica.engine.evaluation import Allocation, AllowedDose, OrganBound
    from hepatica.protocol import Prescription


def allocation_table(allocation: Allocation, rule: Prescription) -> Table:
    """One row per risk level: from the curve to the dose that can be given, and why no more."""
    columns = (
        Column("Risk\nlevel"),
        Column("Risk\ncurve, Gy", numeric=True),
        Column("Bin-wise\ndose, Gy", numeric=True),
        Column("Liver\nallows, Gy", numeric=True),
        Column("Allowed,\nGy", numeric=True),
        Column("Deliverable", numeric=True),
        Column("Own risk\nif allowed", numeric=True),
        Column("Limited by"),
        Column("Because", share=4),
    )
    rows = tuple(_level_row(dose, allocation, rule.fractions) for dose in allocation.levels)
    return Table(
        "Total dose allowed at each risk level", columns, rows, _allocation_note(allocation, rule)
    )


def _allocation_note(allocation: Allocation, rule: Prescription) -> str:
    note = (
        "All are prescriptions: total doses, the plan scaled as it is. Risk curve: the one at "
        "which a uniformly irradiated part of the liver as large as the effective volume carries "
        "the risk. Bin-wise dose: the one at which this plan's own liver dose distribution carries "
        "it, bin by bin of its histogram; not the dose that the liver gets. Liver allows: what the "
        f"protocol makes of the two (reading {allocation.reading.replace('_', '-')}). Allowed: "
        "after the other organs and the protocol maximum, not rounded. Deliverable: allowed, "
        "rounded down to whole steps per fraction. Own risk: of this patient at the allowed dose."
    )
    if allocation.is_upper_bound:
        note += (
            " Upper bound: an organ's limit is not known, so that the dose may have to be lower, "
            "never higher."
        )
    return f"{note} {fixed_levels_note(allocation, rule)}".rstrip()


def _level_row(dose: AllowedDose, allocation: Allocation, fractions: int) -> tuple[Cell, ...]:
    is_open = dose.risk == allocation.risk
    name = f"{level(dose.risk)} (chosen)" if is_open else level(dose.risk)
    each = dose.deliverable_gy / fractions
    deliver = f"{fractions}{NBSP}\u00d7{NBSP}{number(each, 2)}{NBSP}= {gy(dose.deliverable_gy)}"
    return (
        Cell(name),
        Cell(number(dose.curve_gy)),
        _binwise_cell(dose),
        Cell(number(dose.liver_gy)),
        _bounded(number(dose.allowed_gy), allocation),
        _bounded(deliver, allocation),
        _own_risk_cell(dose),
        Cell(dose.limited_by),
        Cell(sentence(dose.because)),
    )


def _bounded(dose: str, allocation: Allocation) -> Cell:
    return Cell(f"{dose}\nupper bound", "unknown") if allocation.is_upper_bound else Cell(dose)


def _binwise_cell(dose: AllowedDose) -> Cell:
    text = number(dose.binwise_gy)
    return Cell(f"{text}\nhot spots", "warning") if has_hot_spots(dose) else Cell(text)


def _own_risk_cell(dose: AllowedDose) -> Cell:
    text = risk(dose.ntcp)
    return Cell(f"{text}\nabove level", "not met") if is_over_risk(dose) else Cell(text)


def organs_table(allocation: Allocation) -> Table:
    """The prescription at which each organ's limit would just be reached, lowest first."""
    columns = (
        Column("Structure"),
        Column("Limit", share=1),
        Column("Binds at a prescription of", numeric=True, share=1),
        Column("Remark", share=2),
    )
    known = [b for b in allocation.organs if b.dose_gy is not None]
    known.sort(key=lambda bound: (bound.dose_gy, bound.structure))
    others = [b for b in allocation.organs if b.dose_gy is None]
    rows = tuple(_bound_row(bound) for bound in (*known, *others))
    return Table(
        "Prescription at which each organ's limit is reached",
        columns,
        rows,
        "The plan is scaled as it is; a new plan may move these doses.",
    )


def _bound_row(bound: OrganBound) -> tuple[Cell, ...]:
    name = Cell(bound.structure)
    limit = Cell(f"{bound.metric} {limit_text('<=', bound.limit, bound.unit)}")
    if bound.dose_gy is None:
        return name, limit, Cell("unknown", "unknown"), Cell(sentence(unknown(bound.reason)))
    if not math.isfinite(bound.dose_gy):
        return name, limit, Cell("never"), Cell("The plan gives this organ no dose to scale.")
    return name, limit, Cell(gy(bound.dose_gy)), Cell(sentence(bound.reason) or "\u2013")
