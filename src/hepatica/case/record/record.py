"""The clinical half of a case: all facts about one patient, as they were stated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from hepatica.case.record.fact import Fact
from hepatica.case.record.field import checked, field_named
from hepatica.errors import InvalidInput


@dataclass(frozen=True)
class Record:
    """Facts about one patient; computed values are no facts and are not kept here.

    Parameters
    ----------
    case_id : str
        A pseudonym; never a patient's name or hospital number.
    facts : in the order in which they were recorded

    Raises
    ------
    InvalidInput
        If a fact's field does not exist or cannot have its value.
    """

    case_id: str
    facts: tuple[Fact, ...] = ()

    def __post_init__(self) -> None:
        if not self.case_id:
            raise InvalidInput("A record needs the id of its case.")
        for fact in self.facts:
            checked(fact)

    def history(self, field: str, item: str = "") -> tuple[Fact, ...]:
        """All facts of a field, oldest first; undated ones before all others."""
        field_named(field)
        return self._by_key.get((field, item), ())

    def latest(self, field: str, item: str = "", until: date | None = None) -> Fact | None:
        """The newest fact of a field, not later than a date; None if nothing was said."""
        known = [f for f in self.history(field, item) if not _after(f, until)]
        return known[-1] if known else None

    def items(self, group: str) -> tuple[str, ...]:
        """The items of a repeated group, in the order in which they first appear."""
        found = {fact.item: None for fact in self.facts if fact.item and field_group(fact) == group}
        return tuple(found)

    def with_facts(self, more: Iterable[Fact]) -> Record:
        """The record with these facts added."""
        return replace(self, facts=(*self.facts, *more))

    def __iter__(self) -> Iterator[Fact]:
        return iter(self.facts)

    @cached_property
    def _by_key(self) -> dict[tuple[str, str], tuple[Fact, ...]]:
        found: dict[tuple[str, str], list[Fact]] = {}
        for fact in self.facts:
            found.setdefault(fact.key, []).append(fact)
        return {key: tuple(sorted(facts, key=_age)) for key, facts in found.items()}


def field_group(fact: Fact) -> str:
    """The repeated group of the fact's field; empty if it is not repeated."""
    return field_named(fact.field).group


def _age(fact: Fact) -> date:
    return fact.on or date.min


def _after(fact: Fact, until: date | None) -> bool:
    return until is not None and fact.on is not None and fact.on > until
