"""Outlines become coverage, and nothing of the structure is lost or invented."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely.geometry import Polygon
from shapely.ops import unary_union

from hepatica.case import Contours, Grid
from hepatica.case.rasterise import contour_volume_cc, coverage_of, slabs_of
from hepatica.errors import InvalidInput
from tests.case.shapes import HEAD_FIRST_PRONE, SAGITTAL, TURNED, on_whole

Loop = NDArray[np.float64]
GRID = Grid((10, 40, 50), (2.0, 1.5, 3.0), (-20.0, -10.0, 5.0))


def square(low: float, high: float, z: float) -> Loop:
    """A square loop in the plane z; the sides run along x and y."""
    return np.array([[low, low, z], [high, low, z], [high, high, z], [low, high, z]])


def circle(
    radius: float, z: float, points: int = 200, centre: tuple[float, float] = (20, 15)
) -> Loop:
    turn = np.linspace(0, 2 * np.pi, points, endpoint=False)
    x, y = centre[0] + radius * np.cos(turn), centre[1] + radius * np.sin(turn)
    return np.column_stack([x, y, np.full(points, z)])


def at(loop: Loop, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Loop:
    """The loop moved."""
    return loop + np.array([x, y, z])


def planes(loops: list[Loop], count: int = 3, first_mm: float = 11.0) -> Contours:
    """The same loops on neighbouring slices of GRID."""
    levels = [first_mm + 3.0 * n for n in range(count)]
    return Contours(tuple(at(loop * [1, 1, 0], z=z) for z in levels for loop in loops))


def covered_cc(contours: Contours, grid: Grid = GRID) -> float:
    volume = coverage_of(contours, grid)
    return float(volume.values.sum(dtype=float)) * grid.voxel_cc


def test_a_box_covers_exactly_what_lies_in_it() -> None:
    volume = coverage_of(planes([square(0.5, 12.5, 0)]), GRID)
    assert volume.unit == "1"
    assert volume.values.dtype == np.float32
    assert covered_cc(planes([square(0.5, 12.5, 0)])) == pytest.approx(1.296, rel=2e-3)
    assert volume.values.max() == 1.0
    assert GRID.offset_of(volume.grid) == (2, 7, 10)


def test_voxels_touched_in_part_get_their_part() -> None:
    loop = np.array([[0.0, -0.25, 11], [1.5, -0.25, 11], [1.5, 1.25, 11], [0.0, 1.25, 11]])
    values = on_whole(coverage_of(Contours((loop,)), GRID), GRID)
    assert values[2, 7, 10] == pytest.approx(0.5, abs=1e-6)  # x from -1 to 1, filled from 0
    assert values[2, 7, 11] == pytest.approx(0.25, abs=1e-6)  # x from 1 to 3, filled to 1.5


def test_a_hole_stays_empty_and_an_island_in_it_is_full() -> None:
    loops = [square(0, 24, 0), square(6, 18, 0), square(10, 14, 0)]
    expected = 9 * (24**2 - 12**2 + 4**2) / 1000
    assert covered_cc(planes(loops)) == pytest.approx(expected, rel=2e-3)
    assert contour_volume_cc(planes(loops), GRID) == pytest.approx(expected, rel=1e-12)


def test_a_keyhole_is_the_same_as_a_hole() -> None:
    outer, inner = square(0, 24, 0), square(6, 18, 0)
    keyhole = np.concatenate([outer, outer[:1], inner[::-1], inner[-1:]])
    with_hole = on_whole(coverage_of(planes([outer, inner]), GRID), GRID)
    with_bridge = on_whole(coverage_of(planes([keyhole]), GRID), GRID)
    np.testing.assert_allclose(with_bridge, with_hole, atol=1e-6)


def test_a_loop_listed_twice_cancels_itself() -> None:
    loop = circle(10, 11.0)
    volume = coverage_of(Contours((loop, loop)), GRID)
    assert volume.values.shape == (1, 1, 1)
    assert volume.values[0, 0, 0] == 0


def test_repeated_points_and_loops_without_area_change_nothing() -> None:
    plain = circle(9, 11.0)
    repeated = np.repeat(plain, 3, axis=0)
    line = np.array([[0.0, 0.0, 11.0], [30.0, 20.0, 11.0], [15.0, 10.0, 11.0]])
    point = np.full((4, 3), 11.0)
    first = on_whole(coverage_of(Contours((plain,)), GRID), GRID)
    second = on_whole(coverage_of(Contours((repeated, line, point)), GRID), GRID)
    np.testing.assert_allclose(second, first, atol=1e-6)


def test_a_figure_of_eight_fills_both_its_halves() -> None:
    eight = np.array([[0.0, 0.0, 11.0], [20.0, 20.0, 11.0], [20.0, 0.0, 11.0], [0.0, 20.0, 11.0]])
    assert contour_volume_cc(Contours((eight,)), GRID) == pytest.approx(0.6, rel=2e-3)
    assert covered_cc(Contours((eight,))) == pytest.approx(0.6, rel=2e-3)


def test_corners_on_voxel_centres_and_edges_are_counted_once() -> None:
    for shift in (0.0, 1.0, 0.75):
        diamond = at(np.array([[10.0, 2, 11], [18, 8, 11], [10, 14, 11], [2, 8, 11]]), shift, shift)
        assert covered_cc(Contours((diamond,))) == pytest.approx(0.288, rel=2e-3)


def test_an_organ_is_right_to_a_tenth_of_a_per_cent() -> None:
    contours = planes([circle(25.0, 0, 400)], count=4)
    expected = contour_volume_cc(contours, GRID)
    assert covered_cc(contours) == pytest.approx(expected, rel=1e-3)


@given(
    radius=st.lists(st.floats(3, 14), min_size=3, max_size=24),
    turn=st.floats(0, 6.28),
    x=st.floats(15, 45),
    y=st.floats(10, 30),
)
@settings(max_examples=40, deadline=None)
def test_the_area_is_that_of_the_polygon(
    radius: list[float], turn: float, x: float, y: float
) -> None:
    angles = turn + np.linspace(0, 2 * np.pi, len(radius), endpoint=False)
    loop = np.column_stack([x + radius * np.cos(angles), y + radius * np.sin(angles)])
    polygon = Polygon(loop)
    contours = Contours((np.column_stack([loop, np.full(len(loop), 11.0)]),))
    assert contour_volume_cc(contours, GRID) == pytest.approx(3 * polygon.area / 1000, rel=1e-9)
    grid = Grid((10, 60, 60), (1.5, 1.5, 3.0), (-10.0, -10.0, 5.0))
    assert covered_cc(contours, grid) == pytest.approx(3 * polygon.area / 1000, rel=5e-3, abs=1e-3)


@given(shift=st.tuples(st.floats(-8, 8), st.floats(-8, 8)), size=st.floats(3, 15))
@settings(max_examples=30, deadline=None)
def test_overlapping_loops_leave_out_what_both_enclose(
    shift: tuple[float, float], size: float
) -> None:
    first = circle(10, 11.0, 60)
    second = circle(size, 11.0, 60, (20 + shift[0], 15 + shift[1]))
    a, b = Polygon(first[:, :2]), Polygon(second[:, :2])
    expected = 3 * (unary_union([a, b]).area - a.intersection(b).area) / 1000
    contours = Contours((first, second))
    assert contour_volume_cc(contours, GRID) == pytest.approx(expected, rel=2e-3, abs=1e-3)


@given(steps=st.tuples(st.integers(-3, 3), st.integers(-3, 3), st.integers(-2, 2)))
@settings(max_examples=20, deadline=None)
def test_moving_by_whole_voxels_moves_the_coverage(steps: tuple[int, int, int]) -> None:
    loop = circle(8.3, 17.0, 37)
    moved = loop + np.array(steps) * GRID.spacing_mm
    here, there = coverage_of(Contours((loop,)), GRID), coverage_of(Contours((moved,)), GRID)
    np.testing.assert_allclose(here.values, there.values, atol=1e-5)
    np.testing.assert_allclose(
        np.array(there.grid.origin_mm) - here.grid.origin_mm, np.array(steps) * GRID.spacing_mm
    )


@pytest.mark.parametrize("direction", [HEAD_FIRST_PRONE, SAGITTAL, TURNED])
def test_the_orientation_of_the_grid_does_not_matter(
    direction: tuple[tuple[float, float, float], ...],
) -> None:
    grid = Grid((10, 60, 60), (1.5, 1.5, 3.0), (0.0, 0.0, 0.0), direction)
    index = np.column_stack([circle(20, 0, 100, (30, 30))[:, :2], np.full(100, 4.0)])
    contours = Contours((grid.point_at(index), grid.point_at(at(index, z=1.0))))
    expected = 2 * 3 * 1.5**2 * Polygon(index[:, :2]).area / 1000
    assert covered_cc(contours, grid) == pytest.approx(expected, rel=1e-3)
    assert contour_volume_cc(contours, grid) == pytest.approx(expected, rel=1e-9)


def test_end_caps_are_half_a_slice() -> None:
    slabs = slabs_of(planes([square(0, 9, 0)], count=4), GRID)
    np.testing.assert_allclose(slabs.position, [2, 3, 4, 5])
    np.testing.assert_allclose(slabs.bounds, [[1.5, 2.5], [2.5, 3.5], [3.5, 4.5], [4.5, 5.5]])
    np.testing.assert_allclose(slabs.thickness_mm, 3.0)


def test_contours_on_slices_fill_just_those_slices() -> None:
    volume = coverage_of(planes([square(0, 9, 0)], count=4), GRID)
    assert volume.grid.shape[0] == 4


def test_coordinates_that_were_rounded_still_lie_on_their_slice() -> None:
    rounded = planes([square(0, 9, 0)], count=4, first_mm=11.04)
    assert coverage_of(rounded, GRID).grid.shape[0] == 4


def test_thick_contours_fill_the_thin_slices_between_them() -> None:
    loop = square(0.5, 9.5, 0)
    contours = Contours(tuple(at(loop, z=z) for z in (8.0, 14.0, 20.0)))
    volume = coverage_of(contours, GRID)
    assert covered_cc(contours) == pytest.approx(81 * 18 / 1000, rel=5e-3)
    np.testing.assert_allclose(
        on_whole(volume, GRID)[:, 10, 12], [0.5, 1, 1, 1, 1, 1, 0.5, 0, 0, 0], atol=1e-6
    )


def test_thin_contours_share_a_thick_slice() -> None:
    loop = square(0.5, 9.5, 0)
    contours = Contours(tuple(at(loop, z=10.0 + n) for n in range(3)))
    assert covered_cc(contours) == pytest.approx(81 * 3 / 1000, rel=5e-3)
    column = on_whole(coverage_of(contours, GRID), GRID)[:, 10, 12]
    np.testing.assert_allclose(column[1:4], [0, 1, 0], atol=1e-6)


def test_contours_between_slices_are_shared_by_both() -> None:
    contours = Contours((square(0.5, 9.5, 12.5),))
    column = on_whole(coverage_of(contours, GRID), GRID)[:, 10, 12]
    np.testing.assert_allclose(column[2:4], [0.5, 0.5], atol=1e-6)


def test_a_missing_plane_is_a_gap_and_not_filled() -> None:
    loop = square(0.5, 9.5, 0)
    contours = Contours(tuple(at(loop, z=z) for z in (8.0, 11.0, 14.0, 20.0, 23.0)))
    column = on_whole(coverage_of(contours, GRID), GRID)[:, 10, 12]
    np.testing.assert_allclose(column, [0, 1, 1, 1, 0, 1, 1, 0, 0, 0], atol=1e-6)
    np.testing.assert_allclose(slabs_of(contours, GRID).gaps_mm, [0, 0, 3, 0], atol=1e-9)


def test_two_islands_far_apart_are_not_joined() -> None:
    contours = Contours((square(0.5, 9.5, 8.0), square(0.5, 9.5, 29.0)))
    assert contour_volume_cc(contours, GRID) == pytest.approx(2 * 81 * 3 / 1000)


def test_a_single_plane_is_as_thick_as_a_slice() -> None:
    assert slabs_of(Contours((square(0, 9, 14.0),)), GRID).thickness_mm == pytest.approx([3.0])


def test_loops_of_one_plane_may_differ_by_rounding() -> None:
    contours = Contours((square(0, 9, 14.0), square(12, 20, 14.04)))
    assert slabs_of(contours, GRID).loops == ((0, 1),)


def test_what_lies_outside_the_grid_is_cut_and_can_be_seen() -> None:
    contours = planes([square(-40, 12.5, 0)])
    inside = 9 * (12.5 + 21) * (12.5 + 10.75) / 1000
    assert covered_cc(contours) == pytest.approx(inside, rel=2e-3)
    assert contour_volume_cc(contours, GRID) == pytest.approx(9 * 52.5**2 / 1000)


@pytest.mark.parametrize("offset", [(500.0, 0.0, 0.0), (0.0, 0.0, 500.0)])
def test_contours_beside_the_grid_touch_nothing(offset: tuple[float, float, float]) -> None:
    volume = coverage_of(Contours((square(0, 9, 14.0) + offset,)), GRID)
    assert volume.values.shape == (1, 1, 1)
    assert not volume.values.any()


def test_no_contours_touch_nothing() -> None:
    assert not coverage_of(Contours(()), GRID).values.any()
    assert contour_volume_cc(Contours(()), GRID) == 0.0


def test_a_small_tumour_keeps_its_volume() -> None:
    contours = Contours((circle(1.3, 11.0, 30, (20.37, 15.11)),))
    expected = contour_volume_cc(contours, GRID)
    assert covered_cc(contours) == pytest.approx(expected, rel=2e-3)


def test_a_tilted_loop_is_refused() -> None:
    loop = square(0, 20, 14.0)
    loop[2:, 2] += 20 * np.tan(np.radians(5))
    with pytest.raises(InvalidInput, match=r"Contour 2 of 2 is not parallel.*tilted by 5\.0 deg"):
        coverage_of(Contours((square(0, 9, 11.0), loop)), GRID)


def test_a_coordinate_that_is_no_number_is_refused() -> None:
    loop = square(0, 9, 11.0)
    loop[1, 0] = np.nan
    with pytest.raises(InvalidInput, match="not a number"):
        coverage_of(Contours((loop,)), GRID)
