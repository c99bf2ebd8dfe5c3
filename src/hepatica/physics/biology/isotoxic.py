"""The prescription that carries a chosen risk, from the risk curve or the patient's own DVH."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy.typing as npt

from hepatica.errors import Infeasible, InvalidInput
from hepatica.physics.biology.checks import Dose, FloatArray, checked_bins, checked_dose
from hepatica.physics.biology.ntcp import LymanModel, checked_effective_volume, equivalent_geud
from hepatica.physics.biology.volume_effect import effective_volume

# Doses closer than this are the same dose, and the searches end within it.
TOLERANCE_GY = 1e-6

# A liver that gets less than a millionth of the prescription says nothing about it.
_UNIRRADIATED = 1e-6

# No plan puts ten times the prescription into the normal liver: such a number is in Gy or per cent.
_LARGEST_RELATIVE_DOSE = 10.0


@dataclass(frozen=True)
class TwoStepDose:
    """The dose a protocol allows: the curve's, and a little more if this patient can bear it.

    Attributes
    ----------
    curve_gy : float, Gy
        Dose of the risk curve at the effective volume.
    binwise_gy : float, Gy
        Dose at which the patient's own distribution carries the risk.
    allowed_gy : float, Gy
        curve + min(allowance, max(0, binwise - curve)), or the cap if that is lower.
    effective_volume : float
        Physical, relative to the prescription.
    why : str
        One sentence that says which of the three decided.
    """

    curve_gy: float
    binwise_gy: float
    allowed_gy: float
    effective_volume: float
    why: str

    @property
    def binwise_exceeded(self) -> bool:
        """Whether the patient's own risk at the allowed dose is above the level.

        It happens when the liver holds hot spots above the prescription: the published rule
        starts from the curve and never goes below it.
        """
        return self.allowed_gy > self.binwise_gy + TOLERANCE_GY

    def capped(self, cap_gy: float) -> TwoStepDose:
        """The same record with the dose held at a protocol maximum."""
        if checked_dose(cap_gy, "cap") >= self.allowed_gy:
            return self
        why = f"The protocol maximum of {cap_gy:g} Gy holds; without it: {self.why}"
        return dataclasses.replace(self, allowed_gy=float(cap_gy), why=why)


def curve_dose_gy(model: LymanModel, effective_volume: Dose, risk: float, fractions: int) -> Dose:
    """Total dose at which a uniformly irradiated effective volume carries the risk.

    Parameters
    ----------
    model : LymanModel
    effective_volume : number or array
        Fraction of the organ, 0.39 for 39 %.
    risk : float
        0.05 for 5 %.
    fractions : int

    Returns
    -------
    number or array like `effective_volume`, Gy
        LQ inverse of E* = TD50 V^-n (1 + m probit(risk)).

    Raises
    ------
    InvalidInput
        The volume, the risk or the fractions are out of range.
    Infeasible
        The model gives a higher risk even at no dose.

    Source
    ------
    Lyman 1985 with the volume power law, solved for the dose.

    Examples
    --------
    At the median effective volume of the six-fraction metastases trial:

    >>> from hepatica.physics.biology import model_named
    >>> round(curve_dose_gy(model_named("michigan_mets"), 0.39, 0.05, 6), 1)
    40.0
    """
    volume = checked_effective_volume(effective_volume)
    equivalent = _geud_at_risk(model, risk) * volume ** (-model.n)
    dose_gy: Dose = model.physical_dose(equivalent, fractions)
    return dose_gy


def binwise_dose_gy(
    model: LymanModel,
    relative_dose: npt.ArrayLike,
    volume: npt.ArrayLike,
    risk: float,
    fractions: int,
) -> float:
    """Prescription at which the patient's own dose distribution carries the risk.

    Parameters
    ----------
    model : LymanModel
    relative_dose : array of any shape
        Dose of each bin or voxel over the prescribed dose.
    volume : array of the same shape in any unit, or one number for equal voxels
    risk : float
    fractions : int

    Returns
    -------
    float, Gy
        Total prescribed dose, to 1e-6 Gy: the root of ntcp(D relative_dose) = risk, which is
        unique because the risk rises with the dose.

    Raises
    ------
    InvalidInput
        A dose, volume, risk or fraction number cannot be used.
    Infeasible
        The liver is not irradiated, or the risk is exceeded at no dose.
    """
    from scipy.optimize import brentq

    relative, share = _irradiated_bins(relative_dose, volume)
    target = _geud_at_risk(model, risk)

    def excess_gy(dose_gy: float) -> float:
        return equivalent_geud(model, dose_gy * relative, share, fractions) - target

    # No smaller dose can do: even the hottest bin everywhere would stay below the risk.
    low = model.physical_dose(target, fractions) / float(relative.max())
    high = low
    while excess_gy(high) < 0:
        low, high = high, 2 * high
    if excess_gy(low) >= 0:
        return low
    return float(brentq(excess_gy, low, high, xtol=TOLERANCE_GY / 10))


def two_step_dose_gy(
    model: LymanModel,
    relative_dose: npt.ArrayLike,
    volume: npt.ArrayLike,
    risk: float,
    fractions: int,
    allowance_gy: float,
) -> TwoStepDose:
    """The curve's dose, raised by at most the allowance while the patient's own risk permits.

    Parameters
    ----------
    model : LymanModel
    relative_dose : array of any shape
        Dose of each bin or voxel of the normal liver over the prescribed dose.
    volume : array of the same shape in any unit, or one number for equal voxels
    risk : float
    fractions : int
    allowance_gy : float, Gy
        Most that may be added to the curve; 3 Gy in the six-fraction metastases trial.

    Returns
    -------
    TwoStepDose
        Without a protocol maximum; see `TwoStepDose.capped`.

    Raises
    ------
    InvalidInput, Infeasible
        As for `binwise_dose_gy`.

    Source
    ------
    Lee et al. 2009, J Clin Oncol 27:1585, caption of Figure 1: a dose from the risk curve and
    an allowance of 3 Gy as long as the risk calculated for the patient keeps its level. That
    the curve is entered with the physical effective volume is our reading.
    """
    allowance = checked_dose(allowance_gy, "allowance")
    relative, share = _irradiated_bins(relative_dose, volume)
    effective = effective_volume(relative, share, 1.0, model.n)
    curve = curve_dose_gy(model, effective, risk, fractions)
    binwise = binwise_dose_gy(model, relative, share, risk, fractions)
    room = max(0.0, binwise - curve)
    return TwoStepDose(
        curve_gy=curve,
        binwise_gy=binwise,
        allowed_gy=curve + min(allowance, room),
        effective_volume=effective,
        why=_why(risk, curve, binwise, allowance),
    )


def _why(risk: float, curve_gy: float, binwise_gy: float, allowance_gy: float) -> str:
    start = (
        f"The {100 * risk:g} % curve gives {curve_gy:.2f} Gy; the patient's own distribution "
        f"carries that risk at {binwise_gy:.2f} Gy"
    )
    room = binwise_gy - curve_gy
    if abs(room) <= TOLERANCE_GY:
        return f"{start}, the same dose."
    if room < 0:
        return f"{start}, which is lower (hot spots): the curve's dose exceeds the risk level."
    if room >= allowance_gy:
        return f"{start}, so the whole allowance of {allowance_gy:g} Gy is added."
    return f"{start}, so {room:.2f} of the allowance of {allowance_gy:g} Gy is added."


def _geud_at_risk(model: LymanModel, risk: float) -> float:
    geud = model.geud_at_risk(risk)
    if geud <= 0:
        raise Infeasible(
            f"{model.name} gives a risk above {100 * risk:g} % even at no dose, since its slope m "
            f"is {model.m:g}. Ask for a higher risk or another model."
        )
    return geud


def _irradiated_bins(
    relative_dose: npt.ArrayLike, volume: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    relative, share = checked_bins(relative_dose, volume, "relative dose")
    hottest = float(relative.max())
    if hottest > _LARGEST_RELATIVE_DOSE:
        raise InvalidInput(
            f"The relative dose reaches {hottest:g}; it is the dose over the prescribed dose and "
            f"stays below {_LARGEST_RELATIVE_DOSE:g}. Divide the dose by the prescription first."
        )
    if hottest < _UNIRRADIATED:
        raise Infeasible(
            f"The normal liver receives at most {hottest:g} of the prescription, so every "
            "prescription carries the same risk and none follows from it. Let the other organs "
            "or the protocol maximum decide, and check that dose and liver overlap."
        )
    return relative, share
