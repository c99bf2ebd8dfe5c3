"""The segments of a plan, with what they cost against the ideal fluence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hepatica.physics.photon.segments.aperture import Aperture, Floats
from hepatica.physics.photon.segments.exposure import LeafRaster
from hepatica.physics.photon.segments.openings import Openings
from hepatica.physics.photon.segments.refine import Trial, fluence

# Openings that lie beyond the bixels by more than this part are worth a word.
_WORTH_A_WORD = 0.005


@dataclass(frozen=True, eq=False)
class SegmentedPlan:
    """Deliverable segments of all beams and how close they come to the ideal.

    Parameters
    ----------
    beams : (beams,) tuples of Aperture
        The segments of each beam, those with most MU first; a beam that the plan does not need
        has none.
    weights : (bixels,) array
        What the segments give to the bixels, all beams one after the other.
    objective, ideal_objective : float
        Value of the segments, and of the ideal fluence that they came from.
    peak_mu : (beams,) array
        Highest fluence of each beam.
    uncovered_share : float
        Part of the opened area, by MU, on which there are no bixels: its dose is not in
        ``weights``. 0 when the lattice covers all that the leaves open.
    evaluations : int
        How often the objective was computed.
    status : str
        One sentence.
    """

    beams: tuple[tuple[Aperture, ...], ...]
    weights: Floats
    objective: float
    ideal_objective: float
    peak_mu: Floats
    uncovered_share: float
    evaluations: int
    status: str

    @property
    def count(self) -> int:
        """How many segments there are."""
        return sum(len(beam) for beam in self.beams)

    @property
    def beam_mu(self) -> Floats:
        """(beams,) MU of each beam."""
        return np.array([sum(a.meterset_mu for a in beam) for beam in self.beams])

    @property
    def total_mu(self) -> float:
        """MU of all segments together."""
        return float(self.beam_mu.sum())

    @property
    def modulation_factor(self) -> float:
        """Total MU over the sum of the beams' highest fluences; 1 for single openings."""
        peak = float(self.peak_mu.sum())
        return self.total_mu / peak if peak > 0 else 1.0


@dataclass(frozen=True)
class Effort:
    """What the search cost and how it ended.

    Parameters
    ----------
    evaluations : int
    last_gain : float
        What the last round gained, as part of the objective.
    settled : bool
        Whether that was next to nothing; otherwise the evaluations were used up.
    """

    evaluations: int
    last_gain: float
    settled: bool


def summary(
    trial: Trial, rasters: Sequence[LeafRaster], ideal_objective: float, effort: Effort
) -> SegmentedPlan:
    """The record of a finished search.

    Parameters
    ----------
    trial : Trial
    rasters : (beams,) LeafRaster
    ideal_objective : float
    effort : Effort

    Returns
    -------
    SegmentedPlan
    """
    weights = fluence(trial.beams, rasters)
    ends = np.cumsum([raster.bixels.count for raster in rasters])
    uncovered = _uncovered_share(trial.beams, rasters)
    return SegmentedPlan(
        beams=tuple(
            tuple(sorted(b.apertures(r.mlc), key=lambda a: -a.meterset_mu))
            for b, r in zip(trial.beams, rasters, strict=True)
        ),
        weights=weights,
        objective=trial.value,
        ideal_objective=ideal_objective,
        peak_mu=np.array([part.max() for part in np.split(weights, ends[:-1])]),
        uncovered_share=uncovered,
        evaluations=effort.evaluations,
        status=_status(trial, ideal_objective, uncovered, effort),
    )


def _status(trial: Trial, ideal: float, uncovered: float, effort: Effort) -> str:
    count = sum(beam.count for beam in trial.beams)
    used = sum(beam.count > 0 for beam in trial.beams)
    sentence = (
        f"{count} segments in {used} of {len(trial.beams)} beams; the objective is "
        f"{trial.value:.5g}, {_compared(trial.value, ideal)} that of the ideal fluence "
        f"({ideal:.5g}); after {effort.evaluations} evaluations the last round gained "
        f"{100 * max(effort.last_gain, 0.0):.2g} %"
    )
    if not effort.settled:
        sentence += ", so more evaluations would gain more"
    if uncovered > _WORTH_A_WORD:
        sentence += f"; {100 * uncovered:.2g} % of the opened area lies beyond the bixels, undosed"
    return sentence + "."


def _compared(value: float, ideal: float) -> str:
    if ideal == 0:
        return "compared with"
    excess = 100 * (value - ideal) / abs(ideal)
    return f"{abs(excess):.2g} % {'above' if excess >= 0 else 'below'}"


def _uncovered_share(beams: Sequence[Openings], rasters: Sequence[LeafRaster]) -> float:
    opened = covered = 0.0
    for beam, raster in zip(beams, rasters, strict=True):
        shape = beam.shape(raster.mlc)
        opened += float(shape.meterset_mu @ shape.opened_mm2(raster.mlc))
        covered += float(shape.meterset_mu @ raster.covered_mm2(shape))
    return max(0.0, 1 - covered / opened) if opened > 0 else 0.0
