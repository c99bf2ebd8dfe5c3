"""Margins: volumes of grown balls and boxes are known to the last per mille."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hepatica.case import Grid, Margin, Structure, Volume
from hepatica.case.margin import grow
from hepatica.errors import Inconsistent, InvalidInput
from tests.case.shapes import (
    HEAD_FIRST_PRONE,
    SAGITTAL,
    TURNED,
    ball,
    ball_cc,
    box,
    cc,
    centred_grid,
    on_whole,
)

OFF_CENTRE = (0.3, -0.4, 0.7)


def box_grid(direction: tuple[tuple[float, ...], ...] | None = None) -> Grid:
    shape, spacing = (30, 40, 40), (2.0, 2.0, 3.0)
    return Grid(shape, spacing) if direction is None else Grid(shape, spacing, (5, 6, 7), direction)


@pytest.mark.parametrize(
    ("spacing_mm", "allowed"),
    [((2.5, 2.5, 2.5), 0.005), ((1.0, 1.0, 3.0), 0.005), ((2.0, 2.0, 5.0), 0.01)],
)
@pytest.mark.parametrize(("radius_mm", "margin_mm"), [(20, 8), (20, 1), (20, -5), (30, 5)])
def test_a_grown_ball_has_the_volume_of_the_larger_ball(
    spacing_mm: tuple[float, float, float], allowed: float, radius_mm: float, margin_mm: float
) -> None:
    grid = centred_grid(spacing_mm, 45)
    start = ball(grid, radius_mm, OFF_CENTRE)
    grown = grow(start.trimmed(), Margin.uniform(margin_mm), grid)
    assert cc(grown) == pytest.approx(ball_cc(radius_mm + margin_mm), rel=allowed)


def test_a_mask_of_whole_voxels_grows_like_the_ball_and_not_like_its_stairs() -> None:
    grid = centred_grid((2.5, 2.5, 2.5), 45)
    stairs = Volume((ball(grid, 20, OFF_CENTRE).values >= 0.5).astype(np.float32), grid, "1")
    grown = grow(stairs.trimmed(), Margin.uniform(8), grid)
    assert cc(grown) == pytest.approx(ball_cc(28), rel=0.005)


def test_a_small_tumour_grows_by_the_whole_margin() -> None:
    grid = centred_grid((2.5, 2.5, 2.5), 30)
    grown = grow(ball(grid, 5, OFF_CENTRE).trimmed(), Margin.uniform(10), grid)
    assert cc(grown) == pytest.approx(ball_cc(15), rel=0.025)


def test_a_single_voxel_grows_into_a_ball() -> None:
    grid = centred_grid((2.0, 2.0, 2.0), 20)
    grown = grow(box(grid, (10, 10, 10), (11, 11, 11)).trimmed(), Margin.uniform(8), grid)
    assert ball_cc(8) < cc(grown) < ball_cc(8 + np.sqrt(3))


def test_a_tumour_on_one_thick_slice_grows_by_the_whole_margin_from_its_faces() -> None:
    grid = Grid((20, 30, 30), (2.0, 2.0, 5.0))
    grown = grow(box(grid, (10, 10, 10), (11, 20, 20)), Margin(0, 0, 0, 0, 10, 10), grid)
    assert cc(grown) == pytest.approx(20 * 20 * 25 / 1000, rel=0.02)


@pytest.mark.parametrize(
    ("side", "box_mm"),
    [
        ("left_mm", (7, 0, 0)),
        ("right_mm", (7, 0, 0)),
        ("anterior_mm", (0, 7, 0)),
        ("posterior_mm", (0, 7, 0)),
        ("superior_mm", (0, 0, 7)),
        ("inferior_mm", (0, 0, 7)),
    ],
)
@pytest.mark.parametrize("direction", [None, HEAD_FIRST_PRONE, SAGITTAL])
def test_one_side_alone_moves_that_side_alone(
    side: str, box_mm: tuple[int, int, int], direction: tuple[tuple[float, ...], ...] | None
) -> None:
    grid = box_grid(direction)
    start = box(grid, (10, 12, 12), (20, 28, 28))
    sides = dict.fromkeys(
        ("left_mm", "right_mm", "anterior_mm", "posterior_mm", "superior_mm", "inferior_mm"), 0.0
    )
    margin = Margin(**{**sides, side: 7.0})
    grown = Structure("box", grow(start, margin, grid))
    extent = np.abs(grid.axes @ np.array([32.0, 32.0, 30.0]))
    assert grown.volume_cc == pytest.approx(np.prod(extent + box_mm) / 1000, rel=0.006)
    sign = 1 if side in ("left_mm", "posterior_mm", "superior_mm") else -1
    moved = grown.centroid_mm - Structure("start", start).centroid_mm
    np.testing.assert_allclose(moved, sign * np.array(box_mm) / 2, atol=0.15)


def test_six_different_sides_make_six_different_half_axes() -> None:
    grid = centred_grid((2.0, 2.0, 2.0), 40)
    point = box(grid, (20, 20, 20), (21, 21, 21))
    margin = Margin(16, 10, 8, 14, 20, 6)
    grown = on_whole(grow(point, margin, grid), grid)
    octants = np.pi / 6 * (16 + 10) * (8 + 14) * (20 + 6) / 1000
    assert octants < grown.sum() * grid.voxel_cc < 1.4 * octants
    reach = [
        (grown[20, 20, 21:], 16),
        (grown[20, 20, 19::-1], 10),
        (grown[20, 19::-1, 20], 8),
        (grown[20, 21:, 20], 14),
        (grown[21:, 20, 20], 20),
        (grown[19::-1, 20, 20], 6),
    ]
    for line, side_mm in reach:
        assert line.sum() * 2.0 + 1.0 == pytest.approx(side_mm + 1.0, abs=0.6)


def test_unequal_sides_of_a_large_ball_agree_with_the_sum_of_the_bodies() -> None:
    # Minkowski sum of a ball of radius r and an ellipsoid of half-axes (a, b, c), r >> a, b, c:
    # V = V_ball + r^2 * integral of the support function + ... ; checked against 3 mm points.
    grid = centred_grid((2.5, 2.5, 2.5), 45)
    margin = Margin(10, 5, 8, 4, 12, 6)
    grown = grow(ball(grid, 20, OFF_CENTRE).trimmed(), margin, grid)
    assert cc(grown) == pytest.approx(_swept_cc(20, margin), rel=0.005)


def _swept_cc(radius_mm: float, margin: Margin) -> float:
    """Volume of a ball after a six-sided ellipsoid moved over it, from its support function.

    The surface point of normal n is ``radius n`` plus the ellipsoid's own point of that normal; in
    an octant those points, scaled to the sphere, give the volume as a sum over triangles.
    """
    turns, heights = np.linspace(0, 2 * np.pi, 721), np.linspace(-1, 1, 721)
    turn, height = np.meshgrid(turns, heights)
    flat = np.sqrt(1 - height**2)
    normal = np.stack([flat * np.cos(turn), flat * np.sin(turn), height])
    left, right, front, back, head, foot = margin.sides_mm
    half = np.stack(
        [
            np.where(normal[0] > 0, left, right),
            np.where(normal[1] > 0, back, front),
            np.where(normal[2] > 0, head, foot),
        ]
    )
    support = np.sqrt(((half * normal) ** 2).sum(axis=0))
    points = radius_mm * normal + half**2 * normal / support
    p, q = points[:, :-1, :-1], points[:, 1:, :-1]
    r, s = points[:, 1:, 1:], points[:, :-1, 1:]
    first = np.einsum("ijk,ijk->", p, np.cross(r, q, axis=0))
    second = np.einsum("ijk,ijk->", p, np.cross(s, r, axis=0))
    return float(abs(first + second)) / 6 / 1000


def test_equal_margins_work_on_an_oblique_grid() -> None:
    axial = centred_grid((2.5, 2.5, 2.5), 45)
    start = ball(axial, 20, OFF_CENTRE)
    grid = Grid(axial.shape, axial.spacing_mm, (9.0, 8.0, 7.0), TURNED)
    grown = grow(Volume(start.values, grid, "1"), Margin.uniform(8), grid)
    assert cc(grown) == pytest.approx(ball_cc(28), rel=0.004)


def test_margins_equal_in_the_turned_plane_work_too() -> None:
    grid = Grid((30, 40, 40), (2.0, 2.0, 3.0), (0.0, 0.0, 0.0), TURNED)
    grown = grow(box(grid, (10, 12, 12), (20, 28, 28)), Margin(0, 0, 0, 0, 9, 6), grid)
    assert cc(grown) == pytest.approx(32 * 32 * 45 / 1000, rel=0.01)


def test_unequal_margins_on_an_oblique_grid_are_refused() -> None:
    grid = Grid((30, 40, 40), (2.0, 2.0, 3.0), (0.0, 0.0, 0.0), TURNED)
    with pytest.raises(Inconsistent, match=r"L5 R3 .*oblique.*Use equal margins"):
        grow(box(grid, (10, 12, 12), (20, 28, 28)), Margin(5, 3, 3, 3, 3, 3), grid)


def test_margins_of_both_signs_are_refused() -> None:
    with pytest.raises(InvalidInput, match="of one sign"):
        Margin(5, 5, -1, 5, 5, 5)


def test_a_grid_of_other_voxels_is_refused() -> None:
    grid = box_grid()
    with pytest.raises(Inconsistent, match="Growing a structure: the voxels do not coincide"):
        grow(box(grid, (10, 12, 12), (20, 28, 28)), Margin.uniform(3), Grid((9, 9, 9), (1, 1, 1)))


def test_no_margin_changes_nothing() -> None:
    grid = box_grid()
    start = box(grid, (10, 12, 12), (20, 28, 28))
    np.testing.assert_array_equal(
        on_whole(grow(start, Margin.uniform(0), grid), grid), on_whole(start, grid)
    )


def test_nothing_is_drawn_beyond_the_image() -> None:
    grid = box_grid()
    start = box(grid, (0, 0, 0), (20, 28, 28)).crop((0, 0, 0), (20, 28, 28))
    grown = grow(start, Margin.uniform(9), grid)
    assert grid.offset_of(grown.grid) == (0, 0, 0)
    whole = on_whole(grown, grid)
    assert whole[:23, 10, 10].min() == 1.0
    assert whole[23].max() < 0.2  # the rounded edges of a perfect box, no more


def test_a_structure_outside_the_image_leaves_nothing() -> None:
    grid = box_grid()
    start = box(grid, (25, 35, 35), (30, 40, 40)).trimmed()
    part = grid.crop((0, 0, 0), (5, 5, 5))
    grown = grow(start, Margin.uniform(4), part)
    assert grown.values.shape == (1, 1, 1)
    assert not grown.values.any()


def test_an_empty_structure_stays_empty() -> None:
    grid = box_grid()
    assert not grow(box(grid, (0, 0, 0), (0, 0, 0)), Margin.uniform(4), grid).values.any()


def test_shrinking_by_more_than_the_radius_leaves_nothing() -> None:
    grid = centred_grid((2.5, 2.5, 2.5), 30)
    assert cc(grow(ball(grid, 10, OFF_CENTRE), Margin.uniform(-12), grid)) == 0.0


def test_shrinking_one_side_moves_that_side_inward() -> None:
    grid = box_grid()
    start = Structure("box", box(grid, (10, 12, 12), (20, 28, 28)))
    shrunk = Structure("less", grow(start.coverage, Margin(-5, 0, 0, 0, 0, 0), grid))
    assert shrunk.volume_cc == pytest.approx(27 * 32 * 30 / 1000, rel=0.01)
    np.testing.assert_allclose(shrunk.centroid_mm - start.centroid_mm, [-2.5, 0, 0], atol=0.1)


def test_a_cavity_smaller_than_the_margin_is_closed() -> None:
    grid = centred_grid((2.5, 2.5, 2.5), 40)
    shell = ball(grid, 25, OFF_CENTRE).values - ball(grid, 6, OFF_CENTRE).values
    grown = grow(Volume(shell, grid, "1"), Margin.uniform(8), grid)
    assert cc(grown) == pytest.approx(ball_cc(33), rel=0.004)


@given(
    sides=st.lists(st.floats(0, 12), min_size=6, max_size=6),
    seed=st.integers(0, 1000),
    part=st.floats(0.02, 0.3),
)
@settings(max_examples=25, deadline=None)
def test_growing_never_uncovers_and_shrinking_never_covers(
    sides: list[float], seed: int, part: float
) -> None:
    grid = Grid((9, 10, 11), (2.0, 2.5, 3.0))
    random = np.random.default_rng(seed)
    values = random.random(grid.shape) * (random.random(grid.shape) < part)
    start = Volume(values.astype(np.float32), grid, "1")
    margin = Margin(*sides)
    grown = on_whole(grow(start, margin, grid), grid)
    shrunk = on_whole(grow(start, Margin(*(-s for s in sides)), grid), grid)
    assert (grown >= start.values).all()
    assert (shrunk <= start.values).all()
    assert grown.max() <= 1
    assert shrunk.min() >= 0


@given(margins=st.tuples(st.floats(0, 9), st.floats(0, 6)))
@settings(max_examples=10, deadline=None)
def test_a_larger_margin_covers_more(margins: tuple[float, float]) -> None:
    grid = centred_grid((2.5, 2.5, 2.5), 30)
    start = ball(grid, 12, OFF_CENTRE).trimmed()
    less = cc(grow(start, Margin.uniform(margins[0]), grid))
    more = cc(grow(start, Margin.uniform(margins[0] + margins[1]), grid))
    assert more >= less - 0.02
