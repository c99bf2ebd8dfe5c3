"""The formulas of the clinic give the numbers that were worked out by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.case.record import converted
from hepatica.case.record.derived_formulas import (
    albi_grade,
    albi_score,
    body_surface_area_m2,
    child_pugh_class,
    child_pugh_item_points,
    creatinine_clearance_ml_min,
    egfr_ckd_epi_2021,
    meld,
    meld_na,
    modified_albi_grade,
)
from hepatica.errors import InvalidInput


@pytest.mark.parametrize(
    ("formula", "expected"),
    [("mosteller", 1.8181), ("du_bois", 1.8097), ("haycock", 1.8257), ("gehan_george", 1.8313)],
)
def test_the_surface_of_170_cm_and_70_kg(formula: str, expected: float) -> None:
    assert body_surface_area_m2(170, 70, formula) == pytest.approx(expected, abs=5e-5)


def test_mosteller_is_the_root_of_height_times_weight_over_3600() -> None:
    assert body_surface_area_m2(180, 80) == pytest.approx(2.0, rel=1e-12)


def test_a_formula_of_the_surface_that_does_not_exist_is_refused() -> None:
    said = "no formula 'boyd'.*mosteller, du_bois, haycock, gehan_george"
    with pytest.raises(InvalidInput, match=said):
        body_surface_area_m2(170, 70, "boyd")


@pytest.mark.parametrize(
    ("field", "value", "unit", "points"),
    [
        ("lab.bilirubin", 1.9, "mg/dL", 1),
        ("lab.bilirubin", 2.0, "mg/dL", 2),
        ("lab.bilirubin", 3.0, "mg/dL", 2),
        ("lab.bilirubin", 3.1, "mg/dL", 3),
        ("lab.bilirubin", 33, "umol/L", 1),
        ("lab.bilirubin", 34, "umol/L", 2),
        ("lab.bilirubin", 51, "umol/L", 2),
        ("lab.bilirubin", 52, "umol/L", 3),
        ("lab.albumin", 3.6, "g/dL", 1),
        ("lab.albumin", 35, "g/L", 2),
        ("lab.albumin", 2.8, "g/dL", 2),
        ("lab.albumin", 27.9, "g/L", 3),
        ("lab.inr", 1.69, "1", 1),
        ("lab.inr", 1.7, "1", 2),
        ("lab.inr", 2.3, "1", 2),
        ("lab.inr", 2.31, "1", 3),
    ],
)
def test_points_of_child_and_pugh_at_the_cut_offs(
    field: str, value: float, unit: str, points: int
) -> None:
    assert child_pugh_item_points(field, converted(field, value, unit)) == points


def test_points_of_what_is_seen() -> None:
    seen = [child_pugh_item_points("function.ascites", a) for a in ("none", "mild", "gross")]
    told = [
        child_pugh_item_points("function.encephalopathy", a)
        for a in ("none", "grade_1_2", "grade_3_4")
    ]
    assert seen == told == [1, 2, 3]


def test_classes_of_child_and_pugh() -> None:
    assert "".join(map(child_pugh_class, range(5, 16))) == "AABBBCCCCCC"


@given(
    st.sampled_from([("lab.bilirubin", 1), ("lab.albumin", -1), ("lab.inr", 1)]),
    st.floats(5, 80),
    st.floats(5, 80),
)
def test_no_item_gets_better_as_it_gets_worse(
    item: tuple[str, int], one: float, other: float
) -> None:
    name, direction = item
    scale = 0.05 if name == "lab.inr" else 1.0
    low, high = sorted((scale * one, scale * other))
    apart = child_pugh_item_points(name, high) - child_pugh_item_points(name, low)
    assert direction * apart >= 0


# 0.66 * log10(17) = 0.66 * 1.23045 = 0.81210; minus 0.085 * 40 = 3.4.
@pytest.mark.parametrize(
    ("bilirubin", "albumin", "expected"), [(17, 40, -2.588), (51, 28, -1.253), (10, 40, -2.74)]
)
def test_albi_score(bilirubin: float, albumin: float, expected: float) -> None:
    assert albi_score(bilirubin, albumin) == pytest.approx(expected, abs=5e-4)


def test_albi_grades_at_their_limits() -> None:
    limits = [-2.61, -2.60, -2.59, -2.27, -2.26, -1.39, -1.38]
    assert [albi_grade(score) for score in limits] == [1, 1, 2, 2, 2, 2, 3]
    modified = [modified_albi_grade(score) for score in limits]
    assert modified == ["1", "1", "2a", "2a", "2b", "2b", "3"]


# 3.78 ln 3 + 11.2 ln 1.6 + 9.57 ln 1.4 + 6.43 = 4.1528 + 5.2640 + 3.2200 + 6.43 = 19.067;
# seven mmol/L of sodium are lacking: 19.067 + 1.32 * 7 - 0.033 * 19.067 * 7 = 23.902.
def test_meld_and_its_correction_for_sodium() -> None:
    bilirubin = converted("lab.bilirubin", 3.0, "mg/dL")
    creatinine = converted("lab.creatinine", 1.4, "mg/dL")
    score = meld(bilirubin, 1.6, creatinine, dialysis=False)
    assert score == pytest.approx(19.07, abs=0.005)
    assert meld_na(score, 130) == pytest.approx(23.90, abs=0.005)


def test_meld_has_its_floor_and_its_caps() -> None:
    assert meld(5, 0.9, 50, dialysis=False) == pytest.approx(6.43)
    assert meld(17, 1, 50, dialysis=True) == pytest.approx(6.43 + 9.57 * math.log(4))
    assert meld(1500, 30, 3000, dialysis=False) == 40
    assert meld_na(40, 125) == pytest.approx(40)


def test_sodium_counts_between_its_limits_and_above_11_points_only() -> None:
    assert meld_na(11, 125) == 11
    assert meld_na(20, 137) == meld_na(20, 150) == 20
    assert meld_na(20, 110) == meld_na(20, 125) == pytest.approx(20 + 12 * (1.32 - 0.66))


# Woman of 55 years, 0.9 mg/dL: 142 * (0.9 / 0.7) ** -1.2 = 142 * 0.73965, * 0.9938 ** 55 = 0.71030,
# * 1.012 = 75.50. Man of 50 years, 0.8 mg/dL: 142 * (0.8 / 0.9) ** -0.302 * 0.9938 ** 50
# = 142 * 1.03621 * 0.73274 = 107.8.
@pytest.mark.parametrize(
    ("creatinine", "age", "sex", "expected"), [(0.9, 55, "female", 75.50), (0.8, 50, "male", 107.8)]
)
def test_filtration_rate(creatinine: float, age: float, sex: str, expected: float) -> None:
    stated = converted("lab.creatinine", creatinine, "mg/dL")
    assert egfr_ckd_epi_2021(stated, age, sex) == pytest.approx(expected, abs=0.05)


# (140 - 60) * 72 / (72 * 1.0) = 80 for a man, 68 for a woman.
@pytest.mark.parametrize(("sex", "expected"), [("male", 80.0), ("female", 68.0)])
def test_creatinine_clearance(sex: str, expected: float) -> None:
    stated = converted("lab.creatinine", 1.0, "mg/dL")
    assert creatinine_clearance_ml_min(stated, 60, sex, 72) == pytest.approx(expected, rel=1e-9)


def test_the_kidney_formulas_are_for_adults() -> None:
    with pytest.raises(InvalidInput, match="holds from 18 years on; the patient is 17"):
        egfr_ckd_epi_2021(80, 17, "male")


def test_the_kidney_formulas_have_no_constants_for_another_sex() -> None:
    with pytest.raises(InvalidInput, match="knows women and men; the sex on record is 'other'"):
        creatinine_clearance_ml_min(80, 60, "other", 70)
