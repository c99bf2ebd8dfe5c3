"""Finds the lowest point of a smooth function of weights that may not fall below zero."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hepatica.physics.optimise.bounds import Bounds
from hepatica.physics.optimise.curvature import Curvature
from hepatica.physics.optimise.measure import FloatArray, dot
from hepatica.physics.optimise.model_step import model_step

Function = Callable[[FloatArray], tuple[float, FloatArray]]
Watcher = Callable[[int, int, float], None]

_SUFFICIENT = 1e-4
# A goal that can be met in full falls for ever; below this part of its first value it is met.
_NEGLIGIBLE = 1e-6
# Steps shorter than a thousandth find only rounding.
_TRIES = 10
# The first step changes no unknown by more than this, in the unknowns' own unit.
_FIRST_STEP = 1.0


@dataclass(frozen=True)
class StopRule:
    """When a search ends.

    Parameters
    ----------
    relative_change : float
        A step lowers the value by no more than this part of it.
    evaluations : int
        Value and gradient have been computed this often.
    patience : int
        So many such small steps in a row are needed.
    """

    relative_change: float
    evaluations: int
    patience: int = 1


@dataclass(frozen=True, eq=False)
class Found:
    """Where a search ended."""

    unknowns: FloatArray
    value: float
    gradient: FloatArray
    iterations: int
    evaluations: int
    exhausted: bool


def minimise(
    function: Function,
    start: FloatArray,
    bounds: Bounds,
    stop: StopRule,
    curvature: Curvature,
    watch: Watcher | None = None,
) -> Found:
    """Quasi-Newton search: each step solves the learnt quadratic model within the bounds.

    Parameters
    ----------
    function : of (n,) unknowns
        Value and gradient.
    start : (n,) array, within the bounds
    bounds : Bounds
    stop : StopRule
    curvature : Curvature
        What earlier searches of a similar function learnt; it goes on learning.
    watch : function of iteration, evaluations, value; optional

    Returns
    -------
    Found

    Source
    ------
    Schmidt, van den Berg, Friedlander and Murphy 2009, AISTATS 5:456 (projected quasi-Newton).
    """
    here = bounds.within(start)
    value, gradient = function(here)
    evaluations, iterations, small = 1, 0, 0
    floor = _NEGLIGIBLE * abs(value)
    while evaluations < stop.evaluations:
        informed = curvature.known
        direction = _direction(curvature, gradient, here, bounds)
        fall = dot(gradient, direction)
        if fall >= 0:
            return Found(here, value, gradient, iterations, evaluations, exhausted=False)
        tries = min(_TRIES, stop.evaluations - evaluations)
        there, tried = _stepped(function, here, value, (direction, fall), tries)
        evaluations += tried
        if there is None:
            spent = tries < _TRIES
            return Found(here, value, gradient, iterations, evaluations, exhausted=spent)
        iterations += 1
        place, lower, slope = there
        curvature.learn(place - here, slope - gradient)
        little = value - lower <= stop.relative_change * max(abs(lower), floor)
        # A first step is short by design; that it gains little says nothing.
        small = small + 1 if little and informed else 0
        here, value, gradient = place, lower, slope
        if watch is not None:
            watch(iterations, evaluations, value)
        if small >= stop.patience:
            return Found(here, value, gradient, iterations, evaluations, exhausted=False)
    return Found(here, value, gradient, iterations, evaluations, exhausted=True)


def _direction(
    curvature: Curvature, gradient: FloatArray, here: FloatArray, bounds: Bounds
) -> FloatArray:
    if not curvature.known:
        curvature.start = float(np.abs(bounds.projected(here, gradient)).sum()) / _FIRST_STEP or 1.0
    return model_step(curvature, gradient, here, bounds)


def _stepped(
    function: Function,
    here: FloatArray,
    value: float,
    downhill: tuple[FloatArray, float],
    tries: int,
) -> tuple[tuple[FloatArray, float, FloatArray] | None, int]:
    """A point along the direction that is low enough, and how many were tried."""
    direction, fall = downhill
    length = 1.0
    for tried in range(1, tries + 1):
        place = here + length * direction
        found, slope = function(place)
        if found <= value + _SUFFICIENT * length * fall:
            return (place, found, slope), tried
        # The parabola through what is known; not below a tenth, or steps become too small.
        lowest = -0.5 * fall * length**2 / (found - value - length * fall)
        length = float(np.clip(lowest, 0.1 * length, 0.5 * length))
    return None, tries
