"""Quadratic goals: the optimum is certified by its own conditions, and by another solver."""

from __future__ import annotations

import importlib
import sys

import numpy as np
import pytest

from hepatica.physics.optimise import (
    ConditionalMean,
    Constraint,
    Goal,
    MeanDose,
    Options,
    Problem,
    Solution,
    SquaredDeviation,
    SquaredOverdose,
    VoxelDose,
    solve,
)
from tests.peers.installed import PIP, installed
from tests.physics.optimise.patient import Patient

_UPPER = 60.0
_TIGHT = Options(relative_change=1e-10, gap=1e-5)


def _goals(patient: Patient) -> tuple[Goal, ...]:
    return (
        Goal(patient.target, SquaredDeviation(50.0), 1000.0),
        Goal(patient.liver, SquaredOverdose(15.0), 100.0),
        Goal(patient.liver, MeanDose(power=2), 10.0),
        Goal(patient.cord, SquaredOverdose(12.0), 100.0),
        Goal(patient.body, SquaredOverdose(20.0), 200.0),
    )


def _limits(patient: Patient) -> tuple[Constraint, ...]:
    return (
        Constraint(patient.cord, ConditionalMean("hottest", percent=20.0), at_most=18.0),
        Constraint(patient.target, VoxelDose(), at_most=51.5),
        Constraint(patient.target, VoxelDose(), at_least=46.0),
        Constraint(patient.liver, MeanDose(), at_most=20.5),
    )


def test_the_objective_is_the_sum_of_priority_times_measure(patient: Patient) -> None:
    found = solve(Problem(patient.dose, _goals(patient)))
    dose = patient.dose.matrix @ found.weights
    liver = dose[patient.liver.rows]
    by_hand = (
        1000 * ((dose[patient.target.rows] - 50) ** 2).mean()
        + 100 * (np.maximum(liver - 15, 0) ** 2).mean()
        + 10 * liver.mean() ** 2
        + 100 * (np.maximum(dose[patient.cord.rows] - 12, 0) ** 2).mean()
        + 200 * (np.maximum(dose[patient.body.rows] - 20, 0) ** 2).mean()
    )
    assert found.objective == pytest.approx(by_hand)
    assert found.dose_gy == pytest.approx(dose)
    assert found.goals[2] == pytest.approx(liver.mean() ** 2)


def test_goals_alone_reach_the_optimum_within_a_thousandth(patient: Patient) -> None:
    found = solve(Problem(patient.dose, _goals(patient), upper=_UPPER), _TIGHT)
    assert found.status.solved
    assert found.weights.max() < _UPPER
    assert found.lower_bound == pytest.approx(found.objective, rel=1e-3)
    assert found.lower_bound <= found.objective


@pytest.fixture(scope="module")
def held(patient: Patient) -> Solution:
    """The goals within the limits."""
    return solve(Problem(patient.dose, _goals(patient), _limits(patient), upper=_UPPER), _TIGHT)


def test_goals_and_limits_reach_the_optimum_within_a_thousandth(
    patient: Patient, held: Solution
) -> None:
    free = solve(Problem(patient.dose, _goals(patient), upper=_UPPER), _TIGHT)
    found = held
    assert found.status.solved, found.status.sentence
    assert all(limit.met for limit in found.limits)
    # Every limit bites: without it the objective would be lower.
    assert all(limit.multiplier > 0 for limit in found.limits[:3])
    assert found.objective > 1.02 * free.objective
    assert found.lower_bound == pytest.approx(found.objective, rel=1e-3)
    assert found.lower_bound <= found.objective * (1 + 1e-4)


def test_the_bound_of_a_rough_search_holds_too(patient: Patient, held: Solution) -> None:
    problem = Problem(patient.dose, _goals(patient), _limits(patient), upper=_UPPER)
    rough = solve(problem, Options(1e-3, gap=1e-2))
    assert rough.lower_bound is not None
    assert rough.lower_bound <= held.objective * (1 + 1e-4)


