"""Hepatica's own tables: all that records hold, and nothing of it lost on the way back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from hepatica.case.record import Fact, Record
from hepatica.io.tables.fault import Faults
from hepatica.io.tables.own_long import HEADER, long_facts, long_rows
from hepatica.io.tables.own_text import unquoted
from hepatica.io.tables.own_wide import is_wide, wide_columns, wide_facts, wide_table
from hepatica.io.tables.sheet import Sheet, write_sheet

OwnLayout = Literal["long", "wide"]


def write_record_table(records: Iterable[Record], path: Path, layout: OwnLayout = "long") -> Path:
    """Write records as a CSV file or a spreadsheet from which they can be read back unchanged.

    Parameters
    ----------
    records : Record
    path : Path
        Ends in .csv, .tsv or .xlsx.
    layout : "long" or "wide"
        A row for each fact, or a column for each field.

    Raises
    ------
    InvalidInput
        If the name of the file is not that of a table.
    MissingExtra
        If it is a spreadsheet and the package for those is not installed.
    """
    if layout == "long":
        return write_sheet(path, HEADER, [row for record in records for row in long_rows(record)])
    header, *rows = wide_table(records)
    return write_sheet(path, header, rows)


def is_own(sheet: Sheet) -> bool:
    """Whether the header is that of a table which Hepatica writes."""
    return _is_long(sheet) or is_wide(sheet)


def read_own(sheet: Sheet, assume_units: Mapping[str, str]) -> tuple[Record, ...]:
    """The records of a table that Hepatica wrote, or of one that was filled in by hand after it.

    Raises
    ------
    InvalidInput
        With every fault of the table at once.
    """
    faults = Faults(sheet.name)
    facts: dict[str, list[Fact]] = {}
    columns = [] if _is_long(sheet) else wide_columns(sheet, faults)
    if _is_long(sheet):
        for heading in sheet.header:
            if heading not in HEADER:
                faults.add(f"unknown heading; a long table has {', '.join(HEADER)}.", heading)
    for row in sheet.rows:
        with faults.kept("case_id", row.number):
            case_id = unquoted(row.text("case_id"))
            said = facts.setdefault(Record(case_id).case_id, [])
            if not columns:
                with faults.kept(row.text("field"), row.number):
                    said += long_facts(row, assume_units)
            for column in columns:
                with faults.kept(column.heading, row.number):
                    said += wide_facts(row, column, assume_units)
    faults.raise_if_any()
    return tuple(Record(case_id, tuple(said)) for case_id, said in facts.items())


def _is_long(sheet: Sheet) -> bool:
    return {"case_id", "field", "value"} <= set(sheet.header)
