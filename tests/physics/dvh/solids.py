"""Solids drawn in slices, lying in a dose that rises linearly: their histograms are known exactly.

A solid is drawn as contours on planes; each plane owns a slab that reaches half-way to the next
and half a plane distance beyond the outermost. That pile of slabs is the truth here. How far it
lies from the smooth solid is a matter of the contour spacing, not of the histogram.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hepatica.case import Contours, Grid, Volume

Floats = NDArray[np.float64]
Triple = tuple[float, float, float]

CENTRE_GY = 100.0
GRADIENTS: dict[str, Triple] = {
    "x": (1.0, 0.0, 0.0),
    "y": (0.0, 1.0, 0.0),
    "z": (0.0, 0.0, 1.0),
    "in the slice": (0.6, 0.8, 0.0),
    "oblique": (1 / 14**0.5, 2 / 14**0.5, 3 / 14**0.5),
}


@dataclass(frozen=True)
class Solid:
    """A solid around the origin; ``radius_mm`` is also half of any length it has."""

    kind: Literal["sphere", "cylinder", "lying cylinder", "cone"]
    radius_mm: float

    def disc_mm(self, z: Floats) -> Floats:
        """Radius of the round section at height z."""
        r = self.radius_mm
        if self.kind == "sphere":
            return np.sqrt(np.maximum(r**2 - z**2, 0.0))
        return np.full_like(z, r) if self.kind == "cylinder" else (r - z) / 2

    def planes_mm(self, spacing_mm: float, phase_mm: float) -> Floats:
        """Heights of the contour planes."""
        z = np.arange(-100, 101) * spacing_mm + phase_mm
        return z[np.abs(z) < self.radius_mm]

    def contours(self, planes_mm: Floats) -> Contours:
        """One outline per plane."""
        return Contours(tuple(self._outline(float(z)) for z in planes_mm))

    def _outline(self, z: float) -> Floats:
        if self.kind == "lying cylinder":
            a, b = self.radius_mm, float(np.sqrt(self.radius_mm**2 - z**2))
            flat = np.array([(-a, -b), (a, -b), (a, b), (-a, b)])
        else:
            turn = np.linspace(0, 2 * np.pi, 720, endpoint=False)
            flat = self.disc_mm(np.array([z])) * np.c_[np.cos(turn), np.sin(turn)]
        return np.c_[flat, np.full(len(flat), z)]

    def hotter_mm2(self, z: Floats, t: Floats, gradient: Triple) -> Floats:
        """Area of the section at z in which ``gx x + gy y`` is at least t."""
        gx, gy, _ = gradient
        if self.kind == "lying cylinder":
            b = np.sqrt(self.radius_mm**2 - z**2)
            a = np.full_like(b, self.radius_mm)
            return 4 * a * b * _share_of_two(t, abs(gx) * a, abs(gy) * b)
        r, q = self.disc_mm(z), float(np.hypot(gx, gy))
        if q == 0:
            return np.pi * r**2 * (t <= 0)
        s = np.clip(t / q, -r, r)
        return r**2 * np.arccos(np.clip(s / r, -1, 1)) - s * np.sqrt(np.maximum(r**2 - s**2, 0))


def _share_of_two(t: Floats, p: Floats, q: Floats) -> Floats:
    """Probability that p U + q W >= t for U, W even on -1..1."""
    p, q = np.maximum(p, q), np.maximum(np.minimum(p, q), 1e-9)

    def ramp(x: Floats) -> Floats:
        return 0.5 * np.maximum(x, 0) ** 2

    whole = ramp(p + q - t) - ramp(p - q - t) - ramp(q - p - t) + ramp(-p - q - t)
    flat = np.clip((p - t) / np.maximum(2 * p, 1e-9), 0, 1)
    even = np.where(t <= 0, 1.0, 0.0)
    return np.where(
        p < 1e-8, even, np.where(q < 1e-6, flat, whole / (4 * np.maximum(p * q, 1e-30)))
    )


@dataclass(frozen=True)
class Truth:
    """The exact cumulative histogram on a fine axis of doses."""

    dose_gy: Floats
    volume_mm3: Floats

    @property
    def range_gy(self) -> float:
        """Highest less lowest dose in the solid."""
        held = (self.volume_mm3 > 0) & (self.volume_mm3 < self.volume_mm3[0])
        return float(np.ptp(self.dose_gy[held]))

    def dose_to_hottest_gy(self, share: Floats) -> Floats:
        """D_x for x as a share of the volume."""
        return np.interp(share * self.volume_mm3[0], self.volume_mm3[::-1], self.dose_gy[::-1])

    def share_above(self, dose_gy: Floats) -> Floats:
        """V_x as a share of the volume."""
        return np.interp(dose_gy, self.dose_gy, self.volume_mm3) / self.volume_mm3[0]


def truth_of(solid: Solid, planes_mm: Floats, spacing_mm: float, gradient: Triple) -> Truth:
    """The histogram of the pile of slabs."""
    fine = (np.arange(50) + 0.5) / 50 - 0.5
    z = (planes_mm[:, None] + fine * spacing_mm).ravel()
    plane = np.repeat(planes_mm, len(fine))
    reach = 1.5 * solid.radius_mm
    dose = np.linspace(-reach, reach, 1201)
    volume = np.array([solid.hotter_mm2(plane, d - gradient[2] * z, gradient).sum() for d in dose])
    return Truth(dose + CENTRE_GY, volume * spacing_mm / len(fine))


def grid_around(reach_mm: float, spacing_mm: Triple, origin_mm: Triple = (0.0, 0.0, 0.0)) -> Grid:
    """A lattice that has a voxel centre at ``origin_mm`` and spans ``reach_mm`` to each side."""
    half = [int(np.ceil(reach_mm / s)) for s in spacing_mm]
    first = tuple(o - n * s for o, n, s in zip(origin_mm, half, spacing_mm, strict=True))
    x, y, z = (2 * n + 1 for n in half)
    return Grid((z, y, x), spacing_mm, first)  # type: ignore[arg-type]


def linear_dose(grid: Grid, gradient: Triple, at_origin_gy: float = CENTRE_GY) -> Volume:
    """1 Gy/mm along the gradient."""
    k, j, i = np.indices(grid.shape)
    points = grid.point_at(np.stack([i, j, k], axis=-1))
    return Volume(at_origin_gy + points @ np.array(gradient), grid, "Gy")
