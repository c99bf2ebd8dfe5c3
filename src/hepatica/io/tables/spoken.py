"""Understands what people write into cells and forms: ``< 5``, ``70%``, ``1.2 mg/dL``, ``yes``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from hepatica.case.record import Comparator, Field, Value
from hepatica.case.record.units import converted
from hepatica.errors import InvalidInput
from hepatica.io.lab_flags import parted

YES = frozenset({"yes", "y", "true", "t", "1", "checked", "x"})
NO = frozenset({"no", "n", "false", "f", "0", "unchecked"})

_COMPARATORS: Mapping[str, Comparator] = {
    **{"<": "<", "<=": "<=", "=<": "<=", "≤": "<="},
    **{">": ">", ">=": ">=", "=>": ">=", "≥": ">="},
}
_SIDE = re.compile(r"^(<=|>=|=<|=>|[<>≤≥])\s*(.*)$", re.DOTALL)
_NUMBER = re.compile(r"^([+\-−]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+\-]?\d+)?)\s*(.*)$", re.DOTALL)
_RESULT_WORD = re.compile(r"^[(\[]?\s*(neg|negative|pos|positive|normal|abnormal|n\.?d\.?)\b", re.I)
_GAPS = r"[ \u00a0\u2009\u202f]"
_RANGE = re.compile(r"^[\-−–]\s*\d|^(to|bis)\s+\d")


@dataclass(frozen=True)
class Writing:
    """How numbers and dates are written in a table.

    Parameters
    ----------
    decimal : "." or ","
    thousands : str
        What parts thousands; empty if nothing does.
    date_format : str
        As ``datetime.strptime`` takes it (``%d.%m.%Y``); empty for 2024-05-31.
    """

    decimal: str = "."
    thousands: str = ""
    date_format: str = ""


@dataclass(frozen=True)
class Spoken:
    """A value as it was understood.

    Parameters
    ----------
    value : in the field's own unit
    comparator : of a value that is only known to lie on one side
    unit : str
        The field's own.
    stated : str
        What was said, where it reads otherwise than the value does.
    told_in : str
        The unit in which a quantity was told.
    """

    value: Value
    comparator: Comparator | None = None
    unit: str = ""
    stated: str = ""
    told_in: str = ""


PLAIN = Writing()


def understood(field: Field, text: str, unit: str = "", writing: Writing = PLAIN) -> Spoken:
    """What a text says about a field.

    Parameters
    ----------
    field : Field
    text : str
        Not empty.
    unit : str
        Of a quantity whose text names none; a unit in the text goes before it.
    writing : Writing

    Raises
    ------
    InvalidInput
        If the text is no value of the field, or a quantity has no unit that the field knows. The
        message names neither the field nor its place.

    Examples
    --------
    >>> from hepatica.case.record import field_named
    >>> understood(field_named("lab.albumin"), "3.5 g/dL")
    Spoken(value=35.0, comparator=None, unit='g/L', stated='3.5 g/dL', told_in='g/dL')
    """
    if field.kind == "quantity":
        return _quantity(field, text, unit, writing)
    return _READERS[field.kind](field, text, writing)


def folded(text: str) -> str:
    """A word without case, spaces and hyphens: ``Wild-Type`` is ``wild_type``."""
    return re.sub(r"[\s\-_/]+", "_", text.strip().casefold())


def number_in(text: str, writing: Writing = PLAIN) -> tuple[float, str]:
    """The number at the beginning of a text, and what stands behind it.

    Raises
    ------
    InvalidInput
        If there is none, or it may be read in two ways.
    """
    plain = text.strip()
    if writing.thousands:
        gap = _GAPS if writing.thousands.isspace() else re.escape(writing.thousands)
        plain = re.sub(rf"(?<=\d){gap}(?=\d{{3}}(?!\d))", "", plain)
    if writing.decimal != ".":
        if re.match(r"^[+\-−]?\d*\.\d", plain):
            raise InvalidInput(_two_ways(text))
        plain = plain.replace(writing.decimal, ".")
    found = _NUMBER.match(plain)
    if found is None:
        raise InvalidInput(f"{text!r} is not a number.")
    rest = found[2].strip()
    if re.match(r"^[,.'’]\d", found[2]) or re.fullmatch(r"\d{3}(\.\d+)?", rest):
        raise InvalidInput(_two_ways(text))
    if _RANGE.match(rest):
        raise InvalidInput(f"{text!r} is a range; a fact has one value, or one with < or >.")
    return float(found[1].replace("−", "-")), rest


def date_in(text: str, writing: Writing = PLAIN) -> date:
    """The day that a text names; a time of day behind it is left out.

    Raises
    ------
    InvalidInput
        If it names none, or is not written as the table's dates are.
    """
    try:
        if writing.date_format:
            return datetime.strptime(text.strip(), writing.date_format).date()
        return datetime.fromisoformat(text.strip()).date()
    except ValueError as error:
        wanted = writing.date_format or "2024-05-31"
        raise InvalidInput(
            f"{text!r} is not a full date written as {wanted}. If all dates of the table are "
            "written otherwise, say how with date_format in the mapping (such as '%d.%m.%Y')."
        ) from error


def _quantity(field: Field, text: str, unit: str, writing: Writing) -> Spoken:
    comparator, rest = _side(text)
    if _RESULT_WORD.match(rest.strip()):
        raise InvalidInput(_no_number(field, text))
    number, behind = number_in(rest, writing)
    own, mark = parted(field.name, behind)
    stated_unit = own or unit
    value = converted(field.name, number, stated_unit)
    said = text if own or not unit else f"{text} {unit}"
    same = value == number and stated_unit in ("", field.unit) and not mark
    return Spoken(value, comparator, field.unit, "" if same else said, stated_unit)


def _count(field: Field, text: str, writing: Writing) -> Spoken:
    comparator, rest = _side(text)
    number, behind = number_in(rest, writing)
    if behind or not number.is_integer():
        raise InvalidInput(f"{text!r} is not a whole number.")
    return Spoken(int(number), comparator)


def _flag(field: Field, text: str, writing: Writing) -> Spoken:
    word = re.sub(r"^([01])\.0+$", r"\1", folded(text))
    if word not in YES | NO:
        raise InvalidInput(f"{text!r} is neither yes nor no.")
    return Spoken(word in YES, stated="" if word in ("yes", "no", "true", "false") else text)


def _code(field: Field, text: str, writing: Writing) -> Spoken:
    answers = {folded(answer): answer for answer in field.answers}
    answer = answers.get(folded(text))
    if answer is None:
        raise InvalidInput(f"{text!r} is not one of {', '.join(field.answers)}.")
    return Spoken(answer, stated="" if answer == text else text)


def _date(field: Field, text: str, writing: Writing) -> Spoken:
    day = date_in(text, writing)
    return Spoken(day, stated="" if day.isoformat() == text else text)


def _text(field: Field, text: str, writing: Writing) -> Spoken:
    return Spoken(text)


def _no_number(field: Field, text: str) -> str:
    return (
        f"{text!r} is a result without a number, and {field.name} is measured in {field.unit}. "
        "Write the limit of the test (such as '< 0.5'), or a reason for having no value; in the "
        f"mapping of a table say once what the word means: values: {{{text}: '< 0.5'}} or missing: "
        f"{{{text}: unknown}}."
    )


def _two_ways(text: str) -> str:
    return (
        f"{text!r} may be read in two ways. Write it as 1234.5, or say in the mapping of a table "
        "what parts decimals (decimal) and thousands (thousands)."
    )


def _side(text: str) -> tuple[Comparator | None, str]:
    found = _SIDE.match(text.strip())
    return (None, text) if found is None else (_COMPARATORS[found[1]], found[2])


_READERS: Mapping[str, Callable[[Field, str, Writing], Spoken]] = {
    "count": _count,
    "flag": _flag,
    "code": _code,
    "date": _date,
    "text": _text,
}
