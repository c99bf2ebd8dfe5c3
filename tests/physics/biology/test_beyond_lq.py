"""Straight tails, unfinished repair and regrowth against printed numbers and their limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.errors import InvalidInput
from hepatica.physics.biology import (
    bed,
    bed_incomplete_repair,
    bed_lql,
    bed_universal,
    bed_with_repopulation,
    cell_parameter_named,
)


@pytest.mark.parametrize(
    ("size_gy", "straight", "curved"),
    [(9, 97.9, 102.6), (10, 111.3, 120.0), (12, 138.2, 158.4), (20, 245.7, 360.0)],
)
def test_a_straight_tail_tames_large_fractions(size_gy, straight, curved):
    assert bed_lql(6.0 * size_gy, 6, 10.0, 6.2) == pytest.approx(straight, abs=0.05)
    assert bed(6.0 * size_gy, 6, 10.0) == pytest.approx(curved, abs=0.05)


@given(st.floats(0, 150), st.integers(1, 30), st.floats(1, 20), st.floats(1, 10))
def test_the_straight_tail_never_exceeds_the_parabola(dose_gy, fractions, alpha_beta, transition):
    straight = bed_lql(dose_gy, fractions, alpha_beta, transition)
    curved = bed(dose_gy, fractions, alpha_beta)
    assert straight <= curved * (1 + 1e-12)
    if dose_gy <= fractions * transition:
        assert straight == pytest.approx(curved)


def test_the_tail_is_joined_without_step_or_kink():
    below, at, above = (bed_lql(6 * (6.2 + step), 6, 10.0, 6.2) for step in (-1e-4, 0, 1e-4))
    assert at - below == pytest.approx(above - at, rel=1e-4)


def universal(dose_gy):
    values = [cell_parameter_named(f"universal_{key}").value for key in _UNIVERSAL]
    return bed_universal(dose_gy, 6, *values)


_UNIVERSAL = ("alpha_per_gy", "d0_gy", "dq_gy")


def test_the_universal_curve_ends_in_the_multitarget_line():
    dose_gy, alpha, d0, dq = 60.0, 0.33, 1.25, 1.8
    assert universal(dose_gy) == pytest.approx((dose_gy - 6 * dq) / (alpha * d0))


def test_the_universal_curve_begins_as_a_parabola_with_the_implied_alpha_beta():
    implied = 4 * 0.33 * 1.25 * 1.8 / (1 - 0.33 * 1.25) ** 2
    assert implied == pytest.approx(8.6, abs=0.05)
    assert universal(12.0) == pytest.approx(bed(12.0, 6, implied))


def test_universal_parameters_that_never_meet_are_refused():
    with pytest.raises(InvalidInput, match=r"alpha times D0 is 1\.5; it must be below 1"):
        bed_universal(60.0, 6, 1.0, 1.5, 1.8)


def test_two_fractions_a_day_carry_over_what_is_not_repaired():
    # After one half-time a half is left: BED = D [1 + (1 + 1/2) d / (alpha/beta)].
    result = bed_incomplete_repair(45.0, 30, 2.5, 2, 6.0, 6.0)
    assert result == pytest.approx(45 * (1 + 1.5 * 1.5 / 2.5))


def test_three_fractions_a_day_follow_the_closed_form():
    theta = math.exp(-math.log(2) * 4 / 3)
    carried = 2 / 3 * theta / (1 - theta) * (3 - (1 - theta**3) / (1 - theta))
    expected = 36 * (1 + (1 + carried) * 1.2 / 3)
    assert bed_incomplete_repair(36.0, 30, 3.0, 3, 4.0, 3.0) == pytest.approx(expected)


def test_a_last_day_with_one_fraction_carries_nothing_over():
    pair = bed_incomplete_repair(3.0, 2, 2.5, 2, 6.0, 3.0)
    alone = bed(1.5, 1, 2.5)
    assert bed_incomplete_repair(4.5, 3, 2.5, 2, 6.0, 3.0) == pytest.approx(pair + alone)


@given(st.floats(0.1, 100), st.integers(1, 40), st.integers(1, 4), st.floats(0.1, 24))
def test_unfinished_repair_lies_between_full_and_no_repair(dose_gy, fractions, per_day, interval):
    result = bed_incomplete_repair(dose_gy, fractions, 3.0, per_day, interval, 2.0)
    assert result >= bed(dose_gy, fractions, 3.0) * (1 - 1e-12)
    assert result <= dose_gy * (1 + per_day * dose_gy / fractions / 3.0) * (1 + 1e-12)


def test_one_fraction_a_day_is_plain_bed():
    assert bed_incomplete_repair(54.0, 6, 10.0, 1, 6.0, 2.0) == pytest.approx(102.6)


def test_unfinished_repair_takes_arrays():
    result = bed_incomplete_repair(np.array([0.0, 45.0]), 30, 2.5, 2, 6.0, 6.0)
    assert result == pytest.approx([0.0, 85.5])


def test_a_repair_time_of_nothing_is_refused():
    with pytest.raises(InvalidInput, match="The repair half-time is 0 h"):
        bed_incomplete_repair(45.0, 30, 2.5, 2, 6.0, 0.0)


def test_repopulation_takes_off_one_doubling_per_doubling_time():
    # Ten days past kick-off at 5 days per doubling are two doublings: ln 4 / 0.3 = 4.62 Gy.
    assert bed_with_repopulation(72.0, 38.0, 28.0, 0.3, 5.0) == pytest.approx(72 - 4.621, abs=1e-3)


def test_nothing_regrows_before_the_kickoff():
    assert bed_with_repopulation(102.6, 14.0, 28.0, 0.3, 5.0) == 102.6


def test_repopulation_without_a_doubling_time_is_refused():
    with pytest.raises(InvalidInput, match="The doubling time is 0 days"):
        bed_with_repopulation(72.0, 38.0, 28.0, 0.3, 0.0)
