"""A hole joined to the outline around it by a bridge of no width, for systems that fill all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Loop = NDArray[np.float64]


def keyholes(loops: list[Loop], axes: NDArray[np.float64]) -> list[Loop]:
    """Loops of one plane as loops without holes.

    Parameters
    ----------
    loops : list of (points, 3) arrays, mm
        Not crossing each other; a loop inside another is a hole, one inside a hole an island.
    axes : (3, 2) array
        The two directions of the plane.

    Returns
    -------
    loops : list of (points, 3) arrays, mm
        Each hole is walked against the direction of its outline, and the bridge both ways, so
        that even-odd and winding-number filling agree.
    """
    flat = [loop @ axes for loop in loops]
    around = [
        [j for j in range(len(loops)) if j != i and _holds(flat[j], flat[i])]
        for i in range(len(loops))
    ]
    depth = [len(outer) for outer in around]
    joined = []
    for i, loop in enumerate(loops):
        if depth[i] % 2:
            continue
        holes = [j for j in range(len(loops)) if depth[j] == depth[i] + 1 and i in around[j]]
        sign = np.sign(_signed_area(flat[i]))
        against = [
            loops[j][::-1] if np.sign(_signed_area(flat[j])) == sign else loops[j] for j in holes
        ]
        joined.append(_join(loop, against))
    return joined


def _join(outer: Loop, holes: list[Loop]) -> Loop:
    """Take the nearest hole first: the shortest bridge crosses no other loop."""
    from scipy.spatial import cKDTree

    rest = list(holes)
    while rest:
        tree = cKDTree(outer)
        found = [tree.query(hole) for hole in rest]
        chosen = int(np.argmin([distance.min() for distance, _ in found]))
        distance, at = found[chosen]
        hole = rest.pop(chosen)
        start = int(np.argmin(distance))
        end = int(at[start])
        walk = np.concatenate([hole[start:], hole[: start + 1]])
        outer = np.concatenate([outer[: end + 1], walk, outer[end:]])
    return outer


def _signed_area(flat: NDArray[np.float64]) -> float:
    x, y = flat.T
    return 0.5 * float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def _holds(outer: NDArray[np.float64], inner: NDArray[np.float64]) -> bool:
    """Whether most points of ``inner`` lie in ``outer``: robust where both touch in a point."""
    if abs(_signed_area(outer)) <= abs(_signed_area(inner)):
        return False
    return bool(np.mean([_encloses(outer, point) for point in inner]) > 0.5)


def _encloses(polygon: NDArray[np.float64], point: NDArray[np.float64]) -> bool:
    x, y = polygon.T
    following_x, following_y = np.roll(x, -1), np.roll(y, -1)
    spans = (y > point[1]) != (following_y > point[1])
    rise = np.where(spans, following_y - y, 1.0)
    crossing = x + (point[1] - y) / rise * (following_x - x)
    return bool(np.count_nonzero(spans & (crossing > point[0])) % 2)
