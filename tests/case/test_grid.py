"""A grid says where voxels lie, at any angle to the patient."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.case import Grid
from hepatica.errors import Inconsistent, InvalidInput
from tests.case.shapes import HEAD_FIRST_PRONE, SAGITTAL, TURNED

ANY = [((1, 0, 0), (0, 1, 0), (0, 0, 1)), HEAD_FIRST_PRONE, SAGITTAL, TURNED]


def grid(direction: tuple[tuple[float, ...], ...] = ANY[0]) -> Grid:
    return Grid((4, 5, 6), (1.0, 2.0, 3.0), (10.0, 20.0, 30.0), direction)


def test_the_first_voxel_lies_at_the_origin_and_indices_grow_along_the_axes() -> None:
    np.testing.assert_allclose(grid().point_at((0, 0, 0)), [10, 20, 30])
    np.testing.assert_allclose(grid().point_at((1, 2, 3)), [11, 24, 39])
    np.testing.assert_allclose(grid(HEAD_FIRST_PRONE).point_at((1, 2, 3)), [9, 16, 39])
    np.testing.assert_allclose(grid(SAGITTAL).point_at((1, 2, 3)), [19, 21, 34])


@pytest.mark.parametrize("direction", ANY)
@given(point=st.tuples(*[st.floats(-300, 300)] * 3))
def test_a_point_has_one_index_and_back(
    direction: tuple[tuple[float, ...], ...], point: tuple[float, float, float]
) -> None:
    here = grid(direction)
    np.testing.assert_allclose(here.point_at(here.index_of(point)), point, atol=1e-9)


@pytest.mark.parametrize("direction", ANY)
def test_the_affine_says_the_same(direction: tuple[tuple[float, ...], ...]) -> None:
    here = grid(direction)
    np.testing.assert_allclose(here.affine @ [2, 1, 3, 1], [*here.point_at((2, 1, 3)), 1])


@pytest.mark.parametrize("direction", ANY)
def test_a_crop_is_a_window_on_the_same_lattice(direction: tuple[tuple[float, ...], ...]) -> None:
    here = grid(direction)
    part = here.crop((1, 2, 3), (3, 5, 6))
    assert part.shape == (2, 3, 3)
    assert here.offset_of(part) == (1, 2, 3)
    assert part.offset_of(here) == (-1, -2, -3)
    np.testing.assert_allclose(part.point_at((0, 0, 0)), here.point_at((3, 2, 1)))


def test_the_corners_are_the_outer_faces_of_the_outermost_voxels() -> None:
    corners = grid().corners_mm()
    np.testing.assert_allclose(corners.min(axis=0), [9.5, 19, 28.5])
    np.testing.assert_allclose(corners.max(axis=0), [15.5, 29, 40.5])


def test_the_normal_is_the_way_from_slice_to_slice() -> None:
    np.testing.assert_allclose(grid(SAGITTAL).normal, [1, 0, 0])


def test_a_voxel_has_a_volume() -> None:
    assert grid().voxel_cc == pytest.approx(0.006)


@pytest.mark.parametrize(
    "other",
    [
        Grid((4, 5, 6), (1.0, 2.0, 3.001), (10.0, 20.0, 30.0)),
        Grid((4, 5, 600), (1.001, 2.0, 3.0), (10.0, 20.0, 30.0)),
        Grid((4, 5, 6), (1.0, 2.0, 3.0), (10.5, 20.0, 30.0)),
        Grid((4, 5, 6), (1.0, 2.0, 3.0), (10.0, 20.0, 30.0), TURNED),
    ],
)
def test_other_voxels_are_another_lattice(other: Grid) -> None:
    same = other.spacing_mm == (1.0, 2.0, 3.001)  # 0.006 mm over the whole grid: the same place
    assert grid().same_lattice(other) is same
    if not same:
        with pytest.raises(Inconsistent, match=r"Dose: the voxels do not coincide .*\.on\(grid\)"):
            grid().require_same_lattice(other, "Dose")


@pytest.mark.parametrize(
    ("shape", "spacing", "origin", "message"),
    [
        ((0, 5, 6), (1, 1, 1), (0, 0, 0), r"shape is \(0, 5, 6\)"),
        ((4, 5), (1, 1, 1), (0, 0, 0), "three sizes"),
        ((4, 5, 6), (1, 0, 1), (0, 0, 0), "must be above 0"),
        ((4, 5, 6), (1, float("nan"), 1), (0, 0, 0), "spacing .* needs three numbers"),
        ((4, 5, 6), (1, 1, 1), (0, float("inf"), 0), "origin .* needs three numbers"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(
    shape: tuple[int, int, int],
    spacing: tuple[float, float, float],
    origin: tuple[float, float, float],
    message: str,
) -> None:
    with pytest.raises(InvalidInput, match=message):
        Grid(shape, spacing, origin)


def test_a_sheared_grid_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"not at right angles.*tilted gantry"):
        Grid((4, 5, 6), (1, 1, 1), (0, 0, 0), ((1, 0, 0), (0, 1, 0.2), (0, 0, 0.98)))
