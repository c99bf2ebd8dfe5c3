"""The highest dose: as a smooth number to minimise, or as a limit on every voxel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hepatica.physics.biology.checks import checked_positive
from hepatica.physics.optimise.measure import (
    BoolArray,
    Curvature,
    Evaluation,
    FloatArray,
    Measure,
    Voxels,
)


@dataclass(frozen=True)
class MaximumDose(Measure):
    """A smooth maximum: T ln(mean of exp(dose / T)).

    It lies below the true maximum by at most T ln(organ / hottest voxel), 10 T for a voxel of
    1 : 20 000. For a maximum that must hold, put a limit on `VoxelDose`.

    Parameters
    ----------
    softness_gy : float, Gy
        T: doses this much below the maximum still count by a third.
    """

    softness_gy: float
    name: ClassVar[str] = "maximum_dose"
    unit: ClassVar[str] = "Gy"
    source: ClassVar[str] = "Boyd and Vandenberghe 2004, Convex Optimization, section 3.1.5"

    def __post_init__(self) -> None:
        checked_positive(self.softness_gy, "softness of a maximum dose")

    @property
    def curvature(self) -> Curvature:
        return "convex"

    def evaluate(
        self, dose_gy: FloatArray, voxels: Voxels, prescription_gy: float | None = None
    ) -> Evaluation:
        counted = voxels.share > 0
        hottest = float(dose_gy[counted].max())
        powers = voxels.share * np.exp(np.minimum((dose_gy - hottest) / self.softness_gy, 0.0))
        total = float(powers.sum())
        gradient: FloatArray = powers / total
        return Evaluation(hottest + self.softness_gy * float(np.log(total)), gradient)


@dataclass(frozen=True)
class VoxelDose(Measure):
    """The dose of every voxel on its own: for limits that no voxel may break.

    It has as many values as voxels, so it serves limits only; its single number, for reports, is
    the hottest voxel.
    """

    name: ClassVar[str] = "voxel_dose"
    unit: ClassVar[str] = "Gy"
    source: ClassVar[str] = "The dose itself"

    @property
    def curvature(self) -> Curvature:
        return "convex"

    def evaluate(
        self, dose_gy: FloatArray, voxels: Voxels, prescription_gy: float | None = None
    ) -> Evaluation:
        gradient = np.zeros_like(dose_gy)
        hottest = int(np.argmax(np.where(voxels.share > 0, dose_gy, -np.inf)))
        gradient[hottest] = 1.0
        return Evaluation(float(dose_gy[hottest]), gradient)

    def idle(
        self, dose_gy: FloatArray, voxels: Voxels, prescription_gy: float | None, margin_gy: float
    ) -> BoolArray:
        # Which voxels may be left out depends on the limit; the constraint knows it.
        return np.zeros(dose_gy.shape, dtype=bool)
