"""How likely an uneven dose is to harm the liver: Lyman, Kutcher and Burman's probit model."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import cast

import numpy as np
import numpy.typing as npt

from hepatica.errors import InvalidInput
from hepatica.physics.biology.checks import (
    Dose,
    checked_dose,
    checked_exponent,
    checked_positive,
    checked_risk,
)
from hepatica.physics.biology.fractionation import (
    CourseDose,
    equivalent_dose,
    physical_dose,
    sum_of_courses,
)
from hepatica.physics.biology.volume_effect import effective_volume, generalised_eud

# A liver mean of twice the prescription cannot be planned: such a number is a percentage.
_LARGEST_EFFECTIVE_VOLUME = 2.0


@dataclass(frozen=True)
class LymanModel:
    """One fitted set of Lyman's parameters, with the patients and fractions it was fitted on.

    Parameters
    ----------
    name : str
    n : float
        Volume exponent: 1 the mean dose counts, 0 the maximum.
    m : float
        Slope; the risk rises from 16 to 84 % over 2 m TD50.
    td50_gy : float, Gy
        Uniform whole-organ dose with a risk of one half, in fractions of the reference size.
    reference_fraction_gy : float, Gy
        Fraction size the doses were fitted in. Mixing 1.5 and 2 Gy shifts a six-fraction dose
        by 2 to 4 Gy, hence no risk is computed without it.
    alpha_beta_gy : float, Gy
    endpoint, patients, source, validity : str
        The complication, who the model was fitted on, where it was published, and where it ends.
    status : str
        ``verified`` or ``recalled``.

    Raises
    ------
    InvalidInput
        A parameter is out of range.
    """

    name: str
    n: float
    m: float
    td50_gy: float
    reference_fraction_gy: float
    alpha_beta_gy: float
    endpoint: str
    patients: str
    source: str
    status: str
    validity: str

    def __post_init__(self) -> None:
        checked_exponent(self.n)
        checked_positive(self.m, f"slope m of {self.name}", "")
        checked_positive(self.td50_gy, f"TD50 of {self.name}")
        checked_positive(self.reference_fraction_gy, f"reference fraction of {self.name}")
        checked_positive(self.alpha_beta_gy, f"alpha/beta of {self.name}")
        if self.status not in ("verified", "recalled"):
            raise InvalidInput(
                f"{self.name}: the status is {self.status!r}; it must be verified or recalled."
            )

    def with_reference_fraction(self, reference_fraction_gy: float) -> LymanModel:
        """The same parameters read as fitted in another fraction size, for a sensitivity.

        The result is marked recalled, since its source does not state that size.
        """
        if reference_fraction_gy == self.reference_fraction_gy:
            return self
        return dataclasses.replace(
            self,
            reference_fraction_gy=reference_fraction_gy,
            name=f"{self.name} (read in {reference_fraction_gy:g}-Gy fractions)",
            status="recalled",
        )

    def equivalent_dose(self, dose_gy: Dose, fractions: int) -> Dose:
        """Dose in the model's own fraction size that has the same effect, value by value."""
        return equivalent_dose(dose_gy, fractions, self.alpha_beta_gy, self.reference_fraction_gy)

    def physical_dose(self, equivalent_gy: Dose, fractions: int) -> Dose:
        """Total dose in so many fractions that undoes `equivalent_dose`."""
        return physical_dose(
            equivalent_gy, fractions, self.alpha_beta_gy, self.reference_fraction_gy
        )

    def geud_at_risk(self, risk: float) -> float:
        """Uniform whole-organ dose at a risk, Gy in the model's fractions; below 0 if none."""
        return self.td50_gy * (1 + self.m * NormalDist().inv_cdf(checked_risk(risk)))


def ntcp(model: LymanModel, dose_gy: npt.ArrayLike, volume: npt.ArrayLike, fractions: int) -> float:
    """Risk of an uneven dose, with every bin first converted to the model's fraction size.

    Parameters
    ----------
    model : LymanModel
    dose_gy : array of any shape, Gy
        Total physical dose of each bin or voxel of the organ.
    volume : array of the same shape in any unit, or one number for equal voxels
    fractions : int

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    InvalidInput
        A dose or volume cannot be used, or shapes differ.

    Source
    ------
    Lyman 1985, Radiat Res 104:S13; Kutcher and Burman 1989, Int J Radiat Oncol Biol Phys
    16:1623.
    """
    return ntcp_from_geud(model, equivalent_geud(model, dose_gy, volume, fractions))


