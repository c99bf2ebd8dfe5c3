"""Where the spinal canal runs: the best chain of points that look like the middle of a ring."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from hepatica.physics.anatomy.rules import rule
from hepatica.physics.anatomy.scan import Scan, Singles

RAYS = 24
STRIDE_MM = 2.5
"""Distance of the points that are tried, rounded to whole pixels."""

ASIDE_MM = 70.0
"""Half width of the window in which the canal is looked for."""

_BEND_COST = 0.03
_BODY_AHEAD_MM = (17.0, 37.0)
_BODY_WIDE_MM = 20.0
_DISC_MM = 10.0
_FLESH_HU, _BODY_STEP_HU = 50.0, 80.0
_BODY_WEIGHT, _ASIDE_WEIGHT = 0.4, 0.25


def directions(count: int) -> NDArray[np.float64]:
    """(count, 2) unit vectors (row, column) all around."""
    angle = 2 * np.pi * np.arange(count) / count
    return np.stack([np.sin(angle), np.cos(angle)], axis=1)


def ray_limits(scan: Scan) -> NDArray[np.float32]:
    """What stops a ray: bone and darkest HU, reach and thickness of a wall in pixels."""
    reach, thick = (rule(n) / scan.pitch_mm[1] for n in ("canal_reach_mm", "canal_wall_mm"))
    return np.array([rule("canal_bone_hu"), rule("canal_soft_low_hu"), reach, thick], np.float32)


def ring_likeness(scan: Scan) -> Singles:
    """How much each point tried looks like the middle of a bony ring, 0 to 1."""
    from hepatica.physics.anatomy.canal_kernels import ring_scores

    pitch = scan.pitch_mm[1]
    stride = max(1, round(STRIDE_MM / pitch))
    z, y, x = scan.hu.shape
    out = np.zeros((z, (y - 1) // stride + 1, (x - 1) // stride + 1), np.float32)
    across = np.array([10.0, rule("canal_diameter_high_mm") + 3.0]) / pitch
    hu = np.ascontiguousarray(scan.hu, np.float32)
    ring_scores(hu, stride, directions(RAYS), ray_limits(scan), across, out)
    return out


def bone_ahead_hu(scan: Scan) -> Singles:
    """Mean HU where the vertebral body would be if a point were in the canal, over a disc and more.

    On the points of `ring_likeness`. Metal counts as bone.
    """
    from scipy.ndimage import gaussian_filter1d, uniform_filter

    pitch = scan.pitch_mm[1]
    stride = max(1, round(STRIDE_MM / pitch))
    near, far = (round(end / pitch) for end in _BODY_AHEAD_MM)
    window = (1, far - near, round(_BODY_WIDE_MM / pitch))
    mean = uniform_filter(np.clip(scan.hu, -100, 300), window, mode="nearest")
    ahead = np.empty_like(mean)
    shift = min((near + far) // 2, mean.shape[1] - 1)
    ahead[:, shift:] = mean[:, : mean.shape[1] - shift]
    ahead[:, :shift] = mean[:, :1]
    along = gaussian_filter1d(ahead[:, ::stride, ::stride], _DISC_MM / scan.pitch_mm[0], axis=0)
    return np.asarray(along, np.float32)


def prior(scan: Scan, bone_ahead: Singles) -> Singles:
    """A vertebral body in front and the middle of the trunk speak for a point."""
    columns = np.arange(bone_ahead.shape[2])
    aside = (columns - columns.mean()) * STRIDE_MM / ASIDE_MM
    body = np.clip((bone_ahead - _FLESH_HU) / _BODY_STEP_HU, 0, 1)
    return np.asarray(_BODY_WEIGHT * body - _ASIDE_WEIGHT * aside**2, np.float32)


def best_track(scores: Singles) -> NDArray[np.int64]:
    """The chain of points with the highest sum of scores, bends costing; dynamic programming."""
    z, y, x = scores.shape
    shifts = [*product((-1, 0, 1), repeat=2), (0, 2), (0, -2), (2, 0), (-2, 0)]
    costs = [_BEND_COST * (a * a + b * b) for a, b in shifts]
    total, came = scores[0].copy(), np.zeros(scores.shape, np.int8)
    for k in range(1, z):
        padded = np.pad(total, 2, constant_values=-1e6)
        moved = [padded[2 + a : 2 + a + y, 2 + b : 2 + b + x] for a, b in shifts]
        options = np.stack([m - np.float32(c) for m, c in zip(moved, costs, strict=True)])
        came[k] = options.argmax(axis=0)
        total = np.take_along_axis(options, came[k][None].astype(np.intp), axis=0)[0] + scores[k]
    track = np.zeros((z, 2), np.int64)
    track[-1] = np.unravel_index(int(total.argmax()), total.shape)
    for k in range(z - 1, 0, -1):
        a, b = shifts[came[k, track[k, 0], track[k, 1]]]
        track[k - 1] = track[k] + (a, b)
    return track
