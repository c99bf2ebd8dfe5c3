"""One question put to one fact."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from hepatica.errors import InvalidInput
from tests.protocol.criteria.builders import ON, fact, judged, leaf, truth, why

BILIRUBIN = leaf("lab.bilirubin", "<", 80, unit="umol/L")


@pytest.mark.parametrize(
    ("comparator", "value", "op", "bound", "answer"),
    [
        (None, 80, "<", 80, "false"),
        (None, 80, "<=", 80, "true"),
        (None, 80, ">", 80, "false"),
        (None, 80, ">=", 80, "true"),
        ("<", 100, ">", 80, "unknown"),
        ("<", 100, "<", 100, "true"),
        ("<", 100, "<=", 100, "true"),
        ("<=", 100, "<", 100, "unknown"),
        ("<", 100, ">=", 100, "false"),
        ("<", 100, "<", 120, "true"),
        ("<=", 100, ">", 100, "false"),
        (">", 100, ">", 100, "true"),
        (">", 100, ">=", 100, "true"),
        (">=", 100, ">", 100, "unknown"),
        (">", 100, "<=", 100, "false"),
        (">", 100, "<", 120, "unknown"),
        ("<", 100, "is", 100, "false"),
        ("<", 100, "is", 99, "unknown"),
        ("<=", 100, "is_not", 101, "true"),
        (None, 80, "is", 80, "true"),
        ("<", 100, ">=", 0, "true"),
    ],
)
def test_a_value_known_to_lie_on_one_side_is_a_range(
    comparator: Any, value: float, op: str, bound: float, answer: str
) -> None:
    asked = leaf("lab.bilirubin", op, bound, unit="umol/L")
    assert truth(asked, fact("lab.bilirubin", value, comparator=comparator)) == answer


def test_a_range_that_does_not_tell_says_so() -> None:
    found = judged(
        leaf("lab.bilirubin", ">", 80, unit="umol/L"), fact("lab.bilirubin", 100, comparator="<")
    )
    assert found.decisive[0].why == "range"
    assert found.decisive[0].reason == (
        "Bilirubin total: < 100 umol/L on 2004-06-01 does not tell; asked: > 80 umol/L"
    )


@pytest.mark.parametrize(
    ("comparator", "value", "op", "bound", "answer"),
    [(">", 5, ">=", 6, "true"), ("<", 5, "<=", 4, "true"), (">=", 5, ">", 5, "unknown")],
)
def test_a_count_goes_in_whole_steps(
    comparator: Any, value: int, op: str, bound: int, answer: str
) -> None:
    asked = leaf("liver.lesion_count", op, bound)
    assert truth(asked, fact("liver.lesion_count", value, comparator=comparator)) == answer


def test_a_bound_is_converted_into_the_unit_of_the_record() -> None:
    asked = leaf("lab.bilirubin", "<=", 2, unit="mg/dL")
    assert truth(asked, fact("lab.bilirubin", 34.0)) == "true"
    assert truth(asked, fact("lab.bilirubin", 35.0)) == "false"


def test_the_last_digits_of_a_conversion_decide_nothing() -> None:
    uln = 1.2 * 17.104
    asked = leaf("lab.bilirubin", "<=", uln_times=3)
    assert truth(asked, fact("lab.bilirubin", 3.6 * 17.104, uln=uln)) == "true"
    assert (
        truth(leaf("lab.bilirubin", "<", uln_times=3), fact("lab.bilirubin", 61.5744, uln=uln))
        == "false"
    )


@pytest.mark.parametrize(("value", "answer"), [(119, "true"), (120, "true"), (121, "false")])
def test_a_multiple_is_that_of_the_laboratorys_own_limit(value: float, answer: str) -> None:
    asked = leaf("lab.alt", "<=", uln_times=3)
    assert truth(asked, fact("lab.alt", value, uln=40)) == answer


def test_a_multiple_is_unknown_without_the_laboratorys_own_limit() -> None:
    asked = leaf("lab.alt", "<=", uln_times=3)
    assert why(asked, fact("lab.alt", 10)) == "no_upper_limit"
    assert truth(asked, fact("lab.alt", 10)) == "unknown"


def test_a_range_is_held_against_a_multiple_too() -> None:
    asked = leaf("lab.alt", "<=", uln_times=3)
    assert truth(asked, fact("lab.alt", 10, uln=40, comparator="<")) == "true"
    assert truth(asked, fact("lab.alt", 130, uln=40, comparator="<")) == "unknown"


@pytest.mark.parametrize(
    ("day", "reason", "answer"),
    [
        (date(2004, 5, 4), "met", "true"),
        (date(2004, 5, 3), "stale", "unknown"),
        (None, "undated", "unknown"),
    ],
)
def test_a_fact_that_is_too_old_or_undated_counts_as_unknown(
    day: date | None, reason: str, answer: str
) -> None:
    asked = BILIRUBIN | {"max_age_days": 28}
    found = fact("lab.bilirubin", 10, on=day)
    assert (why(asked, found), truth(asked, found)) == (reason, answer)
    assert truth(BILIRUBIN, found) == "true"


def test_facts_after_the_day_of_judgement_are_not_seen() -> None:
    late = fact("lab.bilirubin", 200, on=date(2004, 6, 2))
    assert why(BILIRUBIN, late) == "not_recorded"
    assert truth(BILIRUBIN, late, fact("lab.bilirubin", 10)) == "true"
    assert truth(BILIRUBIN, late, fact("lab.bilirubin", 10), on=date(2004, 6, 2)) == "false"


@pytest.mark.parametrize("reason", ["unknown", "not_performed", "not_applicable", "declined"])
def test_an_absent_fact_is_unknown_and_the_reason_is_told(reason: Any) -> None:
    absent = fact("lab.bilirubin", absent=reason)
    assert (truth(BILIRUBIN, absent), why(BILIRUBIN, absent)) == ("unknown", reason)


@pytest.mark.parametrize(
    ("absent", "answer"),
    [
        (None, "unknown"),
        ("unknown", "unknown"),
        ("not_performed", "false"),
        ("not_applicable", "false"),
        ("declined", "false"),
    ],
)
def test_known_is_true_of_a_value_and_false_of_what_is_known_not_to_be(
    absent: Any, answer: str
) -> None:
    asked = leaf("lab.cea", "known")
    assert truth(asked, fact("lab.cea", 3.0)) == "true"
    assert truth(asked, *([] if absent is None else [fact("lab.cea", absent=absent)])) == answer


def test_known_takes_an_age_and_is_unknown_beyond_it() -> None:
    asked = leaf("lab.cea", "known", max_age_days=10)
    assert truth(asked, fact("lab.cea", 3.0, on=date(2004, 5, 22))) == "true"
    assert why(asked, fact("lab.cea", 3.0, on=date(2004, 5, 21))) == "stale"


@pytest.mark.parametrize(
    ("day", "answer"),
    [
        (date(2004, 4, 6), "true"),
        (date(2004, 4, 5), "false"),
        (date(2004, 6, 1), "true"),
        (date(2004, 6, 2), "unknown"),
    ],
)
def test_a_date_lies_within_days_of_the_day_of_judgement(day: date, answer: str) -> None:
    asked = leaf("workup.chest_xray", "within_days", 56)
    assert truth(asked, fact("workup.chest_xray", day, on=None)) == answer


def test_a_date_is_as_old_as_the_day_that_it_names() -> None:
    asked = leaf("workup.chest_xray", "known", max_age_days=56)
    assert why(asked, fact("workup.chest_xray", date(2004, 4, 5), on=ON)) == "stale"
    assert why(asked, fact("workup.chest_xray", date(2004, 4, 6), on=None)) == "met"


def test_dates_are_held_against_days() -> None:
    asked = leaf("trial.enrolled", ">=", "2004-01-01")
    assert truth(asked, fact("trial.enrolled", date(2004, 1, 1))) == "true"
    assert truth(asked, fact("trial.enrolled", date(2003, 12, 31))) == "false"
    assert truth(asked, fact("trial.enrolled", date(2003, 12, 31), comparator=">=")) == "unknown"


@pytest.mark.parametrize(
    ("op", "value", "found", "answer"),
    [
        ("is", "A", "A", "true"),
        ("is", "A", "B", "false"),
        ("is_not", "C", "B", "true"),
        ("in", ["A", "B"], "B", "true"),
        ("in", ["A", "B"], "C", "false"),
    ],
)
def test_answers_are_compared_as_words(op: str, value: Any, found: str, answer: str) -> None:
    asked = leaf("derived.child_pugh_class", op, value)
    assert truth(asked, fact("derived.child_pugh_class", found)) == answer
    assert truth(asked) == "unknown"


def test_numbers_can_be_looked_up_in_a_list() -> None:
    asked = leaf("performance.ecog", "in", [0, 1])
    assert truth(asked, fact("performance.ecog", 1)) == "true"
    assert truth(asked, fact("performance.ecog", 2)) == "false"
    assert truth(asked, fact("performance.ecog", 1, comparator="<=")) == "unknown"
    assert truth(asked, fact("performance.ecog", 1, comparator=">")) == "false"


def test_a_criterion_is_left_out_before_its_first_and_after_its_last_day() -> None:
    asked = leaf("function.dialysis", "is", False, since="2004-06-01", until="2004-06-30")
    on_dialysis = fact("function.dialysis", True, on=None)
    days = [date(2004, 5, 31), date(2004, 6, 1), date(2004, 6, 30), date(2004, 7, 1)]
    assert [truth(asked, on_dialysis, on=day) for day in days] == ["true", "false", "false", "true"]
    assert judged(asked, on_dialysis, on=days[0]).left_out == ("leaf",)


def test_what_is_not_in_force_neither_helps_nor_hinders_a_group() -> None:
    old = leaf("function.cirrhosis", "is", True, id="old", until="2003-12-31")
    dialysis = leaf("function.dialysis", "is", True, id="dialysis")
    not_on = fact("function.dialysis", False)
    assert truth({"any": [old, dialysis]}, not_on) == "false"
    assert truth({"all": [{"not": old}, dialysis]}, not_on) == "false"
    assert truth({"all": [{"any": [old]}, {"not": dialysis}]}, not_on) == "true"


def test_an_amended_bound_holds_from_its_day() -> None:
    later = [{"since": "2004-01-01", "value": 70}, {"since": "2005-01-01", "value": 80}]
    asked = leaf("performance.karnofsky", ">=", 60, unit="%", amended=later)
    seventy = fact("performance.karnofsky", 70, on=None)
    days = [date(2003, 12, 31), date(2004, 1, 1), date(2004, 12, 31), date(2005, 1, 1)]
    assert [truth(asked, seventy, on=day) for day in days] == ["true", "true", "true", "false"]
    sixty = fact("performance.karnofsky", 60, on=None)
    assert [truth(asked, sixty, on=day) for day in days[:2]] == ["true", "false"]


def test_each_and_any_item_of_a_repeated_fact_are_asked() -> None:
    small = [fact("lesion.diameter", 20, item="1"), fact("lesion.diameter", 60, item="2")]
    each = leaf("lesion.diameter", "<=", 50, unit="mm", items="each")
    one = leaf("lesion.diameter", "<=", 50, unit="mm", items="any")
    assert (truth(each, *small), truth(one, *small)) == ("false", "true")
    assert judged(each, *small).decisive[0].fact == "lesion.diameter[2]"
    assert truth(each) == "unknown"


def test_lesions_that_are_counted_but_not_listed_stay_unknown() -> None:
    facts = [fact("lesion.diameter", 20, item="1"), fact("liver.lesion_count", 2)]
    each = leaf("lesion.diameter", "<=", 50, unit="mm", items="each")
    large = leaf("lesion.diameter", ">", 50, unit="mm", items="any")
    assert (truth(each, *facts), truth(large, *facts)) == ("unknown", "unknown")
    assert why(each, *facts) == "unlisted"
    assert truth(each, facts[0], fact("liver.lesion_count", 1)) == "true"


def test_a_question_can_be_put_to_one_lesion() -> None:
    asked = leaf("lesion.diameter", "<=", 50, unit="mm")
    facts = [fact("lesion.diameter", 20, item="1"), fact("lesion.diameter", 60, item="2")]
    first = judged(asked, *facts, items={"lesion": "1"})
    second = judged(asked, *facts, items={"lesion": "2"})
    assert (first.truth, second.truth) == ("true", "false")
    with pytest.raises(InvalidInput, match=r"does not say of which lesion\. Write items: each"):
        judged(asked, *facts)
