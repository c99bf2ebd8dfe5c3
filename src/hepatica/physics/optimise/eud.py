"""Turns the uneven dose of an organ into one uniform dose, fraction-corrected, or into a risk."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hepatica.errors import InvalidInput
from hepatica.physics.biology import LymanModel, ntcp_from_geud
from hepatica.physics.biology.checks import checked_fractions
from hepatica.physics.optimise.measure import (
    Curvature,
    Evaluation,
    FloatArray,
    Measure,
    Voxels,
    dot,
)

# Below it 1/n overflows; an organ this serial is judged by its hottest voxels (MaximumDose).
_SMALLEST_N = 0.01


@dataclass(frozen=True)
class GeneralisedEud(Measure):
    """Uniform dose that counts as much as the uneven one.

    Parameters
    ----------
    n : float
        Lyman's volume exponent 1/a: 1 the mean, towards 0 the maximum; a negative n weighs cold
        spots, as for a target.

    Raises
    ------
    InvalidInput
        n is closer to 0 than 0.01 or not finite.
    """

    n: float
    name: ClassVar[str] = "generalised_eud"
    unit: ClassVar[str] = "Gy"
    source: ClassVar[str] = "Niemierko 1999, Med Phys 26:1100: (sum v_i D_i^(1/n))^n"

    def __post_init__(self) -> None:
        checked_volume_exponent(self.n)

    @property
    def curvature(self) -> Curvature:
        return eud_curvature(self.n)

    def evaluate(
        self, dose_gy: FloatArray, voxels: Voxels, prescription_gy: float | None = None
    ) -> Evaluation:
        value, gradient = power_mean(dose_gy, voxels.share, 1.0 / self.n)
        return Evaluation(value, gradient)


@dataclass(frozen=True)
class LqGeud(Measure):
    """Generalised EUD after each voxel's dose has been converted to the model's fraction size.

    Held below ``model.geud_at_risk(risk)`` it is the limit on the risk itself, in a form that is
    convex for every model with n up to 1.

    Parameters
    ----------
    model : LymanModel
    fractions : int
        In which the dose is given.
    """

    model: LymanModel
    fractions: int
    name: ClassVar[str] = "lq_geud"
    unit: ClassVar[str] = "Gy"
    source: ClassVar[str] = (
        "Niemierko 1999, Med Phys 26:1100, of doses converted bin by bin as in Lee et al. 2009, "
        "J Clin Oncol 27:1585"
    )

    def __post_init__(self) -> None:
        checked_fractions(self.fractions)
        checked_volume_exponent(self.model.n)

    @property
    def curvature(self) -> Curvature:
        # The conversion is convex and rising; a mean that is convex and rising keeps that.
        return "convex" if self.model.n <= 1 else "neither"

    def evaluate(
        self, dose_gy: FloatArray, voxels: Voxels, prescription_gy: float | None = None
    ) -> Evaluation:
        linear, quadratic = conversion(self.model, self.fractions)
        dose = np.maximum(dose_gy, 0.0)
        equivalent = dose * (linear + quadratic * dose)
        value, by_equivalent = power_mean(equivalent, voxels.share, 1.0 / self.model.n)
        gradient: FloatArray = by_equivalent * (linear + 2.0 * quadratic * dose)
        return Evaluation(value, gradient)


@dataclass(frozen=True)
class Ntcp(Measure):
    """Risk of a complication by Lyman's model, every voxel fraction-corrected.

    As a limit use `LqGeud`: the same limit, but convex.

    Parameters
    ----------
    model : LymanModel
    fractions : int
    """

    model: LymanModel
    fractions: int
    name: ClassVar[str] = "ntcp"
    unit: ClassVar[str] = "1"
    source: ClassVar[str] = (
        "Lyman 1985, Radiat Res 104:S13; Kutcher and Burman 1989, Int J Radiat Oncol Biol Phys "
        "16:1623"
    )

    def __post_init__(self) -> None:
        LqGeud(self.model, self.fractions)

    @property
    def curvature(self) -> Curvature:
        return "neither"

    def evaluate(
        self, dose_gy: FloatArray, voxels: Voxels, prescription_gy: float | None = None
    ) -> Evaluation:
        found = LqGeud(self.model, self.fractions).evaluate(dose_gy, voxels)
        width = self.model.m * self.model.td50_gy
        deviate = (found.value - self.model.td50_gy) / width
        density = math.exp(-0.5 * deviate * deviate) / math.sqrt(2 * math.pi) / width
        return Evaluation(ntcp_from_geud(self.model, found.value), density * found.gradient)


def conversion(model: LymanModel, fractions: int) -> tuple[float, float]:
    """Factors a (1) and b (1/Gy) of the equivalent dose a D + b D^2 of a total dose D.

    Source: Withers et al. 1983, Cancer 52:1409, written out.
    """
    scale = 1.0 / (1.0 + model.reference_fraction_gy / model.alpha_beta_gy)
    return scale, scale / (fractions * model.alpha_beta_gy)


def checked_volume_exponent(n: float) -> float:
    """The exponent, if its inverse is a usable power.

    Raises
    ------
    InvalidInput
        It is not.
    """
    if not (math.isfinite(n) and abs(n) >= _SMALLEST_N):
        raise InvalidInput(
            f"The volume exponent n is {n:g}; an optimiser needs at least {_SMALLEST_N:g} in size. "
            "Use MaximumDose or a limit on every voxel for a serial organ."
        )
    return float(n)


def eud_curvature(n: float) -> Curvature:
    """Shape of a power mean with exponent 1/n: convex from 1 on, concave below."""
    if n == 1:
        return "linear"
    return "convex" if 0 < n < 1 else "concave"


def power_mean(dose: FloatArray, share: FloatArray, power: float) -> tuple[float, FloatArray]:
    """(sum share dose^power)^(1/power) and its gradient, safe against overflow.

    A negative power or one below 1 has no gradient at no dose: points there are taken as one
    part in 10^9 of the hottest.
    """
    hottest = float(dose.max(initial=0.0))
    if hottest <= 0:
        return 0.0, share.copy() if power >= 1 else np.zeros_like(share)
    relative = np.maximum(dose / hottest, 1e-9 if power < 1 else 0.0)
    # Relative to the coldest for negative powers, so that each term lies in 0..1.
    reference = float(relative.min()) if power < 0 else 1.0
    powered = (relative / reference) ** (power - 1.0)
    mean_power = dot(share, powered * (relative / reference))
    value = mean_power ** (1.0 / power)
    gradient: FloatArray = share * powered * mean_power ** (1.0 / power - 1.0)
    return hottest * reference * value, gradient