def test_a_multiplier_is_the_cost_of_a_unit_of_the_limit(patient: Patient) -> None:
    goals = _goals(patient)

    def at(limit: float):
        held = Constraint(patient.cord, ConditionalMean("hottest", percent=20.0), at_most=limit)
        return solve(Problem(patient.dose, goals, (held,)), _TIGHT)

    there, here, back = at(18.1), at(18.0), at(17.9)
    slope = (there.objective - back.objective) / 0.2
    assert here.limits[0].multiplier == pytest.approx(-slope, rel=0.02)
    assert here.multipliers[0].sum() == pytest.approx(here.limits[0].multiplier)


@pytest.fixture
def clarabel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """The solver, beside our own packages; what it needs of them is there."""
    wanted = "clarabel==0.11.1"
    command = [sys.executable, *PIP, "--no-deps", "--target", "{folder}", wanted]
    folder = installed(request, "clarabel", wanted + sys.version, command)
    monkeypatch.syspath_prepend(folder)
    return importlib.import_module("clarabel")


@pytest.mark.peer
def test_clarabel_finds_the_same_optimum(clarabel, patient: Patient, held: Solution) -> None:
    assert held.objective == pytest.approx(_clarabel(clarabel, patient), rel=1e-3)


def _clarabel(clarabel, patient: Patient) -> float:
    """The same problem with a slack per overdosed voxel and an edge for the tail."""
    from scipy import sparse

    matrix = patient.dose.matrix
    bixels = matrix.shape[1]
    over = ((patient.liver, 15.0, 100.0), (patient.cord, 12.0, 100.0), (patient.body, 20.0, 200.0))
    slacks = [region.rows.size for region, _, _ in over]
    tail = patient.cord.rows.size
    size = bixels + sum(slacks) + 1 + tail
    target, liver = matrix[patient.target.rows], matrix[patient.liver.rows].mean(axis=0)
    square = np.zeros((size, size))
    square[:bixels, :bixels] = 2000 * target.T @ target / len(target) + 20 * np.outer(liver, liver)
    linear = np.zeros(size)
    linear[:bixels] = -2000 * 50.0 * target.mean(axis=0)
    rows, limits, at = [], [], bixels

    def add(block: np.ndarray, first: int, sign: float, limit: np.ndarray, own: int = 0) -> None:
        row = np.zeros((len(limit), size))
        row[:, :bixels] = block
        if own:
            row[:, first : first + own] = sign * np.eye(own)
        rows.append(row)
        limits.append(limit)

    for (region, level, priority), count in zip(over, slacks, strict=True):
        square[range(at, at + count), range(at, at + count)] = 2 * priority / count
        add(matrix[region.rows], at, -1.0, np.full(count, level), count)
        at += count
    add(matrix[patient.cord.rows], at + 1, -1.0, np.zeros(tail), tail)
    rows[-1][:, at] = -1.0
    edge = np.zeros((1, size))
    edge[0, at], edge[0, at + 1 :] = 1.0, 1.0 / (0.2 * tail)
    rows.append(edge)
    limits.append(np.array([18.0]))
    add(target, 0, 0.0, np.full(len(target), 51.5))
    add(-target, 0, 0.0, np.full(len(target), -46.0))
    add(liver[None], 0, 0.0, np.array([20.5]))
    positive = np.delete(np.eye(size), at, axis=0)
    rows.append(-positive)
    limits.append(np.zeros(len(positive)))
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    left = sparse.csc_matrix(np.vstack(rows))
    right = np.concatenate(limits)
    cones = [clarabel.NonnegativeConeT(len(right))]
    upper = sparse.csc_matrix(sparse.triu(square))
    solved = clarabel.DefaultSolver(upper, linear, left, right, cones, settings).solve()
    assert str(solved.status) == "Solved"
    return float(solved.obj_val) + 1000 * 50.0**2
