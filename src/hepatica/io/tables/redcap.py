"""REDCap: a project's data dictionary made from the record's fields, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

from hepatica.case.record import AbsentReason, Field, fields
from hepatica.io.tables.mapping import Column, Meaning, TableMapping
from hepatica.io.tables.sheet import FORM_STATE, Sheet, write_sheet

HEADER = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)
CASE = "record_id"
EVENT = "redcap_event_name"
INSTRUMENT = "redcap_repeat_instrument"
INSTANCE = "redcap_repeat_instance"
_IN_LABEL_EXPORT = {
    "Event Name": EVENT,
    "Repeat Instrument": INSTRUMENT,
    "Repeat Instance": INSTANCE,
}

_STRUCTURE = frozenset(
    {
        *(EVENT, INSTRUMENT, INSTANCE),
        *("redcap_data_access_group", "redcap_survey_identifier"),
        *("Event Name", "Repeat Instrument", "Repeat Instance", "Data Access Group"),
        "Survey Identifier",
    }
)
_FORM_STATES = frozenset({"", "0", "1", "2", "Incomplete", "Unverified", "Complete"})


def variable(field: Field) -> str:
    """The name of a field in a project: REDCap takes lower-case letters, digits and underscores."""
    return field.name.replace(".", "_")


def redcap_dictionary(path: Path) -> Path:
    """Write a data dictionary from which REDCap makes a project: one form for each block.

    Forms of repeated blocks (lesions, earlier treatments) are then to be marked as repeating
    instruments in the project's set-up, and the reasons for having no value (unknown,
    not_performed, not_applicable, declined) to be entered there as missing-data codes.

    Parameters
    ----------
    path : Path
        Ends in .csv.
    """
    rows = [_row(CASE, "patient", "text", "Pseudonym")]
    blocks = {field.block: None for field in fields().values()}
    for block in blocks:
        rows += _form(block)
    return write_sheet(path, HEADER, rows)


def own_mapping() -> TableMapping:
    """How to read the export of a project that was made from that dictionary."""
    reasons: dict[str, AbsentReason] = {}
    for reason in get_args(AbsentReason):
        reasons |= {reason: reason, reason.replace("_", " ").capitalize(): reason}
    return TableMapping(
        name="hepatica-redcap",
        title="A REDCap project made from Hepatica's data dictionary",
        case=CASE,
        layout="redcap",
        columns=tuple(_column(field) for field in fields().values()),
        missing=reasons,
    )


def with_raw_headings(sheet: Sheet) -> Sheet:
    """A label export with its events and repeats under the names of a raw export as well."""
    added = {
        label: raw
        for label, raw in _IN_LABEL_EXPORT.items()
        if label in sheet.header and raw not in sheet.header
    }
    rows = tuple(
        replace(row, cells={**row.cells, **{raw: row.cell(label) for label, raw in added.items()}})
        for row in sheet.rows
    )
    return replace(sheet, header=(*sheet.header, *added.values()), rows=rows)


def is_structural(heading: str, sheet: Sheet) -> bool:
    """Whether REDCap itself wrote a column: events, repeats, and the states of forms."""
    if heading in _STRUCTURE or heading.endswith("_timestamp"):
        return True
    is_state = heading.endswith("_complete") or heading.startswith(FORM_STATE)
    return is_state and all(row.text(heading) in _FORM_STATES for row in sheet.rows)


def _column(field: Field) -> Column:
    name = variable(field)
    limits = field.block == "lab"
    meaning = Meaning(
        field.name,
        item="{redcap_repeat_instance}" if field.group else "",
        unit=field.unit if field.kind == "quantity" else "",
        on=f"{field.block}_on",
        reference_low=f"{name}_lln" if limits else "",
        reference_high=f"{name}_uln" if limits else "",
    )
    return Column(name, (meaning,), optional=True)


def _form(block: str) -> Iterator[list[str]]:
    day = _row(f"{block}_on", block, "text", "Date of the values on this form")
    day[7] = "date_ymd"
    yield day
    for field in fields().values():
        if field.block == block:
            yield _field_row(field)
            if block == "lab":
                yield from _limits(field)


def _field_row(field: Field) -> list[str]:
    kinds = {"flag": "yesno", "code": "radio"}
    row = _row(variable(field), field.block, kinds.get(field.kind, "text"), field.label)
    if field.kind == "code":
        row[5] = " | ".join(f"{answer}, {answer.replace('_', ' ')}" for answer in field.answers)
    row[6] = field.unit or field.help
    row[7] = {"quantity": "number", "count": "integer", "date": "date_ymd"}.get(field.kind, "")
    row[8], row[9] = ("" if end is None else f"{end:g}" for end in (field.low, field.high))
    return row


def _limits(field: Field) -> Iterator[list[str]]:
    for end, word in (("lln", "lower"), ("uln", "upper")):
        label = f"{field.label}: {word} limit of normal of this laboratory"
        row = _row(f"{variable(field)}_{end}", field.block, "text", label)
        row[6], row[7] = field.unit, "number"
        yield row


def _row(name: str, form: str, kind: str, label: str) -> list[str]:
    return [name, form, "", kind, label, *("" for _ in HEADER[5:])]
