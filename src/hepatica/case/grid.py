"""Where each voxel of an image lies in the patient."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hepatica.errors import Inconsistent, InvalidInput

_ORTHOGONALITY_TOLERANCE = 1e-4
_SAME_PLACE_TOLERANCE_MM = 1e-3

_AXIAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass(frozen=True)
class Grid:
    """A regular lattice of voxels, at any angle to the patient.

    Array axes are ``(z, y, x)``: slice, row, column. Points are ``(x, y, z)`` in mm of the DICOM
    patient system (LPS: x grows to the patient's left, y to the back, z to the head).

    Parameters
    ----------
    shape : (slices, rows, columns)
    spacing_mm : (x, y, z) mm
        Distance between neighbouring columns, rows and slices.
    origin_mm : (x, y, z) mm, LPS
        Centre of voxel ``[0, 0, 0]``.
    direction : 3 by 3
        Column 0, 1, 2 is the unit vector in which the column, row, slice index grows.

    Raises
    ------
    InvalidInput
        If a size or spacing is not positive, or the axes are not orthonormal (a sheared, "gantry
        tilt" volume).
    """

    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    origin_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    direction: tuple[tuple[float, float, float], ...] = field(default=_AXIAL)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))
        object.__setattr__(self, "spacing_mm", tuple(float(s) for s in self.spacing_mm))
        object.__setattr__(self, "origin_mm", tuple(float(o) for o in self.origin_mm))
        object.__setattr__(
            self, "direction", tuple(tuple(float(c) for c in row) for row in self.direction)
        )
        if len(self.shape) != 3 or min(self.shape) < 1:
            raise InvalidInput(f"Grid shape is {self.shape}; it needs three sizes of at least 1.")
        if len(self.spacing_mm) != 3 or not all(np.isfinite(self.spacing_mm)):
            raise InvalidInput(f"Grid spacing is {self.spacing_mm} mm; it needs three numbers.")
        if min(self.spacing_mm) <= 0:
            raise InvalidInput(f"Grid spacing is {self.spacing_mm} mm; each must be above 0.")
        if not all(np.isfinite(self.origin_mm)):
            raise InvalidInput(f"Grid origin is {self.origin_mm} mm; it needs three numbers.")
        axes = self.axes
        if axes.shape != (3, 3) or not np.allclose(
            axes.T @ axes, np.eye(3), atol=_ORTHOGONALITY_TOLERANCE
        ):
            raise InvalidInput(
                f"Grid axes are not at right angles: {axes.round(4).tolist()}. A volume from a "
                "tilted gantry must be resampled before Hepatica can use it."
            )

    @cached_property
    def axes(self) -> NDArray[np.float64]:
        """(3, 3) array: column j is the LPS direction of index j (column, row, slice)."""
        return np.array(self.direction, dtype=float)

    @cached_property
    def affine(self) -> NDArray[np.float64]:
        """(4, 4) array that takes (column, row, slice, 1) to (x, y, z, 1) in mm, LPS."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.axes * np.array(self.spacing_mm)
        matrix[:3, 3] = self.origin_mm
        return matrix

    @property
    def voxel_cc(self) -> float:
        """Volume of one voxel, cc."""
        return float(np.prod(self.spacing_mm)) / 1000.0

    @property
    def normal(self) -> NDArray[np.float64]:
        """Unit vector in which the slice index grows, LPS."""
        return self.axes[:, 2]

    def index_of(self, points_mm: ArrayLike) -> NDArray[np.float64]:
        """Fractional (column, row, slice) of LPS points.

        Parameters
        ----------
        points_mm : (..., 3) array, mm

        Returns
        -------
        index : (..., 3) array
            0 is the centre of the first voxel.
        """
        offsets = np.asarray(points_mm, dtype=float) - np.array(self.origin_mm)
        return np.asarray((offsets @ self.axes) / np.array(self.spacing_mm))

    def point_at(self, index: ArrayLike) -> NDArray[np.float64]:
        """LPS points in mm of fractional (column, row, slice) indices, shape (..., 3)."""
        steps = np.asarray(index, dtype=float) * np.array(self.spacing_mm)
        return np.asarray(steps @ self.axes.T + np.array(self.origin_mm))

    def crop(self, start: tuple[int, int, int], stop: tuple[int, int, int]) -> Grid:
        """The part of the grid from array index ``start`` up to ``stop``, both (z, y, x)."""
        shape = tuple(b - a for a, b in zip(start, stop, strict=True))
        origin = self.point_at((start[2], start[1], start[0]))
        return replace(self, shape=shape, origin_mm=tuple(origin))  # type: ignore[arg-type]

    def same_lattice(self, other: Grid) -> bool:
        """Whether the voxels of both grids coincide wherever the grids overlap."""
        return self.offset_of(other) is not None

    def offset_of(self, other: Grid) -> tuple[int, int, int] | None:
        """Array index (z, y, x) here of the other grid's first voxel; None off the lattice."""
        if not np.allclose(self.axes, other.axes, atol=1e-6):
            return None
        spacing = np.array(self.spacing_mm)
        reach = max(self.shape + other.shape)
        if np.abs(spacing - np.array(other.spacing_mm)).max() * reach > 0.1:
            return None
        index = self.index_of(other.origin_mm)
        nearest = np.rint(index)
        if (np.abs(index - nearest) * spacing).max() > _SAME_PLACE_TOLERANCE_MM:
            return None
        x, y, z = nearest.astype(int)
        return int(z), int(y), int(x)

    def require_same_lattice(self, other: Grid, what: str) -> tuple[int, int, int]:
        """Offset of ``other`` on this lattice, or a clear refusal.

        Raises
        ------
        Inconsistent
            If the voxels do not coincide.
        """
        offset = self.offset_of(other)
        if offset is None:
            raise Inconsistent(
                f"{what}: the voxels do not coincide (spacing {self.spacing_mm} and "
                f"{other.spacing_mm} mm, origins {self.origin_mm} and {other.origin_mm} mm). "
                "Resample one onto the other first, with .on(grid)."
            )
        return offset

    def corners_mm(self) -> NDArray[np.float64]:
        """(8, 3) array: the outer corners of the first and last voxels, mm, LPS."""
        z, y, x = self.shape
        ends = [(-0.5, x - 0.5), (-0.5, y - 0.5), (-0.5, z - 0.5)]
        return self.point_at([(i, j, k) for k in ends[2] for j in ends[1] for i in ends[0]])
