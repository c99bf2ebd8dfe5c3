"""A cut through the patient along the body's axes, whatever way the scanner's voxels lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hepatica.case import Grid, Volume

Vector = tuple[float, float, float]

_LETTERS = (("L", "R"), ("P", "A"), ("S", "I"))


def letter(direction: Vector) -> str:
    """The side of the patient that a direction in LPS points to: L, R, P, A, S or I."""
    axis = int(np.argmax(np.abs(direction)))
    positive, negative = _LETTERS[axis]
    return positive if direction[axis] > 0 else negative


@dataclass(frozen=True)
class View:
    """A way of looking: which patient direction runs to the picture's right and which down."""

    name: str
    across: Vector
    down: Vector

    @property
    def letters(self) -> tuple[str, str, str, str]:
        """Orientation letters at the left, right, top and bottom edge."""
        left = letter(_opposite(self.across))
        top = letter(_opposite(self.down))
        return left, letter(self.across), top, letter(self.down)


AXIAL = View("Axial", (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
CORONAL = View("Coronal", (1.0, 0.0, 0.0), (0.0, 0.0, -1.0))
SAGITTAL = View("Sagittal", (0.0, 1.0, 0.0), (0.0, 0.0, -1.0))


@dataclass(frozen=True)
class Plane:
    """A rectangle of points in the patient.

    Parameters
    ----------
    view : View
    centre_mm : (x, y, z), LPS
        A point that the plane passes through.
    across_mm, down_mm : (first, last)
        Reach along the view's two directions, in patient coordinates projected on them, mm.
    step_mm : float
        Distance between neighbouring points.
    """

    view: View
    centre_mm: Vector
    across_mm: tuple[float, float]
    down_mm: tuple[float, float]
    step_mm: float

    @property
    def across(self) -> NDArray[np.float64]:
        """(columns,) array, mm along the picture's horizontal direction."""
        return _steps(self.across_mm, self.step_mm)

    @property
    def down(self) -> NDArray[np.float64]:
        """(rows,) array, mm along the picture's vertical direction, top to bottom."""
        return _steps(self.down_mm, self.step_mm)

    @property
    def depth_mm(self) -> float:
        """Where the plane lies along the axis at right angles to it, mm, LPS."""
        return float(np.array(self.centre_mm) @ self._normal)

    @property
    def _normal(self) -> NDArray[np.float64]:
        return np.asarray(np.abs(np.cross(self.view.across, self.view.down)))

    @property
    def corner_mm(self) -> Vector:
        """The point at the top left of the picture, (x, y, z) mm, LPS."""
        right, down = np.array(self.view.across), np.array(self.view.down)
        corner = self._normal * self.depth_mm + right * self.across[0] + down * self.down[0]
        return float(corner[0]), float(corner[1]), float(corner[2])


def cut(volume: Volume, plane: Plane, outside: float = np.nan) -> NDArray[np.float64]:
    """Trilinear values of a volume on a plane; the edge voxels count to their outer faces.

    Returns
    -------
    values : (rows, columns) array, in the volume's unit
        ``outside`` where the volume does not reach.
    """
    index = _indices(volume.grid, plane)
    last = np.array(volume.grid.shape)[:, None, None] - 1
    inside = np.all((index >= -0.5) & (index <= last + 0.5), axis=0)
    return _interpolated(volume, np.clip(index, 0, last), np.asarray(inside), outside)


def cut_coverage(coverage: Volume, plane: Plane) -> NDArray[np.float64]:
    """Coverage of a structure on a plane; it falls to nothing within a voxel of its crop's edge."""
    index = _indices(coverage.grid, plane)
    beyond = np.array(coverage.grid.shape)[:, None, None]
    inside = np.all((index > -1) & (index < beyond), axis=0)
    return _interpolated(coverage, index, np.asarray(inside), 0.0)


def _indices(grid: Grid, plane: Plane) -> NDArray[np.float64]:
    """(3, rows, columns) array of fractional (slice, row, column) indices of the plane's points."""
    corner = np.array(plane.corner_mm)
    ends = grid.index_of(np.stack([corner, corner + plane.view.across, corner + plane.view.down]))
    start, right, down = ends[0], ends[1] - ends[0], ends[2] - ends[0]
    across_mm, down_mm = plane.across - plane.across[0], plane.down - plane.down[0]
    columns = start[:, None] + right[:, None] * across_mm
    return np.asarray((columns[:, None, :] + down[:, None, None] * down_mm[:, None])[::-1])


def _interpolated(
    volume: Volume, index: NDArray[np.float64], inside: NDArray[np.bool_], outside: float
) -> NDArray[np.float64]:
    """Values at the indices that are inside, taken from no more of the volume than is needed."""
    from scipy.ndimage import map_coordinates

    values = np.full(inside.shape, outside, dtype=float)
    if inside.any():
        wanted = index[:, inside]
        start = np.floor(wanted.min(axis=1)).astype(int)
        stop = np.ceil(wanted.max(axis=1)).astype(int) + 1
        first, last = np.maximum(start, 0), np.minimum(stop, volume.grid.shape)
        window = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
        part = volume.values[window].astype(np.float32, copy=False)
        part = np.pad(part, np.stack([first - start, stop - last], axis=1))
        values[inside] = map_coordinates(part, wanted - start[:, None], order=1)
    return values


def _steps(reach: tuple[float, float], step_mm: float) -> NDArray[np.float64]:
    count = max(1, int(np.ceil((reach[1] - reach[0]) / step_mm)))
    return np.linspace(reach[0], reach[1], count + 1)


def _opposite(direction: Vector) -> Vector:
    x, y, z = direction
    return (-x, -y, -z)
