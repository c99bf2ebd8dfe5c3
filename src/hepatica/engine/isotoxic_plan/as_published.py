"""The published way to the dose: plan first, read the effective volume, look the dose up, scale."""

from __future__ import annotations

import math

import numpy as np

from hepatica.engine.evaluation import AllowedDose, OrganBound
from hepatica.engine.isotoxic_plan.limit_terms import TailLimit
from hepatica.engine.isotoxic_plan.liver_gauge import LiverGauge
from hepatica.engine.isotoxic_plan.optimum import notes_on
from hepatica.engine.isotoxic_plan.problem import IsotoxicProblem
from hepatica.engine.isotoxic_plan.records import (
    IsotoxicOptimum,
    PublishedStep,
    Reach,
    Words,
    optimum_of,
)
from hepatica.engine.isotoxic_plan.search import Tell
from hepatica.engine.isotoxic_plan.settle import (
    Settled,
    covered_by,
    settled_at,
    tail_prescription_gy,
)
from hepatica.engine.isotoxic_plan.tail_cone import FloatArray
from hepatica.engine.prescribe import AllocationRule, LiverShape, allowed_dose
from hepatica.physics.optimise import (
    Goal,
    MeanDose,
    Options,
    Problem,
    Region,
    SquaredOverdose,
    SquaredUnderdose,
    solve,
)

EVALUATIONS = (60, 30, 30)
"""Of the rounds; each plans for the dose that the round before looked up."""

SAME_GY = 0.3
"""Rounds end when the dose that is looked up changes by less."""

TARGET, ORGAN, LIVER, AROUND = 1000.0, 100.0, 10.0, 100.0
"""How much the goals of the conformal plan weigh against each other."""

SMALLEST_PART = 100.0
"""A limit on less than this part of an organ (1 in 100) is weighed as if it were on this part."""


def plan_as_published(
    problem: IsotoxicProblem, risk: float, tell: Tell | None = None
) -> IsotoxicOptimum:
    """A conformal plan whose prescription is looked up at its effective volume.

    A plan is made for a fixed dose with goals for targets, organs and the tissue around. Its
    effective volume says which dose carries the risk (with the protocol's reading and allowance);
    the whole plan is scaled to the least of that dose, the protocol's maximum and what each organ
    allows. Because another dose makes for another plan, this is repeated until the dose stays.

    Parameters
    ----------
    problem : IsotoxicProblem
    risk : float
    tell : function of (step, done, total), optional

    Returns
    -------
    IsotoxicOptimum
        With its ``steps``; without a bound. A prescription of 0 where the protocol does not treat.

    Raises
    ------
    UsageError
        If the risk is no probability.
    Infeasible
        If the beams do not reach the target.
    """
    gauge = problem.gauge(risk)
    shape = np.ones(problem.operator.bixels)
    dose = np.asarray(problem.operator.forward(shape), float)
    steps: list[PublishedStep] = []
    allowed = _looked_up(problem, gauge, dose, risk)
    goal_gy = _aim_gy(problem, allowed)
    spent = 1
    for number, evaluations in enumerate(EVALUATIONS):
        if tell is not None:
            tell("plan as published", number, len(EVALUATIONS))
        start = shape * (goal_gy / covered_by(problem, dose))
        found = solve(_conformal(problem, goal_gy, start), Options(evaluations=evaluations))
        shape, dose = found.weights, np.asarray(found.dose_gy, float)
        spent += found.evaluations
        allowed = _looked_up(problem, gauge, dose, risk)
        steps.append(_step(problem, dose, goal_gy, allowed))
        next_gy = _aim_gy(problem, allowed)
        if allowed is None or abs(next_gy - goal_gy) < SAME_GY:
            break
        goal_gy = next_gy
    settled = _scaled(problem, shape, dose, allowed)
    return _record(problem, gauge, settled, risk, tuple(steps), spent)


def _aim_gy(problem: IsotoxicProblem, allowed: AllowedDose | None) -> float:
    """What the next plan is made for: the dose that the liver alone would allow.

    The other organs have goals of their own in that plan. Aiming at a dose that one of them had
    already lowered would give it no reason to be spared better.
    """
    cap_gy = problem.prescription.cap_gy
    return cap_gy if allowed is None else min(allowed.liver_gy, cap_gy)


