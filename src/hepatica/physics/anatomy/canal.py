"""The spinal canal: the soft hole inside the bony ring of the vertebrae, followed slice by slice.

From every point behind the middle of the trunk, rays look for bone all around at the distance where
the walls of a canal are. The best chain of such points from slice to slice is the canal; where the
ring is open (at discs and where nerves leave) the wall is taken from the neighbouring slices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hepatica.physics.anatomy.canal_track import (
    ASIDE_MM,
    RAYS,
    STRIDE_MM,
    best_track,
    bone_ahead_hu,
    directions,
    prior,
    ray_limits,
    ring_likeness,
)
from hepatica.physics.anatomy.rules import rule
from hepatica.physics.anatomy.scan import Bools, Finding, NotFound, Pitch, Scan, Singles

_LEAST_SUPPORT = 0.45
_SUPPORT_MM = 12.0
_AHEAD_OF_SKIN_MM = (12.0, 150.0)
_NEAR_THE_END_MM = 5.0


@dataclass(frozen=True, eq=False)
class Canal(Finding):
    """The canal, and its middle in each slice.

    ``centre`` is (z, 2): row and column of the scan, not a number where there is no canal.
    """

    centre: NDArray[np.float64]


def canal_window(body: Bools, pitch_mm: Pitch) -> tuple[slice, slice]:
    """Rows and columns of the body's lattice in which the canal must lie."""
    backmost, middle = [], []
    for plane in body:
        rows = np.flatnonzero(plane.any(axis=1))
        if len(rows):
            columns = np.flatnonzero(plane.any(axis=0))
            backmost.append(rows[-1])
            middle.append((columns[0] + columns[-1]) / 2)
    y, x = pitch_mm[1], pitch_mm[2]
    near, far = _AHEAD_OF_SKIN_MM
    aside = ASIDE_MM / x
    rows_ = (min(backmost) - far / y, max(backmost) - near / y)
    columns_ = (min(middle) - aside, max(middle) + aside)
    return _inside(rows_, body.shape[1]), _inside(columns_, body.shape[2])


def _inside(ends: tuple[float, float], size: int) -> slice:
    start = min(max(0, int(ends[0])), size - 1)
    return slice(start, max(start + 1, min(size, int(np.ceil(ends[1])))))


def spinal_canal(scan: Scan) -> Canal | NotFound:
    """The spinal canal in a window of the image that holds the spine.

    Parameters
    ----------
    scan : Scan
        The window, with a pitch in the slice of 1 to 2 mm.

    Returns
    -------
    found : Canal, or NotFound with the reason
    """
    pitch = scan.pitch_mm[1]
    scores = ring_likeness(scan)
    bone_ahead = bone_ahead_hu(scan)
    track = best_track(scores + prior(scan, bone_ahead))
    here = (np.arange(len(track)), track[:, 0], track[:, 1])
    support = _smoothed(scores[here], scan.pitch_mm[0])
    run = _longest_run((support > _LEAST_SUPPORT) & (bone_ahead[here] > rule("vertebra_hu")))
    length = (run.stop - run.start) * scan.pitch_mm[0]
    least = min(rule("canal_least_length_mm"), 0.9 * len(support) * scan.pitch_mm[0])
    if length < least:
        return NotFound(
            f"no bony ring behind a vertebral body can be followed over {least:.0f} mm "
            f"(the longest chain has {length:.0f} mm)"
        )
    stride = max(1, round(STRIDE_MM / pitch))
    centres, radii, seen = _walls(scan, track.astype(float) * stride, run)
    diameter = 2 * pitch * np.sqrt(np.mean(radii**2, axis=1))
    low, high = rule("canal_diameter_low_mm"), rule("canal_diameter_high_mm")
    odd = float(np.mean((diameter < low) | (diameter > high)))
    if odd > 0.25:
        return NotFound(
            f"the hole in the vertebrae measures {np.median(diameter):.0f} mm (median); on "
            f"{odd:.0%} of the slices it is not between {low:.0f} and {high:.0f} mm"
        )
    whole = np.full((len(support), 2), np.nan)
    whole[run] = centres
    words = (
        f"{length:.0f} mm long, {diameter.min():.0f} to {diameter.max():.0f} mm wide; "
        f"{seen:.0%} of its wall was seen as bone, the rest is interpolated"
        f"{_missed(run, scan)}"
    )
    return Canal(_level(scan, whole, radii, run), words, whole)


