"""Laws that every histogram obeys, on whatever lattices dose and structure lie."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.case import Grid, Volume
from hepatica.errors import Inconsistent, InvalidInput
from hepatica.physics.dvh import DVH, dose_volume_histogram
from tests.physics.dvh.solids import GRADIENTS, Solid, grid_around, linear_dose


def block(grid: Grid, low: tuple[int, int, int], high: tuple[int, int, int]) -> Volume:
    """A box of whole voxels, array index low up to high."""
    values = np.zeros(grid.shape, np.float32)
    values[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = 1.0
    return Volume(values, grid, "1")


def sphere(radius_mm: float = 16.0) -> Volume:
    solid = Solid("sphere", radius_mm)
    grid = grid_around(radius_mm + 6, (1.0, 1.0, 2.5), (0.3, -0.2, 0.4))
    return solid.contours(solid.planes_mm(2.5, 0.4)).coverage(grid)


def same_curve(a: DVH, b: DVH, tolerance_gy: float) -> None:
    for share in np.linspace(0.01, 0.99, 50):
        first, second = (d.dose_to_hottest_cc(share * d.total_cc) for d in (a, b))
        assert first == pytest.approx(second, abs=tolerance_gy)


def test_a_box_of_whole_voxels_in_a_slope_is_a_flat_histogram_between_its_faces() -> None:
    grid = grid_around(10, (2.0, 2.0, 2.0))
    dvh = dose_volume_histogram(linear_dose(grid, (1.0, 0, 0)), block(grid, (3, 3, 3), (7, 7, 7)))
    assert dvh.total_cc == pytest.approx(4**3 * 0.008)
    # Columns 3 to 6 are centred at -4 to +2 mm and end at -5 and +3 mm.
    assert (dvh.min_gy, dvh.mean_gy, dvh.max_gy) == pytest.approx((95.0, 99.0, 103.0), abs=1e-4)
    assert dvh.cumulative_cc(99.0) == pytest.approx(dvh.total_cc / 2, rel=1e-3)
    assert dvh.dose_to_hottest_cc(0.25 * dvh.total_cc) == pytest.approx(101.0, abs=0.01)


def test_a_uniform_dose_is_the_answer_to_every_question() -> None:
    grid = grid_around(10, (2.0, 2.0, 2.0))
    dvh = dose_volume_histogram(
        Volume(np.full(grid.shape, 12.345), grid, "Gy"), block(grid, (3, 3, 3), (7, 7, 7))
    )
    for dose in (dvh.min_gy, dvh.max_gy, dvh.mean_gy, dvh.dose_to_hottest_cc(0.1)):
        assert dose == pytest.approx(12.345, abs=1e-5)
    assert dvh.cumulative_cc(dvh.max_gy) == dvh.covered_cc
    assert dvh.cumulative_cc(12.35) == 0.0


def test_a_plateau_and_a_slope_keep_their_volumes() -> None:
    grid = grid_around(20, (2.0, 2.0, 2.0))
    slope = np.minimum(linear_dose(grid, (1.0, 0, 0)).values, 100.0)
    dvh = dose_volume_histogram(Volume(slope, grid, "Gy"), block(grid, (5, 5, 5), (15, 15, 16)))
    assert dvh.max_gy == 100.0
    assert dvh.cumulative_cc(99.5) / dvh.total_cc == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("name", list(GRADIENTS))
def test_the_curve_never_rises_and_its_bins_hold_the_whole_structure(name: str) -> None:
    coverage = sphere()
    dvh = dose_volume_histogram(linear_dose(grid_around(30, (2.5,) * 3), GRADIENTS[name]), coverage)
    _, volume = dvh.cumulative()
    assert (np.diff(volume) <= 0).all()
    assert dvh.volume_cc.sum() == pytest.approx(dvh.covered_cc, rel=1e-9)
    voxels = float(coverage.values.sum(dtype=float)) * coverage.grid.voxel_cc
    assert dvh.total_cc == pytest.approx(voxels, rel=1e-6)
    dose, held = dvh.bins()
    assert float(dose @ held) / dvh.covered_cc == pytest.approx(dvh.mean_gy, abs=0.005)
    assert dose.min() >= dvh.min_gy
    assert dose.max() <= dvh.max_gy


def test_minimum_and_maximum_are_doses_that_the_structure_attains() -> None:
    rng = np.random.default_rng(1)
    grid = grid_around(30, (2.5,) * 3)
    dose = Volume(20 + 5 * rng.random(grid.shape), grid, "Gy")
    dvh = dose_volume_histogram(dose, sphere())
    assert dose.values.min() <= dvh.min_gy < dvh.mean_gy < dvh.max_gy <= dose.values.max()


def test_scaling_the_histogram_equals_scaling_the_dose() -> None:
    dose = linear_dose(grid_around(30, (2.5,) * 3), GRADIENTS["oblique"])
    once = dose_volume_histogram(dose, sphere()).scaled(1.37)
    again = dose_volume_histogram(dose.scaled(1.37), sphere())
    same_curve(once, again, 1e-2)
    for name in ("min_gy", "mean_gy", "max_gy", "total_cc"):
        assert getattr(once, name) == pytest.approx(getattr(again, name), rel=1e-6)


def test_the_width_of_the_bins_hardly_matters() -> None:
    dose = linear_dose(grid_around(30, (2.5,) * 3), GRADIENTS["oblique"])
    fine = dose_volume_histogram(dose, sphere(), bin_gy=0.001)
    same_curve(fine, dose_volume_histogram(dose, sphere()), 0.001)
    same_curve(fine, dose_volume_histogram(dose, sphere(), bin_gy=0.2), 0.02)


def test_a_low_dose_gets_bins_fine_enough_to_be_read() -> None:
    dose = linear_dose(grid_around(30, (2.5,) * 3), GRADIENTS["x"]).scaled(1e-4)
    dvh = dose_volume_histogram(dose, sphere())
    assert dvh.edges_gy[1] - dvh.edges_gy[0] <= 1e-5
    middle = dvh.dose_to_hottest_cc(0.5 * dvh.total_cc)
    assert middle == pytest.approx(100e-4, rel=1e-3)


def test_a_difference_of_doses_may_be_negative() -> None:
    grid = grid_around(30, (2.5,) * 3)
    dvh = dose_volume_histogram(linear_dose(grid, (1.0, 0, 0), at_origin_gy=0.0), sphere())
    assert dvh.mean_gy == pytest.approx(0.0, abs=0.05)
    assert dvh.dose_to_hottest_cc(0.5 * dvh.total_cc) == pytest.approx(0.0, abs=0.05)


def test_axes_that_run_backwards_change_nothing() -> None:
    coverage, grid = sphere(), grid_around(30, (2.5,) * 3)
    dose = linear_dose(grid, GRADIENTS["oblique"])
    turned = Grid(
        grid.shape,
        grid.spacing_mm,
        tuple(grid.point_at([n - 1 for n in grid.shape[::-1]])),  # type: ignore[arg-type]
        ((-1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, -1.0)),
    )
    backwards = Volume(dose.values[::-1, ::-1, ::-1], turned, "Gy")
    same_curve(
        dose_volume_histogram(dose, coverage), dose_volume_histogram(backwards, coverage), 1e-3
    )


def test_a_dose_grid_at_an_angle_gives_the_same_histogram() -> None:
    turn = np.radians(30)
    axes = ((np.cos(turn), -np.sin(turn), 0.0), (np.sin(turn), np.cos(turn), 0.0), (0.0, 0.0, 1.0))
    straight = grid_around(40, (2.5,) * 3)
    grid = Grid(straight.shape, (2.5,) * 3, (0.0, 0.0, 0.0), axes)
    middle = grid.point_at([n // 2 for n in grid.shape[::-1]])
    grid = Grid(straight.shape, (2.5,) * 3, tuple(-middle), axes)  # type: ignore[arg-type]
    for gradient in GRADIENTS.values():
        same_curve(
            dose_volume_histogram(linear_dose(straight, gradient), sphere()),
            dose_volume_histogram(linear_dose(grid, gradient), sphere()),
            0.02,
        )


def test_a_lattice_shifted_by_a_hair_gives_the_same_histogram() -> None:
    coverage = sphere()
    aligned, beside = (
        dose_volume_histogram(linear_dose(grid, GRADIENTS["oblique"]), coverage)
        for grid in (grid_around(40, (1.0, 1.0, 2.5), (x, -0.2, 0.4)) for x in (0.3, 0.31))
    )
    same_curve(aligned, beside, 0.01)


def test_voxels_larger_than_the_doses_are_cut_up() -> None:
    # 6-mm slices under a 1.5-mm dose that rises through them.
    image = grid_around(18, (2.0, 2.0, 6.0))
    coverage = block(image, (2, 4, 4), (5, 14, 14))
    dose = linear_dose(grid_around(30, (1.5,) * 3, (0.2, 0.1, 0.3)), (0.0, 0.0, 1.0))
    dvh = dose_volume_histogram(dose, coverage)
    assert (dvh.min_gy, dvh.max_gy) == pytest.approx((91.0, 109.0), abs=1e-3)
    assert dvh.dose_to_hottest_cc(0.1 * dvh.total_cc) == pytest.approx(107.2, abs=0.01)
    edges = grid_around(24, (6.0, 6.0, 2.5), (0.3, -0.2, 0.4))
    solid = Solid("sphere", 16.0)
    rough = solid.contours(solid.planes_mm(2.5, 0.4)).coverage(edges)
    same_curve(dose_volume_histogram(dose, sphere()), dose_volume_histogram(dose, rough), 0.6)


def test_blocks_of_slices_side_by_side_give_what_one_block_gives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from hepatica.physics.dvh import histogram

    dose, coverage = linear_dose(grid_around(30, (2.5,) * 3), GRADIENTS["oblique"]), sphere()
    whole = dose_volume_histogram(dose, coverage)
    monkeypatch.setattr(histogram, "_WORTH_SHARING", 1)
    shared = dose_volume_histogram(dose, coverage)
    np.testing.assert_allclose(shared.volume_cc, whole.volume_cc, atol=1e-9)
    assert (shared.min_gy, shared.max_gy) == (whole.min_gy, whole.max_gy)
    assert shared.mean_gy == pytest.approx(whole.mean_gy, rel=1e-12)


@pytest.mark.parametrize("shift_mm", [0.0, 0.37])
def test_the_part_outside_the_dose_grid_is_counted_and_reported(shift_mm: float) -> None:
    image = grid_around(20, (2.0, 2.0, 2.0), (shift_mm, shift_mm, shift_mm))
    coverage = block(image, (5, 5, 5), (15, 15, 15))
    low, high = -11.0 + shift_mm, 9.0 + shift_mm
    dose = linear_dose(grid_around(40, (2.5,) * 3), (0.0, 0.0, 1.0)).crop((10, 0, 0), (33, 33, 33))
    face = float(dose.grid.corners_mm()[0, 2])
    dvh = dose_volume_histogram(dose, coverage)
    assert dvh.total_cc == pytest.approx(8.0)
    assert dvh.uncovered_fraction == pytest.approx(max(face - low, 0) / (high - low), abs=1e-4)


def test_a_single_dose_slice_covers_its_own_thickness() -> None:
    grid = grid_around(20, (2.0, 2.0, 3.0))
    flat = linear_dose(grid, (1.0, 0.0, 0.0)).crop((6, 0, 0), (7, 21, 21))
    dvh = dose_volume_histogram(flat, block(grid, (6, 5, 5), (8, 15, 15)))
    assert dvh.uncovered_fraction == pytest.approx(0.5)


def test_a_structure_outside_the_dose_grid_is_refused() -> None:
    image, far = grid_around(10, (2.0,) * 3), grid_around(10, (2.0,) * 3, (100.0, 0.0, 0.0))
    with pytest.raises(Inconsistent, match=r"wholly outside the dose grid.*larger dose grid"):
        dose_volume_histogram(linear_dose(far, (1.0, 0, 0)), block(image, (3, 3, 3), (5, 5, 5)))
    near = grid_around(10, (2.0,) * 3, (10.0, 0.0, 0.0))
    with pytest.raises(Inconsistent, match="wholly outside the dose grid"):
        dose_volume_histogram(linear_dose(near, (1.0, 0, 0)), block(image, (3, 3, 0), (5, 5, 2)))


def test_an_empty_structure_is_refused() -> None:
    grid = grid_around(10, (2.0,) * 3)
    with pytest.raises(InvalidInput, match=r"structure is empty.*Draw it, or leave it out"):
        dose_volume_histogram(linear_dose(grid, (1.0, 0, 0)), block(grid, (0, 0, 0), (0, 0, 0)))


@pytest.mark.parametrize("wrong", [-0.2, 1.5, np.nan])
def test_a_coverage_that_is_no_share_is_refused(wrong: float) -> None:
    grid = grid_around(10, (2.0,) * 3)
    values = block(grid, (3, 3, 3), (6, 6, 6)).values.copy()
    values[4, 4, 4] = wrong
    with pytest.raises(InvalidInput, match="coverage lies outside 0 to 1 or is not a number"):
        dose_volume_histogram(linear_dose(grid, (1.0, 0, 0)), Volume(values, grid, "1"))


def test_a_dose_that_is_not_a_number_is_refused() -> None:
    grid = grid_around(10, (2.0,) * 3)
    values = linear_dose(grid, (1.0, 0, 0)).values.copy()
    values[4, 4, 4] = np.nan
    with pytest.raises(InvalidInput, match=r"every dose must be a number. Export the dose again"):
        dose_volume_histogram(Volume(values, grid, "Gy"), block(grid, (3, 3, 3), (6, 6, 6)))


def test_units_are_checked() -> None:
    grid = grid_around(10, (2.0,) * 3)
    dose, inside = linear_dose(grid, (1.0, 0, 0)), block(grid, (3, 3, 3), (6, 6, 6))
    with pytest.raises(InvalidInput, match="needs a dose in Gy; this volume is in 1"):
        dose_volume_histogram(inside, inside)
    with pytest.raises(InvalidInput, match=r"needs a coverage of 0 to 1 .* is in Gy"):
        dose_volume_histogram(dose, dose)


@pytest.mark.parametrize("bin_gy", [0.0, -1.0, np.nan])
def test_a_bin_needs_a_width(bin_gy: float) -> None:
    grid = grid_around(10, (2.0,) * 3)
    with pytest.raises(InvalidInput, match=r"a bin needs a width above 0 Gy, such as 0.01"):
        dose_volume_histogram(
            linear_dose(grid, (1.0, 0, 0)), block(grid, (3, 3, 3), (6, 6, 6)), bin_gy
        )


def test_too_many_bins_are_refused() -> None:
    grid = grid_around(10, (2.0,) * 3)
    with pytest.raises(InvalidInput, match=r"1000000 are allowed. Choose wider bins"):
        dose_volume_histogram(
            linear_dose(grid, (1.0, 0, 0)), block(grid, (3, 3, 3), (6, 6, 6)), 1e-5
        )
