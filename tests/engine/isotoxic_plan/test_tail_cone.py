"""Prices on a tail: nearest, admissible, and the mean of the tail itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from hepatica.engine.isotoxic_plan.tail_cone import Wish, onto_cone, tail_mean, tail_weights

CASES = [(seed, tail) for seed in range(12) for tail in (0.0, 0.05, 0.3, 0.8, 1.0)]


def _voxels(seed: int, count: int = 25) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    generator = np.random.default_rng(seed)
    middle = generator.uniform(-1.5, 1.5)
    return generator.normal(middle, 1, count), generator.uniform(0.1, 1, count), generator


def _admissible(generator: np.random.Generator, cc: np.ndarray, tail_cc: float) -> np.ndarray:
    """Random prices of the cone: a mixture of tails of random doses."""
    doses = generator.normal(size=(4, len(cc)))
    weights = sum(generator.uniform() * tail_weights(d, cc, tail_cc) for d in doses)
    return np.asarray(weights) / cc


@pytest.mark.parametrize(("seed", "part"), CASES)
def test_nearest_prices_are_admissible_and_nothing_admissible_is_nearer(
    seed: int, part: float
) -> None:
    wish, cc, generator = _voxels(seed)
    tail_cc = part * cc.sum()
    found = onto_cone(wish, cc, tail_cc)
    mass = cc @ found
    assert found.min() >= 0
    assert found.max() * tail_cc <= mass * (1 + 1e-9) + 1e-9
    # Projection on a convex cone: the rest is at right angles, and leans away from the cone.
    assert cc @ (found * (wish - found)) == pytest.approx(0, abs=1e-8)
    for _ in range(10):
        other = _admissible(generator, cc, tail_cc)
        assert cc @ (other * (wish - found)) <= 1e-8 * (1 + cc @ other)


@pytest.mark.parametrize(("seed", "part"), CASES)
def test_the_sum_is_known_without_the_prices_for_any_shift(seed: int, part: float) -> None:
    densities, cc, generator = _voxels(seed)
    for limit in (np.inf, 0.7):
        wish = Wish(densities, cc, part * cc.sum(), limit)
        for shift in generator.normal(size=4):
            prices = wish.prices(shift)
            assert wish.mass(shift) == pytest.approx(cc @ prices, abs=1e-9)
            assert cc @ prices <= limit * (1 + 1e-9)
            if np.isinf(limit):
                assert prices == pytest.approx(onto_cone(densities + shift, cc, part * cc.sum()))


@pytest.mark.parametrize(("seed", "part"), [case for case in CASES if 0 < case[1] < 1])
def test_the_mean_of_the_tail_is_the_largest_weighted_mean(seed: int, part: float) -> None:
    values, cc, _ = _voxels(seed)
    tail_cc = part * cc.sum()
    found = linprog(
        -values, A_eq=np.ones((1, len(cc))), b_eq=[1], bounds=np.c_[0 * cc, cc / tail_cc]
    )
    assert tail_mean(values, cc, tail_cc) == pytest.approx(-found.fun)


def test_the_tail_of_three_voxels_by_hand() -> None:
    doses, cc = np.array([10.0, 30.0, 20.0]), np.array([1.0, 0.5, 2.0])
    assert tail_mean(doses, cc, 0.5) == 30
    assert tail_mean(doses, cc, 1.0) == 25
    assert tail_mean(doses, cc, 0.0) == 30
    assert tail_mean(doses, cc, 3.5) == pytest.approx((10 + 15 + 40) / 3.5)


@given(st.lists(st.floats(-5, 0), min_size=2, max_size=20))
def test_nothing_is_paid_where_no_price_is_wished(densities: list[float]) -> None:
    prices = onto_cone(np.array(densities), np.ones(len(densities)), 0.5)
    assert not prices.any()
