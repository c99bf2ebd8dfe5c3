"""Voxels that cannot matter are left out, and the answer stays the same."""

from __future__ import annotations

import numpy as np
import pytest

from hepatica.physics.optimise import (
    ActiveRows,
    ConditionalMean,
    Constraint,
    Goal,
    MatrixDose,
    MeanDose,
    Options,
    Problem,
    SquaredDeviation,
    SquaredOverdose,
    VoxelDose,
    sample_of,
    solve,
)
from tests.physics.optimise.patient import Patient, flat_patient


@pytest.fixture(scope="module")
def fine() -> Patient:
    return flat_patient(side=60)


class _Rows:
    """Hands out rows of a matrix and remembers how many."""

    def __init__(self, dose: MatrixDose) -> None:
        self.dose = dose
        self.asked: list[int] = []

    def __call__(self, rows: np.ndarray) -> MatrixDose:
        self.asked.append(rows.size)
        return self.dose.rows(rows)


def _goals(patient: Patient) -> tuple[Goal, ...]:
    return (
        Goal(patient.target, SquaredDeviation(50.0), 1000.0),
        Goal(patient.liver, SquaredOverdose(30.0), 100.0),
        Goal(patient.liver, MeanDose(power=2), 10.0),
        Goal(patient.cord, SquaredOverdose(12.0), 100.0),
        Goal(patient.body, SquaredOverdose(25.0), 200.0),
    )


def test_goals_are_served_equally_well_with_fewer_voxels(fine: Patient) -> None:
    rows = _Rows(fine.dose)
    problem = Problem(fine.dose, _goals(fine))
    whole = solve(problem, Options(1e-8))
    part = solve(problem, Options(1e-8, active_rows=ActiveRows(rows)))
    assert part.objective == pytest.approx(whole.objective, rel=1e-5)
    assert max(rows.asked) < 0.6 * fine.dose.points
    assert part.dose_gy == pytest.approx(fine.dose.matrix @ part.weights)
    assert part.status.solved


def test_limits_hold_on_all_voxels(fine: Patient) -> None:
    limits = (
        Constraint(fine.body, VoxelDose(), at_most=24.0),
        Constraint(fine.cord, ConditionalMean("hottest", percent=10.0), at_most=13.0),
        Constraint(fine.liver, ConditionalMean("hottest", percent=2.0), at_most=45.0),
        Constraint(fine.liver, MeanDose(), at_most=14.0),
    )
    rows = _Rows(fine.dose)
    problem = Problem(fine.dose, _goals(fine), limits)
    whole = solve(problem, Options(1e-7))
    part = solve(problem, Options(1e-7, active_rows=ActiveRows(rows)))
    assert part.status.solved, part.status.sentence
    assert part.objective == pytest.approx(whole.objective, rel=1e-3)
    assert all(limit.met for limit in part.limits)
    assert min(rows.asked) < 0.6 * fine.dose.points


def test_voxels_that_come_into_play_are_taken_in(fine: Patient) -> None:
    rows = _Rows(fine.dose)
    problem = Problem(fine.dose, _goals(fine), start=np.full(fine.dose.bixels, 1e-3))
    part = solve(problem, Options(1e-8, active_rows=ActiveRows(rows, margin=0.0)))
    assert part.objective == pytest.approx(solve(problem, Options(1e-8)).objective, rel=1e-5)
    assert len(rows.asked) > 1
    assert rows.asked == sorted(rows.asked)


def test_a_sample_at_first_leads_to_the_same_plan(fine: Patient) -> None:
    rows, every_row = _Rows(fine.dose), _Rows(fine.dose)
    goals = _goals(fine)
    sample = sample_of([goal.region for goal in goals], fine.voxels, fine.shape, (1, 2, 2))
    problem = Problem(fine.dose, goals)
    whole = solve(problem, Options(1e-8, active_rows=ActiveRows(every_row)))
    part = solve(problem, Options(1e-8, active_rows=ActiveRows(rows, sample=sample)))
    assert part.objective == pytest.approx(whole.objective, rel=1e-5)
    assert rows.asked[0] < 0.9 * every_row.asked[0]


def test_limits_see_every_voxel_although_goals_are_sampled(fine: Patient) -> None:
    limits = (Constraint(fine.body, VoxelDose(), at_most=24.0),)
    sample = sample_of([fine.body, fine.liver], fine.voxels, fine.shape, (1, 2, 2))
    rows = ActiveRows(_Rows(fine.dose), sample=sample)
    found = solve(Problem(fine.dose, _goals(fine), limits), Options(1e-7, active_rows=rows))
    assert found.status.solved, found.status.sentence
    assert float(found.dose_gy[fine.body.rows].max()) <= 24.0 * 1.001


@pytest.mark.parametrize("evaluations", [1, 2, 7, 30])
def test_a_search_among_some_voxels_spends_no_more_than_allowed(
    fine: Patient, evaluations: int
) -> None:
    rows = ActiveRows(_Rows(fine.dose))
    options = Options(1e-9, evaluations=evaluations, active_rows=rows)
    found = solve(Problem(fine.dose, _goals(fine)), options)
    assert found.evaluations <= evaluations
    assert not found.status.solved
    assert found.dose_gy == pytest.approx(fine.dose.matrix @ found.weights)
