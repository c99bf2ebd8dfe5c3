"""BED where the plain linear-quadratic model ends: straight tails, unfinished repair, regrowth."""

from __future__ import annotations

import math

import numpy as np

from hepatica.errors import InvalidInput
from hepatica.physics.biology.checks import (
    Dose,
    checked_dose,
    checked_fractions,
    checked_positive,
)
from hepatica.physics.biology.fractionation import bed


def bed_lql(dose_gy: Dose, fractions: int, alpha_beta_gy: float, transition_gy: float) -> Dose:
    """BED with a straight tail: linear-quadratic up to a fraction dose, linear beyond it.

    Parameters
    ----------
    dose_gy : number or array, Gy
        Total physical dose.
    fractions : int
    alpha_beta_gy : float, Gy
    transition_gy : float, Gy
        Fraction dose at which the survival curve becomes straight.

    Returns
    -------
    number or array like `dose_gy`, Gy
        The slope beyond the transition is the tangent, 1 + 2 d_T / (alpha/beta).

    Raises
    ------
    InvalidInput
        As for `bed`, or the transition dose is not positive.

    Source
    ------
    Astrahan 2008, Med Phys 35:4161 (with gamma/alpha taken as the tangent).

    Examples
    --------
    >>> round(bed_lql(60.0, 6, 10.0, 6.2), 1)
    111.3
    """
    transition = checked_positive(transition_gy, "transition dose")
    dose = checked_dose(dose_gy)
    number = checked_fractions(fractions)
    curved: Dose = checked_dose(np.minimum(dose, number * transition))
    slope = 1 + 2 * transition / checked_positive(alpha_beta_gy, "alpha/beta")
    return bed(curved, number, alpha_beta_gy) + slope * (dose - curved)


def bed_universal(
    dose_gy: Dose, fractions: int, alpha_per_gy: float, d0_gy: float, dq_gy: float
) -> Dose:
    """BED by the universal survival curve: linear-quadratic, then the multitarget line.

    Parameters
    ----------
    dose_gy : number or array, Gy
        Total physical dose.
    fractions : int
    alpha_per_gy : float, 1/Gy
        Initial slope.
    d0_gy, dq_gy : float, Gy
        Inverse final slope and quasi-threshold dose of the multitarget line.

    Returns
    -------
    number or array like `dose_gy`, Gy

    Raises
    ------
    InvalidInput
        As for `bed`; or alpha times D0 is 1 or more, so that the two pieces never touch.

    Source
    ------
    Park et al. 2008, Int J Radiat Oncol Biol Phys 70:847. The transition dose is
    2 Dq / (1 - alpha D0) and alpha/beta = 4 alpha D0 Dq / (1 - alpha D0)^2: both follow
    from joining the pieces without a step or a kink.
    """
    dose = checked_dose(dose_gy)
    number = checked_fractions(fractions)
    ratio = checked_positive(alpha_per_gy, "alpha", "1/Gy") * checked_positive(d0_gy, "D0")
    threshold = checked_positive(dq_gy, "Dq")
    if ratio >= 1:
        raise InvalidInput(
            f"alpha times D0 is {ratio:g}; it must be below 1, or the final slope is shallower "
            "than the initial one. Check both values and their units."
        )
    transition = 2 * threshold / (1 - ratio)
    alpha_beta = 4 * ratio * threshold / (1 - ratio) ** 2
    return bed_lql(dose, number, alpha_beta, transition)


def bed_incomplete_repair(
    dose_gy: Dose,
    fractions: int,
    alpha_beta_gy: float,
    fractions_per_day: int,
    interval_h: float,
    repair_half_time_h: float,
) -> Dose:
    """BED when fractions on one day follow too closely for full repair, as in 1.5 Gy twice daily.

    Parameters
    ----------
    dose_gy : number or array, Gy
        Total physical dose.
    fractions : int
        Fractions of the whole course; the last day may hold fewer.
    alpha_beta_gy : float, Gy
    fractions_per_day : int
    interval_h : float, hours
        Time between fractions of one day. Repair over night is taken as complete.
    repair_half_time_h : float, hours

    Returns
    -------
    number or array like `dose_gy`, Gy

    Raises
    ------
    InvalidInput
        As for `bed`, or a time is not positive.

    Source
    ------
    Thames 1985, Int J Radiat Biol 47:319, with h_m written as the sum
    (2/m) sum_k (m - k) theta^k, which has no singularity at short intervals.
    """
    dose = checked_dose(dose_gy)
    number = checked_fractions(fractions)
    alpha_beta = checked_positive(alpha_beta_gy, "alpha/beta")
    interval = checked_positive(interval_h, "interval between fractions", "h")
    half_time = checked_positive(repair_half_time_h, "repair half-time", "h")
    unrepaired = 0.5 ** (interval / half_time)
    full_days, rest = divmod(number, checked_fractions(fractions_per_day))
    carried = full_days * _carried_over(fractions_per_day, unrepaired)
    carried += _carried_over(rest, unrepaired)
    size = dose / number
    return dose + size * size / alpha_beta * (number + carried)


def bed_with_repopulation(
    bed_gy: Dose,
    overall_days: float,
    kickoff_days: float,
    alpha_per_gy: float,
    doubling_days: float,
) -> Dose:
    """BED less what the tumour regrows once repopulation has set in.

    Parameters
    ----------
    bed_gy : number or array, Gy
        BED of the course without regard to time.
    overall_days : float, days
        First to last fraction.
    kickoff_days : float, days
        Time at which repopulation begins; nothing is taken off before.
    alpha_per_gy : float, 1/Gy
    doubling_days : float, days
        Effective doubling time of the clonogens.

    Returns
    -------
    number or array like `bed_gy`, Gy
        May fall below zero: there are then more clonogens than at the start.

    Raises
    ------
    InvalidInput
        A time is negative or not finite, or alpha or the doubling time is not positive.

    Source
    ------
    Fowler 1989, Br J Radiol 62:679: BED - ln 2 (T - T_k) / (alpha T_d).
    """
    given = checked_dose(bed_gy, "BED")
    overall = checked_dose(overall_days, "overall time in days")
    regrown_days = max(0.0, overall - checked_dose(kickoff_days, "kick-off time in days"))
    alpha = checked_positive(alpha_per_gy, "alpha", "1/Gy")
    doubling = checked_positive(doubling_days, "doubling time", "days")
    return given - math.log(2) * regrown_days / (alpha * doubling)


def _carried_over(per_day: int, unrepaired: float) -> float:
    """m h_m: how much the fractions of one day add to each other's quadratic damage."""
    return 2 * sum((per_day - gap) * unrepaired**gap for gap in range(1, per_day))
