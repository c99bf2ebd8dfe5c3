"""What each beam gives to one point of the target in one fraction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hepatica.case import Structure
from hepatica.engine.planning.irradiation import Irradiation
from hepatica.physics.photon.segments import Aperture

Point = tuple[float, float, float]

_INSIDE = 0.5
"""Part of a voxel that belongs to a structure from which on a point there lies inside it."""


def dose_point(irradiation: Irradiation, target: Structure) -> Point:
    """The isocentre if it lies in the target, else the place deepest inside the target; LPS, mm.

    Between two tumours the isocentre may lie in healthy liver, where a dose says little about
    what the beams are for.
    """
    from scipy.ndimage import distance_transform_edt

    isocentre = irradiation.place.isocentre_mm
    coverage = target.coverage
    if float(coverage.sample(np.array(isocentre), outside=0.0)) >= _INSIDE:
        return isocentre
    values = np.asarray(coverage.values)
    inside = np.pad(values >= min(_INSIDE, float(values.max())), 1)
    depth = distance_transform_edt(inside, sampling=coverage.grid.spacing_mm[::-1])
    z, y, x = np.unravel_index(int(np.argmax(depth)), inside.shape)
    place = coverage.grid.point_at(np.array([x - 1, y - 1, z - 1]))
    return tuple(round(float(c), 1) for c in place)  # type: ignore[return-value]


def beam_doses_gy(
    irradiation: Irradiation,
    openings: Sequence[Sequence[Aperture]],
    point_mm: Point,
    fractions: int,
) -> tuple[float, ...]:
    """Dose of each beam at a point in one fraction, Gy.

    Parameters
    ----------
    irradiation : Irradiation
    openings : (beams,) segments with the monitor units of the whole course
    point_mm : (x, y, z), LPS
    fractions : int

    Returns
    -------
    (beams,) tuple of float
        Interpolated between the voxels of the dose grid as a reader of the dose does, so that
        together they are the dose there. 0 for a beam without segments.
    """
    index = irradiation.scene.grid.index_of(np.array(point_mm))[::-1]
    last = np.array(irradiation.scene.grid.shape) - 1
    start = np.clip(np.floor(index).astype(int), 0, np.maximum(last - 1, 0))
    around = irradiation.scene.grid.crop(
        tuple(int(n) for n in start),  # type: ignore[arg-type]
        tuple(int(n) for n in np.minimum(start + 2, last + 1)),  # type: ignore[arg-type]
    )
    found = []
    for beam in range(len(openings)):
        alone = [openings[n] if n == beam else () for n in range(len(openings))]
        dose = irradiation.dose_of(alone, around) if openings[beam] else None
        at_point = 0.0 if dose is None else float(dose.sample(np.array(point_mm)))
        found.append(at_point / fractions)
    return tuple(found)
