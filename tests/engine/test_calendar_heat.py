"""Heating sessions on the calendar: with fractions, spaced, counted, and honest about gaps."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hepatica.engine.calendar import TreatmentCalendar, treatment_calendar
from hepatica.engine.open_days import OpenDays, week
from hepatica.protocol import parse_protocol, validate
from hepatica.report.calendar_file import calendar_text
from tests.protocol.documents import changed, shipped

MONDAY = date(2027, 3, 1)
DOSE = """\
    target: Liver
    dose_gy: 30
    dose_per_fraction_gy: 2
    days_a_week: 5
"""
HEAT = "  temperature_celsius: [41, 41.5]\n"


def text(heat: str = "", dose: str = DOSE) -> str:
    """The shipped document with the numbers that its publication does not print."""
    return changed(
        shipped("whole-liver-hyperthermia"), ("    target: Liver\n", dose), (HEAT, HEAT + heat)
    )


def made(heat: str, days: OpenDays | None = None) -> TreatmentCalendar:
    return treatment_calendar(parse_protocol(text(heat)), MONDAY, days)


def sessions(calendar: TreatmentCalendar) -> list[date]:
    return [entry.day for entry in calendar.entries if entry.kind == "heat"]


def test_one_session_a_week_stands_on_the_first_day_of_radiotherapy_of_each_week() -> None:
    calendar = made("  sessions: 3\n  sessions_a_week: 1\n  minutes_from_fraction: 30\n")
    assert sessions(calendar) == [MONDAY + timedelta(weeks=n) for n in range(3)]
    assert not [told for told in calendar.warnings if "heat" in told]


def test_two_sessions_a_week_are_spread_over_it() -> None:
    found = sessions(made("  sessions: 4\n  sessions_a_week: 2\n"))
    assert [(day - MONDAY).days for day in found] == [0, 3, 7, 10]


def test_the_printed_distance_counts_before_the_spread() -> None:
    found = sessions(made("  sessions: 4\n  sessions_a_week: 2\n  days_between: 2\n"))
    assert [(day - MONDAY).days for day in found] == [0, 2, 7, 9]
    alone = sessions(made("  sessions: 3\n  days_between: 4\n"))
    assert [(day - MONDAY).days for day in alone] == [0, 4, 8]


def test_a_session_moves_with_the_fraction_of_a_closed_day() -> None:
    closed = OpenDays({MONDAY + timedelta(days=3): "holiday"})
    found = sessions(made("  sessions: 4\n  sessions_a_week: 2\n", closed))
    assert [(day - MONDAY).days for day in found] == [0, 4, 7, 10]


def test_sessions_that_do_not_fit_are_told_and_not_squeezed_in() -> None:
    calendar = made("  sessions: 9\n  sessions_a_week: 2\n")
    assert len(sessions(calendar)) == 6
    assert any("6 of 9 heating sessions fit on the days" in told for told in calendar.warnings)


def test_without_a_printed_distance_they_are_spread_and_that_is_said() -> None:
    calendar = made("  sessions: 3\n")
    days = [entry.day for entry in calendar.entries if entry.kind == "dose"]
    assert sessions(calendar) == [days[0], days[7], days[14]]
    assert any(
        "How the heating sessions are spaced is not published" in w for w in calendar.warnings
    )


def test_without_a_number_none_is_made_up() -> None:
    calendar = made("")
    assert sessions(calendar) == []
    assert "The number of heating sessions is not published; none is on the calendar." in (
        calendar.warnings
    )


def test_a_session_says_its_goals_and_how_it_stands_to_the_fraction() -> None:
    calendar = made(
        "  sessions: 1\n  sessions_a_week: 1\n  session_minutes: 60\n"
        "  minutes_from_fraction: 30\n  order: after\n"
        "  goals: [41 degrees Celsius in 90 % of the points]\n"
    )
    (entry,) = (one for one in calendar.entries if one.kind == "heat")
    assert entry.what == (
        "Heat session 1 of 1: 41 to 41.5 degrees Celsius, 60 minutes, within 30 minutes after the "
        "fraction, 41 degrees Celsius in 90 % of the points"
    )
    assert entry.source.endswith("section 1.3")
    assert "CATEGORIES:heat" in calendar_text(calendar, "1")


@pytest.mark.parametrize(
    ("heat", "said"),
    [
        ("  order: before\n", "before the fraction"),
        ("  minutes_from_fraction: 20\n", "within 20 minutes of the fraction"),
        ("", "on the day of the fraction"),
    ],
)
def test_only_what_is_printed_is_said_of_the_time_between(heat: str, said: str) -> None:
    calendar = made(f"  sessions: 1\n  sessions_a_week: 1\n{heat}")
    (entry,) = (one for one in calendar.entries if one.kind == "heat")
    assert entry.what.endswith(said)
    told = any(
        "The time between heat and fraction is not published" in w for w in calendar.warnings
    )
    assert told is ("minutes" not in heat)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 12),
    st.integers(1, 5),
    st.one_of(st.none(), st.integers(1, 7)),
    st.sets(st.integers(0, 60), max_size=12),
)
def test_sessions_keep_week_distance_and_fractions(
    number: int, a_week: int, apart: int | None, closed: set[int]
) -> None:
    days = OpenDays({MONDAY + timedelta(days=n): "closed" for n in closed})
    heat = f"  sessions: {number}\n  sessions_a_week: {a_week}\n"
    heat += "" if apart is None else f"  days_between: {apart}\n"
    calendar = made(heat, days)
    found = sessions(calendar)
    doses = {entry.day for entry in calendar.entries if entry.kind == "dose"}
    assert set(found) <= doses
    assert len(found) == len(set(found)) <= number
    weeks = [week(day) for day in found]
    assert all(weeks.count(one) <= a_week for one in weeks)
    assert all((b - a).days >= (apart or 1) for a, b in pairwise(found))


def test_a_ceiling_of_another_unit_and_a_falling_range_are_faults(tmp_path: Path) -> None:
    wrong = changed(
        shipped("hai-fudr-xelox"),
        ("    dose: 1000\n    unit: mg/m2", "    dose: 1000\n    cap_mg: 2000\n    unit: IU"),
    )
    falling = text().replace("[41, 41.5]", "[42, 41]")
    path = tmp_path / "one.yaml"
    for document, said in (
        (wrong, "a ceiling in mg does not bound a dose in IU; leave it out"),
        (falling, "the range runs from 42 to 41; its lower end comes first"),
    ):
        path.write_text(document, encoding="utf-8")
        assert any(said in str(fault) for fault in validate(path))
