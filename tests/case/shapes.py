"""Bodies whose volume is known, on grids of any kind."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hepatica.case import Grid, Volume

TURNED = ((0.8, -0.6, 0.0), (0.6, 0.8, 0.0), (0.0, 0.0, 1.0))
HEAD_FIRST_PRONE = ((-1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 1.0))
SAGITTAL = ((0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))


def centred_grid(spacing_mm: tuple[float, float, float], half_mm: float) -> Grid:
    """A grid around the origin that reaches ``half_mm`` in every direction."""
    sizes = [2 * int(half_mm / s) + 1 for s in spacing_mm]
    origin = tuple(-(n - 1) / 2 * s for n, s in zip(sizes, spacing_mm, strict=True))
    return Grid((sizes[2], sizes[1], sizes[0]), spacing_mm, origin)  # type: ignore[arg-type]


def ball(grid: Grid, radius_mm: float, centre_mm: tuple[float, float, float]) -> Volume:
    """Coverage of a ball on an axial grid, from 6 x 6 x 6 points per voxel."""
    fine = 6
    squares = []
    for axis in range(3):
        size, step = grid.shape[2 - axis], grid.spacing_mm[axis]
        places = ((np.arange(size * fine) + 0.5) / fine - 0.5) * step + grid.origin_mm[axis]
        squares.append((places - centre_mm[axis]) ** 2)
    x, y, z = squares
    inside = (z[:, None, None] + y[:, None] + x) <= radius_mm**2
    nz, ny, nx = grid.shape
    blocks = inside.reshape(nz, fine, ny, fine, nx, fine).mean(axis=(1, 3, 5))
    return Volume(blocks.astype(np.float32), grid, "1")


def ball_cc(radius_mm: float) -> float:
    """Volume of a ball, cc."""
    return float(4 / 3 * np.pi * radius_mm**3 / 1000)


def cc(volume: Volume) -> float:
    """Covered volume, cc."""
    return float(volume.values.sum(dtype=float)) * volume.grid.voxel_cc


def box(grid: Grid, start: tuple[int, int, int], stop: tuple[int, int, int]) -> Volume:
    """Whole voxels from array index ``start`` up to ``stop``."""
    values = np.zeros(grid.shape, np.float32)
    values[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))] = 1
    return Volume(values, grid, "1")


def on_whole(part: Volume, grid: Grid) -> NDArray[np.float32]:
    """The values of a crop as an array over the whole grid."""
    full = np.zeros(grid.shape, np.float32)
    offset = grid.require_same_lattice(part.grid, "a test")
    full[tuple(slice(a, a + n) for a, n in zip(offset, part.grid.shape, strict=True))] = part.values
    return full
