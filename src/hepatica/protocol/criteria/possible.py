"""What a missing fact could still turn out to be, as far as the questions about it can tell."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

from hepatica.case.record.fact import Fact, ReferenceRange, Value
from hepatica.case.record.field import Field
from hepatica.protocol.criteria.answer import Question, answered
from hepatica.protocol.criteria.interval import Interval, as_number, interval_of

Pattern = tuple[bool, ...]
"""The truth of each question about one fact, in their order."""


@lru_cache(maxsize=4096)
def patterns(questions: tuple[Question, ...], known: Fact | None, on: date) -> tuple[Pattern, ...]:
    """Every way in which the questions about one fact can be answered once it is known.

    A value is tried at, between and beyond all bounds; what the answers cannot tell apart counts
    as one.

    Parameters
    ----------
    questions : all about the same fact and item
    known : Fact, optional
        What narrows the value already: ``< 100``, or a value whose normal range is missing.
    on : date
        The day of judgement.
    """
    found: dict[Pattern, None] = {}
    for fact in possible_facts(questions, known, on):
        truths = [answered(question, fact, on).truth for question in questions]
        pattern = tuple(truth for truth in truths if truth is not None)
        if len(pattern) == len(questions):
            found[pattern] = None
    return tuple(found)


def possible_facts(questions: Sequence[Question], known: Fact | None, on: date) -> Iterator[Fact]:
    """Facts that could be recorded on the day, at least one for each way in which they matter.

    Parameters
    ----------
    questions, known, on
        As in :func:`patterns`.
    """
    leaf = questions[0].leaf
    blank = Fact(
        leaf.fact, "", item=questions[0].item, unit=leaf.field.unit, on=on, source="possible"
    )
    limit = None if known is None or known.reference is None else known.reference.high
    for value in _values(leaf.field, questions, known, on):
        for reference in _references(questions, value, limit):
            yield replace(blank, value=value, reference=reference)
    if all(question.leaf.op == "known" for question in questions):
        yield replace(blank, value=None, absent="not_performed")


def _values(
    field: Field, questions: Sequence[Question], known: Fact | None, on: date
) -> Iterable[Value]:
    bounds = [value for question in questions for value in question.bound.values]
    if field.kind == "flag":
        return (True, False)
    if field.kind == "code":
        return field.answers
    if field.kind == "text":
        return [*dict.fromkeys(map(str, bounds)), "something else"]
    if field.kind == "date":
        return _days(questions, on)
    limit = None if known is None or known.reference is None else known.reference.high
    numbers = {as_number(value) for value in bounds}
    numbers |= {q.bound.uln_times * limit for q in questions if q.bound.uln_times and limit}
    tried = _within(_room(field, known), sorted(numbers), whole=field.kind == "count")
    return [int(value) for value in tried] if field.kind == "count" else tried


def _room(field: Field, known: Fact | None) -> Interval:
    """Where the number can lie at all."""
    low = -math.inf if field.low is None else field.low
    high = math.inf if field.high is None else field.high
    return Interval(low, high) if known is None else interval_of(known, field)


def _within(room: Interval, bounds: Sequence[float], *, whole: bool) -> list[float]:
    if room.low == room.high:
        return [room.low]
    tried = [value for value in _around(bounds, whole=whole) if _holds(room, value)]
    return tried or [_inside(room)]


def _around(bounds: Sequence[float], *, whole: bool) -> list[float]:
    """Each bound, what lies just beside it, between any two, and far beyond all of them."""
    if not bounds:
        return []
    if whole:
        return sorted({float(int(b) + step) for b in bounds for step in (-1, 0, 1)})
    between = [(a + b) / 2 for a, b in pairwise(bounds)]
    beside = [b + sign * max(abs(b) * 1e-6, 1e-9) for b in bounds for sign in (-1, 1)]
    return sorted({*bounds, *between, *beside})


def _holds(room: Interval, value: float) -> bool:
    above = room.low < value or (room.low == value and not room.low_open)
    below = value < room.high or (room.high == value and not room.high_open)
    return above and below


def _inside(room: Interval) -> float:
    """Some number of a range."""
    if math.isfinite(room.low) and math.isfinite(room.high):
        return (room.low + room.high) / 2
    if math.isfinite(room.low):
        return room.low + 1
    return room.high - 1 if math.isfinite(room.high) else 1.0


def _days(questions: Sequence[Question], on: date) -> list[date]:
    bounds = [
        on - timedelta(days=int(as_number(value)))
        if question.leaf.op == "within_days"
        else date.fromordinal(int(as_number(value)))
        for question in questions
        for value in question.bound.values
    ]
    near = {day + timedelta(days=step) for day in bounds for step in (-1, 0, 1)}
    return sorted(day for day in near | {on} if day <= on)


def _references(
    questions: Sequence[Question], value: Value, limit: float | None
) -> Iterable[ReferenceRange | None]:
    """The laboratory's upper limits for which the multiples fall out differently."""
    times = sorted({q.bound.uln_times for q in questions if q.bound.uln_times is not None})
    if not times or not isinstance(value, int | float):
        return (None,)
    if limit is not None:
        return (ReferenceRange(high=limit),)
    ratios = [times[0] / 2, *_around(times, whole=False), times[-1] * 2]
    return [ReferenceRange(high=max(float(value), 1e-6) / ratio) for ratio in ratios]
