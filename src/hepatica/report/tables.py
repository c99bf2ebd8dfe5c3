"""The table of limits, and how a verdict, a limit and a status are written in every table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hepatica.case.metric import parse_metric
from hepatica.engine.verdict import Verdict
from hepatica.errors import InvalidInput
from hepatica.report.references import References
from hepatica.report.sheet import Cell, Column, Table, Tone
from hepatica.report.wording import (
    NBSP,
    beside,
    plain,
    sentence,
    unknown,
)

if TYPE_CHECKING:
    from hepatica.engine.evaluation import LimitVerdict

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
