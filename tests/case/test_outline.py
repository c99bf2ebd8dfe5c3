"""Outlines and coverage are two ways to say the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hepatica.case import Grid, Structure, Volume
from hepatica.case.outline import outline
from tests.case.shapes import SAGITTAL, TURNED, ball, ball_cc, box, cc, centred_grid, on_whole

GRID = Grid((3, 12, 14), (2.0, 1.5, 3.0), (-20.0, -10.0, 5.0), TURNED)


@given(seed=st.integers(0, 10_000), part=st.floats(0.02, 0.98))
@settings(max_examples=40, deadline=None)
def test_a_mask_comes_back_to_the_last_voxel(seed: int, part: float) -> None:
    mask = np.random.default_rng(seed).random(GRID.shape) < part
    mask[:, 4, 5] = True  # outlines that skip a slice would say that every other one was drawn
    one = Structure.from_mask("A", mask, GRID)
    contours = outline(one.coverage)
    back = Structure("A", contours.coverage(GRID))
    np.testing.assert_allclose(back.mask_on(GRID), mask, atol=1e-5)


def test_the_area_of_a_mask_is_the_area_of_its_outline() -> None:
    values = np.random.default_rng(3).random((1, 12, 14)) < 0.6
    flat = Volume(values.astype(np.float32), Grid((1, 12, 14), (2.0, 1.5, 3.0)), "1")
    assert outline(flat).volume_cc(flat.grid) == pytest.approx(cc(flat))


def test_a_single_voxel_is_a_square_of_four_corners() -> None:
    one = box(GRID, (1, 3, 5), (2, 4, 6))
    (loop,) = outline(one).loops
    expected = GRID.point_at([[4.5, 2.5, 1], [5.5, 2.5, 1], [5.5, 3.5, 1], [4.5, 3.5, 1]])
    assert {tuple(p.round(6)) for p in loop} == {tuple(p.round(6)) for p in expected}


def test_voxels_on_the_border_of_the_image_are_outlined_to_their_edge() -> None:
    full = Volume(np.ones(GRID.shape, np.float32), GRID, "1")
    contours = outline(full)
    assert len(contours.loops) == 3
    index = GRID.index_of(np.concatenate(contours.loops))
    np.testing.assert_allclose(index[:, :2].min(axis=0), [-0.5, -0.5], atol=1e-9)
    np.testing.assert_allclose(index[:, :2].max(axis=0), [13.5, 11.5], atol=1e-9)


def test_a_hole_is_a_loop_of_its_own() -> None:
    values = box(GRID, (1, 1, 1), (2, 10, 10)).values.copy()
    values[1, 4:6, 4:7] = 0
    contours = outline(Volume(values, GRID, "1"))
    assert len(contours.loops) == 2
    np.testing.assert_allclose(on_whole(contours.coverage(GRID), GRID), values, atol=1e-6)


@pytest.mark.parametrize("direction", [None, SAGITTAL, TURNED])
def test_a_ball_with_partly_filled_edges_keeps_its_volume(
    direction: tuple[tuple[float, ...], ...] | None,
) -> None:
    axial = centred_grid((2.5, 2.5, 2.5), 30)
    coverage = ball(axial, 20, (0.3, -0.4, 0.7))
    if direction is not None:
        grid = Grid(axial.shape, axial.spacing_mm, (3.0, 4.0, 5.0), direction)
        coverage = Volume(coverage.values, grid, "1")
    contours = outline(coverage)
    assert contours.volume_cc(coverage.grid) == pytest.approx(ball_cc(20), rel=5e-3)
    back = on_whole(contours.coverage(coverage.grid), coverage.grid)
    assert np.abs(back - coverage.values).max() < 0.5
    changed = (back >= 0.5) != (coverage.values >= 0.5)
    assert changed.sum() < 0.02 * (coverage.values > 0.5).sum()


def test_thin_parts_keep_their_area() -> None:
    values = np.zeros(GRID.shape, np.float32)
    values[1, 5, 2:12] = 0.7
    contours = outline(Volume(values, GRID, "1"))
    assert contours.volume_cc(GRID) == pytest.approx(7 * GRID.voxel_cc, rel=0.02)


def test_what_is_less_than_half_covered_is_left_out() -> None:
    values = np.full(GRID.shape, 0.4, np.float32)
    assert outline(Volume(values, GRID, "1")).loops == ()


def test_loops_lie_on_slice_centres() -> None:
    coverage = ball(centred_grid((2.5, 2.5, 3.0), 15), 9, (0.3, -0.4, 0.7))
    for loop in outline(coverage).loops:
        level = coverage.grid.index_of(loop)[:, 2]
        np.testing.assert_allclose(level, np.rint(level[0]), atol=1e-9)


def test_a_thin_ring_keeps_its_area_although_its_outline_has_a_hole() -> None:
    grid = Grid((1, 40, 40), (1.0, 1.0, 3.0))
    y, x = np.mgrid[:40, :40]
    away = np.abs(np.hypot(x - 22.3, y - 17.6) - 9.0)
    ring = Volume(np.clip(0.9 - 0.7 * away, 0.0, 1.0)[None].astype(np.float32), grid, "1")
    contours = outline(ring)
    assert len(contours.loops) == 2
    assert contours.volume_cc(grid) == pytest.approx(cc(ring), rel=2e-3)
