"""What the search for the highest dose hands back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hepatica.engine.isotoxic_plan.search import Place
from hepatica.engine.isotoxic_plan.settle import LimitState, Settled
from hepatica.engine.isotoxic_plan.tail_cone import FloatArray
from hepatica.engine.prescribe import PROTOCOL_MAXIMUM


@dataclass(frozen=True)
class PublishedStep:
    """One round of the published way: a plan, its effective volume, the dose looked up.

    ``allowed_gy`` are the doses of the protocol's two readings, where both exist.
    """

    planned_gy: float
    effective_volume: float
    stratum: str | None
    allowed_gy: float
    limited_by: str
    because: str


@dataclass(frozen=True, eq=False)
class IsotoxicOptimum:
    """A plan of ideal fluence at the highest prescription found.

    Parameters
    ----------
    weights : (bixels,) array
        Absolute; they give the prescription.
    dose_gy : (points,) array, Gy
    risk : float
        The level that was to be kept.
    prescription_gy : float, Gy
        Equals ``covering_gy``, the dose of the protocol's coverage metric.
    tail_gy : float, Gy
        Mean dose of the coldest part of the target.
    convex_gy : float, Gy
        The same at the scale at which every limit is kept as the search holds it; this is what
        ``bound_gy`` bounds.
    ntcp : float
        Of the organ, bin by bin.
    effective_volume : float
    stratum : str, or None
        Of the protocol, at this effective volume; None above the highest, where the protocol does
        not treat.
    limited_by : tuple of str
        What keeps the prescription from being higher.
    bound_gy : float, Gy
        No plan of these beams that keeps the limits as the search holds them gives the coldest part
        of the target more than this on average.
    bound_literal_gy : float, Gy
        No plan of these beams prescribes more, however cold its coldest part may be.
    limits : tuple of LimitState
    residuals : mapping of text to Gy
        Limits that are broken, and by how much; empty if none is.
    status : str
        A sentence.
    notes : tuple of str
        What is not known and what to look at.
    evaluations : int
        Forward and adjoint dose computations, counted in pairs.
    """

    weights: FloatArray
    dose_gy: FloatArray
    risk: float
    prescription_gy: float
    tail_gy: float
    convex_gy: float
    ntcp: float
    effective_volume: float
    stratum: str | None
    limited_by: tuple[str, ...]
    bound_gy: float
    bound_literal_gy: float
    limits: tuple[LimitState, ...]
    residuals: Mapping[str, float]
    status: str
    notes: tuple[str, ...] = ()
    evaluations: int = 0
    steps: tuple[PublishedStep, ...] = ()
    place: Place | None = field(default=None, repr=False)

    @property
    def covering_gy(self) -> float:
        """Dose of the coverage metric, Gy: the prescription."""
        return self.prescription_gy

    @property
    def veff(self) -> float:
        """Physical effective volume of the organ, relative to the prescription."""
        return self.effective_volume

    @property
    def gap_gy(self) -> float:
        """How much higher the dose of the coldest part could be at most, Gy."""
        if PROTOCOL_MAXIMUM in self.limited_by:
            return 0.0
        return max(0.0, self.bound_gy - self.convex_gy)


@dataclass(frozen=True)
class TradeoffPoint:
    """The dose that one risk buys.

    Parameters
    ----------
    risk : float
        The level.
    prescription_gy : float, Gy
        Reached by a plan that exists.
    ntcp : float
        Of that plan; below the level where something else limits the dose.
    effective_volume : float
    limited_by : tuple of str
    marked : bool
        Whether it is one of the protocol's levels.
    how : "optimised" or "mixed"
        Found by a search of its own, or as a mixture of its neighbours' plans.
    """

    risk: float
    prescription_gy: float
    ntcp: float
    effective_volume: float
    limited_by: tuple[str, ...]
    marked: bool
    how: str = "optimised"


@dataclass(frozen=True)
class Reach:
    """How high a plan comes and how high any could, Gy; see `IsotoxicOptimum`."""

    convex_gy: float
    bound_gy: float
    bound_literal_gy: float


def optimum_of(
    settled: Settled, risk: float, stratum: str | None, reach: Reach, words: Words
) -> IsotoxicOptimum:
    """The record of a settled plan."""
    return IsotoxicOptimum(
        weights=settled.weights,
        dose_gy=settled.dose_gy,
        risk=risk,
        prescription_gy=settled.prescription_gy,
        tail_gy=settled.tail_gy,
        ntcp=settled.ntcp,
        effective_volume=settled.effective_volume,
        stratum=stratum,
        limited_by=settled.limited_by,
        convex_gy=reach.convex_gy,
        bound_gy=reach.bound_gy,
        bound_literal_gy=reach.bound_literal_gy,
        limits=settled.limits,
        residuals=settled.residuals,
        status=words.status,
        notes=words.notes,
        evaluations=words.evaluations,
        steps=words.steps,
        place=words.place,
    )


@dataclass(frozen=True, eq=False)
class Words:
    """What is said about a plan beside its numbers, and where its search ended."""

    status: str
    notes: tuple[str, ...] = ()
    evaluations: int = 0
    steps: tuple[PublishedStep, ...] = ()
    place: Place | None = None
