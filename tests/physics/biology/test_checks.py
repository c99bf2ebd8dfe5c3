"""Nonsense in doses, volumes and fractions is refused with a sentence."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.errors import InvalidInput
from hepatica.physics.biology import (
    bed,
    curve_dose_gy,
    effective_volume,
    eqd2,
    equivalent_dose,
    generalised_eud,
    model_named,
    ntcp,
    physical_dose,
)

METS = model_named("michigan_mets")


def test_a_negative_dose_is_refused():
    with pytest.raises(InvalidInput, match=r"The dose falls to -0\.5; it cannot be below 0"):
        bed(np.array([10.0, -0.5]), 6, 10.0)


def test_a_dose_that_is_not_a_number_is_counted_and_refused():
    with pytest.raises(InvalidInput, match="2 of 3 values that are not finite numbers"):
        ntcp(METS, [np.nan, np.inf, 3.0], [1, 1, 1], 6)


def test_no_dose_at_all_is_refused():
    with pytest.raises(InvalidInput, match="The dose holds no value"):
        generalised_eud([], [], 1.0)


@pytest.mark.parametrize("fractions", [0, -6, 2.5, float("nan"), float("inf")])
def test_fractions_that_cannot_be_given_are_refused(fractions):
    with pytest.raises(InvalidInput, match="must be a whole number of at least 1"):
        eqd2(54.0, fractions, 10.0)


@pytest.mark.parametrize("value", [0.0, -3.0, float("nan"), float("inf")])
def test_an_alpha_beta_that_is_not_positive_is_refused(value):
    with pytest.raises(InvalidInput, match=r"The alpha/beta is .* must be a finite number above 0"):
        bed(54.0, 6, value)


def test_a_reference_fraction_of_nothing_is_refused_both_ways():
    with pytest.raises(InvalidInput, match="The reference fraction is 0 Gy"):
        equivalent_dose(54.0, 6, 10.0, 0.0)
    with pytest.raises(InvalidInput, match="The reference fraction is 0 Gy"):
        physical_dose(54.0, 6, 10.0, 0.0)


@pytest.mark.parametrize("risk", [0.0, 1.0, 5.0, -0.1, float("nan")])
def test_a_risk_outside_0_to_1_is_refused_and_per_cent_explained(risk):
    with pytest.raises(InvalidInput, match=r"Write 0\.05 for 5 %"):
        curve_dose_gy(METS, 0.39, risk, 6)


def test_volumes_that_are_all_zero_are_refused():
    with pytest.raises(InvalidInput, match="All bins hold zero volume"):
        ntcp(METS, [10.0, 20.0], [0.0, 0.0], 6)


def test_a_negative_volume_is_refused():
    with pytest.raises(InvalidInput, match="The volume falls to -1"):
        generalised_eud([10.0, 20.0], [2.0, -1.0], 1.0)


def test_dose_and_volume_of_different_shape_are_refused():
    with pytest.raises(InvalidInput, match=r"dose has shape \(3,\) and the volume \(2,\)"):
        ntcp(METS, [1.0, 2.0, 3.0], [1.0, 1.0], 6)


def test_a_negative_volume_exponent_is_refused():
    with pytest.raises(InvalidInput, match=r"exponent n is -0\.1; it must be 0"):
        generalised_eud([1.0, 2.0], [1, 1], -0.1)


def test_an_effective_volume_needs_an_exponent_above_zero():
    with pytest.raises(InvalidInput, match="volume exponent n is 0"):
        effective_volume([1.0, 2.0], [1, 1], 2.0, 0.0)


def test_voxels_of_equal_volume_need_one_number_only():
    voxels_gy = np.array([[1.0, 2.0], [3.0, 6.0]], dtype=np.float32)
    assert generalised_eud(voxels_gy, 1.0, 1.0) == pytest.approx(3.0)


def test_a_single_dose_comes_back_as_a_plain_number():
    assert type(bed(np.float32(54), 6, 10.0)) is float
    assert type(physical_dose(54.0, 6, 10.0, 2.0)) is float
    assert type(curve_dose_gy(METS, np.float64(0.39), 0.05, 6)) is float


def test_bins_without_volume_do_not_count_however_hot_they_are():
    assert generalised_eud([10.0, 99.0], [1.0, 0.0], 0.0) == 10.0
