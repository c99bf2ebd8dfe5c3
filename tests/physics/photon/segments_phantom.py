"""A small patient for segments: a target bent around an organ, parallel beams with soft edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import erf

from hepatica.machine import Mlc
from hepatica.physics.photon.bixels import BixelGrid

SIGMA_MM = 4.0
ATTENUATION_PER_MM = 0.005
RADIUS_MM = 90.0


def leaves(**changes) -> Mlc:
    """Ten-millimetre leaves without a gap that may interdigitate; 1 % passes them."""
    parts = {
        "leaf_boundaries_mm": np.arange(-60.0, 61.0, 10.0),
        "minimum_mm": -100.0,
        "maximum_mm": 100.0,
        "overtravel_mm": 80.0,
        "minimum_gap_mm": 0.0,
        "transmission": 0.01,
        "interdigitation": True,
    }
    return Mlc(**(parts | changes))


@dataclass(frozen=True)
class Phantom:
    """A dense dose matrix with what it was made from."""

    matrix: np.ndarray
    bixels: tuple[BixelGrid, ...]
    target: np.ndarray
    organ: np.ndarray

    def objective(self, weights: np.ndarray) -> tuple[float, np.ndarray]:
        """50 Gy to the target, at most 20 Gy to the organ, little elsewhere; squared."""
        dose = self.matrix @ weights
        off = np.where(self.target, dose - 50.0, 0.0)
        over = np.where(self.organ, np.maximum(dose - 20.0, 0.0), 0.0)
        rest = np.where(self.target | self.organ, 0.0, np.maximum(dose - 25.0, 0.0))
        shares = (1000.0 / self.target.sum(), 300.0 / self.organ.sum(), 200.0 / dose.size)
        slope = sum(2 * s * part for s, part in zip(shares, (off, over, rest), strict=True))
        value = sum(s * float(p @ p) for s, p in zip(shares, (off, over, rest), strict=True))
        return value, self.matrix.T @ slope

    def d95_gy(self, weights: np.ndarray) -> float:
        """Dose that 95 % of the target receives."""
        return float(np.percentile((self.matrix @ weights)[self.target], 5))

    def ideal(self) -> np.ndarray:
        """Weights that minimise the objective without asking who delivers them."""
        from scipy.optimize import minimize

        start = np.zeros(self.matrix.shape[1])
        bounds = [(0.0, None)] * start.size
        options = {"maxiter": 300}
        return minimize(
            self.objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options
        ).x


def phantom(beams: int = 5, pitch_mm: float = 5.0, voxel_mm: float = 9.0) -> Phantom:
    """A cylinder along z with a C-shaped target of 40 mm height around a round organ."""
    axis = np.arange(-RADIUS_MM, RADIUS_MM + 1, voxel_mm)
    height = np.arange(-36.0, 37.0, voxel_mm)
    z, y, x = (a.ravel() for a in np.meshgrid(height, axis, axis, indexing="ij"))
    body = np.hypot(x, y) <= RADIUS_MM
    z, y, x = z[body], y[body], x[body]
    ring = np.hypot(x, y)
    target = (ring <= 36) & (ring > 16) & (y < 12) & (np.abs(z) <= 20)
    organ = (ring <= 10) & (np.abs(z) <= 30)
    some = target | organ | (np.random.default_rng(0).random(x.size) < 0.25)
    x, y, z, target, organ = x[some], y[some], z[some], target[some], organ[some]
    parts, bixels = [], []
    for gantry in np.arange(beams) * 2 * np.pi / beams:
        u = np.cos(gantry) * x + np.sin(gantry) * y
        depth = (
            -np.sin(gantry) * x
            + np.cos(gantry) * y
            + np.sqrt(RADIUS_MM**2 - np.clip(u**2, 0, RADIUS_MM**2))
        )
        bixels.append(_lattice(u[target], z[target], pitch_mm))
        parts.append(_columns(u, z, depth, bixels[-1]))
    return Phantom(np.concatenate(parts, axis=1), tuple(bixels), target, organ)


def _lattice(u: np.ndarray, v: np.ndarray, pitch_mm: float) -> BixelGrid:
    low_u, low_v = (np.floor((a.min() - 8.0) / 10.0) * 10.0 for a in (u, v))
    high_u, high_v = (np.ceil((a.max() + 8.0) / 10.0) * 10.0 for a in (u, v))
    shape = (round((high_v - low_v) / 5.0), round((high_u - low_u) / pitch_mm))
    return BixelGrid(low_u + pitch_mm / 2, low_v + 2.5, pitch_mm, 5.0, np.ones(shape, dtype=bool))


def _columns(u: np.ndarray, v: np.ndarray, depth: np.ndarray, lattice: BixelGrid) -> np.ndarray:
    rows, columns = lattice.open.shape
    across = _spread(v, lattice.v0_mm + lattice.pitch_v_mm * np.arange(rows), lattice.pitch_v_mm)
    along = _spread(u, lattice.u0_mm + lattice.pitch_u_mm * np.arange(columns), lattice.pitch_u_mm)
    dose = (
        across[:, :, None] * along[:, None, :] * np.exp(-ATTENUATION_PER_MM * depth)[:, None, None]
    )
    return dose.reshape(u.size, -1)[:, lattice.open.ravel()]


def _spread(place: np.ndarray, centres: np.ndarray, width: float) -> np.ndarray:
    scale = np.sqrt(2) * SIGMA_MM
    offset = place[:, None] - centres
    return (erf((offset + width / 2) / scale) - erf((offset - width / 2) / scale)) / 2
