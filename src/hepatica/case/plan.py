"""A treatment as it was planned elsewhere, and the dose that was computed for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hepatica.case.volume import Volume

Summation = Literal["PLAN", "MULTI_PLAN", "FRACTION", "BEAM", "BRACHY", "CONTROL_POINT", "UNKNOWN"]


@dataclass(frozen=True)
class Beam:
    """One treatment beam of a plan, as far as it is needed to recognise it."""

    number: int
    name: str
    radiation: str
    energy_mv: float | None
    gantry_deg: float | None
    couch_deg: float | None
    meterset_mu: float | None


@dataclass(frozen=True)
class Plan:
    """An RTPLAN in short: who it belongs to, what it prescribes, in how many fractions.

    ``prescription_gy`` is the total target dose, None when the plan does not state one.
    """

    uid: str
    label: str
    fractions: int | None
    prescription_gy: float | None
    beams: tuple[Beam, ...]
    frame_of_reference_uid: str | None
    structure_set_uid: str | None
    approval: str = ""


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
