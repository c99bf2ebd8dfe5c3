"""A treatment as it was planned: its beams with their segments, and the dose computed for it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hepatica.case.volume import Volume
from hepatica.errors import InvalidInput

Summation = Literal["PLAN", "MULTI_PLAN", "FRACTION", "BEAM", "BRACHY", "CONTROL_POINT", "UNKNOWN"]
Delivery = Literal["", "STATIC", "DYNAMIC"]

_SAME_MU = 0.01
"""How far the metersets of the segments may add up to another sum: what rounding can do."""

_SAME_PLACE_MM = 1e-3
"""Closed leaves may cross by this much: the last digits of a computation, not a machine."""


@dataclass(frozen=True, eq=False)
class Segment:
    """One opening of the collimator through which a part of a beam is given; IEC 61217.

    Two segments are equal when all their numbers are.

    Parameters
    ----------
    meterset_mu : float, MU
        What is given through this opening in one fraction.
    leaf_mm : (2, pairs) array, mm
        Where the leaf tips stand in the isocentre plane: row 0 bank X1 (negative side), row 1
        bank X2; the pairs in the order of the beam's leaf boundaries. (2, 0) without an MLC.
    jaw_x_mm, jaw_y_mm : (negative side, positive side), mm, optional
        The jaws; None where the machine has none or the plan does not state them.

    Raises
    ------
    InvalidInput
        If a number is no number, the meterset is negative, or a tip of bank X1 stands beyond that
        of bank X2, or a jaw beyond the one opposite.
    """

    meterset_mu: float
    leaf_mm: NDArray[np.float64]
    jaw_x_mm: tuple[float, float] | None = None
    jaw_y_mm: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.meterset_mu) and self.meterset_mu >= 0):
            raise InvalidInput(
                f"Segment: meterset is {self.meterset_mu} MU; it needs to be 0 or more. "
                "Check how the segment was made."
            )
        leaves = np.array(self.leaf_mm, dtype=np.float64)
        if leaves.ndim != 2 or leaves.shape[0] != 2:
            raise InvalidInput(
                f"Segment: leaf positions have shape {leaves.shape}; they need (2, pairs): bank X1 "
                "and bank X2."
            )
        _require_ordered_leaves(leaves)
        leaves.flags.writeable = False
        object.__setattr__(self, "leaf_mm", leaves)
        for axis, jaws in (("X", self.jaw_x_mm), ("Y", self.jaw_y_mm)):
            _require_ordered_jaws(axis, jaws)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Segment):
            return NotImplemented
        same = (self.meterset_mu, self.jaw_x_mm, self.jaw_y_mm) == (
            other.meterset_mu,
            other.jaw_x_mm,
            other.jaw_y_mm,
        )
        return same and np.array_equal(self.leaf_mm, other.leaf_mm)

    def __hash__(self) -> int:
        return hash((self.meterset_mu, self.jaw_x_mm, self.jaw_y_mm, self.leaf_mm.tobytes()))


@dataclass(frozen=True)
class Beam:
    """One treatment beam of a plan; angles by IEC 61217.

    Without segments it only says that there is such a beam. With segments it says all that is
    needed to compute its dose and to deliver it.

    Parameters
    ----------
    number, name : of the beam in its plan
    radiation : PHOTON, ELECTRON ...
    energy_mv : nominal energy
    gantry_deg, couch_deg, collimator_deg : of the gantry, the patient support, the beam limiting
        device
    meterset_mu : what the whole beam gives in one fraction
    isocentre_mm : (x, y, z) in LPS
    sad_mm : distance from source to isocentre
    machine : its name in the clinic
    leaf_boundaries_mm : (pairs + 1,) ascending, in the isocentre plane, across the leaves' travel
    segments : the openings, one after the other (step and shoot)
    delivery : STATIC (nothing moves while the beam is on), DYNAMIC, or not known
        A dynamic beam carries no segments.
    dose_gy : its part of one fraction's dose at a point, where that is known
    dose_point_mm : (x, y, z) in LPS, the point for which ``dose_gy`` is stated

    Raises
    ------
    InvalidInput
        If it has segments without all that belongs to them, or numbers that contradict each other.
    """

    number: int
    name: str
    radiation: str
    energy_mv: float | None
    gantry_deg: float | None
    couch_deg: float | None
    meterset_mu: float | None
    collimator_deg: float | None = None
    isocentre_mm: tuple[float, float, float] | None = None
    sad_mm: float | None = None
    machine: str = ""
    leaf_boundaries_mm: tuple[float, ...] = ()
    segments: tuple[Segment, ...] = ()
    delivery: Delivery = ""
    dose_gy: float | None = None
    dose_point_mm: tuple[float, float, float] | None = None

    def __post_init__(self) -> None:
        where = f"Beam {self.number} ({self.name or 'unnamed'})"
        for name in ("isocentre_mm", "leaf_boundaries_mm", "dose_point_mm"):
            numbers = getattr(self, name)
            if numbers is not None:
                object.__setattr__(self, name, tuple(float(number) for number in numbers))
        object.__setattr__(self, "segments", tuple(self.segments))
        _require_rising(self.leaf_boundaries_mm, where)
        if self.meterset_mu is not None and not 0 <= self.meterset_mu < math.inf:
            raise InvalidInput(
                f"{where}: meterset is {self.meterset_mu} MU; it needs to be 0 or more. Check the "
                "plan."
            )
        if self.segments:
            self._require_complete(where)
            self._require_pairs(where)
            self._require_sum(where)

    def _require_complete(self, where: str) -> None:
        missing = [word for word, value in self._needed() if value is None]
        if missing:
            raise InvalidInput(
                f"{where} has segments but no {', no '.join(missing)}; without it nobody knows "
                "where it goes. State it."
            )
        for word, value in self._needed():
            if not np.isfinite(np.asarray(value, dtype=float)).all():
                raise InvalidInput(f"{where}: its {word} is {value}; it needs to be a number.")
        if self.delivery == "DYNAMIC":
            raise InvalidInput(
                f"{where} is DYNAMIC and has segments; a moving beam is none of fixed openings. "
                "Leave out one of them."
            )

    def _needed(self) -> tuple[tuple[str, object], ...]:
        return (
            ("isocentre", self.isocentre_mm),
            ("source-axis distance", self.sad_mm),
            ("gantry angle", self.gantry_deg),
            ("couch angle", self.couch_deg),
            ("collimator angle", self.collimator_deg),
            ("meterset", self.meterset_mu),
        )

    def _require_pairs(self, where: str) -> None:
        pairs = max(len(self.leaf_boundaries_mm) - 1, 0)
        for n, segment in enumerate(self.segments, start=1):
            if segment.leaf_mm.shape[1] != pairs:
                raise InvalidInput(
                    f"{where}, segment {n}: {segment.leaf_mm.shape[1]} leaf pairs, but the leaf "
                    f"boundaries are those of {pairs}. They need to be of the same MLC."
                )

    def _require_sum(self, where: str) -> None:
        total = sum(segment.meterset_mu for segment in self.segments)
        if self.meterset_mu is None or abs(total - self.meterset_mu) > _SAME_MU:
            raise InvalidInput(
                f"{where}: its segments give {total:g} MU together, the beam {self.meterset_mu:g} "
                "MU. They need to be equal."
            )


@dataclass(frozen=True)
class Plan:
    """A treatment plan in short: who it belongs to, what it prescribes, how it is given.

    ``prescription_gy`` is the total target dose, None when the plan does not state one.
    ``patient_position`` is how the patient lies (HFS ...); empty when the plan does not say.
    """

    uid: str
    label: str
    fractions: int | None
    prescription_gy: float | None
    beams: tuple[Beam, ...]
    frame_of_reference_uid: str | None
    structure_set_uid: str | None
    approval: str = ""
    patient_position: str = ""


@dataclass(frozen=True, eq=False)
class Dose:
    """A dose distribution in Gy: the total over all fractions, unless ``summation`` says less."""

    uid: str
    label: str
    volume: Volume
    summation: Summation
    plan_uid: str | None
    frame_of_reference_uid: str | None
    origin: str = ""


def _require_ordered_leaves(leaves: NDArray[np.float64]) -> None:
    if not np.isfinite(leaves).all():
        raise InvalidInput("Segment: a leaf position is not a number. Check how it was made.")
    crossed = np.flatnonzero(leaves[0] > leaves[1] + _SAME_PLACE_MM)
    if len(crossed):
        pair = int(crossed[0])
        raise InvalidInput(
            f"Segment: in leaf pair {pair + 1} bank X1 stands at {leaves[0, pair]:g} mm, beyond "
            f"bank X2 at {leaves[1, pair]:g} mm; X1 is the negative side. Check the order of the "
            "banks."
        )


def _require_ordered_jaws(axis: str, jaws: tuple[float, float] | None) -> None:
    if jaws is not None and not jaws[0] <= jaws[1]:
        raise InvalidInput(
            f"Segment: the {axis} jaws stand at {jaws[0]:g} and {jaws[1]:g} mm; the first is the "
            "negative side. Check their order."
        )


def _require_rising(boundaries: tuple[float, ...], where: str) -> None:
    steps = np.diff(np.asarray(boundaries, dtype=float))
    if len(boundaries) == 1 or not (steps > 0).all():
        raise InvalidInput(
            f"{where}: its leaf boundaries are not one ascending row of at least two positions. "
            "Give the edges of all leaves, from the negative to the positive side."
        )
