"""The best step within the bounds, if the function were the quadratic one that has been learnt."""

from __future__ import annotations

import numpy as np

from hepatica.physics.optimise.bounds import Bounds
from hepatica.physics.optimise.curvature import Curvature
from hepatica.physics.optimise.measure import BoolArray, FloatArray, dot

_PHASES = 10
_PROJECTED_STEPS = 3
_CONJUGATE_STEPS = 30
# The model is only a model: a tenth of its gradient may remain.
_ACCURACY = 0.1
# Conjugate steps end when this part of the free unknowns has run into a bound.
_CROSSED = 0.05
_SUFFICIENT = 1e-4


def model_step(
    curvature: Curvature, gradient: FloatArray, unknowns: FloatArray, bounds: Bounds
) -> FloatArray:
    """The step d that makes gradient d + d B d / 2 small with unknowns + d within the bounds.

    Parameters
    ----------
    curvature : Curvature
        B.
    gradient, unknowns : (n,) arrays
    bounds : Bounds

    Returns
    -------
    (n,) array
        A direction of descent: unknowns plus any part of it stays within the bounds.

    Source
    ------
    More and Toraldo 1991, SIAM J Optim 1:93 (gradient projection finds the bounds, conjugate
    gradients the rest); Schmidt et al. 2009, AISTATS 5:456, for its use inside a quasi-Newton
    search.
    """
    room = Bounds(bounds.lower - unknowns, bounds.upper - unknowns)
    state = _State(curvature, gradient, room)
    aim = _ACCURACY * np.sqrt(dot(*(2 * (state.downhill(),))))
    for _ in range(_PHASES):
        for _ in range(_PROJECTED_STEPS):
            downhill = state.downhill()
            if np.sqrt(dot(downhill, downhill)) <= aim:
                return state.step
            if not state.along(downhill, state.exact_length(downhill)):
                break
        if not state.along(_conjugate(state, aim), 1.0):
            break
    return state.step


class _State:
    """A step so far, and the slope of the model there."""

    def __init__(self, curvature: Curvature, gradient: FloatArray, room: Bounds) -> None:
        self.curvature = curvature
        self.room = room
        self.step = np.zeros_like(gradient)
        self.slope = gradient.copy()

    def free(self) -> BoolArray:
        """Unknowns that no bound holds back."""
        held = (self.step <= self.room.lower) & (self.slope > 0)
        held |= (self.step >= self.room.upper) & (self.slope < 0)
        return ~held

    def downhill(self) -> FloatArray:
        """The direction of steepest descent among the free unknowns."""
        return np.where(self.free(), -self.slope, 0.0)

    def exact_length(self, direction: FloatArray) -> float:
        """How far to go where there are no bounds."""
        bend = dot(direction, self.curvature.times(direction))
        return dot(direction, direction) / max(bend, 1e-300)

    def along(self, direction: FloatArray, length: float) -> bool:
        """Move along a direction bent at the bounds; False if nothing could be gained."""
        for _ in range(20):
            target = np.clip(self.step + length * direction, self.room.lower, self.room.upper)
            move = target - self.step
            bent = self.curvature.times(move)
            fall = dot(self.slope, move)
            if fall < 0 and fall + 0.5 * dot(move, bent) <= _SUFFICIENT * fall:
                self.step = target
                self.slope = self.slope + bent
                return True
            length *= 0.5
        return False


def _conjugate(state: _State, aim: float) -> FloatArray:
    """A direction from conjugate gradients among the unknowns that are off their bounds."""
    free = (state.step > state.room.lower) & (state.step < state.room.upper)
    residual = np.where(free, -state.slope, 0.0)
    direction = residual.copy()
    total = np.zeros_like(residual)
    size = first = dot(residual, residual)
    for count in range(_CONJUGATE_STEPS):
        if size <= max(aim * aim, 1e-4 * first):
            break
        bent = np.where(free, state.curvature.times(direction), 0.0)
        length = size / max(dot(direction, bent), 1e-300)
        total += length * direction
        residual -= length * bent
        size, before = dot(residual, residual), size
        direction = residual + (size / before) * direction
        moved = state.step + total
        crossed = (moved < state.room.lower) | (moved > state.room.upper)
        if count > 1 and crossed.sum() > _CROSSED * free.sum():
            break
    return total
