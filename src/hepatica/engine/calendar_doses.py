"""On which days the doses of a protocol are given: fractions one by one, drugs in cycles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from hepatica.engine.calendar_entry import Entry
from hepatica.engine.calendar_heat import heat_sessions
from hepatica.engine.open_days import OpenDays, week
from hepatica.errors import InvalidInput
from hepatica.protocol import Drug, Phase, Prescription, Protocol

_DAY = timedelta(days=1)
_USUAL_DAYS_A_WEEK = 5


@dataclass(frozen=True)
class Given:
    """All doses of a treatment, and the days from which its events are counted."""

    doses: tuple[Entry, ...]
    cycle_days: tuple[date, ...]
    warnings: tuple[str, ...]

    @property
    def dose_days(self) -> tuple[date, ...]:
        """Days of fractions; where there are none, first days of drugs."""
        fractions = [one.day for one in self.doses if one.kind == "dose"]
        return tuple(sorted(set(fractions or [one.day for one in self.doses])))

    @property
    def first_day(self) -> date:
        """The first day of treatment."""
        return min(one.day for one in self.doses)

    @property
    def last_day(self) -> date:
        """The last day on which anything is given."""
        return max(one.last_day for one in self.doses)


def doses_of(protocol: Protocol, start: date, days: OpenDays, cycles: int | None = None) -> Given:
    """The doses of a protocol on open days.

    Raises
    ------
    InvalidInput
        If the protocol does not say on which days its doses are given.
    """
    asked, start = start, days.from_then_on(start)
    fractions, warnings = _fractions(protocol, start, days)
    if start != asked:
        warnings.insert(0, f"{asked} is closed ({days.closed(asked)}); it begins on {start}.")
    cyclic = tuple(drug for drug in protocol.drugs if drug.days and drug.cycle_days)
    number = cycles or (protocol.calendar.cycles if protocol.calendar else None)
    starts: tuple[date, ...] = ()
    drugs: list[Entry] = []
    if cyclic and number is None:
        raise InvalidInput(
            f"Protocol {protocol.name} does not say how many cycles of {cyclic[0].name} are given; "
            "say it with --cycles, or write calendar: cycles:."
        )
    for drug in cyclic:
        found = cycle_starts(start, drug.cycle_days or 1, number or 1, days)
        starts = starts or found
        drugs += _in_cycles(drug, found, days)
    drugs += _with_fractions(protocol, fractions)
    heat = heat_sessions(protocol, fractions)
    if not fractions and not drugs:
        raise InvalidInput(
            f"Protocol {protocol.name} does not say on which days anything is given; a calendar "
            "needs dose days, phases with a number of fractions, or drugs with days of a cycle."
        )
    return Given((*fractions, *drugs, *heat.sessions), starts, (*warnings, *heat.warnings))


def cycle_starts(start: date, cycle_days: int, number: int, days: OpenDays) -> tuple[date, ...]:
    """First days of cycles; each is counted from the day on which the one before really began."""
    found = [days.from_then_on(start)]
    while len(found) < number:
        found.append(days.from_then_on(found[-1] + timedelta(days=cycle_days)))
    return tuple(found)


def _fractions(
    protocol: Protocol, start: date, days: OpenDays
) -> tuple[tuple[Entry, ...], list[str]]:
    if protocol.prescription is not None:
        return _on_dose_days(protocol, protocol.prescription, start, days)
    found: list[Entry] = []
    warnings: list[str] = []
    for phase in protocol.phases:
        if found:
            start = found[-1].day + _DAY * (1 + (phase.gap_days or 0))
        found += _phase(protocol, phase, start, days)
        if phase.days_a_week is None:
            warnings.append(
                f"On how many days a week {phase.name} is given is not published; "
                f"{_USUAL_DAYS_A_WEEK} are taken."
            )
    return tuple(found), warnings


def _on_dose_days(
    protocol: Protocol, rule: Prescription, start: date, days: OpenDays
) -> tuple[tuple[Entry, ...], list[str]]:
    rules = protocol.calendar
    if rules is None or not rules.dose_days:
        raise InvalidInput(
            f"Protocol {protocol.name} does not say on which days its {rule.fractions} fractions "
            f"are given within {rule.overall_days} days. Write calendar: dose_days: [0, 2, ...]."
        )
    found: list[Entry] = []
    for number, offset in enumerate(rules.dose_days, 1):
        planned = start + timedelta(days=offset)
        earliest = max(planned, found[-1].day + _DAY) if found else planned
        what = f"Fraction {number} of {rule.fractions}"
        cited = str(rules.source_of("dose_days"))
        found.append(_dosed(what, "fraction", planned, days.from_then_on(earliest), cited))
    taken = (found[-1].day - found[0].day).days + 1
    too_long = f"The fractions take {taken} days; the protocol allows {rule.overall_days}."
    return tuple(found), [too_long] if taken > rule.overall_days else []


def _phase(protocol: Protocol, phase: Phase, start: date, days: OpenDays) -> list[Entry]:
    number = phase.fraction_count()
    if number is None:
        raise InvalidInput(
            f"Protocol {protocol.name}: neither the dose nor the number of fractions of "
            f"{phase.name} is published, so nothing can be put on a calendar. "
            "hepatica protocol show says what else is missing."
        )
    a_week = phase.days_a_week or _USUAL_DAYS_A_WEEK
    each = "" if phase.dose_per_fraction_gy is None else f", {phase.dose_per_fraction_gy:g} Gy"
    without_holidays = OpenDays({}, days.weekends_closed)
    found: list[Entry] = []
    in_week: Counter[tuple[int, int]] = Counter()
    planned = day = start
    while len(found) < number:
        day = days.from_then_on(day)
        if in_week[week(day)] == a_week:
            day += _DAY
            continue
        in_week[week(day)] += 1
        for _ in range(min(phase.fractions_a_day, number - len(found))):
            what = f"{phase.name}: fraction {len(found) + 1} of {number}{each}"
            found.append(_dosed(what, phase.name, planned, day, str(phase.source)))
        day += _DAY
        planned = _next_planned(day, in_week, a_week, without_holidays)
    return found


def _next_planned(
    day: date, in_week: Counter[tuple[int, int]], a_week: int, without_holidays: OpenDays
) -> date:
    """Where the next fraction would be if no holiday came between."""
    while in_week[week(day)] == a_week or without_holidays.closed(day):
        day += _DAY
    return day


def _dosed(what: str, name: str, planned: date, day: date, source: str) -> Entry:
    note = "" if day == planned else f"planned for {planned}"
    return Entry(day, "dose", name, what, planned, day, source, note)


def _in_cycles(drug: Drug, starts: Sequence[date], days: OpenDays) -> list[Entry]:
    found = []
    for number, first in enumerate(starts, 1):
        for one in drug.days:
            planned = first + timedelta(days=one - 1)
            day = planned if drug.route == "oral" else days.from_then_on(planned)
            last = day + timedelta(days=max(drug.for_days or 1, 1) - 1)
            what = f"Cycle {number}, day {one}: {spoken_dose(drug)}"
            note = "" if day == planned else f"moved from {planned}: {days.closed(planned)}"
            found.append(Entry(day, "drug", drug.name, what, planned, last, str(drug.source), note))
    return found


def _with_fractions(protocol: Protocol, fractions: Sequence[Entry]) -> list[Entry]:
    drugs = [drug for drug in protocol.drugs if drug.with_each_fraction]
    on = sorted({one.day for one in fractions})
    return [
        Entry(day, "drug", drug.name, spoken_dose(drug), day, day, str(drug.source))
        for drug in drugs
        for day in on
    ]


def spoken_dose(drug: Drug) -> str:
    """A drug as it is ordered: ``capecitabine 1000 mg/m2 twice a day, oral, for 14 days``."""
    words = [drug.agent]
    words.append("dose not published" if drug.dose is None else f"{drug.dose:g} {drug.unit}")
    often = {2: "twice a day", 3: "three times a day"}
    if drug.times_a_day and drug.times_a_day > 1:
        words.append(often.get(drug.times_a_day, f"{drug.times_a_day} times a day"))
    elif drug.per in ("day", "cycle"):
        words.append(f"a {drug.per}")
    details = [] if drug.route is None else [drug.route.replace("_", " ")]
    if drug.infusion_hours:
        details.append(f"over {drug.infusion_hours:g} hours")
    if drug.for_days and drug.for_days > 1:
        details.append(f"for {drug.for_days} days")
    if drug.cap_mg is not None:
        details.append(f"at most {drug.cap_mg:g} mg")
    return ", ".join([" ".join(words), *details])
