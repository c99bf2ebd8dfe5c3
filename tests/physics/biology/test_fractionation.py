"""BED, EQD2 and sums of courses against hand-checked numbers and their own inverses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.errors import Inconsistent, InvalidInput
from hepatica.physics.biology import (
    CourseDose,
    bed,
    eqd2,
    equivalent_dose,
    physical_dose,
    sum_of_courses,
)

DOSES = st.floats(0, 200)
FRACTIONS = st.integers(1, 40)
ALPHA_BETAS = st.floats(0.5, 50)
REFERENCES = st.floats(0.5, 5)


@pytest.mark.parametrize(
    ("dose_gy", "fractions", "bed_10", "bed_2_5", "eqd2_10"),
    [
        (54, 6, 102.6, 248.4, 85.5),
        (41.4, 6, 69.97, 155.66, 58.30),
        (60, 6, 120, 300, 100),
        (30.6, 18, 35.80, 51.41, 29.83),
        (22.8, 12, 27.13, 40.13, 22.61),
        (27.7, 6, 40.5, 78.9, 33.7),
    ],
)
def test_bed_and_eqd2_of_the_published_schedules(dose_gy, fractions, bed_10, bed_2_5, eqd2_10):
    digits = 0.05 if dose_gy == 27.7 else 0.01
    assert bed(dose_gy, fractions, 10) == pytest.approx(bed_10, abs=digits)
    assert bed(dose_gy, fractions, 2.5) == pytest.approx(bed_2_5, abs=digits)
    assert eqd2(dose_gy, fractions, 10) == pytest.approx(eqd2_10, abs=digits)


@pytest.mark.parametrize(
    ("dose_gy", "fractions", "alpha_beta_gy", "expected_gy"),
    [(30.6, 18, 2.5, 28.6), (22.8, 12, 2.5, 22.3), (30.6, 18, 10, 29.8), (22.8, 12, 10, 22.6)],
)
def test_eqd2_of_whole_liver_and_boost(dose_gy, fractions, alpha_beta_gy, expected_gy):
    assert eqd2(dose_gy, fractions, alpha_beta_gy) == pytest.approx(expected_gy, abs=0.05)


def test_the_published_schedules_match_the_reference_file(golden):
    for schedule, expected in golden["bed"].items():
        dose_gy, fractions = schedule.split("/")
        total, number = float(dose_gy), int(fractions)
        assert bed(total, number, 10) == pytest.approx(expected["bed10"], abs=0.01)
        assert bed(total, number, 2.5) == pytest.approx(expected["bed2.5"], abs=0.01)
        assert eqd2(total, number, 10) == pytest.approx(expected["eqd2_10"], abs=0.01)


def test_a_dose_already_in_reference_fractions_is_unchanged():
    assert equivalent_dose(45.0, 30, 2.5, 1.5) == pytest.approx(45.0)
    assert physical_dose(45.0, 30, 2.5, 1.5) == pytest.approx(45.0)


@given(DOSES, FRACTIONS, ALPHA_BETAS, REFERENCES)
def test_physical_dose_undoes_equivalent_dose(dose_gy, fractions, alpha_beta_gy, reference_gy):
    there = equivalent_dose(dose_gy, fractions, alpha_beta_gy, reference_gy)
    back = physical_dose(there, fractions, alpha_beta_gy, reference_gy)
    assert back == pytest.approx(dose_gy, rel=1e-9, abs=1e-12)


def test_the_inverse_keeps_its_digits_at_tiny_doses():
    there = equivalent_dose(1e-9, 6, 2.5, 1.5)
    assert physical_dose(there, 6, 2.5, 1.5) == pytest.approx(1e-9, rel=1e-12)


@given(st.floats(0.01, 200), FRACTIONS, ALPHA_BETAS)
def test_more_fractions_are_milder(dose_gy, fractions, alpha_beta_gy):
    assert bed(dose_gy, fractions + 1, alpha_beta_gy) < bed(dose_gy, fractions, alpha_beta_gy)
    assert bed(dose_gy, fractions + 1, alpha_beta_gy) > dose_gy


def test_a_dose_array_keeps_its_shape_and_gains_double_precision():
    dose = np.full((2, 3, 4), 12.0, dtype=np.float32)
    result = eqd2(dose, 6, 3.0)
    assert result.shape == dose.shape
    assert result.dtype == np.float64
    assert result == pytest.approx(eqd2(12.0, 6, 3.0))


def test_a_whole_course_can_be_split_into_equal_courses():
    halves = [CourseDose(27.0, 3), CourseDose(27.0, 3)]
    assert float(sum_of_courses(halves, 10.0)) == pytest.approx(eqd2(54.0, 6, 10.0))


def test_each_course_counts_in_its_own_fractions():
    liver = CourseDose(np.array([30.6, 30.6]), 18)
    boost = CourseDose(np.array([22.8, 0.0]), 12)
    total = sum_of_courses([liver, boost], 10.0)
    assert total == pytest.approx([29.83 + 22.61, 29.83], abs=0.01)


def test_recovery_takes_off_its_share_of_the_earlier_course():
    earlier = CourseDose(54.0, 27, recovered=0.25)
    assert float(sum_of_courses([earlier], 3.0)) == pytest.approx(0.75 * 54.0)


def test_courses_on_different_grids_are_refused():
    courses = [CourseDose(np.zeros(3), 6), CourseDose(np.zeros(4), 6)]
    with pytest.raises(Inconsistent, match="Register and resample them to one grid"):
        sum_of_courses(courses, 3.0)


def test_a_sum_of_no_courses_is_refused():
    with pytest.raises(InvalidInput, match="There is no course to sum"):
        sum_of_courses([], 3.0)


@pytest.mark.parametrize("recovered", [-0.1, 1.1, float("nan")])
def test_a_recovery_beyond_everything_is_refused(recovered):
    with pytest.raises(InvalidInput, match=r"must lie between 0 \(nothing\) and 1 \(everything\)"):
        CourseDose(10.0, 5, recovered)


def test_a_course_without_fractions_is_refused():
    with pytest.raises(InvalidInput, match="number of fractions is 0"):
        CourseDose(10.0, 0)
