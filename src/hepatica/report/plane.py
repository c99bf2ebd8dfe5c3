"""A cut through the patient along the body's axes, whatever way the scanner's voxels lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hepatica.case import Volume

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

    def points_mm(self) -> NDArray[np.float64]:
        """(rows, columns, 3) array of LPS points, mm."""
        u, v = np.array(self.view.across), np.array(self.view.down)
        base = self._normal * self.depth_mm
        along = self.across[None, :, None] * u
        return np.asarray(base + along + self.down[:, None, None] * v)


def cut(volume: Volume, plane: Plane, outside: float = np.nan) -> NDArray[np.float64]:
    """Trilinear values of a volume on a plane; the edge voxels count to their outer faces.

    Returns
    -------
    values : (rows, columns) array, in the volume's unit
        ``outside`` where the volume does not reach.
    """
    from scipy.ndimage import map_coordinates

    points = plane.points_mm()
    index = volume.grid.index_of(points.reshape(-1, 3))[:, ::-1].T
    last = np.array(volume.grid.shape)[:, None] - 1
    inside = ((index >= -0.5) & (index <= last + 0.5)).all(axis=0)
    values = np.full(index.shape[1], outside, dtype=float)
    if inside.any():
        index = np.clip(index[:, inside], 0, last)
        start = np.floor(index.min(axis=1)).astype(int)
        stop = np.ceil(index.max(axis=1)).astype(int) + 1
        window = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
        part = volume.values[window].astype(np.float32, copy=False)
        values[inside] = map_coordinates(part, index - start[:, None], order=1, mode="nearest")
    return values.reshape(points.shape[:2])


def cut_coverage(coverage: Volume, plane: Plane) -> NDArray[np.float64]:
    """Coverage of a structure on a plane; it falls to nothing within a voxel of its crop's edge."""
    grid = coverage.grid
    padded = np.pad(coverage.values.astype(np.float32, copy=False), 1)
    start, stop = (-1, -1, -1), tuple(n + 1 for n in grid.shape)
    wider = Volume(padded, grid.crop(start, stop), "1")  # type: ignore[arg-type]
    return cut(wider, plane, outside=0.0)


def _steps(reach: tuple[float, float], step_mm: float) -> NDArray[np.float64]:
    count = max(1, int(np.ceil((reach[1] - reach[0]) / step_mm)))
    return np.linspace(reach[0], reach[1], count + 1)


def _opposite(direction: Vector) -> Vector:
    x, y, z = direction
    return (-x, -y, -z)
