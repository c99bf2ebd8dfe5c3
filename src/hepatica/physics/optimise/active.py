"""Searches on the voxels that matter and a sample of them, and corrects itself on all voxels.

Far from the target most voxels lie well below every limit: they add neither to the objective nor to
its gradient. Of those that count, a large organ has many more than are needed to know how the
objective bends. So the search runs on a stand-in: few voxels, each with the volume of those it
speaks for, and a linear term that makes the gradient right for all. Where the stand-in is lowest,
the dose of all voxels is computed, the linear term is renewed, and so on until nothing is gained.
What is believed in the end is computed from every voxel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from hepatica.errors import InvalidInput
from hepatica.physics.optimise.lagrangian import Lagrangian
from hepatica.physics.optimise.measure import BoolArray, FloatArray, dot
from hepatica.physics.optimise.operator import DoseOperator
from hepatica.physics.optimise.problem import IndexArray
from hepatica.physics.optimise.readers import Point
from hepatica.physics.optimise.search import Found, StopRule

OperatorFor = Callable[[IndexArray], DoseOperator]
Search = Callable[[Lagrangian, FloatArray, StopRule], Found]

_CORRECTIONS = 60
_SUFFICIENT = 1e-4
_TRIES = 8
# The stand-in is searched to this part of what the last correction gained.
_FINER = 0.1
_COARSEST = 1e-3
# A stand-in is built anew when more than this part of the voxels that count is missing from it.
_MISSING = 0.02
_GOLDEN = 0.6180339887498949


@dataclass(frozen=True)
class ActiveRows:
    """Which voxels stand in for all.

    Parameters
    ----------
    operator_for : function from (k,) rows to a DoseOperator of k points
        The dose at those of the problem's points, in that order.
    margin : float
        Voxels stay in if a dose off by this part of the highest would make them count.
    sample : int
        Most voxels that a goal keeps; above it, evenly spread ones speak for their neighbours.
        Limits keep all their voxels.

    Raises
    ------
    InvalidInput
        A number is out of range.
    """

    operator_for: OperatorFor
    margin: float = 0.1
    sample: int = 8000

    def __post_init__(self) -> None:
        if not (0 <= self.margin < 1 and self.sample >= 1):
            raise InvalidInput(
                f"Active rows have a margin of {self.margin:g} and a sample of {self.sample}; the "
                "margin must lie from 0 to below 1, and the sample must be at least 1."
            )


class ActiveSearch:
    """Finds the minimum over all points by way of stand-ins.

    Parameters
    ----------
    rows : ActiveRows
    search : function
        Minimises a Lagrangian from given unknowns until a stop rule holds.
    even : Point
        A rough dose, to choose voxels by where the search starts from nothing.

    Source
    ------
    Nash 2000, Optim Methods Softw 14:99: a coarse model with a first-order correction.
    """

    def __init__(self, rows: ActiveRows, search: Search, even: Point) -> None:
        self.rows = rows
        self.search = search
        self.even = even
        self.needed: BoolArray | None = None
        self.parts: list[FloatArray] = []
        self.operator: DoseOperator | None = None

    def minimise(self, lagrangian: Lagrangian, start: FloatArray, stop: StopRule) -> Found:
        """The minimum, by stand-ins; each correction is one evaluation on all points."""
        something = bool(start[: lagrangian.operator.bixels].any())
        point = lagrangian.point(start)
        self._look(lagrangian, point if something else self.even)
        value, gradient = lagrangian.at(point)
        here = Found(start, value, gradient, 0, 1, exhausted=False)
        change, small = _COARSEST, 0
        for _ in range(_CORRECTIONS):
            aim = max(change, stop.relative_change)
            there = self._corrected(lagrangian, here, replace(stop, relative_change=aim))
            gained = here.value - there.value
            here, last = there, here
            exhausted = here.evaluations >= stop.evaluations
            if exhausted or (here.unknowns is last.unknowns and aim == stop.relative_change):
                return replace(here, exhausted=exhausted)
            done = gained <= stop.relative_change * abs(here.value)
            small = small + 1 if done and aim == stop.relative_change else 0
            if small >= 1:
                return here
            change = _FINER * min(change, gained / max(abs(here.value), 1e-300))
        return replace(here, exhausted=True)

    def _corrected(self, lagrangian: Lagrangian, here: Found, stop: StopRule) -> Found:
        """One search on the stand-in, and as long a step towards its end as lowers the truth."""
        stand_in = self._stand_in(lagrangian)
        rough, slope = stand_in.value_and_gradient(here.unknowns)
        tilt = here.gradient - slope
        tilted = replace(stand_in, tilt=tilt, offset=here.value - rough - dot(tilt, here.unknowns))
        left = max(stop.evaluations - here.evaluations, 1)
        found = self.search(tilted, here.unknowns, replace(stop, evaluations=left))
        move = found.unknowns - here.unknowns
        fall, length = dot(here.gradient, move), 1.0
        spent = replace(
            here,
            iterations=here.iterations + found.iterations,
            evaluations=here.evaluations + found.evaluations + 1,
        )
        for _ in range(_TRIES if fall < 0 else 0):
            point = lagrangian.point(here.unknowns + length * move)
            value, gradient = lagrangian.at(point)
            spent = replace(spent, evaluations=spent.evaluations + 1)
            if value <= here.value + _SUFFICIENT * length * fall:
                self._look(lagrangian, point)
                place = here.unknowns + length * move
                return replace(spent, unknowns=place, value=value, gradient=gradient)
            lowest = -0.5 * fall * length**2 / (value - here.value - length * fall)
            length = float(np.clip(lowest, 0.1 * length, 0.5 * length))
        return spent

    def _look(self, lagrangian: Lagrangian, point: Point) -> None:
        """Choose voxels by this dose, unless those chosen before still do."""
        margin_gy = self.rows.margin * float(point.dose_gy.max(initial=0.0))
        counting = _counting(lagrangian, point, 0.0)
        if self.needed is not None:
            missed = counting & ~self.needed
            if missed.sum() <= _MISSING * counting.sum():
                return
        self.needed = counting | _counting(lagrangian, point, margin_gy)
        self.parts = [
            _sampled(goal.region.rows, self.needed, self.rows.sample) for goal in lagrangian.goals
        ]
        self.operator = None

    def _stand_in(self, lagrangian: Lagrangian) -> Lagrangian:
        assert self.needed is not None
        keep = np.zeros(lagrangian.operator.points, dtype=bool)
        for goal, part in zip(lagrangian.goals, self.parts, strict=True):
            keep[goal.region.rows[part > 0]] |= not goal.carried
        for limit in lagrangian.limits:
            keep[limit.region.rows] |= self.needed[limit.region.rows]
        if self.operator is None:
            self.operator = self.rows.operator_for(np.flatnonzero(keep))
        places = np.cumsum(keep) - 1
        goals = zip(lagrangian.goals, self.parts, strict=True)
        return replace(
            lagrangian,
            operator=self.operator,
            goals=tuple(goal.kept(part > 0, places, part[part > 0]) for goal, part in goals),
            limits=tuple(
                limit.kept(keep[limit.region.rows], places) for limit in lagrangian.limits
            ),
        )


def _counting(lagrangian: Lagrangian, point: Point, margin_gy: float) -> BoolArray:
    """(points,) array: points that count, or would with a dose off by the margin."""
    counting = np.zeros(lagrangian.operator.points, dtype=bool)
    for piece in lagrangian.pieces:
        counting[piece.region.rows[~piece.idle(point, margin_gy)]] = True
    return counting


def _sampled(rows: IndexArray, needed: BoolArray, most: int) -> FloatArray:
    """(k,) array: for how many of the needed rows each stands; 0 for rows left out."""
    wanted = np.flatnonzero(needed[rows])
    part = np.zeros(rows.size)
    if wanted.size <= most:
        part[wanted] = 1.0
        return part
    # Multiples of the golden ratio fall evenly, whatever the order of the voxels.
    chosen = wanted[(np.arange(wanted.size) * _GOLDEN) % 1.0 < most / wanted.size]
    part[chosen] = wanted.size / chosen.size
    return part
