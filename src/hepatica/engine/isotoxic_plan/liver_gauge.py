"""How much a dose distribution asks of the liver: the prescription at which the risk is reached.

The gauge of a dose is the number by which it must be divided for the organ to carry just the
chosen risk. It grows in proportion to the dose, and for a volume exponent n up to 1 it is convex,
which makes the search for the best plan one with a provable end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hepatica.engine.isotoxic_plan.tail_cone import FloatArray, inner
from hepatica.errors import Infeasible
from hepatica.physics.biology import LymanModel
from hepatica.physics.optimise import Region

_STEPS = 60
_CLOSE = 1e-11


@dataclass(frozen=True, eq=False)
class LiverGauge:
    """The organ whose risk is held, the model, and the uniform dose that carries the risk.

    Parameters
    ----------
    organ : Region
    model : LymanModel
    fractions : int
    geud_gy : Gy
        Generalised EUD at the chosen risk, in the model's fraction size.
    """

    organ: Region
    model: LymanModel
    fractions: int
    geud_gy: float

    @classmethod
    def at_risk(cls, organ: Region, model: LymanModel, fractions: int, risk: float) -> LiverGauge:
        """The gauge of one risk level.

        Raises
        ------
        Infeasible
            If the model gives a higher risk even at no dose.
        """
        geud_gy = model.geud_at_risk(risk)
        if geud_gy <= 0:
            raise Infeasible(
                f"Model {model.name} gives a risk above {risk:g} even at no dose. "
                "Choose a higher risk level."
            )
        return cls(organ, model, fractions, geud_gy)

    @property
    def convex(self) -> bool:
        """Whether every mixture of two plans within the risk is within the risk."""
        return self.model.n <= 1

    def of(self, dose_gy: FloatArray, near: float = 0.0) -> tuple[float, FloatArray]:
        """The gauge of the organ's (k,) doses, and its gradient.

        Parameters
        ----------
        dose_gy : (k,) array
            Dose of each point of the organ, of any size; not negative.
        near : float, optional
            A value close by, from which the search starts.

        Returns
        -------
        gauge : float
            ``dose_gy / gauge`` carries the risk; 0 where there is no dose.
        gradient : (k,) array

        Notes
        -----
        Newton's method on gEUD(dose / gauge) = geud_gy, in the logarithm of the gauge.
        """
        top = float(dose_gy.max(initial=0.0))
        if top <= 0:
            return 0.0, np.zeros(len(dose_gy))
        power, share = 1.0 / self.model.n, self.organ.cc / self.organ.total_cc
        gauge = near if near > 0 else top / self._physical(self.geud_gy)
        for _ in range(_STEPS):
            effect, slope = self._effect(dose_gy / gauge)
            total = inner(share, effect)
            slope *= share
            change = inner(slope, dose_gy) / gauge
            geud = total ** (1 / power)
            step = math.log(geud / self.geud_gy) * power * total / change
            gauge *= math.exp(max(-2.0, min(2.0, step)))
            if abs(step) < _CLOSE:
                break
        gradient: FloatArray = slope / change
        return gauge, gradient

    def tangent(self, dose_gy: FloatArray) -> tuple[FloatArray, float]:
        """A plane that every dose within the risk lies on one side of.

        Parameters
        ----------
        dose_gy : (k,) array, Gy

        Returns
        -------
        normal : (k,) array
            Not negative.
        limit : float
            normal @ dose <= limit for every dose that carries at most the risk; it touches at
            ``dose_gy`` if that carries just the risk and n is at most 1.

        Notes
        -----
        Each voxel's effect is bounded below by its tangent. For n above 1 the effect is not convex
        at low doses; there the chord from no dose to the point of tangency takes its place, which
        is valid but not tight. With n of 2 or more nothing can be said and the normal is 0.
        """
        share = self.organ.cc / self.organ.total_cc
        power = 1.0 / self.model.n
        knee_gy = self._knee_gy()
        if math.isinf(knee_gy):
            return np.zeros(len(dose_gy)), math.inf
        at = np.maximum(dose_gy, knee_gy)
        effect, slope = self._effect(at)
        below = np.maximum(effect - slope * at, -np.inf)
        limit = self.geud_gy**power - inner(share, below)
        return share * slope, limit

    def _effect(self, dose_gy: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(Equivalent dose) ** (1/n) of each dose, and its derivative."""
        per_fraction = dose_gy / self.fractions
        reference = self.model.reference_fraction_gy + self.model.alpha_beta_gy
        equivalent = dose_gy * (per_fraction + self.model.alpha_beta_gy) / reference
        slope = (2.0 * per_fraction + self.model.alpha_beta_gy) / reference
        power = 1.0 / self.model.n
        if power == 1.0:
            return equivalent, slope
        lower = np.maximum(equivalent, 1e-300) ** (power - 1.0)
        return lower * equivalent, power * lower * slope

    def _knee_gy(self) -> float:
        """Dose whose tangent passes through no effect at no dose; 0 for n up to 1."""
        n = self.model.n
        if n <= 1:
            return 0.0
        if n >= 2:
            return math.inf
        # Where slope times dose equals effect: (2 d + ab) = n (d + ab), d the dose per fraction.
        return self.fractions * self.model.alpha_beta_gy * (n - 1) / (2 - n)

    def _physical(self, equivalent_gy: float) -> float:
        return float(self.model.physical_dose(equivalent_gy, self.fractions))
