"""One question put to one fact: true, false, or unknown and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from hepatica.case.record.fact import Fact
from hepatica.protocol.criteria.facts import age_days
from hepatica.protocol.criteria.interval import Interval, as_number, interval_of
from hepatica.protocol.criteria.kleene import both, either, opposite
from hepatica.protocol.criteria.rule import Bound, Leaf

Why = Literal[
    "met",
    "not_met",
    "not_recorded",
    "unknown",
    "not_performed",
    "not_applicable",
    "declined",
    "stale",
    "undated",
    "no_upper_limit",
    "range",
    "unlisted",
]


@dataclass(frozen=True)
class Question:
    """A leaf as it stands on the day of judgement, about one item where there are several.

    ``closes`` is the answer that a complete list gives, where the question is whether one is; the
    other answer leaves the items open that are not listed.
    """

    leaf: Leaf
    bound: Bound
    item: str = ""
    closes: bool | None = None

    @property
    def key(self) -> tuple[str, str]:
        """The fact that answers it, and its item."""
        return self.leaf.field.name, self.item


@dataclass(frozen=True)
class Answer:
    """The truth of a question, why it is so, and the fact that said it."""

    truth: bool | None
    why: Why
    fact: Fact | None = None


def answered(question: Question, fact: Fact | None, on: date) -> Answer:
    """The answer that a fact gives.

    Parameters
    ----------
    question : Question
    fact : Fact or None
        The latest that is known on the day of judgement.
    on : date
        The day of judgement.
    """
    leaf = question.leaf
    if fact is None or (isinstance(fact.value, date) and fact.value > on):
        return Answer(None, "not_recorded")
    if fact.absent is not None:
        known_not_to_be = leaf.op == "known" and fact.absent != "unknown"
        return Answer(False if known_not_to_be else None, fact.absent, fact)
    if leaf.max_age_days is not None:
        age = age_days(fact, on)
        if age is None or age > leaf.max_age_days:
            return Answer(None, "undated" if age is None else "stale", fact)
    if question.bound.uln_times is not None and _uln(fact) is None:
        return Answer(None, "no_upper_limit", fact)
    truth = _truth(leaf, question.bound, fact, on)
    return Answer(truth, "range" if truth is None else "met" if truth else "not_met", fact)


def _truth(leaf: Leaf, bound: Bound, fact: Fact, on: date) -> bool | None:
    if leaf.op == "known":
        return True
    if leaf.field.kind not in ("quantity", "count", "date"):
        found = fact.value in bound.values
        return not found if leaf.op == "is_not" else found
    known = interval_of(fact, leaf.field)
    if leaf.op == "within_days":
        earliest = on.toordinal() - as_number(bound.values[0])
        recent = known.compared(">=", earliest)
        return both((recent, known.compared("<=", on.toordinal())))
    if leaf.op in ("is", "is_not", "in"):
        return _among(leaf, bound, known)
    if bound.uln_times is not None:
        return known.compared(leaf.op, bound.uln_times * (_uln(fact) or 0.0))
    return known.compared(leaf.op, as_number(bound.values[0]))


def _among(leaf: Leaf, bound: Bound, known: Interval) -> bool | None:
    found = either(known.equals(as_number(value)) for value in bound.values)
    return opposite(found) if leaf.op == "is_not" else found


def _uln(fact: Fact) -> float | None:
    """The upper limit of normal of the laboratory that measured the value."""
    return None if fact.reference is None else fact.reference.high
