"""What the columns of somebody's table mean: a YAML file that is read before the table is."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from hepatica.case.record import AbsentReason
from hepatica.io.tables.spoken import PLAIN, Writing

Layout = Literal["wide", "long", "redcap"]
LAYOUTS: tuple[Layout, ...] = ("wide", "long", "redcap")


@dataclass(frozen=True)
class Meaning:
    """What the cells of one column say.

    Parameters
    ----------
    field : str
        Of the record.
    item : str
        Of a repeated field; ``{column}`` in it stands for what that column holds in the same row.
    unit, unit_column : str
        The unit of all values, or the column that names it.
    values : cell to answer
        Where the table's codes are not the record's answers; keys are compared as written.
    missing : cell to reason
        Codes of this column for a value that is not there, besides those of the table.
    on : str
        Column with the date of the values.
    reference_low, reference_high : str
        Columns with the laboratory's own limits, or a number; in the unit of the value.
    comparator : str
        Column with ``<`` or ``>`` where it stands apart from the number.
    only : column to texts
        Rows in which the column has this meaning, such as some events of a study.
    """

    field: str
    item: str = ""
    unit: str = ""
    unit_column: str = ""
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)
    missing: Mapping[str, AbsentReason] = dataclasses.field(default_factory=dict)
    on: str = ""
    reference_low: str = ""
    reference_high: str = ""
    comparator: str = ""
    only: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Column:
    """One column of the table, or one thing that a long table lists.

    Parameters
    ----------
    name : str
        The heading; of a long table the text in its column ``what``.
    meanings : what each of its cells says; one cell may say several things
    also : other headings under which it may stand
    optional : whether the table may be without it
    """

    name: str
    meanings: tuple[Meaning, ...]
    also: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True)
class Checkbox:
    """A question with boxes to tick, which REDCap exports as one column for each box.

    Parameters
    ----------
    name : str
        Of the variable; its boxes stand under ``name___code``.
    boxes : code to meaning
        A ticked box says yes to a flag, or its code (or what ``values`` make of it) otherwise.
    unchecked : "no" or "nothing"
        What an empty box says: REDCap writes 0 for it, also where nobody looked at the question.
    """

    name: str
    boxes: Mapping[str, Meaning]
    unchecked: Literal["no", "nothing"]
    optional: bool = False


@dataclass(frozen=True)
class Stated:
    """A fact that holds for every patient of the table although no column says it."""

    field: str
    value: str
    item: str = ""
    source: str = ""


@dataclass(frozen=True)
class TableMapping:
    """What a table holds.

    Parameters
    ----------
    name : str
    case : str
        The column with the pseudonym.
    title, source : str
        What the table is, and where it comes from.
    layout : wide (a row for each patient or visit), long (a row for each value) or redcap
    columns, checkboxes : what the columns mean
    stated : what holds for every patient
    missing : cell to reason
        Codes for a value that is not there, in any column.
    empty : what an empty cell says: nothing, or a reason
    left_out : column to reason
        Columns that are known and not read.
    identifying : tuple of str
        Columns with names and numbers of the patient: not read, and taken out of all texts.
    on : str
        Column with the date of all values that name none of their own.
    on_from_event : bool
        Of redcap: a row without that date takes it from another row of the same event.
    what, value : str
        Of a long table: the columns that name the thing and its value.
    writing, sheet, delimiter, encoding : how the file is written
    """

    name: str
    case: str
    title: str = ""
    source: str = ""
    layout: Layout = "wide"
    columns: tuple[Column, ...] = ()
    checkboxes: tuple[Checkbox, ...] = ()
    stated: tuple[Stated, ...] = ()
    missing: Mapping[str, AbsentReason] = dataclasses.field(default_factory=dict)
    empty: AbsentReason | None = None
    left_out: Mapping[str, str] = dataclasses.field(default_factory=dict)
    identifying: tuple[str, ...] = ()
    on: str = ""
    on_from_event: bool = False
    what: str = ""
    value: str = ""
    writing: Writing = PLAIN
    sheet: str = ""
    delimiter: str = ""
    encoding: str = "utf-8-sig"
