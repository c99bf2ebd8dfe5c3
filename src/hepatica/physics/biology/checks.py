"""Refuses doses, volumes and fraction numbers that cannot be what a clinician meant."""

from __future__ import annotations

import math
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from hepatica.errors import InvalidInput

FloatArray = npt.NDArray[np.float64]
AnyFloatArray = npt.NDArray[np.floating[Any]]

# A dose is one number or an array of any shape; what goes in comes out.
Dose = TypeVar("Dose", float, AnyFloatArray)


def checked_dose(dose_gy: Dose, what: str = "dose") -> Dose:
    """The dose in double precision, if it is finite and nowhere below zero.

    Parameters
    ----------
    dose_gy : number or array of any shape, Gy
    what : name for the message

    Raises
    ------
    InvalidInput
        A value is not a number, infinite or below zero, or there is no value.
    """
    values = np.asarray(dose_gy, dtype=np.float64)
    if values.size == 0:
        raise InvalidInput(f"The {what} holds no value. Give at least one number.")
    bad = int(np.count_nonzero(~np.isfinite(values)))
    if bad:
        raise InvalidInput(
            f"The {what} holds {bad} of {values.size} values that are not finite numbers. "
            "Leave voxels without dose out, or correct the file they came from."
        )
    lowest = float(values.min())
    if lowest < 0:
        raise InvalidInput(
            f"The {what} falls to {lowest:g}; it cannot be below 0. "
            "Correct the file it came from, or clip interpolation undershoot before."
        )
    return cast(Dose, float(values) if values.ndim == 0 else values)


def checked_fractions(fractions: int) -> int:
    """The number of fractions, if it is a whole number of at least 1.

    Raises
    ------
    InvalidInput
        It is not.
    """
    whole = math.isfinite(fractions) and float(fractions).is_integer()
    if not whole or fractions < 1:
        raise InvalidInput(
            f"The number of fractions is {fractions}; it must be a whole number of at least 1."
        )
    return int(fractions)


def checked_positive(value: float, what: str, unit: str = "Gy") -> float:
    """The value, if it is finite and above zero.

    Raises
    ------
    InvalidInput
        It is not.
    """
    if not (math.isfinite(value) and value > 0):
        raise InvalidInput(f"The {what} is {value:g} {unit}; it must be a finite number above 0.")
    return float(value)


def checked_risk(risk: float) -> float:
    """The risk, if it lies strictly between 0 and 1.

    Raises
    ------
    InvalidInput
        It does not: no finite dose carries a risk of exactly 0 or 1.
    """
    if not 0 < risk < 1:
        raise InvalidInput(
            f"The risk is {risk:g}; it must lie between 0 and 1, both left out. Write 0.05 for 5 %."
        )
    return float(risk)


def checked_exponent(n: float) -> float:
    """Lyman's volume exponent, if it is finite and not below zero.

    Raises
    ------
    InvalidInput
        It is negative or not a number.
    """
    if not (math.isfinite(n) and n >= 0):
        raise InvalidInput(
            f"The volume exponent n is {n:g}; it must be 0 (only the hottest bin counts) or more. "
            "The exponent a of the generalised EUD is 1/n."
        )
    return float(n)


def checked_bins(
    dose_gy: npt.ArrayLike, volume: npt.ArrayLike, what: str = "dose"
) -> tuple[FloatArray, FloatArray]:
    """Doses of the bins that hold volume, and the fraction of the volume in each.

    Parameters
    ----------
    dose_gy : array of any shape, Gy (or relative to the prescription)
    volume : array of the same shape in any unit, or one number for equal voxels
    what : name of the dose for the message

    Returns
    -------
    dose_gy : (bins,) array
    volume : (bins,) array, adds up to 1

    Raises
    ------
    InvalidInput
        The shapes differ, a value is not finite or below zero, or all volume is zero.
    """
    dose = np.asarray(checked_dose(np.asarray(dose_gy), what), dtype=np.float64).reshape(-1)
    share = np.asarray(checked_dose(np.asarray(volume), "volume"), dtype=np.float64)
    if share.ndim == 0:
        share = np.broadcast_to(share, dose.shape)
    elif share.shape != np.shape(dose_gy):
        raise InvalidInput(
            f"The {what} has shape {np.shape(dose_gy)} and the volume {share.shape}; "
            "every bin needs one of each."
        )
    share = share.reshape(-1)
    largest = float(share.max())
    if largest == 0:
        raise InvalidInput(
            "All bins hold zero volume, so there is nothing to average over. "
            "Check that the structure lies inside the dose grid."
        )
    full = share > 0
    # Dividing by the largest first keeps the sum of very large volumes from overflowing.
    fraction: FloatArray = share[full] / largest
    return dose[full], fraction / fraction.sum()
