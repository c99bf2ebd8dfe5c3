"""The marks that a laboratory prints beside a value: ``1.2 (H)``, ``12.5 mg/dL L``, ``1.2*``.

A mark says how the laboratory judges a value by its own limits; it is no part of the value.
"""

from __future__ import annotations

import re

from hepatica.case.record import Fact, conversion, field_named
from hepatica.errors import InvalidInput

_WORDS = r"HH?|LL?|N|A|AA|high|low|normal|abnormal|critical|crit"
_SIGNS = r"\*{1,3}|[↑↓!#]+"
_MARK = rf"\(\s*(?:{_WORDS}|{_SIGNS}|\+|-)\s*\)|{_SIGNS}"
_BEFORE_UNIT = re.compile(
    rf"^((?:{_MARK})|(?:{_WORDS})(?=\s|$))\s*(.*)$", re.IGNORECASE | re.DOTALL
)
_BEHIND_UNIT = re.compile(rf"^(.*?)(?:\s*({_MARK})|\s+({_WORDS}))$", re.IGNORECASE | re.DOTALL)
_HIGH = re.compile(r"^(h|hh|high|↑+)$", re.IGNORECASE)
_LOW = re.compile(r"^(l|ll|low|↓+)$", re.IGNORECASE)


def parted(field: str, behind: str) -> tuple[str, str]:
    """What stands behind a number, parted into its unit and the laboratory's mark.

    Only fields of the laboratory have marks: behind a volume an ``L`` is a litre.

    Parameters
    ----------
    field : str
        Of the record.
    behind : str
        What stands behind the number, such as ``mg/dL (H)``.

    Returns
    -------
    unit, mark : str
        Empty where there is none. What is neither stays in the unit.

    Examples
    --------
    >>> parted("lab.bilirubin", "mg/dL (H)"), parted("lab.bilirubin", "*")
    (('mg/dL', '(H)'), ('', '*'))
    >>> parted("liver.volume", "L")
    ('L', '')
    """
    text = behind.strip()
    if field_named(field).block != "lab" or not text or _is_unit(field, text):
        return text, ""
    found = _BEFORE_UNIT.match(text)
    if found is not None:
        return found[2].strip(), found[1]
    found = _BEHIND_UNIT.match(text)
    return (text, "") if found is None else (found[1].strip(), found[2] or found[3])


def mark_of(fact: Fact) -> str:
    """The mark in the words that stood there; empty if there was none."""
    found = re.match(r"^[<>=≤≥\s]*[+\-−]?[\d.,]+(?:[eE][+\-]?\d+)?\s*(.*)$", fact.stated)
    return "" if found is None else parted(fact.field, found[1])[1]


def contradicts(fact: Fact) -> bool:
    """Whether a value called high or low lies within the laboratory's own limits.

    That betrays a wrong unit, a wrong limit, or a mark that belongs to another value.
    """
    value, limits = fact.value, fact.reference
    if limits is None or not isinstance(value, int | float) or fact.comparator is not None:
        return False
    word = mark_of(fact).strip("() ")
    high = _HIGH.match(word) and limits.high is not None and value <= limits.high
    low = _LOW.match(word) and limits.low is not None and value >= limits.low
    return bool(high or low)


def _is_unit(field: str, text: str) -> bool:
    try:
        conversion(field, text)
    except InvalidInput:
        return False
    return True
