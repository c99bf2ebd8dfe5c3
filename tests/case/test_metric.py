"""Metrics are read and written in the words of TG-263, and a wrong one is never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.case.metric import EXAMPLES, Metric, nearest_metric, parse_metric
from hepatica.errors import InvalidInput


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_example_is_read_and_written_back_as_it_was(text: str) -> None:
    assert str(parse_metric(text)) == text


def test_the_parts_of_a_metric_are_its_kind_its_size_and_its_units() -> None:
    assert parse_metric("D0.5cc[Gy]") == Metric("D", 0.5, "cc", "Gy")
    assert parse_metric("V20Gy[%]") == Metric("V", 20.0, "Gy", "%")
    assert parse_metric("Mean[Gy]") == Metric("Mean", None, None, "Gy")
    assert parse_metric("Volume[cc]") == Metric("Volume", None, None, "cc")


def test_the_coolest_part_has_two_spellings_and_one_meaning() -> None:
    assert parse_metric("CD700cc[Gy]") == parse_metric("DC700cc[Gy]")


@pytest.mark.parametrize(
    ("text", "quantity", "needs_prescription", "needs_dose"),
    [
        ("D95%[Gy]", "dose", False, True),
        ("D95%[%]", "dose", True, True),
        ("Max[%]", "dose", True, True),
        ("V20Gy[%]", "volume", False, True),
        ("V95%[cc]", "volume", True, True),
        ("CV15Gy[cc]", "volume", False, True),
        ("Volume[cc]", "volume", False, False),
    ],
)
def test_per_cent_of_the_prescription_is_told_from_per_cent_of_the_volume(
    text: str, quantity: str, needs_prescription: bool, needs_dose: bool
) -> None:
    metric = parse_metric(text)
    assert metric.quantity == quantity
    assert metric.needs_prescription is needs_prescription
    assert metric.needs_dose is needs_dose


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("DC700cc[Gy]", "highest dose in the coolest 700 cc, Gy"),
        ("V95%[%]", "volume that receives 95 % of the prescription or more, % of the structure"),
        ("Max[%]", "highest dose, % of the prescription"),
        ("CV15Gy[cc]", "volume that receives less than 15 Gy, cc"),
    ],
)
def test_a_metric_can_be_said_aloud(text: str, words: str) -> None:
    assert parse_metric(text).words == words


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("D95", "D95%[Gy]"),
        ("D95%", "D95%[Gy]"),
        ("D98 %[Gy]", "D98%[Gy]"),
        ("d0,5CC", "D0.5cc[Gy]"),
        ("D95%[cGy]", "D95%[Gy]"),
        ("V2000cGy[%]", "V20Gy[%]"),
        ("V17Gy[Gy]", "V17Gy[%]"),
        ("D20Gy[cc]", "V20Gy[cc]"),
        ("Dmax", "Max[Gy]"),
        ("Men[Gy]", "Mean[Gy]"),
        ("MLD", "Mean[Gy]"),
        ("max[%]", "Max[%]"),
        ("volume", "Volume[cc]"),
    ],
)
def test_a_wrong_text_is_refused_with_the_nearest_right_one(wrong: str, right: str) -> None:
    assert nearest_metric(wrong) == right
    with pytest.raises(InvalidInput, match="is not in TG-263 grammar; did you mean") as refused:
        parse_metric(wrong)
    assert right in str(refused.value)


def test_a_part_without_size_has_no_dose() -> None:
    with pytest.raises(InvalidInput, match="a part of size 0 has no dose"):
        parse_metric("D0cc[Gy]")


def test_more_than_the_whole_structure_cannot_be_asked_for() -> None:
    with pytest.raises(InvalidInput, match="at most 100 % of a structure"):
        parse_metric("D120%[Gy]")


@pytest.mark.parametrize("at", [float("nan"), float("inf"), -3.0])
def test_a_metric_built_by_hand_obeys_the_same_grammar(at: float) -> None:
    with pytest.raises(InvalidInput, match="TG-263"):
        Metric("D", at, "cc", "Gy")


def test_a_metric_built_by_hand_cannot_mix_units() -> None:
    with pytest.raises(InvalidInput, match="TG-263"):
        Metric("V", 20.0, "cc", "Gy")


@given(
    st.floats(1e-3, 1e4, allow_nan=False),
    st.sampled_from([("D", "cc", "Gy"), ("DC", "cc", "%"), ("V", "Gy", "cc"), ("CV", "%", "%")]),
)
def test_any_size_survives_being_written_and_read(at: float, parts: tuple[str, str, str]) -> None:
    kind, at_unit, unit = parts
    metric = Metric(kind, at, at_unit, unit)  # type: ignore[arg-type]
    assert parse_metric(str(metric)) == metric


@given(st.text(max_size=20) | st.from_regex(r"(?i)[dv]c?[0-9.,]{1,6} ?(%|cc|gy)?[\[(]?(gy|%)?"))
def test_what_is_offered_instead_of_any_text_is_a_metric(text: str) -> None:
    offered = nearest_metric(text)
    assert str(parse_metric(offered)) == offered
