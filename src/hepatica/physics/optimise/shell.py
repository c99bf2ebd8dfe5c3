"""Conformity: the dose around a target must fall with the distance from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from hepatica.errors import Inconsistent, InvalidInput
from hepatica.physics.biology.checks import checked_positive
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


@dataclass(frozen=True, eq=False)
class ConformityShell(Measure):
    """Mean of the squared dose above a limit that falls exponentially with the distance.

    Parameters
    ----------
    distance_mm : (k,) array, mm
        Of each point of the region from the target's surface.
    surface_gy, far_gy : Gy, or OfPrescription
        Limit at the target's surface and far away.
    per_mm : float, 1/mm
        Steepness; after 1 / per_mm a third of the difference is left.

    Raises
    ------
    InvalidInput
        A distance is negative or not finite, or a number is out of range.
    """

    distance_mm: FloatArray
    surface_gy: Level
    far_gy: Level
    per_mm: float
    name: ClassVar[str] = "conformity_shell"
    unit: ClassVar[str] = "Gy2"
    source: ClassVar[str] = (
        "Shape of the normal-tissue objective of a common planning system (exponential between "
        "two doses); squared as in Bortfeld et al. 1990, Phys Med Biol 35:1423"
    )

    def __post_init__(self) -> None:
        checked_level(self.surface_gy, "limit at the surface of a conformity shell")
        checked_level(self.far_gy, "limit far from the target of a conformity shell")
        checked_positive(self.per_mm, "steepness of a conformity shell", "1/mm")
        distance = np.array(self.distance_mm, dtype=np.float64)
        if distance.size and not (np.isfinite(distance).all() and distance.min() >= 0):
            raise InvalidInput(
                "A conformity shell holds distances that are negative or not finite; leave the "
                "target out of its region and give distances from the surface in mm."
            )
        distance.setflags(write=False)
        object.__setattr__(self, "distance_mm", distance)

    @property
    def curvature(self) -> Curvature:
        return "convex"

    def limits_gy(self, prescription_gy: float | None = None) -> tuple[FloatArray, FloatArray]:
        """(k,) limits in Gy, and how much each rises with the prescription."""
        near, near_slope = level_at(self.surface_gy, prescription_gy)
        far, far_slope = level_at(self.far_gy, prescription_gy)
        left = np.exp(-self.per_mm * self.distance_mm)
        return far + (near - far) * left, far_slope + (near_slope - far_slope) * left

    def evaluate(
        self, dose_gy: FloatArray, voxels: Voxels, prescription_gy: float | None = None
    ) -> Evaluation:
        if dose_gy.shape != self.distance_mm.shape:
            raise Inconsistent(
                f"A conformity shell knows {self.distance_mm.size} distances and is given "
                f"{dose_gy.size} doses; each point of its region needs one of each."
            )
        limits, slopes = self.limits_gy(prescription_gy)
        excess = np.maximum(dose_gy - limits, 0.0)
        weighted = voxels.share * excess
        return Evaluation(dot(weighted, excess), 2.0 * weighted, -2.0 * dot(weighted, slopes))

    def idle(
        self, dose_gy: FloatArray, voxels: Voxels, prescription_gy: float | None, margin_gy: float
    ) -> BoolArray:
        limits, _ = self.limits_gy(prescription_gy)
        cold: BoolArray = dose_gy < limits - margin_gy
        return cold

    def kept(self, keep: npt.NDArray[np.int64] | BoolArray) -> ConformityShell:
        return replace(self, distance_mm=self.distance_mm[keep])
