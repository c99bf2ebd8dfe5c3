"""The parts of a treatment machine: how its beam fades, spreads, is shaped and is counted.

All records are plain numbers. What they mean for the dose at a point is said by the formula in
``hepatica.machine.machine``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hepatica.errors import InvalidInput

Floats = NDArray[np.float64]
Status = Literal["verified", "recalled"]


@dataclass(frozen=True)
class SourcedNumber:
    """Where one number, or one block of numbers, of a machine comes from.

    Parameters
    ----------
    number : str
        Its place in the document: ``depth``, ``mlc.transmission``.
    source : str
        The publication, data set or person.
    status : "verified" or "recalled"
        Whether the number was looked up there, or is from memory and must be confirmed.
    note : str
        What else a reader should know; may be empty.
    """

    number: str
    source: str
    status: Status
    note: str = ""


@dataclass(frozen=True, eq=False)
class DepthComponents:
    """How the dose builds up and fades with depth, as a sum of components.

    Parameters
    ----------
    attenuation_per_mm : float
        m, common to all components, 1/mm of water.
    build_up_per_mm : (K,) array, 1/mm of water
        beta of each component.

    Raises
    ------
    InvalidInput
        If a number is not positive and finite.
    """

    attenuation_per_mm: float
    build_up_per_mm: Floats

    def __post_init__(self) -> None:
        object.__setattr__(self, "build_up_per_mm", _row("depth.build_up_per_mm", self, 1))
        _positive("depth.attenuation_per_mm", self.attenuation_per_mm)
        if not np.all(self.build_up_per_mm > 0):
            raise InvalidInput(
                f"depth.build_up_per_mm: {_shown(self.build_up_per_mm)}; every value must be "
                "above 0 per mm. Check the unit (1/mm) and the sign."
            )

    @property
    def count(self) -> int:
        """How many components there are."""
        return int(self.build_up_per_mm.size)


@dataclass(frozen=True, eq=False)
class LateralComponents:
    """How the dose spreads sideways: one radial function per component and distance to the skin.

    A function is a point at its centre (``centre_weight``) and a smooth tail around it, in the
    plane through the isocentre, linear between its radii and zero beyond the last. Between two
    distances the functions are interpolated linearly.

    Parameters
    ----------
    ssd_mm : (S,) array, mm, rising
        Distance from the source to the surface.
    radius_mm : (R,) array, mm, rising from 0
    tail_per_mm2 : (S, K, R) array, 1/mm^2
    centre_weight : (S, K) array, dimensionless

    Raises
    ------
    InvalidInput
        If shapes do not fit, an axis does not rise or a number is not finite.
    """

    ssd_mm: Floats
    radius_mm: Floats
    tail_per_mm2: Floats
    centre_weight: Floats

    def __post_init__(self) -> None:
        for name, dimensions in (
            ("ssd_mm", 1),
            ("radius_mm", 1),
            ("tail_per_mm2", 3),
            ("centre_weight", 2),
        ):
            object.__setattr__(self, name, _row(f"lateral.{name}", self, dimensions))
        _rising("lateral.ssd_mm", self.ssd_mm)
        _rising("lateral.radius_mm", self.radius_mm)
        if self.ssd_mm[0] <= 0 or self.radius_mm[0] != 0:
            raise InvalidInput(
                f"lateral: ssd_mm starts at {self.ssd_mm[0]:g} and radius_mm at "
                f"{self.radius_mm[0]:g}; distances are above 0 and the first radius is 0."
            )
        expected = (self.ssd_mm.size, self.centre_weight.shape[1], self.radius_mm.size)
        if self.tail_per_mm2.shape != expected or self.centre_weight.shape != expected[:2]:
            raise InvalidInput(
                f"lateral: tail_per_mm2 has the shape {self.tail_per_mm2.shape} and centre_weight "
                f"{self.centre_weight.shape}; allowed is {expected} and {expected[:2]} (distances, "
                "components, radii). Give one function per distance and component."
            )

    def at(self, ssd_mm: float) -> tuple[Floats, Floats]:
        """Tails (K, R), 1/mm^2, and centre weights (K,) at a distance; held beyond the table."""
        x = float(np.clip(ssd_mm, self.ssd_mm[0], self.ssd_mm[-1]))
        upper = int(np.clip(np.searchsorted(self.ssd_mm, x), 1, max(self.ssd_mm.size - 1, 1)))
        if self.ssd_mm.size == 1:
            return self.tail_per_mm2[0], self.centre_weight[0]
        low, high = self.ssd_mm[upper - 1], self.ssd_mm[upper]
        part = (x - low) / (high - low)
        tail = (1 - part) * self.tail_per_mm2[upper - 1] + part * self.tail_per_mm2[upper]
        centre = (1 - part) * self.centre_weight[upper - 1] + part * self.centre_weight[upper]
        return tail, centre


@dataclass(frozen=True, eq=False)
class PrimaryFluence:
    """How the open beam's intensity changes away from the central ray.

    Parameters
    ----------
    radius_mm : (P,) array, mm, rising from 0
        In the plane through the isocentre.
    relative : (P,) array
        1 on the central ray; linear in between, zero beyond the last radius.

    Raises
    ------
    InvalidInput
        If the radii do not rise from 0 or an intensity is negative.
    """

    radius_mm: Floats
    relative: Floats

    def __post_init__(self) -> None:
        for name in ("radius_mm", "relative"):
            object.__setattr__(self, name, _row(f"primary_fluence.{name}", self, 1))
        _rising("primary_fluence.radius_mm", self.radius_mm)
        if self.radius_mm.shape != self.relative.shape or self.radius_mm[0] != 0:
            raise InvalidInput(
                f"primary_fluence: {self.radius_mm.size} radii from {self.radius_mm[0]:g} mm and "
                f"{self.relative.size} intensities; give one intensity per radius, from 0 mm."
            )
        if np.any(self.relative < 0):
            raise InvalidInput(
                f"primary_fluence.relative: {self.relative.min():g} is below 0; an intensity is "
                "0 or more. Correct the table."
            )

    def at(self, radius_mm: Floats) -> Floats:
        """Relative intensity at radii in the isocentre plane, mm."""
        found = np.interp(radius_mm, self.radius_mm, self.relative, right=0.0)
        return np.asarray(found, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Mlc:
    """The leaves that shape the beam; they travel along u (IEC beam limiting device X).

    Parameters
    ----------
    leaf_boundaries_mm : (L + 1,) array, mm, rising
        Edges of the L leaf pairs across their travel, in the isocentre plane.
    minimum_mm, maximum_mm : float
        Furthest place on either side of the central ray that a leaf's tip reaches, mm.
    overtravel_mm : float
        How far a leaf may pass the central ray towards the other bank, mm.
    minimum_gap_mm : float
        Least opening between the tips of a pair, mm.
    transmission : float
        Part of the beam that passes closed leaves, 0 to 1.
    interdigitation : bool
        Whether a leaf may stand beyond the opposing leaf of the neighbouring pair.
    jaws : which pairs of jaws there are, of "x" (along the leaves' travel) and "y"

    Raises
    ------
    InvalidInput
        If a number is out of its range.
    """

    leaf_boundaries_mm: Floats
    minimum_mm: float
    maximum_mm: float
    overtravel_mm: float
    minimum_gap_mm: float
    transmission: float
    interdigitation: bool
    jaws: tuple[str, ...] = ("x", "y")

    def __post_init__(self) -> None:
        object.__setattr__(self, "leaf_boundaries_mm", _row("mlc.leaf_boundaries_mm", self, 1))
        if self.leaf_boundaries_mm.size < 2:
            raise InvalidInput("mlc.leaf_boundaries_mm: one edge; a leaf pair needs two.")
        _rising("mlc.leaf_boundaries_mm", self.leaf_boundaries_mm)
        if not self.minimum_mm < 0 < self.maximum_mm:
            raise InvalidInput(
                f"mlc: minimum_mm is {self.minimum_mm:g} and maximum_mm {self.maximum_mm:g}; tips "
                "reach from a negative to a positive place. Check the signs."
            )
        if self.overtravel_mm < 0 or self.minimum_gap_mm < 0 or not 0 <= self.transmission < 1:
            raise InvalidInput(
                f"mlc: overtravel_mm {self.overtravel_mm:g}, minimum_gap_mm "
                f"{self.minimum_gap_mm:g}, transmission {self.transmission:g}; distances are 0 or "
                "more and the transmission is from 0 to below 1."
            )

    @property
    def pairs(self) -> int:
        """How many leaf pairs there are."""
        return int(self.leaf_boundaries_mm.size) - 1


@dataclass(frozen=True)
class Calibration:
    """What one monitor unit gives at one stated place in water.

    Parameters
    ----------
    cgy_per_mu : float
    field_mm : float
        Side of the square field in the isocentre plane, mm.
    ssd_mm, depth_mm : float
        Distance from the source to the water, and depth on the central ray, mm.

    Raises
    ------
    InvalidInput
        If a number is not above 0.
    """

    cgy_per_mu: float
    field_mm: float
    ssd_mm: float
    depth_mm: float

    def __post_init__(self) -> None:
        for name in ("cgy_per_mu", "field_mm", "ssd_mm", "depth_mm"):
            _positive(f"calibration.{name}", getattr(self, name))


def frozen_floats(values: Any) -> Floats:
    """A read-only copy as float64."""
    copy: Floats = np.array(values, dtype=np.float64)
    copy.setflags(write=False)
    return copy


def _row(place: str, record: Any, dimensions: int) -> Floats:
    values = frozen_floats(getattr(record, place.rpartition(".")[2]))
    if values.ndim != dimensions or values.size == 0 or not np.all(np.isfinite(values)):
        raise InvalidInput(
            f"{place}: {values.size} numbers in {values.ndim} dimension(s), "
            f"{int(np.sum(~np.isfinite(values)))} of them not finite; {dimensions} dimension(s) "
            "of finite numbers are needed. Correct the table."
        )
    return values


def _rising(place: str, values: Floats) -> None:
    steps = np.diff(values)
    if np.any(steps <= 0):
        i = int(np.argmax(steps <= 0))
        raise InvalidInput(
            f"{place}: {values[i + 1]:g} follows {values[i]:g}; each value must be above the one "
            "before it. Sort the table and remove what is there twice."
        )


def _positive(place: str, value: float) -> None:
    if not (np.isfinite(value) and value > 0):
        raise InvalidInput(f"{place}: {value:g}; a finite number above 0 is needed. Correct it.")


def _shown(values: Floats) -> str:
    return ", ".join(f"{value:g}" for value in values[:8])
