"""Numbers are written with their unit, with sense, and never as a blank."""

from __future__ import annotations

import pytest

from hepatica.report import wording


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (wording.gy(39.987), "40.0\u00a0Gy"),
        (wording.volume(0.512), "0.51\u00a0cc"),
        (wording.volume(1860.57), "1860.6\u00a0cc"),
        (wording.percent(0.1234), "12.3\u00a0%"),
        (wording.level(0.05), "5\u00a0%"),
        (wording.level(0.125), "12.5\u00a0%"),
        (wording.number(-0.04), "0.0"),
        (wording.number(-3.2), "\u22123.2"),
        (wording.quantity(1.234, "1"), "1.23"),
    ],
)
def test_a_number_carries_its_unit_and_sensible_digits(text: str, expected: str) -> None:
    assert text == expected


@pytest.mark.parametrize(
    ("fraction", "expected"),
    [(0.0, "below 0.1\u00a0%"), (0.0147, "1.5\u00a0%"), (0.9999, "above 99.9\u00a0%")],
)
def test_a_risk_is_never_printed_as_none_or_certain(fraction: float, expected: str) -> None:
    assert wording.risk(fraction) == expected


@pytest.mark.parametrize(
    ("value", "limit", "expected"),
    [
        (29.0, 30.0, "29.0\u00a0Gy"),
        (30.02, 30.0, "30.02\u00a0Gy"),
        (30.0004, 30.0, "30.0004\u00a0Gy"),
        (30.0, 30.0, "30.0\u00a0Gy"),
    ],
)
def test_a_value_can_be_told_from_the_limit_it_just_misses(
    value: float, limit: float, expected: str
) -> None:
    assert wording.beside(value, limit, "Gy") == expected


def test_an_unknown_value_gives_its_reason_or_says_that_there_is_none() -> None:
    assert wording.unknown("the liver is missing") == "unknown: the liver is missing"
    assert wording.unknown("  ") == "unknown: no reason was recorded"


def test_sentences_start_with_a_capital_and_use_proper_signs() -> None:
    assert wording.sentence("it is <= 30") == "It is \u2264 30."
    assert wording.sentence("") == ""
    assert wording.sentence("Why?") == "Why?"


def test_a_long_name_is_cut_and_marked() -> None:
    assert wording.shortened("Liver") == "Liver"
    assert wording.shortened("A" * 30) == "A" * 19 + "\u2026"


def test_lists_and_counts_read_as_english() -> None:
    assert wording.listed([]) == ""
    assert wording.listed(["a"]) == "a"
    assert wording.listed(["a", "b", "c"]) == "a, b and c"
    assert wording.counted(1, "limit") == "1 limit"
    assert wording.counted(2, "limit") == "2 limits"
