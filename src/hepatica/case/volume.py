"""A quantity known at every voxel of a grid: Hounsfield units, Gy, a temperature, a coverage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hepatica.case.grid import Grid
from hepatica.errors import InvalidInput


@dataclass(frozen=True, eq=False)
class Volume:
    """Values on a grid, read-only from birth.

    Parameters
    ----------
    values : (slices, rows, columns) array
        Kept as a read-only view; floating values are kept as float32, whole numbers as they are.
    grid : Grid
    unit : str
        ``HU``, ``Gy``, ``degC``, ``1`` ...

    Raises
    ------
    InvalidInput
        If the array does not have the grid's shape.
    """

    values: NDArray[np.generic]
    grid: Grid
    unit: str

    def __post_init__(self) -> None:
        values = np.asarray(self.values)
        if values.shape != self.grid.shape:
            raise InvalidInput(
                f"Volume in {self.unit}: the array has shape {values.shape}, the grid "
                f"{self.grid.shape}; both are (slices, rows, columns)."
            )
        if np.issubdtype(values.dtype, np.floating):
            values = values.astype(np.float32, copy=False)
        values = values.view()
        values.flags.writeable = False
        object.__setattr__(self, "values", values)

    def scaled(self, factor: float) -> Volume:
        """The same volume with every value multiplied by ``factor``."""
        values = self.values.astype(np.float32) * np.float32(factor)
        return Volume(values, self.grid, self.unit)

    def crop(self, start: tuple[int, int, int], stop: tuple[int, int, int]) -> Volume:
        """The part from array index ``start`` up to ``stop``, both (z, y, x)."""
        window = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
        return Volume(self.values[window], self.grid.crop(start, stop), self.unit)

    def trimmed(self) -> Volume:
        """The volume without its borders of zeros; one voxel remains of an empty one."""
        start, stop = [], []
        for axis in range(3):
            others = tuple(k for k in range(3) if k != axis)
            touched = np.flatnonzero(self.values.any(axis=others))
            start.append(int(touched[0]) if len(touched) else 0)
            stop.append(int(touched[-1]) + 1 if len(touched) else 1)
        part = self.crop(tuple(start), tuple(stop))  # type: ignore[arg-type]
        return Volume(np.ascontiguousarray(part.values), part.grid, self.unit)

    def sample(
        self, points_mm: NDArray[np.float64], outside: float = np.nan
    ) -> NDArray[np.float64]:
        """Trilinear value at LPS points.

        Parameters
        ----------
        points_mm : (..., 3) array, mm
        outside : float
            Value beyond the outermost voxel centres.

        Returns
        -------
        values : (...) array, in the volume's unit
        """
        from scipy.ndimage import map_coordinates

        index = self.grid.index_of(points_mm)
        flat = index.reshape(-1, 3)[:, ::-1].T
        last = np.array(self.grid.shape)[:, None] - 1
        inside = ((flat >= -1e-6) & (flat <= last + 1e-6)).all(axis=0)
        values = map_coordinates(
            self.values.astype(np.float32, copy=False), np.clip(flat, 0, last), order=1
        ).astype(float)
        values[~inside] = outside
        return np.asarray(values.reshape(index.shape[:-1]))

    def on(self, grid: Grid, outside: float = 0.0) -> Volume:
        """This quantity resampled, by trilinear interpolation, onto another grid."""
        from hepatica.case.resample import resample

        return Volume(resample(self.values, self.grid, grid, outside), grid, self.unit)
