"""Values move between grids without being bent, coverages without losing volume."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.case import Grid, Structure, Volume
from hepatica.case.resample import average_onto, mean_onto, resample
from hepatica.errors import InvalidInput
from tests.case.shapes import HEAD_FIRST_PRONE, SAGITTAL, TURNED, ball, cc, centred_grid

SOURCE = Grid((20, 30, 40), (2.0, 2.5, 3.0), (5.0, 6.0, 7.0))
AXIAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def random_volume(grid: Grid = SOURCE) -> Volume:
    return Volume(np.random.default_rng(5).random(grid.shape), grid, "Gy")


@pytest.mark.parametrize("direction", [AXIAL, HEAD_FIRST_PRONE, SAGITTAL, TURNED])
def test_every_voxel_gets_the_value_at_its_centre(
    direction: tuple[tuple[float, ...], ...],
) -> None:
    target = Grid((33, 22, 44), (1.7, 2.1, 1.3), (20.0, 22.0, 14.0), direction)
    dose = random_volume()
    index = np.stack(np.meshgrid(*map(np.arange, target.shape), indexing="ij"), axis=-1)
    expected = dose.sample(target.point_at(index[..., ::-1]), outside=-1.0)
    found = resample(dose.values, SOURCE, target, -1.0)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_same_grid_gives_the_same_values() -> None:
    dose = random_volume()
    np.testing.assert_array_equal(dose.on(SOURCE).values, dose.values)


def test_a_grid_beside_the_source_is_all_outside() -> None:
    target = Grid((3, 3, 3), (1, 1, 1), (900, 0, 0))
    assert np.isnan(resample(random_volume().values, SOURCE, target, np.nan)).all()


def test_a_source_of_one_slice_is_known_on_that_slice_only() -> None:
    flat = Grid((1, 5, 5), (1, 1, 1))
    target = Grid((3, 5, 5), (1, 1, 1), (0, 0, -1))
    found = resample(np.ones(flat.shape), flat, target, 0.0)
    np.testing.assert_array_equal(found[:, 2, 2], [0, 1, 0])


def test_an_array_of_another_shape_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"has shape \(2, 2, 2\), its grid \(20, 30, 40\)"):
        resample(np.zeros((2, 2, 2)), SOURCE, SOURCE, 0.0)


@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0, 1.0), (4.0, 3.7, 5.1), (2.5, 2.5, 2.5)])
@pytest.mark.parametrize("direction", [AXIAL, HEAD_FIRST_PRONE, SAGITTAL])
def test_averaging_keeps_the_volume_on_parallel_grids(
    spacing_mm: tuple[float, float, float], direction: tuple[tuple[float, ...], ...]
) -> None:
    coverage = ball(centred_grid((2.5, 2.0, 3.0), 20), 14, (1.0, 2.0, -1.0)).trimmed()
    size = 80
    origin = -np.array(direction) @ (np.array(spacing_mm) * size / 2)
    target = Grid((size,) * 3, spacing_mm, tuple(origin), direction)
    assert cc(average_onto(coverage, target)) == pytest.approx(cc(coverage), rel=1e-5)


@pytest.mark.parametrize("spacing_mm", [(1.5, 1.5, 1.5), (5.0, 5.0, 5.0)])
def test_averaging_keeps_the_volume_on_oblique_grids(
    spacing_mm: tuple[float, float, float],
) -> None:
    coverage = ball(centred_grid((2.0, 2.0, 2.0), 20), 14, (1.0, 2.0, -1.0)).trimmed()
    size = int(80 / spacing_mm[0])
    origin = -np.array(TURNED) @ (np.array(spacing_mm) * size / 2)
    target = Grid((size,) * 3, spacing_mm, tuple(origin), TURNED)
    found = average_onto(coverage, target)
    assert cc(found) == pytest.approx(cc(coverage), rel=4e-3)
    assert found.values.max() <= 1


def test_a_point_between_coarse_voxels_is_not_lost() -> None:
    fine, coarse = Grid((20, 20, 20), (1, 1, 1)), Grid((4, 4, 4), (5, 5, 5), (2, 2, 2))
    values = np.zeros(fine.shape)
    values[9, 9, 9] = 1
    speck = Volume(values, fine, "1").trimmed()
    assert speck.on(coarse).values.sum() == 0  # why coverages are averaged
    assert average_onto(speck, coarse).values.sum() == pytest.approx(1 / 125)


@pytest.mark.parametrize("offset_mm", [0.0, 0.3, 0.5, 0.7, 1.1])
def test_a_turn_about_one_axis_does_not_shift_a_structure_along_that_axis(offset_mm: float) -> None:
    angle = np.radians(8.0)
    c, s = float(np.cos(angle)), float(np.sin(angle))
    about_x = ((1.0, 0.0, 0.0), (0.0, c, -s), (0.0, s, c))
    box = Volume(np.ones((8, 10, 11)), Grid((8, 10, 11), (1.5, 1.5, 3.0)), "1")
    target = Grid((26, 26, 30), (1.5, 2.0, 3.0), (-12.0 + offset_mm, -12.0, -12.0), about_x)
    moved = Structure("box", average_onto(box, target))
    assert moved.centroid_mm == pytest.approx(box.grid.point_at((5.0, 4.5, 3.5)), abs=0.03)
    assert moved.volume_cc == pytest.approx(box.values.size * box.grid.voxel_cc, rel=2e-3)


def mass(density: Volume) -> float:
    return float(density.values.sum(dtype=float)) * density.grid.voxel_cc


def lump() -> Volume:
    """A density from 0 to 3 on a small grid: bone, water, air."""
    grid = centred_grid((2.5, 2.0, 3.0), 20)
    return Volume(np.random.default_rng(6).uniform(0, 3, grid.shape), grid, "1")


def around(
    spacing_mm: tuple[float, float, float], direction: tuple[tuple[float, ...], ...]
) -> Grid:
    """A grid of these axes that holds the lump."""
    shape = tuple(int(np.ceil(80 / step)) for step in spacing_mm[::-1])
    origin = -np.array(direction) @ (np.array(spacing_mm) * shape[::-1] / 2)
    return Grid(shape, spacing_mm, tuple(origin), direction)


@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0, 1.0), (4.0, 3.7, 5.1), (2.5, 2.5, 2.5)])
@pytest.mark.parametrize("direction", [AXIAL, HEAD_FIRST_PRONE, SAGITTAL])
def test_the_mean_keeps_the_mass_on_parallel_grids(
    spacing_mm: tuple[float, float, float], direction: tuple[tuple[float, ...], ...]
) -> None:
    density = lump()
    moved = mean_onto(density, around(spacing_mm, direction))
    assert mass(moved) == pytest.approx(mass(density), rel=1e-5)
    assert moved.values.max() <= density.values.max() + 1e-5


@pytest.mark.parametrize("step_mm", [1.5, 5.0])
def test_the_mean_keeps_the_mass_on_oblique_grids(step_mm: float) -> None:
    density = lump()
    moved = mean_onto(density, around((step_mm,) * 3, TURNED))
    assert mass(moved) == pytest.approx(mass(density), rel=4e-3)


@pytest.mark.parametrize("direction", [AXIAL, TURNED])
@pytest.mark.parametrize("value", [2.4, -1000.0])
def test_the_mean_of_a_constant_is_that_constant_inside_and_0_outside(
    direction: tuple[tuple[float, ...], ...], value: float
) -> None:
    grid = centred_grid((2.0, 2.0, 2.0), 20)
    target = around((3.0, 3.0, 3.0), direction)
    moved = mean_onto(Volume(np.full(grid.shape, value), grid, "HU"), target)
    index = np.stack(np.meshgrid(*map(np.arange, target.shape), indexing="ij"), axis=-1)
    reach = np.abs(target.point_at(index[..., ::-1])).max(axis=-1)
    np.testing.assert_allclose(moved.values[reach < 16], value, rtol=1e-6)
    assert (moved.values[reach > 26] == 0).all()
    assert moved.unit == "HU"


def test_the_mean_on_the_same_grid_is_the_quantity_itself() -> None:
    density = lump()
    np.testing.assert_allclose(mean_onto(density, density.grid).values, density.values, rtol=1e-6)


def test_the_mean_of_two_halves_is_weighed_by_what_they_fill() -> None:
    fine = Grid((1, 1, 2), (3.0, 1.0, 1.0))
    wide = Grid((1, 1, 2), (4.0, 1.0, 1.0), (0.5, 0.0, 0.0))
    moved = mean_onto(Volume(np.array([[[1.0, 5.0]]]), fine, "1"), wide)
    # 3 mm of 1 and 1 mm of 5; then 2 mm of 5 and 2 mm of nothing.
    np.testing.assert_allclose(moved.values[0, 0], [2.0, 2.5], rtol=1e-6)
