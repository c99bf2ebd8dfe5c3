"""The dose-volume histogram of one structure: how much of it receives how much dose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hepatica.errors import InvalidInput

_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class DVH:
    """Volume of a structure against dose, with the part that the dose grid misses kept apart.

    Parameters
    ----------
    edges_gy : (bins + 1,) array, Gy
        Rising and evenly spaced.
    volume_cc : (bins,) array, cc
        Volume whose dose lies in each bin; sums to ``covered_cc``.
    covered_cc, uncovered_cc : cc
        Inside and outside the dose grid; together the whole structure.
    min_gy, max_gy, mean_gy : Gy
        Of the covered part; the mean is weighted by volume, not taken from the bins.

    Raises
    ------
    InvalidInput
        If the arrays do not belong together.
    """

    edges_gy: NDArray[np.float64]
    volume_cc: NDArray[np.float64]
    covered_cc: float
    uncovered_cc: float
    min_gy: float
    max_gy: float
    mean_gy: float

    def __post_init__(self) -> None:
        for name in ("edges_gy", "volume_cc"):
            array = np.array(getattr(self, name), dtype=float)
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        bins = len(self.volume_cc)
        rising = bool((np.diff(self.edges_gy) > 0).all())
        if bins < 1 or self.edges_gy.shape != (bins + 1,) or not rising:
            raise InvalidInput(
                f"DVH: {len(self.edges_gy)} edges for {bins} bins; there must be one edge more "
                "than bins, in rising order, and at least one bin."
            )
        if not (self.covered_cc > 0 and self.uncovered_cc >= 0 and (self.volume_cc >= 0).all()):
            raise InvalidInput(
                f"DVH: covered {self.covered_cc:g} cc, uncovered {self.uncovered_cc:g} cc, "
                f"smallest bin {self.volume_cc.min():g} cc; no volume can be negative and the "
                "covered one must be above 0."
            )
        if abs(self.volume_cc.sum() - self.covered_cc) > 1e-6 * self.covered_cc:
            raise InvalidInput(
                f"DVH: the bins hold {self.volume_cc.sum():g} cc but the covered volume is "
                f"{self.covered_cc:g} cc; they must agree."
            )
        if not self.min_gy <= self.mean_gy <= self.max_gy:
            raise InvalidInput(
                f"DVH: minimum {self.min_gy:g}, mean {self.mean_gy:g}, maximum {self.max_gy:g} Gy; "
                "they must be numbers in this order."
            )

    @property
    def total_cc(self) -> float:
        """Volume of the whole structure, inside the dose grid or not, cc."""
        return self.covered_cc + self.uncovered_cc

    @property
    def uncovered_fraction(self) -> float:
        """Part of the structure for which there is no dose."""
        return self.uncovered_cc / self.total_cc

    @cached_property
    def _at_least_cc(self) -> NDArray[np.float64]:
        """Volume at or above each edge."""
        above = np.append(np.cumsum(self.volume_cc[::-1])[::-1], 0.0)
        return np.asarray(above * (self.covered_cc / above[0]))

    def cumulative_cc(self, dose_gy: ArrayLike) -> NDArray[np.float64]:
        """Covered volume that receives at least this dose.

        Parameters
        ----------
        dose_gy : scalar or (n,) array, Gy

        Returns
        -------
        volume_cc : (n,) or 0-dimensional array, cc
        """
        dose = np.asarray(dose_gy, dtype=float)
        volume = np.interp(dose, self.edges_gy, self._at_least_cc)
        volume = np.where(dose <= self.min_gy, self.covered_cc, volume)
        return np.where(dose > self.max_gy, 0.0, volume)

    def dose_to_hottest_cc(self, volume_cc: float) -> float:
        """Lowest dose within the hottest ``volume_cc`` of the structure, Gy (``D0.5cc``).

        Raises
        ------
        InvalidInput
            If the covered part is smaller than that.
        """
        wanted = self._require(volume_cc)
        above = self._at_least_cc
        node = len(above) - 1 - int(np.searchsorted(above[::-1], wanted, side="left"))
        return self._between(node, above[node] - wanted, above)

    def dose_to_coolest_cc(self, volume_cc: float) -> float:
        """Highest dose within the coolest ``volume_cc`` of the structure, Gy (``DC700cc``).

        Raises
        ------
        InvalidInput
            If the covered part is smaller than that.
        """
        wanted = self._require(volume_cc)
        below = self.covered_cc - self._at_least_cc
        node = int(np.searchsorted(below, wanted, side="left")) - 1
        if node < 0:
            return self.min_gy
        return self._between(node, wanted - below[node], -below)

    def _require(self, volume_cc: float) -> float:
        if not volume_cc >= 0:
            raise InvalidInput(f"A volume of {volume_cc:g} cc was asked; it must be 0 or more.")
        if volume_cc > self.covered_cc * (1 + _ROUNDING):
            missed = (
                f" ({self.uncovered_cc:.4g} cc more lie outside the dose grid)"
                if self.uncovered_cc > 0
                else ""
            )
            raise InvalidInput(
                f"The structure has only {self.covered_cc:.4g} cc with a dose{missed}, less than "
                f"the {volume_cc:.4g} cc asked. Ask for a smaller volume."
            )
        return min(volume_cc, self.covered_cc)

    def _between(self, node: int, into_cc: float, above: NDArray[np.float64]) -> float:
        """Dose after ``into_cc`` of the bin that starts at ``node``, within min and max."""
        if node >= len(self.volume_cc):
            return self.max_gy
        low, high = self.edges_gy[node], self.edges_gy[node + 1]
        held = above[node] - above[node + 1]
        dose = low + (high - low) * (into_cc / held if held > 0 else 0.0)
        return float(min(max(dose, self.min_gy), self.max_gy))

    def scaled(self, factor: float) -> DVH:
        """The histogram if every dose were multiplied by ``factor``.

        Raises
        ------
        InvalidInput
            If the factor is not a number above 0.
        """
        if not (np.isfinite(factor) and factor > 0):
            raise InvalidInput(f"A dose cannot be scaled by {factor}; give a factor above 0.")
        return replace(
            self,
            edges_gy=self.edges_gy * factor,
            min_gy=self.min_gy * factor,
            max_gy=self.max_gy * factor,
            mean_gy=self.mean_gy * factor,
        )

    def cumulative(self, relative: bool = False) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The curve to plot: edges in Gy and the volume at or above each.

        Parameters
        ----------
        relative : bool
            Per cent of the whole structure instead of cc; where the dose grid misses a part, the
            curve starts below 100 %.

        Returns
        -------
        dose_gy, volume : (bins + 1,) arrays, Gy and cc or %
        """
        return self.edges_gy, self._at_least_cc * self._share(relative)

    def differential(
        self, relative: bool = False
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The curve to plot: bin centres in Gy, volume per Gy (cc/Gy, or %/Gy if relative)."""
        density = self.volume_cc / np.diff(self.edges_gy)
        return self._centres_gy, density * self._share(relative)

    def bins(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Doses and volumes for a radiobiological sum, without the empty bins.

        Returns
        -------
        dose_gy, volume_cc : (filled bins,) arrays, Gy and cc
            Centre dose of each bin that holds something, and how much.
        """
        filled = self.volume_cc > 0
        dose = np.clip(self._centres_gy[filled], self.min_gy, self.max_gy)
        return dose, self.volume_cc[filled]

    @property
    def _centres_gy(self) -> NDArray[np.float64]:
        return 0.5 * (self.edges_gy[1:] + self.edges_gy[:-1])

    def _share(self, relative: bool) -> float:
        return 100.0 / self.total_cc if relative else 1.0
