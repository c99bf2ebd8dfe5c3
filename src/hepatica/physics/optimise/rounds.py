"""Rounds of search: each lowers the goals, then raises the price of every limit that is broken."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hepatica.physics.optimise.active import ActiveSearch
from hepatica.physics.optimise.bounds import Bounds
from hepatica.physics.optimise.curvature import Curvature
from hepatica.physics.optimise.lagrangian import (
    Lagrangian,
    even_dose,
    lagrangian_of,
    typical_dose_gy,
)
from hepatica.physics.optimise.limits import Kept, LimitPiece
from hepatica.physics.optimise.measure import FloatArray
from hepatica.physics.optimise.options import Options
from hepatica.physics.optimise.problem import Problem
from hepatica.physics.optimise.search import Found, StopRule, minimise
from hepatica.physics.optimise.solution import (
    Ending,
    Progress,
    Residuals,
    Solution,
    status_of,
)

# Beyond this a penalty only worsens the arithmetic: the limits cannot be kept.
_LARGEST_GROWTH = 1e10
# A breach that a round leaves above this part of the last one is pulled harder.
_SLOW = 0.3
_HARDER = 5.0
# And above this part twice as hard: nothing has moved.
_STUCK = 0.9


class Rounds:
    """The state of one optimisation between its rounds."""

    def __init__(
        self, problem: Problem, options: Options, progress: Callable[[Progress], None] | None
    ) -> None:
        self.problem = problem
        self.options = options
        self.progress = progress
        self.unknowns, self.bounds = _unknowns_of(problem)
        self.curvature = Curvature(self.unknowns.size)
        self.lagrangian = lagrangian_of(problem, 1.0)
        self.point = self.lagrangian.point(self.unknowns)
        self.even = even_dose(self.lagrangian, typical_dose_gy(problem))
        self.around = self.point if self.point.weights.any() else self.even
        self._set_penalties()
        rows = options.active_rows
        self.active = ActiveSearch(rows, self._search) if rows else None
        self.first_penalties = [limit.penalty for limit in self.lagrangian.limits]
        self.iterations = 0
        self.evaluations = 0
        self.round = 0
        self.relative_change = np.inf
        self.worst_gy = 0.0
        self.blur = 0.0

    def run(self) -> Solution:
        """Rounds until the limits are kept and nothing is left to gain."""
        constrained = bool(self.lagrangian.limits or self.lagrangian.tails)
        before = [np.inf] * len(self.lagrangian.limits)
        objective = np.inf
        while True:
            self.round += 1
            found = self._inner(constrained)
            last, objective = objective, self.lagrangian.objective(self.point)
            self.relative_change = abs(objective - last) / max(abs(objective), 1e-12)
            self._move_multipliers()
            limits = self._judged()
            if not constrained or self._settled(limits) or self._over(limits):
                return self._solution(found, limits)
            self._raise_penalties(limits, before)
            before = [limit.violation for limit in limits]

    def _inner(self, constrained: bool) -> Found:
        change = self.options.relative_change
        if constrained:
            # Early rounds aim at multipliers that will move anyway.
            change = max(change * 10.0 ** (3 - self.round), 0.1 * change)
        left = max(self.options.evaluations - self.evaluations, 1)
        stop = StopRule(change, left, self.options.patience)
        if self.active is None:
            found = self._search(self.lagrangian, self.unknowns, stop)
            self.point = self.lagrangian.point(found.unknowns)
        else:
            start, around = self.unknowns, self.around
            found, self.point = self.active.minimise(self.lagrangian, start, around, stop)
        self.around = self.point
        self.unknowns = found.unknowns
        self.iterations += found.iterations
        self.evaluations += found.evaluations
        return found

    def _search(self, lagrangian: Lagrangian, start: FloatArray, stop: StopRule) -> Found:
        function = lagrangian.value_and_gradient
        return minimise(function, start, self.bounds, stop, self.curvature, self._watch)

    def _move_multipliers(self) -> None:
        for limit in self.lagrangian.limits:
            limit.update(self.point)
        self.blur = sum(
            abs(goal.priority) * goal.reader.recentre(self.point) for goal in self.lagrangian.goals
        )

    def _judged(self) -> tuple[Kept, ...]:
        limits = tuple(limit.judged(self.point) for limit in self.lagrangian.limits)
        self.worst_gy = max((each.violation for each in limits if each.unit == "Gy"), default=0.0)
        return limits

    def _settled(self, limits: tuple[Kept, ...]) -> bool:
        size = max(abs(self.lagrangian.objective(self.point)), 1e-12)
        slack = sum(limit.complementarity for limit in limits)
        return (
            self.round > 2
            and all(limit.met for limit in limits)
            and slack + self.blur <= self.options.gap * size
            and self.relative_change <= self.options.gap
        )

    def _over(self, limits: tuple[Kept, ...]) -> bool:
        spent = self.evaluations >= self.options.evaluations or self.round >= self.options.rounds
        return spent or bool(self._hopeless(limits))

    def _hopeless(self, limits: tuple[Kept, ...]) -> list[Kept]:
        grown = zip(limits, self.lagrangian.limits, self.first_penalties, strict=True)
        return [
            kept
            for kept, limit, first in grown
            if not kept.met and limit.penalty > _LARGEST_GROWTH * first
        ]

    def _raise_penalties(self, limits: tuple[Kept, ...], before: list[float]) -> None:
        for kept, limit, last in zip(limits, self.lagrangian.limits, before, strict=True):
            if not kept.met and kept.violation > _SLOW * last:
                limit.penalty *= _HARDER if kept.violation < _STUCK * last else _HARDER**2

    def _set_penalties(self) -> None:
        """Make a breach cost as much as the goals could: what they say of two very unlike doses."""
        prescription = self.problem.prescription
        size = abs(self.lagrangian.objective(self.point))
        size = max(size, abs(self.lagrangian.objective(self.even)))
        if prescription is not None:
            size = max(size, prescription.reward * prescription.highest_gy)
        for limit in self.lagrangian.limits:
            limit.penalty *= size or 1.0

    def _watch(self, iteration: int, evaluations: int, value: float) -> None:
        if self.progress is not None:
            self.progress(
                Progress(
                    self.round,
                    self.iterations + iteration,
                    self.evaluations + evaluations,
                    value,
                    self.worst_gy,
                )
            )

    def _solution(self, found: Found, limits: tuple[Kept, ...]) -> Solution:
        lagrangian, point = self.lagrangian, self.point
        value, gradient = lagrangian.priced(point)
        slope = self.bounds.projected(self.unknowns, gradient)
        residuals = Residuals(
            violation_gy=self.worst_gy,
            violation=max((each.violation / each.tolerance for each in limits), default=0.0),
            projected_gradient=float(np.abs(slope).max(initial=0.0)),
            complementarity=sum(each.complementarity for each in limits),
            relative_change=self.relative_change if np.isfinite(self.relative_change) else 0.0,
        )
        return Solution(
            weights=point.weights,
            dose_gy=point.dose_gy,
            prescription_gy=point.prescription_gy,
            objective=lagrangian.objective(point),
            status=status_of(
                limits,
                residuals,
                self._ending(found, limits),
                f"{self.iterations} steps, {self.evaluations} evaluations",
            ),
            residuals=residuals,
            limits=limits,
            multipliers=tuple(
                limit.multiplier if isinstance(limit, LimitPiece) else limit.prices
                for limit in lagrangian.limits
            ),
            goals=tuple(goal.reader.exact(point).value for goal in lagrangian.goals),
            rounds=self.round,
            iterations=self.iterations,
            evaluations=self.evaluations,
            lower_bound=self._bound(value, gradient),
        )

    def _bound(self, value: float, gradient: FloatArray) -> float | None:
        """A value that no weights within the bounds go below, by convexity; None if unknown."""
        if not self.problem.convex:
            return None
        far = np.where(gradient > 0, self.bounds.lower, self.bounds.upper)
        moves = np.where(gradient == 0, 0.0, far - self.unknowns)
        with np.errstate(invalid="ignore"):
            gain = float(np.where(gradient == 0, 0.0, gradient * moves).sum())
        return value + gain if np.isfinite(gain) else None

    def _ending(self, found: Found, limits: tuple[Kept, ...]) -> Ending:
        if self._hopeless(limits):
            return "infeasible"
        if found.exhausted:
            return "stopped"
        plain = not self.lagrangian.limits and not self.lagrangian.tails
        return "solved" if plain or self._settled(limits) else "stopped"


def _unknowns_of(problem: Problem) -> tuple[FloatArray, Bounds]:
    start, upper = problem.start_weights, problem.upper_weights
    lower = np.zeros_like(start)
    sought = problem.prescription
    if sought is None:
        return start, Bounds(lower, upper)
    return (
        np.append(start, sought.start_gy),
        Bounds(np.append(lower, sought.lowest_gy), np.append(upper, sought.highest_gy)),
    )
