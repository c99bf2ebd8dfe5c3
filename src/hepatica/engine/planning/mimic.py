"""How far a deliverable dose is from the ideal one: what the search for segments makes small.

Targets must not fall below the prescription nor rise above their maximum; everything else must not
receive more than the ideal plan gives it. Less is never punished outside the targets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hepatica.engine.planning.choices import choice
from hepatica.physics.optimise import DoseOperator, Region

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Wish:
    """What one region should receive, voxel by voxel, and how dear a deviation is.

    ``floor_gy`` and ``ceiling_gy`` are (k,) arrays; ``price`` is per Gy squared of the region's
    mean squared deviation.
    """

    region: Region
    floor_gy: Floats
    ceiling_gy: Floats
    price: float


@dataclass(frozen=True, eq=False)
class Mimicry:
    """The objective of the search for segments."""

    operator: DoseOperator
    wishes: tuple[Wish, ...]

    @cached_property
    def _all(self) -> tuple[NDArray[np.int64], Floats, Floats, Floats]:
        """All wishes in one row: points, floors, ceilings, and prices by share of volume."""
        priced = [wish.price * wish.region.cc / wish.region.cc.sum() for wish in self.wishes]
        return (
            np.concatenate([wish.region.rows for wish in self.wishes]),
            np.concatenate([wish.floor_gy for wish in self.wishes]),
            np.concatenate([wish.ceiling_gy for wish in self.wishes]),
            np.concatenate(priced),
        )

    def __call__(self, weights: Floats) -> tuple[float, Floats]:
        """Value, Gy squared, and gradient (bixels,) at weights (bixels,)."""
        rows, floor, ceiling, price = self._all
        dose = np.asarray(self.operator.forward(weights), float)
        given = dose[rows]
        off = given - np.clip(given, floor, ceiling)
        dear = price * off
        slope = np.bincount(rows, weights=2 * dear, minlength=len(dose)).astype(np.float64)
        return float(dear @ off), np.asarray(self.operator.adjoint(slope), float)


@dataclass(frozen=True)
class Prices:
    """How dear a squared Gy is in each kind of region."""

    target: float = field(default_factory=lambda: choice("segments", "target_price"))
    organ: float = field(default_factory=lambda: choice("segments", "organ_price"))
    liver: float = field(default_factory=lambda: choice("segments", "liver_price"))
    around: float = field(default_factory=lambda: choice("segments", "around_price"))


@dataclass(frozen=True, eq=False)
class Ideal:
    """The dose that is to be imitated: (points,) Gy, its prescription and the target's maximum."""

    dose_gy: Floats
    prescription_gy: float
    most: float


def mimicry(
    operator: DoseOperator,
    regions: Mapping[str, Region],
    ideal: Ideal,
    floors_gy: Mapping[str, float],
    liver: str,
    prices: Prices | None = None,
) -> Mimicry:
    """The objective for a plan: targets by their dose, everything else by the ideal plan.

    Parameters
    ----------
    floors_gy : target to the dose it must not fall below, Gy
    liver : name of the organ whose risk is held
    """
    prices = prices or Prices()
    found = []
    for name, region in regions.items():
        ideal_gy = ideal.dose_gy[region.rows]
        if name in floors_gy:
            floor = np.minimum(floors_gy[name], np.maximum(ideal_gy, 0.97 * floors_gy[name]))
            ceiling = np.full(len(ideal_gy), ideal.most * ideal.prescription_gy)
            found.append(Wish(region, floor, ceiling, prices.target))
            continue
        price = prices.liver if name == liver else prices.organ
        if "Shell" in name or name == "Far":
            price = prices.around
        found.append(Wish(region, np.zeros(len(ideal_gy)), ideal_gy, price))
    return Mimicry(operator, tuple(found))
