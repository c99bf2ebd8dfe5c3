"""The true optimum of a small problem by linear programming, independent of the product's search.

Tails are written with one slack per voxel; the risk is cut off by tangents, round by round, until
none is broken: then the programme's value is the optimum.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from hepatica.engine.isotoxic_plan import IsotoxicProblem
from hepatica.physics.biology import equivalent_geud


def _effect(problem: IsotoxicProblem, dose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    model, fractions = problem.model, problem.prescription.fractions
    reference = model.reference_fraction_gy + model.alpha_beta_gy
    equivalent = dose * (dose / fractions + model.alpha_beta_gy) / reference
    slope = (2 * dose / fractions + model.alpha_beta_gy) / reference
    a = 1 / model.n
    return equivalent**a, a * np.maximum(equivalent, 1e-300) ** (a - 1) * slope


class Programme:
    """maximise D over weights, D and slacks; rows are added as they are needed.

    With ``held`` (voxels of the covered target) these receive D each, and the others what they may.
    """

    def __init__(self, problem: IsotoxicProblem, held: np.ndarray | None = None) -> None:
        self.problem = problem
        self.matrix = np.asarray(problem.operator.matrix)
        self.bixels = self.matrix.shape[1]
        self.columns = self.bixels + 1
        self.free: list[int] = []
        self.rows: list[tuple[np.ndarray, dict[int, float], float]] = []
        limits = problem.terms.held
        if held is None:
            limits = (problem.coverage, *limits)
        else:
            for row in self.matrix[problem.coverage.region.rows[held]]:
                self.rows.append((-row, {self.bixels: 1.0}, 0.0))
        for limit in limits:
            self._tail(limit)

    def _tail(self, limit) -> None:  # type: ignore[no-untyped-def]
        """sign (t + mean of slacks) <= sign limit, slack >= sign dose - t, slack >= 0."""
        at, sign = self.bixels, limit.sign
        own = sign * self.matrix[limit.region.rows]
        if limit.tail_cc <= 0:
            for row in own:
                self.rows.append((row, {at: -sign * limit.share}, sign * limit.limit_gy))
            return
        threshold = self.columns
        slack = np.arange(self.columns + 1, self.columns + 1 + len(own))
        self.columns += 1 + len(own)
        for row, column in zip(own, slack, strict=True):
            self.rows.append((row, {threshold: -1.0, int(column): -1.0}, 0.0))
        mean = {int(c): cc / limit.tail_cc for c, cc in zip(slack, limit.region.cc, strict=True)}
        mean |= {threshold: 1.0, at: -sign * limit.share}
        self.rows.append((np.zeros(self.bixels), mean, sign * limit.limit_gy))
        self.free.append(threshold)

    def solve(self, risk: float) -> tuple[float, np.ndarray]:
        """The optimum and its weights."""
        organ, model = self.problem.organ, self.problem.model
        target = model.geud_at_risk(risk)
        share = organ.cc / organ.total_cc
        dose = np.full(len(organ.rows), 20.0)
        for _ in range(200):
            effect, slope = _effect(self.problem, dose)
            normal = (share * slope) @ self.matrix[organ.rows]
            bound = target ** (1 / model.n) - float(share @ (effect - slope * dose))
            self.rows.append((normal, {}, bound))
            value, weights = self._programme()
            dose = self.matrix[organ.rows] @ weights
            geud = equivalent_geud(model, dose, organ.cc, self.problem.prescription.fractions)
            if geud <= target * (1 + 1e-5):
                return value, weights
        raise AssertionError("the cutting planes did not settle")

    def _programme(self) -> tuple[float, np.ndarray]:
        a = np.zeros((len(self.rows), self.columns))
        for i, (voxel_row, others, _) in enumerate(self.rows):
            a[i, : self.bixels] = voxel_row
            a[i, list(others)] = list(others.values())
        cost = np.zeros(self.columns)
        cost[self.bixels] = -1.0
        bounds = np.tile([0.0, np.inf], (self.columns, 1))
        bounds[self.free, 0] = -np.inf
        bounds[self.bixels, 1] = self.problem.prescription.cap_gy
        b = [row[2] for row in self.rows]
        found = linprog(cost, A_ub=csr_array(a), b_ub=b, bounds=bounds, method="highs")
        assert found.status == 0, found.message
        return -float(found.fun), found.x[: self.bixels]