def _missed(run: slice, scan: Scan) -> str:
    """What a reader must know when the canal was not followed to an end of the image."""
    above = (len(scan.hu) - run.stop) * scan.pitch_mm[0]
    below = run.start * scan.pitch_mm[0]
    ends = ((above, "highest"), (below, "lowest"))
    missed = [f"the {end} {mm:.0f} mm" for mm, end in ends if mm > _NEAR_THE_END_MM]
    return f"; not followed on {' and '.join(missed)} of the image" if missed else ""


def _smoothed(values: Singles, pitch_mm: float) -> NDArray[np.float64]:
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(gaussian_filter1d(values.astype(float), _SUPPORT_MM / pitch_mm / 2))


def _longest_run(good: Bools) -> slice:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], good.astype(int), [0]])))
    if not len(edges):
        return slice(0, 0)
    starts, stops = edges[::2], edges[1::2]
    best = int((stops - starts).argmax())
    return slice(int(starts[best]), int(stops[best]))


def _walls(
    scan: Scan, track: NDArray[np.float64], run: slice
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Middle and radius in every direction for each slice of the run, pixels, and the part seen."""
    from scipy.ndimage import gaussian_filter1d

    from hepatica.physics.anatomy.canal_kernels import wall_distances

    hu = np.ascontiguousarray(scan.hu[run], np.float32)
    rays, limits = directions(RAYS), ray_limits(scan)
    along = 5.0 / scan.pitch_mm[0]
    centres = gaussian_filter1d(track[run], along, axis=0, mode="nearest")
    found = np.zeros((len(hu), RAYS), np.float32)
    for _ in range(3):
        wall_distances(hu, centres, rays, limits, found)
        radii = _without_gaps(found, scan.pitch_mm)
        offset = 2 * (radii[:, :, None] * rays).mean(axis=1)
        offset = gaussian_filter1d(0.7 * offset, along / 2, axis=0, mode="nearest")
        centres = centres + offset
    wall_distances(hu, centres, rays, limits, found)
    return centres, _without_gaps(found, scan.pitch_mm), float((found > 0).mean())


def _without_gaps(found: NDArray[np.float32], pitch_mm: Pitch) -> NDArray[np.float64]:
    """Radii with the rays that met no bone filled from their neighbours, in angle and along z."""
    from scipy.ndimage import gaussian_filter

    typical = np.median(found[found > 0])
    seen = ((found > 0) & (found < 1.5 * typical)).astype(float)
    widths = (4.0 / pitch_mm[0], RAYS / 24)
    wide = (12.0 / pitch_mm[0], RAYS / 10)
    known, mean = 0.0, np.zeros(found.shape)
    for sigma, trust in ((widths, 1.0), (wide, 0.02)):
        weight = trust * gaussian_filter(seen, sigma, mode=("nearest", "wrap"))
        mean = mean + trust * gaussian_filter(seen * found, sigma, mode=("nearest", "wrap"))
        known = known + weight
    return np.asarray((mean + 1e-4 * typical) / (known + 1e-4))


def _level(
    scan: Scan, centres: NDArray[np.float64], radii: NDArray[np.float64], run: slice
) -> Singles:
    pitch = scan.pitch_mm[1]
    level = np.full(scan.hu.shape, -2 * pitch, np.float32)
    rows, columns = np.indices(scan.hu.shape[1:])
    for k, z in enumerate(range(run.start, run.stop)):
        dy, dx = rows - centres[z, 0], columns - centres[z, 1]
        turn = np.arctan2(dy, dx) * RAYS / (2 * np.pi) % RAYS
        ends = np.append(radii[k], radii[k, 0])
        radius = np.interp(turn, np.arange(RAYS + 1), ends)
        level[z] = np.clip((radius - np.hypot(dy, dx)) * pitch, -2 * pitch, 2 * pitch)
    return level
