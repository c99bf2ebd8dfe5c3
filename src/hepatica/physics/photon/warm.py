"""Compiles the loops of the dose engine on a box of a few voxels."""

from __future__ import annotations

import numpy as np

from hepatica.case import Grid, Volume
from hepatica.machine import DepthComponents, LateralComponents, Machine, PrimaryFluence
from hepatica.physics.photon.beam import BeamGeometry
from hepatica.physics.photon.bixels import BixelGrid, PhotonBeam
from hepatica.physics.photon.dose_setup import DoseSetup, PencilBeamOptions
from hepatica.physics.photon.pencil_beam import PencilBeam


def warm(components: tuple[int, ...] = (3, 4, 5)) -> None:
    """Compile all loops for machines with these numbers of components, or load them from cache."""
    grid = Grid((4, 4, 4), (5.0, 5.0, 5.0))
    density = Volume(np.ones(grid.shape, np.float32), grid, "1")
    geometry = BeamGeometry(0.0, 0.0, 0.0, (7.5, 7.5, 7.5), 1000.0, "HFS")
    beam = PhotonBeam(geometry, BixelGrid(0.0, 0.0, 5.0, 5.0, np.ones((1, 1), bool)))
    for count in components:
        for pitch in (None, 5.0):
            options = PencilBeamOptions(depth_pitch_mm=pitch)
            setup = DoseSetup(_toy(count), density, (beam,), options)
            operator = PencilBeam().prepare(setup, grid, np.arange(64))
            operator.adjoint(operator.forward(np.ones(1)))


def _toy(count: int) -> Machine:
    betas = np.arange(1, count + 1, dtype=float) * 0.01
    radius = np.array([0.0, 10.0, 20.0])
    tails = np.tile(np.array([1e-3, 5e-4, 0.0]), (1, count, 1))
    return Machine(
        name="a few voxels",
        version="0",
        energy_mv=6.0,
        sad_mm=1000.0,
        depth=DepthComponents(0.005, betas),
        lateral=LateralComponents(np.array([900.0]), radius, tails, np.full((1, count), 0.5)),
        primary_fluence=PrimaryFluence(np.array([0.0, 200.0]), np.array([1.0, 1.0])),
        penumbra_fwhm_mm=5.0,
    )
