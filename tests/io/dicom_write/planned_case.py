"""A plan of two beams, step and shoot, on the small case, with awkward numbers on purpose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hepatica.case import Beam, Case, Dose, Plan, Segment
from tests.io.dicom_write.written_case import FRAME, case

PLAN_UID = "1.2.3.9"
BOUNDARIES_MM = (-60.0, -40.0, *np.linspace(-20.0, 20.0, 9).tolist(), 40.0, 60.0)
PAIRS = len(BOUNDARIES_MM) - 1


def segment(meterset_mu: float, shift_mm: float = 0.0, jaws: bool = True) -> Segment:
    """A hand-made opening: leaves along a wave, closed at both ends."""
    steps = np.arange(PAIRS)
    middle = 7.3 * np.sin(steps / 3.0) + shift_mm
    half = np.where((steps > 1) & (steps < PAIRS - 2), 12.345678 + steps / 7.0, 0.0)
    leaves = np.stack([middle - half, middle + half])
    return Segment(
        meterset_mu,
        leaves,
        (-31.5, 30.25) if jaws else None,
        (-20.0, 20.0) if jaws else None,
    )


def beams(jaws: bool = True) -> tuple[Beam, ...]:
    """One beam of three segments, one from another side with the couch turned."""
    first = tuple(segment(mu, 3.1 * k, jaws) for k, mu in enumerate((101.37, 33.3333, 7.01)))
    second = tuple(segment(mu, -2.2 * k, jaws) for k, mu in enumerate((88.25, 1 / 3)))
    shared = {
        "radiation": "PHOTON",
        "energy_mv": 6.0,
        "isocentre_mm": (-3.123456789, 12.5, 24.75),
        "sad_mm": 1000.0,
        "machine": "artiste-6mv",
        "leaf_boundaries_mm": BOUNDARIES_MM,
        "delivery": "STATIC",
    }
    return (
        Beam(
            1,
            "G210",
            gantry_deg=210.0,
            couch_deg=0.0,
            collimator_deg=0.0,
            meterset_mu=sum(s.meterset_mu for s in first),
            segments=first,
            dose_gy=4.1,
            **shared,  # type: ignore[arg-type]
        ),
        Beam(
            2,
            "G30C345",
            gantry_deg=30.5,
            couch_deg=345.0,
            collimator_deg=12.25,
            meterset_mu=sum(s.meterset_mu for s in second),
            segments=second,
            **shared,  # type: ignore[arg-type]
        ),
    )


def plan(**changes: object) -> Plan:
    made = Plan(PLAN_UID, "SBRT liver", 6, 42.7, beams(), FRAME, None, "", "HFS")
    return replace(made, **changes)  # type: ignore[arg-type]


def planned(position: str = "HFS", **changes: object) -> Case:
    """The small case with that plan, its dose, and how the patient lies."""
    return replace(case(), plans=(plan(**changes),), patient_position=position)


def dose() -> Dose:
    return case().doses[0]
