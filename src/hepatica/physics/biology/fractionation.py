"""What a dose in few large fractions is worth in other fractions: BED, EQD2, sums of courses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hepatica.errors import Inconsistent, InvalidInput
from hepatica.physics.biology.checks import (
    AnyFloatArray,
    Dose,
    FloatArray,
    checked_dose,
    checked_fractions,
    checked_positive,
)


@dataclass(frozen=True)
class CourseDose:
    """One course as the tissue met it: its dose in its own number of fractions.

    Parameters
    ----------
    dose_gy : number or array, Gy
        Total physical dose of this course.
    fractions : int
        Fractions of this course.
    recovered : float
        Fraction of its effect that the tissue has recovered since, 0 (none, the cautious
        default) to 1. Regeneration of the liver is not modelled.
    """

    dose_gy: float | AnyFloatArray
    fractions: int
    recovered: float = 0.0

    def __post_init__(self) -> None:
        checked_fractions(self.fractions)
        if not 0 <= self.recovered <= 1:
            raise InvalidInput(
                f"The recovered fraction of a course is {self.recovered:g}; "
                "it must lie between 0 (nothing) and 1 (everything)."
            )


def bed(dose_gy: Dose, fractions: int, alpha_beta_gy: float) -> Dose:
    """Biologically effective dose, D (1 + d / (alpha/beta)) with d = D / fractions.

    Parameters
    ----------
    dose_gy : number or array, Gy
        Total physical dose.
    fractions : int
        Number of equal fractions, with full repair between them.
    alpha_beta_gy : float, Gy

    Returns
    -------
    number or array like `dose_gy`, Gy

    Raises
    ------
    InvalidInput
        A dose is negative or not finite, or fractions or alpha/beta are not positive.

    Source
    ------
    Fowler 1989, Br J Radiol 62:679. Above 6 to 10 Gy per fraction the linear-quadratic
    model may overstate the effect; compare with `bed_lql`.

    Examples
    --------
    >>> round(bed(54.0, 6, 10.0), 2)
    102.6
    """
    dose = checked_dose(dose_gy)
    alpha_beta = checked_positive(alpha_beta_gy, "alpha/beta")
    return dose * (1 + dose / (checked_fractions(fractions) * alpha_beta))


def eqd2(dose_gy: Dose, fractions: int, alpha_beta_gy: float) -> Dose:
    """Dose in 2-Gy fractions that has the same linear-quadratic effect.

    Parameters, errors and source are those of `bed`.

    Examples
    --------
    >>> round(eqd2(54.0, 6, 10.0), 2)
    85.5
    """
    return equivalent_dose(dose_gy, fractions, alpha_beta_gy, 2.0)


def equivalent_dose(
    dose_gy: Dose, fractions: int, alpha_beta_gy: float, reference_fraction_gy: float
) -> Dose:
    """Dose in fractions of the reference size that has the same linear-quadratic effect.

    Parameters
    ----------
    dose_gy : number or array, Gy
        Total physical dose.
    fractions : int
    alpha_beta_gy : float, Gy
    reference_fraction_gy : float, Gy
        2.0 gives EQD2; the Michigan liver models were fitted with 1.5.

    Returns
    -------
    number or array like `dose_gy`, Gy
        D (d + alpha/beta) / (d_ref + alpha/beta).

    Raises
    ------
    InvalidInput
        As for `bed`, or the reference fraction is not positive.

    Source
    ------
    Withers 1983, Int J Radiat Oncol Biol Phys 9:1691.
    """
    reference = checked_positive(reference_fraction_gy, "reference fraction")
    return bed(dose_gy, fractions, alpha_beta_gy) / (1 + reference / alpha_beta_gy)


def physical_dose(
    equivalent_gy: Dose, fractions: int, alpha_beta_gy: float, reference_fraction_gy: float
) -> Dose:
    """Total dose in so many fractions that is worth an equivalent dose: undoes `equivalent_dose`.

    Parameters
    ----------
    equivalent_gy : number or array, Gy
        Dose in fractions of the reference size.
    fractions : int
    alpha_beta_gy, reference_fraction_gy : float, Gy

    Returns
    -------
    number or array like `equivalent_gy`, Gy

    Raises
    ------
    InvalidInput
        As for `equivalent_dose`.

    Source
    ------
    The positive root of D^2/N + (alpha/beta) D = E (d_ref + alpha/beta).
    """
    equivalent = checked_dose(equivalent_gy, "equivalent dose")
    number = checked_fractions(fractions)
    alpha_beta = checked_positive(alpha_beta_gy, "alpha/beta")
    reference = checked_positive(reference_fraction_gy, "reference fraction")
    effect = equivalent * (reference + alpha_beta)
    # 2c / (b + sqrt(b^2 + 4ac)) does not cancel at small doses as the textbook root does.
    root: Dose = (alpha_beta**2 + 4 * effect / number) ** 0.5
    return 2 * effect / (alpha_beta + root)


def sum_of_courses(
    courses: Sequence[CourseDose], alpha_beta_gy: float, reference_fraction_gy: float = 2.0
) -> FloatArray:
    """Equivalent dose of several courses together, each in its own fractions, voxel by voxel.

    Parameters
    ----------
    courses : sequence of CourseDose
        Their arrays must lie on one grid; register them before.
    alpha_beta_gy : float, Gy
    reference_fraction_gy : float, Gy
        2.0 gives the sum of EQD2. `physical_dose` turns it into any number of fractions.

    Returns
    -------
    array with the shape of the courses' doses, Gy

    Raises
    ------
    InvalidInput
        There is no course, or a dose cannot be used.
    Inconsistent
        The courses' arrays have different shapes.

    Source
    ------
    Effects of independent courses add: sum of D (D/N + alpha/beta) / (d_ref + alpha/beta).
    Physical doses of different fraction sizes must never be added.
    """
    if not courses:
        raise InvalidInput("There is no course to sum. Give at least one.")
    shapes = {np.shape(course.dose_gy) for course in courses}
    if len(shapes) > 1:
        raise Inconsistent(
            f"The courses have doses of shapes {sorted(shapes)}. "
            "Register and resample them to one grid before they are summed."
        )
    total = np.zeros(shapes.pop())
    for course in courses:
        dose = np.asarray(course.dose_gy, dtype=np.float64)
        worth = equivalent_dose(dose, course.fractions, alpha_beta_gy, reference_fraction_gy)
        total = total + (1 - course.recovered) * worth
    return total
