"""When the values of each row were so: from the row itself, or from the visit it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from hepatica.io.tables.cell_facts import writing_of
from hepatica.io.tables.fault import Faults
from hepatica.io.tables.mapping import Meaning, TableMapping
from hepatica.io.tables.redcap import EVENT, INSTANCE, INSTRUMENT
from hepatica.io.tables.sheet import Row, Sheet
from hepatica.io.tables.spoken import date_in


def days_of(sheet: Sheet, mapping: TableMapping, faults: Faults) -> dict[tuple[int, str], date]:
    """The dates of a table by row and date column; one that cannot be read becomes a fault."""
    columns = {mapping.on, *(meaning.on for meaning in _meanings(mapping))} - {""}
    found: dict[tuple[int, str], date] = {}
    for row in sheet.rows:
        for column in sorted(columns):
            cell = row.cell(column)
            if cell.text and cell.text not in mapping.missing:
                with faults.kept(column, row.number):
                    day = date_in(cell.text, writing_of(cell, mapping))
                    found[row.number, column] = day
    return {**_from_events(sheet, mapping, found), **found} if mapping.on_from_event else found


def _from_events(
    sheet: Sheet, mapping: TableMapping, found: dict[tuple[int, str], date]
) -> dict[tuple[int, str], date]:
    """REDCap parts one visit into several rows, of which only one holds its date."""
    first: dict[tuple[str, ...], date] = {}
    events = {row.number: (row.text(mapping.case), *_event(row)) for row in sheet.rows}
    for number, event in events.items():
        if (number, mapping.on) in found:
            first.setdefault(event, found[number, mapping.on])
    return {(n, mapping.on): first[event] for n, event in events.items() if event in first}


def _event(row: Row) -> tuple[str, str]:
    """The event of a row; each time that an event was repeated is one of its own."""
    whole_event = not row.text(INSTRUMENT)
    return row.text(EVENT), row.text(INSTANCE) if whole_event else ""


def _meanings(mapping: TableMapping) -> Iterator[Meaning]:
    for column in mapping.columns:
        yield from column.meanings
    for question in mapping.checkboxes:
        yield from question.boxes.values()
