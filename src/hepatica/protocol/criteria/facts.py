"""Where criteria find what they ask about."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from hepatica.case.record.fact import Fact


class FactSource(Protocol):
    """Facts about one patient: stated, derived and computed."""

    def latest(self, name: str, item: str = "", until: date | None = None) -> Fact | None:
        """The newest fact of that name, not later than a day; None if nothing was said."""

    def items(self, group: str) -> tuple[str, ...]:
        """The items of a repeated group."""


def spoken_fact(name: str, item: str = "") -> str:
    """``lesion.diameter[2]``: the name of a fact with its item."""
    return f"{name}[{item}]" if item else name


def age_days(fact: Fact, on: date) -> int | None:
    """How old a fact is on a day; None if it has no date. A date is as old as the day it names."""
    day = fact.value if isinstance(fact.value, date) else fact.on
    return None if day is None else (on - day).days
