"""The prices that voxels of a hottest part may carry."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.physics.optimise.cone import onto_tail_cone, tail_mean


@pytest.mark.parametrize("seed", range(40))
def test_the_projection_satisfies_the_conditions_of_nearest(seed: int) -> None:
    draw = np.random.default_rng(seed)
    count = int(draw.integers(1, 300))
    wished = draw.normal(draw.normal(), 1.0, count) * 10.0 ** draw.uniform(-3, 3)
    share = draw.uniform(0.1, 1.0, count)
    share /= share.sum()
    part = float(draw.uniform(0.01, 0.99))
    found = onto_tail_cone(wished, share, part)
    size = float(np.abs(wished).max())
    assert found.min() >= 0
    assert found.max() <= share @ found / part + 1e-9 * size
    left = wished - found
    # What is left points away from every admissible price, and not along the found one.
    assert tail_mean(left, share, part) <= 1e-9 * size
    assert share @ (found * left) == pytest.approx(0.0, abs=1e-9 * size**2)


def test_admissible_prices_stay_as_they_are() -> None:
    share = np.full(10, 0.1)
    prices = np.array([2.0, 2.0, 1.0, 0, 0, 0, 0, 0, 0, 0])
    assert onto_tail_cone(prices, share, 0.25) == pytest.approx(prices)


def test_the_whole_organ_shares_one_price() -> None:
    share = np.full(4, 0.25)
    assert onto_tail_cone(np.array([1.0, 2.0, 3.0, 6.0]), share, 1.0) == pytest.approx(3.0)
    assert onto_tail_cone(np.array([-9.0, 2.0, 3.0, 1.0]), share, 1.0) == pytest.approx(0.0)


def test_prices_wished_below_zero_vanish() -> None:
    assert not onto_tail_cone(np.array([-1.0, -2.0]), np.array([0.5, 0.5]), 0.3).any()
