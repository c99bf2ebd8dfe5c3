"""A water cylinder with a liver, a tumour and organs, and a plain linear accelerator."""

from __future__ import annotations

import numpy as np

from hepatica.case import Case, Grid, Structure, Volume
from hepatica.engine.derive import ProtocolStructures
from hepatica.engine.planning.scene import Scene, SceneRequest, scene_of
from hepatica.machine import (
    DepthComponents,
    HounsfieldTable,
    LateralComponents,
    Machine,
    Mlc,
    PrimaryFluence,
)

GRID = Grid((36, 80, 80), (3.0, 3.0, 4.0), (-118.5, -118.5, -70.0))
"""The image: 240 mm wide, 144 mm long."""

TABLE = HounsfieldTable(np.array([-1000.0, 0.0, 1000.0]), np.array([0.0, 1.0, 1.5]))

TUMOUR_MM = (-50.0, -6.0, 2.0)
"""Centre of the target."""


def points(grid: Grid) -> np.ndarray:
    """(z, y, x, 3) array: centres of all voxels, mm."""
    z, y, x = np.indices(grid.shape)
    return grid.point_at(np.stack([x, y, z], axis=-1))


def ellipsoid(
    name: str,
    centre_mm: tuple[float, float, float],
    axes_mm: tuple[float, float, float],
    grid: Grid = GRID,
) -> Structure:
    """Voxels whose centre lies in an ellipsoid; with long axes, a cylinder."""
    away = (points(grid) - np.array(centre_mm)) / np.array(axes_mm)
    return Structure.from_mask(name, np.linalg.norm(away, axis=-1) <= 1, grid)


def organs(grid: Grid = GRID) -> dict[str, Structure]:
    """A body that the image cuts at head and feet, and what is in it."""
    long = 1e6
    found = (
        ellipsoid("External", (0, 0, 0), (106, 96, long), grid),
        ellipsoid("Liver", (-42, -8, 0), (54, 60, 56), grid),
        ellipsoid("PTV", TUMOUR_MM, (20, 20, 20), grid),
        ellipsoid("SpinalCord", (0, 66, 0), (7, 7, long), grid),
        ellipsoid("Bowel", (55, 10, -10), (40, 50, 45), grid),
    )
    return {structure.name: structure for structure in found}


def patient(structures: dict[str, Structure], grid: Grid = GRID) -> Case:
    """Water in the body, air around it."""
    hu = np.full(grid.shape, -1000, np.int16)
    if "External" in structures:
        hu[structures["External"].mask_on(grid) > 0] = 0
    return Case("cylinder", Volume(hu, grid, "HU"), "1.2.3", structures)


def seen(
    structures: dict[str, Structure] | None = None,
    grid: Grid = GRID,
    targets: tuple[str, ...] = ("PTV",),
    spacing_mm: float = 4.0,
) -> Scene:
    """The scene of that patient."""
    there = organs(grid) if structures is None else structures
    missing = {"Stomach": "the case has no Stomach: contour it."}
    known = ProtocolStructures(there, missing, {}, (), ())
    asked = tuple(name for name in (*there, "Stomach") if name != "External")
    request = SceneRequest(targets, asked, spacing_mm)
    return scene_of(patient(there, grid), known, TABLE, request)


def leaves(**changes: object) -> Mlc:
    """Five-millimetre leaves that meet on the axis and let nothing through."""
    parts: dict[str, object] = {
        "leaf_boundaries_mm": np.arange(-100.0, 101.0, 5.0),
        "minimum_mm": -150.0,
        "maximum_mm": 150.0,
        "overtravel_mm": 100.0,
        "minimum_gap_mm": 0.0,
        "transmission": 0.0,
        "interdigitation": True,
    }
    return Mlc(**(parts | changes))  # type: ignore[arg-type]


def linac(mlc: Mlc | None = None) -> Machine:
    """Two depth components, each with a point and a round tail; dose without calibration."""
    radius = np.arange(0.0, 41.0, 2.0)
    wide = np.exp(-(radius**2) / (2 * 12.0**2)) / (2 * np.pi * 12.0**2)
    tail = np.stack([0.25 * wide, 0.05 * wide])[None]
    return Machine(
        name="plain",
        version="1",
        energy_mv=6.0,
        sad_mm=1000.0,
        depth=DepthComponents(0.005, np.array([0.02, 0.3])),
        lateral=LateralComponents(np.array([900.0]), radius, tail, np.array([[0.75, 0.15]])),
        primary_fluence=PrimaryFluence(np.array([0.0, 300.0]), np.array([1.0, 1.0])),
        penumbra_fwhm_mm=5.0,
        mlc=leaves() if mlc is None else mlc,
        kernel_pitch_mm=1.0,
    )
