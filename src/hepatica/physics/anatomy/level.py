"""Turns the voxels of a mask into a smooth surface."""

from __future__ import annotations

import numpy as np

from hepatica.physics.anatomy.scan import Bools, Pitch, Scan, Singles
from hepatica.physics.anatomy.shapes import distance_mm


def smooth_level(mask: Bools, pitch_mm: Pitch) -> Singles:
    """A smooth surface through the voxels of a mask.

    Parameters
    ----------
    mask : (z, y, x) array of bool
    pitch_mm : (z, y, x) mm

    Returns
    -------
    level_mm : (z, y, x) array, mm
        Positive inside, clipped to two voxels.
    """
    from scipy.ndimage import gaussian_filter

    half, reach = min(pitch_mm) / 2, 2 * max(pitch_mm)
    depth = distance_mm(~mask, reach, pitch_mm) - distance_mm(mask, reach, pitch_mm)
    level = np.clip(depth - np.where(mask, half, -half), -reach, reach).astype(np.float32)
    return np.asarray(gaussian_filter(level, 0.6, mode="nearest"), np.float32)


def edge_level(scan: Scan, mask: Bools, threshold_hu: float, contrast_hu: float) -> Singles:
    """The surface of a mask where the image crosses a threshold, finer than the lattice.

    Parameters
    ----------
    scan : Scan
    mask : (z, y, x) array of bool
        Brighter than the threshold near its surface (darker, for a negative contrast).
    threshold_hu, contrast_hu : HU
        The threshold, and the step across the surface.

    Returns
    -------
    level_mm : (z, y, x) array, mm
    """
    from scipy.ndimage import binary_dilation, binary_erosion

    pitch = min(scan.pitch_mm)
    level = (scan.hu - np.float32(threshold_hu)) * np.float32(pitch / contrast_hu)
    least = np.float32(0.05 * pitch)
    level = np.where(mask, np.maximum(level, least), np.minimum(level, -least))
    # Away from the surface the image says nothing about it: gas inside a body is still inside.
    level[binary_erosion(mask, border_value=1)] = pitch
    level[~binary_dilation(mask)] = -pitch
    return np.asarray(np.clip(level, -pitch, pitch), np.float32)
