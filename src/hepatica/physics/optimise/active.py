"""Looks only at the voxels that can matter, and checks all of them before believing the result.

Far from the target most voxels lie well below every limit: they add neither to the objective nor
to its gradient. They are left out of the search, which is then faster and just as exact, because
the full dose is computed at the end, and the search goes on wherever a left-out voxel counts.
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

    Raises
    ------
    InvalidInput
        The margin is out of range.
    """

    operator_for: OperatorFor
    margin: float = 0.1

    def __post_init__(self) -> None:
        if not 0 <= self.margin < 1:
            raise InvalidInput(
                f"The margin for leaving voxels out is {self.margin:g} of the highest dose; it "
                "must lie from 0 to below 1."
            )


Search = Callable[[Lagrangian, FloatArray, StopRule], Found]


class ActiveSearch:
    """Finds the same minimum as a search on all points, from those that matter.

    Parameters
    ----------
    rows : ActiveRows
    search : function
        Minimises a Lagrangian from given unknowns until a stop rule holds.
    even : Point
        A rough dose, to choose voxels by where the search starts from nothing.
    """

    def __init__(self, rows: ActiveRows, search: Search, even: Point) -> None:
        self.rows = rows
        self.search = search
        self.even = even
        self.needed: BoolArray | None = None
        self.operator: DoseOperator | None = None

    def minimise(self, lagrangian: Lagrangian, start: FloatArray, stop: StopRule) -> Found:
        """The minimum, believed only once no left-out voxel counts.

        A coarse search comes first, so that voxels which come into play are taken in early.
        """
        something = bool(start[: lagrangian.operator.bixels].any())
        self._take_in(lagrangian, lagrangian.point(start) if something else self.even)
        found = Found(start, np.inf, np.zeros_like(start), 0, 0, exhausted=False)
        for change in _stages(stop.relative_change):
            while True:
                left = max(stop.evaluations - found.evaluations, 1)
                rule = replace(stop, relative_change=change, evaluations=left)
                found = self._once(lagrangian, found, rule)
                point = lagrangian.point(found.unknowns)
                if found.exhausted or not self._missed(lagrangian, point):
                    break
                self._take_in(lagrangian, point)
        return found

    def _once(self, lagrangian: Lagrangian, before: Found, stop: StopRule) -> Found:
        assert self.needed is not None
        if self.operator is None:
            self.operator = self.rows.operator_for(np.flatnonzero(self.needed))
        part = reduced(lagrangian, self.needed, self.operator)
        found = self.search(part, before.unknowns, stop)
        return replace(
            found,
            iterations=before.iterations + found.iterations,
            evaluations=before.evaluations + found.evaluations,
        )

    def _missed(self, lagrangian: Lagrangian, point: Point) -> bool:
        return bool((_needed(lagrangian, point, 0.0) & ~self._chosen(lagrangian)).any())

    def _take_in(self, lagrangian: Lagrangian, point: Point) -> None:
        """Add the voxels that count here or nearly do; keep the operator if there are none."""
        margin_gy = self.rows.margin * float(point.dose_gy.max(initial=0.0))
        before = self._chosen(lagrangian)
        if self.needed is not None and not self._missed(lagrangian, point):
            return
        self.needed = before | _needed(lagrangian, point, margin_gy)
        self.operator = None

    def _chosen(self, lagrangian: Lagrangian) -> BoolArray:
        if self.needed is None:
            return np.zeros(lagrangian.operator.points, dtype=bool)
        return self.needed


def reduced(lagrangian: Lagrangian, keep: BoolArray, operator: DoseOperator) -> Lagrangian:
    """The Lagrangian on some of the points, which the operator serves in their order."""
    places = np.cumsum(keep) - 1
    return replace(
        lagrangian,
        operator=operator,
        goals=tuple(goal.kept(keep[goal.region.rows], places) for goal in lagrangian.goals),
        limits=tuple(limit.kept(keep[limit.region.rows], places) for limit in lagrangian.limits),
    )


def _stages(change: float) -> tuple[float, ...]:
    return (1e-3, change) if change < 1e-3 else (change,)


def _needed(lagrangian: Lagrangian, point: Point, margin_gy: float) -> BoolArray:
    """(points,) array: points that count, or would with a dose off by the margin."""
    needed = np.zeros(lagrangian.operator.points, dtype=bool)
    for piece in lagrangian.pieces:
        needed[piece.region.rows[~piece.idle(point, margin_gy)]] = True
    return needed
