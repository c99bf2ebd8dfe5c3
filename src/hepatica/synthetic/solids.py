"""Bodies as distances to their surface: negative inside, positive outside, in mm."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hepatica.synthetic.lattice import Array, Region

FAR_MM = np.float32(1e3)


def ellipsoid(
    region: Region,
    centre: ArrayLike,
    radii: ArrayLike,
    tilt: Sequence[float] = (0.0, 0.0, 0.0),
) -> Array:
    """Distance to an ellipsoid, exact to first order near its surface.

    Source: the implicit surface divided by the length of its gradient (Taubin 1991).
    """
    turn = rotation(tilt).astype(np.float32)
    offset = [
        axis - np.float32(c)
        for axis, c in zip((region.x, region.y, region.z), np.asarray(centre), strict=True)
    ]
    level = np.zeros(region.x.shape, np.float32)
    slope = np.zeros(region.x.shape, np.float32)
    for row, radius in zip(turn, np.asarray(radii), strict=True):
        along = (row[0] * offset[0] + row[1] * offset[1] + row[2] * offset[2]) / np.float32(radius)
        level += along * along
        slope += (along / np.float32(radius)) ** 2
    return _first_order(level, slope)


def column(
    region: Region, centre: Sequence[float], half: Sequence[float], exponent: float = 2.0
) -> Array:
    """Distance to an upright column whose section is an ellipse, or squarer (exponent above 2)."""
    u = np.abs(region.x - np.float32(centre[0])) / np.float32(half[0])
    v = np.abs(region.y - np.float32(centre[1])) / np.float32(half[1])
    p = np.float32(exponent)
    up, vp = np.power(u, p - 1), np.power(v, p - 1)
    total = np.maximum(up * u + vp * v, np.float32(1e-9))
    level = np.power(total, 1 / p)
    slope = np.sqrt((up / np.float32(half[0])) ** 2 + (vp / np.float32(half[1])) ** 2)
    slope *= np.power(total, 1 / p - 1)
    return np.asarray((level - 1) / np.maximum(slope, np.float32(1e-3)), np.float32)


def dome(region: Region, centre: Sequence[float], radii: Sequence[float]) -> Array:
    """Distance to the upper half of an ellipsoid that goes on downward as a column."""
    height = np.maximum(region.z - np.float32(centre[2]), 0)
    level = np.zeros(region.x.shape, np.float32)
    slope = np.zeros(region.x.shape, np.float32)
    for offset, radius in zip(
        (region.x - np.float32(centre[0]), region.y - np.float32(centre[1]), height),
        radii,
        strict=True,
    ):
        along = offset / np.float32(radius)
        level += along * along
        slope += (along / np.float32(radius)) ** 2
    return _first_order(level, slope)


def tube(region: Region, points: Sequence[Sequence[float]]) -> Array:
    """Distance to a tube along points (x, y, z, radius); `FAR_MM` well away from it."""
    distance = np.full(region.x.shape, FAR_MM, np.float32)
    knots = np.asarray(points, dtype=float)
    for start, end in pairwise(knots):
        reach = max(start[3], end[3]) + 10.0
        near = region.box(
            np.minimum(start[:3], end[:3]) - reach, np.maximum(start[:3], end[:3]) + reach
        )
        if near is not None:
            part = distance[near.within(region)]
            np.minimum(part, _segment(near, start, end), out=part)
    return distance


def bounds(points: Sequence[Sequence[float]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower and upper corner of the box around a tube."""
    knots = np.asarray(points, dtype=float)
    radius = knots[:, 3:]
    return (knots[:, :3] - radius).min(axis=0), (knots[:, :3] + radius).max(axis=0)


def blend(a: Array, b: Array, width_mm: float) -> Array:
    """Union of two bodies, the groove between them filled over a width."""
    h = np.clip(0.5 + 0.5 * (b - a) / np.float32(width_mm), 0, 1)
    return np.asarray(b + h * (a - b) - np.float32(width_mm) * h * (1 - h), np.float32)


def carve(a: Array, b: Array, width_mm: float) -> Array:
    """What two bodies have in common, with a rounded edge."""
    return -blend(-a, -b, width_mm)


def rotation(tilt_deg: Sequence[float]) -> NDArray[np.float64]:
    """(3, 3) matrix that turns about x, then y, then z."""
    matrix = np.eye(3)
    for axis, angle in enumerate(np.deg2rad(tilt_deg)):
        i, j = [(1, 2), (2, 0), (0, 1)][axis]
        turn = np.eye(3)
        turn[i, i] = turn[j, j] = np.cos(angle)
        turn[i, j], turn[j, i] = -np.sin(angle), np.sin(angle)
        matrix = turn @ matrix
    return matrix


def filled(distance: Array, voxel_mm: float) -> Array:
    """How much of each voxel lies inside: the edge fades over one voxel."""
    return np.asarray(np.clip(0.5 - distance / np.float32(voxel_mm), 0, 1), np.float32)


def _first_order(level: Array, slope: Array) -> Array:
    root = np.sqrt(level)
    return np.asarray(root * (root - 1) / np.maximum(np.sqrt(slope), np.float32(1e-4)), np.float32)


def _segment(region: Region, start: NDArray[np.float64], end: NDArray[np.float64]) -> Array:
    axis = (end[:3] - start[:3]).astype(np.float32)
    length = np.float32(max(float(axis @ axis), 1e-6))
    offset = [
        c - np.float32(s) for c, s in zip((region.x, region.y, region.z), start[:3], strict=True)
    ]
    along = sum(a * o for a, o in zip(axis, offset, strict=True)) / length
    along = np.clip(along, 0, 1)
    away = sum((o - along * a) ** 2 for a, o in zip(axis, offset, strict=True))
    radius = np.float32(start[3]) + along * np.float32(end[3] - start[3])
    return np.asarray(np.sqrt(away) - radius, np.float32)
