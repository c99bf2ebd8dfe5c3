"""Leaf positions and MU become fluence on the bixels, and gradients find their way back."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.errors import InvalidInput
from hepatica.physics.photon.bixels import BixelGrid
from hepatica.physics.photon.segments import Aperture, LeafRaster, Shape, bixel_weights
from tests.physics.photon.segments_phantom import leaves

# Two leaf pairs, [-10, 0] and [0, 10] mm; two rows of four bixels that match them, from u = -20.
PAIRS = {"leaf_boundaries_mm": np.array([-10.0, 0.0, 10.0])}
BIXELS = BixelGrid(-15.0, -5.0, 10.0, 10.0, np.ones((2, 4), dtype=bool))


def fluence(leaf_mm, mlc=None, bixels=BIXELS, mu=1.0, **jaws) -> np.ndarray:
    mlc = mlc or leaves(**PAIRS, transmission=0.0)
    return bixel_weights([Aperture(leaf_mm, mu, **jaws)], bixels, mlc).reshape(bixels.open.shape)


def test_a_bixel_counts_by_the_part_that_the_tips_leave_open() -> None:
    found = fluence([[-10.0, -3.0], [0.0, 14.0]], mu=100.0)
    np.testing.assert_allclose(found, [[0, 100, 0, 0], [0, 30, 100, 40]])


def test_a_tip_pair_inside_one_bixel_opens_the_width_between_them() -> None:
    found = fluence([[2.0, 0.0], [5.0, 0.0]])
    np.testing.assert_allclose(found, [[0, 0, 0.3, 0], [0, 0, 0, 0]], atol=1e-15)


def test_leaf_boundaries_need_not_meet_the_rows_of_bixels() -> None:
    shifted = BixelGrid(-15.0, -3.0, 10.0, 10.0, np.ones((2, 4), dtype=bool))
    found = fluence([[-20.0, 0.0], [20.0, 0.0]], bixels=shifted)
    # Pair 1 ends at v = 0; the lower row reaches from -8 to 2, the upper one from 2 to 12.
    np.testing.assert_allclose(found, [[0.8] * 4, [0.0] * 4])


def test_closed_leaves_inside_the_jaws_let_the_transmission_through() -> None:
    mlc = leaves(**PAIRS, transmission=0.02)
    found = fluence([[-10.0, 0.0], [0.0, 0.0]], mlc, jaw_x_mm=(-10.0, 5.0), jaw_y_mm=(-10.0, 5.0))
    np.testing.assert_allclose(found, [[0, 1, 0.01, 0], [0, 0.01, 0.005, 0]])


def test_without_jaws_the_transmission_reaches_every_bixel() -> None:
    found = fluence([[0.0, 0.0], [0.0, 0.0]], leaves(**PAIRS, transmission=0.02))
    np.testing.assert_allclose(found, 0.02)


def test_segments_add_up_by_their_mu() -> None:
    mlc = leaves(**PAIRS)
    one, two = Aperture([[-10, 0], [10, 5]], 30.0), Aperture([[-3, -20], [1, 20]], 12.0)
    both = bixel_weights([one, two], BIXELS, mlc)
    parts = [bixel_weights([a], BIXELS, mlc) for a in (one, two)]
    np.testing.assert_allclose(both, sum(parts))


def test_a_beam_without_segments_gives_nothing() -> None:
    assert bixel_weights([], BIXELS, leaves(**PAIRS)).tolist() == [0.0] * 8


def test_only_bixels_that_are_open_have_a_weight() -> None:
    some = np.array([[True, False, True, False], [False, True, True, True]])
    bixels = BixelGrid(-15.0, -5.0, 10.0, 10.0, some)
    mlc = leaves(**PAIRS, transmission=0.0)
    found = bixel_weights([Aperture([[-20, -20], [0, 5]], 1.0)], bixels, mlc)
    np.testing.assert_allclose(found, [1.0, 0.0, 1.0, 0.5, 0.0])


def scene(seed: int, jaws: bool) -> tuple[LeafRaster, Shape, np.ndarray]:
    draw = np.random.default_rng(seed)
    mlc = leaves(transmission=0.03)
    bixels = BixelGrid(-33.0, -28.0, 4.0, 3.0, draw.random((19, 17)) < 0.8)
    left = draw.uniform(-40, 10, (3, mlc.pairs))
    tips = np.stack([left, left + draw.uniform(0, 40, left.shape)], axis=1)
    wide = np.tile([-np.inf, np.inf], (3, 1))
    x = np.array([[-22.0, 19.0], [-11.4, 17.5], [-30.0, 8.0]]) if jaws else wide
    y = np.array([[-21.0, 20.0], [-30.0, 13.0], [-9.0, 31.0]]) if jaws else wide
    shape = Shape(tips, x, y, draw.uniform(5, 20, 3))
    return LeafRaster(bixels, mlc), shape, draw.normal(size=bixels.count)


@pytest.mark.parametrize("jaws", [False, True])
def test_the_gradient_is_the_difference_quotient(jaws: bool) -> None:
    raster, shape, price = scene(3, jaws)
    gradient = raster.gradient(shape, price)
    step = 1e-6
    for name in ("leaf_mm", "meterset_mu", *(["jaw_x_mm"] if jaws else [])):
        values, found = getattr(shape, name), getattr(gradient, name)
        for place in np.ndindex(values.shape):
            ends = []
            for side in (-1, 1):
                moved = {k: v.copy() for k, v in vars(shape).items()}
                moved[name][place] += side * step
                ends.append(float(price @ raster.weights(Shape(**moved))))
            quotient = (ends[1] - ends[0]) / (2 * step)
            assert found[place] == pytest.approx(quotient, abs=1e-5), (name, place)


def test_the_gradient_by_mu_is_the_adjoint_of_the_fluence() -> None:
    raster, shape, price = scene(11, True)
    by_mu = raster.gradient(shape, price).meterset_mu
    assert by_mu @ shape.meterset_mu == pytest.approx(price @ raster.weights(shape), rel=1e-12)


def test_fluence_is_continuous_where_a_tip_passes_from_bixel_to_bixel() -> None:
    places = np.linspace(-20, 20, 4001)
    mlc = leaves(**PAIRS)
    one = [bixel_weights([Aperture([[-20, 0], [p, 0]], 1.0)], BIXELS, mlc) for p in places]
    assert np.abs(np.diff(one, axis=0)).max() <= 0.01 / 10 + 1e-12


def test_area_beyond_the_bixels_is_seen() -> None:
    mlc = leaves(**PAIRS)
    shape = Shape.of([Aperture([[10.0, 0.0], [30.0, 0.0]], 1.0)])
    raster = LeafRaster(BIXELS, mlc)
    assert shape.opened_mm2(mlc).tolist() == [200.0]
    assert raster.covered_mm2(shape).tolist() == [100.0]


def test_apertures_of_another_mlc_are_refused() -> None:
    message = "Segment 2: 3 leaf pairs, but the MLC has 2. Take the apertures and the machine"
    apertures = [Aperture(np.zeros((2, 2)), 1.0), Aperture(np.zeros((2, 3)), 1.0)]
    with pytest.raises(InvalidInput, match=message):
        bixel_weights(apertures, BIXELS, leaves(**PAIRS))


def test_an_aperture_needs_two_rows_of_numbers() -> None:
    with pytest.raises(InvalidInput, match=r"shape \(1, 2\) with 1 values that are no numbers"):
        Aperture([[0.0, np.nan]], 1.0)


@pytest.mark.parametrize("mu", [-1.0, np.nan, np.inf])
def test_an_aperture_has_a_meterset_of_0_or_more(mu: float) -> None:
    with pytest.raises(InvalidInput, match=f"the meterset is {mu} MU; it needs to be 0 or more"):
        Aperture(np.zeros((2, 2)), mu)


def test_the_leaves_of_an_aperture_cannot_be_changed() -> None:
    aperture = Aperture(np.zeros((2, 2)), 1.0)
    with pytest.raises(ValueError, match="read-only"):
        aperture.leaf_mm[0, 0] = 1.0
