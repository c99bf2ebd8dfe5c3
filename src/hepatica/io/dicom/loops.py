"""Looks at how the outlines of one structure lie to each other: repeats, holes, overlaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

_SAME_PLANE_MM = 0.05
_ROUNDING_DIGITS = 3

Loop = NDArray[np.float64]


@dataclass(frozen=True)
class Arrangement:
    """How many planes hold one outline within another, and how many hold crossing outlines."""

    planes_with_holes: int
    planes_with_overlaps: int


def without_repeats(loops: Sequence[Loop]) -> list[Loop]:
    """The loops, each once.

    A loop that is listed twice would cancel itself under the even-odd rule and leave a structure
    empty where the physician drew it.
    """
    kept: dict[bytes, Loop] = {}
    for loop in loops:
        rounded = np.round(loop, _ROUNDING_DIGITS) + 0.0
        kept.setdefault(rounded[np.lexsort(rounded.T)].tobytes(), loop)
    return list(kept.values())


def arrangement(loops: Sequence[Loop], axes: NDArray[np.float64]) -> Arrangement:
    """Count planes with holes and planes with overlapping outlines.

    Parameters
    ----------
    loops : (points, 3) arrays, mm
    axes : (3, 3) array
        Columns: the two directions in the plane, and its normal.
    """
    holes = overlaps = 0
    for plane in _planes([loop @ axes for loop in loops]):
        shares = [_share_inside(a, b) for a, b in combinations(plane, 2)]
        holes += any(share == 1.0 for share in shares)
        overlaps += any(0.0 < share < 1.0 for share in shares)
    return Arrangement(holes, overlaps)


def _planes(loops: Sequence[Loop]) -> Iterator[list[Loop]]:
    ordered = sorted(loops, key=lambda loop: float(loop[:, 2].mean()))
    plane: list[Loop] = []
    for loop in ordered:
        if plane and loop[:, 2].mean() - plane[0][:, 2].mean() > _SAME_PLANE_MM:
            yield plane
            plane = []
        plane.append(loop[:, :])
    if plane:
        yield plane


def _share_inside(a: Loop, b: Loop) -> float:
    """The larger share of the points of one loop that lie inside the other."""
    low = np.maximum(a[:, :2].min(axis=0), b[:, :2].min(axis=0))
    high = np.minimum(a[:, :2].max(axis=0), b[:, :2].max(axis=0))
    if (low > high).any():
        return 0.0
    return max(float(_inside(a, b).mean()), float(_inside(b, a).mean()))


def _inside(points: Loop, loop: Loop) -> NDArray[np.bool_]:
    """(points,) array: even-odd test of points against a loop, in the plane."""
    x, y = points[:, 0, None], points[:, 1, None]
    x0, y0 = loop[:, 0], loop[:, 1]
    x1, y1 = np.roll(x0, -1), np.roll(y0, -1)
    straddles = (y0 > y) != (y1 > y)
    rise = np.where(y1 == y0, 1.0, y1 - y0)
    crossing = x0 + (y - y0) / rise * (x1 - x0)
    return np.asarray((straddles & (x < crossing)).sum(axis=1) % 2 == 1)
