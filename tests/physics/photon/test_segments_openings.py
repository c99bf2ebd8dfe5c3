"""Whatever the refinement chooses inside its boxes can be delivered."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hepatica.physics.photon.bixels import BixelGrid
from hepatica.physics.photon.segments import LeafRaster, faults
from hepatica.physics.photon.segments.intervals import best_opening
from hepatica.physics.photon.segments.openings import Openings, boxes_mm, reach_mm, tidied
from hepatica.physics.photon.segments.refine import Variables
from tests.physics.photon.segments_phantom import leaves

BIXELS = BixelGrid(-37.5, -37.5, 5.0, 5.0, np.ones((16, 16), dtype=bool))
MACHINES = {
    "free": {},
    "gap": {"minimum_gap_mm": 5.0},
    "no interdigitation": {"interdigitation": False},
    "both": {"interdigitation": False, "minimum_gap_mm": 5.0},
    "short overtravel": {"interdigitation": False, "overtravel_mm": 12.0, "maximum_mm": 31.0},
}


def opened(mlc, seed: int, jaws=("x", "y"), segments: int = 2) -> tuple[LeafRaster, Openings]:
    raster = LeafRaster(BIXELS, mlc)
    draw = np.random.default_rng(seed)
    closable = mlc.minimum_gap_mm == 0 or "x" in jaws
    found = [
        best_opening(
            draw.normal(-0.2, 1.0, (mlc.pairs, 16)),
            raster.edges_u_mm,
            reach_mm(raster),
            mlc,
            closable,
        )
        for _ in range(segments)
    ]
    return raster, tidied(
        Openings(
            np.array([f.leaf_mm for f in found]),
            np.array([f.active for f in found]),
            np.full(segments, 10.0),
            jaws,
        ),
        mlc,
    )


@pytest.mark.parametrize("name", MACHINES)
@pytest.mark.parametrize("jaws", [("x", "y"), ("y",), ()])
@given(seed=st.integers(0, 10_000))
@settings(max_examples=8)
def test_any_positions_inside_the_boxes_can_be_delivered(name, jaws, seed) -> None:
    mlc = leaves(**MACHINES[name])
    raster, openings = opened(mlc, seed, jaws)
    draw = np.random.default_rng(seed)
    for _ in range(3):
        lower, upper = boxes_mm(openings, reach_mm(raster), mlc)
        part = draw.choice([0.0, 0.3, 1.0], lower.shape)
        moving = openings.active[:, None, :]
        moved = np.where(moving, lower + part * (upper - lower), openings.leaf_mm)
        openings = tidied(replace(openings, leaf_mm=moved), mlc)
        assert [faults(a, mlc) for a in openings.apertures(mlc)] == [()] * openings.count


def test_tips_stay_where_bixels_tell_their_dose() -> None:
    some = np.zeros((4, 10), dtype=bool)
    some[:2, 3:7], some[2:, 1:4] = True, True
    mlc = leaves(leaf_boundaries_mm=np.array([-30.0, -10.0, 0.0, 10.0]), maximum_mm=20.0)
    raster = LeafRaster(BixelGrid(0.0, -7.5, 10.0, 5.0, some), mlc)
    low, high = reach_mm(raster)
    assert low[:, 0].tolist() == [np.inf, np.inf]
    assert low[:, 1:].tolist() == [[25.0, 5.0], [25.0, 5.0]]
    assert high[:, 1:].tolist() == [[20.0, 20.0], [20.0, 20.0]]


def made(leaf_mm, **parts) -> Openings:
    leaf_mm = np.array([leaf_mm], dtype=float)
    active = leaf_mm[:, 1] > leaf_mm[:, 0]
    return replace(Openings(leaf_mm, active, np.ones(1)), **parts)


ROWS = {"leaf_boundaries_mm": np.array([-25.0, -15.0, -5.0, 5.0, 15.0, 25.0])}


def test_jaws_are_the_tightest_rectangle_around_the_opening() -> None:
    openings = made([[0, -12, 0, -3, 0], [0, 4, 0, 21, 0]])
    (aperture,) = openings.apertures(leaves(**ROWS))
    assert aperture.jaw_x_mm == (-12.0, 21.0)
    assert aperture.jaw_y_mm == (-15.0, 15.0)


def test_a_machine_without_x_jaws_has_none_in_its_apertures() -> None:
    openings = made([[0, -12, 0, -3, 0], [0, 4, 0, 21, 0]], jaws=("y",))
    (aperture,) = openings.apertures(leaves(**ROWS))
    assert aperture.jaw_x_mm is None
    assert aperture.jaw_y_mm == (-15.0, 15.0)


def test_closed_pairs_are_parked_behind_the_jaws() -> None:
    openings = made([[50, -12, 4, -3, 50], [50, 4, 4, 21, 50]])
    found = tidied(openings, leaves(**ROWS, minimum_gap_mm=1.0)).leaf_mm[0]
    # Beyond the opening: in the middle of the nearest pair. Within it: 5 mm behind the X jaw.
    np.testing.assert_allclose(found[:, 0], [-4.5, -3.5])
    np.testing.assert_allclose(found[:, 4], [8.5, 9.5])
    np.testing.assert_allclose(found[:, 2], [-18.0, -17.0])


def test_a_closed_pair_stays_where_no_x_jaw_hides_it() -> None:
    openings = made([[50, -12, 4, -3, 50], [50, 4, 4, 21, 50]], jaws=("y",))
    found = tidied(openings, leaves(**ROWS, minimum_gap_mm=1.0)).leaf_mm[0]
    np.testing.assert_allclose(found[:, 2], [3.5, 4.5])


def test_a_closed_pair_stays_where_the_way_behind_the_jaw_is_too_far() -> None:
    openings = made([[50, -12, 4, -3, 50], [50, 12, 4, 21, 50]])
    found = tidied(openings, leaves(**ROWS, overtravel_mm=15.0)).leaf_mm[0]
    np.testing.assert_allclose(found[:, 2], [4.0, 4.0])


def test_a_segment_that_has_closed_is_gone() -> None:
    openings = made([[0, -12, 0, -3, 0], [0, -11.9, 0, -2.9, 0]])
    assert tidied(openings, leaves(**ROWS)).count == 0


@pytest.mark.parametrize("jaws", [("x", "y"), ("y",)])
def test_the_gradient_follows_jaws_that_follow_the_leaves(jaws) -> None:
    mlc = leaves(transmission=0.05)
    raster, openings = opened(mlc, 5, jaws)
    # Away from borders of bixels, and no two tips equally far out.
    aside = np.random.default_rng(1).uniform(0.2, 2.3, openings.leaf_mm.shape)
    openings = replace(openings, leaf_mm=openings.leaf_mm + aside)
    variables = Variables((openings,), (raster,))
    price = np.random.default_rng(0).normal(size=BIXELS.count)
    start = variables.start()
    found = variables.pulled_back((openings,), price)

    def value(row):
        (moved,) = variables.moved(row)
        return float(price @ raster.weights(moved.shape(mlc)))

    step = 1e-5
    quotients = [
        (value(start + step * e) - value(start - step * e)) / (2 * step) for e in np.eye(start.size)
    ]
    np.testing.assert_allclose(found, quotients, atol=1e-6)
