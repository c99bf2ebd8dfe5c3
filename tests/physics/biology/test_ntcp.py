"""The risk of liver disease: hand-checked values, reference vectors and the laws of the model."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hepatica.errors import InvalidInput
from hepatica.physics.biology import (
    CourseDose,
    effective_volume,
    equivalent_geud,
    generalised_eud,
    lq_effective_volume,
    model_named,
    ntcp,
    ntcp_from_geud,
    ntcp_of_courses,
    ntcp_uniform,
)

METS = model_named("michigan_mets")
PRIMARY = model_named("michigan_primary")
RX_GY = 41.4

# Relative doses and volumes, then at 41.4 Gy in six: mean, both effective volumes, gEUD, both NTCP.
VECTORS = {
    "G1": ([1, 0], [0.39, 0.61], 16.146, 0.3900, 0.3900, 39.0302, 0.1090, 0.1090),
    "G2": (
        [1.05, 0.9, 0.7, 0.5, 0.3, 0.15, 0.05],
        [0.12, 0.08, 0.10, 0.15, 0.20, 0.20, 0.15],
        *(18.2367, 0.4335, 0.3365, 33.8250, 0.0147, 0.3213),
    ),
    "G3": (
        [1.05, 0.8, 0.5, 0.25, 0.1, 0.03],
        [0.05, 0.04, 0.07, 0.14, 0.30, 0.40],
        *(8.1351, 0.1909, 0.1298, 13.4246, 0.0000, 0.0000),
    ),
    "G4": (
        [1.05, 0.95, 0.8, 0.6, 0.4, 0.2],
        [0.30, 0.15, 0.15, 0.15, 0.15, 0.10],
        *(30.9465, 0.7429, 0.6671, 65.6952, 0.9999, 1.0000),
    ),
}

RELATIVE = st.lists(st.tuples(st.floats(0, 1), st.floats(0.01, 1)), min_size=1, max_size=8).map(
    lambda bins: tuple(np.array(column) for column in zip(*bins, strict=True))
)


def check_vector(relative, volume, *expected):
    mean, physical, corrected, geud, binwise, uniform = expected
    dose = RX_GY * np.asarray(relative, dtype=float)
    assert generalised_eud(dose, volume, 1.0) == pytest.approx(mean, abs=1e-4)
    veff = effective_volume(dose, volume, RX_GY, METS.n)
    assert veff == pytest.approx(physical, abs=1e-4)
    veff_lq = lq_effective_volume(METS, dose, volume, RX_GY, 6)
    assert veff_lq == pytest.approx(corrected, abs=1e-4)
    assert equivalent_geud(METS, dose, volume, 6) == pytest.approx(geud, abs=1e-4)
    assert ntcp(METS, dose, volume, 6) == pytest.approx(binwise, abs=1e-4)
    assert ntcp_uniform(METS, veff, RX_GY, 6) == pytest.approx(uniform, abs=1e-4)


@pytest.mark.parametrize("name", VECTORS)
def test_four_histograms_have_their_hand_checked_risk(name):
    check_vector(*VECTORS[name])


def test_the_histograms_of_the_reference_file_have_their_risk(golden):
    for vector in golden["dvh_vectors_at_41.4_gy_in_6"]:
        keys = ("mean_gy", "veff_physical", "veff_lq", "geud_gy", "ntcp_binwise", "ntcp_uniform")
        check_vector(vector["relative_dose"], vector["volume"], *(vector[key] for key in keys))


def test_ntcp_is_half_when_the_uniform_dose_is_td50():
    # 45.8 Gy is not a whole number of 1.5-Gy fractions, so the dose is asked for in 30.
    dose_gy = METS.physical_dose(45.8, 30)
    assert ntcp(METS, [dose_gy], [1.0], 30) == pytest.approx(0.5)


def test_one_slope_above_td50_the_risk_is_84_per_cent():
    assert ntcp_from_geud(METS, 45.8 * 1.12) == pytest.approx(0.8413447)


WHOLE_LIVER = [
    (30.6, 18, 0.0064, 0.054),
    (25.5, 15, 0.0003, 0.003),
    (34, 20, 0.033, 0.195),
    (30, 15, 0.014, 0.103),
    (21, 7, 0.0010, 0.011),
    (30, 10, 0.204, 0.619),
]


@pytest.mark.parametrize(("dose_gy", "fractions", "mets", "primary"), WHOLE_LIVER)
def test_the_risk_of_whole_liver_schedules(dose_gy, fractions, mets, primary):
    assert ntcp(METS, [dose_gy], [1.0], fractions) == pytest.approx(mets, abs=5e-4)
    assert ntcp(PRIMARY, [dose_gy], [1.0], fractions) == pytest.approx(primary, abs=5e-4)


def test_the_whole_liver_schedules_match_the_reference_file(golden):
    for schedule, expected in golden["whole_liver_ntcp"].items():
        dose_gy, fractions = schedule.split("/")
        risk = ntcp(METS, [float(dose_gy)], [1.0], int(fractions))
        assert risk == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize(
    ("dose_gy", "fractions", "expected_gy"),
    [
        (30.6, 18, 32.13),
        (25.5, 15, 26.78),
        (34, 20, 35.70),
        (30, 15, 33.75),
        (21, 7, 28.88),
        (30, 10, 41.25),
        (20, 10, 22.5),
        (10, 2, 18.75),
        (8, 1, 21.0),
    ],
)
def test_whole_liver_doses_in_the_model_s_fractions(dose_gy, fractions, expected_gy):
    assert METS.equivalent_dose(dose_gy, fractions) == pytest.approx(expected_gy, abs=0.0051)


@pytest.mark.parametrize(
    ("part", "risk"), [(0.1, 0.021), (0.2, 0.058), (0.3, 0.134), (0.4, 0.257), (0.5, 0.422)]
)
def test_the_risk_of_whole_liver_radiation_and_a_boost(part, risk):
    liver = CourseDose(np.array([30.6, 30.6]), 18)
    boost = CourseDose(np.array([22.8, 0.0]), 12)
    assert ntcp_of_courses(METS, [liver, boost], [part, 1 - part]) == pytest.approx(risk, abs=6e-4)


@pytest.mark.parametrize(
    ("effective", "dose_gy", "primary", "mets"),
    [
        (0.25, 50, 0.58, 0.18),
        (0.29, 45, 0.43, 0.11),
        (0.34, 40, 0.27, 0.05),
        (0.44, 35, 0.31, 0.07),
        (0.54, 30, 0.16, 0.03),
        (0.64, 27.5, 0.19, 0.03),
    ],
)
def test_the_five_fraction_ladder_is_not_a_curve_of_equal_risk(effective, dose_gy, primary, mets):
    assert ntcp_uniform(PRIMARY, effective, dose_gy, 5) == pytest.approx(primary, abs=0.006)
    assert ntcp_uniform(METS, effective, dose_gy, 5) == pytest.approx(mets, abs=0.006)


@given(RELATIVE, st.floats(5, 60), st.floats(1.01, 1.5))
def test_more_dose_is_never_less_risk(bins, dose_gy, factor):
    relative, volume = bins
    assume(relative.max() > 0.01)
    lower = ntcp(METS, dose_gy * relative, volume, 6)
    assert ntcp(METS, factor * dose_gy * relative, volume, 6) >= lower
    assert equivalent_geud(METS, factor * dose_gy * relative, volume, 6) > equivalent_geud(
        METS, dose_gy * relative, volume, 6
    )


@given(RELATIVE, st.integers(0, 7), st.floats(0.1, 20))
def test_more_dose_to_any_one_bin_is_more_risk(bins, index, extra_gy):
    relative, volume = bins
    lower = RX_GY * relative
    higher = lower.copy()
    higher[index % len(higher)] += extra_gy
    assert equivalent_geud(METS, higher, volume, 6) > equivalent_geud(METS, lower, volume, 6)
    assert ntcp(METS, higher, volume, 6) >= ntcp(METS, lower, volume, 6)


@given(st.floats(0, 60), st.floats(0, 3), st.lists(st.floats(0.01, 1), min_size=1, max_size=6))
def test_a_uniform_dose_has_one_risk_for_all_volume_exponents(dose_gy, n, volume):
    model = dataclasses.replace(METS, n=n)
    risk = ntcp(model, np.full(len(volume), dose_gy), volume, 6)
    assert risk == pytest.approx(ntcp(METS, [dose_gy], [1.0], 6), rel=1e-6, abs=1e-12)


@given(RELATIVE)
def test_correcting_for_fractions_never_enlarges_the_effective_volume(bins):
    relative, volume = bins
    dose = RX_GY * relative
    corrected = lq_effective_volume(METS, dose, volume, RX_GY, 6)
    assert corrected <= effective_volume(dose, volume, RX_GY, METS.n) + 1e-9


@given(RELATIVE, st.floats(1, 60))
def test_the_choice_of_reference_dose_cancels(bins, reference_gy):
    relative, volume = bins
    assume(relative.max() > 0.05)
    dose = RX_GY * relative
    veff = lq_effective_volume(METS, dose, volume, reference_gy, 6)
    assume(1e-6 < veff <= 2)
    uniform = ntcp_uniform(METS, veff, reference_gy, 6)
    assert uniform == pytest.approx(ntcp(METS, dose, volume, 6), rel=1e-6, abs=1e-12)


def test_a_volume_exponent_of_zero_looks_at_the_hottest_bin_only():
    model = dataclasses.replace(METS, n=0.0)
    assert ntcp(model, [40.0, 1.0], [0.01, 0.99], 6) == pytest.approx(ntcp(model, [40.0], [1], 6))


def test_the_far_tail_keeps_its_digits():
    assert ntcp_from_geud(METS, 0.0) == pytest.approx(3.93e-17, rel=0.01)
    assert ntcp_from_geud(METS, 1000.0) == 1.0


def test_voxels_and_their_histogram_carry_the_same_risk():
    voxels = np.repeat(RX_GY * np.array([1.05, 0.5, 0.1]), [10, 30, 60]).astype(np.float32)
    histogram = ntcp(METS, RX_GY * np.array([1.05, 0.5, 0.1]), [10, 30, 60], 6)
    assert ntcp(METS, voxels.reshape(10, 10), 1.0, 6) == pytest.approx(histogram, rel=1e-4)


def test_reading_the_parameters_in_other_fractions_is_named_and_marked():
    other = METS.with_reference_fraction(2.0)
    assert other.reference_fraction_gy == 2.0
    assert other.name == "michigan_mets (read in 2-Gy fractions)"
    assert (METS.status, other.status) == ("verified", "recalled")
    assert METS.with_reference_fraction(1.5) is METS


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("n", -1.0, "volume exponent n is -1"),
        ("m", 0.0, "slope m of michigan_mets is 0"),
        ("td50_gy", float("nan"), "TD50 of michigan_mets is nan"),
        ("reference_fraction_gy", 0.0, "reference fraction of michigan_mets is 0"),
        ("alpha_beta_gy", -2.5, "alpha/beta of michigan_mets is -2.5"),
        ("status", "guessed", "status is 'guessed'; it must be verified or recalled"),
    ],
)
def test_a_model_with_an_impossible_parameter_is_refused(field, value, message):
    with pytest.raises(InvalidInput, match=message):
        dataclasses.replace(METS, **{field: value})


@pytest.mark.parametrize("effective", [0.0, -0.1, 39.0, float("nan")])
def test_an_effective_volume_that_is_no_fraction_is_refused(effective):
    with pytest.raises(InvalidInput, match=r"Write 0\.39 for 39 %"):
        ntcp_uniform(METS, effective, RX_GY, 6)


def test_a_negative_generalised_eud_is_refused():
    with pytest.raises(InvalidInput, match="The generalised EUD falls to -1"):
        ntcp_from_geud(METS, -1.0)
