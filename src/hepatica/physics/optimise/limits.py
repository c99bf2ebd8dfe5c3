"""Limits as parts of the function that the search minimises, with the multipliers that hold them.

A multiplier is a price per Gy of breach. A limit on one number has one; a limit on every voxel, or
on the hottest part of an organ, has one per voxel, since which voxels matter is part of the answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hepatica.physics.optimise.cone import onto_tail_cone
from hepatica.physics.optimise.level import level_at
from hepatica.physics.optimise.measure import BoolArray, Evaluation, FloatArray, dot
from hepatica.physics.optimise.peak import VoxelDose
from hepatica.physics.optimise.problem import Constraint, Region
from hepatica.physics.optimise.readers import Point, Reader, Slope
from hepatica.physics.optimise.sample import Choice
from hepatica.physics.optimise.tail import ConditionalMean


@dataclass(frozen=True)
class Kept:
    """How well one limit is kept, in the unit of its measure."""

    words: str
    unit: str
    value: float
    limit: float
    violation: float
    tolerance: float
    multiplier: float
    complementarity: float

    @property
    def met(self) -> bool:
        """Whether the violation is within the tolerance."""
        return self.violation <= self.tolerance


class LimitPiece:
    """A limit on one number of a region, with its multiplier and penalty."""

    def __init__(self, reader: Reader, constraint: Constraint, penalty: float) -> None:
        self.reader = reader
        self.region = reader.region
        self.constraint = constraint
        self.penalty = penalty
        self.multiplier = 0.0

    def add(self, point: Point, slope: Slope) -> float:
        found = self.reader.read(point)
        excess, limit_slope = self._excess(found.value, point)
        pull = max(0.0, self.multiplier + self.penalty * excess)
        self._push(slope, found, pull, limit_slope)
        return (pull * pull - self.multiplier * self.multiplier) / (2.0 * self.penalty)

    def price(self, point: Point, slope: Slope) -> float:
        """Multiplier times excess, without a penalty."""
        found = self.reader.read(point)
        excess, limit_slope = self._excess(found.value, point)
        self._push(slope, found, self.multiplier, limit_slope)
        return self.multiplier * excess

    def update(self, point: Point) -> None:
        """Move the multiplier to where this point says it should be."""
        excess, _ = self._excess(self.reader.read(point).value, point)
        self.multiplier = max(0.0, self.multiplier + self.penalty * excess)
        self.reader.recentre(point)

    def judged(self, point: Point) -> Kept:
        """How well the limit itself, without smoothing, is kept."""
        value = self.reader.exact(point).value
        limit, _ = level_at(self.constraint.limit, point.prescription_gy)
        excess, _ = self._excess(value, point)
        return Kept(
            words=self.constraint.words,
            unit=self.constraint.measure.unit,
            value=value,
            limit=limit,
            violation=max(0.0, excess),
            tolerance=tolerance_of(self.constraint, limit),
            multiplier=self.multiplier,
            complementarity=self.multiplier * abs(excess),
        )

    def idle(self, point: Point, margin_gy: float) -> BoolArray:
        return self.reader.idle(point, margin_gy)

    def kept(self, choice: Choice) -> LimitPiece:
        piece = LimitPiece(self.reader.kept(choice), self.constraint, self.penalty)
        piece.multiplier = self.multiplier
        return piece

    def _push(self, slope: Slope, found: Evaluation, pull: float, limit_slope: float) -> None:
        sign = self.constraint.sign
        if pull > 0:
            self.reader.add(slope, found, sign * pull)
            slope.prescription -= sign * pull * limit_slope

    def _excess(self, value: float, point: Point) -> tuple[float, float]:
        limit, slope = level_at(self.constraint.limit, point.prescription_gy)
        return self.constraint.sign * (value - limit), slope


class VoxelLimitPiece:
    """A limit with a multiplier for each voxel: on every voxel, or on the mean of a tail.

    The multipliers of a tail's mean form a cone, since no voxel may pay more than its share of the
    tail; those of a limit on every voxel need only not be negative.

    Source
    ------
    Shapiro and Sun 2004, Math Oper Res 29:479: the augmented Lagrangian of a limit in a cone.
    """

    def __init__(self, region: Region, constraint: Constraint, penalty: float) -> None:
        self.region = region
        self.constraint = constraint
        self.penalty = penalty
        measure = constraint.measure
        tail = isinstance(measure, ConditionalMean)
        self.part = measure.fraction(region.total_cc) if tail else 0.0  # type: ignore[attr-defined]
        self.weight = region.voxels.share / (self.part or 1.0)
        # From a tail's point of view, the hottest part of a limit from below is the coldest.
        hot = tail and measure.side == "hottest"  # type: ignore[attr-defined]
        self.sign = (1.0 if hot else -1.0) if tail else constraint.sign
        self.multipliers = np.zeros(region.rows.size)

    def add(self, point: Point, slope: Slope) -> float:
        excess, limit_slope = self._excess(point)
        pull = self._admissible(self.multipliers + self.penalty * excess)
        weighted = self._push(slope, pull, limit_slope)
        before = dot(self.weight, self.multipliers * self.multipliers)
        return (dot(weighted, pull) - before) / (2.0 * self.penalty)

    def price(self, point: Point, slope: Slope) -> float:
        """Multipliers times excess, without a penalty."""
        excess, limit_slope = self._excess(point)
        return dot(self._push(slope, self.multipliers, limit_slope), excess)

    def update(self, point: Point) -> None:
        """Move the multipliers to where this point says they should be."""
        excess, _ = self._excess(point)
        self.multipliers = self._admissible(self.multipliers + self.penalty * excess)

    def judged(self, point: Point) -> Kept:
        """The worst voxel or the tail's mean, and all multipliers together."""
        excess, _ = self._excess(point)
        limit, _ = level_at(self.constraint.limit, point.prescription_gy)
        value = self._value(point)
        prices = self.prices
        return Kept(
            words=self.constraint.words,
            unit=self.constraint.measure.unit,
            value=value,
            limit=limit,
            violation=max(0.0, self.constraint.sign * (value - limit)),
            tolerance=tolerance_of(self.constraint, limit),
            multiplier=float(prices.sum()),
            complementarity=abs(dot(prices, excess)),
        )

    @property
    def prices(self) -> FloatArray:
        """(k,) array: what each voxel adds to the objective per Gy of breach."""
        prices: FloatArray = self.weight * self.multipliers
        return prices

    def idle(self, point: Point, margin_gy: float) -> BoolArray:
        excess, _ = self._excess(point)
        wished = self.multipliers + self.penalty * excess
        least = _least_paying(wished, self._admissible(wished)) if self.part else 0.0
        slack: BoolArray = wished + self.penalty * margin_gy < least
        left_out: BoolArray = slack & (self.multipliers == 0)
        return left_out

    def kept(self, choice: Choice) -> VoxelLimitPiece:
        piece = VoxelLimitPiece(choice.part_of(self.region), self.constraint, self.penalty)
        piece.multipliers = self.multipliers[choice.among(self.region)]
        return piece

    def _push(self, slope: Slope, pull: FloatArray, limit_slope: float) -> FloatArray:
        weighted: FloatArray = self.weight * pull
        slope.dose[self.region.rows] += self.sign * weighted
        slope.prescription -= self.sign * limit_slope * float(weighted.sum())
        return weighted

    def _admissible(self, wished: FloatArray) -> FloatArray:
        if not self.part:
            return np.maximum(wished, 0.0)
        return onto_tail_cone(wished, self.region.voxels.share, self.part)

    def _value(self, point: Point) -> float:
        dose = point.dose_gy[self.region.rows]
        if self.part:
            return self.constraint.measure.evaluate(dose, self.region.voxels).value
        counted = dose[self.region.cc > 0]
        return float(counted.max() if self.sign > 0 else counted.min())

    def _excess(self, point: Point) -> tuple[FloatArray, float]:
        limit, slope = level_at(self.constraint.limit, point.prescription_gy)
        return self.sign * (point.dose_gy[self.region.rows] - limit), slope


Limit = LimitPiece | VoxelLimitPiece


def limit_piece(constraint: Constraint, reader: Reader | None, penalty: float) -> Limit:
    """The part that holds a constraint; only a limit on one number needs a reader."""
    if reader is None:
        return VoxelLimitPiece(constraint.region, constraint, penalty)
    return LimitPiece(reader, constraint, penalty)


def priced_by_voxel(constraint: Constraint) -> bool:
    """Whether a limit has a multiplier per voxel; a non-convex tail has a single one."""
    measure = constraint.measure
    if isinstance(measure, ConditionalMean):
        return constraint.convex
    return isinstance(measure, VoxelDose)


def tolerance_of(constraint: Constraint, limit: float) -> float:
    """What counts as kept: as asked for, or a thousandth of the limit."""
    return constraint.tolerance or 1e-3 * max(abs(limit), 1e-3)


def _least_paying(wished: FloatArray, paid: FloatArray) -> float:
    """The lowest wish that still pays: below it a voxel is not in the tail."""
    paying = wished[paid > 0]
    return float(paying.min()) if paying.size else 0.0
