"""The histogram of a solid in a linear dose is the one that geometry gives."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from hepatica.case import Grid, Volume
from hepatica.physics.dvh import DVH, dose_volume_histogram
from tests.physics.dvh.solids import (
    CENTRE_GY,
    GRADIENTS,
    Solid,
    Triple,
    Truth,
    grid_around,
    linear_dose,
    truth_of,
)

SPACING_MM = 2.5
PHASE_MM = 0.4
IMAGES: dict[str, Triple] = {"coarse": (2.5, 2.5, 2.5), "CT": (1.0, 1.0, 2.5)}
PER_CENT = np.arange(1, 100)


def image_grid(solid: Solid, image: Triple) -> Grid:
    """The lattice of an image around a solid."""
    return grid_around(solid.radius_mm + 6, image, (0.3, -0.2, PHASE_MM))


@cache
def covered(solid: Solid, image: Triple) -> Volume:
    """Drawn on 2.5-mm planes, rasterised on an image."""
    contours = solid.contours(solid.planes_mm(SPACING_MM, PHASE_MM))
    return contours.coverage(image_grid(solid, image))


def histogram(solid: Solid, image: Triple, dose_mm: Triple | None, gradient: Triple) -> DVH:
    """The solid on an image, under a dose on the same or on its own lattice."""
    dose_grid = image_grid(solid, image)
    if dose_mm is not None:
        dose_grid = grid_around(solid.radius_mm + 12, dose_mm, (0.1, 0.7, 0.45))
    return dose_volume_histogram(linear_dose(dose_grid, gradient), covered(solid, image))


@cache
def exact(solid: Solid, gradient: Triple) -> Truth:
    """The histogram of the solid as it is drawn."""
    return truth_of(solid, solid.planes_mm(SPACING_MM, PHASE_MM), SPACING_MM, gradient)


def worst(dvh: DVH, truth: Truth) -> tuple[float, float]:
    """Largest error of D_x over the dose range, and of V_x over the volume, x = 1 to 99 %."""
    found = [dvh.dose_to_hottest_cc(p / 100 * dvh.total_cc) for p in PER_CENT]
    of_dose = np.abs(found - truth.dose_to_hottest_gy(PER_CENT / 100)).max() / truth.range_gy
    dose = CENTRE_GY + np.linspace(-0.5, 0.5, 101) * truth.range_gy
    share = dvh.cumulative_cc(dose) / dvh.total_cc
    return float(of_dose), float(np.abs(share - truth.share_above(dose)).max())


@pytest.mark.parametrize("dose_mm", [None, (2.5, 2.5, 2.5)], ids=["same lattice", "own lattice"])
@pytest.mark.parametrize("image", list(IMAGES))
@pytest.mark.parametrize("kind", ["sphere", "cylinder", "lying cylinder", "cone"])
def test_every_dose_and_volume_of_a_drawn_solid_is_within_half_a_per_cent(
    kind: str, image: str, dose_mm: Triple | None
) -> None:
    for radius in (10.0, 16.0, 24.0):
        solid = Solid(kind, radius)  # type: ignore[arg-type]
        for name, gradient in GRADIENTS.items():
            truth = exact(solid, gradient)
            dvh = histogram(solid, IMAGES[image], dose_mm, gradient)
            of_dose, of_volume = worst(dvh, truth)
            assert of_dose < 0.005, f"{radius} mm, gradient along {name}"
            assert of_volume < 0.005, f"{radius} mm, gradient along {name}"
            assert dvh.total_cc == pytest.approx(truth.volume_mm3[0] / 1000, rel=0.005)


@pytest.mark.parametrize("kind", ["sphere", "cylinder", "lying cylinder"])
def test_the_hottest_thirtieth_of_a_cc_of_a_large_solid_is_within_half_a_per_cent(
    kind: str,
) -> None:
    solid = Solid(kind, 24.0)  # type: ignore[arg-type]
    for gradient in GRADIENTS.values():
        truth = exact(solid, gradient)
        dvh = histogram(solid, IMAGES["CT"], (2.5, 2.5, 2.5), gradient)
        expected = truth.dose_to_hottest_gy(np.array([30.0 / truth.volume_mm3[0]]))[0]
        assert abs(dvh.dose_to_hottest_cc(0.03) - expected) < 0.005 * truth.range_gy


def test_contours_on_close_planes_give_the_smooth_sphere_in_every_direction() -> None:
    radius, spacing = 16.0, 0.5
    solid = Solid("sphere", radius)
    contours = solid.contours(solid.planes_mm(spacing, 0.25))
    coverage = contours.coverage(grid_around(20, (1.0, 1.0, spacing), (0.3, -0.2, 0.25)))
    height = np.linspace(-radius, radius, 4001)
    cap = np.pi * (2 * radius**3 - 3 * radius**2 * height + height**3) / 3
    truth = Truth(CENTRE_GY + height, cap)
    for gradient in GRADIENTS.values():
        dose = linear_dose(grid_around(28, (2.5, 2.5, 2.5)), gradient)
        of_dose, of_volume = worst(dose_volume_histogram(dose, coverage), truth)
        assert of_dose < 0.005
        assert of_volume < 0.005


@pytest.mark.parametrize(("dose_mm", "allowed"), [(2.5, 0.01), (1.25, 0.0025)])
def test_the_error_in_a_bell_shaped_dose_is_that_of_linear_interpolation(
    dose_mm: float, allowed: float
) -> None:
    # Between points h apart a straight line cuts the bell's top by up to h^2/8 times its bend.
    radius, width = 16.0, 14.0
    solid = Solid("sphere", radius)
    contours = solid.contours(solid.planes_mm(0.5, 0.25))
    coverage = contours.coverage(grid_around(20, (1.0, 1.0, 0.5), (0.3, -0.2, 0.25)))
    grid = grid_around(28, (dose_mm,) * 3, (0.1, 0.7, 0.45))
    k, j, i = np.indices(grid.shape)
    away = np.linalg.norm(grid.point_at(np.stack([i, j, k], axis=-1)), axis=-1)
    bell = Volume(60 * np.exp(-0.5 * (away / width) ** 2), grid, "Gy")
    dvh = dose_volume_histogram(bell, coverage)
    share = np.linspace(0.02, 0.98, 49)
    expected = 60 * np.exp(-0.5 * (radius * share ** (1 / 3) / width) ** 2)
    found = [dvh.dose_to_hottest_cc(s * dvh.total_cc) for s in share]
    assert np.abs(found - expected).max() < allowed * 60


def test_the_error_shrinks_faster_than_the_voxel() -> None:
    errors = []
    for voxel in (4.0, 2.0, 1.0):
        solid = Solid("sphere", 16.0)
        planes = solid.planes_mm(voxel, 0.1)
        grid = grid_around(22, (voxel, voxel, voxel), (0.3, -0.2, 0.1))
        gradient = GRADIENTS["oblique"]
        truth = truth_of(solid, planes, voxel, gradient)
        coverage = solid.contours(planes).coverage(grid)
        dvh = dose_volume_histogram(linear_dose(grid, gradient), coverage)
        errors.append(worst(dvh, truth)[0])
    assert errors[0] < 0.005
    assert errors[2] < errors[0] / 4
