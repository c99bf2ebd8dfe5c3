"""The search for the segments of a plan: a race of starts, rounds of refinement, a last polish."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hepatica.errors import Infeasible
from hepatica.physics.photon.segments.aperture import Floats
from hepatica.physics.photon.segments.exposure import LeafRaster
from hepatica.physics.photon.segments.generate import most_wanted, taken_apart
from hepatica.physics.photon.segments.openings import Openings, tidied
from hepatica.physics.photon.segments.options import SegmentOptions
from hepatica.physics.photon.segments.refine import Meter, Trial, Variables, fluence, refined

Progress = Callable[[str, float], None]

# Blurs of the fluence from which the first segments are made, mm: each is tried for a few steps and
# the best goes on. Which one wins depends on how ragged the fluence is.
_SOFT_MM = (0.0, 2.5, 5.0)

# Evaluations of one start, of one round between two drawings of the boxes, and of the MU alone.
_START, _ROUND, _POLISH = 30, 60, 20

# A round that gains less than this part of the objective is the last.
SAME_OBJECTIVE = 5e-3

# MU this little above their lower bound are on it.
_ON_THE_BOUND = 1.01


@dataclass(frozen=True, eq=False)
class Shaping:
    """What all steps of the search share.

    Parameters
    ----------
    meter : Meter
    rasters : (beams,) LeafRaster
    options : SegmentOptions
    progress : callable
        Told a sentence and the part of the work that is done.
    """

    meter: Meter
    rasters: tuple[LeafRaster, ...]
    options: SegmentOptions
    progress: Progress

    def first(self, parts: Sequence[Floats]) -> Trial:
        """The best of a few starts, each refined for some steps.

        Parameters
        ----------
        parts : (beams,) arrays of weights, MU

        Raises
        ------
        Infeasible
            If no segment can be made.
        """
        best: Trial | None = None
        for soft_mm in _SOFT_MM:
            if best is not None and self.left < _START + _ROUND:
                break
            beams = self._taken_apart(parts, soft_mm)
            if any(beam.count for beam in beams):
                trial = self._round(beams, min(_START, max(self.left, 1)))
                best = trial if best is None or trial.value < best.value else best
        if best is None:
            raise Infeasible(
                "No segment can be made: the ideal fluence is 0, or no leaf pair of the MLC lies "
                "over the bixels. Check the fluence and the leaf boundaries of the machine."
            )
        return best

    def shaped(self, trial: Trial) -> tuple[Trial, float]:
        """Rounds of refinement until one gains next to nothing or the evaluations are used up.

        Returns
        -------
        trial : Trial
        gain : float
            What the last round gained, as part of the objective.
        """
        gain = 1.0
        while gain > SAME_OBJECTIVE and self.left > 0:
            found = self._round(trial.beams, min(_ROUND, self.left))
            gain = _gain(trial, found)
            if gain <= SAME_OBJECTIVE and self.left >= _ROUND:
                other = self._with_an_exchange(found)
                gain = max(gain, _gain(found, other))
                found = min(found, other, key=lambda t: t.value)
            trial = min(trial, found, key=lambda t: t.value)
        return trial, gain

    def polished(self, trial: Trial) -> Trial:
        """Without the segments that the plan hardly uses; the MU of the others set anew."""
        floor = self._floor(trial.beams)
        kept = tuple(b.only(b.meterset_mu >= _ON_THE_BOUND * floor) for b in trial.beams)
        if not any(b.count for b in kept):
            kept = trial.beams
        self.progress("MU alone", 1.0)
        variables = Variables(kept, self.rasters, leaves=False)
        return refined(variables, self.meter, _POLISH, self._floor(kept))

    @property
    def left(self) -> int:
        """How many evaluations there are before the last polish."""
        return self.options.evaluations - _POLISH - self.meter.evaluations

    def _taken_apart(self, parts: Sequence[Floats], soft_mm: float) -> tuple[Openings, ...]:
        count, jaws = self.options.segments_per_beam, self.options.jaws
        return tuple(
            taken_apart(raster, part, count, jaws, soft_mm)
            for raster, part in zip(self.rasters, parts, strict=True)
        )

    def _round(self, beams: tuple[Openings, ...], evaluations: int) -> Trial:
        done = self.meter.evaluations / self.options.evaluations
        count = sum(beam.count for beam in beams)
        self.progress(f"Leaves and MU of {count} segments", min(done, 1.0))
        variables = Variables(beams, self.rasters)
        found = refined(variables, self.meter, evaluations, self._floor(beams))
        tidy = tuple(tidied(b, r.mlc) for b, r in zip(found.beams, self.rasters, strict=True))
        return Trial(tidy, *self.meter(fluence(tidy, self.rasters)))

    def _floor(self, beams: Sequence[Openings]) -> float:
        metersets = np.concatenate([beam.meterset_mu for beam in beams])
        return max(self.options.least_mu, self.options.least_share * float(metersets.mean()))

    def _with_an_exchange(self, trial: Trial) -> Trial:
        # Hardly used segments give way to the openings that the plan now gains most from.
        floor = self._floor(trial.beams)
        ends = np.cumsum([raster.bixels.count for raster in self.rasters])
        prices = np.split(trial.by_weight, ends[:-1])
        found, added = [], 0
        for beam, raster, by_weight in zip(trial.beams, self.rasters, prices, strict=True):
            kept = beam.only(beam.meterset_mu > _ON_THE_BOUND * floor)
            if kept.count < self.options.segments_per_beam:
                new, _ = most_wanted(raster, by_weight, self.options.jaws)
                kept = kept.joined(replace(new, meterset_mu=np.full(new.count, 2 * floor)))
                added += new.count
            found.append(kept)
        return self._round(tuple(found), _ROUND) if added else trial


def _gain(before: Trial, after: Trial) -> float:
    return (before.value - after.value) / max(abs(before.value), 1e-12)
