"""Whether what a leaf writes fits its fact: the operator, the unit and the value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from hepatica.case.record.field import Field
from hepatica.document.fault import did_you_mean, quoted
from hepatica.errors import InvalidInput
from hepatica.protocol.criteria.vocabulary import known_facts

ORDERED = ("<", "<=", ">", ">=")
NUMBERS = ("quantity", "count")
ALLOWED: dict[str, tuple[str, ...]] = {
    "quantity": (*ORDERED, "is", "is_not", "in", "known"),
    "count": (*ORDERED, "is", "is_not", "in", "known"),
    "flag": ("is", "is_not", "known"),
    "code": ("is", "is_not", "in", "known"),
    "date": (*ORDERED, "within_days", "known"),
    "text": ("is", "is_not", "in", "known"),
}
"""Which operators go with which kind of fact."""


@dataclass(frozen=True)
class Written:
    """The keys of a leaf that depend on each other; None where nothing (valid) is written."""

    fact: str | None = None
    op: str | None = None
    uln_times: float | None = None
    unit: str | None = None
    value: Any = None

    @property
    def field(self) -> Field | None:
        """What the fact means; None while it is not known."""
        return known_facts().get(self.fact) if self.fact is not None else None


def op_fault(leaf: Written) -> str | None:
    """What is wrong with the operator; None if it fits the fact."""
    field = leaf.field
    if field is None:
        return None
    allowed = ALLOWED[field.kind]
    if leaf.op is None:
        return f"nothing is given for op; with {field.name} it is one of {', '.join(allowed)}."
    if leaf.op not in allowed:
        return f"{leaf.op} does not go with a {field.kind} ({field.name}); {_or(allowed)}."
    return None


def unit_fault(leaf: Written) -> str | None:
    """What is wrong with the unit; None if it is the fact's, or can be converted into it."""
    field = leaf.field
    if field is None or leaf.op is None:
        return None
    if not _takes_unit(leaf, field):
        return None if leaf.unit is None else f"{leaf.unit} is not wanted here; leave the unit out."
    if leaf.unit is None:
        return f"nothing is given for unit; the record keeps {field.name} in {field.unit}."
    try:
        in_unit_of(field, 1.0, leaf.unit)
    except InvalidInput as error:
        return str(error).partition(" If the file means")[0]
    return None


def value_fault(leaf: Written) -> str | None:
    """What is wrong with the value, or with having a multiple instead; None if it fits."""
    field = leaf.field
    if field is None or leaf.op is None:
        return None
    if leaf.uln_times is not None:
        return _multiple_fault(leaf, field)
    if leaf.op == "known":
        return None if leaf.value is None else f"{leaf.value}: known takes no value; leave it out."
    return _held_against_fault(leaf, field)


def in_unit_of(field: Field, value: float, unit: str | None) -> float:
    """A number of a criterion in the unit of its fact.

    Raises
    ------
    InvalidInput
        If it cannot be converted.
    """
    from hepatica.case.record.units import converted

    if unit is None or unit == field.unit:
        return float(value)
    if field.block in ("derived", "computed"):
        raise InvalidInput(f"{unit} is not the unit of {field.name}; write it in {field.unit}.")
    return converted(field.name, float(value), unit)


def _held_against_fault(leaf: Written, field: Field) -> str | None:
    if leaf.value is None:
        return f"nothing is given for value; {leaf.op} holds {field.name} against something."
    if leaf.op == "within_days":
        return None if _is_count(leaf.value) else f"{quoted(leaf.value)} is not a number of days."
    if (leaf.op == "in") != isinstance(leaf.value, tuple):
        shown = quoted(leaf.value)
        return f"{shown}: in takes a list of values, in [ ]; the other operators take one value."
    values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    faults = (_one_fault(field, value, leaf.unit) for value in values)
    return next((fault for fault in faults if fault is not None), None)


def _takes_unit(leaf: Written, field: Field) -> bool:
    if leaf.uln_times is not None or leaf.op == "known":
        return False
    return field.kind == "quantity" and field.unit not in ("", "1")


def _multiple_fault(leaf: Written, field: Field) -> str | None:
    if leaf.value is not None:
        shown = quoted(leaf.value)
        return f"value {shown} and uln_times {leaf.uln_times:g} exclude each other; keep one."
    if field.kind != "quantity" or leaf.op not in ORDERED:
        return f"uln_times goes with a measured quantity and one of {', '.join(ORDERED)}."
    return None


def _one_fault(field: Field, value: Any, unit: str | None) -> str | None:
    if field.kind in NUMBERS:
        return _number_fault(field, value, unit)
    if field.kind == "flag":
        return None if isinstance(value, bool) else f"{quoted(value)} is not true or false."
    if not isinstance(value, str):
        return f"{quoted(value)} is not text."
    if field.kind == "code" and value not in field.answers:
        hint = did_you_mean(value, field.answers)
        return f"{value!r} is not an answer to {field.name}; {hint}"
    if field.kind == "date" and as_date(value) is None:
        return f"{value!r} is not a date such as 2005-01-31."
    return None


def _number_fault(field: Field, value: Any, unit: str | None) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{quoted(value)} is not a number."
    if field.kind == "quantity" and field.unit not in ("", "1") and unit is None:
        return None  # the unit's own fault says it
    number = in_unit_of(field, value, unit)
    low = float("-inf") if field.low is None else field.low
    high = float("inf") if field.high is None else field.high
    if low <= number <= high:
        return None
    meant = "" if unit == field.unit else f" is {number:g} {field.unit}".rstrip()
    return (
        f"{value:g} {unit or ''}".rstrip()
        + f"{meant}; that cannot be: {field.name} runs from {low:g} "
        f"to {high:g} {field.unit}".rstrip()
        + "; check the value and its unit."
    )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def as_date(value: Any) -> date | None:
    """The day that a text names; None if it names none."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _or(words: tuple[str, ...]) -> str:
    return f"it takes {', '.join(words)}"


def _date(value: Any) -> date:
    found = value if isinstance(value, date) else as_date(value)
    if found is None:
        raise PydanticCustomError("words", "a day is written as year-month-day: 2005-01-31.")
    return found


def _value(value: Any) -> Any:
    many = value if isinstance(value, tuple) else (value,)
    if not many or not all(isinstance(one, int | float | str | bool) for one in many):
        raise PydanticCustomError(
            "words", "a value is a number, true or false, a text, or a list of these."
        )
    return value


_SCALARS: list[dict[str, Any]] = [{"type": kind} for kind in ("number", "string", "boolean")]
DateText = Annotated[
    date, PlainValidator(_date), WithJsonSchema({"type": "string", "format": "date"})
]
ValueText = Annotated[
    Any,
    PlainValidator(_value),
    WithJsonSchema(
        {"anyOf": [*_SCALARS, {"type": "array", "items": {"type": "string"}}]},
    ),
]
