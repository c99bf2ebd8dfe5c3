"""Structures combine like sets, and their volumes add up to the last digit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hepatica.case import Contours, Grid, Margin, Structure, Volume
from hepatica.errors import Inconsistent, InvalidInput
from tests.case.shapes import TURNED, ball, ball_cc, box, centred_grid

GRID = Grid((6, 7, 8), (2.0, 2.5, 3.0), (5.0, -4.0, 3.0), TURNED)


def random_values(seed: int, part: float) -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    chosen = random.random(GRID.shape) < part
    return (random.random(GRID.shape) * chosen).astype(np.float32)


def structure(seed: int, part: float = 0.3, name: str = "A") -> Structure:
    return Structure.from_mask(name, random_values(seed, part), GRID)


SEEDS = st.tuples(st.integers(0, 10_000), st.floats(0, 0.6))


@given(a=SEEDS, b=SEEDS)
@settings(max_examples=50, deadline=None)
def test_set_algebra_adds_up(a: tuple[int, float], b: tuple[int, float]) -> None:
    one, two = structure(*a, name="A"), structure(*b, name="B")
    both, either, rest = one & two, one | two, one - two
    assert rest.volume_cc == pytest.approx(one.volume_cc - both.volume_cc, abs=1e-6)
    assert either.volume_cc == pytest.approx(
        one.volume_cc + two.volume_cc - both.volume_cc, abs=1e-6
    )
    np.testing.assert_array_equal((two & one).mask_on(GRID), both.mask_on(GRID))
    np.testing.assert_array_equal((two | one).mask_on(GRID), either.mask_on(GRID))


@given(a=SEEDS, b=SEEDS)
@settings(max_examples=30, deadline=None)
def test_masks_say_the_same_as_crops(a: tuple[int, float], b: tuple[int, float]) -> None:
    one, two = structure(*a), structure(*b, name="B")
    first, second = random_values(*a), random_values(*b)
    np.testing.assert_array_equal(one.mask_on(GRID), first)
    np.testing.assert_array_equal((one | two).mask_on(GRID), np.maximum(first, second))
    np.testing.assert_array_equal((one & two).mask_on(GRID), np.minimum(first, second))
    np.testing.assert_allclose((one - two).mask_on(GRID), np.maximum(first - second, 0))


def test_a_structure_minus_itself_is_empty() -> None:
    assert (structure(3) - structure(3)).is_empty


def test_names_tell_how_a_structure_came_about() -> None:
    liver, gtv = structure(1, name="Liver"), structure(2, name="GTV1")
    assert (liver - gtv).name == "Liver-GTV1"
    assert (liver | gtv).name == "Liver or GTV1"
    assert (liver & gtv).origin == "derived: Liver and GTV1"
    assert (liver & gtv).derived


def test_structures_far_apart_combine() -> None:
    first = box(GRID, (0, 0, 0), (1, 1, 1)).trimmed()
    second = box(GRID, (5, 6, 7), (6, 7, 8)).trimmed()
    one, two = Structure("A", first), Structure("B", second)
    assert (one | two).grid.shape == GRID.shape
    assert (one & two).is_empty
    assert (one - two).volume_cc == pytest.approx(one.volume_cc)


def test_other_lattices_are_refused_until_resampled() -> None:
    other = Structure("B", Volume(np.ones((3, 3, 3)), Grid((3, 3, 3), (2, 2, 2)), "1"))
    with pytest.raises(Inconsistent, match="A and B: the voxels do not coincide"):
        structure(1) & other
    with pytest.raises(Inconsistent, match="Structure B: the voxels do not coincide"):
        other.mask_on(GRID)


def test_resampling_keeps_the_volume() -> None:
    fine, coarse = centred_grid((1.0, 1.0, 1.0), 20), centred_grid((2.5, 2.5, 3.0), 22)
    one = Structure("A", ball(fine, 15, (0.3, 0.2, 0.1)).trimmed())
    for grid in (coarse, Grid(coarse.shape, coarse.spacing_mm, coarse.point_at((0, 0, 0)))):
        assert one.on(grid).volume_cc == pytest.approx(ball_cc(15), rel=1e-3)
    assert one.on(fine) is one


def test_resampling_a_whole_voxel_structure_does_not_lose_its_rim() -> None:
    coarse, fine = Grid((6, 6, 6), (4, 4, 4)), Grid((40, 40, 40), (1, 1, 1), (-5, -5, -5))
    one = Structure("A", box(coarse, (2, 2, 2), (4, 4, 4)).trimmed())
    assert one.on(fine).volume_cc == pytest.approx(one.volume_cc)


def test_the_centre_of_a_ball_is_its_centre() -> None:
    grid = centred_grid((2.5, 2.0, 3.0), 30)
    one = Structure("A", ball(grid, 15, (3.3, -4.2, 5.1)).trimmed())
    np.testing.assert_allclose(one.centroid_mm, [3.3, -4.2, 5.1], atol=0.02)


def test_an_empty_structure_has_no_centre() -> None:
    empty = Structure.from_mask("A", np.zeros(GRID.shape), GRID)
    assert empty.is_empty
    assert empty.volume_cc == 0
    with pytest.raises(InvalidInput, match="Structure A is empty"):
        _ = empty.centroid_mm


def test_contours_give_both_their_volumes() -> None:
    grid = Grid((6, 20, 20), (1.0, 1.0, 2.0))
    loops = tuple(
        np.array([[2.3, 2.3, z], [12.3, 2.3, z], [12.3, 12.3, z], [2.3, 12.3, z]])
        for z in (2.0, 4.0, 6.0)
    )
    one = Structure.from_contours("A", Contours(loops), grid)
    assert one.contour_volume_cc == pytest.approx(0.6)
    assert one.volume_cc == pytest.approx(0.6, rel=2e-3)
    assert structure(1).contour_volume_cc is None


def test_grown_and_cut_back() -> None:
    grid = centred_grid((2.5, 2.5, 2.5), 45)
    gtv = Structure("GTV1", ball(grid, 20, (0.3, 0.2, 0.1)), "GTV")
    liver = Structure("Liver", ball(grid, 25, (0.3, 0.2, 0.1)))
    ctv = gtv.grown(8, grid, inside=liver)
    assert ctv.volume_cc == pytest.approx(ball_cc(25), rel=2e-3)
    assert gtv.grown(Margin.uniform(8), grid).name == "GTV1+8 mm"


@pytest.mark.parametrize(
    ("values", "unit", "message"),
    [
        (np.full((2, 2, 2), 1.5), "1", r"Structure A: coverage runs from 1\.5 to 1\.5"),
        (np.full((2, 2, 2), -0.5), "1", "0 to 1 is allowed"),
        (np.full((2, 2, 2), np.nan), "1", "runs from nan to nan"),
        (np.ones((2, 2, 2)), "Gy", "Structure A: coverage is in Gy, not 1"),
    ],
)
def test_what_is_no_coverage_is_refused(
    values: NDArray[np.float64], unit: str, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        Structure("A", Volume(values, Grid((2, 2, 2), (1, 1, 1)), unit))


def test_a_margin_reads_as_it_is_written() -> None:
    assert str(Margin.uniform(8)) == "8 mm"
    assert str(Margin(1, 2, 3, 4, 5, 6.5)) == "L1 R2 A3 P4 S5 I6.5 mm"


def test_a_contour_needs_three_points() -> None:
    with pytest.raises(InvalidInput, match=r"shape \(2, 3\); it needs at least 3 points"):
        Contours((np.zeros((2, 3)),))
