"""The hottest or coldest part of an organ: dose-volume limits in a form an optimiser can keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from hepatica.errors import InvalidInput
from hepatica.physics.optimise.cone import tail_shares
from hepatica.physics.optimise.level import Level, checked_level, level_at
from hepatica.physics.optimise.measure import (
    Curvature,
    Evaluation,
    FloatArray,
    Measure,
    Voxels,
    dot,
)
from hepatica.physics.optimise.squared import mean_square

Side = Literal["hottest", "coldest"]


@dataclass(frozen=True)
class ConditionalMean(Measure):
    """Mean dose of the hottest (or coldest) part of an organ, its conditional value at risk.

    The mean of the hottest 0.5 cc is never below D0.5cc: held below a limit it keeps the
    dose-volume limit too. Likewise the mean of the coldest 5 % is never above D95.

    Parameters
    ----------
    side : ``hottest`` or ``coldest``
    percent, cc : float
        How much of the organ; exactly one of the two. A voxel may count in part.

    Raises
    ------
    InvalidInput
        Not exactly one amount is given, or it is out of range.
    """

    side: Side
    percent: float | None = None
    cc: float | None = None
    name: ClassVar[str] = "conditional_mean"
    unit: ClassVar[str] = "Gy"
    source: ClassVar[str] = (
        "Rockafellar and Uryasev 2000, J Risk 2:21; Romeijn et al. 2003, Phys Med Biol 48:3521"
    )

    def __post_init__(self) -> None:
        _checked_side(self.side)
        _checked_amount(self.percent, self.cc)

    @property
    def curvature(self) -> Curvature:
        return "convex" if self.side == "hottest" else "concave"

    def fraction(self, total_cc: float) -> float:
        """Part of the organ that is averaged, at most the whole."""
        return _fraction(self.percent, self.cc, total_cc)

    def evaluate(
        self, dose_gy: FloatArray, voxels: Voxels, prescription_gy: float | None = None
    ) -> Evaluation:
        part = self.fraction(voxels.total_cc)
        taken = _taken_in_order(dose_gy, voxels.share, part, self.side)
        gradient = taken / part
        return Evaluation(dot(gradient, dose_gy), gradient)

    def smoothed(
        self, dose_gy: FloatArray, voxels: Voxels, centre: FloatArray, width_gy: float
    ) -> tuple[Evaluation, FloatArray]:
        """A differentiable neighbour of the value, for a solver.

        The value is a maximum over which voxels make up the tail; here the choice is held near
        `centre` by a quadratic term. Where the chosen part equals the centre, the two agree.

        Parameters
        ----------
        dose_gy : (k,) array, Gy
        voxels : Voxels
        centre : (k,) array, 0 to 1
            How far each voxel was in the tail before.
        width_gy : float, Gy
            Doses this much apart are told apart.

        Returns
        -------
        evaluation : Evaluation
            At most the exact value for the hottest part, at least for the coldest.
        chosen : (k,) array, 0 to 1

        Source
        ------
        Bertsekas 1977, Math Program 12:133: multiplier iterations for a maximum.
        """
        part = self.fraction(voxels.total_cc)
        sign = 1.0 if self.side == "hottest" else -1.0
        chosen = _proximal_tail(sign * dose_gy, voxels.share, part, centre, width_gy)
        gradient = chosen * voxels.share / part
        shift = dot(voxels.share, (chosen - centre) ** 2) * (width_gy / (2.0 * part))
        return Evaluation(dot(gradient, dose_gy) - sign * shift, gradient), chosen


@dataclass(frozen=True)
class DoseVolumePenalty(Measure):
    """Squared overdose of those voxels alone that break "no more than so much above the limit".

    The classical dose-volume objective: it aims at the limit itself, but it is not convex, so an
    optimum of it is a local one. `ConditionalMean` is the convex, cautious alternative.

    Parameters
    ----------
    side : ``hottest`` (at most so much above) or ``coldest`` (at most so much below)
    limit_gy : Gy, or OfPrescription
    percent, cc : float
        How much may lie beyond the limit; exactly one of the two.
    """

    side: Side
    limit_gy: Level
    percent: float | None = None
    cc: float | None = None
    name: ClassVar[str] = "dose_volume_penalty"
    unit: ClassVar[str] = "Gy2"
    source: ClassVar[str] = "Wu and Mohan 2000, Med Phys 27:701"

    def __post_init__(self) -> None:
        _checked_side(self.side)
        _checked_amount(self.percent, self.cc)
        checked_level(self.limit_gy, "limit of a dose-volume penalty")

    @property
    def curvature(self) -> Curvature:
        return "neither"

    def evaluate(
        self, dose_gy: FloatArray, voxels: Voxels, prescription_gy: float | None = None
    ) -> Evaluation:
        level, slope = level_at(self.limit_gy, prescription_gy)
        part = _fraction(self.percent, self.cc, voxels.total_cc)
        spared = _taken_in_order(dose_gy, voxels.share, part, self.side)
        hot = self.side == "hottest"
        beyond = np.maximum(dose_gy - level, 0.0) if hot else np.minimum(dose_gy - level, 0.0)
        counted = Voxels(cc=(voxels.share - spared) * voxels.total_cc, total_cc=voxels.total_cc)
        return mean_square(beyond, counted, slope)


def _taken_in_order(dose_gy: FloatArray, share: FloatArray, part: float, side: Side) -> FloatArray:
    """The share of each point that belongs to the tail."""
    return tail_shares(dose_gy if side == "hottest" else -dose_gy, share, part)


def _proximal_tail(
    dose_gy: FloatArray, share: FloatArray, part: float, centre: FloatArray, width_gy: float
) -> FloatArray:
    """clip(centre + (dose - edge) / width, 0, 1) with the edge that makes it fill the part."""
    high = float((dose_gy + width_gy * centre).max())
    low = float((dose_gy + width_gy * (centre - 1.0)).min())
    edge = low
    shifted = centre + dose_gy / width_gy
    for _ in range(200):
        chosen = np.clip(shifted - edge / width_gy, 0.0, 1.0)
        filled = dot(share, chosen) - part
        if filled > 0:
            low = edge
        else:
            high = edge
        slope = float(share[(chosen > 0) & (chosen < 1)].sum()) / width_gy
        newton = edge + filled / slope if slope > 0 else low
        if abs(filled) <= 1e-13 or high - low <= 1e-13 * max(abs(high), abs(low), 1.0):
            break
        edge = newton if low < newton < high else 0.5 * (low + high)
    return chosen


def _fraction(percent: float | None, cc: float | None, total_cc: float) -> float:
    wanted = percent / 100.0 if percent is not None else (cc or 0.0) / total_cc
    return min(wanted, 1.0)


def _checked_side(side: str) -> None:
    if side not in ("hottest", "coldest"):
        raise InvalidInput(f"The side of a tail is {side!r}; it must be hottest or coldest.")


def _checked_amount(percent: float | None, cc: float | None) -> None:
    if (percent is None) == (cc is None):
        raise InvalidInput(
            f"A tail needs either percent (now {percent}) or cc (now {cc}), and not both."
        )
    if percent is not None and not 0 < percent <= 100:
        raise InvalidInput(f"A tail is {percent:g} % of the organ; it must be above 0 up to 100.")
    if cc is not None and not 0 < cc < float("inf"):
        raise InvalidInput(f"A tail is {cc:g} cc; it must be a finite volume above 0.")
