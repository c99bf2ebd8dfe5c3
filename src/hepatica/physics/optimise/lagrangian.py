"""Goals and limits as one smooth function: the augmented Lagrangian that the search minimises."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hepatica.physics.optimise.goals import GoalPiece, Piece
from hepatica.physics.optimise.level import level_at
from hepatica.physics.optimise.limits import Limit, limit_piece, priced_by_voxel
from hepatica.physics.optimise.measure import FloatArray
from hepatica.physics.optimise.operator import DoseOperator
from hepatica.physics.optimise.problem import Constraint, Problem
from hepatica.physics.optimise.readers import Point, Slope, TailReader, reader_of

# Tails are first told apart to this part of the highest level among the limits.
_TAIL_WIDTH = 0.05


@dataclass(frozen=True, eq=False)
class Lagrangian:
    """Goals, limits and the prescription of a problem, as a function of weights and prescription.

    The prescription, where it is sought, is the last of the unknowns.
    """

    operator: DoseOperator
    goals: tuple[GoalPiece, ...]
    limits: tuple[Limit, ...]
    reward: float
    sought: bool

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Goals, then limits."""
        return (*self.goals, *self.limits)

    def point(self, unknowns: FloatArray) -> Point:
        """The dose and all else that belongs to the unknowns."""
        weights = unknowns[: self.operator.bixels]
        if weights.any():
            dose = np.asarray(self.operator.forward(weights), dtype=np.float64)
        else:
            dose = np.zeros(self.operator.points)
        return Point(weights, dose, float(unknowns[-1]) if self.sought else None)

    def value_and_gradient(self, unknowns: FloatArray) -> tuple[float, FloatArray]:
        """One forward and one adjoint: value and gradient by the unknowns."""
        return self.at(self.point(unknowns))

    def at(self, point: Point) -> tuple[float, FloatArray]:
        """The same where the dose is known: one adjoint."""
        slope = self._flat()
        value = sum(piece.add(point, slope) for piece in self.pieces)
        return self._together(point, value, slope)

    def value(self, point: Point) -> float:
        """The value alone, where the dose is known."""
        slope = self._flat()
        value = sum(piece.add(point, slope) for piece in self.pieces)
        return value - self.reward * (point.prescription_gy or 0.0)

    def priced(self, point: Point) -> tuple[float, FloatArray]:
        """Goals plus multipliers times excesses, without penalties: for a bound and residuals."""
        slope = self._flat()
        value = sum(piece.price(point, slope) for piece in self.pieces)
        return self._together(point, value, slope)

    def objective(self, point: Point) -> float:
        """The goals alone, exactly as declared, less the reward."""
        value = sum(goal.priority * goal.reader.exact(point).value for goal in self.goals)
        return value - self.reward * (point.prescription_gy or 0.0)

    def _flat(self) -> Slope:
        return Slope(np.zeros(self.operator.points), np.zeros(self.operator.bixels))

    def _together(self, point: Point, value: float, slope: Slope) -> tuple[float, FloatArray]:
        by_weights = slope.weights + np.asarray(self.operator.adjoint(slope.dose), np.float64)
        if point.prescription_gy is None:
            return value, by_weights
        value -= self.reward * point.prescription_gy
        return value, np.append(by_weights, slope.prescription - self.reward)

    @property
    def tails(self) -> tuple[TailReader, ...]:
        """Readers whose value the search sees smoothed."""
        readers = [piece.reader for piece in self.pieces if hasattr(piece, "reader")]
        return tuple(reader for reader in readers if isinstance(reader, TailReader))


def lagrangian_of(problem: Problem, scale: float) -> Lagrangian:
    """The Lagrangian of a problem before any multiplier is known.

    Parameters
    ----------
    problem : Problem
    scale : float, objective
        What counts as a large change of the objective; sets the first penalties.
    """
    operator = problem.operator
    width = _TAIL_WIDTH * typical_dose_gy(problem)
    goals = tuple(
        GoalPiece(reader_of(operator, goal.region, goal.measure, width), goal.priority)
        for goal in problem.goals
    )
    limits = tuple(_limit_of(problem, each, width, scale) for each in problem.constraints)
    sought = problem.prescription
    return Lagrangian(operator, goals, limits, sought.reward if sought else 0.0, bool(sought))


def even_dose(lagrangian: Lagrangian, highest_gy: float) -> Point:
    """The dose of equal weights whose highest voxel has so many Gy, for a first orientation."""
    operator = lagrangian.operator
    weights = np.ones(operator.bixels)
    dose = np.asarray(operator.forward(weights), dtype=np.float64)
    factor = highest_gy / (float(dose.max(initial=0.0)) or 1.0)
    return Point(factor * weights, factor * dose, highest_gy if lagrangian.sought else None)


def _limit_of(problem: Problem, constraint: Constraint, width_gy: float, scale: float) -> Limit:
    start = problem.prescription.start_gy if problem.prescription else None
    size = max(abs(level_at(constraint.limit, start)[0]), 1e-3)
    # A breach by a tenth of the limit first costs a twentieth of the scale.
    penalty = 10.0 * scale / size**2
    if priced_by_voxel(constraint):
        return limit_piece(constraint, None, penalty)
    reader = reader_of(problem.operator, constraint.region, constraint.measure, width_gy)
    return limit_piece(constraint, reader, penalty)


def typical_dose_gy(problem: Problem) -> float:
    """The highest dose that a limit or reference names: the scale on which doses differ."""
    start = problem.prescription.start_gy if problem.prescription else None
    levels = [
        abs(level_at(constraint.limit, start)[0])
        for constraint in problem.constraints
        if constraint.measure.unit == "Gy"
    ]
    for measure in problem.measures:
        for name in ("reference_gy", "limit_gy"):
            if hasattr(measure, name):
                levels.append(abs(level_at(getattr(measure, name), start)[0]))
    return max([*levels, start or 0.0]) or 1.0
