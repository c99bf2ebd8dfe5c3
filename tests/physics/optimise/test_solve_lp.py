"""Linear goals with limits on means and tails: the same optimum as the simplex method's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from hepatica.physics.optimise import (
    ConditionalMean,
    Constraint,
    Goal,
    MeanDose,
    OfPrescription,
    Options,
    Prescription,
    Problem,
    Region,
    VoxelDose,
    solve,
)
from tests.physics.optimise.patient import Patient

_TIGHT = Options(relative_change=1e-8, gap=1e-4, evaluations=20000)


class _Lp:
    """Rows of a linear programme over weights, a prescription, and what tails need."""

    def __init__(self, matrix: np.ndarray) -> None:
        self.matrix = matrix
        self.bixels = matrix.shape[1]
        self.columns = self.bixels + 1
        self.rows: list[tuple[np.ndarray, np.ndarray, np.ndarray, float]] = []

    def keep(self, doses: np.ndarray, per_prescription: float, limit: float) -> None:
        """Each row of doses, plus so much times the prescription, at most the limit."""
        for row in np.atleast_2d(doses):
            where = np.arange(self.bixels + 1)
            self.rows.append((where, np.append(row, per_prescription), np.array([]), limit))

    def keep_tail(
        self, region: Region, part: float, sign: float, per_prescription: float, limit: float
    ) -> None:
        """The mean of the largest part of sign times dose."""
        edge = self.columns
        slack = edge + 1 + np.arange(region.rows.size)
        self.columns = int(slack[-1]) + 1
        for row, own in zip(sign * self.matrix[region.rows], slack, strict=True):
            where = np.append(np.arange(self.bixels), [edge, own])
            self.rows.append((where, np.append(row, [-1.0, -1.0]), np.array([]), 0.0))
        where = np.concatenate([[self.bixels, edge], slack])
        share = region.voxels.share / part
        self.rows.append((where, np.append([per_prescription, 1.0], share), np.array([]), limit))
        self.free = edge

    def best(self, cost: np.ndarray, highest: float) -> float:
        """The lowest cost, by HiGHS."""
        left = np.zeros((len(self.rows), self.columns))
        for index, (where, values, _, _) in enumerate(self.rows):
            left[index, where] = values
        bounds = [(0.0, None)] * self.bixels + [(0.0, highest)]
        bounds += [
            (None, None) if np.any(left[:, c] < -0.99) and c > self.bixels else (0.0, None)
            for c in range(self.bixels + 1, self.columns)
        ]
        edges = {int(w[-2]) for w, v, _, _ in self.rows if len(v) > 2 and tuple(v[-2:]) == (-1, -1)}
        for column in range(self.bixels + 1, self.columns):
            bounds[column] = (None, None) if column in edges else (0.0, None)
        full = np.zeros(self.columns)
        full[: self.bixels + 1] = cost
        limits = [row[3] for row in self.rows]
        found = linprog(full, A_ub=left, b_ub=limits, bounds=bounds, method="highs")
        assert found.status == 0
        return float(found.fun)


def test_the_least_liver_dose_for_a_covered_target(patient: Patient) -> None:
    constraints = (
        Constraint(patient.target, ConditionalMean("coldest", percent=5.0), at_least=47.5),
        Constraint(patient.target, ConditionalMean("hottest", percent=5.0), at_most=56.0),
        Constraint(patient.cord, ConditionalMean("hottest", cc=1.0), at_most=18.0),
        Constraint(patient.body, MeanDose(), at_most=12.0),
    )
    goal = Goal(patient.liver, MeanDose())
    found = solve(Problem(patient.dose, (goal,), constraints, upper=300.0), _TIGHT)
    matrix = patient.dose.matrix
    lp = _Lp(matrix)
    lp.keep_tail(patient.target, 0.05, -1.0, 0.0, -47.5)
    lp.keep_tail(patient.target, 0.05, 1.0, 0.0, 56.0)
    lp.keep_tail(patient.cord, 1.0 / patient.cord.total_cc, 1.0, 0.0, 18.0)
    lp.keep(matrix[patient.body.rows].mean(axis=0), 0.0, 12.0)
    best = lp.best(np.append(matrix[patient.liver.rows].mean(axis=0), 0.0), 1.0)
    assert found.status.solved, found.status.sentence
    assert found.objective == pytest.approx(best, rel=1e-3)
    assert found.lower_bound == pytest.approx(best, rel=1e-3)
    assert found.residuals.violation_gy < 0.05


def test_the_highest_prescription_under_limits(patient: Patient) -> None:
    constraints = (
        Constraint(
            patient.target, ConditionalMean("coldest", percent=5.0), at_least=OfPrescription(1.0)
        ),
        Constraint(patient.target, VoxelDose(), at_most=OfPrescription(1.4)),
        Constraint(patient.liver, MeanDose(), at_most=20.0),
        Constraint(patient.cord, ConditionalMean("hottest", percent=10.0), at_most=18.0),
    )
    sought = Prescription(40.0, 0.0, 90.0)
    found = solve(Problem(patient.dose, (), constraints, prescription=sought), _TIGHT)
    matrix = patient.dose.matrix
    lp = _Lp(matrix)
    lp.keep_tail(patient.target, 0.05, -1.0, 1.0, 0.0)
    lp.keep(matrix[patient.target.rows], -1.4, 0.0)
    lp.keep(matrix[patient.liver.rows].mean(axis=0), 0.0, 20.0)
    lp.keep_tail(patient.cord, 0.1, 1.0, 0.0, 18.0)
    best = -lp.best(np.append(np.zeros(lp.bixels), -1.0), 90.0)
    assert found.status.solved, found.status.sentence
    assert found.prescription_gy == pytest.approx(best, rel=1e-3)
    assert found.objective == pytest.approx(-found.prescription_gy)


def test_a_tail_as_a_goal(patient: Patient) -> None:
    goal = Goal(patient.cord, ConditionalMean("hottest", percent=20.0))
    floor = Constraint(patient.target, VoxelDose(), at_least=45.0)
    found = solve(Problem(patient.dose, (goal,), (floor,)), _TIGHT)
    lp = _Lp(patient.dose.matrix)
    lp.keep(-patient.dose.matrix[patient.target.rows], 0.0, -45.0)
    edge = lp.columns
    lp.keep_tail(patient.cord, 0.2, 1.0, 0.0, 0.0)
    where, values, none, _ = lp.rows.pop()
    # The tail's mean is the last column's bound instead of a number.
    lp.rows.append((np.append(where, lp.columns), np.append(values, -1.0), none, 0.0))
    cost = np.zeros(lp.bixels + 1)
    lp.columns += 1
    full_cost = lp.columns - 1
    best = _with_goal(lp, cost, full_cost, edge)
    assert found.status.solved, found.status.sentence
    assert found.objective == pytest.approx(best, rel=1e-3)


def _with_goal(lp: _Lp, cost: np.ndarray, goal: int, edge: int) -> float:
    left = np.zeros((len(lp.rows), lp.columns))
    for index, (where, values, _, _) in enumerate(lp.rows):
        left[index, where] = values
    full = np.zeros(lp.columns)
    full[goal] = 1.0
    bounds = [(0.0, None)] * lp.columns
    bounds[edge] = (None, None)
    limits = [row[3] for row in lp.rows]
    found = linprog(full, A_ub=left, b_ub=limits, bounds=bounds, method="highs")
    assert found.status == 0
    return float(found.fun)
