"""The search within bounds, on functions whose lowest point is known."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.physics.optimise.bounds import Bounds
from hepatica.physics.optimise.curvature import Curvature
from hepatica.physics.optimise.search import Found, StopRule, minimise


def _quadratic(count: int, spread: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    basis, _ = np.linalg.qr(draw.normal(size=(count, count)))
    matrix = basis * np.geomspace(1.0, spread, count) @ basis.T
    return matrix, draw.normal(size=count) * spread**0.5


def _search(function, start: np.ndarray, bounds: Bounds, change: float = 1e-14) -> Found:
    return minimise(function, start, bounds, StopRule(change, 3000, 5), Curvature(start.size))


@pytest.mark.parametrize(("count", "spread"), [(5, 10.0), (60, 1e3), (300, 1e4)])
def test_a_bounded_quadratic_ends_where_no_bound_lets_it_fall(count: int, spread: float) -> None:
    matrix, linear = _quadratic(count, spread, 3)
    bounds = Bounds(np.zeros(count), np.full(count, 0.8))

    def function(x: np.ndarray) -> tuple[float, np.ndarray]:
        slope = matrix @ x - linear
        return float(0.5 * x @ (slope - linear)), slope

    found = _search(function, np.zeros(count), bounds)
    slope = bounds.projected(found.unknowns, found.gradient)
    assert np.abs(slope).max() < 1e-4 * np.abs(linear).max()
    assert (found.unknowns >= 0).all()
    assert (found.unknowns <= 0.8).all()
    assert 0 < (found.unknowns == 0).sum() < count
    assert not found.exhausted


def _valley(x: np.ndarray) -> tuple[float, np.ndarray]:
    a, b = x
    bend = b - a * a
    return (1 - a) ** 2 + 100 * bend**2, np.array([-2 * (1 - a) - 400 * a * bend, 200 * bend])


@pytest.mark.parametrize("evaluations", range(1, 25))
def test_a_search_that_has_to_turn_back_spends_no_more_than_allowed(evaluations: int) -> None:
    free = Bounds(np.full(2, -np.inf), np.full(2, np.inf))
    start, rule = np.array([-1.2, 1.0]), StopRule(1e-12, evaluations)
    found = minimise(_valley, start, free, rule, Curvature(2))
    assert found.evaluations == evaluations
    assert found.exhausted


def test_a_curved_valley_is_followed_to_its_end() -> None:
    free = Bounds(np.full(2, -np.inf), np.full(2, np.inf))
    assert _search(_valley, np.array([-1.2, 1.0]), free).unknowns == pytest.approx([1, 1], abs=1e-4)


def test_the_curvature_is_that_of_the_steps_it_saw() -> None:
    matrix, _ = _quadratic(6, 50.0, 1)
    curvature = Curvature(6)
    for step in np.random.default_rng(2).normal(size=(40, 6)):
        curvature.learn(step, matrix @ step)
    assert curvature.times(step) == pytest.approx(matrix @ step)


def test_a_step_without_curvature_teaches_nothing() -> None:
    curvature = Curvature(3)
    curvature.learn(np.ones(3), -np.ones(3))
    assert not curvature.known


def test_a_search_that_runs_out_says_so() -> None:
    matrix, linear = _quadratic(60, 1e4, 3)
    free = Bounds(np.full(60, -np.inf), np.full(60, np.inf))

    def function(x: np.ndarray) -> tuple[float, np.ndarray]:
        slope = matrix @ x - linear
        return float(0.5 * x @ (slope - linear)), slope

    found = minimise(function, np.zeros(60), free, StopRule(1e-14, 7), Curvature(60))
    assert found.exhausted
    assert found.evaluations == 7


def test_a_first_step_that_gains_little_does_not_end_the_search() -> None:
    free = Bounds(np.full(2, -np.inf), np.full(2, np.inf))

    def far(x: np.ndarray) -> tuple[float, np.ndarray]:
        away = x - 1e4
        return float(away @ away), 2.0 * away

    found = minimise(far, np.zeros(2), free, StopRule(1e-2, 3000), Curvature(2))
    assert found.unknowns == pytest.approx([1e4, 1e4])
