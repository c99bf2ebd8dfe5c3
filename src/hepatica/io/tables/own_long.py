"""The long table of records: a row for each fact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hepatica.case.record import Fact, Record, field_named
from hepatica.io.tables.own_text import (
    Beside,
    fact_of,
    moment_text,
    quoted,
    range_text,
    reason_in,
    spoken,
    unquoted,
    value_text,
)
from hepatica.io.tables.sheet import Row

HEADER = (
    *("case_id", "field", "item", "value", "unit", "comparator", "on", "source", "stated"),
    *("reference", "absent", "recorded_at"),
)


def long_rows(record: Record) -> Iterator[list[str]]:
    """The rows of one record; one that holds no facts has a row with its case only."""
    if not record.facts:
        yield [quoted(record.case_id), *("" for _ in HEADER[1:])]
    for fact in record:
        yield [
            quoted(record.case_id),
            fact.field,
            quoted(fact.item),
            value_text(fact),
            quoted(fact.unit),
            fact.comparator or "",
            moment_text(fact.on),
            quoted(fact.source),
            quoted(fact.stated),
            range_text(fact.reference),
            fact.absent or "",
            moment_text(fact.recorded_at),
        ]


def long_facts(row: Row, assume_units: Mapping[str, str]) -> Iterator[Fact]:
    """The fact of a row.

    Raises
    ------
    InvalidInput
        If the row states none.
    """
    if not any(row.text(column) for column in HEADER[1:]):
        return
    known, text = field_named(row.text("field")), row.text("value")
    unit = unquoted(row.text("unit")) or assume_units.get(known.name, "")
    said = spoken(known, text, unit) if text else None
    absent = reason_in(row.text("absent"))
    beside = Beside.of(row, {column: column for column in HEADER[4:]})
    yield fact_of(known, unquoted(row.text("item")), said, absent, beside)
