"""The tables a prescription is decided on: dose per risk level, what each organ allows, limits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hepatica.case.metric import parse_metric
from hepatica.engine.verdict import Verdict
from hepatica.errors import InvalidInput
from hepatica.report.references import References
from hepatica.report.sheet import Cell, Column, Table, Tone
from hepatica.report.wording import (
    NBSP,
    beside,
    gy,
    level,
    number,
    plain,
    risk,
    sentence,
    unknown,
)

if TYPE_CHECKING:
    from hepatica.engine.evaluation import Allocation, AllowedDose, LimitVerdict, OrganBound

SYMBOLS = {Verdict.MET: "\u2713", Verdict.NOT_MET: "\u2715", Verdict.UNKNOWN: "?"}
_RELATIONS = {"<=": "\u2264", ">=": "\u2265", "at_most": "\u2264", "at_least": "\u2265"}


def tone_of(verdict: Verdict) -> Tone:
    """The tone in which a verdict is set."""
    tones: dict[Verdict, Tone] = {
        Verdict.MET: "met",
        Verdict.NOT_MET: "not met",
        Verdict.UNKNOWN: "unknown",
    }
    return tones[verdict]


def verdict_cell(verdict: Verdict) -> Cell:
    """Symbol and word of a verdict."""
    return Cell(f"{SYMBOLS[verdict]}{NBSP}{verdict.value}", tone_of(verdict))


def status_cell(status: str) -> Cell:
    """Whether a number was looked up in its source or recalled from memory."""
    return Cell(status, "caution" if status == "recalled" else "plain")


def metric_words(metric: str) -> str:
    """The metric as it is said aloud, without its unit; empty for a text outside the grammar."""
    try:
        return parse_metric(metric).words.rpartition(", ")[0]
    except InvalidInput:
        return ""


def limit_text(comparison: str, limit: float, unit: str) -> str:
    """``≤ 30 Gy``."""
    sign = _RELATIONS.get(comparison, comparison)
    return f"{sign}{NBSP}{plain(limit)}{NBSP}{unit}"


def allocation_table(allocation: Allocation, fractions: int) -> Table:
    """One row per risk level: from the curve to the dose that can be given, and why no more."""
    columns = (
        Column("Risk\nlevel"),
        Column("Risk\ncurve, Gy", numeric=True),
        Column("Own liver\ndose, Gy", numeric=True),
        Column("Liver\nallows, Gy", numeric=True),
        Column("Allowed,\nGy", numeric=True),
        Column("Deliverable", numeric=True),
        Column("Own risk\nthere", numeric=True),
        Column("Limited by"),
        Column("Because", share=4),
    )
    rows = tuple(_level_row(dose, allocation, fractions) for dose in allocation.levels)
    note = (
        "Risk curve: dose at which a uniformly irradiated part of the liver as large as the "
        "effective volume carries the risk. Own liver dose: dose at which this plan's own liver "
        "dose distribution carries it (bin-wise). Liver allows: what the protocol makes of the "
        f"two (reading {allocation.reading.replace('_', '-')}). Allowed: after the other organs "
        "and the protocol maximum. All are total doses, the plan scaled as it is."
    )
    return Table("Total dose allowed at each risk level", columns, rows, note)


def _level_row(dose: AllowedDose, allocation: Allocation, fractions: int) -> tuple[Cell, ...]:
    is_open = dose.risk == allocation.risk
    name = f"{level(dose.risk)} (chosen)" if is_open else level(dose.risk)
    each = dose.deliverable_gy / fractions
    return (
        Cell(name),
        Cell(number(dose.curve_gy)),
        Cell(number(dose.binwise_gy)),
        Cell(number(dose.liver_gy)),
        Cell(number(dose.allowed_gy)),
        Cell(f"{fractions}{NBSP}\u00d7{NBSP}{number(each, 2)}{NBSP}= {gy(dose.deliverable_gy)}"),
        Cell(risk(dose.ntcp)),
        Cell(dose.limited_by),
        Cell(sentence(dose.because)),
    )


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


def limits_table(limits: tuple[LimitVerdict, ...], cited: References) -> Table:
    """Every limit of the protocol with its value, verdict, reason, source and status."""
    columns = (
        Column("Structure"),
        Column("Metric", share=2),
        Column("Value", numeric=True),
        Column("Limit", numeric=True),
        Column("Verdict"),
        Column("Reason", share=3),
        Column("Source", share=1.4),
        Column("Status"),
    )
    rows = tuple(_limit_row(limit, cited) for limit in limits)
    note = (
        "\u2713 met, \u2715 not met, ? unknown: a fact is missing, named under Reason. Status "
        "recalled: the limit was not looked up in its source; confirm it before use."
    )
    return Table("Each limit held against this plan", columns, rows, note)


def _limit_row(limit: LimitVerdict, cited: References) -> tuple[Cell, ...]:
    words = metric_words(limit.metric)
    metric = f"{limit.metric}: {words}" if words else limit.metric
    value = (
        Cell("unknown", "unknown")
        if limit.value is None
        else Cell(beside(limit.value, limit.limit, limit.unit))
    )
    reason = unknown(limit.reason) if limit.verdict is Verdict.UNKNOWN else limit.reason
    return (
        Cell(limit.structure),
        Cell(metric),
        value,
        Cell(limit_text(limit.comparison, limit.limit, limit.unit)),
        _limit_verdict_cell(limit),
        Cell(sentence(reason)),
        Cell(cited.cite(limit.source)),
        status_cell(limit.status),
    )


def _limit_verdict_cell(limit: LimitVerdict) -> Cell:
    cell = verdict_cell(limit.verdict)
    is_soft_breach = limit.strength == "soft" and limit.verdict is Verdict.NOT_MET
    return Cell(f"{cell.text} (soft)", "caution") if is_soft_breach else cell
