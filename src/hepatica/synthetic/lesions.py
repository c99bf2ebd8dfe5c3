"""Metastases inside the liver: irregular, apart from each other, each of its drawn volume."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hepatica.synthetic.data import anchor, hounsfield
from hepatica.synthetic.draw import Tumours
from hepatica.synthetic.lattice import Array, Region
from hepatica.synthetic.layers import Layer
from hepatica.synthetic.solids import filled

_TRIES = 40
_APART_MM = 4.0
_TOLERANCE = 0.01
_BUMPS = 9
_LARGEST_STRETCH = 1.5


def place(
    liver: Array,
    region: Region,
    spacing_mm: NDArray[np.float64],
    tumours: Tumours,
    rng: np.random.Generator,
) -> list[Layer] | None:
    """One layer a lesion, the largest first; None when they do not fit.

    Parameters
    ----------
    liver : share of each voxel that is liver and nothing else
    spacing_mm : (z, y, x) mm
    """
    from scipy.ndimage import distance_transform_edt

    depth = distance_transform_edt(liver > 0.995, sampling=spacing_mm).astype(np.float32)
    room = depth - np.float32(anchor("tumours", "capsule_mm"))
    layers = []
    for number, volume in enumerate(tumours.volumes_cc, start=1):
        lesion = _lesion(room, spacing_mm, volume, rng)
        if lesion is None:
            return None
        share, surface = lesion
        hu = _tissue(surface)
        layers.append(Layer(f"GTV{number}", region.window, share, hu, "Liver"))
        outside = distance_transform_edt(share <= 0.0, sampling=spacing_mm).astype(np.float32)
        room = np.minimum(room, outside - np.float32(_APART_MM))
    return layers


def _lesion(
    room: Array, spacing_mm: NDArray[np.float64], volume_cc: float, rng: np.random.Generator
) -> tuple[Array, Array] | None:
    """Share of each voxel and distance to the surface of one lesion."""
    radius = (volume_cc * 1000 * 3 / (4 * np.pi)) ** (1 / 3)
    deepest = float(room.max())
    if deepest <= 0:
        return None
    candidates = np.argwhere(room >= min(0.8 * radius, 0.92 * deepest))
    for _ in range(_TRIES if deepest > 0.45 * radius else 0):
        centre = candidates[rng.integers(len(candidates))] + rng.uniform(-0.5, 0.5, 3)
        shape = _irregular(room.shape, centre, spacing_mm, radius, rng)
        fitted = _of_volume(shape, room, float(np.prod(spacing_mm)) / 1000, volume_cc, radius)
        if fitted is not None:
            return fitted
    return None


def _irregular(
    shape: tuple[int, ...],
    centre: NDArray[np.float64],
    spacing_mm: NDArray[np.float64],
    radius: float,
    rng: np.random.Generator,
) -> Array:
    """Distance from the centre, in mm, along which the surface lies at ``radius``."""
    lines = [
        (np.arange(size) - c) * s for size, c, s in zip(shape, centre, spacing_mm, strict=True)
    ]
    z, y, x = np.meshgrid(*lines, indexing="ij", sparse=True)
    stretch = np.exp(rng.normal(0, 0.12, 3))
    stretch /= np.prod(stretch) ** (1 / 3)
    z, y, x = z / stretch[0], y / stretch[1], x / stretch[2]
    far = np.sqrt(z * z + y * y + x * x).astype(np.float32)
    inverse = 1 / np.maximum(far, np.float32(0.5))
    bump = np.zeros(shape, np.float32)
    for _ in range(_BUMPS):
        pole = rng.normal(size=3)
        pole /= np.linalg.norm(pole)
        toward = ((pole[0] * z + pole[1] * y + pole[2] * x) * inverse).astype(np.float32)
        bump += np.float32(rng.normal(0, 0.15)) * np.maximum(toward, 0) ** 3
    return np.asarray(far / np.clip(1 + bump, 0.65, 1.5), np.float32)


def _of_volume(
    shape: Array, room: Array, voxel_cc: float, volume_cc: float, radius: float
) -> tuple[Array, Array] | None:
    """The lesion of the wished volume, flattened where the liver ends; None if it cannot be."""
    voxel_mm = float(np.cbrt(voxel_cc * 1000))
    low, high = 0.7 * radius, _LARGEST_STRETCH * radius
    for _ in range(18):
        middle = 0.5 * (low + high)
        surface = np.maximum(shape - np.float32(middle), -room)
        share = filled(surface, voxel_mm)
        found = float(share.sum()) * voxel_cc
        if abs(found - volume_cc) <= 0.2 * _TOLERANCE * volume_cc:
            break
        low, high = (middle, high) if found < volume_cc else (low, middle)
    if abs(found - volume_cc) > _TOLERANCE * volume_cc:
        return None
    return share, np.asarray(surface, np.float32)


def _tissue(surface: Array) -> Array:
    """Darker than liver, darkest in the middle of a large one, brighter at the rim."""
    rim, middle, core = hounsfield("tumour_rim"), hounsfield("tumour"), hounsfield("tumour_core")
    depth = -surface
    hu = rim + (middle - rim) * np.clip(depth / 4, 0, 1)
    return np.asarray(hu + (core - middle) * np.clip((depth - 9) / 8, 0, 1), np.float32)
