"""The steps of a fit, each held against arithmetic that can be checked."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from scipy.optimize import lsq_linear, nnls
from scipy.special import erf

from hepatica.machine import PrimaryFluence
from hepatica.physics.photon import commission_cone, commission_square
from hepatica.physics.photon.commission_cone import least_squares_in_cone
from hepatica.physics.photon.commission_square import square_of_gaussians
from hepatica.physics.photon.depth_dose import depth_factors
from hepatica.physics.photon.square_field import square_field_dose
from tests.machine.builders import FLUENCE, machine

FLAT = PrimaryFluence(np.array([0.0, 1000.0]), np.array([1.0, 1.0]))


@pytest.mark.parametrize("module", [commission_cone, commission_square])
def test_the_examples_of_the_documentation_run(module: object) -> None:
    found = doctest.testmod(module)  # type: ignore[arg-type]
    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.parametrize("field", [4.0, 30.0, 400.0])
def test_under_even_fluence_a_square_collects_a_product_of_error_functions(field: float) -> None:
    sigma = np.array([2.1, 8.0, 60.0, 192.0])
    expected = erf(field / 2 / sigma / np.sqrt(2)) ** 2
    assert square_of_gaussians(field, sigma, FLAT) == pytest.approx(expected, rel=1e-7)


def test_uneven_fluence_weighs_every_place_of_the_square() -> None:
    x = np.linspace(-150, 150, 1501)
    x = (x[1:] + x[:-1]) / 2
    r = np.hypot(x[:, None], x)
    bell = np.exp(-(r**2) / 2 / 50.0**2) / (2 * np.pi * 50.0**2)
    brute = float(np.sum(FLUENCE.at(r) * bell) * 0.04)
    assert square_of_gaussians(300.0, np.array([50.0]), FLUENCE)[0] == pytest.approx(
        brute, rel=1e-5
    )


def test_many_widths_at_once_are_each_as_alone() -> None:
    sigma = np.array([[3.0, 20.0], [0.0, 90.0]])
    found = square_of_gaussians(120.0, sigma, FLUENCE)
    alone = [square_of_gaussians(120.0, np.array([s]), FLUENCE)[0] for s in sigma.ravel()]
    assert found.ravel() == pytest.approx(alone, rel=1e-6)


def test_least_squares_within_signs_agrees_with_another_solver() -> None:
    random = np.random.default_rng(3)
    rows, target = random.normal(size=(60, 12)), random.normal(size=60)
    found = least_squares_in_cone(rows, target, np.eye(12))
    other = lsq_linear(rows, target, (0, np.inf), method="bvls", tol=1e-14).x
    assert found == pytest.approx(other, abs=1e-9)
    assert np.sum(found < 1e-9) > 2


def test_least_squares_within_a_cone_is_where_no_allowed_step_leads_down() -> None:
    random = np.random.default_rng(4)
    rows, target = random.normal(size=(40, 6)), random.normal(size=40)
    cone = random.normal(size=(9, 6))
    x = least_squares_in_cone(rows, target, cone)
    slope = rows.T @ (rows @ x - target)
    assert np.min(cone @ x) > -1e-9
    # The pull on the solution is a non-negative combination of the walls that it touches.
    touching = cone[np.abs(cone @ x) < 1e-8]
    assert nnls(touching.T, slope)[1] == pytest.approx(0.0, abs=1e-7)


def test_without_touching_the_cone_it_is_ordinary_least_squares() -> None:
    rows, target = np.vander(np.linspace(1, 2, 9), 3), np.linspace(2, 3, 9) ** 2
    free = np.linalg.lstsq(rows, target, rcond=None)[0]
    assert least_squares_in_cone(rows, target, -np.eye(3)[2:] * 0) == pytest.approx(free, rel=1e-8)


def test_the_dose_on_the_axis_is_the_sum_over_bells() -> None:
    toy = machine()
    weight = np.array([[0.30, 0.15, 0.30], [0.20, 0.10, 0.25], [0.25, 0.05, -0.04]])
    penumbra = 5.0 / np.sqrt(8 * np.log(2))
    for field in (12.0, 100.0, 250.0):
        bells = square_of_gaussians(
            field, np.hypot(penumbra, [0.0, 5.0, 40.0]), toy.primary_fluence
        )
        expected = (1000 / 950) ** 2 * depth_factors(toy.depth, 50.0) @ weight @ bells
        found = square_field_dose(toy, [field], 900.0, [50.0])[0, 0]
        assert found == pytest.approx(expected, rel=4e-4)


def test_without_penumbra_the_field_has_sharp_edges() -> None:
    sharp = machine(penumbra_fwhm_mm=0.0)
    bells = square_of_gaussians(60.0, np.array([0.0, 5.0, 40.0]), sharp.primary_fluence)
    weight = np.array([[0.30, 0.15, 0.30], [0.20, 0.10, 0.25], [0.25, 0.05, -0.04]])
    expected = depth_factors(sharp.depth, 100.0) @ weight @ bells
    found = square_field_dose(sharp, [60.0], 900.0, [100.0])[0, 0]
    assert found == pytest.approx(expected, rel=3e-3)
