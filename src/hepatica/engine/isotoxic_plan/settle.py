"""Turns a shape of dose into a plan: the highest prescription at which every limit is kept."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from hepatica.engine.isotoxic_plan.limit_terms import TailLimit
from hepatica.engine.isotoxic_plan.liver_gauge import LiverGauge
from hepatica.engine.isotoxic_plan.problem import IsotoxicProblem
from hepatica.engine.isotoxic_plan.tail_cone import FloatArray
from hepatica.engine.prescribe import PROTOCOL_MAXIMUM
from hepatica.errors import Infeasible
from hepatica.physics.biology import effective_volume, ntcp

FINEST = 1e-4
"""Relative difference that neither a stored dose nor a histogram resolves."""

NEARLY = 2e-3
"""A limit reached to within this part of it limits the dose."""


@dataclass(frozen=True)
class LimitState:
    """One limit on the finished plan.

    Parameters
    ----------
    name, structure, metric : str
        As in the protocol.
    side : "<=" or ">="
    limit_gy, value_gy : Gy
        The dose that must not be passed and the dose there is, both as written.
    tail_gy : Gy
        Mean of the hottest or coldest part, which is what the search held.
    kept : bool
    held : bool
        Whether the search held it, or it is only looked at.
    price : float
        Gy of prescription gained if the limit gave way by 1 Gy; 0 where it does not hold the plan.
    """

    name: str
    structure: str
    metric: str
    side: str
    limit_gy: float
    value_gy: float
    tail_gy: float
    kept: bool
    held: bool
    price: float = 0.0


@dataclass(frozen=True, eq=False)
class Settled:
    """A plan at its highest prescription.

    ``weights`` (bixels,) and ``dose_gy`` (points,) are absolute; ``tail_gy`` is the dose that the
    coldest part of the target has on average.
    """

    weights: FloatArray
    dose_gy: FloatArray
    prescription_gy: float
    tail_gy: float
    ntcp: float
    effective_volume: float
    limited_by: tuple[str, ...]
    limits: tuple[LimitState, ...]
    residuals: Mapping[str, float] = field(default_factory=dict)


def settle(
    problem: IsotoxicProblem,
    gauge: LiverGauge,
    shape: FloatArray,
    dose: FloatArray,
) -> Settled:
    """The plan of a shape, scaled until the first limit, as it is written, is reached.

    Parameters
    ----------
    problem : IsotoxicProblem
    gauge : LiverGauge
    shape : (bixels,) array
    dose : (points,) array
        Dose of the shape; any scale.

    Raises
    ------
    Infeasible
        If the shape leaves the coldest part of the target without dose.
    """
    bounds = prescriptions(problem, gauge, dose)
    prescription_gy = min(bounds.values())
    reached = tuple(
        name for name, gy in sorted(bounds.items(), key=lambda item: item[1])
        if gy <= prescription_gy * (1 + NEARLY)
    )  # fmt: skip
    return settled_at(problem, shape, dose, prescription_gy, reached)


def settled_at(
    problem: IsotoxicProblem,
    shape: FloatArray,
    dose: FloatArray,
    prescription_gy: float,
    limited_by: tuple[str, ...],
) -> Settled:
    """The plan of a shape, scaled to a prescription.

    Raises
    ------
    Infeasible
        As for `settle`.
    """
    scale = prescription_gy / covered_by(problem, dose)
    own = dose * scale
    limits = limit_states(problem, own, prescription_gy)
    organ = problem.organ
    liver = np.maximum(own[organ.rows], 0.0)
    return Settled(
        weights=shape * scale,
        dose_gy=own,
        prescription_gy=prescription_gy,
        tail_gy=problem.coverage.tail_gy(own),
        ntcp=ntcp(problem.model, liver, organ.cc, problem.prescription.fractions),
        effective_volume=effective_volume(
            liver, organ.cc, max(prescription_gy, 1e-9), problem.model.n
        ),
        limited_by=limited_by,
        limits=limits,
        residuals=residuals(problem, limits),
    )


def covered_by(problem: IsotoxicProblem, dose: FloatArray) -> float:
    """The dose that a distribution prescribes by the protocol's coverage metric.

    Raises
    ------
    Infeasible
        If it is not above zero.
    """
    covered = problem.coverage.written_gy(dose)
    if not covered > 0:
        raise Infeasible(
            f"{problem.coverage.region.name} is not covered: {problem.coverage.metric} is 0. Check "
            "that the beams reach all of it."
        )
    return covered


def tail_prescription_gy(problem: IsotoxicProblem, gauge: LiverGauge, dose: FloatArray) -> float:
    """The highest dose of the coldest part at which every limit is kept as the search holds it, Gy.

    It is what a bound on the convex problem is to be compared with.
    """
    asked, _ = gauge.of(np.maximum(dose[gauge.organ.rows], 0.0))
    covered = problem.coverage.tail_gy(dose)
    found = [problem.prescription.cap_gy, covered / asked if asked > 0 else math.inf]
    for limit in problem.terms.held:
        reached = limit.tail_gy(dose)
        if limit.side == "hottest" and limit.share == 0 and reached > 0:
            found.append(covered * limit.limit_gy / reached)
    return min(found)


def prescriptions(
    problem: IsotoxicProblem, gauge: LiverGauge, dose: FloatArray
) -> dict[str, float]:
    """For everything that limits a scaled plan, the prescription at which it does, Gy."""
    covered = covered_by(problem, dose)
    asked, _ = gauge.of(np.maximum(dose[gauge.organ.rows], 0.0))
    found = {PROTOCOL_MAXIMUM: problem.prescription.cap_gy}
    found[problem.prescription.organ] = covered / asked if asked > 0 else math.inf
    for limit in problem.terms.held:
        if limit.side == "hottest" and limit.share == 0:
            reached = limit.written_gy(dose)
            gy = covered * limit.limit_gy / reached if reached > 0 else math.inf
            name = limit.region.name
            found[name] = min(gy, found.get(name, math.inf))
    return found


def limit_states(
    problem: IsotoxicProblem, dose_gy: FloatArray, prescription_gy: float
) -> tuple[LimitState, ...]:
    """Every limit held against a dose."""
    terms = problem.terms
    return tuple(
        _state(limit, dose_gy, prescription_gy, limit in terms.held)
        for limit in (*terms.held, *terms.watched)
    )


def with_prices(settled: Settled, prices: Mapping[str, float]) -> Settled:
    """The same plan, its limits with their prices, by `TailLimit.key`."""
    limits = tuple(
        replace(state, price=prices.get(f"{state.name}: {state.structure}", 0.0))
        for state in settled.limits
    )
    return replace(settled, limits=limits)


def residuals(problem: IsotoxicProblem, limits: tuple[LimitState, ...]) -> dict[str, float]:
    """By how many Gy the limits that the search held are broken, for those that are."""
    return {
        f"{limit.structure} {limit.metric}": abs(limit.value_gy - limit.limit_gy)
        for limit in limits
        if limit.held and not limit.kept
    }


def _state(limit: TailLimit, dose_gy: FloatArray, prescription_gy: float, held: bool) -> LimitState:
    bound, value = limit.at_gy(prescription_gy), limit.written_gy(dose_gy)
    return LimitState(
        name=limit.name,
        structure=limit.region.name,
        metric=str(limit.metric),
        side="<=" if limit.sign > 0 else ">=",
        limit_gy=bound,
        value_gy=value,
        tail_gy=limit.tail_gy(dose_gy),
        kept=limit.sign * (value - bound) <= FINEST * bound,
        held=held,
    )
