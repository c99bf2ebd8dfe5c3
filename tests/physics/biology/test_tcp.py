"""Tumour control: the published logistic fit and the Poisson model."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.errors import InvalidInput
from hepatica.physics.biology import (
    physical_dose,
    tcp_logistic,
    tcp_model_named,
    tcp_model_names,
    tcp_poisson,
)

METS = tcp_model_named("lausch_mets")


@pytest.mark.parametrize(
    ("name", "steepness", "gamma50"), [("lausch_mets", 7.195, 1.80), ("lausch_hcc", 4.771, 1.19)]
)
def test_the_two_published_doses_fix_the_steepness(name, steepness, gamma50):
    model = tcp_model_named(name)
    assert model.steepness == pytest.approx(steepness, abs=5e-4)
    assert model.gamma50 == pytest.approx(gamma50, abs=5e-3)


@pytest.mark.parametrize(("equivalent_gy", "control"), [(70.0, 0.5), (95.0, 0.9)])
def test_the_published_doses_control_half_and_nine_tenths(equivalent_gy, control):
    dose_gy = physical_dose(equivalent_gy, 6, 10.0, 2.0)
    assert tcp_logistic(METS, dose_gy, 6) == pytest.approx(control)


def test_the_published_fit_is_pessimistic_about_the_median_six_fraction_dose():
    assert tcp_logistic(METS, 41.4, 6) == pytest.approx(0.21, abs=0.005)


def test_no_dose_controls_nothing():
    assert tcp_logistic(METS, 0.0, 6) == 0.0


@given(st.floats(0, 200), st.floats(0.1, 50))
def test_more_dose_never_controls_less(dose_gy, extra_gy):
    assert tcp_logistic(METS, dose_gy + extra_gy, 6) >= tcp_logistic(METS, dose_gy, 6)


def test_tcd90_below_tcd50_is_refused():
    with pytest.raises(InvalidInput, match="lausch_mets: TCD90 is 60 Gy; it must be above TCD50"):
        dataclasses.replace(METS, tcd90_gy=60.0)


def test_poisson_control_of_one_expected_survivor_is_1_over_e():
    # 10 cc of 1e7 per cc hold 1e8 clonogens; 60 Gy in 2-Gy fractions are a BED of 72 Gy.
    alpha = math.log(1e8) / (60 * 1.2)
    assert tcp_poisson([60.0], [10.0], 30, alpha, 10.0, 1e7) == pytest.approx(math.exp(-1))


def test_a_cold_corner_dominates_poisson_control():
    even = tcp_poisson([60.0, 60.0], [9.0, 1.0], 6, 0.3, 10.0, 1e7)
    cold = tcp_poisson([70.0, 30.0], [9.0, 1.0], 6, 0.3, 10.0, 1e7)
    assert even > 0.99
    assert cold < 0.01


def test_poisson_control_counts_absolute_volume():
    small, large = (tcp_poisson([40.0], [cc], 6, 0.3, 10.0, 1e7) for cc in (1.0, 10.0))
    assert large == pytest.approx(small**10)


def test_voxels_and_their_histogram_have_the_same_poisson_control():
    voxels = np.full((4, 5), 40.0)
    voxels[0] = 35.0
    by_voxel = tcp_poisson(voxels, 0.5, 6, 0.3, 10.0, 1e7)
    assert by_voxel == pytest.approx(tcp_poisson([40.0, 35.0], [7.5, 2.5], 6, 0.3, 10.0, 1e7))


@pytest.mark.parametrize(
    ("alpha", "density", "message"),
    [(0.0, 1e7, "The alpha is 0 1/Gy"), (0.3, -1.0, "The clonogen density is -1 1/cc")],
)
def test_poisson_parameters_that_are_not_positive_are_refused(alpha, density, message):
    with pytest.raises(InvalidInput, match=message):
        tcp_poisson([40.0], [10.0], 6, alpha, 10.0, density)


def test_the_smallest_dose_there_is_controls_nothing_and_does_not_break() -> None:
    assert tcp_logistic(tcp_model_named(tcp_model_names()[0]), 5e-324, 6) == 0.0
