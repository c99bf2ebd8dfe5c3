"""A protocol put on the calendar: doses, visits and tasks, moved off days that are closed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from itertools import count
from typing import Any

from hepatica.engine.calendar_amounts import PatientSize, amount_of, size_of, size_sentences
from hepatica.engine.calendar_doses import Given, doses_of
from hepatica.engine.calendar_entry import Entry
from hepatica.engine.calendar_rules import DoseRule, change_of, judged_rules, rule_tasks
from hepatica.engine.open_days import OpenDays, later
from hepatica.engine.screen import Known
from hepatica.protocol import Event, Protocol

_BY_APPOINTMENT = ("visit", "laboratory", "imaging", "procedure")
HORIZON_MONTHS = 60


@dataclass(frozen=True)
class TreatmentCalendar:
    """All days of a treatment from its first dose on, in order.

    ``rules`` are those of dose modification; ``size`` is what one patient's doses are reckoned by,
    where a patient was given.
    """

    protocol: str
    version: str
    sha256: str
    start: date
    entries: tuple[Entry, ...]
    warnings: tuple[str, ...]
    rules: tuple[DoseRule, ...] = ()
    size: PatientSize | None = None

    def as_document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "protocol": self.protocol,
            "protocol_version": self.version,
            "protocol_sha256": self.sha256,
            "start": self.start.isoformat(),
            "entries": [entry.as_document() for entry in self.entries],
            "dose_rules": [rule.as_document() for rule in self.rules],
            "patient": None if self.size is None else self.size.as_document(),
            "warnings": list(self.warnings),
        }


def treatment_calendar(
    protocol: Protocol,
    start: date,
    open_days: OpenDays | None = None,
    cycles: int | None = None,
    months: int = HORIZON_MONTHS,
    patient: Known | None = None,
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
    patient : Known
        Gives the drugs their amounts in mg, with ceilings, and judges the rules of dose
        modification on the day on which it is known; they change doses from that day on.

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
    judged = judged_rules(protocol, patient)
    size = None if patient is None else size_of(patient)
    entries = [_for_patient(one, protocol, size, judged) for one in given.doses]
    entries += rule_tasks(judged, given.doses, given.cycle_days)
    rules = protocol.calendar
    for event in rules.events if rules is not None else ():
        entries += _events(event, given, days, months)
    entries += _closed(given, days)
    order = {kind: i for i, kind in enumerate(("closed", "dose", "heat", "drug"))}
    entries.sort(key=lambda one: (one.day, order.get(one.kind, 9), one.name))
    return TreatmentCalendar(
        protocol.name,
        protocol.version,
        protocol.sha256,
        start,
        tuple(entries),
        given.warnings + (() if size is None else size_sentences(size, protocol.drugs)),
        judged,
        size,
    )


def _for_patient(
    entry: Entry, protocol: Protocol, size: PatientSize | None, rules: tuple[DoseRule, ...]
) -> Entry:
    """A drug with this patient's amount, and with what the rules that hold do to it."""
    drug = next((one for one in protocol.drugs if one.name == entry.name), None)
    if size is None or drug is None or entry.kind != "drug":
        return entry
    change = change_of(entry, rules, size.on)
    if change is not None and change.percent is None:
        return replace(entry, what=f"{entry.what}: {change.words}")
    amount = amount_of(drug, size, 100.0 if change is None else change.percent or 0.0)
    words = [] if amount is None else [amount.words]
    words += [] if change is None else [change.words]
    what = f"{entry.what}: {'; '.join(words)}" if words else entry.what
    return replace(entry, what=what, amount_mg=None if amount is None else amount.mg)


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
