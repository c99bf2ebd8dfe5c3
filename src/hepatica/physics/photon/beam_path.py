"""How a beam travels through the patient: which voxels it sees, and through how much water."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hepatica.case import Grid
from hepatica.errors import InvalidInput
from hepatica.machine import DepthComponents
from hepatica.physics.photon.beam import BeamGeometry
from hepatica.physics.photon.bixels import PhotonBeam
from hepatica.physics.photon.dose_setup import DoseSetup
from hepatica.physics.photon.water_depth import (
    Body,
    ExactDepth,
    Extent,
    WaterDepth,
    body_of,
    camera,
    fan_depth,
    surface_part,
)

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_NEVER = 1e300


@dataclass(frozen=True, eq=False)
class BeamPath:
    """One beam, the voxels at which its dose is wanted, and the water on the way to them.

    Parameters
    ----------
    beam : PhotonBeam
    grid : Grid
    voxels : (n,) flat indices into the grid
    components : DepthComponents
    water : WaterDepth
    ssd_mm : float
        From the source to the skin on the central ray.
    extent_mm : ((low, high), (low, high))
        Of the voxels, in u and v at the isocentre plane.
    """

    beam: PhotonBeam
    grid: Grid
    voxels: Indices
    components: DepthComponents
    water: WaterDepth
    ssd_mm: float
    extent_mm: tuple[tuple[float, float], tuple[float, float]]

    @property
    def camera(self) -> tuple[Floats, float]:
        """Matrix from (column, row, slice) to right, up and ahead of the source; its distance."""
        return camera(self.beam.geometry, self.grid)

    def runs(self, voxels: Indices, window: Floats) -> tuple[NDArray[np.int32], int]:
        """Runs of voxels within the window (u low, u high, v low, v high), and their number."""
        from hepatica.physics.photon.pencil_beam_kernels import find_runs

        shape, matrix = self.grid.shape, self.camera
        count, _ = find_runs(voxels, shape, matrix, window, np.empty((0, 3), np.int32))
        runs = np.empty((count, 3), np.int32)
        _, pairs = find_runs(voxels, shape, matrix, window, runs)
        return runs, pairs


def beam_paths(setup: DoseSetup, grid: Grid, voxels: Indices) -> Iterator[BeamPath]:
    """The paths of all beams of a setup to voxels of a grid.

    Raises
    ------
    InvalidInput
        If a source lies within or behind the patient, or a voxel behind a source.
    """
    body, options = body_of(setup.density), setup.options
    for beam in setup.beams:
        _refuse_source_inside(beam.geometry, body)
        extent = _extent(beam.geometry, grid, voxels)
        ssd = surface_distance_mm(body, beam, options.surface_density)
        if options.depth_pitch_mm is None:
            water: WaterDepth = ExactDepth(body, beam.geometry, grid)
        else:
            water = fan_depth(body, beam.geometry, grid, extent, options.depth_pitch_mm)
        yield BeamPath(beam, grid, voxels, setup.machine.depth, water, ssd, extent[:2])


def surface_distance_mm(body: Body, beam: PhotonBeam, threshold: float) -> float:
    """Distance from the source to the skin, on the central ray or the nearest that meets it.

    Parameters
    ----------
    body : Body
    beam : PhotonBeam
        Where the central ray misses the patient, rays through its bixels are tried, from the
        centre outwards.
    threshold : float
        Density of the skin.

    Returns
    -------
    distance : float, mm
        That of the isocentre where no ray meets the patient.
    """
    geometry, centres = beam.geometry, beam.bixels.centres_mm
    order = np.argsort(np.hypot(centres[:, 0], centres[:, 1]), kind="stable")
    corners = body.grid.corners_mm()
    beyond = geometry.sad_mm + float(np.linalg.norm(np.ptp(corners, axis=0)))
    for place in np.concatenate([np.zeros((1, 2)), centres[order]]):
        through = np.array(geometry.isocentre_mm) + geometry.axes[:, :2] @ place
        way = through - geometry.source_mm
        way *= 2 * beyond / np.linalg.norm(way)
        part = surface_part(body, geometry.source_mm, geometry.source_mm + way, threshold)
        if part is not None:
            return float(part * 2 * beyond)
    return geometry.sad_mm


def _extent(geometry: BeamGeometry, grid: Grid, voxels: Indices) -> Extent:
    from hepatica.physics.photon.pencil_beam_kernels import extent

    found = np.array([_NEVER, -_NEVER, _NEVER, -_NEVER, _NEVER, -_NEVER])
    extent(voxels, grid.shape, camera(geometry, grid), found)
    if found[4] <= 0:
        raise InvalidInput(
            f"{geometry.label}: dose is asked for at voxels beside or behind the source. Check the "
            f"isocentre {geometry.isocentre_mm} mm, or ask for voxels of the patient only."
        )
    u_low, u_high, v_low, v_high, near, far = (float(number) for number in found)
    return (u_low, u_high), (v_low, v_high), (near, far)


def _refuse_source_inside(geometry: BeamGeometry, body: Body) -> None:
    offsets = body.grid.corners_mm() - geometry.source_mm
    ahead = -(offsets @ geometry.axes[:, 2])
    if body.density.any() and ahead.min() <= 0:
        raise InvalidInput(
            f"{geometry.label}: the source lies within or behind the patient, whose body reaches "
            f"{-ahead.min():.0f} mm beyond it. Check the isocentre {geometry.isocentre_mm} mm and "
            "the patient position."
        )
