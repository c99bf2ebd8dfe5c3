"""Turns an uneven organ dose into one number: the generalised EUD or the effective volume."""

from __future__ import annotations

import math

import numpy.typing as npt

from hepatica.errors import InvalidInput
from hepatica.physics.biology.checks import checked_bins, checked_exponent, checked_positive


def generalised_eud(dose_gy: npt.ArrayLike, volume: npt.ArrayLike, n: float) -> float:
    """Uniform dose to the whole organ that carries the same risk as an uneven one.

    Parameters
    ----------
    dose_gy : array of any shape, Gy
        Dose of each bin or voxel.
    volume : array of the same shape in any unit, or one number for equal voxels
    n : float
        Lyman's volume exponent, 1/a: 1 gives the mean dose, 0 the maximum.

    Returns
    -------
    float, Gy

    Raises
    ------
    InvalidInput
        A value is negative or not finite, shapes differ, or all volume is zero.

    Source
    ------
    Niemierko 1999, Med Phys 26:1100: (sum v_i D_i^(1/n))^n.
    """
    dose, share = checked_bins(dose_gy, volume)
    exponent = checked_exponent(n)
    hottest = float(dose.max())
    # 1/n overflows for n below 1e-308; far above that the result is the maximum to all digits.
    if hottest == 0 or exponent < 1e-300:
        return hottest
    # Relative to the hottest bin every power lies in 0..1, however large 1/n is.
    mean_power = float(share @ (dose / hottest) ** (1 / exponent))
    return hottest * math.pow(mean_power, exponent)


def effective_volume(
    dose_gy: npt.ArrayLike, volume: npt.ArrayLike, reference_gy: float, n: float
) -> float:
    """Fraction of the organ that, given the reference dose and the rest none, is as much at risk.

    Parameters
    ----------
    dose_gy : array of any shape, Gy
    volume : array of the same shape in any unit, or one number for equal voxels
    reference_gy : float, Gy
        In liver protocols the prescribed dose; Kutcher and Burman used the maximum.
    n : float
        Lyman's volume exponent, above 0.

    Returns
    -------
    float
        0 to 1 where no bin is above the reference, more than 1 possible where some are.

    Raises
    ------
    InvalidInput
        As for `generalised_eud`; the reference dose or n is not positive; or the result is
        beyond all numbers because a dose lies above the reference and n is tiny.

    Source
    ------
    Kutcher and Burman 1989, Int J Radiat Oncol Biol Phys 16:1623; Kutcher et al. 1991,
    21:137, equations 6 and 7: sum v_i (D_i / D_ref)^(1/n). Scaling all doses together with
    the reference changes nothing, so it is known before the dose is chosen.
    """
    reference = checked_positive(reference_gy, "reference dose")
    exponent = checked_positive(n, "volume exponent n", "")
    ratio = generalised_eud(dose_gy, volume, exponent) / reference
    if ratio > 1 and math.log(ratio) / exponent > 700:
        raise InvalidInput(
            f"The effective volume has no value: doses lie above the reference of {reference:g} Gy "
            f"and the volume exponent n is {n:g}. Use the maximum dose as reference."
        )
    return float(ratio ** (1 / exponent)) if ratio > 0 else 0.0
