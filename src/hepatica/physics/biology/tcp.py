"""How likely a tumour is to be controlled: a published logistic fit and the Poisson model."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hepatica.errors import InvalidInput
from hepatica.physics.biology.checks import checked_bins, checked_positive
from hepatica.physics.biology.fractionation import bed, eqd2


@dataclass(frozen=True)
class LogisticTcp:
    """A fitted curve of tumour control against EQD2.

    Parameters
    ----------
    name : str
    tcd50_gy, tcd90_gy : float, Gy
        EQD2 that controls half and nine tenths of the tumours.
    alpha_beta_gy : float, Gy
    endpoint, patients, source, validity : str
    status : str
        ``verified`` or ``recalled``.

    Raises
    ------
    InvalidInput
        The doses are not positive or not in rising order.
    """

    name: str
    tcd50_gy: float
    tcd90_gy: float
    alpha_beta_gy: float
    endpoint: str
    patients: str
    source: str
    status: str
    validity: str

    def __post_init__(self) -> None:
        checked_positive(self.tcd50_gy, f"TCD50 of {self.name}")
        checked_positive(self.alpha_beta_gy, f"alpha/beta of {self.name}")
        if not self.tcd90_gy > self.tcd50_gy:
            raise InvalidInput(
                f"{self.name}: TCD90 is {self.tcd90_gy:g} Gy; "
                f"it must be above TCD50, {self.tcd50_gy:g} Gy."
            )

    @property
    def steepness(self) -> float:
        """Exponent k of 1 / (1 + (TCD50 / D)^k), from TCD50 and TCD90."""
        return math.log(9) / math.log(self.tcd90_gy / self.tcd50_gy)

    @property
    def gamma50(self) -> float:
        """Rise of control per relative rise of dose at TCD50, k / 4."""
        return self.steepness / 4


def tcp_logistic(model: LogisticTcp, dose_gy: float, fractions: int) -> float:
    """Probability of local control after a dose, by a logistic curve in EQD2.

    Parameters
    ----------
    model : LogisticTcp
    dose_gy : float, Gy
        Total physical dose to the tumour, one number as the fit used it.
    fractions : int

    Returns
    -------
    float
        0 to 1; never show it alone, since published fits disagree widely.

    Raises
    ------
    InvalidInput
        The dose is negative or not finite.
    """
    equivalent = eqd2(dose_gy, fractions, model.alpha_beta_gy)
    if equivalent == 0:
        return 0.0
    # The logistic of k ln(D / TCD50), written so that it cannot overflow at very small doses, nor
    # the quotient become 0.
    distance = math.log(equivalent) - math.log(model.tcd50_gy)
    return 0.5 * (1 + math.tanh(model.steepness * distance / 2))


def tcp_poisson(
    dose_gy: npt.ArrayLike,
    volume_cc: npt.ArrayLike,
    fractions: int,
    alpha_per_gy: float,
    alpha_beta_gy: float,
    clonogens_per_cc: float,
) -> float:
    """Probability that no clonogen of an unevenly irradiated tumour survives.

    Parameters
    ----------
    dose_gy : array of any shape, Gy
        Total physical dose of each bin or voxel of the tumour.
    volume_cc : array of the same shape, or one number for equal voxels, cm3
        Here the absolute volume counts: it says how many clonogens there are.
    fractions : int
    alpha_per_gy : float, 1/Gy
    alpha_beta_gy : float, Gy
    clonogens_per_cc : float, 1/cm3

    Returns
    -------
    float
        exp(-sum rho v_i exp(-alpha D_i - beta D_i^2 / N)), 0 to 1.

    Raises
    ------
    InvalidInput
        A dose, volume or parameter cannot be used.

    Source
    ------
    Webb and Nahum 1993, Phys Med Biol 38:653.
    """
    dose, share = checked_bins(dose_gy, volume_cc)
    total_cc = float(np.sum(np.broadcast_to(np.asarray(volume_cc, np.float64), np.shape(dose_gy))))
    density = checked_positive(clonogens_per_cc, "clonogen density", "1/cc")
    alpha = checked_positive(alpha_per_gy, "alpha", "1/Gy")
    surviving = np.exp(-alpha * bed(dose, fractions, alpha_beta_gy))
    return math.exp(-density * total_cc * float(share @ surviving))
