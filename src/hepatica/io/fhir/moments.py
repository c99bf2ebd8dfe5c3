"""Puts several values of one day in the order in which they were taken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from hepatica.case import Note
from hepatica.case.record import Fact
from hepatica.io.fhir.shape import Json, part, words

Timed = tuple[Fact, datetime | None]
Key = tuple[str, str, date | None]


def moment_of(resource: Json) -> datetime | None:
    """When a value was taken, to the minute and in world time; None if that is not said."""
    period = part(resource, "effectivePeriod")
    stated = (
        words(resource, "effectiveDateTime")
        or words(resource, "effectiveInstant")
        or words(period, "end")
        or words(period, "start")
    )
    try:
        found = datetime.fromisoformat(stated)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def in_order_of_the_day(timed: Sequence[Timed], notes: list[Note]) -> list[Fact]:
    """The facts, with those of one thing on one day from the earliest to the latest.

    A search of a server gives the newest first, and a record knows days only: without this the
    oldest value of the day would count as the latest. Different values of a day that do not all
    say their time stay as they stand, with a note.
    """
    places: dict[Key, list[int]] = {}
    for place, (fact, _) in enumerate(timed):
        if fact.on is not None:
            places.setdefault((*fact.key, fact.on), []).append(place)
    found = [fact for fact, _ in timed]
    for (field, _, on), many in places.items():
        rows = [timed[place] for place in many]
        if len({(fact.value, fact.comparator, fact.absent) for fact, _ in rows}) < 2:
            continue
        if any(moment is None for _, moment in rows):
            text = (
                f"{len(rows)} values on {on} that do not all say their time; the last one counts."
            )
            notes.append(Note("warning", field, text))
            continue
        for place, fact in zip(many, _earliest_first(rows), strict=True):
            found[place] = fact
    return found


def _earliest_first(rows: Iterable[Timed]) -> list[Fact]:
    timed = [(moment, fact) for fact, moment in rows if moment is not None]
    return [fact for _, fact in sorted(timed, key=lambda row: row[0])]
