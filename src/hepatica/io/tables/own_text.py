"""The texts in which Hepatica's own tables hold values, so that each comes back as it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from hepatica.case.record import (
    ABSENT_REASONS,
    COMPARATORS,
    AbsentReason,
    Comparator,
    Fact,
    Field,
    ReferenceRange,
    checked,
    field_named,
)
from hepatica.errors import InvalidInput
from hepatica.io.tables.sheet import Row
from hepatica.io.tables.spoken import Spoken, date_in, understood

_SPECIAL = ('"', "[", "<", ">", "≤", "≥", "=", "+", "-", "@")
"""A text that begins with one of these is written in quotes: it might be taken for a formula, a
comparator or a reason."""


@dataclass(frozen=True)
class Beside:
    """What a row says about a value."""

    texts: Mapping[str, str]

    @classmethod
    def of(cls, row: Row, headings: Mapping[str, str]) -> Beside:
        """From the columns of these headings."""
        return cls({key: row.text(heading) for key, heading in headings.items()})

    def __getitem__(self, key: str) -> str:
        return self.texts.get(key, "")


def spoken(field: Field, text: str, unit: str) -> Spoken:
    """The value that a cell holds; a text field keeps its words as they are."""
    if field.kind == "text":
        return Spoken(unquoted(text))
    return understood(field, text, unit)


def fact_of(
    field: Field, item: str, said: Spoken | None, absent: AbsentReason | None, beside: Beside
) -> Fact:
    """The fact of a value or of a reason for having none."""
    quantity = field.kind == "quantity" and said is not None
    return checked(
        Fact(
            field.name,
            None if said is None else said.value,
            item,
            unit=field.unit if quantity else unquoted(beside["unit"]),
            comparator=_comparator(beside["comparator"]) or (said.comparator if said else None),
            on=date_in(beside["on"]) if beside["on"] else None,
            source=unquoted(beside["source"]),
            stated=unquoted(beside["stated"]) or (said.stated if said else ""),
            reference=_range(beside["reference"]),
            absent=absent,
            recorded_at=_moment(beside["recorded_at"]),
        )
    )


def value_text(fact: Fact) -> str:
    """The value as it stands in a cell; empty where there is none."""
    value = fact.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value if field_named(fact.field).kind == "code" else quoted(value, empty=True)
    return moment_text(value) if isinstance(value, date) else repr(value)


def moment_text(moment: date | datetime | None) -> str:
    """A day or moment as it stands in a cell."""
    return moment.isoformat() if moment else ""


def quoted(text: str, empty: bool = False) -> str:
    """A text as it stands in a cell: in quotes where it would not come back as it is."""
    if not text:
        return '""' if empty else ""
    risky = text != text.strip() or text.startswith(_SPECIAL) or not text.isprintable()
    return json.dumps(text) if risky else text


def unquoted(text: str) -> str:
    """The text that stands in a cell.

    Raises
    ------
    InvalidInput
        If its quotes do not fit.
    """
    if len(text) < 2 or not (text.startswith('"') and text.endswith('"')):
        return text
    try:
        return str(json.loads(text))
    except ValueError as error:
        raise InvalidInput(
            f"{text!r} stands in quotes that do not fit; double those within, or leave them out."
        ) from error


def range_text(reference: ReferenceRange | None) -> str:
    """A reference range as it stands in a cell: ``3..21``."""
    if reference is None:
        return ""
    ends = ("" if end is None else repr(end) for end in (reference.low, reference.high))
    return "..".join(ends)


def _range(text: str) -> ReferenceRange | None:
    if not text:
        return None
    low, dots, high = text.partition("..")
    try:
        if not dots:
            raise ValueError("no dots")
        return ReferenceRange(*(float(end) if end else None for end in (low, high)))
    except ValueError as error:
        raise InvalidInput(
            f"the reference range {text!r} is not written as 3..21 (..21 without a lower end)."
        ) from error


def reason_in(text: str) -> AbsentReason | None:
    """The reason for having no value that a cell names.

    Raises
    ------
    InvalidInput
        If it names something else.
    """
    if text and text not in ABSENT_REASONS:
        raise InvalidInput(
            f"{text!r} is no reason for having no value; reasons are {', '.join(ABSENT_REASONS)}."
        )
    return cast(AbsentReason, text) if text else None


def _comparator(text: str) -> Comparator | None:
    if text and text not in COMPARATORS:
        raise InvalidInput(f"comparator {text!r}; it is one of {', '.join(COMPARATORS)}.")
    return cast(Comparator, text) if text else None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise InvalidInput(
            f"recorded_at {text!r} is not written as 2024-05-31T08:15:00."
        ) from error
