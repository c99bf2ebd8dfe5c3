"""The data dictionary: what every column of a record table means, for people and for programs."""

from __future__ import annotations

from pathlib import Path

from hepatica.case.record import Field, fields
from hepatica.case.record.units import known_units
from hepatica.io.tables.sheet import write_sheet

HEADER = ("field", "label", "kind", "unit", "also_in", "answers", "low", "high", "repeats", "help")


def data_dictionary(path: Path) -> Path:
    """Write the fields of the record with their kinds, units, answers and bounds.

    Parameters
    ----------
    path : Path
        Ends in .csv, .tsv or .xlsx.

    Raises
    ------
    InvalidInput
        If the name of the file is not that of a table.
    MissingExtra
        If it is a spreadsheet and the package for those is not installed.
    """
    return write_sheet(path, HEADER, [dictionary_row(field) for field in fields().values()])


def dictionary_row(field: Field) -> list[str]:
    """One field as texts, in the order of `HEADER`."""
    others = known_units(field.name)[1:] if field.kind == "quantity" else ()
    low, high = ("" if end is None else f"{end:g}" for end in (field.low, field.high))
    return [
        *(field.name, field.label, field.kind, field.unit, " | ".join(others)),
        *(" | ".join(field.answers), low, high, field.group, field.help),
    ]
