"""Where each voxel of the image lies in the reference trunk that every patient is bent from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hepatica.case import Grid

Array = NDArray[np.float32]
_WARP_MM = 3.0
_WARP_LENGTHS_MM = (90.0, 150.0)
_REACH_MM = 8.0


@dataclass(frozen=True)
class Body:
    """What one patient's build does to the reference trunk.

    ``scale`` is patient mm per reference mm along x, y, z; ``waves`` bend the trunk smoothly, each
    a row of axis, amplitude in mm, wave vector and phase.
    """

    scale: tuple[float, float, float]
    fat_mm: float
    waves: tuple[tuple[int, float, tuple[float, float, float], float], ...]

    @classmethod
    def drawn(cls, rng: np.random.Generator, height_cm: float, bsa_m2: float, bmi: float) -> Body:
        """A build from height, surface and mass index, with its own bends."""
        across = (bsa_m2 / 1.80) ** 0.4
        waves = []
        for axis in range(3):
            for _ in range(2):
                vector = rng.normal(size=3)
                vector *= 2 * np.pi / rng.uniform(*_WARP_LENGTHS_MM) / np.linalg.norm(vector)
                waves.append((axis, _WARP_MM / 2, tuple(vector), float(rng.uniform(0, 2 * np.pi))))
        fat = float(np.clip(4 + 1.6 * (bmi - 18), 5, 34))
        return cls((across, across, height_cm / 170), fat, tuple(waves))


@dataclass(frozen=True)
class Region:
    """Reference coordinates of a box of voxels.

    Parameters
    ----------
    x, y, z : (slices, rows, columns) arrays, mm
    window : the box in the whole image
    voxel_mm : size of a voxel in reference mm, over which an edge fades
    lines : coordinates along z, y, x without the bends, to find smaller boxes
    """

    x: Array
    y: Array
    z: Array
    window: tuple[slice, slice, slice]
    voxel_mm: float
    lines: tuple[Array, Array, Array]

    def box(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> Region | None:
        """The part between two corners (x, y, z), with room for the bends; None if empty."""
        inner, outer = [], []
        for line, a, b, whole in zip(
            self.lines, low[::-1] - _REACH_MM, high[::-1] + _REACH_MM, self.window, strict=True
        ):
            first, last = np.searchsorted(line, [a, b])
            if first >= last:
                return None
            inner.append(slice(int(first), int(last)))
            outer.append(slice(whole.start + int(first), whole.start + int(last)))
        part = tuple(inner)
        return Region(
            self.x[part],
            self.y[part],
            self.z[part],
            (outer[0], outer[1], outer[2]),
            self.voxel_mm,
            (self.lines[0][inner[0]], self.lines[1][inner[1]], self.lines[2][inner[2]]),
        )

    def within(self, other: Region) -> tuple[slice, ...]:
        """This box as a window into a larger one."""
        return tuple(
            slice(a.start - b.start, a.stop - b.start)
            for a, b in zip(self.window, other.window, strict=True)
        )


def reference(grid: Grid, body: Body) -> Region:
    """The whole (axial) image in reference coordinates."""
    scale = np.array(body.scale)
    lines = [
        ((origin + step * np.arange(size)) / s).astype(np.float32)
        for origin, step, size, s in zip(
            grid.origin_mm, grid.spacing_mm, grid.shape[::-1], scale, strict=True
        )
    ]
    straight = [lines[0][None, None, :], lines[1][None, :, None], lines[2][:, None, None]]
    bent = [np.broadcast_to(line, grid.shape).astype(np.float32) for line in straight]
    for axis, amplitude, vector, phase in body.waves:
        angle = sum(np.float32(k) * line for k, line in zip(vector, straight, strict=True))
        bent[axis] += np.float32(amplitude) * np.sin(angle + np.float32(phase))
    voxel = float(np.cbrt(np.prod(np.array(grid.spacing_mm) / scale)))
    window = tuple(slice(0, size) for size in grid.shape)
    return Region(
        bent[0],
        bent[1],
        bent[2],
        (window[0], window[1], window[2]),
        voxel,
        (lines[2], lines[1], lines[0]),
    )
