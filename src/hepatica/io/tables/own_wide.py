"""The wide table of records: a column for each field, a row for each date of a case.

It is the table to fill in by hand. Facts of a record go into one row as long as their date stays
and their columns go on to the right; what does not fit into the cell of a value stands in a column
beside it (``lab.bilirubin:reference``), which is there only where it is needed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from hepatica.case.record import Fact, Field, Record, field_named, fields
from hepatica.io.tables.fault import Faults
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
from hepatica.io.tables.sheet import Row, Sheet

SHARED = ("case_id", "on", "source", "recorded_at")
BESIDE = ("source", "stated", "reference", "comparator", "unit")

_HEADING = re.compile(
    r'^(?P<field>[a-z0-9_.]+)(?:#(?P<item>"(?:[^"\\]|\\.)*"|[A-Za-z0-9_.\-]+))?'
    r"(?: \[(?P<unit>.+)\])?(?::(?P<beside>[a-z]+))?$"
)
_PLAIN_ITEM = re.compile(r"^[A-Za-z0-9_.\-]+$")

Key = tuple[str, str]


@dataclass(frozen=True)
class WideColumn:
    """The column of a field (and item), with the headings of those beside it."""

    field: Field
    item: str
    heading: str
    beside: Mapping[str, str]
    unit: str = ""


def wide_table(records: Iterable[Record]) -> list[list[str]]:
    """Header and rows of some records."""
    held = tuple(records)
    order = _order(held)
    rows = [row for record in held for row in _grouped(record, order)]
    needs: dict[Key, set[str]] = {key: set() for key in order}
    for _, facts in rows:
        for fact in facts:
            needs[fact.key].update(k for k, text in _beside(fact, facts[0]).items() if text)
    columns = {key: _column(key, needs[key]) for key in order}
    header = [*SHARED]
    for column in columns.values():
        header += [column.heading, *column.beside.values()]
    filled = (_filled(case_id, facts, columns) for case_id, facts in rows)
    return [header, *([row.get(text, "") for text in header] for row in filled)]


def is_wide(sheet: Sheet) -> bool:
    """Whether there is a column for the case and one for at least one field of the record."""
    if set(sheet.header) == set(SHARED):
        return True
    named = [_HEADING.match(text) for text in sheet.header if text not in SHARED]
    return "case_id" in sheet.header and any(m and m["field"] in fields() for m in named)


def wide_columns(sheet: Sheet, faults: Faults) -> list[WideColumn]:
    """The columns of a header, in its order; what is none of them becomes a fault."""
    parts = {text: _HEADING.match(text) for text in sheet.header if text not in SHARED}
    beside: dict[Key, dict[str, str]] = {}
    values: dict[Key, tuple[str, str]] = {}
    for text, part in parts.items():
        if part is None or part["field"] not in fields():
            faults.add("the heading is no field of the record; see hepatica case fields.", text)
            continue
        key = part["field"], unquoted(part["item"] or "")
        if not part["beside"]:
            values[key] = text, part["unit"] or ""
        elif part["beside"] in BESIDE:
            beside.setdefault(key, {})[part["beside"]] = text
        else:
            faults.add(f"behind the colon stands one of {', '.join(BESIDE)}.", text)
    for key in beside.keys() - values.keys():
        for text in beside[key].values():
            faults.add("the column of the values beside which it belongs is missing.", text)
    return [
        WideColumn(field_named(key[0]), key[1], text, beside.get(key, {}), unit)
        for key, (text, unit) in values.items()
    ]


def wide_facts(row: Row, column: WideColumn, assume_units: Mapping[str, str]) -> Iterator[Fact]:
    """The fact of a cell, if it holds one.

    Raises
    ------
    InvalidInput
        If it cannot be understood.
    """
    text = row.text(column.heading)
    if not text:
        return
    headings = {key: key for key in SHARED}
    if row.text(column.beside.get("source", "")):
        headings["source"] = column.beside["source"]
    beside = Beside.of(row, {**column.beside, **headings})
    if text.startswith("[") and text.endswith("]"):
        yield fact_of(column.field, column.item, None, reason_in(text[1:-1]), beside)
        return
    unit = column.unit or assume_units.get(column.field.name, "")
    yield fact_of(column.field, column.item, spoken(column.field, text, unit), None, beside)


def _order(records: tuple[Record, ...]) -> list[Key]:
    """The columns in the order in which the records state their facts, as far as they agree."""
    order: list[Key] = []
    known: set[Key] = set()
    for record in records:
        before: Key | None = None
        for fact in record:
            if fact.key not in known:
                place = 0 if before is None else order.index(before) + 1
                order.insert(place, fact.key)
                known.add(fact.key)
            before = fact.key
    return order


def _grouped(record: Record, order: list[Key]) -> Iterator[tuple[str, list[Fact]]]:
    """The facts of a record row by row."""
    places = {key: n for n, key in enumerate(order)}
    row: list[Fact] = []
    for fact in record:
        if row and (
            (fact.on, fact.recorded_at) != (row[0].on, row[0].recorded_at)
            or places[fact.key] <= places[row[-1].key]
        ):
            yield record.case_id, row
            row = []
        row.append(fact)
    yield record.case_id, row


def _beside(fact: Fact, first: Fact) -> dict[str, str]:
    """What of a fact does not go into the cell of its value; ``first`` gives the row its source."""
    known = field_named(fact.field)
    in_cell = fact.value is not None and known.kind in ("quantity", "count")
    own_unit = known.unit if fact.value is not None and known.kind == "quantity" else ""
    return {
        "source": "" if fact.source == first.source else quoted(fact.source, empty=True),
        "stated": quoted(fact.stated),
        "reference": range_text(fact.reference),
        "comparator": "" if in_cell else (fact.comparator or ""),
        "unit": "" if fact.unit == own_unit else quoted(fact.unit),
    }


def _column(key: Key, needs: set[str]) -> WideColumn:
    field, item = field_named(key[0]), key[1]
    shown = item if _PLAIN_ITEM.match(item) else json.dumps(item)
    name = f"{field.name}#{shown}" if field.group else field.name
    heading = f"{name} [{field.unit}]" if field.kind == "quantity" else name
    return WideColumn(field, item, heading, {k: f"{name}:{k}" for k in BESIDE if k in needs})


def _filled(case_id: str, facts: list[Fact], columns: Mapping[Key, WideColumn]) -> dict[str, str]:
    row = {"case_id": quoted(case_id)}
    for fact in facts[:1]:
        row |= {"on": moment_text(fact.on), "source": quoted(fact.source)}
        row["recorded_at"] = moment_text(fact.recorded_at)
    for fact in facts:
        column, beside = columns[fact.key], _beside(fact, facts[0])
        text = f"[{fact.absent}]" if fact.value is None else value_text(fact)
        side = fact.comparator if fact.comparator and not beside["comparator"] else ""
        row[column.heading] = f"{side}{text}"
        row |= {heading: beside[key] for key, heading in column.beside.items()}
    return row