def _looked_up(
    problem: IsotoxicProblem, gauge: LiverGauge, dose: FloatArray, risk: float
) -> AllowedDose | None:
    """The dose of the protocol's rule for this distribution; None where it does not treat."""
    given, organ = problem.prescription, problem.organ
    rule = AllocationRule(given, problem.model, given.reading)
    relative = np.maximum(dose[organ.rows], 0.0) / covered_by(problem, dose)
    shape = LiverShape(relative, organ.cc)
    stratum = given.stratum_at(shape.effective_volume(problem.model.n))
    if stratum is None:
        return None
    return allowed_dose(rule, stratum, shape, _organ_bounds(problem, dose), risk)


def _organ_bounds(problem: IsotoxicProblem, dose: FloatArray) -> tuple[OrganBound, ...]:
    """For every limit that binds: the prescription at which the scaled plan just keeps it."""
    covered = covered_by(problem, dose)
    found = []
    for limit in problem.terms.held:
        if limit.side != "hottest" or limit.share:
            continue
        reached = limit.written_gy(dose)
        gy = covered * limit.limit_gy / reached if reached > 0 else math.inf
        name = limit.region.name
        found.append(OrganBound(name, str(limit.metric), limit.limit_gy, "Gy", gy))
    return tuple(found)


def _conformal(problem: IsotoxicProblem, goal_gy: float, start: FloatArray) -> Problem:
    """A plan for a fixed dose: goals only, no limits."""
    coverage = problem.coverage
    goals = [Goal(coverage.region, SquaredUnderdose(goal_gy), TARGET)]
    for limit in problem.terms.held:
        bound = limit.at_gy(goal_gy)
        if limit.side == "coldest":
            goals.append(Goal(limit.region, SquaredUnderdose(bound), TARGET))
        else:
            dear = TARGET if limit.share else ORGAN
            weight = dear * _concentration(limit)
            goals.append(Goal(limit.region, SquaredOverdose(bound), weight))
    goals.append(Goal(problem.organ, MeanDose(2), LIVER))
    goals += _falling(problem, goal_gy)
    return Problem(problem.operator, tuple(goals), start=start)


def _concentration(limit: TailLimit) -> float:
    """How much dearer a voxel is where the limit is on a small part of its structure."""
    whole = limit.region.total_cc
    return min(whole / limit.tail_cc, SMALLEST_PART) if limit.tail_cc > 0 else SMALLEST_PART


def _falling(problem: IsotoxicProblem, goal_gy: float) -> list[Goal]:
    """The dose is to fall around the target, where soft ceilings say how far."""
    found = []
    for ceiling in problem.around:
        share = np.asarray(ceiling.share)
        for level in np.unique(np.round(share, 1)):
            own = np.round(share, 1) == level
            region = Region(ceiling.region.name, ceiling.region.rows[own], ceiling.region.cc[own])
            found.append(Goal(region, SquaredOverdose(float(level) * goal_gy), AROUND))
    return found


def _step(
    problem: IsotoxicProblem, dose: FloatArray, goal_gy: float, allowed: AllowedDose | None
) -> PublishedStep:
    organ = problem.organ
    shape = LiverShape(np.maximum(dose[organ.rows], 0.0) / covered_by(problem, dose), organ.cc)
    veff = shape.effective_volume(problem.model.n)
    stratum = problem.prescription.stratum_at(veff)
    if allowed is None or stratum is None:
        top = max(s.veff_to for s in problem.prescription.strata)
        because = f"Above an effective volume of {top:g} the protocol does not treat."
        return PublishedStep(goal_gy, veff, None, 0.0, "effective volume", because)
    return PublishedStep(
        goal_gy, veff, stratum.name, allowed.allowed_gy, allowed.limited_by, allowed.because
    )


def _scaled(
    problem: IsotoxicProblem, shape: FloatArray, dose: FloatArray, allowed: AllowedDose | None
) -> Settled:
    if allowed is None:
        return settled_at(problem, shape, dose, 0.0, ("effective volume",))
    return settled_at(problem, shape, dose, allowed.allowed_gy, (allowed.limited_by,))


def _record(
    problem: IsotoxicProblem,
    gauge: LiverGauge,
    settled: Settled,
    risk: float,
    steps: tuple[PublishedStep, ...],
    spent: int,
) -> IsotoxicOptimum:
    convex_gy = tail_prescription_gy(problem, gauge, settled.dose_gy) if steps[-1].stratum else 0.0
    status = (
        f"Planned {len(steps)} times; at an effective volume of {steps[-1].effective_volume:.2f} "
        f"the rule gives {settled.prescription_gy:.2f} Gy ({spent} evaluations). "
        f"{steps[-1].because}"
    )
    words = Words(status, notes_on(problem, settled, risk), spent, steps)
    reach = Reach(convex_gy, math.inf, math.inf)
    return optimum_of(settled, risk, steps[-1].stratum, reach, words)
