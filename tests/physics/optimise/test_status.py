"""How a search ends, in words and numbers."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.physics.biology import model_named
from hepatica.physics.optimise import (
    ConditionalMean,
    Constraint,
    GeneralisedEud,
    Goal,
    LqGeud,
    MatrixDose,
    MaximumDose,
    MeanDose,
    Ntcp,
    Options,
    Problem,
    Progress,
    Region,
    SquaredDeviation,
    VoxelDose,
    solve,
)
from tests.physics.optimise.patient import Patient


def test_a_solved_problem_says_that_nothing_is_left_to_gain(patient: Patient) -> None:
    goal = Goal(patient.target, SquaredDeviation(50.0))
    limit = Constraint(patient.cord, MeanDose(), at_most=5.0)
    status = solve(Problem(patient.dose, (goal,), (limit,))).status
    assert status.ending == "solved"
    assert status.sentence.startswith("All 1 limits are kept to within ")
    assert "nothing is left to gain" in status.sentence


def test_a_search_cut_short_says_so(patient: Patient) -> None:
    goal = Goal(patient.target, SquaredDeviation(50.0))
    found = solve(Problem(patient.dose, (goal,)), Options(relative_change=1e-12, evaluations=5))
    assert found.status.ending == "stopped"
    assert "the search stopped early" in found.status.sentence
    assert found.evaluations <= 6


def test_limits_that_contradict_each_other_are_named(patient: Patient) -> None:
    goal = Goal(patient.target, SquaredDeviation(50.0))
    limits = (
        Constraint(patient.target, VoxelDose(), at_least=45.0),
        Constraint(patient.target, MeanDose(), at_most=40.0),
    )
    found = solve(Problem(patient.dose, (goal,), limits))
    assert found.status.ending == "infeasible"
    assert "limits contradict each other" in found.status.sentence
    assert "2 of 2 limits are broken, worst" in found.status.sentence
    assert found.residuals.violation_gy > 1.0
    assert found.residuals.violation > 1.0


def test_progress_is_told_after_each_step_and_may_end_the_search(patient: Patient) -> None:
    seen: list[Progress] = []
    goal = Goal(patient.target, SquaredDeviation(50.0))
    found = solve(Problem(patient.dose, (goal,)), progress=seen.append)
    assert len(seen) == found.iterations
    assert [p.iteration for p in seen] == list(range(1, len(seen) + 1))
    assert seen[-1].value <= seen[0].value

    class Cancelled(Exception):
        pass

    def cancel(progress: Progress) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        solve(Problem(patient.dose, (goal,)), progress=cancel)


def test_one_bixel_and_one_voxel_by_hand() -> None:
    region = Region("A", np.array([0]), 1.0)
    dose = MatrixDose(np.array([[2.0]]))
    goal = Goal(region, SquaredDeviation(10.0))
    assert solve(Problem(dose, (goal,))).weights == pytest.approx([5.0])
    held = Constraint(region, MeanDose(), at_most=6.0)
    found = solve(Problem(dose, (goal,), (held,)), Options(gap=1e-6))
    assert found.weights == pytest.approx([3.0], abs=2e-3)
    # d (6 - 10)^2 / d 6 = -8: a Gy more of the limit is worth 8.
    assert found.multipliers[0] == pytest.approx(8.0, rel=1e-2)


def test_a_start_is_used_and_upper_bounds_hold(patient: Patient) -> None:
    goals = (
        Goal(patient.target, SquaredDeviation(50.0)),
        Goal(patient.body, MeanDose(power=2), 0.1),
    )
    best = solve(Problem(patient.dose, goals))
    again = solve(Problem(patient.dose, goals, start=best.weights))
    assert again.evaluations < best.evaluations / 2
    assert again.objective == pytest.approx(best.objective, rel=1e-4)
    low = 0.5 * float(best.weights.max())
    held = solve(Problem(patient.dose, goals, upper=low))
    assert held.weights.max() <= low
    assert held.objective > best.objective


@pytest.mark.parametrize(
    "measure", [GeneralisedEud(0.2), MaximumDose(1.0), Ntcp(model_named("michigan_mets"), 6)]
)
def test_curved_goals_come_to_rest(patient: Patient, measure) -> None:
    floor = Constraint(patient.target, ConditionalMean("coldest", percent=5.0), at_least=45.0)
    region = patient.liver if measure.name == "ntcp" else patient.cord
    scale = 100.0 if measure.name == "ntcp" else 1.0
    found = solve(Problem(patient.dose, (Goal(region, measure, scale),), (floor,)))
    assert found.status.solved, found.status.sentence


def test_a_limit_on_the_risk_is_kept_to_its_tolerance(patient: Patient) -> None:
    model = model_named("michigan_mets")
    level = 18.0
    goal = Goal(patient.target, SquaredDeviation(60.0), 10.0)
    limit = Constraint(patient.liver, LqGeud(model, 6), at_most=level)
    found = solve(Problem(patient.dose, (goal,), (limit,), upper=100.0), Options(1e-9, gap=1e-5))
    assert found.limits[0].value == pytest.approx(level, rel=1e-3)
    assert found.limits[0].multiplier > 0
    assert found.lower_bound == pytest.approx(found.objective, rel=2e-3)
