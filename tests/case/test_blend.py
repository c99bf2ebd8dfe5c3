"""A surface that is bent from outline to outline, against bodies whose shape is known."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely import contains_xy, distance, points
from shapely.geometry import Polygon

from hepatica.case import Contours, Grid, Structure
from hepatica.case.rasterise import slabs_of
from hepatica.case.solid import SLABS, Solid
from hepatica.errors import InvalidInput
from tests.case.shapes import HEAD_FIRST_PRONE, SAGITTAL, TURNED, cc, on_whole

Loop = NDArray[np.float64]
Floats = NDArray[np.float64]
Disc = Callable[[Floats], tuple[Floats, Floats]]

STEP_MM = 3.0
HEIGHTS_MM = STEP_MM * np.arange(-5, 6)
GRID = Grid((33, 50, 50), (1.0, 1.0, 1.0), (-24.5, -24.5, -16.0))

# Radius and shift along x of the disc at each height: every body is a pile of discs.
BODIES: dict[str, Disc] = {
    "cylinder": lambda z: (np.full_like(z, 12.0), np.zeros_like(z)),
    "cone": lambda z: (11.0 + 0.6 * z, np.zeros_like(z)),
    "sphere": lambda z: (np.sqrt(np.maximum(16.0**2 - z**2, 0)), np.zeros_like(z)),
    "oblique cylinder": lambda z: (np.full_like(z, 8.0), 0.8 * z),
}


def circle(radius: float, z: float, x: float = 0.0, y: float = 0.0, corners: int = 400) -> Loop:
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    height = np.full(corners, z)
    return np.column_stack([x + radius * np.cos(turn), y + radius * np.sin(turn), height])


def square(low: float, high: float, z: float) -> Loop:
    return np.array([[low, low, z], [high, low, z], [high, high, z], [low, high, z]])


def outlines(disc: Disc) -> Contours:
    radii, shifts = disc(HEIGHTS_MM)
    drawn = zip(radii, HEIGHTS_MM, shifts, strict=True)
    return Contours(tuple(circle(r, z, x) for r, z, x in drawn))


def truth(disc: Disc) -> Floats:
    """Coverage of the body between the outermost planes, from 6 x 6 x 6 points per voxel."""
    fine = 6
    places = [
        GRID.origin_mm[a] + (np.arange(GRID.shape[2 - a] * fine) + 0.5) / fine - 0.5
        for a in range(3)
    ]
    x, y, z = places
    radii, shifts = disc(z)
    inside = (x - shifts[:, None, None]) ** 2 + y[:, None] ** 2 <= radii[:, None, None] ** 2
    inside &= (np.abs(z) <= HEIGHTS_MM[-1])[:, None, None]
    nz, ny, nx = GRID.shape
    return inside.reshape(nz, fine, ny, fine, nx, fine).mean(axis=(1, 3, 5))


def misplaced(contours: Contours, body: Floats) -> float:
    """Volume that is inside one and outside the other, as a share of the body."""
    return float(np.abs(on_whole(contours.coverage(GRID), GRID) - body).sum() / body.sum())


# Per cent of the body that may be misplaced: blended, and what slabs without caps do at least.
@pytest.mark.parametrize(
    ("name", "blended", "slabs"),
    [
        ("cylinder", 0.4, 0.0),
        ("cone", 0.2, 6.0),
        ("sphere", 1.6, 5.5),
        ("oblique cylinder", 0.9, 8.5),
    ],
)
def test_a_bent_surface_is_nearer_to_the_body_than_slabs(
    name: str, blended: float, slabs: float
) -> None:
    contours, body = outlines(BODIES[name]), truth(BODIES[name])
    upright = Contours(contours.loops, Solid("slabs", 0.0))
    assert 100 * misplaced(contours.blended(), body) < blended
    assert 100 * misplaced(upright, body) >= slabs


@pytest.mark.parametrize(("name", "expected"), [("cylinder", 1e-4), ("cone", 3e-4)])
def test_cylinder_and_cone_keep_their_volume(name: str, expected: float) -> None:
    radii = BODIES[name](HEIGHTS_MM)[0]
    low, high = float(radii[0]), float(radii[-1])
    frustum = np.pi * 30 / 3 * (low**2 + low * high + high**2) / 1000
    assert cc(outlines(BODIES[name]).blended().coverage(GRID)) == pytest.approx(
        frustum, rel=expected
    )


def test_where_neighbours_are_alike_blending_changes_nothing() -> None:
    contours = outlines(BODIES["cylinder"])
    bent = on_whole(contours.blended(0.5).coverage(GRID), GRID)
    # 16 scan lines per voxel instead of 32.
    np.testing.assert_allclose(bent, on_whole(contours.coverage(GRID), GRID), atol=5e-3)


@pytest.mark.parametrize("end_cap", [0.0, 0.1, 0.5])
def test_end_caps_continue_the_outermost_outlines(end_cap: float) -> None:
    contours = Contours(tuple(square(-5.5, 5.5, z) for z in HEIGHTS_MM))
    expected = 121 * (30 + 2 * end_cap * STEP_MM) / 1000
    assert cc(contours.blended(end_cap).coverage(GRID)) == pytest.approx(expected, rel=1e-6)
    capped = Contours(contours.loops, Solid("slabs", end_cap))
    assert cc(capped.coverage(GRID)) == pytest.approx(expected, rel=1e-6)
    assert capped.volume_cc(GRID) == pytest.approx(expected, rel=1e-9)


def test_half_way_between_two_outlines_the_surface_is_half_way_up() -> None:
    # At x = 8 the outlines are 2 mm to either side.
    grid = Grid((3, 24, 24), (1.0, 1.0, STEP_MM), (-12.0, -12.0, -STEP_MM))
    wide, narrow = square(-10, 10, -1.5), square(-6, 6, 1.5)
    values = on_whole(Contours((wide, narrow)).blended().coverage(grid), grid)
    assert values[1, 12, 12] == pytest.approx(1.0)
    np.testing.assert_allclose(values[1, 12, 18:23], [0.97, 0.75, 0.5, 0.25, 0.03], atol=0.01)


def test_thin_slices_see_the_surface_rise() -> None:
    grid = Grid((8, 24, 24), (1.0, 1.0, 0.5), (-12.0, -12.0, -1.75))
    wide, narrow = square(-10, 10, -1.5), square(-6, 6, 1.5)
    values = on_whole(Contours((wide, narrow)).blended().coverage(grid), grid)
    np.testing.assert_allclose(values[:, 12, 20], [0, 1, 1, 0.8125, 0.1875, 0, 0, 0], atol=1e-6)


def test_a_hole_that_narrows_is_a_cone() -> None:
    walls = [square(-20, 20, z) for z in HEIGHTS_MM]
    holes = [circle(11 + 0.6 * z, z) for z in HEIGHTS_MM]
    contours = Contours((*walls, *holes)).blended()
    hole = np.pi * 30 / 3 * (20**2 + 20 * 2 + 2**2) / 1000
    assert cc(contours.coverage(GRID)) == pytest.approx(1600 * 30 / 1000 - hole, rel=1e-3)


def test_the_bridge_of_a_keyhole_is_no_boundary() -> None:
    def ring(outer: float, inner: float, z: float) -> tuple[Loop, Loop, Loop]:
        wall, hole = square(-outer, outer, z), square(-inner, inner, z)
        return wall, hole, np.concatenate([wall, wall[:1], hole[::-1], hole[-1:]])

    lower, upper = ring(20, 4, -1.5), ring(14, 10, 1.5)
    holes = Contours((*lower[:2], *upper[:2])).blended().coverage(GRID)
    bridged = Contours((lower[2], upper[2])).blended().coverage(GRID)
    np.testing.assert_allclose(on_whole(bridged, GRID), on_whole(holes, GRID), atol=1e-6)


def test_two_branches_grow_from_one_stem() -> None:
    stem = circle(18, -1.5)
    branches = [circle(6, 1.5, -9), circle(6, 1.5, 9)]
    both = cc(Contours((stem, *branches)).blended().coverage(GRID))
    assert 3 * np.pi * 2 * 6**2 < 1000 * both < 3 * np.pi * 18**2
    values = on_whole(Contours((stem, *branches)).blended().coverage(GRID), GRID)
    middle = values[:, 25, 24]
    # 17.3 mm deep in the stem and 2.5 mm from the branches: up to 1.12 mm.
    assert middle[15] == pytest.approx(1.0, abs=1e-6)
    assert middle[17] == pytest.approx(0.62, abs=0.01)
    assert middle[18] == 0


def test_an_island_that_appears_tapers_towards_the_plane_without_it() -> None:
    rest = [square(-20, -10, -1.5), square(-20, -10, 1.5)]
    island = circle(4, -1.5, 10)
    alone = Contours(tuple(rest)).blended().coverage(GRID)
    found = Contours((*rest, island)).blended().coverage(GRID)
    extra = on_whole(found, GRID) - on_whole(alone, GRID)
    # About its centre the island is 3.2 mm deep and the other plane's outline 22.4 mm away.
    height = 3 * 3.235 / (3.235 + 22.4)
    assert extra[:, 24:26, 34:36].sum(axis=0).mean() == pytest.approx(height, abs=0.003)
    assert extra[16:].sum() == 0


def test_a_missing_plane_is_a_gap_with_caps() -> None:
    loops = [square(-5.5, 5.5, z) for z in (-12.0, -9.0, -6.0, 0.0, 3.0)]
    contours = Contours(tuple(loops)).blended(0.1)
    column = on_whole(contours.coverage(GRID), GRID)[:, 25, 25]
    assert column.sum() == pytest.approx((6 + 0.6) + (3 + 0.6))
    np.testing.assert_allclose(column[9:18], [1, 0.8, 0, 0, 0, 0, 0, 0.8, 1], atol=1e-6)
    np.testing.assert_allclose(slabs_of(contours, GRID).gaps_mm, [0, 0, 5.4, 0], atol=1e-9)


def test_a_plane_without_neighbours_is_one_slice_thick_whatever_the_caps() -> None:
    single = Contours((square(-5.5, 5.5, 0.0),))
    assert cc(single.blended().coverage(GRID)) == pytest.approx(0.121)
    heights = (-12.0, -9.0, -6.0, 3.0)
    lonely = Contours(tuple(square(-5.5, 5.5, z) for z in heights)).blended()
    assert cc(lonely.coverage(GRID)) == pytest.approx(0.121 * (6 + 3))


def test_a_loop_drawn_twice_is_no_outline_to_blend_with() -> None:
    loop, twice = square(-5.5, 5.5, 0.0), square(-5.5, 5.5, 3.0)
    contours = Contours((loop, twice, twice)).blended()
    assert cc(contours.coverage(GRID)) == 0.0


@pytest.mark.parametrize("direction", [HEAD_FIRST_PRONE, SAGITTAL, TURNED])
def test_the_orientation_of_the_grid_does_not_matter(
    direction: tuple[tuple[float, float, float], ...],
) -> None:
    turned = Grid(GRID.shape, GRID.spacing_mm, (3.0, -7.0, 11.0), direction)
    loops = outlines(BODIES["oblique cylinder"]).loops
    moved = tuple(turned.point_at(GRID.index_of(loop)) for loop in loops)
    here = Contours(loops).blended().coverage(GRID)
    there = Contours(moved).blended().coverage(turned)
    np.testing.assert_allclose(on_whole(there, turned), on_whole(here, GRID), atol=1e-5)


def test_pixels_need_not_be_square() -> None:
    grid = Grid((33, 50, 25), (2.0, 1.0, 1.0), (-24.0, -24.5, -16.0))
    contours = outlines(BODIES["oblique cylinder"]).blended()
    assert cc(contours.coverage(grid)) == pytest.approx(cc(contours.coverage(GRID)), rel=1e-3)


def test_what_lies_outside_the_grid_is_cut_and_can_be_seen() -> None:
    contours = outlines(BODIES["cone"]).blended()
    whole = on_whole(contours.coverage(GRID), GRID)
    part = GRID.crop((10, 8, 12), (20, 30, 26))
    cut = on_whole(contours.coverage(part), part)
    np.testing.assert_allclose(cut, whole[10:20, 8:30, 12:26], atol=2e-3)
    assert contours.volume_cc(part) == pytest.approx(contours.volume_cc(GRID), rel=1e-6)
    assert contours.volume_cc(GRID) == pytest.approx(float(whole.sum()) / 1000, rel=1e-6)


def sampled_cc(planes: tuple[Loop, Loop], pitch_mm: float = 0.25, layers: int = 24) -> float:
    """The rule itself, point by point."""
    at = np.arange(-20, 20, pitch_mm) + pitch_mm / 2
    x, y = (a.ravel() for a in np.meshgrid(at, at))
    depth = []
    for loop in planes:
        outline = Polygon(loop[:, :2])
        away = distance(outline.exterior, points(x, y))
        depth.append(np.where(contains_xy(outline, x, y), away, -away))
    share = (np.arange(layers) + 0.5) / layers
    inside = sum(int(((1 - s) * depth[0] + s * depth[1] > 0).sum()) for s in share)
    return inside * pitch_mm**2 * STEP_MM / layers / 1000


@given(
    lower=st.lists(st.floats(4, 12), min_size=5, max_size=12),
    upper=st.lists(st.floats(4, 12), min_size=5, max_size=12),
    shift=st.floats(-6, 6),
)
@settings(max_examples=15, deadline=None)
def test_any_two_outlines_are_joined_by_the_rule(
    lower: list[float], upper: list[float], shift: float
) -> None:
    loops = []
    for radii, z, x in ((lower, -1.5, 0.0), (upper, 1.5, shift)):
        turn = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
        flat = np.array(radii) * np.array([np.cos(turn), np.sin(turn)]) + [[x], [0.0]]
        loops.append(np.column_stack([*flat, np.full(len(radii), z)]))
    found = cc(Contours(tuple(loops)).blended().coverage(GRID))
    assert found == pytest.approx(sampled_cc((loops[0], loops[1])), rel=5e-3)


def test_the_order_of_the_planes_does_not_matter() -> None:
    contours = outlines(BODIES["cone"]).blended()
    backward = Contours(contours.loops[::-1], contours.solid)
    np.testing.assert_array_equal(backward.coverage(GRID).values, contours.coverage(GRID).values)
    assert all(a[0, 2] < b[0, 2] for a, b in pairwise(contours.loops))


def test_a_structure_says_how_its_outlines_were_joined() -> None:
    contours = outlines(BODIES["cone"])
    plain = Structure.from_contours("GTV", contours, GRID, origin="ROI 1")
    bent = Structure.from_contours("GTV", contours.blended(0.1), GRID, origin="ROI 1")
    assert plain.origin == "ROI 1"
    assert bent.origin == (
        "ROI 1; shapes blended from plane to plane, end caps of 0.1 plane distances"
    )
    assert bent.contour_volume_cc == pytest.approx(bent.volume_cc, rel=1e-6)


def test_slabs_with_half_a_slice_are_what_outlines_mean_unless_said_otherwise() -> None:
    contours = outlines(BODIES["cone"])
    assert contours.solid == SLABS == Solid("slabs", 0.5)
    assert contours.blended().solid == Solid("blended") == Solid("blended", 0.0)


@pytest.mark.parametrize("end_cap", [-0.1, 0.8, float("nan")])
def test_an_end_cap_that_is_none_is_refused(end_cap: float) -> None:
    with pytest.raises(InvalidInput, match=r"end cap of .* plane distances: 0 to 0\.75 is allowed"):
        outlines(BODIES["cone"]).blended(end_cap)


def test_an_unknown_solid_is_refused() -> None:
    with pytest.raises(InvalidInput, match="'slabs' or 'blended', not 'lofted'"):
        Solid("lofted")  # type: ignore[arg-type]
