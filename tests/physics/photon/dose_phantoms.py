"""Small patients and a toy machine for the dose engine, and the model's formula written out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from hepatica.case import Grid, Volume
from hepatica.machine import DepthComponents, LateralComponents, Machine, PrimaryFluence
from hepatica.physics.photon import (
    BeamGeometry,
    BixelGrid,
    DoseSetup,
    PencilBeamOptions,
    PhotonBeam,
)
from hepatica.physics.photon.depth_dose import depth_factors

Floats = NDArray[np.float64]


def toy(**changes: Any) -> Machine:
    """Two components whose tails fall from the centre and end at 60 mm; two distances."""
    radius = np.arange(0.0, 60.1, 0.5)
    near = np.exp(-radius / 6.0) / (1 + radius) * 0.01
    far = np.exp(-radius / 25.0) * 1e-4
    tails = np.stack([[near, 0.5 * far], [1.2 * near, far]])
    tails[..., -1] = 0.0
    numbers: dict[str, Any] = {
        "name": "toy",
        "version": "1",
        "energy_mv": 6.0,
        "sad_mm": 1000.0,
        "depth": DepthComponents(0.005, np.array([0.3, 0.016])),
        "lateral": LateralComponents(
            np.array([500.0, 1000.0]), radius, tails, np.array([[0.8, 0.02], [0.7, 0.03]])
        ),
        "primary_fluence": PrimaryFluence(np.array([0.0, 50.0, 200.0]), np.array([1.0, 1.05, 0.9])),
        "penumbra_fwhm_mm": 5.0,
    }
    return Machine(**(numbers | changes))


def geometry(gantry: float = 0.0, couch: float = 0.0, **changes: Any) -> BeamGeometry:
    """A beam on the middle of the patient, who lies supine, head first."""
    numbers: dict[str, Any] = {
        "gantry_deg": gantry,
        "couch_deg": couch,
        "collimator_deg": 0.0,
        "isocentre_mm": (0.0, 0.0, 0.0),
        "sad_mm": 1000.0,
        "patient_position": "HFS",
    }
    return BeamGeometry(**(numbers | changes))


def square(side: int = 6, pitch: float = 5.0) -> BixelGrid:
    """A centred square of open bixels."""
    first = -pitch * (side - 1) / 2
    return BixelGrid(first, first, pitch, pitch, np.ones((side, side), bool))


def grid_of(shape: tuple[int, int, int] = (20, 24, 28), spacing: float = 5.0) -> Grid:
    """A grid around the origin."""
    origin = tuple(-(n - 1) / 2 * spacing for n in shape[::-1])
    return Grid(shape, (spacing,) * 3, origin)


def places(grid: Grid) -> Floats:
    """(slices, rows, columns, 3) LPS points of all voxels."""
    k, j, i = np.indices(grid.shape)
    return grid.point_at(np.stack([i, j, k], axis=-1))


def setup_of(
    density: Volume,
    *beams: PhotonBeam,
    machine: Machine | None = None,
    **options: Any,
) -> DoseSetup:
    """A setup with the toy machine."""
    return DoseSetup(machine or toy(), density, beams, PencilBeamOptions(**options))


def formula(
    machine: Machine,
    seen: Floats,
    depth_mm: float,
    ssd_mm: float,
    bixels: BixelGrid,
    weights: Floats,
) -> float:
    """Dose at one place (u, v, distance), summed bixel by bixel over the 0.5 mm lattice."""
    sigma = machine.penumbra_fwhm_mm / np.sqrt(8 * np.log(2))
    tail, centre = machine.lateral.at(ssd_mm)
    x = np.arange(-120, 121) * 0.5
    radius = np.hypot(x[:, None], x)
    factors = depth_factors(machine.depth, depth_mm)

    def edge(offset: Floats, width: float) -> Floats:
        return ndtr((offset + width / 2) / sigma) - ndtr((offset - width / 2) / sigma)

    total = 0.0
    for (u, v), weight in zip(bixels.centres_mm, weights, strict=True):
        du, dv = seen[0] - u, seen[1] - v
        across = edge(du - x, bixels.pitch_u_mm)[:, None] * edge(dv - x, bixels.pitch_v_mm)
        point = float(edge(du, bixels.pitch_u_mm) * edge(dv, bixels.pitch_v_mm))
        for k, row in enumerate(tail):
            spread = np.interp(radius, machine.lateral.radius_mm, row, right=0.0) * 0.25
            total += weight * factors[k] * (centre[k] * point + float(np.sum(spread * across)))
    return total * (machine.sad_mm / seen[2]) ** 2
