"""A fluence taken apart into openings, and the opening that a plan gains most from."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.physics.photon.bixels import BixelGrid
from hepatica.physics.photon.segments import Aperture, LeafRaster, bixel_weights
from hepatica.physics.photon.segments.generate import most_wanted, taken_apart
from tests.physics.photon.segments_phantom import leaves

JAWS = ("x", "y")
BIXELS = BixelGrid(-27.5, -25.0, 5.0, 10.0, np.ones((6, 12), dtype=bool))
MLC = leaves(leaf_boundaries_mm=np.arange(-30.0, 31.0, 10.0), transmission=0.0)
RASTER = LeafRaster(BIXELS, MLC)


def test_one_opening_is_found_again() -> None:
    aperture = Aperture([[-10, -15, -20, -20, -5, 0], [10, 15, 20, 25, 5, 0]], 37.0)
    weights = bixel_weights([aperture], BIXELS, MLC)
    found = taken_apart(RASTER, weights, 4, JAWS)
    np.testing.assert_allclose(found.meterset_mu.sum(), 37.0)
    np.testing.assert_allclose(bixel_weights(found.apertures(MLC), BIXELS, MLC), weights, atol=1e-9)


def test_a_step_of_two_levels_is_found_again() -> None:
    below = Aperture([[-30] * 6, [30] * 6], 20.0)
    above = Aperture([[-10, -10, -10, 5, 5, 5], [5, 5, 5, 20, 20, 20]], 50.0)
    weights = bixel_weights([below, above], BIXELS, MLC)
    found = taken_apart(RASTER, weights, 3, JAWS)
    left = bixel_weights(found.apertures(MLC), BIXELS, MLC) - weights
    assert np.sum(left**2) < 1e-3 * np.sum(weights**2)


def test_more_segments_come_closer() -> None:
    weights = np.random.default_rng(2).gamma(2.0, 10.0, BIXELS.count)
    errors = []
    for count in (1, 2, 4):
        found = taken_apart(RASTER, weights, count, JAWS)
        assert found.count <= count
        left = bixel_weights(found.apertures(MLC), BIXELS, MLC) - weights
        errors.append(float(np.sum(left**2)))
    assert errors[0] > 1.1 * errors[1] > 1.2 * errors[2]


def test_no_fluence_makes_no_segments() -> None:
    assert taken_apart(RASTER, np.zeros(BIXELS.count), 4, JAWS).count == 0


def test_a_blurred_peak_does_not_take_the_whole_opening() -> None:
    peak = np.full(BIXELS.open.shape, 10.0)
    peak[3, 5] = 100.0
    sharp, soft = (taken_apart(RASTER, peak.ravel(), 1, JAWS, s) for s in (0.0, 10.0))
    assert sharp.shape(MLC).opened_mm2(MLC).tolist() == [50.0]
    assert soft.shape(MLC).opened_mm2(MLC).tolist() == [3600.0]


def test_the_most_wanted_opening_encloses_what_lowers_the_objective() -> None:
    price = np.ones(BIXELS.open.shape)
    price[2:4, 3:8] = -1.0
    found, slope = most_wanted(RASTER, price.ravel(), JAWS)
    assert slope == pytest.approx(-10.0)
    assert found.meterset_mu.tolist() == [0.0]
    assert found.active[0].tolist() == [False, False, True, True, False, False]
    assert found.leaf_mm[0][:, 2].tolist() == [-15.0, 10.0]


def test_nothing_is_wanted_where_every_bixel_raises_the_objective() -> None:
    found, slope = most_wanted(RASTER, np.ones(BIXELS.count), JAWS)
    assert (found.count, slope) == (0, 0.0)


def test_nothing_is_opened_where_there_are_no_bixels() -> None:
    some = np.zeros((6, 12), dtype=bool)
    some[1:4, 4:9] = True
    bixels = BixelGrid(-27.5, -25.0, 5.0, 10.0, some)
    found = taken_apart(LeafRaster(bixels, MLC), np.full(15, 5.0), 2, JAWS)
    (aperture,) = found.apertures(MLC)
    assert (aperture.jaw_x_mm, aperture.jaw_y_mm) == ((-10.0, 15.0), (-20.0, 10.0))
