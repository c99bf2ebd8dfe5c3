"""The lattices on the isocentre plane on which the fluence of a beam is blurred.

The sharp image of the field lives on a fine lattice that covers the field and its penumbra. The
scattered tail is smooth: within the field its lattice is coarser, and further out coarser still.
Every node of the tail's lattice is also a place on the lattice of the bixels' offsets, so that the
same separable terms serve all nodes and all bixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hepatica.physics.photon.response import Edge

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
# Nodes in steps from the first, the node below each step, place of the first (mm), step (mm), bits.
Scale = tuple[Indices, Indices, float, float, int]

# Outside the field the spacing doubles here, and doubles again further out.
_SECOND_ZONE_MM = 15.0
_THIRD_ZONE_MM = 50.0


@dataclass(frozen=True, eq=False)
class MapAxis:
    """Nodes along u or v for one beam.

    Parameters
    ----------
    first_mm : float
        Centre of the first bixel's column or row; offset 0.
    step_mm : float
        Spacing of the lattice of offsets.
    stride : int
        Steps from one bixel to the next.
    nodes : (N,) array
        Nodes of the tail's lattice, in steps from ``first_mm``, rising.
    field : slice
        Nodes of the evenly spaced zone that holds the field and its penumbra.
    refinement : int
        Nodes of the sharp lattice per node of the tail's lattice.
    """

    first_mm: float
    step_mm: float
    stride: int
    nodes: Indices
    field: slice
    refinement: int

    @property
    def nodes_mm(self) -> Floats:
        """(N,) array: places of the tail's nodes, mm."""
        return np.asarray(self.first_mm + self.step_mm * self.nodes)

    @property
    def sharp_mm(self) -> Floats:
        """Places of the sharp lattice's nodes, mm; the first and the last lie beyond the field."""
        field = self.nodes_mm[self.field]
        gap = (field[1] - field[0]) / self.refinement
        count = (len(field) - 1) * self.refinement + 3
        return np.asarray(field[0] + gap * (np.arange(count) - 1.0))

    @property
    def field_mm(self) -> tuple[float, float]:
        """Ends of the evenly spaced zone, mm."""
        field = self.nodes_mm[self.field]
        return float(field[0]), float(field[-1])

    @property
    def even(self) -> NDArray[np.bool_]:
        """(N,) array: nodes with neighbours at equal distances on both sides."""
        gaps = np.diff(self.nodes)
        found = np.zeros(len(self.nodes), dtype=bool)
        found[1:-1] = gaps[1:] == gaps[:-1]
        return found

    @property
    def span_mm(self) -> tuple[float, float]:
        """First and last node, mm."""
        return float(self.nodes_mm[0]), float(self.nodes_mm[-1])

    @property
    def fraction_bits(self) -> int:
        """Bits left for the part of a cell when a place on the tail's nodes is kept in 16 bits."""
        return _bits(len(self.nodes))

    @property
    def sharp_bits(self) -> int:
        """The same for the sharp lattice."""
        return _bits(len(self.sharp_mm) - 2)

    @property
    def tail_scale(self) -> Scale:
        """How the compiled loops find a place on the tail's nodes."""
        steps = self.nodes - self.nodes[0]
        cells = np.repeat(np.arange(len(steps) - 1), np.diff(steps))
        return steps, cells, self.span_mm[0], self.step_mm, self.fraction_bits

    @property
    def sharp_scale(self) -> Scale:
        """The same for the sharp lattice's nodes within the field."""
        places = self.sharp_mm[1:-1]
        steps = np.arange(len(places))
        return steps, steps[:-1], float(places[0]), float(places[1] - places[0]), self.sharp_bits


@dataclass(frozen=True)
class Fineness:
    """Spacings at most, mm: of the sharp lattice and of the tail's lattice in the field."""

    sharp_mm: float
    tail_mm: float


def map_axis(
    centres_mm: Floats,
    edge: Edge,
    reach_mm: float,
    needed_mm: tuple[float, float],
    fineness: Fineness,
) -> MapAxis:
    """Nodes for a row of bixels, no further than dose reaches and than points lie.

    Parameters
    ----------
    centres_mm : (n,) array
        Of the bixels' columns or rows, evenly spaced, rising.
    edge : Edge
    reach_mm : float
        Distance from a bixel's centre to which its dose reaches.
    needed_mm : (low, high)
        Extent of the points.
    fineness : Fineness
    """
    stride = int(np.ceil(edge.pitch_mm / fineness.tail_mm - 1e-9))
    step = edge.pitch_mm / stride
    coarse = max(int(np.floor(fineness.tail_mm / step + 1e-9)), 1)
    refinement = int(np.ceil(coarse * step / fineness.sharp_mm - 1e-9))
    first, last = 0, stride * (len(centres_mm) - 1)
    rim = int(np.ceil(edge.reach_mm / (coarse * step))) * coarse
    low, high = first - rim, last + rim
    high += -(high - low) % coarse
    reach = int(np.ceil(reach_mm / step))
    outside = _growing_steps(coarse, step, reach - rim)
    inner = np.arange(low, high + 1, coarse)
    nodes = np.concatenate([low - outside[::-1], inner, high + outside])
    limits = [(place - centres_mm[0]) / step for place in needed_mm]
    start = min(max(int(np.searchsorted(nodes, limits[0], side="right")) - 1, 0), len(outside))
    end = len(outside) + len(inner)
    stop = max(min(int(np.searchsorted(nodes, limits[1], side="left")) + 1, len(nodes)), end)
    field = slice(len(outside) - start, end - start)
    return MapAxis(float(centres_mm[0]), step, stride, nodes[start:stop], field, refinement)


def _growing_steps(coarse: int, step_mm: float, reach: int) -> Indices:
    """Distances, in steps, of the nodes outside the field from its edge."""
    found, at = [], 0
    while at < reach:
        gap = coarse
        for zone in (_SECOND_ZONE_MM, _THIRD_ZONE_MM):
            gap *= 2 if at * step_mm >= zone else 1
        at += gap
        found.append(at)
    return np.array(found, dtype=np.int64)


def _bits(nodes: int) -> int:
    return 16 - int(nodes - 1).bit_length()
