"""Where everything comes from: the rule, the publications, the files, the program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hepatica.report.references import References
from hepatica.report.sheet import Cell, Column, Table
from hepatica.report.tables import status_cell
from hepatica.report.wording import gy, level, listed, plain, sentence

if TYPE_CHECKING:
    from hepatica.case import Note
    from hepatica.engine.evaluation import Evaluation, StructureDose
    from hepatica.protocol import IsotoxicProtocol, Limit, Prescription

_NOTE_ORDER = ("warning", "assumed", "chosen", "linked", "ignored")
_NOTE_TONES = {"warning": "caution", "assumed": "caution"}


@dataclass(frozen=True)
class _Sourced:
    """One number of the protocol with everything that a reader may ask about it."""

    title: str
    text: str
    remark: str
    source: object
    status: str


def rule_table(protocol: IsotoxicProtocol, cited: References) -> Table:
    """The numbers of the prescription rule, each with its own source and how it was read."""
    entries = (*_rule_entries(protocol.prescription), *_structure_entries(protocol))
    columns = (
        Column("Part of the rule", share=1.1),
        Column("Value", share=1.4),
        Column("How it was read", share=3),
        Column("Source", share=1.3),
        Column("Status"),
    )
    rows = tuple(_entry_row(entry, cited) for entry in entries)
    return Table("The prescription rule and its sources", columns, rows)


def limit_readings_table(evaluation: Evaluation, cited: References) -> Table | None:
    """How the words of each limit were understood, where they leave room."""
    judged = {(limit.name, limit.metric) for limit in evaluation.limits}
    entries: dict[str, _Sourced] = {}
    for limit in evaluation.protocol.limits:
        for other in (limit, *(limit.read_as(reading.name) for reading in limit.other_readings)):
            remark = _limit_remark(other)
            if (other.name, str(other.metric)) in judged and remark:
                words = other.name.replace("-", " ")
                text = str(other.metric)
                told = next(iter(other.stated), other)
                entries[other.name] = _Sourced(words, text, remark, told.source, told.status)
    if not entries:
        return None
    columns = (
        Column("Limit", share=1.1),
        Column("Metric", share=1.4),
        Column("How it was read", share=3),
        Column("Source", share=1.3),
        Column("Status"),
    )
    rows = tuple(_entry_row(entry, cited) for entry in entries.values())
    return Table("How the limits were read", columns, rows)


def _limit_remark(limit: Limit) -> str:
    of_values = (limit.remark_on(stated.key) for stated in limit.stated)
    return " ".join(filter(None, (limit.reading, *of_values, limit.note, _since(limit))))


def _since(limit: Limit) -> str:
    if limit.since is None:
        return ""
    before = "" if limit.before_that is None else f", {plain(limit.before_that)} before that"
    return f"In force since {limit.since}{before}."


def _entry_row(entry: _Sourced, cited: References) -> tuple[Cell, ...]:
    return (
        Cell(entry.title),
        Cell(entry.text),
        Cell(sentence(entry.remark) or "\u2013"),
        Cell(cited.cite(entry.source)),
        status_cell(entry.status),
    )


def _rule_entries(rule: Prescription) -> Iterator[_Sourced]:
    for title, key, text in _rule_values(rule):
        yield _Sourced(title, text, rule.remark_on(key), rule.source_of(key), rule.status_of(key))
    for stratum in rule.strata:
        doses = ", ".join(plain(d) for d in stratum.fixed_gy)
        how = f"fixed {doses} Gy" if stratum.doses == "fixed" else "risk curve"
        reach = f"effective volume {plain(stratum.veff_from)} to {plain(stratum.veff_to)}: {how}"
        title = f"Stratum {stratum.name}"
        yield _Sourced(title, reach, stratum.note or "", stratum.source, stratum.status)
    covers = rule.covers
    text = f"{covers.metric} of {covers.structure}"
    title = "Prescribed dose of a plan"
    yield _Sourced(title, text, covers.note or "", covers.source, covers.status)


def _rule_values(rule: Prescription) -> Iterator[tuple[str, str, str]]:
    yield "Fractions", "fractions", f"{rule.fractions} within {rule.overall_days} days"
    yield "Risk held", "organ", f"{rule.endpoint}, {rule.organ}"
    yield "Risk levels", "risk_levels", listed(level(r) for r in rule.risk_levels)
    yield "Risk model", "model", rule.model
    yield "\u03b1/\u03b2 of the organ", "alpha_beta_gy", gy(rule.alpha_beta_gy)
    yield "Reference fraction", "reference_fraction_gy", gy(rule.reference_fraction_gy)
    yield "Effective volume", "effective_volume", rule.effective_volume.replace("_", "-")
    yield "Allocation", "reading", rule.reading.replace("_", "-")
    yield "Protocol maximum", "cap_gy", gy(rule.cap_gy)
    yield "Allowance", "allowance_gy", f"up to {gy(rule.allowance_gy)} above the curve"
    lowest = "none stated" if rule.minimum_gy is None else gy(rule.minimum_gy)
    yield "Protocol minimum", "minimum_gy", lowest
    step = f"{gy(rule.step_gy_per_fraction, 2)} per fraction, rounded {rule.rounding}"
    yield "Dose steps", "step_gy_per_fraction", step


def _structure_entries(protocol: IsotoxicProtocol) -> Iterator[_Sourced]:
    for target in protocol.targets:
        size = f"{target.margin_mm}" if target.margin_mm is not None else "patient-specific margin"
        if target.minimum_mm is not None:
            size += f", at least {plain(target.minimum_mm)} mm"
        inside = f", inside {target.inside}" if target.inside else ""
        text = f"{target.grown_from} + {size}{inside}"
        yield _Sourced(target.name, text, target.note or "", target.source, target.status)
    for made in protocol.derived:
        yield _Sourced(made.name, str(made.made_of), made.note or "", made.source, made.status)


def references_table(cited: References) -> Table:
    """The numbered list that the tables point to."""
    columns = (
        Column("No."),
        Column("Source", share=3),
        Column("Status"),
        Column("Remark", share=2),
    )
    rows = tuple(
        (
            Cell(f"[{entry.number}]"),
            Cell(entry.citation),
            status_cell(entry.status),
            Cell(entry.note or "\u2013"),
        )
        for entry in cited.entries
    )
    note = (
        "Verified: the number was looked up in the source. Recalled: it was not; confirm it before "
        "use."
    )
    return Table("Sources", columns, rows, note)


def derived_table(structures: Mapping[str, StructureDose]) -> Table | None:
    """Structures that Hepatica made, and how."""
    rows = tuple(
        (Cell(name), Cell(row.structure.origin or "unknown: no origin was recorded"))
        for name, row in structures.items()
        if row.structure.derived
    )
    if not rows:
        return None
    return Table(
        "Structures that Hepatica made", (Column("Structure"), Column("How", share=1)), rows
    )


def notes_table(notes: tuple[Note, ...]) -> Table | None:
    """The import report, what needs attention first."""
    if not notes:
        return None
    ordered = sorted(notes, key=lambda note: _NOTE_ORDER.index(note.kind))
    rows = tuple(
        (
            Cell(note.kind, "caution" if note.kind in _NOTE_TONES else "plain"),
            Cell(note.subject),
            Cell(sentence(note.text)),
        )
        for note in ordered
    )
    columns = (
        Column("Kind"),
        Column("File or structure", share=1),
        Column("What was done", share=3),
    )
    return Table("What was linked, chosen, assumed and ignored on import", columns, rows)


def run_table(run: Mapping[str, Any]) -> Table:
    """Versions, hashes and times of the run that made the report."""
    rows = tuple((Cell(name), Cell(text)) for name, text in flat(run))
    return Table("Versions, inputs and times", (Column("Fact"), Column("Value", share=1)), rows)


def flat(facts: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested facts as ``(name, text)`` in their order; an empty one says so."""
    for key, value in facts.items():
        name = f"{prefix}{key}".replace("_", " ")
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{name}: ")
        elif isinstance(value, (list, tuple)):
            between = " " if key == "command" else "; "
            yield name, between.join(_item(v) for v in value) or "none"
        else:
            yield name, _item(value)


def _item(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {text}" for name, text in flat(value)) or "none"
    if value is None or value == "":
        return "not recorded"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