def equivalent_geud(
    model: LymanModel, dose_gy: npt.ArrayLike, volume: npt.ArrayLike, fractions: int
) -> float:
    """Generalised EUD of the organ in the model's fraction size, Gy. Parameters as for `ntcp`."""
    dose = np.asarray(dose_gy, dtype=np.float64)
    return generalised_eud(model.equivalent_dose(dose, fractions), volume, model.n)


def ntcp_from_geud(model: LymanModel, geud_gy: float) -> float:
    """Risk of a generalised EUD that is already in the model's fraction size.

    Parameters
    ----------
    model : LymanModel
    geud_gy : float, Gy
        See `equivalent_geud`; a physical mean dose does not belong here.

    Returns
    -------
    float
        Phi((gEUD - TD50) / (m TD50)), 0 to 1. At no dose it is Phi(-1/m), not quite 0.

    Raises
    ------
    InvalidInput
        The dose is negative or not finite.
    """
    geud = checked_dose(geud_gy, "generalised EUD")
    deviate = (geud - model.td50_gy) / (model.m * model.td50_gy)
    # erfc keeps its digits in the far tail, where 1 + erf would give 0.
    return 0.5 * math.erfc(-deviate / math.sqrt(2))


def ntcp_uniform(
    model: LymanModel, effective_volume: float, dose_gy: float, fractions: int
) -> float:
    """Risk when the effective volume receives the dose uniformly and the rest nothing.

    Parameters
    ----------
    model : LymanModel
    effective_volume : float
        Fraction of the organ, 0.39 for 39 %.
    dose_gy : float, Gy
        Total physical dose to that fraction.
    fractions : int

    Returns
    -------
    float
        0 to 1. For an uneven dose with cool parts it lies above `ntcp`, which knows that
        low doses per fraction are milder.

    Raises
    ------
    InvalidInput
        The effective volume or the dose cannot be used.
    """
    checked_effective_volume(effective_volume)
    return ntcp_from_geud(
        model, model.equivalent_dose(dose_gy, fractions) * effective_volume**model.n
    )


def ntcp_of_courses(
    model: LymanModel, courses: Sequence[CourseDose], volume: npt.ArrayLike
) -> float:
    """Risk of several courses together, such as whole-liver radiation and a boost.

    Parameters
    ----------
    model : LymanModel
    courses : sequence of CourseDose
        Each with its own fractions, on one grid.
    volume : array of the doses' shape in any unit, or one number for equal voxels

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    InvalidInput, Inconsistent
        As for `sum_of_courses` and `ntcp`.
    """
    total = sum_of_courses(courses, model.alpha_beta_gy, model.reference_fraction_gy)
    return ntcp_from_geud(model, generalised_eud(total, volume, model.n))


def lq_effective_volume(
    model: LymanModel,
    dose_gy: npt.ArrayLike,
    volume: npt.ArrayLike,
    reference_gy: float,
    fractions: int,
) -> float:
    """Effective volume of fraction-corrected doses; unlike the physical one it depends on the dose.

    Parameters
    ----------
    model : LymanModel
    dose_gy : array of any shape, Gy
    volume : array of the same shape in any unit, or one number for equal voxels
    reference_gy : float, Gy
        Total physical dose, normally the prescription.
    fractions : int

    Returns
    -------
    float
        At most the physical effective volume where no bin is above the reference.

    Raises
    ------
    InvalidInput
        As for `effective_volume`.
    """
    dose = model.equivalent_dose(np.asarray(dose_gy, dtype=np.float64), fractions)
    reference = checked_positive(reference_gy, "reference dose")
    return effective_volume(dose, volume, model.equivalent_dose(reference, fractions), model.n)


def checked_effective_volume(effective_volume: Dose) -> Dose:
    """The effective volume, if it can be a fraction of an organ.

    Raises
    ------
    InvalidInput
        It is not above 0 or so large that it must be a percentage.
    """
    values = np.asarray(effective_volume, dtype=np.float64)
    wrong = ~((values > 0) & (values <= _LARGEST_EFFECTIVE_VOLUME))
    if wrong.any():
        raise InvalidInput(
            f"The effective volume is {float(values[wrong].flat[0]):g}; it is a fraction of the "
            "organ above 0 and hardly above 1. Write 0.39 for 39 %."
        )
    return cast(Dose, float(values) if values.ndim == 0 else values)
