"""Parts of a mask: its connected pieces, the thick ones, the holes in a slice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hepatica.physics.anatomy.scan import Bools, Pitch, Singles

Labels = NDArray[np.int32]

_IN_PLANE = np.array([[[0, 0, 0]] * 3, [[0, 1, 0], [1, 1, 1], [0, 1, 0]], [[0, 0, 0]] * 3], bool)


def pieces(mask: Bools) -> tuple[Labels, int]:
    """Connected pieces, numbered from 1, and how many there are; neighbours share a face."""
    from scipy.ndimage import label

    found, count = label(mask)
    return np.asarray(found, np.int32), int(count)


def pieces_by_slice(mask: Bools) -> tuple[Labels, int]:
    """Connected pieces of each axial slice on its own, numbered through the whole array."""
    from scipy.ndimage import label

    found, count = label(mask, structure=_IN_PLANE)
    return np.asarray(found, np.int32), int(count)


def distance_mm(mask: Bools, reach_mm: float, pitch_mm: Pitch) -> Singles:
    """Distance of each voxel to a mask, mm; more than ``reach_mm`` where it is further away."""
    from hepatica.physics.anatomy.distance_kernels import squared_distance

    solid = np.ascontiguousarray(mask, bool)
    squared = squared_distance(solid, np.array(pitch_mm, float), float(reach_mm))
    return np.asarray(np.sqrt(squared), np.float32)


def depth_mm(mask: Bools, reach_mm: float, pitch_mm: Pitch) -> Singles:
    """Distance of each voxel of a mask to the nearest one outside it, mm; up to a reach.

    The ends of the array count as more of the same: a body that the image cuts is not thin there.
    """
    return distance_mm(~mask, reach_mm, pitch_mm)


def within_mm(mask: Bools, reach_mm: float, pitch_mm: Pitch) -> Bools:
    """Every voxel within a distance of a mask."""
    return np.asarray(distance_mm(mask, reach_mm, pitch_mm) <= reach_mm)


def thick_parts(mask: Bools, half_mm: float, pitch_mm: Pitch) -> tuple[Labels, int]:
    """Connected pieces of what remains of a mask when a skin of ``half_mm`` is taken off."""
    return pieces(depth_mm(mask, half_mm, pitch_mm) > half_mm)


def regrown(core: Bools, mask: Bools, half_mm: float, pitch_mm: Pitch) -> Bools:
    """A core with the skin of the mask that was taken off it."""
    reach = half_mm + 0.5 * max(pitch_mm)
    return np.asarray(mask & within_mm(core, reach, pitch_mm))


def boxes(labels: Labels, room_mm: float, pitch_mm: Pitch) -> list[tuple[slice, ...]]:
    """The window around each piece, in order, with some room on every side."""
    from scipy.ndimage import find_objects

    rooms = [int(np.ceil(room_mm / pitch)) for pitch in pitch_mm]
    return [
        tuple(
            slice(max(0, s.start - room), s.stop + room) for s, room in zip(box, rooms, strict=True)
        )
        for box in find_objects(labels)
    ]


def sizes(labels: Labels, count: int) -> NDArray[np.int64]:
    """Voxels of each piece; index 0 is the background."""
    return np.bincount(labels.ravel(), minlength=count + 1)


def means(labels: Labels, count: int, values: Singles) -> NDArray[np.float64]:
    """Mean of a quantity over each piece; index 0 is the background."""
    total = np.bincount(labels.ravel(), values.ravel(), minlength=count + 1)
    return np.asarray(total / np.maximum(sizes(labels, count), 1))
