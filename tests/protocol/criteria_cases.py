"""For every criterion of a document a patient for whom it is true, false, and unknown.

The patients are made from the criterion itself: values at, beside and beyond its bound.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from pydantic import BaseModel

from hepatica.case.record import ABSENT_REASONS, Fact, Record
from hepatica.protocol import Protocol
from hepatica.protocol.criteria import CriterionTree, Leaf, fact_field
from hepatica.protocol.criteria.answer import Question, answered
from hepatica.protocol.criteria.ask import Interview
from hepatica.protocol.criteria.listed import closing_fact
from hepatica.protocol.criteria.missing import wanted
from hepatica.protocol.criteria.possible import possible_facts
from tests.protocol.criteria.builders import Facts

TODAY = date(2024, 6, 1)


@dataclass(frozen=True)
class Case:
    """Facts about a patient, the day of judgement, and what must come out."""

    truth: str
    facts: tuple[Fact, ...]
    on: date


def trees_of(protocol: Protocol) -> Iterator[tuple[str, CriterionTree]]:
    """Every tree of criteria of a document, with the keys that lead to it."""
    yield from _trees(protocol, "")


def questions_of(node: CriterionTree) -> Iterator[CriterionTree]:
    """Every single question of a tree."""
    parts = [*node.all, *node.any, *([node.not_] if node.not_ is not None else [])]
    for part in parts:
        yield from questions_of(part)
    if node.fact is not None:
        yield node


def day_in_force(leaf: Leaf) -> date:
    """A day on which a criterion holds: today, or the last or first one that it has."""
    if leaf.is_in_force(TODAY):
        return TODAY
    return leaf.until if leaf.until is not None and leaf.until < TODAY else leaf.since or TODAY


def cases_of(node: CriterionTree) -> Iterator[Case]:
    """Patients for one question; those for whom it is true and false come from its own bound."""
    leaf = node.rule
    assert isinstance(leaf, Leaf)
    on = day_in_force(leaf)
    item = "1" if leaf.field.group else ""
    question = Question(leaf, leaf.bound_on(on), item)
    seen: set[bool | None] = set()
    for fact in possible_facts([question], None, on):
        truth = answered(question, fact, on).truth
        if truth not in seen:
            seen.add(truth)
            one = closing(leaf, on) if item else ()
            yield Case("true" if truth else "false", (recordable(fact), *one), on)
    yield Case("unknown", (), on)
    for reason in ABSENT_REASONS if leaf.op != "known" else ("unknown",):
        yield Case("unknown", (Fact(leaf.fact, item=item, on=on, absent=reason),), on)  # type: ignore[arg-type]
    if leaf.max_age_days is not None and leaf.field.kind != "date":
        fresh = next(iter(possible_facts([question], None, on)))
        yield Case("unknown", (replace(fresh, on=None),), on)


def closing(leaf: Leaf, on: date) -> tuple[Fact, ...]:
    """What says that the one item listed is the only one."""
    field = fact_field(closing_fact(leaf.field.group))
    return (Fact(field.name, 1 if field.kind == "count" else True, on=on),)


def outcomes_of(tree: CriterionTree, on: date = TODAY) -> frozenset[bool]:
    """What can come out for patients of whom nothing is known yet."""
    outcome = Interview(Facts(), on, {"lesion": "1"}).ask(tree.rule)
    assert outcome is not None, "nothing of the tree is in force"
    return wanted(outcome, on).ends


def recordable(fact: Fact) -> Fact:
    """The fact, which a record would take."""
    if fact_field(fact.field).block not in ("derived", "computed"):
        Record("case", (fact,))
    return fact


def _trees(value: object, path: str) -> Iterator[tuple[str, CriterionTree]]:
    if isinstance(value, CriterionTree):
        yield path, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _trees(getattr(value, name), f"{path}.{name}".strip("."))
    elif isinstance(value, tuple):
        for number, one in enumerate(value, start=1):
            yield from _trees(one, f"{path}[{number}]")
