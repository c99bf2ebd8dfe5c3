"""A protocol put on the calendar: doses, visits and tasks, moved off days that are closed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count
from typing import Any

from hepatica.engine.calendar_doses import Given, doses_of
from hepatica.engine.calendar_entry import Entry
from hepatica.engine.open_days import OpenDays
from hepatica.protocol import Event, Protocol

_BY_APPOINTMENT = ("visit", "laboratory", "imaging", "procedure")
HORIZON_MONTHS = 60


@dataclass(frozen=True)
class TreatmentCalendar:
    """All days of a treatment from its first dose on, in order."""

    protocol: str
    version: str
    sha256: str
    start: date
    entries: tuple[Entry, ...]
    warnings: tuple[str, ...]

    def as_document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "protocol": self.protocol,
            "protocol_version": self.version,
            "protocol_sha256": self.sha256,
            "start": self.start.isoformat(),
            "entries": [entry.as_document() for entry in self.entries],
            "warnings": list(self.warnings),
        }


def treatment_calendar(
    protocol: Protocol,
    start: date,
    open_days: OpenDays | None = None,
    cycles: int | None = None,
    months: int = HORIZON_MONTHS,
) -> TreatmentCalendar:
    """The days of a treatment.

    Parameters
    ----------
    protocol : Protocol
    start : date
        Day of the first dose; the first open day from then on is taken.
    open_days : OpenDays
        When the centre is open; left out, it is closed at weekends only.
    cycles : int
        Cycles of drugs, instead of the protocol's number.
    months : int
        How far visits without a printed end go on.

    Returns
    -------
    TreatmentCalendar
        A dose never moves to the past, no two fractions of a phase come to share a day, and
        a cycle of drugs is never shorter than the protocol's.

    Raises
    ------
    InvalidInput
        If the protocol does not say on which days its doses are given.
    """
    days = open_days or OpenDays()
    given = doses_of(protocol, start, days, cycles)
    entries = list(given.doses)
    rules = protocol.calendar
    for event in rules.events if rules is not None else ():
        entries += _events(event, given, days, months)
    entries += _closed(given, days)
    order = {kind: i for i, kind in enumerate(("closed", "dose", "drug"))}
    entries.sort(key=lambda one: (one.day, order.get(one.kind, 9), one.name))
    return TreatmentCalendar(
        protocol.name,
        protocol.version,
        protocol.sha256,
        start,
        tuple(entries),
        given.warnings,
    )


def _events(event: Event, given: Given, days: OpenDays, months: int) -> list[Entry]:
    anchors = {
        "first_dose": (given.first_day,),
        "last_dose": (given.last_day,),
        "each_dose": given.dose_days,
        "each_cycle": given.cycle_days,
    }[event.counted_from]
    found = [
        _entry(event, later(anchor, offset, event.unit), days)
        for anchor in anchors
        for offset in _offsets(event, anchor, given, months)
    ]
    if event.counted_from == "each_dose":  # the dose has been moved already; its task stays with it
        found = [replace(one, day=one.planned, last_day=one.planned, note="") for one in found]
    return found


def _offsets(event: Event, anchor: date, given: Given, months: int) -> list[int]:
    if event.every is None:
        return list(event.at)
    end = later(anchor, months, "months")
    if event.until_last_dose:
        end = given.last_day
    elif event.until is not None:
        end = later(anchor, event.until, event.unit)
    found: list[int] = []
    for offset in count(0, event.every):
        if later(anchor, offset, event.unit) > end:
            return found
        if event.beyond is None or offset > event.beyond:
            found.append(offset)
    return found


def _entry(event: Event, planned: date, days: OpenDays) -> Entry:
    day, note = planned, ""
    why = days.closed(planned)
    if why and event.kind not in _BY_APPOINTMENT:
        note = f"the centre is closed: {why}"
    elif why:
        day = _moved(event, planned, days)
        note = f"moved from {planned}: {why}"
        outside = not -event.days_before <= (day - planned).days <= event.days_after
        if outside and (event.days_before or event.days_after):
            note += ", outside its window"
    source = str(event.source)
    return Entry(day, event.kind, event.name, event.what, planned, day, source, note)


def _moved(event: Event, planned: date, days: OpenDays) -> date:
    """What precedes treatment is moved to the past, what follows it into the future."""
    before, after = days.until_then(planned), days.from_then_on(planned)
    if (after - planned).days <= event.days_after:
        return after
    if (planned - before).days <= event.days_before:
        return before
    comes_first = event.counted_from == "first_dose" and any(offset < 0 for offset in event.at)
    return before if comes_first else after


def _closed(given: Given, days: OpenDays) -> list[Entry]:
    """The holidays between first and last dose."""
    return [
        Entry(day, "closed", "closed", f"Closed: {name}", day, day, "")
        for day, name in days.holidays.items()
        if given.first_day <= day <= given.last_day
    ]


def later(day: date, amount: int, unit: str) -> date:
    """The day that lies so many days, weeks, months or years after another.

    A month that has no such day (31 January and one month) ends on its last.

    Examples
    --------
    >>> later(date(2027, 1, 31), 1, "months")
    datetime.date(2027, 2, 28)
    """
    if unit in ("days", "weeks"):
        return day + timedelta(days=amount * (7 if unit == "weeks" else 1))
    total = day.year * 12 + day.month - 1 + amount * (12 if unit == "years" else 1)
    year, month = divmod(total, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))
