"""How a missing fact is written down: the line of an answer file, also for what there never was."""

from __future__ import annotations

from functools import cache

from hepatica.case.record import Field
from hepatica.protocol.criteria import fact_field
from hepatica.protocol.criteria.listed import UNLISTED

_NEVER = {"exposure.last_chemotherapy": "not_applicable"}
"""Dates of something that may never have been, and the reason that says so."""

_OF_BLOCK = {"all_listed": "yes", "workup": "not_performed", "derived": "", "computed": ""}


@cache
def answer_line(fact: str) -> str:
    """``status.gastroduodenal_ulcer: no | yes``; the line for ``hepatica case new --answers``.

    Parameters
    ----------
    fact : str
        A field of the record, with its item where it has one: ``lesion.diameter[2]``.
    """
    field = fact_field(fact.partition("[")[0])
    if field.block in ("derived", "computed"):
        return ""
    return f"{_key(fact)}: {' | '.join(_answers(field))}"


@cache
def none_line(fact: str) -> str:
    """The line that says that there is none of it; empty where that makes no sense."""
    field = fact_field(fact.partition("[")[0])
    none = none_of(field)
    return f"{_key(fact)}: {none}" if none else ""


def none_of(field: Field) -> str:
    """What says that there is none: ``no``, ``none``, ``0``, or a reason for having no value."""
    if field.name in _NEVER or field.block in _OF_BLOCK:
        return _NEVER.get(field.name) or _OF_BLOCK[field.block]
    if field.kind == "flag":
        return "no"
    if field.kind == "code":
        return "none" if "none" in field.answers else ""
    return "0" if field.kind == "count" and field.low == 0 and not field.group else ""


def _key(fact: str) -> str:
    name, _, item = fact.partition("[")
    item = item.rstrip("]")
    return f"{name}#{'N' if item == UNLISTED else item}" if item else name


def _answers(field: Field) -> tuple[str, ...]:
    if field.kind == "flag":
        return ("yes", "no") if field.block == "all_listed" else ("no", "yes")
    if field.kind == "code":
        return field.answers
    unit = "" if field.unit in ("", "1") else f" {field.unit}"
    value = {"date": "DATE", "text": "TEXT"}.get(field.kind, f"NUMBER{unit}")
    if field.block == "lab":
        # Rules ask how far a value lies above the laboratory's own limit, and how old it is.
        value += " (..LIMIT) @DATE"
    never = none_of(field) if field.kind == "date" else ""
    return (value, never) if never else (value,)
