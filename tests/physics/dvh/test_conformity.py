"""Indices of a dose that falls off evenly around a round target."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.case import Grid, Volume
from hepatica.errors import Inconsistent, InvalidInput
from hepatica.physics.dvh import PlanIndices, isodose_volumes, plan_indices
from tests.physics.dvh.solids import Solid, grid_around

CENTRE = (0.3, -0.2, 0.25)


def cone_of_dose(grid: Grid) -> Volume:
    """60 Gy in the middle, 2 Gy less with every mm: isodoses are spheres."""
    k, j, i = np.indices(grid.shape)
    away = np.linalg.norm(grid.point_at(np.stack([i, j, k], axis=-1)), axis=-1)
    return Volume(np.maximum(60.0 - 2.0 * away, 0.0), grid, "Gy")


def target(radius_mm: float) -> Volume:
    solid = Solid("sphere", radius_mm)
    grid = grid_around(radius_mm + 4, (1.0, 1.0, 0.5), CENTRE)
    return solid.contours(solid.planes_mm(0.5, 0.25)).coverage(grid)


def test_isodoses_of_a_cone_of_dose_are_spheres() -> None:
    tissue = isodose_volumes(cone_of_dose(grid_around(34, (2.0, 2.0, 2.0), CENTRE)))
    for radius in (8.0, 12.0, 20.0):
        expected = 4 / 3 * np.pi * radius**3 / 1000
        assert tissue.cumulative_cc(60.0 - 2.0 * radius) == pytest.approx(expected, rel=0.01)


def test_indices_follow_from_the_radii() -> None:
    dose = cone_of_dose(grid_around(34, (2.0, 2.0, 2.0), CENTRE))
    found = plan_indices(dose, target(10.0), prescription_gy=36.0)
    # 36 Gy lies at 12 mm, 18 Gy at 21 mm, the target ends at 10 mm.
    assert found.coverage == pytest.approx(1.0, abs=1e-3)
    assert found.rtog_conformity == pytest.approx(1.2**3, rel=0.01)
    assert found.paddick_conformity == pytest.approx(1 / 1.2**3, rel=0.01)
    assert found.gradient == pytest.approx((21 / 12) ** 3, rel=0.01)
    assert found.r50 == pytest.approx(2.1**3, rel=0.01)
    d2, d50, d98 = (60 - 20 * share ** (1 / 3) for share in (0.02, 0.5, 0.98))
    assert found.homogeneity == pytest.approx((d2 - d98) / d50, rel=0.02)
    assert found.half_isodose_complete


def test_a_prescription_inside_the_target_covers_a_part() -> None:
    dose = cone_of_dose(grid_around(34, (1.0, 1.0, 1.0), CENTRE))
    found = plan_indices(dose, target(10.0), prescription_gy=44.0)
    assert found.coverage == pytest.approx(0.8**3, rel=0.01)
    assert found.paddick_conformity == pytest.approx(0.8**3, rel=0.01)


def test_isodoses_are_counted_inside_the_body_where_it_is_given() -> None:
    grid = grid_around(34, (2.0, 2.0, 2.0), CENTRE)
    half = np.zeros(grid.shape, np.float32)
    half[: grid.shape[0] // 2] = 1.0
    half[grid.shape[0] // 2] = 0.5
    body = Volume(half, grid, "1")
    whole = plan_indices(cone_of_dose(grid), target(10.0), 36.0)
    inside = plan_indices(cone_of_dose(grid), target(10.0), 36.0, body)
    ratio = inside.half_isodose_cc / whole.half_isodose_cc
    # The body ends 0.25 mm above the middle of the 21-mm isodose.
    assert ratio == pytest.approx(0.5 + 0.75 * 0.25 / 21, abs=0.001)


def test_a_half_isodose_that_leaves_the_grid_is_said_to_be_incomplete() -> None:
    small = cone_of_dose(grid_around(16, (2.0, 2.0, 2.0), CENTRE))
    assert not plan_indices(small, target(10.0), 36.0).half_isodose_complete


def test_without_any_dose_the_ratios_are_undefined_not_wrong() -> None:
    dose = cone_of_dose(grid_around(34, (2.0, 2.0, 2.0), CENTRE))
    found = plan_indices(dose, target(10.0), prescription_gy=100.0)
    assert found.rtog_conformity == 0.0
    assert found.paddick_conformity is None
    assert found.gradient is None
    assert PlanIndices(1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, True).homogeneity is None


@pytest.mark.parametrize("prescription", [0.0, -1.0, float("nan"), float("inf")])
def test_a_prescription_is_above_0(prescription: float) -> None:
    dose = cone_of_dose(grid_around(34, (2.0, 2.0, 2.0), CENTRE))
    with pytest.raises(InvalidInput, match="it must be above 0"):
        plan_indices(dose, target(10.0), prescription)


def test_a_target_that_leaves_the_dose_grid_has_no_indices() -> None:
    dose = cone_of_dose(grid_around(8, (2.0, 2.0, 2.0), CENTRE))
    with pytest.raises(Inconsistent, match=r"% of the target lies outside the dose grid"):
        plan_indices(dose, target(10.0), 36.0)
