"""The voxels that a beam reaches, with their places on its maps and their depth factors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hepatica.physics.photon.beam_map import BeamMap
from hepatica.physics.photon.beam_path import BeamPath
from hepatica.physics.photon.depth_dose import depth_factors
from hepatica.physics.photon.threads import share

Singles = NDArray[np.float32]
Runs = NDArray[np.int32]
Spots = NDArray[np.uint16]
PairList = tuple[Runs, Spots, Singles]

BLOCK = 32768
"""Voxels that one thread works on at a time."""

_DEPTH_STEP_MM = 0.05


@dataclass(frozen=True, eq=False)
class Pairs:
    """What a beam reaches among the voxels of one block.

    Parameters
    ----------
    tail : runs (m, 3), spots (pairs, 2), factors (pairs * K,)
        A pair is a voxel that the beam reaches, a spot its place on the tail's nodes (16 bits: node
        and part of the way to the next), a run a row of neighbouring pairs: first voxel, first
        pair, length.
    sharp : runs, spots, factors (pairs,)
        The same for voxels in the field or its penumbra, on the sharp lattice.
    """

    tail: PairList
    sharp: PairList

    @property
    def bytes(self) -> int:
        """Memory that is held."""
        return sum(array.nbytes for array in (*self.tail, *self.sharp))


def beam_pairs(path: BeamPath, beam_map: BeamMap, scale: float) -> list[Pairs]:
    """The pairs of one beam, block by block of voxels.

    Parameters
    ----------
    path : BeamPath
    beam_map : BeamMap
    scale : float
        Gy per MU and unit of the model.
    """
    blocks = range(0, len(path.voxels), BLOCK)
    return share(
        lambda first: _block(path, beam_map, scale, path.voxels[first : first + BLOCK]), blocks
    )


def _block(path: BeamPath, beam_map: BeamMap, scale: float, voxels: NDArray[np.int64]) -> Pairs:
    from hepatica.physics.photon.pencil_beam_kernels import fill_factors, fill_pairs, fill_points

    u, v = beam_map.axes
    view = (path.grid.shape, path.camera)
    runs, count = path.runs(voxels, np.array([*u.span_mm, *v.span_mm]))
    spots, ways = np.empty((count, 2), np.uint16), np.empty(count, np.float32)
    fill_pairs(voxels, view, runs, (u.tail_scale, v.tail_scale), spots, ways)
    depths = path.water.of(voxels, runs, ways)
    factors = np.empty((count, len(beam_map.centre)), np.float32)
    table = _depth_table(path, float(depths.max(initial=0.0)))
    near = scale * path.beam.geometry.sad_mm**2
    fill_factors(ways, depths, table, _DEPTH_STEP_MM, near, factors)
    window = np.array([*u.field_mm, *v.field_mm])
    few, found = path.runs(voxels, window)
    places, points = np.empty((found, 2), np.uint16), np.empty(found, np.float32)
    scales = (u.sharp_scale, v.sharp_scale)
    fill_pairs(voxels, view, few, scales, places, np.empty(found, np.float32))
    fill_points(len(voxels), runs, factors, few, beam_map.centre, points)
    return Pairs((runs, spots, factors.reshape(-1)), (few, places, points))


def _depth_table(path: BeamPath, deepest_mm: float) -> Singles:
    depths = np.arange(int(deepest_mm / _DEPTH_STEP_MM) + 3) * _DEPTH_STEP_MM
    return depth_factors(path.components, depths).astype(np.float32)
