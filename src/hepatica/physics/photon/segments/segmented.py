"""From ideal fluence to a few segments per beam that a machine can deliver, step and shoot.

The ideal fluence of each beam is taken apart into a few openings; then leaf tips and MU of all
beams are refined together against the objective of the plan itself, through its dose.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hepatica.errors import InvalidInput
from hepatica.machine import Mlc
from hepatica.physics.photon.bixels import BixelGrid
from hepatica.physics.photon.segments.aperture import Floats
from hepatica.physics.photon.segments.exposure import LeafRaster
from hepatica.physics.photon.segments.options import SegmentOptions
from hepatica.physics.photon.segments.refine import Meter, Objective
from hepatica.physics.photon.segments.result import Effort, SegmentedPlan, summary
from hepatica.physics.photon.segments.shaping import SAME_OBJECTIVE, Progress, Shaping


def segmented(
    objective: Objective,
    ideal: Floats,
    lattices: Sequence[BixelGrid],
    mlc: Mlc,
    options: SegmentOptions | None = None,
    progress: Progress | None = None,
) -> SegmentedPlan:
    """A few segments per beam that come as close to an ideal fluence as the objective asks.

    Parameters
    ----------
    objective : callable
        (bixels,) weights of all beams to the plan's value and its (bixels,) gradient.
    ideal : (bixels,) array, MU
        Fluence found without regard to leaves.
    lattices : (beams,) bixels of each beam, in the order of the weights
    mlc : Mlc
    options : SegmentOptions, optional
    progress : callable, optional
        Told a sentence and the part of the work that is done, 0 to 1.

    Returns
    -------
    SegmentedPlan
        Every aperture is free of `faults`. The objective is not convex in leaf positions: the
        result is a local optimum.

    Raises
    ------
    InvalidInput
        If weights and bixels differ in number.
    Infeasible
        If no leaf pair lies over the bixels, or the fluence is 0.
    """
    options = options or SegmentOptions()
    rasters = tuple(LeafRaster(lattice, mlc) for lattice in lattices)
    weights = np.asarray(ideal, dtype=np.float64)
    parts = _by_beam(weights, rasters)
    work = Shaping(Meter(objective), rasters, options, progress or _silent)
    ideal_objective, _ = work.meter(weights)
    trial, gain = work.shaped(work.first(parts))
    trial = work.polished(trial)
    effort = Effort(work.meter.evaluations, gain, gain <= SAME_OBJECTIVE)
    return summary(trial, rasters, ideal_objective, effort)


def _silent(sentence: str, share: float) -> None:
    pass


def _by_beam(ideal: Floats, rasters: Sequence[LeafRaster]) -> list[Floats]:
    ends = np.cumsum([raster.bixels.count for raster in rasters])
    total = int(ends[-1]) if len(ends) else 0
    if ideal.shape != (total,):
        raise InvalidInput(
            f"The ideal fluence has shape {ideal.shape}, the {len(rasters)} beams have {total} "
            "bixels together; give one weight for each bixel, beam after beam."
        )
    return np.split(ideal, ends[:-1])
