"""A protocol on the calendar: the right days, on open days, in the right order."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.engine.calendar import TreatmentCalendar, later, treatment_calendar
from hepatica.engine.open_days import OpenDays, parse_holidays
from hepatica.errors import InvalidInput
from hepatica.protocol import Protocol, load_protocol, parse_protocol, protocol_names
from tests.protocol.documents import changed, shipped, small

MONDAY = date(2027, 3, 1)
CHRISTMAS = OpenDays({date(2026, 12, 25): "Christmas", date(2027, 1, 1): "New Year"})
WITH_DAYS = ("sbrt-six-fraction", "whole-liver-boost", "hai-fudr-xelox")


@cache
def loaded(name: str) -> Protocol:
    return load_protocol(name)


def made(name: str, start: date = MONDAY, days: OpenDays | None = None) -> TreatmentCalendar:
    return treatment_calendar(loaded(name), start, days)


def days_of(calendar: TreatmentCalendar, name: str) -> list[date]:
    return [entry.day for entry in calendar.entries if entry.name == name]


def test_six_fractions_lie_on_the_days_of_the_document() -> None:
    found = days_of(made("sbrt-six-fraction"), "fraction")
    assert [(day - MONDAY).days for day in found] == [0, 2, 4, 7, 9, 11]


def test_visits_are_counted_from_the_last_fraction() -> None:
    calendar = made("sbrt-six-fraction")
    last = date(2027, 3, 12)
    assert days_of(calendar, "visit-during") == [MONDAY, date(2027, 3, 8)]
    assert days_of(calendar, "first-visit") == [date(2027, 4, 12)]
    assert [entry.planned for entry in calendar.entries if entry.name == "visits-first-year"] == [
        later(last, months, "months") for months in (3, 6, 9, 12)
    ]
    assert [
        entry.planned for entry in calendar.entries if entry.name == "visits-to-fifth-year"
    ] == [date(2031, 3, 12), date(2032, 3, 12)]
    assert days_of(calendar, "no-chemotherapy-from") == [MONDAY - timedelta(weeks=2)]
    assert days_of(calendar, "chemotherapy-again") == [last + timedelta(weeks=4)]


def test_a_fraction_on_a_holiday_moves_on_and_the_next_gives_way() -> None:
    calendar = made("sbrt-six-fraction", date(2026, 12, 21), CHRISTMAS)
    fractions = [entry for entry in calendar.entries if entry.name == "fraction"]
    assert [f"{entry.day:%m-%d}" for entry in fractions] == [
        *("12-21", "12-23", "12-28", "12-29", "12-30", "01-04")
    ]
    assert fractions[2].note == "planned for 2026-12-25"
    assert fractions[3].moved_days == 1
    assert calendar.warnings == ("The fractions take 15 days; the protocol allows 14.",)
    assert days_of(calendar, "closed") == [date(2026, 12, 25), date(2027, 1, 1)]


def test_two_phases_follow_each_other_five_days_a_week() -> None:
    calendar = made("whole-liver-boost")
    whole, boost = days_of(calendar, "whole-liver"), days_of(calendar, "boost")
    assert (len(whole), len(boost)) == (18, 12)
    assert whole == [day for day in working_days(MONDAY)][:18]
    assert boost == working_days(MONDAY)[18:30]
    assert days_of(calendar, "fluorouracil") == whole + boost
    assert any("boost is given is not published" in told for told in calendar.warnings)


def working_days(start: date) -> list[date]:
    days = [start + timedelta(days=i) for i in range(60)]
    return [day for day in days if day.weekday() < 5]


def test_five_days_a_week_stay_five_where_the_centre_is_open_at_weekends() -> None:
    calendar = made("whole-liver-boost", MONDAY, OpenDays({}, weekends_closed=False))
    whole = days_of(calendar, "whole-liver")
    weeks = [day.isocalendar()[:2] for day in whole]
    assert max(weeks.count(week) for week in weeks) == 5


def test_cycles_of_drugs_are_three_weeks_apart_and_never_less() -> None:
    starts = days_of(made("hai-fudr-xelox"), "oxaliplatin")
    assert starts == [MONDAY + timedelta(weeks=3 * i) for i in range(4)]
    closed = OpenDays({date(2027, 3, 22): "holiday"})
    starts = days_of(made("hai-fudr-xelox", MONDAY, closed), "oxaliplatin")
    gaps = [(after - before).days for before, after in pairwise(starts)]
    assert starts[1] == date(2027, 3, 23)
    assert min(gaps) == 21


def test_a_drug_that_goes_on_ends_on_its_last_day() -> None:
    calendar = made("hai-fudr-xelox")
    first = next(entry for entry in calendar.entries if entry.name == "floxuridine")
    assert (first.last_day - first.day).days == 13
    assert "floxuridine 0.15 mg/kg a day, hepatic arterial, for 14 days" in first.what
    assert days_of(calendar, "reservoir-ends")[0] == first.last_day + timedelta(days=1)
    assert days_of(calendar, "elective-operation") == [
        max(e.last_day for e in calendar.entries if e.kind == "drug") + timedelta(weeks=3)
    ]


def test_what_precedes_the_first_dose_moves_to_the_past() -> None:
    calendar = made("hai-fudr-xelox", MONDAY)  # the day before is a Sunday
    (catheter,) = (entry for entry in calendar.entries if entry.name == "catheter")
    assert catheter.day == date(2027, 2, 26)
    assert catheter.note == "moved from 2027-02-28: weekend"


def test_a_task_on_a_closed_day_stays_and_says_so() -> None:
    calendar = made("hai-fudr-xelox", date(2026, 12, 18), CHRISTMAS)
    task = next(entry for entry in calendar.entries if entry.name == "reservoir-ends")
    assert (task.day, task.note) == (date(2027, 1, 1), "the centre is closed: New Year")


def test_a_start_on_a_closed_day_is_moved_and_said() -> None:
    calendar = made("sbrt-six-fraction", date(2027, 2, 27))
    assert days_of(calendar, "fraction")[:2] == [MONDAY, date(2027, 3, 3)]
    assert calendar.warnings == ("2027-02-27 is closed (weekend); it begins on 2027-03-01.",)


def test_visits_without_an_end_stop_at_the_horizon() -> None:
    two_years = treatment_calendar(load_protocol("whole-liver-boost"), MONDAY, months=24)
    assert len(days_of(two_years, "imaging-later")) == 2


@pytest.mark.parametrize(
    ("window", "day", "note"),
    [
        ("days_before: 0", date(2027, 4, 13), "moved from 2027-04-12: holiday"),
        ("days_after: 1", date(2027, 4, 13), "moved from 2027-04-12: holiday"),
        ("days_before: 3", date(2027, 4, 9), "moved from 2027-04-12: holiday"),
        ("days_before: 1", date(2027, 4, 13), "moved from 2027-04-12: holiday, outside its window"),
    ],
)
def test_a_visit_keeps_to_its_window_if_it_can(window: str, day: date, note: str) -> None:
    at = "      unit: months\n      at: [1]\n"
    protocol = parse_protocol(changed(shipped(), (at, f"{at}      {window}\n")))
    closed = OpenDays({date(2027, 4, 12): "holiday"})
    calendar = treatment_calendar(protocol, MONDAY, closed)
    (visit,) = (entry for entry in calendar.entries if entry.name == "first-visit")
    assert visit.planned == date(2027, 4, 12)
    assert (visit.day, visit.note) == (day, note)


def test_a_document_without_a_dose_gives_no_calendar() -> None:
    with pytest.raises(InvalidInput, match="neither the dose nor the number of fractions of whole"):
        made("whole-liver-hyperthermia")


def test_a_document_without_dose_days_gives_no_calendar() -> None:
    with pytest.raises(InvalidInput, match=r"on which days its 5 fractions are given within 10"):
        treatment_calendar(parse_protocol(small()), MONDAY)


def test_drugs_without_a_number_of_cycles_need_one() -> None:
    text = shipped("hai-fudr-xelox")
    start, end = text.index("calendar:\n"), text.index("endpoints:\n")
    protocol = parse_protocol(text[:start] + text[end:])
    with pytest.raises(InvalidInput, match="does not say how many cycles of floxuridine"):
        treatment_calendar(protocol, MONDAY)
    assert len(days_of(treatment_calendar(protocol, MONDAY, cycles=2), "oxaliplatin")) == 2


def test_every_document_gives_a_calendar_or_says_why_not() -> None:
    for name in protocol_names():
        if name in WITH_DAYS:
            assert made(name).entries
        else:
            with pytest.raises(InvalidInput, match=f"Protocol {name}"):
                made(name)


@given(
    start=st.dates(date(2024, 1, 1), date(2030, 12, 31)),
    closed=st.sets(st.integers(0, 80), max_size=25),
    name=st.sampled_from(WITH_DAYS),
    weekends=st.booleans(),
)
def test_no_dose_and_no_visit_falls_on_a_closed_day(
    start: date, closed: set[int], name: str, weekends: bool
) -> None:
    days = OpenDays({start + timedelta(days=i): "closed" for i in closed}, weekends)
    calendar = made(name, start, days)
    fractions = [entry for entry in calendar.entries if entry.kind == "dose"]
    for entry in calendar.entries:
        appointment = entry.kind not in ("drug", "task", "closed")
        assert not (appointment and days.closed(entry.day)), entry
    assert len({entry.day for entry in fractions}) == len(fractions)
    assert all(entry.day >= entry.planned for entry in fractions)
    assert [entry.day for entry in calendar.entries] == sorted(e.day for e in calendar.entries)


@pytest.mark.parametrize(
    ("day", "amount", "unit", "expected"),
    [
        (date(2027, 1, 31), 1, "months", date(2027, 2, 28)),
        (date(2028, 1, 31), 1, "months", date(2028, 2, 29)),
        (date(2027, 11, 30), 3, "months", date(2028, 2, 29)),
        (date(2027, 12, 15), 1, "months", date(2028, 1, 15)),
        (date(2027, 3, 31), -1, "months", date(2027, 2, 28)),
        (date(2028, 2, 29), 1, "years", date(2029, 2, 28)),
        (date(2027, 3, 1), -2, "weeks", date(2027, 2, 15)),
    ],
)
def test_months_end_where_the_month_ends(day: date, amount: int, unit: str, expected: date) -> None:
    assert later(day, amount, unit) == expected


def test_holidays_are_read_with_their_names() -> None:
    text = "# the centre\n2026-12-25 Christmas\n\n2027-01-01\n"
    assert parse_holidays(text) == {
        date(2026, 12, 25): "Christmas",
        date(2027, 1, 1): "holiday",
    }


def test_every_wrong_line_of_the_holidays_is_told() -> None:
    with pytest.raises(InvalidInput, match=r"line 1: '25\.12\.' is not a date; line 2: 'x' is"):
        parse_holidays("25.12. Christmas\nx\n", "days.txt")


def test_a_centre_that_never_opens_is_refused() -> None:
    closed = OpenDays({MONDAY + timedelta(days=i): "works" for i in range(90)})
    with pytest.raises(InvalidInput, match="closed for 60 days in a row from 2027-03-01"):
        made("sbrt-six-fraction", MONDAY, closed)
