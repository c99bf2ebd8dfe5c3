"""Squared dose differences: the workhorses of fluence optimisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hepatica.physics.optimise.level import Level, checked_level, level_at
from hepatica.physics.optimise.measure import (
    BoolArray,
    Curvature,
    Evaluation,
    FloatArray,
    Measure,
    Voxels,
    dot,
)

_SOURCE = "Bortfeld et al. 1990, Phys Med Biol 35:1423: quadratic objectives on the dose"


def mean_square(excess_gy: FloatArray, voxels: Voxels, level_slope: float) -> Evaluation:
    """Volume average of the square of a difference dose - level, and its derivatives."""
    weighted = voxels.share * excess_gy
    gradient: FloatArray = 2.0 * weighted
    return Evaluation(
        value=dot(weighted, excess_gy),
        gradient=gradient,
        per_prescription=-level_slope * float(gradient.sum()) if level_slope else 0.0,
    )


@dataclass(frozen=True)
class SquaredDeviation(Measure):
    """Mean of (dose - reference) squared: hold a target at its dose.

    Parameters
    ----------
    reference_gy : Gy, or OfPrescription
    """

    reference_gy: Level
    name: ClassVar[str] = "squared_deviation"
    unit: ClassVar[str] = "Gy2"
    source: ClassVar[str] = _SOURCE

    def __post_init__(self) -> None:
        checked_level(self.reference_gy, "reference dose of a squared deviation")

    @property
    def curvature(self) -> Curvature:
        return "convex"

    def evaluate(
        self, dose_gy: FloatArray, voxels: Voxels, prescription_gy: float | None = None
    ) -> Evaluation:
        level, slope = level_at(self.reference_gy, prescription_gy)
        return mean_square(dose_gy - level, voxels, slope)


@dataclass(frozen=True)
class _SquaredBeyond(Measure):
    """Mean of the squared dose beyond a limit, on the side that a subclass names."""

    limit_gy: Level
    unit: ClassVar[str] = "Gy2"
    source: ClassVar[str] = _SOURCE
    sign: ClassVar[float]

    def __post_init__(self) -> None:
        checked_level(self.limit_gy, f"limit of a {self.name.replace('_', ' ')}")

    @property
    def curvature(self) -> Curvature:
        return "convex"

    def evaluate(
        self, dose_gy: FloatArray, voxels: Voxels, prescription_gy: float | None = None
    ) -> Evaluation:
        level, slope = level_at(self.limit_gy, prescription_gy)
        beyond = self.sign * np.maximum(self.sign * (dose_gy - level), 0.0)
        return mean_square(beyond, voxels, slope)

    def idle(
        self, dose_gy: FloatArray, voxels: Voxels, prescription_gy: float | None, margin_gy: float
    ) -> BoolArray:
        level, _ = level_at(self.limit_gy, prescription_gy)
        within: BoolArray = self.sign * (dose_gy - level) < -margin_gy
        return within


@dataclass(frozen=True)
class SquaredOverdose(_SquaredBeyond):
    """Mean of the squared dose above a limit; what lies below costs nothing.

    Parameters
    ----------
    limit_gy : Gy, or OfPrescription
    """

    name: ClassVar[str] = "squared_overdose"
    sign: ClassVar[float] = 1.0


@dataclass(frozen=True)
class SquaredUnderdose(_SquaredBeyond):
    """Mean of the squared dose missing below a limit; what lies above costs nothing.

    Parameters
    ----------
    limit_gy : Gy, or OfPrescription
    """

    name: ClassVar[str] = "squared_underdose"
    sign: ClassVar[float] = -1.0
