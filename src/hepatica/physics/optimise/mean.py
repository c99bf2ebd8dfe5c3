"""The mean dose of an organ, or the square of its difference from a reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from hepatica.errors import InvalidInput
from hepatica.physics.optimise.level import Level, checked_level, level_at
from hepatica.physics.optimise.measure import (
    Curvature,
    Evaluation,
    FloatArray,
    Measure,
    Voxels,
    dot,
)


@dataclass(frozen=True)
class MeanDose(Measure):
    """Mean dose less a reference, to the first or second power.

    Parameters
    ----------
    reference_gy : Gy, or OfPrescription
    power : 1 or 2
        1 is the mean itself, in Gy; 2 its squared difference from the reference, in Gy2, as
        pyRadPlan's objective of this name.

    Raises
    ------
    InvalidInput
        The reference is not a dose or the power neither 1 nor 2.
    """

    reference_gy: Level = 0.0
    power: Literal[1, 2] = 1
    name: ClassVar[str] = "mean_dose"
    source: ClassVar[str] = "Volume average; the square follows pyRadPlan 0.5.0, MeanDose"

    def __post_init__(self) -> None:
        checked_level(self.reference_gy, "reference of a mean dose")
        if self.power not in (1, 2):
            raise InvalidInput(f"The power of a mean dose is {self.power}; it must be 1 or 2.")

    @property
    def unit(self) -> str:
        return "Gy" if self.power == 1 else "Gy2"

    @property
    def curvature(self) -> Curvature:
        return "linear" if self.power == 1 else "convex"

    def evaluate(
        self, dose_gy: FloatArray, voxels: Voxels, prescription_gy: float | None = None
    ) -> Evaluation:
        value, slope, per_prescription = self.of_mean(dot(voxels.share, dose_gy), prescription_gy)
        gradient: FloatArray = slope * voxels.share
        return Evaluation(value, gradient, per_prescription)

    def of_mean(self, mean_gy: float, prescription_gy: float | None) -> tuple[float, float, float]:
        """Value, its derivative by the mean dose, and by the prescription.

        The mean is linear in the fluence, so a solver may know it without any voxel's dose.
        """
        level, level_slope = level_at(self.reference_gy, prescription_gy)
        excess = mean_gy - level
        slope = 1.0 if self.power == 1 else 2.0 * excess
        return excess if self.power == 1 else excess * excess, slope, -slope * level_slope
