"""Doses of equal risk: the printed curves, the two readings and what they refuse."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hepatica.errors import Infeasible, InvalidInput
from hepatica.physics.biology import (
    binwise_dose_gy,
    curve_dose_gy,
    effective_volume,
    model_named,
    ntcp,
    ntcp_uniform,
    two_step_dose_gy,
)

METS = model_named("michigan_mets")
VEFF = [0.10, 0.15, 0.20, 0.22, 0.25, 0.30, 0.35, 0.39, 0.44, 0.51, 0.60, 0.67, 0.70, 0.80, 1.0]
CURVES_GY = {
    0.05: [
        83.5,
        67.4,
        57.8,
        54.9,
        51.2,
        46.3,
        42.5,
        40.0,
        37.4,
        34.4,
        31.3,
        29.3,
        28.6,
        26.4,
        23.1,
    ],
    0.10: [
        86.0,
        69.4,
        59.5,
        56.5,
        52.7,
        47.7,
        43.8,
        41.2,
        38.5,
        35.4,
        32.3,
        30.3,
        29.5,
        27.3,
        23.9,
    ],
    0.20: [
        88.8,
        71.7,
        61.5,
        58.4,
        54.5,
        49.4,
        45.3,
        42.7,
        39.9,
        36.7,
        33.5,
        31.4,
        30.6,
        28.3,
        24.8,
    ],
}
# Relative doses and volumes, then at 5 % in six fractions: curve, bin-wise, two-step up to 60 Gy.
PATIENTS = {
    "half in, half out": ([1, 0], [0.39, 0.61], 39.99, 39.99, 39.99),
    "graded": (
        [1.05, 0.9, 0.7, 0.5, 0.3, 0.15, 0.05],
        [0.12, 0.08, 0.10, 0.15, 0.20, 0.20, 0.15],
        *(37.68, 43.52, 40.68),
    ),
    "small target": (
        [1.05, 0.8, 0.5, 0.25, 0.1, 0.03],
        [0.05, 0.04, 0.07, 0.14, 0.30, 0.40],
        *(59.24, 75.36, 60.0),
    ),
    "large target": (
        [1.05, 0.95, 0.8, 0.6, 0.4, 0.2],
        [0.30, 0.15, 0.15, 0.15, 0.15, 0.10],
        *(27.62, 29.22, 29.22),
    ),
}
# A tenth of the liver at 1.6 times the prescription: hotter than the curve assumes anywhere.
HOT = ([1.6, 0.05], [0.1, 0.9])

GRADED = st.lists(st.tuples(st.floats(0, 1.4), st.floats(0.05, 1)), min_size=1, max_size=8).map(
    lambda bins: tuple(np.array(column) for column in zip(*bins, strict=True))
)
RISKS = st.floats(0.001, 0.9)
FRACTIONS = st.integers(1, 30)


@pytest.mark.parametrize("risk", CURVES_GY)
def test_the_six_fraction_curves(risk):
    assert curve_dose_gy(METS, np.array(VEFF), risk, 6) == pytest.approx(CURVES_GY[risk], abs=0.05)


def test_the_curves_match_the_reference_file(golden):
    curves = golden["isotoxic_curve_gy"]
    for risk in (0.05, 0.10, 0.20):
        doses = curve_dose_gy(METS, np.array(curves["veff"]), risk, 6)
        assert doses == pytest.approx(curves[f"risk_{risk:.2f}"], abs=curves["tolerance_gy"])


@pytest.mark.parametrize(("risk", "dose_gy"), [(0.05, 39.99), (0.10, 41.23), (0.20, 42.69)])
def test_the_dose_at_the_median_effective_volume(risk, dose_gy):
    assert curve_dose_gy(METS, 0.39, risk, 6) == pytest.approx(dose_gy, abs=0.005)
    assert binwise_dose_gy(METS, [1, 0], [0.39, 0.61], risk, 6) == pytest.approx(dose_gy, abs=0.005)


@pytest.mark.parametrize(
    ("model", "expected_gy"),
    [
        ("michigan_mets", [10.9, 14.8, 17.6, 21.6, 23.1, 24.5, 27.8, 31.8]),
        ("michigan_primary", [10.1, 13.7, 16.2, 19.8, 21.2, 22.4, 25.4, 28.9]),
    ],
)
def test_the_whole_liver_dose_at_5_per_cent_by_fractions(model, expected_gy):
    doses = [curve_dose_gy(model_named(model), 1.0, 0.05, n) for n in (1, 2, 3, 5, 6, 7, 10, 15)]
    assert doses == pytest.approx(expected_gy, abs=0.05)


def check_patient(relative, volume, curve, binwise, allowed):
    result = two_step_dose_gy(METS, relative, volume, 0.05, 6, 3.0).capped(60.0)
    assert result.curve_gy == pytest.approx(curve, abs=0.005)
    assert result.binwise_gy == pytest.approx(binwise, abs=0.005)
    assert result.allowed_gy == pytest.approx(allowed, abs=0.005)
    assert not result.binwise_exceeded


@pytest.mark.parametrize("name", PATIENTS)
def test_four_patients_get_their_two_step_dose(name):
    check_patient(*PATIENTS[name])


def test_the_patients_of_the_reference_file_get_their_dose(golden):
    for vector in golden["dvh_vectors_at_41.4_gy_in_6"]:
        doses = vector["dose_at_5pct"]
        expected = (doses["curve"], doses["binwise"], doses["two_step"])
        check_patient(vector["relative_dose"], vector["volume"], *expected)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("half in, half out", r"carries that risk at 39\.99 Gy, the same dose\."),
        ("graded", r"5 % curve gives 37\.68 Gy; .* so the whole allowance of 3 Gy is added\."),
        ("large target", r"so 1\.61 of the allowance of 3 Gy is added\."),
        ("small target", r"The protocol maximum of 60 Gy holds; without it: .* 59\.24 Gy"),
    ],
)
def test_the_two_step_dose_says_why(name, sentence):
    relative, volume, *_ = PATIENTS[name]
    result = two_step_dose_gy(METS, relative, volume, 0.05, 6, 3.0).capped(60.0)
    assert re.search(sentence, result.why)


def test_hot_spots_push_the_patient_s_own_risk_above_the_level_and_are_flagged():
    result = two_step_dose_gy(METS, *HOT, 0.05, 6, 3.0)
    assert result.binwise_gy < result.curve_gy == result.allowed_gy
    assert result.binwise_exceeded
    assert "hot spots" in result.why
    assert ntcp(METS, result.allowed_gy * np.array(HOT[0]), HOT[1], 6) > 0.05


def test_a_cap_below_the_patient_s_own_dose_ends_the_excess():
    result = two_step_dose_gy(METS, *HOT, 0.05, 6, 3.0)
    assert not result.capped(result.binwise_gy - 1).binwise_exceeded
    assert result.capped(result.binwise_gy + 0.1).binwise_exceeded


def test_a_cap_above_the_dose_changes_nothing():
    result = two_step_dose_gy(METS, *HOT, 0.05, 6, 3.0)
    assert result.capped(500.0) is result


@given(st.floats(0.02, 2), RISKS, FRACTIONS)
def test_the_curve_s_dose_carries_its_risk(effective, risk, fractions):
    dose_gy = curve_dose_gy(METS, effective, risk, fractions)
    assert ntcp_uniform(METS, effective, dose_gy, fractions) == pytest.approx(risk, rel=1e-6)


@given(GRADED, RISKS, FRACTIONS)
def test_the_binwise_dose_carries_its_risk_to_a_millionth_of_a_gray(bins, risk, fractions):
    relative, volume = bins
    assume(relative.max() > 0.01)
    dose_gy = binwise_dose_gy(METS, relative, volume, risk, fractions)
    below, above = (
        ntcp(METS, (dose_gy + step) * relative, volume, fractions) for step in (-1e-6, 1e-6)
    )
    assert below <= risk <= above


@given(st.floats(0.02, 1.9), RISKS)
def test_a_larger_irradiated_volume_allows_less_and_a_higher_risk_more(effective, risk):
    dose_gy = curve_dose_gy(METS, effective, risk, 6)
    assert curve_dose_gy(METS, effective * 1.05, risk, 6) < dose_gy
    assert curve_dose_gy(METS, effective, risk * 1.05, 6) > dose_gy


@given(GRADED, st.floats(0.01, 0.5), st.floats(0, 10))
def test_the_two_step_dose_lies_between_curve_and_allowance(bins, risk, allowance_gy):
    relative, volume = bins
    assume(relative.max() > 0.05)
    result = two_step_dose_gy(METS, relative, volume, risk, 6, allowance_gy)
    assert result.curve_gy <= result.allowed_gy <= result.curve_gy + allowance_gy + 1e-9
    own_risk = ntcp(METS, (result.allowed_gy - 2e-6) * relative, volume, 6)
    assert result.binwise_exceeded or own_risk <= risk


@given(st.lists(st.floats(0.05, 1), min_size=1, max_size=6), st.floats(0.2, 1.5))
def test_a_uniform_liver_is_limited_by_its_own_dose_whatever_is_prescribed(volume, level):
    relative = np.full(len(volume), level)
    result = two_step_dose_gy(METS, relative, volume, 0.1, 6, 3.0)
    whole_gy = curve_dose_gy(METS, 1.0, 0.1, 6)
    assert level * result.binwise_gy == pytest.approx(whole_gy)


def test_the_binwise_dose_does_not_depend_on_the_unit_of_volume_or_on_voxels():
    relative, volume, *_ = PATIENTS["graded"]
    dose_gy = binwise_dose_gy(METS, relative, volume, 0.05, 6)
    assert binwise_dose_gy(METS, relative, 1500 * np.array(volume), 0.05, 6) == pytest.approx(
        dose_gy
    )
    voxels = np.repeat(np.array(relative), np.round(100 * np.array(volume)).astype(int))
    assert binwise_dose_gy(METS, voxels, 1.0, 0.05, 6) == pytest.approx(dose_gy)


def test_a_volume_exponent_of_zero_limits_the_hottest_bin():
    model = dataclasses.replace(METS, n=0.0)
    dose_gy = binwise_dose_gy(model, [1.2, 0.3], [0.01, 0.99], 0.05, 6)
    assert dose_gy == pytest.approx(curve_dose_gy(METS, 1.0, 0.05, 6) / 1.2)


def test_a_speck_of_irradiated_liver_gives_a_huge_but_finite_dose():
    dose_gy = binwise_dose_gy(METS, [1.0, 0.0], [1e-9, 1.0], 0.05, 6)
    assert 1e4 < dose_gy < 1e7
    two_step = two_step_dose_gy(METS, [1.0, 0.0], [1e-9, 1.0], 0.05, 6, 3.0)
    assert two_step.capped(60.0).allowed_gy == 60.0


@pytest.mark.parametrize("solve", [binwise_dose_gy, lambda *a: two_step_dose_gy(*a, 3.0)])
def test_an_unirradiated_liver_allows_no_conclusion(solve):
    with pytest.raises(Infeasible, match="every prescription carries the same risk"):
        solve(METS, [0.0, 0.0], [1.0, 2.0], 0.05, 6)


def test_doses_in_gray_in_place_of_relative_doses_are_refused():
    with pytest.raises(InvalidInput, match="Divide the dose by the prescription first"):
        binwise_dose_gy(METS, [41.4, 0.0], [1.0, 2.0], 0.05, 6)


def test_a_risk_that_a_flat_model_exceeds_at_no_dose_is_infeasible():
    flat = dataclasses.replace(METS, m=0.5)
    with pytest.raises(Infeasible, match="gives a risk above 2 % even at no dose"):
        curve_dose_gy(flat, 0.39, 0.02, 6)
    with pytest.raises(Infeasible, match="gives a risk above 2 % even at no dose"):
        binwise_dose_gy(flat, [1.0], [1.0], 0.02, 6)


def test_relative_doses_and_volumes_of_different_length_are_refused():
    with pytest.raises(InvalidInput, match=r"relative dose has shape \(2,\) and the volume \(3,\)"):
        binwise_dose_gy(METS, [1.0, 0.5], [1.0, 1.0, 1.0], 0.05, 6)


def test_a_negative_relative_dose_is_refused():
    with pytest.raises(InvalidInput, match=r"The relative dose falls to -0\.1"):
        two_step_dose_gy(METS, [1.0, -0.1], [1.0, 1.0], 0.05, 6, 3.0)


def test_a_negative_allowance_or_cap_is_refused():
    with pytest.raises(InvalidInput, match="The allowance falls to -3"):
        two_step_dose_gy(METS, *HOT, 0.05, 6, -3.0)
    with pytest.raises(InvalidInput, match="The cap falls to -60"):
        two_step_dose_gy(METS, *HOT, 0.05, 6, 3.0).capped(-60.0)


def test_an_effective_volume_in_per_cent_is_refused():
    with pytest.raises(InvalidInput, match="effective volume is 39; it is a fraction"):
        curve_dose_gy(METS, 39.0, 0.05, 6)


def test_the_two_step_record_holds_the_physical_effective_volume():
    relative, volume, *_ = PATIENTS["graded"]
    result = two_step_dose_gy(METS, relative, volume, 0.05, 6, 3.0)
    assert result.effective_volume == effective_volume(relative, volume, 1.0, METS.n)
