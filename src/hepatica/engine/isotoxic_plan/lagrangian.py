"""The search's own yardstick: prescription, broken limits and wishes as one smooth number.

Doses are divided by the prescription D, which turns the search round: the shape of the dose is
sought that covers the target with 1 and needs the smallest 1/D to keep liver and organs. In this
form the problem stays convex, and for every shape the best 1/D is found at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hepatica.engine.isotoxic_plan.limit_terms import TailLimit
from hepatica.engine.isotoxic_plan.liver_gauge import LiverGauge
from hepatica.engine.isotoxic_plan.problem import IsotoxicProblem
from hepatica.engine.isotoxic_plan.tail_cone import FloatArray, Wish, inner

TAIL_PENALTY = 30.0
"""How fast prices of limits rise with their breach, per tail of the coverage."""

LIVER_PENALTY = 10.0

FLOOR_WORTH = 20.0
"""At most so many Gy of prescription are given up per Gy that a target lacks of a fixed dose."""

_SAME = 1e-10


@dataclass(frozen=True, eq=False)
class Prices:
    """What the limits cost at a plan: per cc and voxel for tails, one number for the liver."""

    tails: tuple[FloatArray, ...]
    liver: float = 1.0


@dataclass(frozen=True, eq=False)
class Situation:
    """A shape of dose seen through the limits."""

    value: float
    inverse: float
    dose: FloatArray
    slope: FloatArray
    gauge: float
    gauge_slope: FloatArray
    prices: Prices


class Lagrangian:
    """Smooth function of the relative dose, for given prices.

    Parameters
    ----------
    problem : IsotoxicProblem
    gauge : LiverGauge
    limits : tuple of TailLimit
        The coverage first.
    reference_gy : Gy
        A dose of the size of the prescription, which makes 1/D a number near 1.
    """

    def __init__(
        self,
        problem: IsotoxicProblem,
        gauge: LiverGauge,
        limits: tuple[TailLimit, ...],
        reference_gy: float,
    ) -> None:
        self.problem = problem
        self.gauge = gauge
        self.limits = limits
        self.reference_gy = reference_gy
        self.lowest_inverse = reference_gy / problem.prescription.cap_gy
        self.penalty = TAIL_PENALTY / _smallest_tail(limits[0])
        self.risk_price = problem.wishes.spared_liver
        self.prices = Prices(tuple(_first_prices(limit) for limit in limits))
        self.last_inverse = 1.0
        self.last_gauge = 0.0

    def at(self, dose: FloatArray) -> Situation:
        """Value and slope at a relative dose (points,), with the prices that belong there."""
        near = self.gauge.of(np.maximum(dose[self.gauge.organ.rows], 0.0), self.last_gauge)
        self.last_gauge = near[0]
        asked = near[0] * self.reference_gy
        wishes = [
            self._wish(limit, prices, dose)
            for limit, prices in zip(self.limits, self.prices.tails, strict=True)
        ]
        inverse = self._best_inverse(asked, wishes)
        return self._situation(dose, inverse, near, wishes)

    def move_prices(self, found: Situation) -> None:
        """Take over the prices of a plan that was found with the old ones."""
        self.prices = found.prices
        if found.inverse <= self.lowest_inverse * (1 + 1e-6):
            # The protocol's maximum is reached: what remains is to spare the liver.
            self.risk_price = 1.0

    def _wish(self, limit: TailLimit, prices: FloatArray, dose: FloatArray) -> Wish:
        beyond = limit.sign * (dose[limit.region.rows] - limit.share)
        worth = FLOOR_WORTH if limit.floor else np.inf
        return Wish(prices + self.penalty * beyond, limit.region.cc, limit.tail_cc, worth)

    def _shift(self, limit: TailLimit, inverse: float) -> float:
        return -self.penalty * limit.sign * limit.limit_gy * inverse / self.reference_gy

    def _liver_price(self, asked: float, inverse: float) -> float:
        return max(0.0, self.prices.liver + LIVER_PENALTY * (asked - inverse))

    def _best_inverse(self, asked: float, wishes: list[Wish]) -> float:
        """The 1/D at which the value is least; its derivative rises with it."""
        fixed = [
            (limit, wish) for limit, wish in zip(self.limits, wishes, strict=True) if limit.limit_gy
        ]

        def slope(inverse: float) -> float:
            rise = 1.0 - self._liver_price(asked, inverse)
            for limit, wish in fixed:
                mass = wish.mass(self._shift(limit, inverse))
                rise -= limit.sign * limit.limit_gy / self.reference_gy * mass
            return rise

        self.last_inverse = _zero_of_rising(slope, self.last_inverse, self.lowest_inverse)
        return self.last_inverse

    def _situation(
        self, dose: FloatArray, inverse: float, near: tuple[float, FloatArray], wishes: list[Wish]
    ) -> Situation:
        gauge, gauge_slope = near
        slope = np.zeros(len(dose))
        asked = gauge * self.reference_gy
        liver = self._liver_price(asked, inverse)
        value = inverse + self.risk_price * asked
        value += (liver**2 - self.prices.liver**2) / (2 * LIVER_PENALTY)
        slope[self.gauge.organ.rows] += (liver + self.risk_price) * self.reference_gy * gauge_slope
        tails = []
        for limit, wish, old in zip(self.limits, wishes, self.prices.tails, strict=True):
            shift = self._shift(limit, inverse)
            new = wish.prices(shift)
            tails.append(new)
            beyond = wish.densities + shift - old
            cc = limit.region.cc
            value += inner(cc, new * beyond - 0.5 * (new - old) ** 2) / self.penalty
            slope[limit.region.rows] += limit.sign * cc * new
        value += self._add_conformity(dose, slope)
        prices = Prices(tuple(tails), liver)
        return Situation(value, inverse, dose, slope, gauge, gauge_slope, prices)

    def _add_conformity(self, dose: FloatArray, slope: FloatArray) -> float:
        value = 0.0
        target_cc = self.limits[0].region.total_cc
        for ceiling in self.problem.around:
            rows = ceiling.region.rows
            weight = self.problem.wishes.conformity / target_cc * ceiling.region.cc
            above = np.maximum(dose[rows] - ceiling.share, 0.0)
            value += inner(weight, above**2)
            slope[rows] += 2 * weight * above
        return value


def _smallest_tail(coverage: TailLimit) -> float:
    return coverage.tail_cc if coverage.tail_cc > 0 else 0.05 * coverage.region.total_cc


def _first_prices(limit: TailLimit) -> FloatArray:
    """Nothing, but for the coverage: all its voxels alike, worth 1 together."""
    voxels = len(limit.region.rows)
    if limit.side == "coldest" and limit.share:
        return np.full(voxels, 1.0 / float(limit.region.cc.sum()))
    return np.zeros(voxels)


def _zero_of_rising(slope: object, near: float, lowest: float) -> float:
    """Where a rising function is zero, or the lowest value allowed."""
    from scipy.optimize import brentq

    def at(value: float) -> float:
        return float(slope(value))  # type: ignore[operator]

    low = high = max(near, lowest)
    first = at(low)
    step = 1e-3
    while first > 0 and low > lowest:
        high, low = low, max(lowest, low - step)
        first, step = at(low), 4 * step
    if first >= 0:
        return low
    if high == low:
        high = low + step
        while at(high) < 0:
            low, step = high, 4 * step
            high += step
    return float(brentq(at, low, high, xtol=_SAME))
