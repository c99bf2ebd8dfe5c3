"""Bounds from prices: right for any rows, and tight when the rows say everything."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from hepatica.engine.isotoxic_plan.dual_bound import Row, lowest_bound


def _rows(seed: int, limits: int = 12, bixels: int = 15) -> list[Row]:
    """A cost row, then random limits, then coverages; every bixel costs something."""
    generator = np.random.default_rng(seed)
    rows = [Row("cost", 0.0, 10.0, -generator.uniform(0.2, 1, bixels))]
    rows += [
        Row("limit", 0.0, generator.uniform(1, 9), -(generator.uniform(0, 1, bixels) ** 3))
        for _ in range(limits)
    ]
    rows += [Row("cover", 1.0, 0.0, generator.uniform(0, 1, bixels)) for _ in range(6)]
    return rows


def _optimum(rows: list[Row]) -> float:
    a = np.array([np.r_[-row.gain, row.demand] for row in rows])
    cost = np.zeros(a.shape[1])
    cost[-1] = -1
    found = linprog(cost, A_ub=a, b_ub=[row.worth for row in rows])
    return -float(found.fun)


@pytest.mark.parametrize("seed", range(8))
def test_all_rows_together_prove_the_optimum(seed: int) -> None:
    rows = _rows(seed)
    bound = lowest_bound(rows, 0)
    assert bound.prescription_gy == pytest.approx(_optimum(rows), rel=1e-7)
    assert (bound.prices >= 0).all()


@pytest.mark.parametrize("seed", range(8))
def test_fewer_rows_prove_less_but_never_too_little(seed: int) -> None:
    rows = _rows(seed)
    some = [rows[0], *rows[3:10], rows[14], rows[16]]
    assert lowest_bound(some, 0).prescription_gy >= _optimum(rows) * (1 - 1e-9)


def test_the_prices_prove_the_bound_bixel_by_bixel() -> None:
    rows = _rows(1)
    bound = lowest_bound(rows, 0)
    gains = sum(price * row.gain for price, row in zip(bound.prices, rows, strict=True))
    assert np.max(gains) <= 1e-12
    demand = sum(price * row.demand for price, row in zip(bound.prices, rows, strict=True))
    assert demand == pytest.approx(1)


def test_without_a_cost_nothing_is_proved() -> None:
    rows = [Row("free", 0.0, 10.0, np.zeros(3)), Row("cover", 1.0, 0.0, np.ones(3))]
    assert lowest_bound(rows, 0).prescription_gy == np.inf
