"""What the optimiser hands back: weights, dose, and an honest sentence on how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hepatica.physics.optimise.limits import Kept
from hepatica.physics.optimise.measure import FloatArray

Ending = Literal["solved", "stopped", "infeasible"]


@dataclass(frozen=True)
class Status:
    """How a search ended.

    Attributes
    ----------
    ending : ``solved`` (limits kept, nothing to gain), ``stopped`` (out of evaluations) or
        ``infeasible`` (no weights were found that keep the limits)
    sentence : str
        The same in words, with the numbers that matter.
    """

    ending: Ending
    sentence: str

    @property
    def solved(self) -> bool:
        """Whether the search ended where it should."""
        return self.ending == "solved"


@dataclass(frozen=True)
class Residuals:
    """How far the result is from the conditions of an optimum.

    Attributes
    ----------
    violation_gy : float, Gy
        Largest breach among the limits on doses; 0 where all are kept.
    violation : float
        Largest breach of any limit, in multiples of its tolerance.
    projected_gradient : float, objective per weight
        Largest slope along which the bounds would let a weight move.
    complementarity : float, objective
        Sum over limits of multiplier times distance from the limit; 0 where only limits that are
        reached cost anything.
    relative_change : float
        By how much of itself the objective moved in the last round.
    """

    violation_gy: float
    violation: float
    projected_gradient: float
    complementarity: float
    relative_change: float


def status_of(
    limits: tuple[Kept, ...], residuals: Residuals, ending: Ending, effort: str
) -> Status:
    """The sentence that belongs to an ending.

    Parameters
    ----------
    limits : tuple of Kept
    residuals : Residuals
    ending : str
    effort : str
        Such as ``146 steps, 156 evaluations``.
    """
    broken = [limit for limit in limits if not limit.met]
    if broken:
        worst = max(broken, key=lambda limit: limit.violation / limit.tolerance)
        unit = "" if worst.unit == "1" else f" {worst.unit}"
        state = (
            f"{len(broken)} of {len(limits)} limits are broken, worst {worst.words}: it is "
            f"{worst.value:.4g}, {worst.violation:.3g}{unit} beyond"
        )
    elif limits:
        state = f"All {len(limits)} limits are kept to within {residuals.violation_gy:.2g} Gy"
    else:
        state = "There are no limits to keep"
    words = {
        "solved": "nothing is left to gain",
        "stopped": "the search stopped early, before nothing was left to gain",
        "infeasible": "the limits contradict each other or the goals' bounds: no weights keep them",
    }
    return Status(
        ending,
        f"{state}; {words[ending]} (last change {residuals.relative_change:.1e} of the objective, "
        f"projected gradient {residuals.projected_gradient:.2g}, complementarity "
        f"{residuals.complementarity:.2g}; {effort}).",
    )


@dataclass(frozen=True)
class Progress:
    """Where the search stands, for a progress bar."""

    round: int
    iteration: int
    evaluations: int
    value: float
    violation_gy: float


@dataclass(frozen=True, eq=False)
class Solution:
    """Result of an optimisation.

    Attributes
    ----------
    weights : (bixels,) array
    dose_gy : (points,) array, Gy
    prescription_gy : float, Gy, or None where it was not sought
    objective : float
        Sum of priority times measure, exactly as declared, on all points.
    status : Status
    residuals : Residuals
    limits : tuple of Kept
        One per constraint, in their order.
    multipliers : tuple
        One per constraint: a number, or for limits on every voxel or on a tail a (k,) array with
        the part of each voxel. At an optimum their sum says what a unit less of the limit costs.
    goals : tuple of float
        Value of each goal's measure, without its priority.
    rounds, iterations, evaluations : int
        Multiplier rounds; steps; forward-and-adjoint pairs on the points in play.
    lower_bound : float or None
        No weights within the bounds can bring the objective below it. Only for a convex problem
        whose weights all have an upper bound.
    """

    weights: FloatArray
    dose_gy: FloatArray
    prescription_gy: float | None
    objective: float
    status: Status
    residuals: Residuals
    limits: tuple[Kept, ...]
    multipliers: tuple[float | FloatArray, ...]
    goals: tuple[float, ...]
    rounds: int
    iterations: int
    evaluations: int
    lower_bound: float | None
