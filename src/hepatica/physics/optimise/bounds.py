"""Between which values each unknown may move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hepatica.physics.optimise.measure import FloatArray


@dataclass(frozen=True, eq=False)
class Bounds:
    """Lowest and highest values, (n,) arrays; infinite where there is none."""

    lower: FloatArray
    upper: FloatArray

    def within(self, unknowns: FloatArray) -> FloatArray:
        """The unknowns, each moved to the nearest allowed value."""
        allowed: FloatArray = np.clip(unknowns, self.lower, self.upper)
        return allowed

    def projected(self, unknowns: FloatArray, gradient: FloatArray) -> FloatArray:
        """The gradient without what points out of the bounds: zero everywhere at an optimum."""
        inside = np.where(unknowns <= self.lower, np.minimum(gradient, 0.0), gradient)
        kept: FloatArray = np.where(unknowns >= self.upper, np.maximum(inside, 0.0), inside)
        return kept
