"""Reads value[x], comparator, reason for absence, reference range and interpretation."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from typing import Any, cast

from hepatica.case.record import COMPARATORS, Comparator, Field, ReferenceRange
from hepatica.io.fhir.finding import Finding
from hepatica.io.fhir.page import Page
from hepatica.io.fhir.shape import Json, day_of, name_of, part, rows, words
from hepatica.io.fhir.terminology import answer_of, answer_terms, coded, terminology
from hepatica.io.lab_flags import parted

_NUMBER = re.compile(
    r"\s*(<=|>=|<|>)?\s*([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?![\d.,'’])\s*(\S.*?)?\s*"
)


def read_value(field: Field, element: Json, page: Page) -> Finding | None:
    """What an Observation, or one component of it, says about a field; None after a note.

    Parameters
    ----------
    field : Field
    element : the Observation or the component
    page : Page
    """
    has_value = any(key.startswith("value") for key in element)
    found = (_READERS[field.kind] if has_value else _absent)(field, element, page)
    if found is None:
        return None
    return _with_range(field, found, element, page)


def _absent(field: Field, element: Json, page: Page) -> Finding | None:
    reason = part(element, "dataAbsentReason")
    if not reason:
        level = _answer_in_interpretation(field, element)
        if level is not None:
            return Finding(field.name, level)
        marks = ", ".join(name_of(row) for row in rows(element, "interpretation"))
        said = f" (its interpretation {marks} is not a value)" if marks else ""
        page.note(f"{field.name}: it has neither a value nor a reason for having none{said}.")
        return None
    codes = [code for _, code in coded(reason)]
    for ours, theirs in terminology()["absent_reasons"].items():
        if any(code in theirs for code in codes):
            exact = codes[0] == theirs[0]
            return Finding(field.name, absent=ours, stated="" if exact else codes[0])
    stated = page.clean(name_of(reason))
    page.note(f"{field.name}: absent because {stated!r}; kept as unknown.", "assumed")
    return Finding(field.name, absent="unknown", stated=stated)


def _quantity(field: Field, element: Json, page: Page) -> Finding | None:
    said = _number(field, element, page)
    if said is None:
        return None
    value, comparator, units = said
    if "valueInteger" in element and field.name == "performance.karnofsky":
        return Finding(field.name, value, comparator)
    taken = page.in_field_unit(field.name, value, units)
    if taken is None:
        return None
    shown = next((unit for unit in units if unit), "")
    same = shown in ("", field.unit)
    stated = "" if same else page.clean(f"{value:g} {shown}")
    return Finding(field.name, taken, comparator, stated=stated)


def _count(field: Field, element: Json, page: Page) -> Finding | None:
    concept = part(element, "valueCodeableConcept")
    level = _level(field, concept)
    if level is not None:
        return Finding(field.name, level)
    said = _number(field, element, page)
    if said is None:
        return None
    value, comparator, _ = said
    if value != int(value):
        page.note(f"{field.name}: {value:g} is no whole number; not taken.", "warning")
        return None
    return Finding(field.name, int(value), comparator)


def _flag(field: Field, element: Json, page: Page) -> Finding | None:
    if isinstance(element.get("valueBoolean"), bool):
        return Finding(field.name, element["valueBoolean"])
    codes = coded(element.get("valueCodeableConcept"))
    means = {r["value"] for r in terminology()["yes_no"] if (r["system"], r["code"]) in codes}
    if len(means) == 1:
        return Finding(field.name, means.pop())
    _not_understood(field, element, page)
    return None


def _code(field: Field, element: Json, page: Page) -> Finding | None:
    answer = answer_of(field.name, element.get("valueCodeableConcept"))
    if answer is not None:
        return Finding(field.name, answer)
    _not_understood(field, element, page)
    return None


def _date(field: Field, element: Json, page: Page) -> Finding | None:
    day = day_of(words(element, "valueDateTime"))
    if day is not None:
        return Finding(field.name, day)
    _not_understood(field, element, page)
    return None


def _text(field: Field, element: Json, page: Page) -> Finding | None:
    text = words(element, "valueString") or name_of(part(element, "valueCodeableConcept"))
    if text:
        return Finding(field.name, page.clean(text))
    _not_understood(field, element, page)
    return None


_READERS: dict[str, Callable[[Field, Json, Page], Finding | None]] = {
    "quantity": _quantity,
    "count": _count,
    "flag": _flag,
    "code": _code,
    "date": _date,
    "text": _text,
}


def _not_understood(field: Field, element: Json, page: Page) -> None:
    kind = next(key for key in element if key.startswith("value"))
    said = words(element, kind) or name_of(part(element, kind)) or kind
    page.note(f"{field.name}: {said!r} is not understood as a {field.kind}; not taken.", "warning")


def _number(
    field: Field, element: Json, page: Page
) -> tuple[float, Comparator | None, tuple[str, ...]] | None:
    """Value, comparator, and the units that were stated (code first)."""
    quantity = part(element, "valueQuantity")
    value: Any
    units: tuple[str, ...]
    if quantity:
        value, sign = quantity.get("value"), words(quantity, "comparator")
        units = (words(quantity, "code"), words(quantity, "unit"))
    elif "valueInteger" in element or "valueDecimal" in element:
        value, sign, units = element.get("valueInteger", element.get("valueDecimal")), "", ()
    else:
        text = _NUMBER.fullmatch(words(element, "valueString"))
        if text is None:
            _not_understood(field, element, page)
            return None
        unit, mark = parted(field.name, text[3] or "")
        if mark:
            page.note(f"{field.name}: the laboratory's mark {mark} has no place here.")
        value, sign, units = text[2], text[1] or "", (unit,)
    number = _finite(value)
    sign = sign or _off_scale(element)
    if number is None or (sign and sign not in COMPARATORS):
        page.note(f"{field.name}: {sign} {value!r} is no number; not taken.", "warning")
        return None
    return number, cast(Comparator, sign) if sign else None, units


def _finite(value: Any) -> float | None:
    """A number as JSON had it (whole numbers stay whole), or written as text."""
    if isinstance(value, str) and re.fullmatch(r"\s*[-+]?\d+(\.\d+)?\s*", value):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) else None


def _off_scale(element: Json) -> str:
    """An interpretation of < or > says that the value lies beyond what could be measured."""
    marks = {code for row in rows(element, "interpretation") for _, code in coded(row)}
    return next((sign for sign in ("<", ">") if sign in marks), "")


def _answer_in_interpretation(field: Field, element: Json) -> int | None:
    found = [_level(field, row) for row in rows(element, "interpretation")]
    return next((level for level in found if level is not None), None)


def _level(field: Field, concept: Json) -> int | None:
    """A grade that is given by the code of its answer, as that of ECOG."""
    if field.kind != "count" or not concept:
        return None
    codes = coded(concept)
    for answer, terms in answer_terms(field.name).items():
        if any((term.system, term.code) in codes for term in terms):
            return int(answer)
    return None


def _with_range(field: Field, found: Finding, element: Json, page: Page) -> Finding:
    reference = _reference(field, element, page)
    if reference is not None:
        _require_agreement(field, found, reference, element, page)
    marks = [name_of(row) for row in rows(element, "interpretation")]
    explained = _off_scale(element) or _answer_in_interpretation(field, element) is not None
    if marks and reference is None and not explained:
        page.note(f"{field.name}: the interpretation {', '.join(marks)} has no place here.")
    return Finding(
        found.field, found.value, found.comparator, found.absent, reference, found.stated
    )


def _reference(field: Field, element: Json, page: Page) -> ReferenceRange | None:
    """The laboratory's own limits, if there is one range and it is in numbers."""
    many = rows(element, "referenceRange")
    if len(many) > 1:
        many = [r for r in many if "normal" in {code for _, code in coded(r.get("type"))}]
    if len(many) != 1:
        if rows(element, "referenceRange"):
            page.note(f"{field.name}: several reference ranges; none was taken.", "warning")
        return None
    low, high = (_end(field, part(many[0], end), element, page) for end in ("low", "high"))
    if low is None and high is None:
        if many[0].get("text") != "not stated":
            page.note(f"{field.name}: its reference range is not given in numbers.")
        return None
    if low is not None and high is not None and low > high:
        page.note(f"{field.name}: reference range from {low:g} to {high:g}; not taken.", "warning")
        return None
    return ReferenceRange(low, high)


def _end(field: Field, end: Json, element: Json, page: Page) -> float | None:
    """One end of a range; without a unit of its own it has that of the value."""
    value = _finite(end.get("value"))
    if value is None:
        return None
    if field.kind != "quantity":
        return value
    own = (words(end, "code"), words(end, "unit"))
    if not any(own):
        quantity = part(element, "valueQuantity")
        own = (words(quantity, "code"), words(quantity, "unit"))
    return page.in_field_unit(field.name, value, own)


def _require_agreement(
    field: Field, found: Finding, reference: ReferenceRange, element: Json, page: Page
) -> None:
    """A value called high that lies below the limit betrays a wrong unit or a wrong range."""
    value = found.value
    if isinstance(value, bool | str | date) or value is None or found.comparator is not None:
        return
    marks = {code for row in rows(element, "interpretation") for _, code in coded(row)}
    low = marks & {"L", "LL", "LU"} and reference.low is not None and value > reference.low
    high = marks & {"H", "HH", "HU"} and reference.high is not None and value < reference.high
    if low or high:
        page.note(
            f"{field.name}: called {'low' if low else 'high'}, but {value:g} lies within its own "
            "reference range. Check value, unit and range.",
            "warning",
        )
