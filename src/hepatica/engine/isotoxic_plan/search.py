"""Looks for the shape of dose that allows the highest prescription."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from hepatica.engine.isotoxic_plan.lagrangian import Lagrangian, Prices, Situation
from hepatica.engine.isotoxic_plan.limit_terms import TailLimit
from hepatica.engine.isotoxic_plan.liver_gauge import LiverGauge
from hepatica.engine.isotoxic_plan.problem import IsotoxicProblem
from hepatica.engine.isotoxic_plan.settle import tail_prescription_gy
from hepatica.engine.isotoxic_plan.tail_cone import FloatArray
from hepatica.errors import Infeasible

Tell = Callable[[str, int, int], None]

_MEMORY = 20


@dataclass(frozen=True, eq=False)
class Place:
    """A shape of dose with its prices: where a search ended, and where the next may begin.

    ``shape`` are (bixels,) weights whose dose is relative to the prescription; ``dose`` is that
    relative dose at all points.
    """

    shape: FloatArray
    dose: FloatArray
    inverse_per_gy: float
    prices: Prices
    limits: tuple[TailLimit, ...]


@dataclass(frozen=True)
class Effort:
    """How long to search: evaluations of each round, and when to be content.

    ``settled`` is the part of the prescription by which the search may be ahead of what its plan
    reaches with all limits kept, for it to end.
    """

    rounds: tuple[int, ...] = (60, 60, 40)
    settled: float = 1e-3


@dataclass(eq=False)
class Search:
    """A search under way.

    Parameters
    ----------
    problem : IsotoxicProblem
    gauge : LiverGauge
    tell : function of (step, done, total), optional
    """

    problem: IsotoxicProblem
    gauge: LiverGauge
    tell: Tell | None = None
    forwards: int = 0
    adjoints: int = 0
    trail: list[Situation] = field(default_factory=list)

    def run(
        self, limits: tuple[TailLimit, ...], start: Place | FloatArray | None, effort: Effort
    ) -> Place:
        """The best place that the effort allows, from a start.

        Raises
        ------
        Infeasible
            If no bixel gives dose to the target, or the organ receives none from any.
        """
        shape, dose = self._start(start)
        scale = float(shape.mean())
        gauge, _ = self.gauge.of(np.maximum(dose[self.gauge.organ.rows], 0.0))
        if gauge <= 0:
            raise Infeasible(
                f"No beam gives dose to {self.gauge.organ.name}: its risk limits nothing. Check "
                "the beams and the dose grid."
            )
        lagrangian = Lagrangian(
            self.problem, self.gauge, limits, min(1 / gauge, self.problem.prescription.cap_gy)
        )
        if isinstance(start, Place):
            lagrangian.prices = _carried(start, lagrangian)
            lagrangian.last_inverse = start.inverse_per_gy * lagrangian.reference_gy
        unknowns, found = shape / scale, lagrangian.at(dose)
        self.trail = []
        for number, evaluations in enumerate(effort.rounds):
            unknowns = self._round(lagrangian, unknowns, scale, evaluations, number)
            found = lagrangian.at(self._forward(unknowns * scale))
            lagrangian.move_prices(found)
            self.trail.append(found)
            ahead_gy = lagrangian.reference_gy / found.inverse
            reached_gy = tail_prescription_gy(self.problem, self.gauge, found.dose)
            if abs(ahead_gy - reached_gy) < effort.settled * reached_gy and number:
                break
        return Place(
            unknowns * scale,
            found.dose,
            found.inverse / lagrangian.reference_gy,
            lagrangian.prices,
            limits,
        )

    def _round(
        self, lagrangian: Lagrangian, start: FloatArray, scale: float, evaluations: int, number: int
    ) -> FloatArray:
        """Least value of the Lagrangian, its prices fixed, by bound-constrained quasi-Newton."""
        from scipy.optimize import Bounds, minimize

        smoothness = self.problem.wishes.smoothness / len(start)
        done = 0

        def value(unknowns: FloatArray) -> tuple[float, FloatArray]:
            nonlocal done
            done += 1
            if self.tell is not None:
                self.tell(f"round {number + 1}", min(done, evaluations), evaluations)
            found = lagrangian.at(self._forward(unknowns * scale))
            slope = self.adjoint(found.slope) * scale + 2 * smoothness * unknowns
            return found.value + smoothness * float(unknowns @ unknowns), slope

        options = {
            "maxfun": evaluations, "maxiter": evaluations, "maxcor": _MEMORY, "ftol": 1e-10,
            "gtol": 1e-9,
        }  # fmt: skip
        result = minimize(
            value, start, jac=True, method="L-BFGS-B", bounds=Bounds(0.0, np.inf), options=options
        )
        found: FloatArray = np.maximum(np.asarray(result.x, dtype=np.float64), 0.0)
        return found

    def _start(self, start: Place | FloatArray | None) -> tuple[FloatArray, FloatArray]:
        """Weights that give the target a mean dose of 1, and their dose."""
        if isinstance(start, Place):
            return start.shape, start.dose
        open_fields = np.ones(self.problem.operator.bixels)
        shape = open_fields if start is None else np.maximum(start, 0.0)
        if not shape.any():
            shape = open_fields
        dose = self._forward(shape)
        target = self.problem.coverage.region
        mean = float(target.cc @ dose[target.rows]) / target.total_cc
        if not mean > 0:
            raise Infeasible(
                f"The beams give no dose to {target.name}. Check isocentre, bixels and dose grid."
            )
        return shape / mean, dose / mean

    def _forward(self, weights: FloatArray) -> FloatArray:
        self.forwards += 1
        return np.asarray(self.problem.operator.forward(weights), dtype=np.float64)

    def adjoint(self, values: FloatArray) -> FloatArray:
        """Sums over points of value times dose per weight, counted."""
        self.adjoints += 1
        return np.asarray(self.problem.operator.adjoint(values), dtype=np.float64)

    def forward(self, weights: FloatArray) -> FloatArray:
        """Dose of weights, counted."""
        return self._forward(weights)


def _carried(start: Place, lagrangian: Lagrangian) -> Prices:
    """The start's prices for limits that are still the same size, first prices for the others."""
    known = {
        limit.key: tails for limit, tails in zip(start.limits, start.prices.tails, strict=True)
    }
    tails = []
    for limit, first in zip(lagrangian.limits, lagrangian.prices.tails, strict=True):
        old = known.get(limit.key)
        tails.append(first if old is None or len(old) != len(first) else old)
    return Prices(tuple(tails), start.prices.liver)
