# mypy: allow-untyped-decorators, no-warn-return-any
"""Rays from a point of a CT slice to the bone around it, compiled."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

_STEP = 0.4


@numba.njit(cache=True, nogil=True)
def _value(plane: NDArray[np.float32], y: float, x: float) -> float:
    """HU between the pixels; not a number outside the plane."""
    rows, columns = plane.shape
    i, j = int(np.floor(y)), int(np.floor(x))
    if i < 0 or j < 0 or i >= rows - 1 or j >= columns - 1:
        return np.nan
    fy, fx = y - i, x - j
    above = (1 - fx) * plane[i, j] + fx * plane[i, j + 1]
    below = (1 - fx) * plane[i + 1, j] + fx * plane[i + 1, j + 1]
    return (1 - fy) * above + fy * below


@numba.njit(cache=True, nogil=True)
def ray_length(
    plane: NDArray[np.float32],
    y: float,
    x: float,
    dy: float,
    dx: float,
    limits: NDArray[np.float32],
) -> float:
    """Pixels from a point to the first bone along a direction; 0 without a hit.

    Parameters
    ----------
    plane : (rows, columns) array, HU
    y, x : index of the point
    dy, dx : unit direction
    limits : (bone_hu, darkest_hu, reach in pixels)
    """
    before, at = 0.0, 0.0
    while at <= limits[2]:
        value = _value(plane, y + at * dy, x + at * dx)
        if not value >= limits[1]:
            return 0.0
        if value >= limits[0]:
            return at - _STEP * (value - limits[0]) / max(value - before, 1.0) if at > 0 else 0.0
        before = value
        at += _STEP
    return 0.0


@numba.njit(cache=True, nogil=True)
def half_way(
    plane: NDArray[np.float32],
    y: float,
    x: float,
    direction: NDArray[np.float64],
    length: float,
    thickness: float,
) -> float:
    """Length of a ray to half way between the soft middle and the brightest bone of the wall.

    The wall is looked at over ``thickness`` pixels behind the first bone: half way is where a wall
    stands however bright it is and however blurred the image.
    """
    dy, dx = direction[0], direction[1]
    brightest, at = 0.0, length
    while at <= length + thickness:
        value = _value(plane, y + at * dy, x + at * dx)
        brightest = max(brightest, value)
        at += _STEP
    soft = _value(plane, y + 0.5 * length * dy, x + 0.5 * length * dx)
    wanted = 0.5 * (soft + brightest)
    before, at = soft, length - 2 * _STEP
    while at <= length + thickness:
        value = _value(plane, y + at * dy, x + at * dx)
        if value >= wanted:
            return at - _STEP * (value - wanted) / max(value - before, 1.0)
        before = value
        at += _STEP
    return length


@numba.njit(cache=True, nogil=True)
def ring_scores(
    hu: NDArray[np.float32],
    stride: int,
    directions: NDArray[np.float64],
    limits: NDArray[np.float32],
    across: NDArray[np.float64],
    out: NDArray[np.float32],
) -> None:
    """How much each point looks like the middle of a bony ring, 0 to 1.

    Parameters
    ----------
    hu : (z, y, x) array, HU
    stride : every how many pixels a point is tried
    directions : (n, 2) array of unit vectors (y, x), n even, the second half opposite to the first
    limits : see `ray_length`
    across : (shortest, longest) plausible diameter in pixels
    out : (z, y // stride, x // stride) array, written
    """
    for z in range(out.shape[0]):
        for i in range(out.shape[1]):
            for j in range(out.shape[2]):
                centre = hu[z, i * stride, j * stride]
                out[z, i, j] = 0.0
                if limits[1] <= centre < limits[0]:
                    out[z, i, j] = _ring_score(
                        hu[z], i * stride, j * stride, directions, limits, across
                    )


@numba.njit(cache=True, nogil=True)
def _ring_score(
    plane: NDArray[np.float32],
    y: int,
    x: int,
    directions: NDArray[np.float64],
    limits: NDArray[np.float32],
    across: NDArray[np.float64],
) -> float:
    n = directions.shape[0]
    lengths = np.zeros(n)
    hits, pairs = 0, 0
    # Every fourth ray first: most points have no bone around them at all.
    for start in range(4):
        for k in range(start, n, 4):
            lengths[k] = ray_length(plane, y, x, directions[k, 0], directions[k, 1], limits)
            hits += lengths[k] > 0
        if hits < n // 12:
            return 0.0
    for k in range(n // 2):
        a, b = lengths[k], lengths[k + n // 2]
        if a > 0 and b > 0 and across[0] <= a + b <= across[1]:
            pairs += 1
    return 0.5 * hits / n + pairs / n


@numba.njit(cache=True, nogil=True)
def wall_distances(
    hu: NDArray[np.float32],
    centres: NDArray[np.float64],
    directions: NDArray[np.float64],
    limits: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    """Pixels from the centre of each slice to the wall in every direction; 0 without a hit.

    ``limits`` as in `ray_length`, and fourth the thickness of a wall in pixels.
    """
    for z in range(out.shape[0]):
        y, x = centres[z, 0], centres[z, 1]
        for k in range(out.shape[1]):
            length = ray_length(hu[z], y, x, directions[k, 0], directions[k, 1], limits)
            if length > 0:
                length = half_way(hu[z], y, x, directions[k], length, limits[3])
            out[z, k] = length
