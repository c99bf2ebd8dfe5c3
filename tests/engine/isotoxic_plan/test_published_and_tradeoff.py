"""The published way beside the optimum, and dose against risk."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hepatica.engine.isotoxic_plan import (
    IsotoxicOptimum,
    IsotoxicProblem,
    plan_as_published,
    solve_optimal,
    tradeoff,
)
from hepatica.engine.prescribe import AllocationRule, LiverShape, allocate
from hepatica.errors import UsageError
from tests.engine.isotoxic_plan import toy

LEVELS = (0.05, 0.10, 0.20)


@pytest.fixture(scope="module")
def problem() -> IsotoxicProblem:
    """A large tumour beside a stomach."""
    return toy.problem(radius_mm=22.0, stomach=False)


@pytest.fixture(scope="module")
def optimum(problem: IsotoxicProblem) -> IsotoxicOptimum:
    """Its plan at 10 %."""
    return solve_optimal(problem, 0.10)


def test_the_published_dose_is_what_the_rule_gives_for_the_published_plan(
    problem: IsotoxicProblem,
) -> None:
    found = plan_as_published(problem, 0.10)
    organ, rules = problem.organ, problem.prescription
    shape = LiverShape(found.dose_gy[organ.rows] / found.prescription_gy, organ.cc)
    given = allocate(AllocationRule(rules, problem.model, rules.reading), shape, (), 0.10)
    assert given.chosen is not None
    assert found.prescription_gy == pytest.approx(given.chosen.allowed_gy, abs=0.01)
    assert found.stratum == given.stratum
    assert found.effective_volume == pytest.approx(given.effective_volume)
    assert problem.coverage.written_gy(found.dose_gy) == pytest.approx(found.prescription_gy)


def test_the_steps_end_when_the_dose_that_is_looked_up_stays(problem: IsotoxicProblem) -> None:
    steps = plan_as_published(problem, 0.10).steps
    assert 1 < len(steps) <= 3
    assert steps[-1].planned_gy == pytest.approx(steps[-2].allowed_gy)
    assert abs(steps[-1].allowed_gy - steps[-1].planned_gy) < 1.0


def test_the_optimum_prescribes_more_than_the_published_way(
    problem: IsotoxicProblem, optimum: IsotoxicOptimum
) -> None:
    assert optimum.prescription_gy > plan_as_published(problem, 0.10).prescription_gy + 1


def test_an_organ_lowers_the_published_dose() -> None:
    found = plan_as_published(toy.problem(radius_mm=12.0, stomach=True), 0.10)
    assert found.limited_by == ("Stomach",)
    state = next(s for s in found.limits if s.structure == "Stomach")
    assert state.value_gy == pytest.approx(30, rel=1e-6)


def test_above_the_highest_stratum_nothing_is_prescribed(problem: IsotoxicProblem) -> None:
    low = problem.prescription.strata[0]
    narrow = problem.prescription.model_copy(update={"strata": (low,)})
    found = plan_as_published(replace(problem, prescription=narrow), 0.10)
    assert found.prescription_gy == 0
    assert found.stratum is None
    assert "Above an effective volume of 0.22 the protocol does not treat" in found.status


def test_more_risk_never_buys_less_dose_and_each_per_cent_buys_less(
    problem: IsotoxicProblem, optimum: IsotoxicOptimum
) -> None:
    points = tradeoff(problem, LEVELS, optimum)
    risks = np.array([p.risk for p in points])
    doses = np.array([p.prescription_gy for p in points])
    assert (np.diff(risks) > 0).all()
    assert (np.diff(doses) >= 0).all()
    slopes = np.diff(doses) / np.diff(risks)
    assert slopes[0] > slopes[-1]
    assert [p.risk for p in points if p.marked] == list(LEVELS)
    assert {p.how for p in points} == {"optimised", "mixed"}


def test_every_point_keeps_its_risk_and_the_start_is_one_of_them(
    problem: IsotoxicProblem, optimum: IsotoxicOptimum
) -> None:
    points = {p.risk: p for p in tradeoff(problem, LEVELS, optimum)}
    assert all(p.ntcp <= risk * (1 + 1e-6) for risk, p in points.items())
    assert points[0.10].prescription_gy == pytest.approx(optimum.prescription_gy)


@pytest.mark.parametrize("risk", [0.05, 0.20])
def test_a_warm_start_finds_what_a_search_of_its_own_finds(
    problem: IsotoxicProblem, optimum: IsotoxicOptimum, risk: float
) -> None:
    point = next(p for p in tradeoff(problem, LEVELS, optimum) if p.risk == risk)
    own = solve_optimal(problem, risk)
    assert point.prescription_gy == pytest.approx(own.prescription_gy, rel=6e-3)


def test_at_the_maximum_further_risk_is_not_searched() -> None:
    problem = toy.problem(radius_mm=5.0)
    start = solve_optimal(problem, 0.10)
    points = tradeoff(problem, LEVELS, start)
    assert points[-1].prescription_gy == 60
    assert points[-1].limited_by == ("protocol maximum",)


def test_a_curve_of_impossible_risks_is_refused(
    problem: IsotoxicProblem, optimum: IsotoxicOptimum
) -> None:
    with pytest.raises(UsageError, match="A risk of the curve is 5; it is a probability"):
        tradeoff(problem, (5,), optimum)
