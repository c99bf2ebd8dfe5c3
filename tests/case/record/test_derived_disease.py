"""Number, size and share of the metastases come from the list, the volumes, or what was stated."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from hepatica.case.record import Derived, Fact, Record, derive
from tests.case.record.patients import DAY, fact

LATER = DAY + timedelta(days=30)


def _derived(*facts: Fact, on: date | None = LATER) -> dict[str, Derived]:
    return {
        name.removeprefix("derived."): value
        for name, value in derive(Record("x", facts), on).items()
    }


def _lesions(name: str, *values: Any, on: date | None = DAY) -> list[Fact]:
    return [fact(f"lesion.{name}", v, on, item=str(n)) for n, v in enumerate(values, start=1)]


def test_without_a_stated_number_there_are_at_least_as_many_as_are_described() -> None:
    found = _derived(*_lesions("segment", "II", "VI", "VIII"))["lesion_count"]
    assert (found.value, found.low, found.missing) == (None, 3, ("liver.lesion_count",))
    assert len(found.derived_from) == 3


def test_a_number_that_is_only_known_as_a_range_is_narrowed_by_the_list() -> None:
    at_least = fact("liver.lesion_count", 2, comparator=">=")
    at_most = fact("liver.lesion_count", 3, comparator="<=")
    three = _lesions("segment", "II", "VI", "VIII")
    assert _derived(at_least, *three)["lesion_count"].low == 3
    assert _derived(at_most, *three)["lesion_count"].value == 3


def test_the_stated_number_counts_where_not_all_are_described() -> None:
    found = _derived(fact("liver.lesion_count", 7), *_lesions("diameter", 30.0, 20.0))
    assert found["lesion_count"].value == 7


def test_more_described_than_stated_is_a_contradiction() -> None:
    found = _derived(fact("liver.lesion_count", 1), *_lesions("diameter", 30.0, 20.0))
    assert found["lesion_count"].value is None
    assert found["lesion_count"].reason == "1 metastases are stated, but 2 are described."
    assert found["lesion_count"].missing == ("liver.lesion_count",)


def test_a_later_count_may_be_smaller() -> None:
    later = fact("liver.lesion_count", 1, LATER)
    assert _derived(later, *_lesions("diameter", 30.0, 20.0))["lesion_count"].value == 1


def test_a_count_is_not_later_than_what_was_described_since() -> None:
    count = fact("liver.lesion_count", 1, DAY + timedelta(days=10))
    again = fact("lesion.diameter", 22.0, LATER, item="2")
    found = _derived(count, *_lesions("diameter", 30.0, 20.0), again)["lesion_count"]
    assert found.reason == "1 metastases are stated, but 2 are described."


def test_metastases_that_are_found_later_do_not_count_yet() -> None:
    facts = [*_lesions("diameter", 30.0), fact("lesion.diameter", 9.0, LATER, item="2")]
    assert _derived(*facts, on=DAY)["lesion_count"].low == 1
    assert _derived(*facts)["lesion_count"].low == 2
    two = fact("liver.lesion_count", 2, LATER)
    assert _derived(*facts, two)["lesion_count"].value == 2


def test_the_largest_is_the_largest_of_all_described() -> None:
    three = fact("liver.lesion_count", 3)
    found = _derived(three, *_lesions("diameter", 30.0, 42.0, 12.0))["largest_diameter"]
    assert found.value == 42


def test_without_a_stated_number_the_largest_is_at_least_the_largest_described() -> None:
    found = _derived(*_lesions("diameter", 30.0, 42.0, 12.0))["largest_diameter"]
    assert (found.value, found.low, found.missing) == (None, 42, ("liver.lesion_count",))


def test_each_metastasis_counts_with_its_newest_diameter() -> None:
    shrunk = fact("lesion.diameter", 25.0, LATER, item="1")
    two = fact("liver.lesion_count", 2)
    found = _derived(two, *_lesions("diameter", 60.0, 30.0), shrunk)["largest_diameter"]
    assert found.value == 30


def test_one_that_is_not_measured_could_be_the_largest() -> None:
    two = fact("liver.lesion_count", 2)
    facts = [two, *_lesions("diameter", 30.0), fact("lesion.segment", "II", item="2")]
    found = _derived(*facts)["largest_diameter"]
    assert (found.value, found.missing, found.low) == (None, ("lesion.diameter",), 30)
    uncounted = _derived(*facts[1:])["largest_diameter"]
    assert uncounted.missing == ("lesion.diameter", "liver.lesion_count")
    stated = _derived(*facts, fact("liver.largest_diameter", 55.0))["largest_diameter"]
    assert stated.value == 55
    assert stated.reason == "lesion.diameter says up to 30 mm."


def test_one_that_is_not_described_could_be_the_largest() -> None:
    found = _derived(fact("liver.lesion_count", 3), *_lesions("diameter", 30.0))
    assert found["largest_diameter"].missing == ("lesion.diameter",)


def test_a_newer_stated_diameter_counts_before_older_measurements() -> None:
    found = _derived(*_lesions("diameter", 30.0), fact("liver.largest_diameter", 44.0, LATER))
    assert found["largest_diameter"].value == 44


def test_a_stated_diameter_older_than_the_measurements_says_nothing_of_today() -> None:
    old = fact("liver.largest_diameter", 55.0, DAY - timedelta(days=90))
    measured = _lesions("diameter", 30.0)
    found = _derived(old, *measured)["largest_diameter"]
    assert (found.value, found.low) == (None, 30)
    counted = _derived(old, fact("liver.lesion_count", 1), *measured)["largest_diameter"]
    assert counted.value == 30


@pytest.mark.parametrize("counted", [[], [fact("liver.lesion_count", 1)]])
def test_of_a_stated_diameter_and_a_list_of_one_day_the_larger_counts(counted: list[Fact]) -> None:
    more = _derived(*counted, *_lesions("diameter", 30.0), fact("liver.largest_diameter", 55.0))
    assert more["largest_diameter"].value == 55
    less = _derived(*counted, *_lesions("diameter", 30.0), fact("liver.largest_diameter", 20.0))
    assert (less["largest_diameter"].value or less["largest_diameter"].low) == 30


def test_a_diameter_on_one_side_decides_only_below_the_largest() -> None:
    small = fact("lesion.diameter", 10.0, item="2", comparator="<")
    large = fact("lesion.diameter", 50.0, item="2", comparator="<")
    listed = [fact("liver.lesion_count", 2), *_lesions("diameter", 42.0)]
    assert _derived(*listed, small)["largest_diameter"].value == 42
    found = _derived(*listed, large)["largest_diameter"]
    assert found.value is None
    assert found.low == 42


@pytest.mark.parametrize(
    ("facts", "way"),
    [
        ({"liver.tumour_volume": 300, "liver.liver_volume": 1500}, "with its tumours"),
        ({"liver.tumour_volume": 300, "liver.uninvolved_volume": 1200}, "outside them"),
        ({"liver.liver_volume": 1500, "liver.uninvolved_volume": 1200}, "volume outside them"),
        ({"liver.involvement": 20}, "As stated"),
    ],
)
def test_the_burden_is_a_fifth_by_every_way(facts: dict[str, float], way: str) -> None:
    found = _derived(*(fact(name, value) for name, value in facts.items()))
    assert found["tumour_burden_percent"].value == pytest.approx(20.0)
    assert way in found["tumour_burden_percent"].formula


def test_the_burden_adds_up_the_metastases_if_all_are_measured() -> None:
    liver = fact("liver.liver_volume", 1500)
    listed = [liver, *_lesions("volume", 100.0, 50.0)]
    found = _derived(fact("liver.lesion_count", 2), *listed)["tumour_burden_percent"]
    assert found.value == pytest.approx(10.0)
    uncounted = _derived(*listed)["tumour_burden_percent"]
    assert (uncounted.value, uncounted.missing) == (None, ("liver.lesion_count",))
    more = _derived(liver, fact("liver.lesion_count", 3), *_lesions("volume", 100.0, 50.0))
    assert more["tumour_burden_percent"].missing == ("liver.tumour_volume",)


def test_more_tumour_than_liver_is_a_contradiction() -> None:
    found = _derived(fact("liver.liver_volume", 1500), fact("liver.tumour_volume", 1600))
    assert found["tumour_burden_percent"].value is None
    assert "Of 1500 mL of liver, 1600 mL would be tumour" in found["tumour_burden_percent"].reason


def test_what_is_missing_for_the_burden_is_the_other_volume() -> None:
    found = _derived(fact("liver.uninvolved_volume", 1500))["tumour_burden_percent"]
    assert found.missing == ("liver.tumour_volume",)
    assert [f.field for f in found.derived_from] == ["liver.uninvolved_volume"]
