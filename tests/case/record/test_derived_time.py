"""Age and time since chemotherapy hold for the day that is asked for."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from hepatica.case.record import Derived, Fact, Record, derive
from tests.case.record.patients import fact

ON = date(2024, 6, 1)


def _age(*facts: Fact, on: date | None = ON) -> Derived:
    return derive(Record("x", facts), on)["derived.age"]


def _free(*facts: Fact, on: date | None = ON) -> Derived:
    return derive(Record("x", facts), on)["derived.chemotherapy_free_days"]


def _course(item: str, kind: str = "systemic", **days: Any) -> list[Fact]:
    dates = [fact(f"prior.{name}", day, None, item=item) for name, day in days.items()]
    return [fact("prior.kind", kind, None, item=item), *dates]


def test_the_year_of_birth_leaves_one_year_open() -> None:
    found = _age(fact("patient.birth_year", 1960, None))
    assert (found.value, found.low, found.high) == (64, 63, 64)


def test_a_stated_age_grows_with_the_years_since() -> None:
    stated = fact("patient.age", 61, date(2021, 6, 2))
    assert _age(stated).value == 63
    assert _age(stated, on=date(2024, 6, 2)).value == 64
    assert (_age(stated).low, _age(stated).high) == (63, 64)


def test_an_age_without_a_day_is_taken_as_it_stands() -> None:
    stated = fact("patient.age", 61, None)
    assert _age(stated).value == 61
    assert _age(stated, on=None).value == 61
    assert _age(stated, fact("patient.birth_year", 1960, None)).value == 64


def test_an_age_above_a_bound_is_unknown() -> None:
    found = _age(fact("patient.age", 89, ON, comparator=">"))
    assert found.value is None
    assert found.reason.startswith("patient.age is only known as > 89 a")


def test_age_and_year_of_birth_that_contradict_each_other_are_told() -> None:
    found = _age(fact("patient.age", 70, ON), fact("patient.birth_year", 1960, None))
    assert found.value is None
    assert found.reason == (
        "The stated age leads to 70 years, the year of birth to 64; one of them is wrong."
    )
    agreed = _age(fact("patient.age", 63, ON), fact("patient.birth_year", 1960, None))
    assert agreed.value == 63


def test_a_year_of_birth_needs_a_day() -> None:
    found = _age(fact("patient.birth_year", 1960, None), on=None)
    assert found.reason == "The age depends on the day; say for which one."
    assert "after 2024" in _age(fact("patient.birth_year", 2030, None)).reason


def test_days_are_counted_from_the_last_day_of_all_chemotherapy() -> None:
    last = fact("exposure.last_chemotherapy", date(2024, 5, 2))
    assert _free(last).value == 30
    assert _free(last, *_course("1", stop=date(2024, 5, 12))).value == 20
    assert _free(last, *_course("1", stop=date(2024, 3, 1))).value == 30


def test_what_is_no_chemotherapy_does_not_count() -> None:
    chemotherapy = _course("1", stop=date(2024, 1, 1))
    assert _free(*chemotherapy, *_course("2", "resection", stop=date(2024, 5, 1))).value == 152


def test_while_it_is_given_there_are_no_free_days() -> None:
    now = fact("exposure.cytotoxic_now", True)
    assert _free(now).value == 0
    assert _free(now, fact("exposure.last_chemotherapy", date(2024, 4, 2))).value == 0
    assert _free(*_course("1", start=date(2024, 5, 1), stop=date(2024, 7, 1))).value == 0


def test_a_later_end_counts_before_an_earlier_word_that_it_is_given() -> None:
    now = fact("exposure.cytotoxic_now", True, date(2024, 1, 1))
    assert _free(now, fact("exposure.last_chemotherapy", date(2024, 5, 2))).value == 30


def test_given_now_without_a_day_and_ended_contradict_each_other() -> None:
    now = fact("exposure.cytotoxic_now", True, None)
    found = _free(now, fact("exposure.last_chemotherapy", date(2024, 5, 2)))
    assert (found.value, found.missing) == (None, ("exposure.cytotoxic_now",))
    assert found.reason.endswith("ended on 2024-05-02.")


def test_a_course_without_an_end_leaves_it_open() -> None:
    earlier = _course("1", start=date(2023, 1, 1), stop=date(2023, 6, 1))
    found = _free(*earlier, *_course("2", start=date(2024, 4, 1)))
    assert (found.value, found.missing) == (None, ("prior.stop",))


def test_the_stated_last_day_closes_courses_that_began_before() -> None:
    last = fact("exposure.last_chemotherapy", date(2024, 5, 2))
    assert _free(last, *_course("1", start=date(2024, 1, 1))).value == 30
    assert _free(last, *_course("1", start=date(2024, 5, 9))).missing == ("prior.stop",)


def test_a_course_that_begins_later_does_not_count_yet() -> None:
    earlier = _course("1", start=date(2024, 1, 1), stop=date(2024, 5, 2))
    assert _free(*earlier, *_course("2", start=date(2024, 6, 20))).value == 30


def test_a_course_that_ended_later_may_not_have_begun() -> None:
    found = _free(*_course("1", stop=date(2024, 7, 1)))
    assert (found.value, found.missing) == (None, ("prior.start",))


def test_a_last_day_that_lies_ahead_is_not_used() -> None:
    found = _free(fact("exposure.last_chemotherapy", date(2024, 7, 2), None))
    assert (found.value, found.missing) == (None, ("exposure.last_chemotherapy",))


@pytest.mark.parametrize(
    "never",
    [
        fact("exposure.chemotherapy_regimens", 0),
        Fact("exposure.last_chemotherapy", absent="not_applicable"),
    ],
)
def test_who_never_had_any_is_free_of_it_since_birth(never: Fact) -> None:
    found = _free(never, fact("patient.birth_year", 1960, None))
    assert found.value == 63 * 365
    assert found.reason.startswith("There never was chemotherapy")
    assert _free(never).missing == ("patient.birth_year",)


def test_days_need_a_day() -> None:
    found = _free(fact("exposure.last_chemotherapy", date(2024, 5, 2)), on=None)
    assert found.reason == "It depends on the day; say for which one."
