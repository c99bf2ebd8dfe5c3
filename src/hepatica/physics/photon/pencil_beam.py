"""The dose of a photon beam as a sum of pencil beams, without ever storing a matrix.

    D(x) = scale (SAD / |x - S|)^2 sum_k f_k(z) [(F Psi * G) * w_k](u, v)

For each beam the weights are blurred into maps on the isocentre plane; each voxel looks its dose
up there and multiplies by its depth factors. The transpose adds voxels to maps and blurs back. The
work does not depend on how many bixels reach a voxel, so dose needs no cut-off.

Source: Bortfeld, Schlegel, Rhein, Med Phys 20:311, 1993 (the decomposition).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hepatica.case import Grid
from hepatica.errors import Inconsistent, InvalidInput
from hepatica.physics.photon.beam_map import BeamMap, beam_map_of
from hepatica.physics.photon.beam_path import beam_paths
from hepatica.physics.photon.calibration import dose_scale
from hepatica.physics.photon.dose_setup import DoseSetup
from hepatica.physics.photon.pairs import BLOCK, Pairs, beam_pairs
from hepatica.physics.photon.threads import share, thread_count

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Indices = NDArray[np.int64]


class PencilBeamOperator:
    """Dose at chosen voxels as a linear function of bixel weights; built by ``PencilBeam``."""

    def __init__(
        self, setup: DoseSetup, points: int, maps: list[BeamMap], pairs: list[list[Pairs]]
    ) -> None:
        self.points = points
        self.bixels = setup.bixels
        self.beam_slices = setup.beam_slices
        self._open = [beam.bixels.open for beam in setup.beams]
        self._maps = maps
        self._pairs = pairs

    @property
    def bytes(self) -> int:
        """Memory that the operator holds."""
        pairs = sum(block.bytes for beam in self._pairs for block in beam)
        return pairs + sum(a.nbytes for m in self._maps for two in (m.sharp, *m.tails) for a in two)

    def forward(self, weights: Floats) -> Floats:
        """Dose at the voxels.

        Parameters
        ----------
        weights : (bixels,) array, MU for a calibrated machine

        Returns
        -------
        dose : (points,) array, Gy

        Raises
        ------
        Inconsistent
            If there is not one weight per bixel.
        """
        weights = _checked(weights, self.bixels, "weights", "bixels")
        todo = zip(self._maps, self._lattices(weights), strict=True)
        maps = share(lambda item: item[0].spread(item[1]), todo)
        dose = np.zeros(self.points)
        share(lambda block: self._gather(block, maps, dose), range(len(self._pairs[0])))
        return dose

    def adjoint(self, values: Floats) -> Floats:
        """Sums over the voxels of a value times the dose per weight: the exact transpose.

        Parameters
        ----------
        values : (points,) array

        Returns
        -------
        sums : (bixels,) array

        Raises
        ------
        Inconsistent
            If there is not one value per voxel.
        """
        values = _checked(values, self.points, "values", "voxels")
        beams = range(len(self._maps))
        parts = -(-thread_count() // len(beams))
        tasks = [(beam, part) for beam in beams for part in range(parts)]
        found = share(
            lambda task: self._scatter(task[0], values, slice(task[1], None, parts)), tasks
        )

        def collect(beam: int) -> Floats:
            cells, sharp = (
                sum(some[1:], some[0])
                for some in zip(*found[beam * parts : (beam + 1) * parts], strict=True)
            )
            return self._maps[beam].collect(cells, sharp)[self._open[beam]]

        return np.concatenate(share(collect, beams))

    def _gather(self, block: int, maps: list[tuple[Singles, Singles]], dose: Floats) -> None:
        from hepatica.physics.photon.map_kernels import gather_sharp, gather_tail

        part = dose[block * BLOCK : (block + 1) * BLOCK]
        for beam, (cells, sharp) in enumerate(maps):
            m, pairs = self._maps[beam], self._pairs[beam][block]
            bits, sharp_bits, width = _packing(m)
            gather_tail(part, pairs.tail, cells.reshape(-1), width, bits, m.components)
            gather_sharp(part, pairs.sharp, sharp.reshape(-1), sharp.shape[1], sharp_bits)

    def _scatter(self, beam: int, values: Floats, blocks: slice) -> tuple[Singles, Singles]:
        from hepatica.physics.photon.map_kernels import scatter_sharp, scatter_tail

        m = self._maps[beam]
        cells, sharp = m.empty()
        bits, sharp_bits, width = _packing(m)
        for block in range(len(self._pairs[beam]))[blocks]:
            pairs = self._pairs[beam][block]
            part = values[block * BLOCK : (block + 1) * BLOCK]
            scatter_tail(part, pairs.tail, cells.reshape(-1), width, bits, m.components)
            scatter_sharp(part, pairs.sharp, sharp.reshape(-1), sharp.shape[1], sharp_bits)
        return cells, sharp

    def _lattices(self, weights: Floats) -> Iterator[Floats]:
        for which, chosen in zip(self._open, self.beam_slices, strict=True):
            lattice = np.zeros(which.shape)
            lattice[which] = weights[chosen]
            yield lattice


class PencilBeam:
    """The pencil-beam engine."""

    name = "pencil-beam"

    def prepare(self, setup: DoseSetup, grid: Grid, voxels: Indices) -> PencilBeamOperator:
        """The operator for chosen voxels.

        Parameters
        ----------
        setup : DoseSetup
        grid : Grid
            Where dose is wanted; any orientation, not necessarily that of the density.
        voxels : (n,) array
            Flat indices into the grid, C order; rising indices are fastest.

        Returns
        -------
        PencilBeamOperator

        Raises
        ------
        InvalidInput
            If an index is off the grid, or a beam's source lies in or behind the patient.
        """
        voxels = np.ascontiguousarray(voxels, dtype=np.int64)
        size = int(np.prod(grid.shape))
        if voxels.ndim != 1 or not len(voxels) or voxels.min() < 0 or voxels.max() >= size:
            raise InvalidInput(
                f"Dose: {voxels.size} voxel numbers for a grid of {size} voxels; a list of numbers "
                f"from 0 to {size - 1} is needed."
            )
        scale = dose_scale(setup.machine)
        maps, pairs = [], []
        for path in beam_paths(setup, grid, voxels):
            maps.append(beam_map_of(setup, path))
            pairs.append(beam_pairs(path, maps[-1], scale))
        return PencilBeamOperator(setup, len(voxels), maps, pairs)


def _packing(m: BeamMap) -> tuple[tuple[int, int], tuple[int, int], int]:
    """Bits of a place on the tail's and on the sharp lattice, and cells in a row of the tail's."""
    u, v = m.axes
    return (u.fraction_bits, v.fraction_bits), (u.sharp_bits, v.sharp_bits), len(u.nodes) - 1


def _checked(values: Any, count: int, what: str, of: str) -> Floats:
    found = np.ascontiguousarray(values, dtype=np.float64)
    if found.shape != (count,):
        raise Inconsistent(
            f"Dose: {what} of shape {found.shape} for {count} {of}; give one for each."
        )
    return found
