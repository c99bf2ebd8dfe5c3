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
    """A linear programme: weights and a prescription first, then what the tails need."""

    def __init__(self, matrix: np.ndarray) -> None:
        self.matrix = matrix
        self.prescription = matrix.shape[1]
        self.columns = matrix.shape[1] + 1
        self.rows: list[tuple[dict[int, float], float]] = []
        self.unbounded: set[int] = set()

    def dose(self, row: np.ndarray) -> dict[int, float]:
        return dict(enumerate(row))

    def keep(self, terms: dict[int, float], limit: float) -> None:
        """The sum of column times coefficient, at most the limit."""
        self.rows.append((terms, limit))

    def tail(self, region: Region, part: float, sign: float) -> dict[int, float]:
        """Mean of the largest part of sign times dose: edge + mean excess over it / part."""
        edge, self.columns = self.columns, self.columns + 1 + region.rows.size
        self.unbounded.add(edge)
        for slack, row in enumerate(self.matrix[region.rows], start=edge + 1):
            self.keep({**self.dose(sign * row), edge: -1.0, slack: -1.0}, 0.0)
        share = region.voxels.share / part
        return {edge: 1.0, **dict(enumerate(share, start=edge + 1))}

    def best(self, cost: dict[int, float]) -> float:
        """The lowest cost, by HiGHS."""
        left = np.zeros((len(self.rows), self.columns))
        for index, (terms, _) in enumerate(self.rows):
            left[index, list(terms)] = list(terms.values())
        total = np.zeros(self.columns)
        total[list(cost)] = list(cost.values())
        bounds = [(None if c in self.unbounded else 0.0, None) for c in range(self.columns)]
        limits = [limit for _, limit in self.rows]
        found = linprog(total, A_ub=left, b_ub=limits, bounds=bounds, method="highs")
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
    lp.keep(lp.tail(patient.target, 0.05, -1.0), -47.5)
    lp.keep(lp.tail(patient.target, 0.05, 1.0), 56.0)
    lp.keep(lp.tail(patient.cord, 1.0 / patient.cord.total_cc, 1.0), 18.0)
    lp.keep(lp.dose(matrix[patient.body.rows].mean(axis=0)), 12.0)
    best = lp.best(lp.dose(matrix[patient.liver.rows].mean(axis=0)))
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
    lp.keep({**lp.tail(patient.target, 0.05, -1.0), lp.prescription: 1.0}, 0.0)
    for row in matrix[patient.target.rows]:
        lp.keep({**lp.dose(row), lp.prescription: -1.4}, 0.0)
    lp.keep(lp.dose(matrix[patient.liver.rows].mean(axis=0)), 20.0)
    lp.keep(lp.tail(patient.cord, 0.1, 1.0), 18.0)
    best = -lp.best({lp.prescription: -1.0})
    assert found.status.solved, found.status.sentence
    assert found.prescription_gy == pytest.approx(best, rel=1e-3)
    assert found.objective == pytest.approx(-found.prescription_gy)


def test_a_tail_as_a_goal(patient: Patient) -> None:
    goal = Goal(patient.cord, ConditionalMean("hottest", percent=20.0))
    floor = Constraint(patient.target, VoxelDose(), at_least=45.0)
    found = solve(Problem(patient.dose, (goal,), (floor,)), _TIGHT)
    lp = _Lp(patient.dose.matrix)
    for row in patient.dose.matrix[patient.target.rows]:
        lp.keep(lp.dose(-row), -45.0)
    best = lp.best(lp.tail(patient.cord, 0.2, 1.0))
    assert found.status.solved, found.status.sentence
    assert found.objective == pytest.approx(best, rel=1e-3)
