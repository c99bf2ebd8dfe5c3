"""A trunk of simple solids on the lattice of the image rules: every organ is known."""

from __future__ import annotations

import numpy as np

from hepatica.physics.anatomy import Scan

PITCH = (2.5, 2.5, 2.5)
SHAPE = (60, 100, 140)
SPINE_MM = (50.0, 0.0)
"""Row and column offset of the canal from the middle of the trunk, mm."""

AIR, LUNG, FAT, MUSCLE, BONE = -1000.0, -820.0, -100.0, 55.0, 400.0


class Phantom:
    """HU on a lattice, painted solid by solid; millimetres from the middle of the array."""

    def __init__(self, shape: tuple[int, int, int] = SHAPE) -> None:
        self.z, self.y, self.x = (
            (np.arange(n) - (n - 1) / 2) * p for n, p in zip(shape, PITCH, strict=True)
        )
        self.hu = np.full(shape, AIR, np.float32)

    def points(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Heights, rows and columns in mm, of shapes that together span the lattice."""
        return np.meshgrid(self.z, self.y, self.x, indexing="ij", sparse=True)

    def paint(self, where: np.ndarray, hu: float) -> np.ndarray:
        self.hu[where] = hu
        return where

    def ball(
        self, centre: tuple[float, float, float], radii: tuple[float, float, float]
    ) -> np.ndarray:
        """An ellipsoid; centre and radii (z, y, x) in mm."""
        parts = zip(self.points(), centre, radii, strict=True)
        return sum(((p - c) / r) ** 2 for p, c, r in parts) <= 1

    def column(self, centre: tuple[float, float], radii: tuple[float, float]) -> np.ndarray:
        """An elliptic cylinder through all slices; (y, x) in mm."""
        _, y, x = self.points()
        inside = ((y - centre[0]) / radii[0]) ** 2 + ((x - centre[1]) / radii[1]) ** 2 <= 1
        return np.broadcast_to(inside, self.hu.shape)

    def scan(self, noise_hu: float = 8.0, seed: int = 0) -> Scan:
        noise = np.random.default_rng(seed).normal(0, noise_hu, self.hu.shape)
        return Scan((self.hu + noise).astype(np.float32), PITCH)


def trunk(shape: tuple[int, int, int] = SHAPE) -> tuple[Phantom, np.ndarray]:
    """Skin, wall, fat inside, and a spine of bone with a canal of 20 mm; also the body's mask."""
    phantom = Phantom(shape)
    body = phantom.paint(phantom.column((0, 0), (100, 150)), FAT)
    phantom.paint(phantom.column((0, 0), (92, 142)), MUSCLE)
    phantom.paint(phantom.column((-5, 0), (75, 125)), FAT)
    phantom.paint(phantom.column((75, 0), (30, 60)) & body, MUSCLE)
    y, x = SPINE_MM
    phantom.paint(phantom.column((y, x), (18, 18)), BONE)
    phantom.paint(phantom.column((y - 26, x), (17, 21)), 200.0)
    phantom.paint(phantom.column((y, x), (10, 10)), 30.0)
    return phantom, body


def spine_of(phantom: Phantom) -> np.ndarray:
    """Row and column of the canal in each slice."""
    row = (SPINE_MM[0] - phantom.y[0]) / PITCH[1]
    column = (SPINE_MM[1] - phantom.x[0]) / PITCH[2]
    return np.tile([row, column], (len(phantom.z), 1))


def dice(a: np.ndarray, b: np.ndarray) -> float:
    """Overlap of two masks, 0 to 1."""
    return 2 * float((a & b).sum()) / float(a.sum() + b.sum())
