"""Gamma against cases that can be solved by hand, and against an independent program."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hepatica.case import Grid, Volume
from hepatica.errors import InvalidInput
from hepatica.physics.gamma import GammaCriteria, gamma_index, pass_rate

GRID = Grid((9, 12, 20), (2.0, 2.0, 2.0))
TURNED = ((0.8, -0.6, 0.0), (0.6, 0.8, 0.0), (0.0, 0.0, 1.0))


def ramp(
    gy_per_mm: float, base_gy: float = 50.0, grid: Grid = GRID, shift_mm: float = 0.0
) -> Volume:
    """A dose that rises along x."""
    index = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), axis=-1)
    x_mm = grid.point_at(index[..., ::-1])[..., 0] - shift_mm
    return Volume(base_gy + gy_per_mm * x_mm, grid, "Gy")


def inner(gamma: Volume) -> np.ndarray:
    return gamma.values[4:5, 5:6, 5:14]


def test_equal_doses_agree_completely() -> None:
    gamma = gamma_index(ramp(1.0), ramp(1.0))
    assert float(gamma.values.max()) == 0.0
    assert pass_rate(gamma) == 100.0


def test_in_a_flat_dose_gamma_is_the_dose_error_over_its_tolerance() -> None:
    gamma = gamma_index(ramp(0.0, 50.0), ramp(0.0, 51.0))
    np.testing.assert_allclose(gamma.values, 1.0 / 1.5, rtol=1e-4)


def test_in_a_gradient_gamma_is_the_distance_to_the_dose_surface() -> None:
    # Low et al. 1998: a shift s in a gradient G gives s G / sqrt(dose_tol^2 + (G dist_tol)^2).
    reference, evaluated = ramp(2.0, 50.0), ramp(2.0, 50.0, shift_mm=1.5)
    tolerance_gy = 0.03 * float(reference.values.max())
    expected = 1.5 * 2.0 / np.hypot(tolerance_gy, 2.0 * 3.0)
    gamma = gamma_index(reference, evaluated, GammaCriteria(steps_per_distance=30))
    np.testing.assert_allclose(inner(gamma), expected, atol=0.01)


def test_local_gamma_measures_by_the_dose_of_the_point() -> None:
    reference = ramp(1.0, 20.0)
    evaluated = Volume(reference.values * 1.02, GRID, "Gy")
    gamma = gamma_index(reference, evaluated, GammaCriteria(distance_mm=0.01, local=True))
    np.testing.assert_allclose(gamma.values, 2 / 3, rtol=1e-2)


def test_a_disagreement_beyond_the_search_is_capped() -> None:
    gamma = gamma_index(ramp(0.0, 50.0), ramp(0.0, 80.0), GammaCriteria(max_gamma=1.5))
    np.testing.assert_allclose(gamma.values, 1.5)
    assert pass_rate(gamma) == 0.0


def test_low_doses_are_left_out() -> None:
    reference = ramp(1.0, 0.0)
    gamma = gamma_index(reference, reference, GammaCriteria(dose_cutoff_percent=50))
    below = reference.values < 0.5 * reference.values.max()
    np.testing.assert_array_equal(np.isnan(gamma.values), below)


def test_where_the_evaluated_dose_ends_gamma_fails() -> None:
    part = ramp(0.0).crop((0, 0, 0), (9, 12, 10))
    gamma = gamma_index(ramp(0.0), part)
    assert gamma.values[4, 5, 9] == 0.0
    assert gamma.values[4, 5, 10] == pytest.approx(2 / 3, abs=0.04)  # 2 mm away
    assert gamma.values[4, 5, 19] == 2.0


@pytest.mark.parametrize(
    "grid",
    [
        Grid((20, 30, 50), (1.0, 1.0, 1.0), (-2.5, -2.5, -0.5)),
        Grid((9, 12, 20), (2.0, 2.0, 2.0), (0.7, 0.3, 0.2)),
        Grid((20, 40, 40), (1.3, 1.1, 1.0), (0.0, -20.0, 0.0), TURNED),
    ],
)
def test_the_evaluated_dose_may_lie_on_another_grid(grid: Grid) -> None:
    reference, evaluated = ramp(2.0), ramp(2.0, grid=grid, shift_mm=1.5)
    tolerance_gy = 0.03 * float(reference.values.max())
    expected = 1.5 * 2.0 / np.hypot(tolerance_gy, 2.0 * 3.0)
    gamma = gamma_index(reference, evaluated)
    np.testing.assert_allclose(gamma.values[4, 5:7, 6:12], expected, atol=0.04)


def test_rows_and_single_voxels_give_the_same_answer() -> None:
    random = np.random.default_rng(1)
    reference = Volume(30 + 20 * random.random(GRID.shape), GRID, "Gy")
    evaluated = Volume(30 + 20 * random.random(GRID.shape), GRID, "Gy")
    slightly = Grid(GRID.shape, (2.0 + 1e-6, 2.0, 2.0))
    first = gamma_index(reference, evaluated)
    second = gamma_index(reference, Volume(evaluated.values, slightly, "Gy"))
    np.testing.assert_allclose(first.values[..., 2:-2], second.values[..., 2:-2], atol=1e-3)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("dose_percent", 0),
        ("distance_mm", -1),
        ("max_gamma", float("nan")),
        ("steps_per_distance", 0),
        ("dose_cutoff_percent", 100),
    ],
)
def test_criteria_that_make_no_sense_are_refused(field: str, value: float) -> None:
    with pytest.raises(InvalidInput, match=f"Gamma criterion {field} is"):
        GammaCriteria(**{field: value})


def test_doses_in_per_cent_are_refused() -> None:
    with pytest.raises(InvalidInput, match="the evaluated dose is in %; it must be in Gy"):
        gamma_index(ramp(1.0), Volume(ramp(1.0).values, GRID, "%"))


def test_a_dose_with_gaps_is_refused() -> None:
    values = ramp(1.0).values.copy()
    values[0, 0, 0] = np.nan
    with pytest.raises(InvalidInput, match="the reference dose holds values that are not numbers"):
        gamma_index(Volume(values, GRID, "Gy"), ramp(1.0))


def test_no_dose_at_all_is_refused() -> None:
    with pytest.raises(InvalidInput, match="the reference dose is 0 Gy everywhere"):
        gamma_index(ramp(0.0, 0.0), ramp(1.0))


def test_no_compared_point_has_no_pass_rate() -> None:
    with pytest.raises(InvalidInput, match="no point was above the dose cut-off"):
        pass_rate(Volume(np.full(GRID.shape, np.nan), GRID, "1"))


@pytest.fixture(scope="module")
def crop(shared: Path) -> dict[str, np.ndarray]:
    with np.load(shared / "reference/planning/gamma_ref_3p3mm_crop.npz") as data:
        return {name: data[name] for name in data.files}


def _doses(crop: dict[str, np.ndarray], window: tuple[slice, ...]) -> tuple[Volume, Volume]:
    reference, evaluated = crop["ref"][window], crop["eval"][window]
    z, y, x = (crop[name][w] for name, w in zip("zyx", window, strict=True))
    spacing = (x[1] - x[0], y[1] - y[0], z[1] - z[0])
    grid = Grid(reference.shape, spacing, (x[0], y[0], z[0]))
    return Volume(reference, grid, "Gy"), Volume(evaluated, grid, "Gy")


def test_gamma_is_that_of_an_independent_program(crop: dict[str, np.ndarray]) -> None:
    gamma = gamma_index(*_doses(crop, (slice(None),) * 3)).values
    theirs = crop["gamma"]
    np.testing.assert_array_equal(np.isnan(gamma), np.isnan(theirs))
    compared = np.isfinite(theirs)
    difference = gamma[compared] - theirs[compared]
    assert abs(difference.mean()) < 0.005
    assert np.abs(difference).max() < 0.05
    rate = 100 * np.mean(theirs[compared] <= 1)
    assert 100 * np.mean(gamma[compared] <= 1) == pytest.approx(rate, abs=0.2)


def test_a_strict_criterion_tells_good_points_from_bad(crop: dict[str, np.ndarray]) -> None:
    window = (slice(50, 62), slice(55, 75), slice(45, 75))
    reference, evaluated = _doses(crop, window)
    criteria = GammaCriteria(dose_percent=1, distance_mm=1, max_gamma=1.2)
    gamma = gamma_index(reference, evaluated, criteria)
    assert 50 < pass_rate(gamma) < 95
    chosen = np.random.default_rng(2).choice(gamma.values.size, 300, replace=False)
    expected = np.minimum(_plain_gamma(reference, evaluated, chosen), 1.2)
    np.testing.assert_allclose(gamma.values.ravel()[chosen], expected, atol=1e-3)


def _plain_gamma(reference: Volume, evaluated: Volume, chosen: np.ndarray) -> np.ndarray:
    """1 % / 1 mm written out: every step of the search for every point."""
    steps = np.arange(-12, 13) / 10
    offsets = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
    offsets = offsets[(offsets**2).sum(axis=1) <= 1.2**2 + 1e-9]
    index = np.stack(np.unravel_index(chosen, reference.values.shape), axis=-1)[:, ::-1]
    doses = evaluated.sample(reference.grid.point_at(index)[:, None, :] + offsets, outside=np.inf)
    tolerance_gy = 0.01 * float(reference.values.max())
    error = (doses - reference.values.ravel()[chosen][:, None]) / tolerance_gy
    return np.sqrt(error**2 + (offsets**2).sum(axis=1)).min(axis=1)
