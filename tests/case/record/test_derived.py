"""What is computed from a record uses what was known, says what is missing, and never guesses."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.case.record import COMPARATORS, DERIVED_FIELDS, Fact, Record, derive, field_named
from hepatica.case.record.derived_formulas import score
from hepatica.errors import InvalidInput
from tests.case.record.patients import DAY, WHOLE, fact, patient

ON = date(2024, 6, 1)
LABS = ("lab.bilirubin", "lab.albumin", "lab.inr", "lab.creatinine", "lab.sodium")
CHILD_PUGH = (*LABS[:3], "function.ascites", "function.encephalopathy")


def _with(record: Record, new: Fact) -> Record:
    return Record(record.case_id, (*(f for f in record if f.field != new.field), new))


def test_a_whole_record_gives_every_value() -> None:
    found = derive(patient(), ON)
    assert {name: value.value for name, value in found.items()} == {
        "derived.age": 64,
        "derived.bsa": pytest.approx(1.8181, abs=5e-5),
        "derived.child_pugh_points": 5,
        "derived.child_pugh_class": "A",
        "derived.albi": pytest.approx(-2.588, abs=5e-4),
        "derived.albi_grade": 2,
        "derived.meld_na": pytest.approx(6.43 + 11.2 * 0.0953102, abs=1e-4),
        # 142 * (1 / 0.9) ** -1.2 * 0.9938 ** 64 = 142 * 0.88123 * 0.67169
        "derived.egfr": pytest.approx(84.05, abs=0.02),
        # (140 - 64) * 70 / 72
        "derived.creatinine_clearance": pytest.approx(73.89, abs=0.005),
        "derived.tumour_burden_percent": 15.0,
        "derived.lesion_count": 2,
        "derived.largest_diameter": 42.0,
        "derived.chemotherapy_free_days": 61,
    }


def test_fields_formulas_and_values_are_the_same_set() -> None:
    found = derive(patient(), ON)
    assert set(found) == set(DERIVED_FIELDS)
    for name, field in DERIVED_FIELDS.items():
        value, row = found[name], score(name)
        assert value.unit == field.unit
        assert value.formula
        assert value.source
        assert row["status"] in ("verified", "recalled")
        assert value.status in ("verified", "recalled")
        assert field.kind != "count" or isinstance(value.value, int)
        assert field.kind != "code" or value.value in field.answers


def test_an_empty_record_says_for_each_value_what_is_missing() -> None:
    for value in derive(Record("empty"), ON).values():
        assert value.value is None
        assert value.missing
        assert all(field_named(name) for name in value.missing)


NEEDS = {
    "derived.bsa": ("patient.height", "patient.weight"),
    "derived.child_pugh_points": CHILD_PUGH,
    "derived.child_pugh_class": CHILD_PUGH,
    "derived.albi": LABS[:2],
    "derived.albi_grade": LABS[:2],
    "derived.meld_na": ("lab.bilirubin", "lab.inr", "lab.creatinine", "lab.sodium"),
    "derived.egfr": ("lab.creatinine", "patient.birth_year", "patient.sex"),
    "derived.creatinine_clearance": ("lab.creatinine", "patient.sex", "patient.weight"),
    "derived.tumour_burden_percent": ("liver.tumour_volume", "liver.liver_volume"),
}


@pytest.mark.parametrize(
    ("name", "need"), [(name, need) for name, needs in NEEDS.items() for need in needs]
)
@pytest.mark.parametrize("absent", [False, True])
def test_without_a_fact_a_value_is_unknown_and_names_it(name: str, need: str, absent: bool) -> None:
    gone = Fact(need, absent="not_performed", on=ON)
    record = Record("x", tuple(f for f in patient() if f.field != need))
    found = derive(record.with_facts([gone] if absent else []), ON)[name]
    assert found.value is None
    assert found.missing == (need,)
    assert found.fact() is None


def test_the_facts_that_were_used_are_told() -> None:
    found = derive(patient(), ON)["derived.albi"]
    assert [f.field for f in found.derived_from] == ["lab.bilirubin", "lab.albumin"]


def test_a_value_is_as_old_as_the_oldest_fact_that_changes_with_time() -> None:
    old = fact("lab.albumin", 41.0, date(2020, 2, 2))
    record = _with(_with(patient(), old), fact("patient.height", 170, date(1990, 1, 1)))
    found = derive(record, ON)
    assert found["derived.albi"].on == date(2020, 2, 2)
    assert found["derived.bsa"].on == DAY
    assert derive(_with(record, replace(old, on=None)), ON)["derived.albi"].on is None


def test_a_value_can_be_asked_for_like_a_fact() -> None:
    told = derive(patient(), ON)["derived.bsa"].fact()
    assert told is not None
    assert (told.field, told.unit, told.on) == ("derived.bsa", "m2", DAY)
    assert "mosteller" in told.source


def test_another_formula_of_the_surface_can_be_chosen() -> None:
    found = derive(patient(), ON, bsa_formula="du_bois")["derived.bsa"]
    assert found.value == pytest.approx(1.8097, abs=5e-5)
    assert "Du Bois" in found.source
    with pytest.raises(InvalidInput, match="no formula 'boyd'"):
        derive(patient(), ON, bsa_formula="boyd")


def test_the_points_of_each_item_are_kept() -> None:
    record = patient(lab_bilirubin=60.0, lab_albumin=30.0, function_ascites="mild")
    found = derive(record, ON)
    assert found["derived.child_pugh_points"].value == 9
    assert dict(found["derived.child_pugh_points"].parts) == {
        "lab.bilirubin": 3,
        "lab.albumin": 2,
        "lab.inr": 1,
        "function.ascites": 2,
        "function.encephalopathy": 1,
    }
    assert found["derived.child_pugh_class"].value == "B"


@pytest.mark.parametrize(
    ("comparator", "bilirubin", "points", "letter"),
    [
        ("<", 34.0, 5, "A"),
        ("<=", 34.0, None, "A"),
        ("<", 52.0, None, None),
        (">", 51.4, 7, "B"),
        (">", 40.0, None, None),
    ],
)
def test_a_bilirubin_on_one_side_counts_only_if_all_of_it_has_the_same_points(
    comparator: Any, bilirubin: float, points: int | None, letter: str | None
) -> None:
    record = _with(patient(), fact("lab.bilirubin", bilirubin, comparator=comparator))
    found = derive(record, ON)
    assert found["derived.child_pugh_points"].value == points
    assert found["derived.child_pugh_class"].value == letter
    if points is None:
        said = f"lab.bilirubin is only known as {comparator} {bilirubin} umol/L"
        assert said in found["derived.child_pugh_points"].reason
        assert found["derived.child_pugh_points"].missing == ()


def test_below_its_floor_a_bound_does_not_matter_to_meld() -> None:
    exact = derive(patient(), ON)["derived.meld_na"].value
    record = _with(patient(), fact("lab.bilirubin", 5.0, comparator="<"))
    assert derive(record, ON)["derived.meld_na"].value == exact


def test_the_range_of_what_is_not_known_exactly_is_told() -> None:
    record = _with(patient(), fact("liver.lesion_count", 5, comparator=">"))
    found = derive(record, ON)["derived.lesion_count"]
    assert (found.value, found.low, found.high) == (None, 6, 200)


@st.composite
def _bounded(draw: st.DrawFn) -> tuple[Fact, float]:
    """A laboratory value known on one side only, and a value that it could be."""
    name = draw(st.sampled_from(LABS))
    field = field_named(name)
    assert field.low is not None
    assert field.high is not None
    usual = {"lab.inr": 3.0, "lab.bilirubin": 80.0, "lab.creatinine": 400.0}
    bound = draw(st.floats(field.low + 0.1, usual.get(name, field.high - 0.1)))
    comparator: Any = draw(st.sampled_from(COMPARATORS))
    gap = 0.0 if "=" in comparator else 1e-6 * bound
    below = st.floats(field.low, bound - gap)
    could = draw(below if "<" in comparator else st.floats(bound + gap, field.high))
    return fact(name, bound, comparator=comparator), could


@given(_bounded())
def test_a_result_from_a_bound_is_that_of_every_value_within(case: tuple[Fact, float]) -> None:
    told, could = case
    vague = derive(_with(patient(), told), ON)
    exact = derive(_with(patient(), replace(told, value=could, comparator=None)), ON)
    for name, value in vague.items():
        if value.value is not None:
            assert value.value == exact[name].value, name


@st.composite
def _facts(draw: st.DrawFn) -> Fact:
    name = draw(st.sampled_from([*WHOLE, "lesion.diameter", "lesion.volume", "prior.stop"]))
    on = draw(st.none() | st.dates(date(2024, 1, 1), date(2024, 12, 31)))
    field = field_named(name)
    values: dict[str, st.SearchStrategy[Any]] = {
        "quantity": st.floats(field.low or 1, field.high or 1),
        "count": st.integers(int(field.low or 0), int(field.high or 0)),
        "flag": st.booleans(),
        "code": st.sampled_from(field.answers or ("",)),
        "date": st.dates(date(2023, 1, 1), date(2025, 1, 1)),
    }
    item = draw(st.sampled_from(["1", "2"])) if field.group else ""
    return fact(name, draw(values[field.kind]), on, item=item)


@given(st.lists(_facts(), max_size=25), st.dates(date(2024, 1, 1), date(2024, 12, 31)))
def test_no_fact_of_a_later_day_is_used(facts: list[Fact], on: date) -> None:
    courses = tuple(fact("prior.kind", "systemic", None, item=item) for item in "12")
    record = Record("x", (*courses, *facts))
    earlier = Record("x", tuple(f for f in record if f.on is None or f.on <= on))
    found = derive(record, on)
    assert dict(found) == dict(derive(earlier, on))
    assert all(f.on is None or f.on <= on for value in found.values() for f in value.derived_from)


@given(st.lists(_facts(), max_size=25))
def test_a_value_is_known_or_says_why_not(facts: list[Fact]) -> None:
    for value in derive(Record("x", tuple(facts)), ON).values():
        assert (value.value is None) == (not value.known)
        assert value.known or value.missing or value.reason
        assert not value.known or not value.missing


def test_under_dialysis_creatinine_says_nothing() -> None:
    found = derive(patient(function_dialysis=True), ON)
    assert found["derived.egfr"].reason == "The formula does not hold under dialysis."
    assert found["derived.creatinine_clearance"].value is None
    assert found["derived.meld_na"].value == pytest.approx(6.43 + 1.0675 + 13.2668, abs=1e-3)


def test_dialysis_is_asked_for_where_it_would_change_meld() -> None:
    found = derive(patient(function_dialysis=None), ON)["derived.meld_na"]
    assert (found.value, found.missing) == (None, ("function.dialysis",))
    high = derive(patient(function_dialysis=None, lab_creatinine=500.0), ON)["derived.meld_na"]
    assert high.known


def test_no_bilirubin_at_all_has_no_albi_score() -> None:
    found = derive(patient(lab_bilirubin=0.0), ON)
    assert found["derived.albi"].reason == "The formula has no value for these facts."
    assert found["derived.albi"].value is None


def test_the_kidney_formulas_say_why_they_do_not_hold() -> None:
    young = derive(patient(patient_birth_year=2010), ON)["derived.egfr"]
    assert (young.value, young.missing) == (None, ())
    assert "holds from 18 years on" in young.reason


def test_later_facts_make_later_values() -> None:
    record = patient(fact("patient.weight", 60, DAY + timedelta(days=20)))
    assert derive(record, DAY)["derived.bsa"].value == pytest.approx(1.8181, abs=5e-5)
    # The root of 170 * 60 / 3600.
    assert derive(record, ON)["derived.bsa"].value == pytest.approx(1.68325, abs=5e-5)
