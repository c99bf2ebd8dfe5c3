"""A synthetic patient with a hand-made plan of two beams and a hand-made dose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hepatica.case import Beam, Case, Dose, Plan, Segment, Volume
from hepatica.synthetic import Anatomy, synthetic_patient

PLAN_UID = "1.2.826.0.1.3680043.8.498.1"
EDGES_MM = tuple(np.linspace(-100.0, 100.0, 41).tolist())
KEPT = ("GTV1", "Liver", "Kidney_L", "Kidney_R", "SpinalCanal", "Stomach", "External")


def planned_patient() -> Case:
    """Image, structures, one plan and its dose."""
    wished = Anatomy(spacing_mm=(3.0, 3.0, 4.0), lesions=1, gtv_cc=40.0)
    case = synthetic_patient(12, wished).case
    kept = {name: case.structures[name] for name in KEPT}
    shell = replace(kept["GTV1"].named("PTV1", "PTV"), derived=True)
    case = replace(case, structures={**kept, "PTV1": shell}, patient_position="HFS")
    return replace(case, plans=(_plan(case),), doses=(_dose(case),))


def _plan(case: Case) -> Plan:
    beams = tuple(_beam(case, n, gantry) for n, gantry in enumerate((195.0, 300.0), start=1))
    frame = case.frame_of_reference_uid
    return Plan(PLAN_UID, "two beams", 6, 40.0, beams, frame, None, "UNAPPROVED", "HFS")


def _beam(case: Case, number: int, gantry_deg: float) -> Beam:
    steps = np.arange(len(EDGES_MM) - 1)
    half = np.sqrt(np.clip(25.0**2 - (steps * 5.0 - 97.5) ** 2, 0.0, None))
    wide = Segment(210.5, np.stack([-half, half]), (-30.0, 30.0), (-30.0, 30.0))
    slim = Segment(80.25, np.stack([-half / 2, half / 3]), (-30.0, 30.0), (-30.0, 30.0))
    x, y, z = case.structures["GTV1"].centroid_mm.tolist()
    return Beam(
        number,
        f"G{gantry_deg:g}",
        "PHOTON",
        6.0,
        gantry_deg,
        0.0,
        290.75,
        collimator_deg=0.0,
        isocentre_mm=(x, y, z),
        sad_mm=1000.0,
        machine="artiste-6mv",
        leaf_boundaries_mm=EDGES_MM,
        segments=(wide, slim),
        delivery="STATIC",
    )


def _dose(case: Case) -> Dose:
    """A hill over the tumour on a slope: no voxel of the liver is without dose."""
    grid = case.image.grid
    z, y, x = np.indices(grid.shape)
    points = grid.point_at(np.stack([x, y, z], axis=-1))
    away = np.linalg.norm(points - case.structures["GTV1"].centroid_mm, axis=-1)
    gy = 8.0 + 0.01 * (points[..., 0] - grid.origin_mm[0]) + 34.0 * np.exp(-((away / 45.0) ** 2))
    volume = Volume(gy.astype(np.float32), grid, "Gy")
    return Dose("1.2.3", "hill", volume, "PLAN", PLAN_UID, case.frame_of_reference_uid)
