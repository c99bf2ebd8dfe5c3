"""Which facts of the record a written treatment asks for before it says who may be treated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from hepatica.case.record import Field, Record, field_named, fields
from hepatica.errors import InvalidInput

if TYPE_CHECKING:
    from hepatica.protocol.criteria import Leaf
    from hepatica.protocol.schema import Protocol


@dataclass(frozen=True)
class Question:
    """One field that is asked for, and why.

    Parameters
    ----------
    field : Field
    asked_by : ids of the criteria that need it
    needs_upper_limit : whether a criterion is a multiple of the laboratory's upper limit of normal
    max_age_days : how old the value may be; the strictest of the criteria
    """

    field: Field
    asked_by: tuple[str, ...] = ()
    needs_upper_limit: bool = False
    max_age_days: int | None = None


def questions_of(protocol: Protocol, on: date) -> tuple[Question, ...]:
    """What the eligibility of a written treatment asks for on a day, in the record's order.

    A derived fact (Child-Pugh class) asks for the fields that it is computed from, a computed one
    for the field that it may be stated in instead.

    Parameters
    ----------
    protocol : Protocol
    on : date
        Criteria that are not in force on that day ask for nothing.

    Raises
    ------
    InvalidInput
        If the treatment has no criteria.
    """
    from hepatica.protocol.criteria import leaves_of

    if protocol.eligibility is None:
        raise InvalidInput(
            f"{protocol.name} says nothing about who may be treated, so it asks for nothing. Name "
            "the parts of the record to walk through with --block."
        )
    found: dict[str, Question] = {}
    for leaf in leaves_of(protocol.eligibility.rule):
        if not leaf.is_in_force(on):
            continue
        for name in (*_fields_behind(leaf.fact), *_closing(leaf.field)):
            before = found.get(name, Question(field_named(name)))
            found[name] = _joined(before, leaf, on)
    return _in_order(found.values())


def block_questions(blocks: Iterable[str]) -> tuple[Question, ...]:
    """All fields of some parts of the record (``lab``, ``function``).

    After a part that is a list it is asked whether the list is complete.

    Raises
    ------
    InvalidInput
        If there is no such part.
    """
    known = dict.fromkeys(field.block for field in fields().values())
    wanted = list(blocks)
    for block in wanted:
        if block not in known:
            raise InvalidInput(f"The record has no part {block!r}; it has {', '.join(known)}.")
    chosen = [f for f in fields().values() if f.block in wanted]
    closing = [field_named(name) for f in chosen for name in _closing(f)]
    return tuple(map(Question, dict.fromkeys((*chosen, *closing))))


def open_items(question: Question, record: Record, on: date) -> tuple[str, ...]:
    """For which items a question is not answered; ``("",)`` for a field that is not repeated.

    A reason for having no value answers it, except that the value is unknown: somebody may know
    it now. An answer that is too old for the criterion, or lacks the laboratory's upper limit
    where that is needed, does not.
    """
    group = question.field.group
    items = record.items(group) if group else ("",)
    return tuple(item for item in items if not _is_answered(question, record, item, on))


def _is_answered(question: Question, record: Record, item: str, on: date) -> bool:
    fact = record.latest(question.field.name, item, on)
    if fact is None:
        return False
    if fact.value is None:
        return fact.absent != "unknown"
    if question.needs_upper_limit and (fact.reference is None or fact.reference.high is None):
        return False
    if question.max_age_days is None:
        return True
    return fact.on is not None and (on - fact.on).days <= question.max_age_days


def _fields_behind(fact: str) -> Iterator[str]:
    from hepatica.case.record.derived import derive
    from hepatica.protocol.criteria.vocabulary import filled_by

    block = fact.partition(".")[0]
    if block == "derived":
        nobody = Record("nobody")
        yield from derive(nobody, date(2000, 1, 1))[fact].missing
    elif block == "computed":
        yield from (filled_by()[fact],) if fact in filled_by() else ()
    else:
        yield fact


def _closing(field: Field) -> tuple[str, ...]:
    """The field that says whether the list is complete to which a repeated one belongs."""
    from hepatica.protocol.criteria.listed import closing_fact

    return (closing_fact(field.group),) if field.group else ()


def _joined(before: Question, leaf: Leaf, on: date) -> Question:
    ages = [age for age in (before.max_age_days, leaf.max_age_days) if age is not None]
    own_limit = leaf.bound_on(on).uln_times is not None and leaf.fact == before.field.name
    return replace(
        before,
        asked_by=tuple(dict.fromkeys((*before.asked_by, leaf.id))),
        needs_upper_limit=before.needs_upper_limit or own_limit,
        max_age_days=min(ages) if ages else None,
    )


def _in_order(found: Iterable[Question]) -> tuple[Question, ...]:
    order = {name: n for n, name in enumerate(fields())}
    return tuple(sorted(found, key=lambda question: order[question.field.name]))
