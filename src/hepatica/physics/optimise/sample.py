"""Some points of a region that speak for all of it, while a search is still far from its end.

Dose is smooth on the scale of a bixel. Where voxels are finer than that, every second one along
the edges of the regions, and one per bixel deep inside them, tells as much as all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from hepatica.errors import Inconsistent, InvalidInput
from hepatica.physics.optimise.measure import BoolArray, FloatArray
from hepatica.physics.optimise.problem import IndexArray, Region

_WHOLE, _EDGE, _DEEP = 0, 1, 2
# A region with fewer points than this in the sample keeps all its points.
_FEW: Final = 300


@dataclass(frozen=True, eq=False)
class Chosen:
    """Some of a dose's points, in a shorter dose of their own.

    Parameters
    ----------
    keep : (points,) bool array
    """

    keep: BoolArray

    @cached_property
    def places(self) -> IndexArray:
        """(points,) array: where a chosen point stands in the shorter dose."""
        places: IndexArray = np.cumsum(self.keep) - 1
        return places

    def among(self, region: Region) -> BoolArray:
        """(k,) array: which of a region's points are chosen."""
        return self.keep[region.rows]

    def part_of(self, region: Region) -> Region:
        """The chosen points of a region, each with its own volume; the region's volume stays."""
        among = self.among(region)
        rows = self.places[region.rows[among]]
        return Region(region.name, rows, region.cc[among], region.total_cc)


@dataclass(frozen=True, eq=False)
class Sample:
    """Points that speak for their neighbours as well.

    Parameters
    ----------
    keep : (points,) bool array
        The points of the sample.
    stratum : (points,) array
        0 where all points are kept, 1 along edges, 2 deep inside: kept points of a stratum share
        the volume of all its points.
    """

    keep: BoolArray
    stratum: npt.NDArray[np.uint8]

    def among(self, region: Region) -> BoolArray:
        """(k,) array: which of a region's points are in the sample."""
        return self.keep[region.rows]

    def part_of(self, region: Region) -> Region:
        """The sample of a region, at its points' own places; it stands for the region's volume."""
        among = self.among(region)
        stratum = self.stratum[region.rows]
        whole = np.bincount(stratum, region.cc, minlength=3)
        kept = np.bincount(stratum[among], region.cc[among], minlength=3)
        grown: FloatArray = np.divide(whole, kept, out=np.ones(3), where=kept > 0)
        # A stratum without a kept point leaves its volume to the others.
        grown *= whole.sum() / (grown * kept).sum()
        cc = region.cc[among] * grown[stratum[among]]
        return Region(region.name, region.rows[among], cc, region.total_cc)


Choice = Chosen | Sample


def sample_of(
    regions: Iterable[Region],
    voxels: IndexArray,
    shape: tuple[int, int, int],
    per_bixel: tuple[float, float, float],
) -> Sample:
    """A sample of points that lie on a grid, as fine as bixels need it.

    Parameters
    ----------
    regions : Region
        Whose edges are kept closer.
    voxels : (points,) array
        Flat indices of the points into the grid, C order.
    shape : of the grid
    per_bixel : three numbers
        Voxels along the width of a bixel, in the order of the shape; below 2 an axis keeps all.

    Returns
    -------
    Sample

    Raises
    ------
    InvalidInput
        A number of voxels per bixel is not above zero.
    Inconsistent
        A voxel lies off the grid.
    """
    if not (np.isfinite(per_bixel).all() and min(per_bixel) > 0):
        raise InvalidInput(
            f"A bixel is said to be {per_bixel} voxels wide; three numbers above 0 are needed."
        )
    size = int(np.prod(shape))
    if voxels.size and not 0 <= int(voxels.min()) <= int(voxels.max()) < size:
        raise Inconsistent(
            f"The sample names voxels {int(voxels.min())} to {int(voxels.max())} of a grid of "
            f"{size}; they must lie on the grid."
        )
    regions = tuple(regions)
    deep = _deep(regions, voxels, shape, per_bixel)
    strides = [max(int(count), 1) for count in per_bixel]
    index = np.unravel_index(voxels, shape)
    coarse = np.all([i % n == 0 for i, n in zip(index, strides, strict=True)], axis=0)
    turned = [i for i, n in zip(index, strides, strict=True) if n > 1]
    every_second = np.sum(turned, axis=0) % 2 == 0 if turned else np.ones(voxels.shape, bool)
    keep = np.where(deep, coarse, every_second)
    stratum = np.where(deep, _DEEP, _EDGE).astype(np.uint8)
    for region in regions:
        if keep[region.rows].sum() < _FEW:
            keep[region.rows] = True
            stratum[region.rows] = _WHOLE
    return Sample(keep, stratum)


def _deep(
    regions: tuple[Region, ...],
    voxels: IndexArray,
    shape: tuple[int, int, int],
    per_bixel: tuple[float, float, float],
) -> BoolArray:
    """(points,) array: points with no edge of a region within a bixel of them."""
    from scipy.ndimage import maximum_filter, minimum_filter

    inside = np.zeros(int(np.prod(shape)), np.int64)
    for number, region in enumerate(regions):
        inside[voxels[region.rows]] |= 1 << number % 62
    inside = inside.reshape(shape)
    reach = [2 * int(np.ceil(count)) + 1 for count in per_bixel]
    alike = minimum_filter(inside, reach) == maximum_filter(inside, reach)
    deep: BoolArray = alike.reshape(-1)[voxels]
    return deep
