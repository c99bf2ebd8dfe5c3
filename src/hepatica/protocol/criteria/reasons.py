"""Why a question was answered as it was, in a sentence for the reader."""

from __future__ import annotations

from datetime import date

from hepatica.case.record.fact import Fact
from hepatica.case.record.field import Field
from hepatica.protocol.criteria.answer import Why
from hepatica.protocol.criteria.ask import Asked
from hepatica.protocol.criteria.facts import age_days

_UNKNOWN: dict[Why, str] = {
    "not_recorded": "not recorded",
    "unknown": "it was recorded as unknown",
    "not_performed": "it was not performed",
    "not_applicable": "it was recorded as not applicable",
    "declined": "it was declined",
    "unlisted": "not every item is listed",
    "undated": "{said} has no date, but it may be at most {most} days old",
    "stale": "{said} is {age} days old; at most {most} are allowed",
    "no_upper_limit": "{said} has no upper limit of normal of its own laboratory",
    "range": "{said} does not tell",
}

_NOT_MADE = {
    "derived": "cannot be worked out from what is recorded",
    "computed": "not computed",
}


def found_in_words(asked: Asked, on: date, *, dated: bool = True) -> str:
    """``Bilirubin total: 40 umol/L on 2004-03-01``, or why nothing was found."""
    leaf, answer = asked.question.leaf, asked.answer
    item = f" ({leaf.field.group} {asked.question.item})" if asked.question.item else ""
    fact = answer.fact
    said = "" if fact is None else fact_in_words(fact, leaf.field, dated=dated)
    if answer.truth is None:
        age = None if fact is None else age_days(fact, on)
        said = _UNKNOWN[answer.why].format(said=said, age=age, most=leaf.max_age_days)
        said = _NOT_MADE.get(leaf.field.block, said) if answer.why == "not_recorded" else said
    elif fact is not None and fact.absent is not None:
        said = _UNKNOWN[answer.why]
    return f"{leaf.field.label}{item}: {said}"


def fact_in_words(fact: Fact, field: Field, *, dated: bool = True) -> str:
    """``< 40 U/L (upper limit of normal 35) on 2004-03-01``; the day only where it is wanted."""
    if fact.value is None:
        return str(fact.absent).replace("_", " ")
    unit = "" if fact.unit in ("", "1") else f" {fact.unit}"
    value = f"{fact.comparator or ''} {value_in_words(fact)}".strip() + unit
    high = None if fact.reference is None else fact.reference.high
    limit = "" if high is None else f" (upper limit of normal {high:g})"
    day = f" on {fact.on}" if dated and fact.on is not None and field.kind != "date" else ""
    return f"{value}{limit}{day}"


def value_in_words(fact: Fact) -> str:
    """The value as a person writes it: ``yes``, ``wild type``, ``12.5``."""
    value = fact.value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"
    return str(value).replace("_", " ")
