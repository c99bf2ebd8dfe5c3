"""The generalised EUD and effective volume obey Kutcher's conditions on any histogram."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.errors import InvalidInput
from hepatica.physics.biology import effective_volume, generalised_eud

EXPONENTS = st.floats(0.02, 2)
# Volumes span what partial voxels and whole livers span; subnormal ones only test the float format.
BINS = st.lists(st.tuples(st.floats(0, 80), st.floats(1e-6, 1e3)), min_size=1, max_size=12).map(
    lambda bins: tuple(np.array(column) for column in zip(*bins, strict=True))
)
UNEVEN = ([1.05, 0.9, 0.7, 0.5, 0.3, 0.15, 0.05], [0.12, 0.08, 0.10, 0.15, 0.20, 0.20, 0.15])


def test_an_exponent_of_one_is_the_mean_dose():
    assert generalised_eud([10.0, 30.0], [3.0, 1.0], 1.0) == pytest.approx(15.0)


def test_an_exponent_of_a_half_is_the_root_mean_square():
    assert generalised_eud([30.0, 40.0], [1.0, 1.0], 0.5) == pytest.approx(np.sqrt(1250))


@pytest.mark.parametrize("n", [0.0, 1e-320, 1e-12, 1e-4])
def test_the_limit_of_a_vanishing_exponent_is_the_maximum(n):
    assert generalised_eud([1.0, 70.0, 20.0], [5.0, 0.01, 3.0], n) == pytest.approx(70.0, rel=1e-3)


@given(BINS)
def test_a_smaller_exponent_approaches_the_maximum(bins):
    dose, volume = bins
    gaps = [dose.max() - generalised_eud(dose, volume, n) for n in (0.1, 0.01, 0.0001)]
    assert gaps == sorted(gaps, reverse=True) or max(gaps) < 1e-9
    assert gaps[-1] <= 0.01 * dose.max()


@given(BINS, EXPONENTS)
def test_the_eud_lies_between_coolest_and_hottest_bin(bins, n):
    dose, volume = bins
    result = generalised_eud(dose, volume, n)
    assert dose.min() * (1 - 1e-9) - 1e-9 <= result <= dose.max() * (1 + 1e-9)


@given(BINS, EXPONENTS, st.floats(1e-3, 1e3))
def test_the_unit_of_volume_does_not_matter(bins, n, unit):
    dose, volume = bins
    assert generalised_eud(dose, unit * volume, n) == pytest.approx(
        generalised_eud(dose, volume, n)
    )


def test_volumes_at_the_ends_of_the_number_range_do_not_overflow():
    assert generalised_eud([10.0, 30.0], [1e308, 1e308], 1.0) == pytest.approx(20.0)


@given(BINS, EXPONENTS, st.randoms(use_true_random=False))
def test_the_order_of_bins_does_not_matter(bins, n, random):
    dose, volume = bins
    order = list(range(len(dose)))
    random.shuffle(order)
    shuffled = generalised_eud(dose[order], volume[order], n)
    assert shuffled == pytest.approx(generalised_eud(dose, volume, n))


@given(BINS, EXPONENTS, st.floats(0.01, 0.99))
def test_splitting_a_bin_does_not_matter(bins, n, part):
    dose, volume = bins
    halves = np.concatenate([part * volume, (1 - part) * volume])
    split = generalised_eud(np.tile(dose, 2), halves, n)
    assert split == pytest.approx(generalised_eud(dose, volume, n))


@given(BINS, EXPONENTS, st.floats(0, 200))
def test_an_empty_bin_does_not_matter(bins, n, empty_gy):
    dose, volume = bins
    padded = generalised_eud(np.append(dose, empty_gy), np.append(volume, 0.0), n)
    assert padded == generalised_eud(dose, volume, n)


@pytest.mark.parametrize("n", [0.32, 0.97, 1.1])
def test_narrower_bins_converge_to_the_analytic_value_with_their_square(n):
    # Doses spread evenly over 0 to 50 Gy: (n / (1 + n))^n of the maximum.
    exact = 50 * (n / (1 + n)) ** n
    errors = []
    for bins in (25, 50, 100):
        middles = (np.arange(bins) + 0.5) * 50 / bins
        errors.append(abs(generalised_eud(middles, 1.0, n) - exact))
    assert errors[-1] < 0.005
    assert errors[0] > 3 * errors[1] > 9 * errors[2]


@given(BINS, EXPONENTS, st.floats(0.01, 100))
def test_effective_volume_does_not_depend_on_the_scale_of_the_dose(bins, n, scale):
    dose, volume = bins
    hottest = max(float(dose.max()), 1e-3)
    plain = effective_volume(dose, volume, hottest, n)
    assert effective_volume(scale * dose, volume, scale * hottest, n) == pytest.approx(
        plain, rel=1e-6, abs=1e-12
    )


@given(BINS, EXPONENTS)
def test_effective_volume_is_a_fraction_if_nothing_exceeds_the_reference(bins, n):
    dose, volume = bins
    assert 0 <= effective_volume(dose, volume, max(float(dose.max()), 1e-3), n) <= 1 + 1e-9


@given(st.floats(0.01, 0.99), EXPONENTS)
def test_a_part_at_the_reference_dose_is_its_own_effective_volume(part, n):
    assert effective_volume([40.0, 0.0], [part, 1 - part], 40.0, n) == pytest.approx(part)


def test_hot_spots_can_lift_the_effective_volume_above_one():
    assert effective_volume([42.0], [1.0], 40.0, 1.0) == pytest.approx(1.05)


def test_the_effective_volume_of_an_uneven_histogram():
    assert effective_volume(*UNEVEN, 1.0, 0.97) == pytest.approx(0.4335, abs=5e-5)


def test_an_unirradiated_organ_has_no_effective_volume():
    assert effective_volume([0.0, 0.0], [1, 1], 40.0, 0.97) == 0.0


def test_an_effective_volume_beyond_all_numbers_is_refused():
    with pytest.raises(InvalidInput, match="Use the maximum dose as reference"):
        effective_volume([44.0], [1.0], 40.0, 1e-4)


def test_a_reference_dose_of_nothing_is_refused():
    with pytest.raises(InvalidInput, match="The reference dose is 0 Gy"):
        effective_volume([44.0], [1.0], 0.0, 0.97)
