"""Direct aperture optimisation: leaf tips and MU of all segments moved together, through the dose.

One round is a bound-constrained quasi-Newton descent (L-BFGS-B) inside boxes in which everything
can be delivered; see `openings.boxes_mm`. Positions are scaled so that a unit step of any variable
changes the fluence by about as much.

Source: Byrd, Lu, Nocedal, Zhu, SIAM J Sci Comput 16:1190 (1995) for the descent; Hardemark et al.,
RaySearch white paper P3IMRT (2003) for moving leaves by the gradient of the dose objective.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from hepatica.physics.photon.segments.aperture import Floats
from hepatica.physics.photon.segments.exposure import LeafRaster
from hepatica.physics.photon.segments.openings import Openings, boxes_mm, reach_mm

Objective = Callable[[Floats], tuple[float, Floats]]

# A segment with next to no MU would let its leaves run: they are scaled as if it had this part of
# the mean.
_LEAST_SCALE = 0.1

# Corrections that L-BFGS-B remembers.
_MEMORY = 20


@dataclass(eq=False)
class Meter:
    """The objective, with a count of how often it was computed.

    Parameters
    ----------
    objective : callable
        (bixels,) weights to value and (bixels,) gradient.
    """

    objective: Objective
    evaluations: int = 0

    def __call__(self, weights: Floats) -> tuple[float, Floats]:
        """Value and gradient."""
        self.evaluations += 1
        value, gradient = self.objective(weights)
        return float(value), np.asarray(gradient, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Trial:
    """Openings of all beams with what the objective says of them.

    Parameters
    ----------
    beams : (beams,) Openings
    value : float
    by_weight : (bixels,) array
        Derivative of the objective by every bixel weight.
    """

    beams: tuple[Openings, ...]
    value: float
    by_weight: Floats


@dataclass(frozen=True, eq=False)
class Variables:
    """The moving tips and the MU of all beams in one row of numbers.

    Parameters
    ----------
    beams : (beams,) Openings
    rasters : (beams,) LeafRaster
    leaves : bool
        Whether leaves move; otherwise only MU do.
    """

    beams: tuple[Openings, ...]
    rasters: tuple[LeafRaster, ...]
    leaves: bool = True

    def start(self) -> Floats:
        """(variables,) present values over their scale."""
        return (
            self._row([b.leaf_mm for b in self.beams], [b.meterset_mu for b in self.beams])
            / self.scale
        )

    @cached_property
    def scale(self) -> Floats:
        """(variables,) millimetres or MU per unit step."""
        metersets = np.concatenate([b.meterset_mu for b in self.beams])
        mean = float(metersets.mean()) if metersets.any() else 1.0
        tips, mus = [], []
        for beam, raster in zip(self.beams, self.rasters, strict=True):
            mu = np.maximum(beam.meterset_mu, _LEAST_SCALE * mean)[:, None, None]
            tips.append(np.broadcast_to(raster.bixels.pitch_u_mm / mu, beam.leaf_mm.shape))
            width = (beam.leaf_mm[:, 1] - beam.leaf_mm[:, 0]) * beam.active
            cells = width.sum(axis=1) / raster.bixels.pitch_u_mm
            mus.append(1 / np.sqrt(np.maximum(cells, 1.0)))
        return self._row(tips, mus)

    def bounds(self, least_mu: float) -> tuple[Floats, Floats]:
        """(variables,) lower and upper bounds over their scale."""
        boxes = [
            boxes_mm(beam, reach_mm(raster), raster.mlc)
            for beam, raster in zip(self.beams, self.rasters, strict=True)
        ]
        lower = self._row([b[0] for b in boxes], [np.full(b.count, least_mu) for b in self.beams])
        upper = self._row([b[1] for b in boxes], [np.full(b.count, np.inf) for b in self.beams])
        return lower / self.scale, upper / self.scale

    def moved(self, row: Floats) -> tuple[Openings, ...]:
        """The openings at other values of the variables."""
        values, found, at = row * self.scale, [], 0
        for beam in self.beams:
            leaves = beam.leaf_mm
            if self.leaves:
                free = self._free(beam)
                leaves = leaves.copy()
                leaves[free] = values[at : at + int(free.sum())]
                at += int(free.sum())
            found.append(replace(beam, leaf_mm=leaves, meterset_mu=values[at : at + beam.count]))
            at += beam.count
        return tuple(found)

    def pulled_back(self, beams: Sequence[Openings], by_weight: Floats) -> Floats:
        """(variables,) derivative over the scaled variables from that over all bixel weights."""
        tips, mus, at = [], [], 0
        for beam, raster in zip(beams, self.rasters, strict=True):
            size = raster.bixels.count
            gradient = raster.gradient(beam.shape(raster.mlc), by_weight[at : at + size])
            tips.append(beam.chained(gradient))
            mus.append(gradient.meterset_mu)
            at += size
        return self._row(tips, mus) * self.scale

    def _row(self, tips: Sequence[Floats], mus: Sequence[Floats]) -> Floats:
        parts = []
        for beam, leaves, mu in zip(self.beams, tips, mus, strict=True):
            if self.leaves:
                parts.append(leaves[self._free(beam)])
            parts.append(mu)
        return np.concatenate(parts)

    def _free(self, beam: Openings) -> np.ndarray:
        return np.broadcast_to(beam.active[:, None, :], beam.leaf_mm.shape)


def fluence(beams: Sequence[Openings], rasters: Sequence[LeafRaster]) -> Floats:
    """(bixels,) weights of all beams, one after the other."""
    return np.concatenate(
        [raster.weights(b.shape(raster.mlc)) for b, raster in zip(beams, rasters, strict=True)]
    )


def refined(variables: Variables, meter: Meter, evaluations: int, least_mu: float = 0.0) -> Trial:
    """One round: the descent from the present openings inside their boxes.

    Parameters
    ----------
    variables : Variables
    meter : Meter
    evaluations : int
        Most evaluations of the objective, about; at least one is made.
    least_mu : float
        Lower bound of every segment's MU.

    Returns
    -------
    Trial
        The best point that was seen.
    """
    from scipy.optimize import Bounds, minimize

    lower, upper = variables.bounds(least_mu)
    best: list[Trial] = []

    def value(row: Floats) -> tuple[float, Floats]:
        beams = variables.moved(row)
        found, by_weight = meter(fluence(beams, variables.rasters))
        if not best or found < best[0].value:
            best[:] = [Trial(beams, found, by_weight)]
        return found, variables.pulled_back(beams, by_weight)

    minimize(
        value,
        np.clip(variables.start(), lower, upper),
        jac=True,
        method="L-BFGS-B",
        bounds=Bounds(lower, upper),
        options={"maxfun": evaluations, "maxcor": _MEMORY, "maxiter": evaluations},
    )
    return best[0]
