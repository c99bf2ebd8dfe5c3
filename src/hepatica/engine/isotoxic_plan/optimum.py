"""The highest prescription at a chosen risk, and how much higher any plan could be."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hepatica.engine.isotoxic_plan.limit_terms import TailLimit
from hepatica.engine.isotoxic_plan.problem import IsotoxicProblem
from hepatica.engine.isotoxic_plan.proof import Proof, ProofEffort
from hepatica.engine.isotoxic_plan.records import IsotoxicOptimum, Reach, Words, optimum_of
from hepatica.engine.isotoxic_plan.search import Effort, Place, Search, Tell
from hepatica.engine.isotoxic_plan.settle import (
    Settled,
    settle,
    tail_prescription_gy,
    with_prices,
)
from hepatica.engine.isotoxic_plan.tail_cone import FloatArray

MENDINGS = 2
"""How often limits that were just missed are held tighter and the search goes on."""

MENDING = Effort((30,))

JUST_MISSED = 0.02
"""Limits missed by a larger part of their dose contradict each other; holding tighter is no use."""


@dataclass(frozen=True)
class OptimumEffort:
    """How long to search for the highest dose, to make the plan clean, and to prove."""

    search: Effort = field(default_factory=Effort)
    tidy: Effort = field(default_factory=lambda: Effort((60,)))
    proof: ProofEffort = field(default_factory=ProofEffort)


def solve_optimal(
    problem: IsotoxicProblem,
    risk: float,
    start: FloatArray | Place | IsotoxicOptimum | None = None,
    tell: Tell | None = None,
    effort: OptimumEffort | None = None,
) -> IsotoxicOptimum:
    """The plan with the highest prescription that keeps the risk and every limit.

    Parameters
    ----------
    problem : IsotoxicProblem
    risk : float
        Probability of the protocol's endpoint, bin by bin; 0.10 for 10 %.
    start : (bixels,) weights, Place or IsotoxicOptimum, optional
        By default all bixels alike.
    tell : function of (step, done, total), optional
    effort : OptimumEffort, optional

    Returns
    -------
    IsotoxicOptimum
        At or below the protocol's maximum. Where the maximum is reached, the plan with the least
        liver dose is sought instead.

    Raises
    ------
    UsageError
        If the risk is no probability.
    Infeasible
        If the beams miss target or organ, or the risk is exceeded at no dose.

    Notes
    -----
    For a volume exponent n up to 1 the problem is convex in the fluence: the linear-quadratic
    equivalent dose is convex in the dose, and so is its power mean with exponent 1/n >= 1. For n
    above 1 the search finds a local optimum; the bound still holds for n below 2.
    """
    effort = effort or OptimumEffort()
    gauge = problem.gauge(risk)
    plain = problem.with_wishes(conformity=0.0, smoothness=0.0, reserve=0.0)
    search = Search(plain, gauge, tell)
    highest = search.run(held_limits(plain), _begin(start), effort.search)
    proof = Proof(problem, gauge, (problem.coverage, *problem.terms.held), search)
    proof.add_prices(search.trail)
    tidying = Search(problem, gauge, tell, search.forwards, search.adjoints)
    place = tidying.run(held_limits(problem), highest, effort.tidy)
    place, settled = _mended(tidying, place)
    top_gy = tail_prescription_gy(problem, gauge, highest.dose)
    own = highest.dose * (top_gy / problem.coverage.tail_gy(highest.dose))
    proof.search = tidying
    bound = proof.lowered(own, top_gy, effort.proof)
    settled = with_prices(settled, proof.prices_of(bound))
    literal = proof.literal(settled.dose_gy, settled.prescription_gy, effort.proof)
    convex_gy = tail_prescription_gy(problem, gauge, place.dose)
    reach = Reach(convex_gy, bound.prescription_gy, literal.prescription_gy)
    stratum = problem.prescription.stratum_at(settled.effective_volume)
    evaluations = max(tidying.forwards, tidying.adjoints)
    words = Words(
        status=_status(problem, settled, reach, max(0.0, top_gy - convex_gy), evaluations),
        notes=notes_on(problem, settled, risk),
        evaluations=evaluations,
        place=place,
    )
    return optimum_of(settled, risk, None if stratum is None else stratum.name, reach, words)


def held_limits(problem: IsotoxicProblem) -> tuple[TailLimit, ...]:
    """What the search holds: the coverage, and every limit with a little in reserve."""
    reserve = problem.wishes.reserve
    return (problem.coverage, *(limit.tightened(reserve) for limit in problem.terms.held))


def notes_on(problem: IsotoxicProblem, settled: Settled, risk: float) -> tuple[str, ...]:
    """What is not known, and what to look at before believing the dose."""
    given = problem.prescription
    said = list(problem.terms.unknown)
    said += [
        f"{limit.structure} {limit.metric} is {limit.value_gy:.1f} Gy at its place, the soft limit "
        f"is {limit.limit_gy:.1f} Gy; it was not held."
        for limit in settled.limits
        if not limit.held and not limit.kept
    ]
    stratum = given.stratum_at(settled.effective_volume)
    if stratum is None:
        said.append(
            f"The effective volume is {settled.effective_volume:.2f}; above "
            f"{max(s.veff_to for s in given.strata):g} the protocol does not treat."
        )
    elif stratum.ntcp_below is not None and settled.ntcp >= stratum.ntcp_below:
        said.append(
            f"Stratum {stratum.name} asks for a risk below {stratum.ntcp_below:.0%}; it is "
            f"{settled.ntcp:.1%}."
        )
    if not problem.gauge(risk).convex:
        said.append(
            f"The volume exponent n is {problem.model.n:g}, above 1: the problem is not convex, "
            "and the plan is a local optimum."
        )
    return tuple(said)


def _begin(start: FloatArray | Place | IsotoxicOptimum | None) -> FloatArray | Place | None:
    if isinstance(start, IsotoxicOptimum):
        return start.place if start.place is not None else start.weights
    if start is None or isinstance(start, Place):
        return start
    return np.asarray(start, dtype=np.float64)


def _mended(search: Search, place: Place) -> tuple[Place, Settled]:
    """The plan with limits that the search just missed held a little tighter, and tried again."""
    problem = search.problem
    settled = settle(problem, search.gauge, place.shape, place.dose)
    for _ in range(MENDINGS):
        over = {
            f"{state.name}: {state.structure}": abs(state.value_gy / state.limit_gy - 1)
            for state in settled.limits
            if state.held and not state.kept
        }
        if not over or max(over.values()) > JUST_MISSED:
            break
        limits = tuple(limit.tightened(1.5 * over.get(limit.key, 0.0)) for limit in place.limits)
        place = search.run(limits, place, MENDING)
        settled = settle(problem, search.gauge, place.shape, place.dose)
    return place, settled


def _status(
    problem: IsotoxicProblem, settled: Settled, reach: Reach, given_up_gy: float, evaluations: int
) -> str:
    """How the search ended, in words."""
    effort = f"{evaluations} evaluations"
    if settled.residuals:
        broken = "; ".join(f"{name} by {gy:.2f} Gy" for name, gy in settled.residuals.items())
        return (
            f"Stopped with limits that are not kept: {broken}. These beams may not be able to "
            f"keep all of them ({effort})."
        )
    kept = f"{len(problem.terms.held)} limits and the risk are kept"
    if settled.prescription_gy >= problem.prescription.cap_gy * (1 - 1e-9):
        return f"The protocol's maximum is reached; {kept} ({effort})."
    if not np.isfinite(reach.bound_gy):
        return f"Ended with {kept}; how far from the best was not proved ({effort})."
    gap_gy = max(0.0, reach.bound_gy - reach.convex_gy)
    return (
        f"{kept[0].upper()}{kept[1:]}; no plan of these beams gives the coldest part of "
        f"{problem.coverage.region.name} more than {reach.bound_gy:.2f} Gy, at most "
        f"{gap_gy:.2f} Gy above this one, of which {given_up_gy:.2f} Gy were given up for less "
        f"dose around the target ({effort})."
    )
