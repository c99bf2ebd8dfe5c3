"""From the grey values of a CT to density: how much tissue, relative to water, a voxel holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hepatica.errors import InvalidInput
from hepatica.machine.parts import Floats, frozen_floats


@dataclass(frozen=True, eq=False)
class HounsfieldTable:
    """A calibration curve of a CT scanner, linear between its points.

    Parameters
    ----------
    hu : (N,) array, Hounsfield units, rising
    relative_density : (N,) array, 1 = water, never falling

    Raises
    ------
    InvalidInput
        If there are fewer than two points, they do not rise or a density is negative.
    """

    hu: Floats
    relative_density: Floats

    def __post_init__(self) -> None:
        for name in ("hu", "relative_density"):
            object.__setattr__(self, name, frozen_floats(getattr(self, name)))
        hu, density = self.hu, self.relative_density
        if hu.ndim != 1 or hu.shape != density.shape or hu.size < 2:
            raise InvalidInput(
                f"hounsfield: {hu.size} grey values and {density.size} densities; give at least "
                "two points, each a grey value and a density."
            )
        if not (np.all(np.isfinite(hu)) and np.all(np.diff(hu) > 0)):
            raise InvalidInput(
                "hounsfield.hu: the grey values do not rise; sort the points by HU and give each "
                "HU once."
            )
        if not (np.all(density >= 0) and np.all(np.diff(density) >= 0)):
            raise InvalidInput(
                "hounsfield.relative_density: densities must be 0 or more and must not fall as HU "
                "rises. Correct the table."
            )

    def density(self, hu: Any) -> NDArray[np.float32]:
        """Density relative to water; below and above the table the end points hold.

        Parameters
        ----------
        hu : array of any shape, Hounsfield units

        Returns
        -------
        array of the same shape, float32, 1 = water

        Examples
        --------
        >>> HounsfieldTable([-1000.0, 0.0, 1000.0], [0.0, 1.0, 1.5]).density([-500.0, 0.0]).tolist()
        [0.5, 1.0]
        """
        found = np.interp(np.asarray(hu), self.hu, self.relative_density)
        return np.asarray(found, dtype=np.float32)
