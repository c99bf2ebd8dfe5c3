"""Carries an image onto the even lattice of the image rules, and their findings back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hepatica.case import Grid, Structure, Volume
from hepatica.case.resample import average_onto, mean_onto, resample
from hepatica.case.structure import Role
from hepatica.physics.anatomy import Finding, Scan

_AIR_HU = -1024.0


@dataclass(frozen=True, eq=False)
class ScanLattice:
    """A part of the image on a lattice along the axes of the patient."""

    scan: Scan
    grid: Grid

    def part(
        self, pitch_mm: tuple[float, float, float], image: Volume, window: Window
    ) -> ScanLattice:
        """A window of rows and columns, at another (x, y, z) pitch, read from the image again."""
        slices = self.grid.shape[0]
        start = (0, window[0].start, window[1].start)
        stop = (slices, window[0].stop, window[1].stop)
        return on_lattice(image, pitch_mm, self.grid.crop(start, stop))

    def structure(
        self, name: str, found: Finding, image: Grid, role: Role, origin: str
    ) -> Structure:
        """A finding as coverage of the voxels of the image."""
        coverage = _coverage(found.level_mm, self.grid, image)
        return Structure(name, coverage, role, origin, derived=True)

    def mask_of(self, structure: Structure) -> NDArray[np.bool_]:
        """The voxels of the lattice that a structure fills at least by half."""
        return np.asarray(average_onto(structure.coverage, self.grid).values >= np.float32(0.5))


Window = tuple[slice, slice]


def on_lattice(
    image: Volume, pitch_mm: tuple[float, float, float], within: Grid | None = None
) -> ScanLattice:
    """The image averaged onto an axial lattice that fits into the image.

    Parameters
    ----------
    image : Volume, HU
    pitch_mm : (x, y, z) mm
    within : Grid, optional
        Only the part inside this grid's outer corners.
    """
    corners = (within or image.grid).corners_mm()
    low, high = corners.min(axis=0), corners.max(axis=0)
    pitch = np.minimum(np.array(pitch_mm), high - low)
    counts = np.maximum(np.floor((high - low) / pitch + 1e-6), 1).astype(int)
    origin = (low + high) / 2 - pitch * (counts - 1) / 2
    grid = Grid(tuple(counts[::-1]), tuple(pitch), tuple(origin))
    source = _around(image, grid)
    above_air = source.values.astype(np.float32) - np.float32(_AIR_HU)
    np.maximum(above_air, 0, out=above_air)
    mean = mean_onto(Volume(above_air, source.grid, "HU"), grid).values
    hu = mean.astype(np.float32) + np.float32(_AIR_HU)
    x, y, z = grid.spacing_mm
    return ScanLattice(Scan(hu, (z, y, x)), grid)


def _around(image: Volume, grid: Grid) -> Volume:
    """The part of the image that a grid touches."""
    index = image.grid.index_of(grid.corners_mm())[:, ::-1]
    low = np.clip(np.floor(index.min(axis=0)).astype(int) - 1, 0, image.grid.shape)
    high = np.clip(np.ceil(index.max(axis=0)).astype(int) + 2, 0, image.grid.shape)
    if (high <= low).any():
        return image
    return image.crop(tuple(low), tuple(high))


def _coverage(level_mm: NDArray[np.float32], lattice: Grid, image: Grid) -> Volume:
    """Where a surface runs through the voxels of the image; the ends of the lattice continue."""
    z, y, x = lattice.shape
    padded = np.pad(level_mm, 1, mode="edge")
    wider = lattice.crop((-1, -1, -1), (z + 1, y + 1, x + 1))
    inside = np.argwhere(padded > -0.6 * min(lattice.spacing_mm))
    if not len(inside):
        return Volume(np.zeros((1, 1, 1), np.float32), image.crop((0, 0, 0), (1, 1, 1)), "1")
    low, high = inside.min(axis=0) - 1, inside.max(axis=0) + 2
    low, high = np.maximum(low, 0), np.minimum(high, padded.shape)
    part = wider.crop(tuple(low), tuple(high))
    index = image.index_of(part.corners_mm())[:, ::-1]
    start = np.clip(np.floor(index.min(axis=0)).astype(int), 0, np.array(image.shape) - 1)
    stop = np.clip(np.ceil(index.max(axis=0)).astype(int) + 1, start + 1, image.shape)
    target = image.crop(tuple(start), tuple(stop))
    values = padded[low[0] : high[0], low[1] : high[1], low[2] : high[2]]
    level = resample(values, part, target, -10.0)
    size = float(np.prod(image.spacing_mm)) ** (1 / 3)
    coverage = np.clip(0.5 + level / np.float32(size), 0, 1, dtype=np.float32)
    return Volume(coverage, target, "1").trimmed()
