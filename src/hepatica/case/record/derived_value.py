"""A computed value with the facts it came from, or why it cannot be computed.

A fact that is only known to lie on one side (``< 3``) is carried through the formula as a span; the
result is known only if it is the same over the whole span.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import date
from itertools import product
from types import MappingProxyType
from typing import Any

from hepatica.case.record.derived_fields import DERIVED_FIELDS
from hepatica.case.record.derived_formulas import score
from hepatica.case.record.fact import Fact, Value
from hepatica.case.record.field import field_named
from hepatica.case.record.record import Record
from hepatica.errors import InvalidInput

# What does not change, or hardly does: a value from it is not stale because it was noted long ago.
_LASTING = frozenset({"patient.sex", "patient.birth_year", "patient.height"})

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Derived:
    """A value that is computed whenever it is needed, and never stored.

    Parameters
    ----------
    field : str
        ``derived.bsa`` and so on.
    value : number, text or None
        None if it is unknown.
    unit : str
        UCUM.
    formula, source, status : str
        How it is computed, from which publication, and whether that was verified or recalled.
    derived_from : facts that were used
    missing : tuple of str
        Fields of the record without which it is unknown.
    reason : str
        Why it is unknown although nothing is missing; a remark if it is known.
    low, high : float
        Between which values it lies, where only that is known.
    parts : mapping
        What it is made of, such as the points of each item of a score.
    """

    field: str
    value: Value | None
    unit: str = ""
    formula: str = ""
    source: str = ""
    status: str = ""
    derived_from: tuple[Fact, ...] = ()
    missing: tuple[str, ...] = ()
    reason: str = ""
    low: float | None = None
    high: float | None = None
    parts: Mapping[str, Value] = attribute(default_factory=lambda: _NOTHING)

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return self.value is not None

    @property
    def on(self) -> date | None:
        """The oldest day among the facts that change with time; None if one of them has no day."""
        days = [fact.on for fact in self.derived_from if fact.field not in _LASTING]
        dated = [day for day in days if day is not None]
        return min(dated) if dated and len(dated) == len(days) else None

    def fact(self) -> Fact | None:
        """As a fact, so that a criterion can ask for it like any other; None if it is unknown."""
        if self.value is None:
            return None
        source = f"{self.formula} ({self.source}, {self.status})"
        return Fact(self.field, self.value, unit=self.unit, on=self.on, source=source)


@dataclass(frozen=True)
class Span:
    """Between which values an input lies (both the same if it is known), and who says so."""

    low: Any
    high: Any
    facts: tuple[Fact, ...] = ()

    @property
    def ends(self) -> tuple[Any, ...]:
        """One value if it is known, else the least and the greatest."""
        return (self.low,) if self.low == self.high else (self.low, self.high)


def known(record: Record, name: str, on: date | None, item: str = "") -> Span | None:
    """What a record says of a field up to a day; None if nothing that can be computed with."""
    fact = record.latest(name, item, on)
    if fact is None or fact.value is None:
        return None
    if fact.comparator is None:
        return Span(fact.value, fact.value, (fact,))
    if not isinstance(fact.value, int | float) or isinstance(fact.value, bool):
        return None
    low, high = _ends(fact, float(fact.value))
    return Span(low, high, (fact,))


def computed(name: str, inputs: Sequence[Span], formula: Callable[..., Value]) -> Derived:
    """The formula's value over the spans of its inputs; it is monotone in each of them."""
    facts = tuple(fact for span in inputs for fact in span.facts)
    try:
        found = [formula(*corner) for corner in product(*(span.ends for span in inputs))]
    except InvalidInput as error:
        return unknown(name, facts, reason=str(error))
    if any(value != found[0] for value in found):
        low, high = _range(found)
        return unknown(name, facts, reason=_vague(facts), low=low, high=high)
    if isinstance(found[0], float) and not math.isfinite(found[0]):
        return unknown(name, facts, reason="The formula has no value for these facts.")
    return Derived(name, found[0], *_about(name), derived_from=facts)


def unknown(
    name: str,
    facts: Iterable[Fact] = (),
    missing: Iterable[str] = (),
    reason: str = "",
    low: float | None = None,
    high: float | None = None,
) -> Derived:
    """A value that cannot be computed, and why."""
    return Derived(
        name,
        None,
        *_about(name),
        derived_from=tuple(facts),
        missing=tuple(dict.fromkeys(missing)),
        reason=reason,
        low=low,
        high=high,
    )


def _about(name: str) -> tuple[str, str, str, str]:
    row = score(name)
    return DERIVED_FIELDS[name].unit, row["formula"], row["source"], row["status"]


def _ends(fact: Fact, value: float) -> tuple[float, float]:
    """The least and greatest value that the fact allows within what its field can be."""
    row = field_named(fact.field)
    low = -math.inf if row.low is None else row.low
    high = math.inf if row.high is None else row.high
    whole = row.kind == "count"
    # An excluded bound is left by one, or by more than the rounding of a change of unit.
    gap = 1.0 if whole else 1e-9 * abs(value)
    ends = {
        "<": (low, max(value - gap, low)),
        "<=": (low, value),
        ">": (min(value + gap, high), high),
        ">=": (value, high),
    }[str(fact.comparator)]
    return ends


def _range(found: Sequence[Value]) -> tuple[float | None, float | None]:
    numbers = [float(v) for v in found if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(numbers) != len(found):
        return None, None
    low, high = min(numbers), max(numbers)
    return (low if math.isfinite(low) else None), (high if math.isfinite(high) else None)


def _vague(facts: Iterable[Fact]) -> str:
    said = [
        f"{fact.field} is only known as {fact.comparator} {fact.value} {fact.unit}".rstrip()
        for fact in facts
        if fact.comparator is not None
    ]
    return f"{'; '.join(said)}, and the result is not the same for all of it." if said else ""
