"""Which squares of fluence a beam has, and which of them a target needs."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.errors import Inconsistent, InvalidInput
from hepatica.physics.photon import BixelGrid, bixels_of
from tests.physics.photon.dose_phantoms import geometry


def test_weights_go_row_by_row_to_the_open_bixels() -> None:
    grid = BixelGrid(-5.0, 10.0, 5.0, 2.5, [[True, False, True], [False, True, True]])
    assert grid.count == 4
    assert grid.centres_mm.tolist() == [[-5, 10], [5, 10], [0, 12.5], [5, 12.5]]
    assert grid.lattice([1, 2, 3, 4]).tolist() == [[1, 0, 2], [0, 3, 4]]


def test_weights_of_the_wrong_number_are_refused() -> None:
    grid = BixelGrid(0.0, 0.0, 5.0, 5.0, [[True, True]])
    with pytest.raises(Inconsistent, match=r"\(3,\) weights for 2 open bixels; give one for each"):
        grid.lattice([1, 2, 3])


def test_a_lattice_without_an_open_bixel_is_refused() -> None:
    with pytest.raises(InvalidInput, match="0 open bixels; rows and columns with at least one"):
        BixelGrid(0.0, 0.0, 5.0, 5.0, [[False]])


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ((0.0, 0.0, 0.0, 5.0), "pitch_u_mm is 0.0 mm; it must be above 0"),
        ((0.0, np.nan, 5.0, 5.0), "first centre is .* two numbers are needed"),
    ],
)
def test_an_impossible_lattice_is_refused(numbers: tuple[float, ...], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        BixelGrid(*numbers, [[True]])


def test_a_point_opens_the_bixel_it_is_projected_on() -> None:
    # Half-way to the source everything looks twice as large.
    found = bixels_of([(4.0, -500.0, -6.0)], geometry(0), 5.0, 5.0)
    assert found.centres_mm.tolist() == [[10.0, -10.0]]


def test_a_lattice_can_be_laid_between_the_leaves() -> None:
    found = bixels_of([(0.5, 0.0, 0.5)], geometry(0), 5.0, 5.0, centre_mm=(0.0, 2.5))
    assert found.centres_mm.tolist() == [[0.0, 2.5]]


def test_a_margin_opens_the_neighbours_within_it() -> None:
    just_right = bixels_of([(0.0, 0.0, 0.0)], geometry(0), 5.0, 5.0, margin_mm=3.0)
    assert just_right.open.tolist() == [
        [False, True, False],
        [True, True, True],
        [False, True, False],
    ]
    wider = bixels_of([(0.0, 0.0, 0.0)], geometry(0), 5.0, 5.0, margin_mm=4.0)
    assert wider.open.all()


def test_a_margin_fills_the_holes_between_sparse_points() -> None:
    x, z = np.meshgrid(np.arange(-20.0, 21.0, 5.0), np.arange(-20.0, 21.0, 5.0))
    points = np.stack([x.ravel(), np.zeros(x.size), z.ravel()], axis=1)
    assert not bixels_of(points, geometry(0), 2.5, 2.5).open.all()
    assert bixels_of(points, geometry(0), 2.5, 2.5, margin_mm=3.6).open[1:-1, 1:-1].all()


@pytest.mark.parametrize(
    ("points", "pitch", "margin", "message"),
    [
        (np.zeros((0, 3)), 5.0, 0.0, "the target has no points, so no bixel can be chosen"),
        (np.zeros((1, 3)), 0.0, 0.0, "bixels of 0.0 by 5.0 mm; both sizes must be above 0"),
        (np.zeros((1, 3)), 5.0, -1.0, "the margin is -1.0 mm; it must be 0 or more"),
    ],
)
def test_an_impossible_request_is_refused(
    points: np.ndarray, pitch: float, margin: float, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        bixels_of(points, geometry(0), pitch, 5.0, margin)
