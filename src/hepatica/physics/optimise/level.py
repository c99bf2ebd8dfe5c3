"""A dose that a limit names: so many Gy, or so much of a prescription that is itself sought."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hepatica.errors import InvalidInput


@dataclass(frozen=True)
class OfPrescription:
    """A dose relative to the prescription, such as 140 % of it.

    Parameters
    ----------
    fraction : float
        1.4 for 140 %.
    plus_gy : float, Gy
        Added to the product.

    Raises
    ------
    InvalidInput
        A number is not finite.
    """

    fraction: float
    plus_gy: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.fraction) and math.isfinite(self.plus_gy)):
            raise InvalidInput(
                f"A level is {self.fraction:g} of the prescription plus {self.plus_gy:g} Gy; "
                "both must be finite numbers. Write 1.4 for 140 %."
            )


Level = float | OfPrescription


def checked_level(level: Level, what: str, *, lowest: float = 0.0) -> Level:
    """The level, if it is a finite dose not below the lowest allowed one.

    Raises
    ------
    InvalidInput
        It is not.
    """
    if isinstance(level, OfPrescription):
        return level
    if not (math.isfinite(level) and level >= lowest):
        raise InvalidInput(
            f"The {what} is {level:g}; it must be a finite number of at least {lowest:g}, or a "
            "fraction of the prescription (OfPrescription)."
        )
    return float(level)


def level_at(level: Level, prescription_gy: float | None) -> tuple[float, float]:
    """The level in Gy, and by how much it rises when the prescription rises by 1 Gy.

    Raises
    ------
    InvalidInput
        The level is relative and there is no prescription.
    """
    if not isinstance(level, OfPrescription):
        return float(level), 0.0
    if prescription_gy is None:
        raise InvalidInput(
            f"A level is {level.fraction:g} of the prescription, but the problem has none. "
            "Give the problem a Prescription, or the level in Gy."
        )
    return level.fraction * prescription_gy + level.plus_gy, level.fraction
