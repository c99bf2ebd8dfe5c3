"""Everything that is known about a patient under one roof: stated, derived and computed facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from hepatica.case.record import Fact, Record
from hepatica.case.record.fact import Comparator
from hepatica.engine.computed_facts import ComputedFact
from hepatica.protocol.criteria import FactSource
from hepatica.protocol.criteria.vocabulary import filled_by

if TYPE_CHECKING:
    from hepatica.case.record.derived_value import Derived


@dataclass(frozen=True)
class JoinedFacts:
    """One patient's facts by name; see :func:`facts_of`."""

    record: Record
    derived: Mapping[str, Derived]
    computed: tuple[ComputedFact, ...] = ()

    def latest(self, name: str, item: str = "", until: date | None = None) -> Fact | None:
        """The newest fact of that name that can be seen on a day.

        What nobody computed may have been stated: the same quantity under its own name.
        """
        block = name.partition(".")[0]
        if block == "derived":
            return _fact(self.derived.get(name))
        if block == "computed":
            found = self._computed.get((name, item))
            stated = filled_by().get(name)
            return found or (self._stated(stated, item, until) if stated is not None else None)
        return self._stated(name, item, until)

    def items(self, group: str) -> tuple[str, ...]:
        """The items of a repeated group, those of computed facts included."""
        return tuple(dict.fromkeys((*self.record.items(group), *self._computed_items(group))))

    def _stated(self, name: str, item: str, until: date | None) -> Fact | None:
        """Days that are yet to come are not seen: the newest one that has passed counts."""
        fact = self.record.latest(name, item, until)
        if fact is None or until is None or not _is_later(fact, until):
            return fact
        seen = (one for one in self.record.history(name, item) if not _is_later(one, until))
        past = [one for one in seen if one.on is None or one.on <= until]
        return past[-1] if past else None

    def _computed_items(self, group: str) -> Iterable[str]:
        if self.record.items(group):
            return ()
        return [one.item for one in self.computed if one.item and group == "lesion"]

    @cached_property
    def _computed(self) -> dict[tuple[str, str], Fact]:
        return {(one.field, one.item): one.as_fact() for one in self.computed}


def facts_of(
    record: Record, derived: Mapping[str, Derived], computed: Iterable[ComputedFact] = ()
) -> FactSource:
    """Everything that is known about a patient, to be judged by criteria.

    Parameters
    ----------
    record : Record
    derived : from ``hepatica.case.record.derived.derive`` for the day of judgement
    computed : iterable of ComputedFact
        From images and plans.
    """
    return JoinedFacts(record, derived, tuple(computed))


def _is_later(fact: Fact, until: date) -> bool:
    return isinstance(fact.value, date) and fact.value > until


def _fact(derived: Derived | None) -> Fact | None:
    """A derived value as a fact, or the bound that is all that is known of it."""
    if derived is None or derived.known:
        return None if derived is None else derived.fact()
    bound: Comparator = ">=" if derived.low is not None else "<="
    value = derived.high if derived.low is None else derived.low
    if value is None:
        return None
    return Fact(
        derived.field,
        value,
        unit=derived.unit,
        comparator=bound,
        on=derived.on,
        source=f"{derived.formula} ({derived.source}, {derived.status})",
    )
