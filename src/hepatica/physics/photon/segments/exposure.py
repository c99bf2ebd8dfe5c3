"""Which part of every bixel an aperture leaves open: from leaf positions to fluence, and back.

A bixel that a leaf edge cuts counts by the part that lies open, so fluence depends continuously on
every leaf position; its derivative by a leaf position is constant while the tip stays inside one
bixel. Under closed leaves inside the jaws a part of the beam passes (the transmission); outside the
jaws nothing does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hepatica.errors import InvalidInput
from hepatica.machine import Mlc
from hepatica.physics.photon.bixels import BixelGrid
from hepatica.physics.photon.segments.aperture import Aperture, Floats
from hepatica.physics.photon.segments.shape import Shape, ShapeGradient

# Fluence falls when a tip of bank X1 moves to the positive side, and rises when one of X2 does.
_SIDE = np.array([-1.0, 1.0])


@dataclass(frozen=True, eq=False)
class LeafRaster:
    """Leaves laid over the bixels of one beam.

    Parameters
    ----------
    bixels : BixelGrid
        The beam's fluence lattice.
    mlc : Mlc
    """

    bixels: BixelGrid
    mlc: Mlc

    @cached_property
    def edges_u_mm(self) -> Floats:
        """(U + 1,) edges of the columns."""
        return _edges(self.bixels.u0_mm, self.bixels.pitch_u_mm, self.bixels.open.shape[1])

    @cached_property
    def edges_v_mm(self) -> Floats:
        """(V + 1,) edges of the rows."""
        return _edges(self.bixels.v0_mm, self.bixels.pitch_v_mm, self.bixels.open.shape[0])

    @cached_property
    def overlap(self) -> Floats:
        """(V, pairs): the part of each bixel row that lies under each leaf pair, without jaws."""
        everywhere = np.array([[-np.inf, np.inf]])
        return np.asarray(self._overlaps(everywhere, slice(None))[0])

    @cached_property
    def cover(self) -> Floats:
        """(pairs, U): the part of each leaf pair's width in each column that bixels cover."""
        width = np.diff(self.mlc.leaf_boundaries_mm)
        covered = (self.overlap * self.bixels.pitch_v_mm).T @ self.bixels.open
        return np.asarray(covered / width[:, None])

    @cached_property
    def under(self) -> slice:
        """The leaf pairs over the lattice."""
        pairs = np.flatnonzero(self.overlap.any(axis=0))
        return slice(int(pairs[0]), int(pairs[-1]) + 1) if pairs.size else slice(0, 0)

    def weights(self, shape: Shape) -> Floats:
        """Fluence of each bixel, summed over the segments.

        Parameters
        ----------
        shape : Shape

        Returns
        -------
        (bixels,) array, MU
        """
        pattern = self._overlaps(shape.jaw_y_mm, self.under) @ self._passed(shape)
        fluence = np.tensordot(shape.meterset_mu, pattern, axes=1)
        return np.asarray(fluence[self.bixels.open])

    def covered_mm2(self, shape: Shape) -> Floats:
        """(segments,) part of the opened area on which there are bixels."""
        free = self._overlaps(shape.jaw_y_mm, self.under) @ self._free(shape)
        cell = self.bixels.pitch_u_mm * self.bixels.pitch_v_mm
        return np.asarray(cell * np.sum(free * self.bixels.open, axis=(1, 2)))

    def gradient(self, shape: Shape, by_weight: Floats) -> ShapeGradient:
        """The chain rule backwards: from a derivative by bixel weights to one by positions and MU.

        Parameters
        ----------
        shape : Shape
        by_weight : (bixels,) array
            Derivative of any number by each bixel weight.

        Returns
        -------
        ShapeGradient
            Exact; where a tip stands on the border of two bixels, that towards the positive side.
            Where a tip stands behind a jaw, the jaw is the edge of the opening and has the
            derivative.
        """
        overlap = np.swapaxes(self._overlaps(shape.jaw_y_mm, self.under), 1, 2)
        price = overlap @ self.bixels.lattice(by_weight)
        per_mm = np.pad(price / self.bixels.pitch_u_mm, ((0, 0), (0, 0), (1, 1)))
        tips, jaw = shape.leaf_mm[:, :, self.under], shape.jaw_x_mm[:, :, None]
        inside = (tips >= jaw[:, :1]) & (tips <= jaw[:, 1:])
        crossing = ~inside & ((tips < jaw[:, :1]) != (tips[:, ::-1] < jaw[:, :1]))
        crossing |= ~inside & ((tips > jaw[:, 1:]) != (tips[:, ::-1] > jaw[:, 1:]))
        segment, pair = np.ogrid[: tips.shape[0], : tips.shape[2]]
        column = self._column(np.clip(tips, jaw[:, :1], jaw[:, 1:]))
        edge = _SIDE[:, None] * per_mm[segment[:, None], pair[:, None], column]
        behind = per_mm.sum(axis=1)[segment, self._column(shape.jaw_x_mm)] * _SIDE
        through, mu = self.mlc.transmission, shape.meterset_mu
        free = (1 - through) * mu[:, None, None] * edge
        by_leaf = np.zeros_like(shape.leaf_mm)
        by_leaf[:, :, self.under] = np.where(inside, free, 0.0)
        return ShapeGradient(
            leaf_mm=by_leaf,
            jaw_x_mm=through * mu[:, None] * behind + np.where(crossing, free, 0.0).sum(axis=2),
            meterset_mu=np.einsum("spi,spi->s", price, self._passed(shape)),
        )

    def _passed(self, shape: Shape) -> Floats:
        # (segments, pairs, U): which part of the beam passes, per leaf pair and column.
        field = self._below(shape.jaw_x_mm[:, 1:]) - self._below(shape.jaw_x_mm[:, :1])
        through = self.mlc.transmission
        return np.asarray(through * field + (1 - through) * self._free(shape))

    def _free(self, shape: Shape) -> Floats:
        # (segments, pairs, U): which part of each column lies between the tips and the jaws.
        jaw = shape.jaw_x_mm[:, :, None]
        tips = np.clip(shape.leaf_mm[:, :, self.under], jaw[:, :1], jaw[:, 1:])
        below = self._below(tips)
        return np.asarray(below[:, 1] - below[:, 0])

    def _below(self, place_mm: Floats) -> Floats:
        # The part of each column that lies on the negative side of a place: (..., U).
        cell = (place_mm[..., None] - self.edges_u_mm[:-1]) / self.bixels.pitch_u_mm
        return np.asarray(np.clip(cell, 0.0, 1.0))

    def _column(self, place_mm: Floats) -> NDArray[np.intp]:
        # 1 for the first column; 0 and U + 1 beyond the lattice.
        column = np.floor((place_mm - self.edges_u_mm[0]) / self.bixels.pitch_u_mm) + 1
        last = self.bixels.open.shape[1] + 1
        return np.asarray(np.clip(column, 0, last), dtype=np.intp)

    def _overlaps(self, jaw_y_mm: Floats, pairs: slice) -> Floats:
        # (segments, V, pairs): part of each bixel row under each leaf pair and between the jaws.
        boundaries = np.clip(self.mlc.leaf_boundaries_mm, jaw_y_mm[:, :1], jaw_y_mm[:, 1:])
        lower = np.maximum(self.edges_v_mm[:-1, None], boundaries[:, None, :-1][:, :, pairs])
        upper = np.minimum(self.edges_v_mm[1:, None], boundaries[:, None, 1:][:, :, pairs])
        return np.asarray(np.clip(upper - lower, 0.0, None) / self.bixels.pitch_v_mm)


def bixel_weights(apertures: Sequence[Aperture], bixels: BixelGrid, mlc: Mlc) -> Floats:
    """Fluence that apertures give to the bixels of their beam.

    Parameters
    ----------
    apertures : the segments of one beam
    bixels : the beam's fluence lattice
    mlc : Mlc

    Returns
    -------
    (bixels,) array, MU
        Row-major order of the True cells of ``bixels.open``.

    Raises
    ------
    InvalidInput
        If an aperture has another number of leaf pairs than the MLC.
    """
    for number, aperture in enumerate(apertures, start=1):
        if aperture.pairs != mlc.pairs:
            raise InvalidInput(
                f"Segment {number}: {aperture.pairs} leaf pairs, but the MLC has {mlc.pairs}. Take "
                "the apertures and the machine from the same plan."
            )
    if not apertures:
        return np.zeros(bixels.count)
    return LeafRaster(bixels, mlc).weights(Shape.of(apertures))


def _edges(first_centre_mm: float, pitch_mm: float, count: int) -> Floats:
    return np.asarray(first_centre_mm + pitch_mm * (np.arange(count + 1) - 0.5))
