"""Looks only at the voxels that can matter, and checks all of them before believing the result.

Far from the target most voxels lie well below every limit: they add neither to the objective nor
to its gradient. They are left out of the search, which is then faster and just as exact, because
the full dose is computed at the end, and the search goes on wherever a left-out voxel counts.
Before that, while the search is still far from its end, a sample of the voxels may do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from hepatica.errors import InvalidInput
from hepatica.physics.optimise.lagrangian import Lagrangian
from hepatica.physics.optimise.measure import BoolArray, FloatArray
from hepatica.physics.optimise.operator import DoseOperator
from hepatica.physics.optimise.problem import IndexArray
from hepatica.physics.optimise.readers import Point
from hepatica.physics.optimise.sample import Chosen, Sample
from hepatica.physics.optimise.search import Found, StopRule

OperatorFor = Callable[[IndexArray], DoseOperator]


@dataclass(frozen=True)
class ActiveRows:
    """How voxels are left out and taken back.

    Parameters
    ----------
    operator_for : function from (k,) rows to a DoseOperator of k points
        The dose at those of the problem's points, in that order.
    margin : float
        Voxels stay in the search if a dose off by this part of the highest dose would make them
        count.
    sample : Sample, optional
        Points that speak for the others in the goals of the first, coarse searches.

    Raises
    ------
    InvalidInput
        The margin is out of range.
    """

    operator_for: OperatorFor
    margin: float = 0.1
    sample: Sample | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.margin < 1:
            raise InvalidInput(
                f"The margin for leaving voxels out is {self.margin:g} of the highest dose; it "
                "must lie from 0 to below 1."
            )


_COARSE = (1e-2, 1e-3)

Search = Callable[[Lagrangian, FloatArray, StopRule], Found]


class ActiveSearch:
    """Finds the same minimum as a search on all points, from those that matter.

    Parameters
    ----------
    rows : ActiveRows
    search : function
        Minimises a Lagrangian from given unknowns until a stop rule holds.
    """

    def __init__(self, rows: ActiveRows, search: Search) -> None:
        self.rows = rows
        self.search = search
        self.needed: BoolArray | None = None
        self.operator: DoseOperator | None = None

    def minimise(
        self, lagrangian: Lagrangian, start: FloatArray, around: Point, stop: StopRule
    ) -> tuple[Found, Point]:
        """The minimum, believed only once no left-out voxel counts, and where it is.

        The first time, coarse searches come first, so that voxels which come into play are taken
        in early.

        Parameters
        ----------
        lagrangian : Lagrangian
        start : (n,) unknowns
        around : Point
            Its dose chooses the first voxels: that of the start, or a rough one.
        stop : StopRule
        """
        found = Found(start, np.inf, np.zeros_like(start), 0, 0, exhausted=False)
        for function, change in self._stages(lagrangian, stop.relative_change):
            self._take_in(function, around)
            while True:
                left = stop.evaluations - found.evaluations
                rule = replace(stop, relative_change=change, evaluations=left)
                found = self._once(function, found, rule)
                around = lagrangian.point(found.unknowns)
                if found.exhausted or found.evaluations >= stop.evaluations:
                    return replace(found, exhausted=True), around
                tolerated = change if change > stop.relative_change else 0.0
                if not self._missed(function, around, found.value, tolerated):
                    break
                self._take_in(function, around)
        return found, around

    def _stages(self, lagrangian: Lagrangian, change: float) -> list[tuple[Lagrangian, float]]:
        """What to search, and to which relative change: coarsely at first, then all."""
        coarse = [each for each in _COARSE if each > change and self.needed is None]
        sampled = sampled_by(self.rows.sample, lagrangian) if coarse else lagrangian
        return [*((sampled, each) for each in coarse), (lagrangian, change)]

    def _once(self, function: Lagrangian, before: Found, stop: StopRule) -> Found:
        assert self.needed is not None
        if self.operator is None:
            self.operator = self.rows.operator_for(np.flatnonzero(self.needed))
        part = reduced(function, self.needed, self.operator)
        found = self.search(part, before.unknowns, stop)
        return replace(
            found,
            iterations=before.iterations + found.iterations,
            evaluations=before.evaluations + found.evaluations,
        )

    def _missed(self, function: Lagrangian, point: Point, value: float, tolerated: float) -> bool:
        """Whether voxels count that were left out: more than this part of the value, or at all."""
        assert self.needed is not None
        if not (_needed(function, point, 0.0) & ~self.needed).any():
            return False
        return not tolerated or function.value(point) - value > tolerated * abs(value)

    def _take_in(self, function: Lagrangian, point: Point) -> None:
        """Add the voxels that count here or nearly do; keep the operator if none counts."""
        if self.needed is None:
            self.needed = np.zeros(function.operator.points, dtype=bool)
        elif not (_needed(function, point, 0.0) & ~self.needed).any():
            return
        margin_gy = self.rows.margin * float(point.dose_gy.max(initial=0.0))
        self.needed = self.needed | _needed(function, point, margin_gy)
        self.operator = None


def reduced(lagrangian: Lagrangian, keep: BoolArray, operator: DoseOperator) -> Lagrangian:
    """The Lagrangian on some of the points, which the operator serves in their order."""
    chosen = Chosen(keep)
    return replace(
        lagrangian,
        operator=operator,
        goals=tuple(goal.kept(chosen) for goal in lagrangian.goals),
        limits=tuple(limit.kept(chosen) for limit in lagrangian.limits),
    )


def sampled_by(sample: Sample | None, lagrangian: Lagrangian) -> Lagrangian:
    """The Lagrangian whose goals look at a sample alone; limits go on looking at every point."""
    if sample is None:
        return lagrangian
    return replace(lagrangian, goals=tuple(goal.kept(sample) for goal in lagrangian.goals))


def _needed(lagrangian: Lagrangian, point: Point, margin_gy: float) -> BoolArray:
    """(points,) array: points that count, or would with a dose off by the margin."""
    needed = np.zeros(lagrangian.operator.points, dtype=bool)
    for piece in lagrangian.pieces:
        needed[piece.region.rows[~piece.idle(point, margin_gy)]] = True
    return needed
