"""The outlines of a structure as they were drawn, in patient coordinates."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hepatica.case.grid import Grid
from hepatica.case.solid import SLABS, Solid
from hepatica.case.volume import Volume
from hepatica.errors import InvalidInput


@dataclass(frozen=True, eq=False)
class Contours:
    """Closed planar loops; inside is where a point is enclosed an odd number of times.

    A loop inside another is a hole, and a "keyhole" bridge walked in both directions encloses
    nothing: both follow from the even-odd rule.

    Parameters
    ----------
    loops : tuple of (points, 3) arrays, mm, LPS
        Each planar, three points or more, the first point not repeated at the end.
    solid : Solid
        What lies between the planes and beyond the last: slabs with half a slice as end caps
        unless said otherwise.
    """

    loops: tuple[NDArray[np.float64], ...]
    solid: Solid = SLABS

    def __post_init__(self) -> None:
        frozen = []
        for loop in self.loops:
            points = np.array(loop, dtype=float)
            if points.ndim != 2 or points.shape[1] != 3 or len(points) < 3:
                raise InvalidInput(
                    f"A contour has shape {points.shape}; it needs at least 3 points (x, y, z)."
                )
            points.flags.writeable = False
            frozen.append(points)
        object.__setattr__(self, "loops", tuple(frozen))

    def blended(self, end_cap: float = 0.0) -> Contours:
        """The same outlines, with the surface bent from one plane to the next.

        Parameters
        ----------
        end_cap : float, 0 to 0.75
            How far the outermost outlines are continued beyond their planes, in plane distances.
        """
        return replace(self, solid=Solid("blended", end_cap))

    def coverage(self, grid: Grid) -> Volume:
        """How much of each voxel lies inside: see `hepatica.case.rasterise.coverage_of`."""
        from hepatica.case.rasterise import coverage_of

        return coverage_of(self, grid)

    def volume_cc(self, grid: Grid) -> float:
        """Volume of the solid, not cut off: see `hepatica.case.rasterise.contour_volume_cc`."""
        from hepatica.case.rasterise import contour_volume_cc

        return contour_volume_cc(self, grid)
