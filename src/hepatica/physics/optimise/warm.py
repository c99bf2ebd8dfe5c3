"""Compiles the loops of the search on a problem of two unknowns."""

from __future__ import annotations

import numpy as np

from hepatica.physics.optimise.curvature import Curvature


def warm() -> None:
    """Compile them, or load them from the cache."""
    curvature = Curvature(2)
    for step in np.eye(2):
        curvature.learn(step, 2.0 * step)
    curvature.times(np.ones(2))
