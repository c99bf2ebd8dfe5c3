"""Dose against risk: what each further per cent of risk buys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hepatica.engine.isotoxic_plan.optimum import held_limits
from hepatica.engine.isotoxic_plan.problem import IsotoxicProblem
from hepatica.engine.isotoxic_plan.records import IsotoxicOptimum, TradeoffPoint
from hepatica.engine.isotoxic_plan.search import Effort, Search, Tell
from hepatica.engine.isotoxic_plan.settle import Settled, settle
from hepatica.engine.isotoxic_plan.tail_cone import FloatArray
from hepatica.engine.prescribe import PROTOCOL_MAXIMUM
from hepatica.errors import UsageError

CURVE = (0.01, 0.02, 0.03, 0.05, 0.075, 0.10, 0.15, 0.20, 0.30)
"""Risks at which the curve is drawn, beside the protocol's own levels."""

WARM = Effort((30,))


@dataclass(frozen=True, eq=False)
class _Found:
    risk: float
    shape: FloatArray
    dose: FloatArray
    settled: Settled
    how: str


def tradeoff(
    problem: IsotoxicProblem,
    risks: Sequence[float],
    start: IsotoxicOptimum,
    tell: Tell | None = None,
    curve: Sequence[float] = CURVE,
) -> tuple[TradeoffPoint, ...]:
    """The prescriptions at several risks.

    Parameters
    ----------
    problem : IsotoxicProblem
    risks : sequence of float
        Levels that are searched and marked, such as the protocol's.
    start : IsotoxicOptimum
        From which every search begins.
    tell : function of (step, done, total), optional
    curve : sequence of float
        Further risks. Each is met by a mixture of plans already found, which by convexity keeps
        what both keep; the lowest and highest are searched.

    Returns
    -------
    tuple of TradeoffPoint
        By rising risk, with a prescription that never falls.

    Raises
    ------
    UsageError
        If a risk is no probability.
    """
    for risk in (*risks, *curve):
        if not 0 < risk < 1:
            raise UsageError(f"A risk of the curve is {risk:g}; it is a probability such as 0.10.")
    wanted = sorted({*risks, *curve})
    searched = sorted({*risks, wanted[0], wanted[-1]})
    found: list[_Found] = []
    for number, risk in enumerate(searched):
        if tell is not None:
            tell("dose against risk", number, len(searched))
        if found and PROTOCOL_MAXIMUM in found[-1].settled.limited_by:
            # More risk buys nothing once the maximum is reached.
            found.append(_settled(problem, risk, found[-1].shape, found[-1].dose, "optimised"))
            continue
        found.append(_searched(problem, risk, start))
    points: list[_Found] = []
    for risk in wanted:
        points.append(_plan_at(problem, risk, found, points[-1] if points else None))
    return tuple(
        TradeoffPoint(
            point.risk,
            point.settled.prescription_gy,
            point.settled.ntcp,
            point.settled.effective_volume,
            point.settled.limited_by,
            point.risk in risks,
            point.how,
        )
        for point in points
    )


def _searched(problem: IsotoxicProblem, risk: float, start: IsotoxicOptimum) -> _Found:
    gauge = problem.gauge(risk)
    if start.place is not None and start.risk == risk:
        place = start.place
    else:
        begin = start.weights if start.place is None else start.place
        place = Search(problem, gauge).run(held_limits(problem), begin, WARM)
    return _settled(problem, risk, place.shape, place.dose, "optimised")


def _plan_at(
    problem: IsotoxicProblem, risk: float, found: Sequence[_Found], last: _Found | None
) -> _Found:
    """The plan at a risk: its own or a mixture of its neighbours, and never below the last one."""
    own = next((each for each in found if each.risk == risk), None)
    if own is None:
        below = [each for each in found if each.risk < risk][-1]
        above = next(each for each in found if each.risk > risk)
        own = _settled(problem, risk, *_mixture(problem, risk, below, above), "mixed")
    if last is not None and own.settled.prescription_gy < last.settled.prescription_gy:
        return _settled(problem, risk, last.shape, last.dose, own.how)
    return own


def _settled(
    problem: IsotoxicProblem, risk: float, shape: FloatArray, dose: FloatArray, how: str
) -> _Found:
    return _Found(risk, shape, dose, settle(problem, problem.gauge(risk), shape, dose), how)


def _mixture(
    problem: IsotoxicProblem, risk: float, below: _Found, above: _Found
) -> tuple[FloatArray, FloatArray]:
    """Two plans mixed in the part that makes their equivalent doses meet that of the risk."""
    low, high = problem.gauge(below.risk).geud_gy, problem.gauge(above.risk).geud_gy
    part = (problem.gauge(risk).geud_gy - low) / (high - low)
    one, other = below.settled, above.settled
    return (
        (1 - part) * one.weights + part * other.weights,
        (1 - part) * one.dose_gy + part * other.dose_gy,
    )
