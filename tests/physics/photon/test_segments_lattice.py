"""Bixels that suit leaves, and fluence moved onto them."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.errors import Infeasible, InvalidInput
from hepatica.physics.photon.bixels import BixelGrid
from hepatica.physics.photon.segments import carried_over, leaf_lattice
from tests.physics.photon.segments_phantom import leaves

SOME = BixelGrid(-7.5, -7.5, 5.0, 5.0, np.array([[0, 1, 0, 0], [1, 1, 1, 0], [0, 1, 0, 0]], bool))


def edges(bixels: BixelGrid) -> tuple[list[float], list[float]]:
    rows, columns = bixels.open.shape
    u = bixels.u0_mm + bixels.pitch_u_mm * (np.array([0, columns]) - 0.5)
    v = bixels.v0_mm + bixels.pitch_v_mm * (np.array([0, rows]) - 0.5)
    return u.tolist(), v.tolist()


def test_every_leaf_pair_over_the_bixels_lies_on_the_lattice() -> None:
    found = leaf_lattice(SOME, leaves(), 2.5)
    # Wanted: u from -10 to 5, v from -10 to 5; leaves of 10 mm; one column more to each side.
    assert edges(found) == ([-12.5, 7.5], [-10.0, 10.0])
    assert (found.pitch_u_mm, found.pitch_v_mm) == (2.5, 10.0)
    assert found.open.all()


def test_rows_end_on_the_boundaries_of_leaves_of_different_widths() -> None:
    mlc = leaves(leaf_boundaries_mm=np.array([-20.0, -10.0, -5.0, 0.0, 5.0, 10.0, 20.0]))
    wide = BixelGrid(-7.5, -12.5, 5.0, 5.0, np.ones((5, 4), dtype=bool))
    found = leaf_lattice(wide, mlc)
    assert edges(found)[1] == [-20.0, 10.0]
    assert found.pitch_v_mm == 5.0


def test_leaves_without_a_common_width_get_rows_of_two_millimetres() -> None:
    mlc = leaves(leaf_boundaries_mm=np.array([-10.0, -2.87, 3.0, 10.0]))
    found = leaf_lattice(SOME, mlc)
    assert edges(found)[1] == pytest.approx([-10.0, 10.0])
    assert found.pitch_v_mm == pytest.approx(2.0)


def test_bixels_beyond_the_leaves_are_refused() -> None:
    far = BixelGrid(0.0, 92.5, 5.0, 5.0, np.ones((2, 2), dtype=bool))
    message = r"between v = 90 and 100 mm, the leaves between -60 and 60 mm: no leaf pair lies over"
    with pytest.raises(Infeasible, match=message):
        leaf_lattice(far, leaves())


def test_a_pitch_is_above_0() -> None:
    with pytest.raises(InvalidInput, match="pitch_u_mm is 0; bixels have a size above 0 mm"):
        leaf_lattice(SOME, leaves(), 0.0)


def test_fluence_keeps_its_integral_on_other_bixels() -> None:
    weights = np.array([3.0, 1.0, 4.0, 1.0, 5.0])
    target = leaf_lattice(SOME, leaves(), 2.0)
    moved = carried_over(weights, SOME, target)
    assert moved.sum() * 2.0 * 10.0 == pytest.approx(weights.sum() * 25.0)


def test_uniform_fluence_stays_uniform_on_finer_bixels() -> None:
    coarse = BixelGrid(0.0, 0.0, 5.0, 5.0, np.ones((4, 4), dtype=bool))
    fine = BixelGrid(0.5, 0.5, 1.0, 1.5, np.ones((8, 10), dtype=bool))
    np.testing.assert_allclose(carried_over(np.full(16, 7.0), coarse, fine), 7.0)
