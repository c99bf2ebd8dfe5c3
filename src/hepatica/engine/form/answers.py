"""Answers, typed or from a file, become facts: value, unit, date, the laboratory's own limits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

from hepatica.case.record import (
    ABSENT_REASONS,
    AbsentReason,
    Fact,
    Field,
    Record,
    ReferenceRange,
    checked,
    converted,
    field_named,
    fields,
)
from hepatica.errors import HepaticaError, Inconsistent, InvalidInput
from hepatica.io.tables.spoken import date_in, folded, understood

_DAY = re.compile(r"\s*@\s*(\S+)\s*$")
_LIMITS = re.compile(r"\s*\(\s*([\d.]*)\s*(?:-|\.\.)\s*([\d.]*)\s*\)\s*$")
_KEYS = ("value", "unit", "on", "lln", "uln", "absent", "source", "comparator")


@dataclass(frozen=True)
class Said:
    """Where an answer comes from and what holds for it where it does not say otherwise.

    Parameters
    ----------
    source : who or which file
    on : the day of the values
    units : field to unit, for values that are said without one
    recorded_at : datetime
    """

    source: str
    on: date | None = None
    units: Mapping[str, str] | None = None
    recorded_at: datetime | None = None


def fact_from_answer(field: Field, text: str, said: Said, item: str = "") -> Fact:
    """The fact that an answer states.

    Parameters
    ----------
    field : Field
    text : str
        ``1.2 mg/dL``, ``< 5``, ``yes``; behind it the laboratory's limits ``(0.2-1.2)`` and the
        day ``@2024-05-31`` where they are known; or a reason for having no value (``declined``).
    said : Said
    item : of a repeated field

    Raises
    ------
    InvalidInput
        If it is no answer to this question.

    Examples
    --------
    >>> alt = field_named("lab.alt")
    >>> fact_from_answer(alt, "45 U/L (..40) @2024-05-31", Said("form")).reference
    ReferenceRange(low=None, high=40.0)
    """
    row: dict[str, Any] = {"value": text}
    if field.kind != "text":
        day, limits = _DAY.search(text), None
        if day is not None:
            text, row["on"] = text[: day.start()], day[1]
        limits = _LIMITS.search(text) if field.kind == "quantity" else None
        if limits is not None:
            text, row["lln"], row["uln"] = text[: limits.start()], limits[1], limits[2]
        row["value"] = text.strip()
    if folded(str(row["value"])) in ABSENT_REASONS:
        row["absent"] = folded(str(row.pop("value")))
    return _fact(field, row, said, item)


def answers_of(path: Path, said: Said) -> tuple[Fact, ...]:
    """The facts of a file of answers (YAML or JSON): field to answer, group to item to answer.

    ::

        on: 2024-05-31
        patient.sex: female
        lab.bilirubin: {value: 0.9, unit: mg/dL, uln: 1.2}
        function.ascites: {absent: not_performed}
        lesion:
          1: {segment: IVa, diameter: 23 mm}

    Raises
    ------
    InvalidInput
        With every fault of the file at once.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        document = YAML(typ="safe").load(path.read_text(encoding="utf-8-sig"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path.name} is no YAML: {error}") from error
    if not isinstance(document, Mapping):
        raise InvalidInput(f"{path.name}: it needs a line 'field: answer' for each answer.")
    given = dict(document)
    faults: list[str] = []
    try:
        day = given.pop("on", None)
        here = replace(said, on=said.on if day is None else date_in(str(day)))
    except InvalidInput as error:
        here = said
        faults.append(f"on: {error}")
    found = []
    for name, item, answer in _listed(given):
        try:
            found.append(_answer(field_named(name), item, answer, here))
        except HepaticaError as error:
            faults.append(f"{name}{f'#{item}' if item else ''}: {error}")
    if faults:
        lines = "\n".join(f"  {fault}" for fault in faults)
        raise InvalidInput(f"{path.name}: {len(faults)} fault(s); nothing was read.\n{lines}")
    return tuple(found)


def answered(record: Record, facts: Iterable[Fact]) -> Record:
    """The record with these answers.

    Raises
    ------
    Inconsistent
        If an answer says something else than the record does for the same day.
    """
    new = tuple(facts)
    clashes = []
    for fact in new:
        for before in record.history(fact.field, fact.item):
            if before.on == fact.on and _says(before) != _says(fact) and before.value is not None:
                clashes.append(
                    f"  {fact.field}: {_says(before)[0]} ({before.source}) and {_says(fact)[0]} "
                    f"({fact.source}), {fact.on or 'both without a date'}"
                )
    if clashes:
        text = "\n".join(clashes)
        raise Inconsistent(
            f"Case {record.case_id}: {len(clashes)} answer(s) contradict what is known. Correct "
            f"one of the two, or say on which day each was so.\n{text}"
        )
    known = set(record.facts)
    return record.with_facts(fact for fact in new if fact not in known)


def _listed(given: Mapping[Any, Any]) -> Iterator[tuple[str, str, Any]]:
    """Field, item and answer of each line of the file."""
    groups = {field.group for field in fields().values() if field.group}
    for key, answer in given.items():
        if key in groups and isinstance(answer, Mapping):
            for item, rows in answer.items():
                for name, one in rows.items() if isinstance(rows, Mapping) else [("", rows)]:
                    yield f"{key}.{name}", str(item), one
            continue
        name, _, item = str(key).partition("#")
        yield name, item, answer


def _answer(field: Field, item: str, answer: Any, said: Said) -> Fact:
    if isinstance(answer, Mapping):
        unknown = [str(key) for key in answer if key not in _KEYS]
        if unknown:
            raise InvalidInput(
                f"{', '.join(unknown)} is no part of an answer; those are {', '.join(_KEYS)}."
            )
        return _fact(field, answer, said, item)
    if answer is None:
        raise InvalidInput(
            f"the answer is empty. Leave the line out, or give a reason: "
            f"{{absent: {' | '.join(ABSENT_REASONS)}}}."
        )
    return fact_from_answer(field, _text(answer), said, item)


def _fact(field: Field, row: Mapping[str, Any], said: Said, item: str) -> Fact:
    on = date_in(_text(row["on"])) if row.get("on") else said.on
    fact = Fact(
        field.name,
        absent=cast(AbsentReason, row.get("absent") or "unknown"),
        item=item,
        on=on,
        source=_text(row.get("source", said.source)),
        recorded_at=said.recorded_at,
    )
    if row.get("absent"):
        return checked(fact)
    text = f"{row.get('comparator', '')}{_text(row.get('value', ''))}"
    if not text:
        raise InvalidInput("the answer has neither a value nor a reason for having none (absent).")
    unit = _text(row.get("unit", "")) or (said.units or {}).get(field.name, "")
    spoken = understood(field, text, unit)
    return checked(
        replace(
            fact,
            absent=None,
            value=spoken.value,
            unit=spoken.unit,
            comparator=spoken.comparator,
            stated=spoken.stated,
            reference=_reference(field, row, spoken.told_in),
        )
    )


def _reference(field: Field, row: Mapping[str, Any], unit: str) -> ReferenceRange | None:
    """The laboratory's limits are said in the unit of the value."""
    ends: list[float | None] = []
    for key in ("lln", "uln"):
        text = _text(row.get(key, ""))
        if text and field.kind != "quantity":
            raise InvalidInput(f"{key}: {field.name} is a {field.kind} and has no limits.")
        ends.append(_limit(field, text, unit) if text else None)
    return ReferenceRange(*ends) if any(end is not None for end in ends) else None


def _limit(field: Field, text: str, unit: str) -> float:
    try:
        return converted(field.name, float(text), unit)
    except ValueError as error:
        raise InvalidInput(f"the limit of normal {text!r} is not a number.") from error


def _says(fact: Fact) -> tuple[object, object]:
    return (fact.absent if fact.value is None else fact.value), fact.comparator


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()
