"""What any objective or limit is: a number read off the dose of a region, with its derivative."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from hepatica.errors import Inconsistent, InvalidInput

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Curvature = Literal["linear", "convex", "concave", "neither"]


def dot(one: FloatArray, other: FloatArray) -> float:
    """Sum of products, on this thread alone: the linear algebra library would wake others."""
    return float(np.einsum("i,i->", one, other))


@dataclass(frozen=True, eq=False)
class Voxels:
    """How much volume each point of a region stands for.

    Parameters
    ----------
    cc : (k,) array, cc
        Partial voxels carry a part of their volume.
    total_cc : float, cc
        Volume of the whole region; more than the sum where only some of its voxels are looked at.
    """

    cc: FloatArray
    total_cc: float

    @cached_property
    def share(self) -> FloatArray:
        """(k,) array: the part of the region's volume in each point."""
        share: FloatArray = self.cc / self.total_cc
        return share

    def kept(self, keep: npt.NDArray[np.int64] | BoolArray) -> Voxels:
        """Some of the points, of the same region."""
        return Voxels(cc=self.cc[keep], total_cc=self.total_cc)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A value with its derivatives.

    Attributes
    ----------
    value : float, in the measure's unit
    gradient : (k,) array, unit per Gy
        By the dose of each point.
    per_prescription : float, unit per Gy
        By the prescription, where a level depends on it.
    """

    value: float
    gradient: FloatArray
    per_prescription: float = 0.0


class Measure(ABC):
    """One number of a region's dose: an objective, or the left side of a limit.

    A measure is declared once, as a frozen record; what a problem does with it (add it up with a
    priority, hold it below a limit) is said elsewhere. All averages run over volume, not voxels.
    """

    name: ClassVar[str]
    source: ClassVar[str]

    @property
    @abstractmethod
    def unit(self) -> str:
        """Of the value: ``Gy``, ``Gy2``, or ``1`` for a bare number."""

    @property
    @abstractmethod
    def curvature(self) -> Curvature:
        """Shape as a function of a dose that is nowhere negative."""

    @abstractmethod
    def evaluate(
        self, dose_gy: FloatArray, voxels: Voxels, prescription_gy: float | None = None
    ) -> Evaluation:
        """Value and derivatives at a dose.

        Parameters
        ----------
        dose_gy : (k,) array, Gy
        voxels : Voxels
            Of the same k points.
        prescription_gy : float, Gy
            Needed where a level is relative to it.
        """

    @property
    def convex(self) -> bool:
        """Whether making it small is a convex task."""
        return self.curvature in ("linear", "convex")

    def value_and_gradient(
        self, dose_gy: npt.ArrayLike, cc: npt.ArrayLike, prescription_gy: float | None = None
    ) -> tuple[float, FloatArray]:
        """Value and gradient for points that are the whole region.

        Parameters
        ----------
        dose_gy : (k,) array, Gy
        cc : (k,) array, cc
        prescription_gy : float, Gy

        Returns
        -------
        value : float, in the measure's unit
        gradient : (k,) array, unit per Gy

        Raises
        ------
        InvalidInput, Inconsistent
            The volumes cannot be used, or are not one per dose.
        """
        dose = np.asarray(dose_gy, dtype=np.float64)
        found = self.evaluate(dose, whole_region(dose, cc), prescription_gy)
        return found.value, found.gradient

    def idle(
        self, dose_gy: FloatArray, voxels: Voxels, prescription_gy: float | None, margin_gy: float
    ) -> BoolArray:
        """(k,) array: points that do not count at this dose, nor at one `margin_gy` from it.

        They may be left out while the dose stays there. A measure that needs every point, as an
        average does, has none.
        """
        del voxels, prescription_gy, margin_gy
        return np.zeros(dose_gy.shape, dtype=bool)

    def kept(self, keep: npt.NDArray[np.int64] | BoolArray) -> Measure:
        """The measure for some of the points; only one with a number per point changes."""
        del keep
        return self


def whole_region(dose_gy: FloatArray, cc: npt.ArrayLike) -> Voxels:
    """The volumes as a whole region, if there is one above zero for each dose.

    Raises
    ------
    Inconsistent
        Their number differs from the doses'.
    InvalidInput
        A volume is negative or not finite, or all are zero.
    """
    volumes = np.asarray(cc, dtype=np.float64)
    if volumes.shape != dose_gy.shape:
        raise Inconsistent(
            f"There are {dose_gy.shape} doses and {volumes.shape} volumes; each point needs one "
            "of each."
        )
    return Voxels(cc=volumes, total_cc=checked_volumes(volumes, "the points"))


def checked_volumes(cc: FloatArray, what: str) -> float:
    """The total, if all are finite and not negative and one is above zero.

    Raises
    ------
    InvalidInput
        They are not.
    """
    total = float(cc.sum()) if cc.size else 0.0
    if not (np.isfinite(total) and total > 0 and float(cc.min()) >= 0):
        raise InvalidInput(
            f"The volumes of {what} add up to {total:g} cc; they must be finite, none below 0, "
            "and one above 0. Check that the structure lies inside the dose grid."
        )
    return total
