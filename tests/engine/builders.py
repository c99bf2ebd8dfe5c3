"""Small patients whose numbers can be worked out by hand."""

from __future__ import annotations

import numpy as np

from hepatica.case import Case, Dose, Grid, Structure, Volume

GRID = Grid((40, 60, 60), (4.0, 4.0, 4.0), (-118.0, -118.0, -78.0))


def ball(centre_mm: tuple[float, float, float], radius_mm: float) -> np.ndarray:
    """Voxels of GRID whose centre lies in a ball."""
    z, y, x = np.indices(GRID.shape)
    points = GRID.point_at(np.stack([x, y, z], axis=-1))
    return np.linalg.norm(points - np.array(centre_mm), axis=-1) <= radius_mm


def box(low_mm: tuple[float, float, float], high_mm: tuple[float, float, float]) -> np.ndarray:
    """Voxels of GRID whose centre lies in a box."""
    z, y, x = np.indices(GRID.shape)
    points = GRID.point_at(np.stack([x, y, z], axis=-1))
    return ((points >= low_mm) & (points <= high_mm)).all(axis=-1)


ORGANS = {
    "Liver": box((-110, -70, -70), (30, 70, 50)),
    "Stomach": box((60, -50, -40), (100, 0, 40)),
    "Duodenum": box((40, -20, -70), (60, 20, -40)),
    "Bowel_Small": box((60, 10, -75), (110, 60, -50)),
    "Bowel_Large": box((60, 30, -40), (110, 70, 30)),
    "Kidney_L": box((60, 75, -60), (100, 110, 20)),
    "Kidney_R": box((-100, 75, -60), (-60, 110, 20)),
    "SpinalCord": box((-6, 90, -78), (6, 102, 78)),
    "Rib": box((-118, -70, -30), (-112, 30, -10)),
    "Chestwall": box((-118, -90, -70), (-112, 80, 60)),
}


def abdomen(
    without: tuple[str, ...] = (), tumour_at_mm: tuple[float, float, float] = (-40, 0, 0)
) -> Case:
    """A liver of boxes with one ball-shaped tumour, and the organs around it."""
    hounsfield = np.indices(GRID.shape).sum(axis=0).astype(np.int16)
    image = Volume(hounsfield, GRID, "HU")
    structures = [
        Structure.from_mask(name, mask, GRID)
        for name, mask in ORGANS.items()
        if name not in without
    ]
    if "GTV1" not in without:
        structures.append(Structure.from_mask("GTV1", ball(tumour_at_mm, 18), GRID, role="GTV"))
    return Case("boxes", image, "1.2.3", {s.name: s for s in structures})


def dose_from(values_gy: np.ndarray, grid: Grid = GRID, **facts: object) -> Dose:
    """A total dose on a grid."""
    words = {"uid": "", "label": "test", "summation": "PLAN", "plan_uid": None}
    return Dose(
        volume=Volume(np.asarray(values_gy, np.float32), grid, "Gy"),
        frame_of_reference_uid="1.2.3",
        **{**words, **facts},  # type: ignore[arg-type]
    )


def falling_dose(
    prescription_gy: float = 40.0, centre_mm: tuple[float, float, float] = (-40, 0, 0)
) -> Dose:
    """Full dose within 26 mm of a point, falling off outside."""
    z, y, x = np.indices(GRID.shape)
    points = GRID.point_at(np.stack([x, y, z], axis=-1))
    distance = np.linalg.norm(points - np.array(centre_mm), axis=-1) - 26
    return dose_from(prescription_gy * np.exp2(-np.maximum(distance, 0) / 14))
