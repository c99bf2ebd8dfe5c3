"""The gauge of the liver: homogeneous, convex where it is said to be, and safe where it is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hepatica.engine.isotoxic_plan.liver_gauge import LiverGauge
from hepatica.errors import Infeasible
from hepatica.physics.biology import model_named, ntcp
from hepatica.physics.optimise import Region

METS = model_named("michigan_mets")
ORGAN = Region("Liver-GTV", np.arange(40), np.linspace(0.5, 1.5, 40))


def _gauge(n: float = 0.97, risk: float = 0.1) -> LiverGauge:
    return LiverGauge.at_risk(ORGAN, replace(METS, n=n), 6, risk)


def _doses(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).gamma(1.5, 10, 40)


@pytest.mark.parametrize("n", [0.3, 0.97, 1.0, 1.1, 1.7])
def test_a_dose_divided_by_its_gauge_carries_the_risk(n: float) -> None:
    gauge = _gauge(n)
    for seed in range(5):
        dose = _doses(seed)
        value, _ = gauge.of(dose)
        assert ntcp(gauge.model, dose / value, ORGAN.cc, 6) == pytest.approx(0.1, rel=1e-7)
        assert gauge.of(3 * dose)[0] == pytest.approx(3 * value)


@pytest.mark.parametrize("n", [0.3, 0.97, 1.0, 1.1])
def test_its_gradient_is_that_of_finite_differences(n: float) -> None:
    gauge, dose = _gauge(n), _doses(1)
    value, slope = gauge.of(dose)
    assert slope @ dose == pytest.approx(value)
    for i in (0, 7, 39):
        step = np.zeros(40)
        step[i] = 1e-4
        rise = (gauge.of(dose + step)[0] - gauge.of(dose - step)[0]) / 2e-4
        assert slope[i] == pytest.approx(rise, rel=1e-5)


@pytest.mark.parametrize("n", [0.3, 0.97, 1.0])
def test_mixtures_never_ask_for_more_than_their_parts_up_to_n_of_1(n: float) -> None:
    gauge = _gauge(n)
    assert gauge.convex
    for seed in range(20):
        one, other = _doses(seed), _doses(seed + 100)
        mixed = gauge.of(0.3 * one + 0.7 * other)[0]
        assert mixed <= 0.3 * gauge.of(one)[0] + 0.7 * gauge.of(other)[0] + 1e-12


def test_above_n_of_1_a_mixture_can_ask_for_more() -> None:
    gauge = _gauge(1.8)
    one = np.r_[np.full(20, 1.0), np.zeros(20)]
    parts = 0.5 * (gauge.of(one)[0] + gauge.of(one[::-1].copy())[0])
    assert not gauge.convex
    assert gauge.of(0.5 * (one + one[::-1]))[0] > parts


@pytest.mark.parametrize("n", [0.3, 0.97, 1.0, 1.1, 1.7])
def test_no_dose_within_the_risk_lies_beyond_a_tangent(n: float) -> None:
    gauge = _gauge(n)
    touching = _doses(0) / gauge.of(_doses(0))[0]
    normal, limit = gauge.tangent(touching)
    assert normal.min() >= 0
    if n <= 1:
        assert normal @ touching == pytest.approx(limit)
    for seed in range(200):
        sharp = _doses(seed) ** np.random.default_rng(seed).uniform(0, 3)
        within = sharp / gauge.of(sharp)[0]
        assert normal @ within <= limit * (1 + 1e-9)


def test_from_n_of_2_on_nothing_is_claimed() -> None:
    normal, limit = _gauge(2.0).tangent(_doses(0))
    assert not normal.any()
    assert limit == np.inf


def test_no_dose_asks_for_nothing() -> None:
    value, slope = _gauge().of(np.zeros(40))
    assert value == 0
    assert not slope.any()


def test_a_risk_below_that_of_no_dose_is_refused() -> None:
    steep = replace(METS, m=0.9)
    with pytest.raises(Infeasible, match=r"gives a risk above 0\.05 even at no dose"):
        LiverGauge.at_risk(ORGAN, steep, 6, 0.05)
