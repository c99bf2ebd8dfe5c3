"""How far from the best possible a plan can be, in Gy of prescription, with proof."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from hepatica.engine.isotoxic_plan.dual_bound import Bound, Row, lowest_bound
from hepatica.engine.isotoxic_plan.lagrangian import Situation
from hepatica.engine.isotoxic_plan.limit_terms import TailLimit
from hepatica.engine.isotoxic_plan.liver_gauge import LiverGauge
from hepatica.engine.isotoxic_plan.problem import IsotoxicProblem
from hepatica.engine.isotoxic_plan.search import Search, Tell
from hepatica.engine.isotoxic_plan.tail_cone import FloatArray, tail_weights
from hepatica.engine.prescribe import PROTOCOL_MAXIMUM

LIVER, CAP = 0, 1
"""Places of the first rows of every proof."""

_STEP_OUT = 0.4
_LITERAL_PARTS = (0.1, 0.2, 0.4, 0.7, 1.0)
_LITERAL_ROUNDS = 2


@dataclass(frozen=True)
class ProofEffort:
    """How hard to look for a low bound.

    Parameters
    ----------
    rounds : int
        Each costs one forward and about five adjoints of the dose operator.
    content : float
        Part of the dose by which the bound may exceed the plan for the search to end.
    """

    rounds: int = 12
    content: float = 0.004


@dataclass(eq=False)
class Proof:
    """The rows collected so far, for one problem and risk.

    Parameters
    ----------
    problem : IsotoxicProblem
    gauge : LiverGauge
    limits : tuple of TailLimit
        Those that hold the plan, the coverage first, not tightened.
    search : Search
        Whose operator is used and counted.
    """

    problem: IsotoxicProblem
    gauge: LiverGauge
    limits: tuple[TailLimit, ...]
    search: Search
    rows: list[Row] = field(default_factory=list)

    def add_prices(self, trail: Iterable[Situation]) -> None:
        """Rows from the prices that the search ended its rounds with."""
        for found in trail:
            if found.gauge > 0:
                self._add_liver(found.dose / found.gauge)
            for limit, density in zip(self.limits, found.prices.tails, strict=True):
                self._add_tail(limit, limit.region.cc * density)

    def lowered(self, dose_gy: FloatArray, reached_gy: float, effort: ProofEffort) -> Bound:
        """The lowest bound found, starting from a plan that keeps the limits as held.

        Parameters
        ----------
        dose_gy : (points,) array, Gy
            Of a plan whose coldest part has ``reached_gy`` on average.
        """
        if not self.rows:
            self._add_liver(dose_gy)
        best = lowest_bound(self.rows, LIVER)
        inner, inner_gy = dose_gy, reached_gy
        for number in range(effort.rounds):
            if best.prescription_gy <= inner_gy * (1 + effort.content):
                break
            _say(self.search.tell, number, effort.rounds)
            inner, inner_gy = self._separate(best, inner, inner_gy)
            found = lowest_bound(self.rows, LIVER)
            if found.prescription_gy <= best.prescription_gy:
                best = found
        return best

    def literal(self, dose_gy: FloatArray, reached_gy: float, effort: ProofEffort) -> Bound:
        """A bound that holds also for plans that leave the coldest part without any dose.

        A target of which 95 % receive the prescription D may still be cold in 5 %. A part of v of
        its volume then has a mean dose of at least D (1 - 5 % / v), whichever part it is.
        """
        coverage = self.limits[0]
        kept = [row for row in self.rows if not row.name.startswith(coverage.key)]
        literal = Proof(self.problem, self.gauge, self.limits, self.search, kept)
        literal._add_cold_parts(dose_gy)
        best = lowest_bound(literal.rows, LIVER)
        for _ in range(min(_LITERAL_ROUNDS, effort.rounds)):
            if best.prescription_gy <= reached_gy * (1 + effort.content):
                break
            outer = self.search.forward(best.weights)
            literal._add_cold_parts((1 - _STEP_OUT) * dose_gy + _STEP_OUT * outer)
            literal._add_liver((1 - _STEP_OUT) * dose_gy + _STEP_OUT * outer)
            found = lowest_bound(literal.rows, LIVER)
            if found.prescription_gy < best.prescription_gy:
                best = found
        return best

    def prices_of(self, bound: Bound) -> dict[str, float]:
        """Gy of prescription per Gy of each limit, and what the liver and the maximum weigh."""
        found: dict[str, float] = {}
        then_known = self.rows[: len(bound.prices)]
        for row, price in zip(then_known, bound.prices, strict=True):
            found[row.name] = found.get(row.name, 0.0) + float(price)
        return found

    def _separate(
        self, best: Bound, inner: FloatArray, inner_gy: float
    ) -> tuple[FloatArray, float]:
        """Rows that a point between the plan and the bound breaks; or that point as a new plan."""
        outer = self.search.forward(best.weights)
        dose = (1 - _STEP_OUT) * inner + _STEP_OUT * outer
        gy = (1 - _STEP_OUT) * inner_gy + _STEP_OUT * best.prescription_gy
        broken = False
        asked, _ = self.gauge.of(np.maximum(dose[self.gauge.organ.rows], 0.0))
        if asked > 1 + 1e-9:
            self._add_liver(dose / asked)
            broken = True
        for limit in self.limits:
            own = limit.sign * dose[limit.region.rows]
            weights = tail_weights(own, limit.region.cc, limit.tail_cc)
            if limit.sign * (weights @ dose[limit.region.rows] - limit.at_gy(gy)) > 1e-9 * gy:
                self._add_tail(limit, weights)
                broken = True
        return (inner, inner_gy) if broken else (dose, gy)

    def _add_liver(self, dose_gy: FloatArray) -> None:
        """The tangent to the risk at a dose; the first of them also brings the maximum."""
        organ = self.gauge.organ
        normal, limit = self.gauge.tangent(np.maximum(dose_gy[organ.rows], 0.0))
        gain = -self._sums(organ.rows, normal)
        self.rows.append(Row(organ.name, 0.0, limit if np.isfinite(limit) else 0.0, gain))
        if len(self.rows) == 1:
            cap_gy = self.problem.prescription.cap_gy
            self.rows.append(Row(PROTOCOL_MAXIMUM, 1.0, cap_gy, np.zeros(len(gain))))

    def _add_tail(self, limit: TailLimit, weights: FloatArray) -> None:
        mass = float(weights.sum())
        if mass <= 1e-9:
            return
        weights = weights / mass
        gain = -limit.sign * self._sums(limit.region.rows, weights)
        demand, worth = -limit.sign * limit.share, limit.sign * limit.limit_gy
        self.rows.append(Row(limit.key, demand, worth, gain))

    def _add_cold_parts(self, dose_gy: FloatArray) -> None:
        """For parts of several sizes, the coldest at a dose: what literal coverage asks of them."""
        coverage = self.limits[0]
        region, left_cc = coverage.region, coverage.tail_cc
        for part in _LITERAL_PARTS:
            size = part * region.total_cc
            if size <= left_cc:
                continue
            weights = tail_weights(-dose_gy[region.rows], region.cc, size)
            gain = self._sums(region.rows, weights)
            demand = coverage.share * (1 - left_cc / size)
            self.rows.append(Row(f"{coverage.key} {part:g}", demand, 0.0, gain))

    def _sums(self, rows: np.typing.NDArray[np.int64], values: FloatArray) -> FloatArray:
        field_of = np.zeros(self.problem.operator.points)
        field_of[rows] = values
        return self.search.adjoint(field_of)


def _say(tell: Tell | None, done: int, total: int) -> None:
    if tell is not None:
        tell("proving how good it is", done, total)
