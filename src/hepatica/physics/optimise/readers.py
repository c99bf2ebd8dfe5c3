"""Reads a measure off a dose and sends its gradient back, to the voxels or the bixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hepatica.physics.optimise.mean import MeanDose
from hepatica.physics.optimise.measure import BoolArray, Evaluation, FloatArray, Measure, dot
from hepatica.physics.optimise.operator import DoseOperator
from hepatica.physics.optimise.problem import Region
from hepatica.physics.optimise.sample import Choice
from hepatica.physics.optimise.tail import ConditionalMean


@dataclass(frozen=True, eq=False)
class Point:
    """Where the search stands: weights, their dose, and the prescription if it is sought."""

    weights: FloatArray
    dose_gy: FloatArray
    prescription_gy: float | None


@dataclass(eq=False)
class Slope:
    """Gradient as it is being added up: by dose, by weights directly, by prescription."""

    dose: FloatArray
    weights: FloatArray
    prescription: float = 0.0


class Reader:
    """A measure of one region, as the solver sees it."""

    def __init__(self, region: Region, measure: Measure) -> None:
        self.region = region
        self.measure = measure

    def read(self, point: Point) -> Evaluation:
        """Value and gradient for the search; smooth, where the exact one has kinks."""
        return self.exact(point)

    def exact(self, point: Point) -> Evaluation:
        """Value and gradient as declared."""
        dose = point.dose_gy[self.region.rows]
        return self.measure.evaluate(dose, self.region.voxels, point.prescription_gy)

    def add(self, slope: Slope, found: Evaluation, factor: float) -> None:
        """Add the gradient, times a factor."""
        slope.dose[self.region.rows] += factor * found.gradient
        slope.prescription += factor * found.per_prescription

    def recentre(self, point: Point) -> float:
        """Bring the smooth value closer to the exact one here; returns their difference."""
        del point
        return 0.0

    def idle(self, point: Point, margin_gy: float) -> BoolArray:
        """(k,) array: points of the region that may be left out near this dose."""
        dose = point.dose_gy[self.region.rows]
        return self.measure.idle(dose, self.region.voxels, point.prescription_gy, margin_gy)

    def kept(self, choice: Choice) -> Reader:
        """The same reader on some points."""
        among = choice.among(self.region)
        return Reader(choice.part_of(self.region), self.measure.kept(among))


class CarriedMean(Reader):
    """A mean dose, known from the weights alone: no voxel of its region is looked at."""

    measure: MeanDose

    def __init__(self, region: Region, measure: MeanDose, mean_per_weight: FloatArray) -> None:
        super().__init__(region, measure)
        self.mean_per_weight = mean_per_weight

    def exact(self, point: Point) -> Evaluation:
        """Value, and gradient by the weights."""
        mean = dot(self.mean_per_weight, point.weights)
        value, slope, per_prescription = self.measure.of_mean(mean, point.prescription_gy)
        return Evaluation(value, slope * self.mean_per_weight, per_prescription)

    def add(self, slope: Slope, found: Evaluation, factor: float) -> None:
        """Add the gradient, times a factor, to that of the weights."""
        slope.weights += factor * found.gradient
        slope.prescription += factor * found.per_prescription

    def idle(self, point: Point, margin_gy: float) -> BoolArray:
        """All points: the weights tell enough."""
        del point, margin_gy
        return np.ones(self.region.rows.shape, dtype=bool)

    def kept(self, choice: Choice) -> Reader:
        """Itself: it looks at no point."""
        del choice
        return self


class TailReader(Reader):
    """The mean of a tail, smoothed around the tail's last known members."""

    measure: ConditionalMean

    def __init__(self, region: Region, measure: ConditionalMean, width_gy: float) -> None:
        super().__init__(region, measure)
        self.width_gy = width_gy
        fraction = measure.fraction(region.total_cc)
        self.members = np.full(region.rows.size, fraction)

    def read(self, point: Point) -> Evaluation:
        """The smooth neighbour of the tail's mean."""
        return self._smoothed(point)[0]

    def recentre(self, point: Point) -> float:
        """Take the tail's present members as the centre, and tell doses apart more sharply."""
        smooth, chosen = self._smoothed(point)
        self.members = chosen
        return abs(self.exact(point).value - smooth.value)

    def idle(self, point: Point, margin_gy: float) -> BoolArray:
        """Points that are neither in the tail nor within the margin of it."""
        dose = point.dose_gy[self.region.rows]
        sign = 1.0 if self.measure.side == "hottest" else -1.0
        _, chosen = self._smoothed(point)
        edge = float((sign * dose)[chosen > 0].min())
        outside: BoolArray = (self.members == 0) & (chosen == 0) & (sign * dose < edge - margin_gy)
        return outside

    def kept(self, choice: Choice) -> Reader:
        """The same tail among some of the points."""
        reader = TailReader(choice.part_of(self.region), self.measure, self.width_gy)
        reader.members = self.members[choice.among(self.region)]
        return reader

    def sharpen(self) -> None:
        """Halve the difference of dose that is told apart."""
        self.width_gy *= 0.5

    def _smoothed(self, point: Point) -> tuple[Evaluation, FloatArray]:
        dose = point.dose_gy[self.region.rows]
        return self.measure.smoothed(dose, self.region.voxels, self.members, self.width_gy)


def reader_of(operator: DoseOperator, region: Region, measure: Measure, width_gy: float) -> Reader:
    """The reader that suits a measure; a mean costs one adjoint here and none later."""
    if isinstance(measure, MeanDose):
        share = np.zeros(operator.points)
        share[region.rows] = region.voxels.share
        return CarriedMean(region, measure, np.asarray(operator.adjoint(share), np.float64))
    if isinstance(measure, ConditionalMean):
        return TailReader(region, measure, width_gy)
    return Reader(region, measure)
