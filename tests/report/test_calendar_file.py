"""A calendar file that calendar programs can read, the same for the same treatment."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.engine.calendar import treatment_calendar
from hepatica.protocol import load_protocol
from hepatica.report.calendar_file import calendar_text, escaped, folded

START = date(2027, 3, 1)


@pytest.fixture(scope="module")
def text() -> str:
    return calendar_text(treatment_calendar(load_protocol("hai-fudr-xelox"), START), "0.1")


def unfolded(text: str) -> list[str]:
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def test_lines_end_in_crlf_and_are_at_most_75_octets(text: str) -> None:
    assert text.endswith("END:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert max(len(line.encode("utf-8")) for line in text.split("\r\n")) <= 75


def test_every_event_has_what_the_standard_asks_for(text: str) -> None:
    lines = unfolded(text)
    assert lines[:3] == ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Hepatica//0.1//EN"]
    count = lines.count("BEGIN:VEVENT")
    assert count == lines.count("END:VEVENT") > 20
    for key in ("UID:", "DTSTAMP:20270301T000000Z", "DTSTART;VALUE=DATE:", "SUMMARY:"):
        assert sum(line.startswith(key) for line in lines) == count, key
    identities = [line for line in lines if line.startswith("UID:")]
    assert len(set(identities)) == count


def test_an_infusion_of_14_days_ends_before_the_day_that_dtend_names(text: str) -> None:
    event = next(
        part
        for part in "\n".join(unfolded(text)).split("BEGIN:VEVENT")
        if "day 1: floxuridine" in part
    )
    assert "DTSTART;VALUE=DATE:20270301\nDTEND;VALUE=DATE:20270315\n" in event


def test_the_same_treatment_gives_the_same_file_and_another_start_other_identities(
    text: str,
) -> None:
    protocol = load_protocol("hai-fudr-xelox")
    assert calendar_text(treatment_calendar(protocol, START), "0.1") == text
    later = calendar_text(treatment_calendar(protocol, date(2027, 3, 2)), "0.1")
    assert not set(re.findall(r"UID:\w+", later)) & set(re.findall(r"UID:\w+", text))


def test_the_signs_of_the_format_are_escaped() -> None:
    assert escaped("a, b; c\\d\ne") == "a\\, b\\; c\\\\d\\ne"


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=400))
def test_folding_loses_nothing_and_cuts_no_character(line: str) -> None:
    text = folded(line)
    assert text.replace("\r\n ", "") == line
    for part in text.split("\r\n"):
        assert len(part.encode("utf-8")) <= 75
