"""Numbers of which only a range is known, held against a bound."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

from hepatica.case.record.fact import Comparator, Fact
from hepatica.case.record.field import Field

_SAME = 1e-9
"""Relative difference below which two numbers are the same: what unit conversion leaves behind."""


@dataclass(frozen=True)
class Interval:
    """From ``low`` to ``high``; an open end does not itself belong to it."""

    low: float
    high: float
    low_open: bool = False
    high_open: bool = False

    @classmethod
    def point(cls, value: float) -> Interval:
        """A number that is known."""
        return cls(value, value)

    def is_below(self, bound: float, *, or_at: bool) -> bool | None:
        """Whether the number is below a bound (or at it); None if the range does not tell."""
        low, high = _snapped(self.low, bound), _snapped(self.high, bound)
        if high < bound or (high == bound and (or_at or self.high_open)):
            return True
        if low > bound or (low == bound and (self.low_open or not or_at)):
            return False
        return None

    def equals(self, value: float) -> bool | None:
        """Whether it is that number; None if the range only holds it."""
        low, high = _snapped(self.low, value), _snapped(self.high, value)
        if low == high == value:
            return True
        inside = low < value < high
        at_edge = (low == value and not self.low_open) or (high == value and not self.high_open)
        return None if inside or at_edge else False

    def compared(self, op: str, bound: float) -> bool | None:
        """The answer to ``<``, ``<=``, ``>`` or ``>=``."""
        below = self.is_below(bound, or_at=op in ("<=", ">"))
        if op in ("<", "<="):
            return below
        return None if below is None else not below


def interval_of(fact: Fact, field: Field) -> Interval:
    """What a fact says about its number: a point, or everything on one side of it.

    Parameters
    ----------
    fact : Fact
        With a numeric value or a date; days count as numbers.
    field : Field
        Its ``low`` and ``high`` close the open side; a count steps by one.
    """
    value = as_number(fact.value)
    if fact.comparator is None:
        return Interval.point(value)
    low = -math.inf if field.low is None else field.low
    high = math.inf if field.high is None else field.high
    steps = field.kind in ("count", "date")
    return _one_sided(value, fact.comparator, (low, high), steps)


def as_number(value: object) -> float:
    """A number, or the day of a date counted from the year 1."""
    return float(value.toordinal()) if isinstance(value, date) else float(value)  # type: ignore[arg-type]


def _one_sided(
    value: float, comparator: Comparator, ends: tuple[float, float], steps: bool
) -> Interval:
    is_open = comparator in ("<", ">")
    if steps and is_open:  # fewer than 5 lesions are at most 4
        value, is_open = value + (1 if comparator == ">" else -1), False
    if comparator in ("<", "<="):
        return Interval(min(ends[0], value), value, high_open=is_open)
    return Interval(value, max(ends[1], value), low_open=is_open)


def _snapped(value: float, bound: float) -> float:
    return bound if math.isclose(value, bound, rel_tol=_SAME, abs_tol=1e-12) else value
