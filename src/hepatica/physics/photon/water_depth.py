"""How much water lies between the source and a place in the patient: the radiological depth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hepatica.case import Grid, Volume
from hepatica.physics.photon.beam import BeamGeometry
from hepatica.physics.photon.threads import share

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Indices = NDArray[np.int64]
Runs = NDArray[np.int32]
Extent = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Body:
    """The density of a patient, ready to be walked through.

    Parameters
    ----------
    density : (z, y, x) array, relative to water, with a border of one empty voxel
    grid : Grid
        Of the density without its border.
    """

    density: Singles
    grid: Grid


def body_of(density: Volume) -> Body:
    """The body that a density holds, without the empty space around it."""
    trimmed = density.trimmed()
    return Body(np.pad(np.asarray(trimmed.values, dtype=np.float32), 1), trimmed.grid)


def surface_part(body: Body, start_mm: Floats, stop_mm: Floats, threshold: float) -> float | None:
    """Part of a way at which the density first exceeds a threshold; None where it never does."""
    from hepatica.physics.photon.depth_kernels import walk

    ends = body.grid.index_of(np.stack([start_mm, stop_mm]))
    nothing = (0.0, 1.0, np.empty(0, np.float32))
    _, part = walk(body.density, tuple(ends[0]), tuple(ends[1]), float(threshold), nothing)
    return float(part) if part <= 1 else None


class WaterDepth(Protocol):
    """Water-equivalent depths of voxels for one beam."""

    def of(self, voxels: Indices, runs: Runs, ways_mm: Singles) -> Singles:
        """Depths, mm, of the voxels (n,) in runs, given their distances from the source."""


@dataclass(frozen=True, eq=False)
class ExactDepth:
    """The exact integral of the density from the source to the centre of each voxel."""

    body: Body
    geometry: BeamGeometry
    grid: Grid

    def of(self, voxels: Indices, runs: Runs, ways_mm: Singles) -> Singles:
        """Depths of the voxels in runs, mm."""
        from hepatica.physics.photon.depth_kernels import exact_depths

        depths = ways_mm.copy()
        to_density = np.linalg.inv(self.body.grid.affine) @ self.grid.affine
        source = self.body.grid.index_of(self.geometry.source_mm)
        path = (np.ascontiguousarray(to_density[:3]), source)
        exact_depths(voxels, self.grid.shape, self.body.density, path, runs, depths)
        return depths


@dataclass(frozen=True, eq=False)
class FanDepth:
    """Depths along a fan of rays from the source, interpolated between rays and along them.

    Parameters
    ----------
    camera : (3, 4) matrix, mm
        From (column, row, slice) of the grid to (right, up, ahead) of the source; and the
        source-axis distance.
    grid : Grid
    table : (rays along v, rays along u, marks) array, mm
    lattice : (6,) array, mm
        First u, v at the isocentre plane and first distance ahead; the three steps.
    """

    camera: tuple[Floats, float]
    grid: Grid
    table: Singles
    lattice: Floats

    def of(self, voxels: Indices, runs: Runs, ways_mm: Singles) -> Singles:
        """Depths of the voxels in runs, mm."""
        from hepatica.physics.photon.depth_kernels import fan_depths

        depths = np.empty_like(ways_mm)
        fan = (self.table, self.lattice)
        fan_depths(voxels, self.grid.shape, self.camera, fan, runs, depths)
        return depths


def fan_depth(
    body: Body, geometry: BeamGeometry, grid: Grid, extent_mm: Extent, pitch_mm: float
) -> FanDepth:
    """Trace a fan of rays over an extent.

    Parameters
    ----------
    body, geometry, grid
    extent_mm : lowest and highest u and v at the isocentre plane and distance ahead of the source
    pitch_mm : float
        Distance between rays at the isocentre plane, and between marks along them.
    """
    counts = [int(np.ceil((high - low) / pitch_mm)) + 2 for low, high in extent_mm]
    u, v, ahead = (
        low + pitch_mm * np.arange(n) for (low, _), n in zip(extent_mm, counts, strict=True)
    )
    last = float(ahead[-1])
    source = body.grid.index_of(geometry.source_mm)
    table = np.empty((len(v), len(u), len(ahead)), np.float32)

    def row(number: int) -> None:
        from hepatica.physics.photon.depth_kernels import fill_fan

        at = np.stack([u, np.full(len(u), v[number]), np.full(len(u), -geometry.sad_mm)], axis=1)
        ways = (last / geometry.sad_mm * at) @ geometry.axes.T
        ends = body.grid.index_of(geometry.source_mm + ways)
        marks = (float(ahead[0]) / last, pitch_mm / last)
        fill_fan(body.density, source, ends, marks, table[number])
        table[number] *= np.linalg.norm(ways, axis=1).astype(np.float32)[:, None]

    share(row, range(len(v)))
    lattice = np.array([u[0], v[0], ahead[0], pitch_mm, pitch_mm, pitch_mm])
    return FanDepth(camera(geometry, grid), grid, table, lattice)


def camera(geometry: BeamGeometry, grid: Grid) -> tuple[Floats, float]:
    """Matrix from (column, row, slice) to right, up and ahead of the source; its distance, mm."""
    turn = geometry.axes.T * np.array([[1.0], [1.0], [-1.0]])
    matrix = np.empty((3, 4))
    matrix[:, :3] = turn @ grid.affine[:3, :3]
    matrix[:, 3] = turn @ (grid.affine[:3, 3] - geometry.source_mm)
    return matrix, geometry.sad_mm
