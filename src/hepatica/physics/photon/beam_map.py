"""From the weights of a beam's bixels to maps of blurred fluence, and back by the transpose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hepatica.physics.photon.beam_path import BeamPath
from hepatica.physics.photon.bixels import PhotonBeam
from hepatica.physics.photon.dose_setup import DoseSetup
from hepatica.physics.photon.map_lattice import Fineness, MapAxis, map_axis
from hepatica.physics.photon.response import Edge, components_at, penumbra_sigma_mm, tail_terms

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

# A cubic spline through nodes this close, in standard deviations of an edge, follows it to 5e-4.
_PITCH_PER_SIGMA = 0.6
_MULTIPLE = 32


@dataclass(frozen=True, eq=False)
class BeamMap:
    """The blurring of one beam as small matrices between bixels and nodes.

    Parameters
    ----------
    axes : nodes along u and v
    profile : (V, U) array
        Primary fluence of each bixel.
    centre : (K,) array
        Weight of the point in each component.
    sharp : (U, fine U nodes) and (fine V nodes, V) arrays
        Spline coefficients of the bixels' edge profiles.
    tails : for each component (U, R * U nodes) and (V nodes, V * R) arrays

    Notes
    -----
    Nodes along u are filled up with zeros to a multiple of 32, which doubles the speed of products.
    """

    axes: tuple[MapAxis, MapAxis]
    profile: Floats
    centre: Singles
    sharp: tuple[Singles, Singles]
    tails: tuple[tuple[Singles, Singles], ...]

    @property
    def components(self) -> tuple[int, ...]:
        """One number per component."""
        return (0,) * len(self.tails)

    def spread(self, lattice: Floats) -> tuple[Singles, Singles]:
        """Maps of the weights (V, U): the tail's cells and the sharp nodes (fine V, fine U)."""
        from hepatica.physics.photon.map_kernels import cells_of

        fluence = (lattice * self.profile).astype(np.float32)
        cells = np.empty(self._cells, np.float32)
        for k, (along_u, along_v) in enumerate(self.tails):
            half = _product(fluence, along_u).reshape(along_v.shape[1], -1)
            cells_of(_product(along_v, half), k, cells)
        return cells, _product(self.sharp[1], _product(fluence, self.sharp[0]))

    def collect(self, cells: Singles, sharp: Singles) -> Floats:
        """The transpose of ``spread``: (V, U) sums from maps."""
        from hepatica.physics.photon.map_kernels import nodes_of
        from hepatica.physics.photon.product_kernels import multiply_rows

        total = np.zeros(self.profile.shape, np.float32)
        multiply_rows(_product(self.sharp[1].T, sharp), self.sharp[0], total)
        for k, (along_u, along_v) in enumerate(self.tails):
            plane = np.zeros((len(along_v), _padded(cells.shape[1] + 1)), np.float32)
            nodes_of(cells, k, plane)
            multiply_rows(_product(along_v.T, plane).reshape(len(total), -1), along_u, total)
        return np.asarray(total * self.profile, dtype=np.float64)

    def empty(self) -> tuple[Singles, Singles]:
        """Maps of zeros."""
        fine = (self.sharp[1].shape[0], self.sharp[0].shape[1])
        return np.zeros(self._cells, np.float32), np.zeros(fine, np.float32)

    @property
    def _cells(self) -> tuple[int, int, int, int]:
        u, v = self.axes
        return len(v.nodes) - 1, len(u.nodes) - 1, len(self.tails), 4


def _product(a: Singles, b: Singles) -> Singles:
    from hepatica.physics.photon.product_kernels import multiply

    out = np.empty((a.shape[0], b.shape[1]), np.float32)
    multiply(a, b, out)
    return out


def beam_map_of(setup: DoseSetup, path: BeamPath) -> BeamMap:
    """The blurring of one beam, on lattices no larger than its voxels need."""
    machine, options, bixels = setup.machine, setup.options, path.beam.bixels
    components = components_at(machine, path.ssd_mm, options.nearest_ssd)
    sigma = penumbra_sigma_mm(machine)
    edges = (
        Edge(bixels.pitch_u_mm, sigma, options.shift_mm[0]),
        Edge(bixels.pitch_v_mm, sigma, options.shift_mm[1]),
    )
    sharp = min(options.sharp_pitch_mm, _PITCH_PER_SIGMA * sigma)
    fineness = Fineness(sharp, options.tail_pitch_mm)
    axes, counts = [], []
    for edge, centres, needed in zip(
        edges, (bixels.u_mm, bixels.v_mm), path.extent_mm, strict=True
    ):
        reach = components.reach_mm + edge.reach_mm
        if options.cutoff_mm is not None:
            reach = min(reach, options.cutoff_mm)
        axis = map_axis(centres, edge, reach, needed, fineness)
        axes.append(axis)
        counts.append(int(np.ceil(reach / axis.step_mm)))
    steps = (axes[0].step_mm, axes[1].step_mm)
    terms = tail_terms(components, edges, steps, (counts[0], counts[1]), options.cutoff_mm)
    shape = bixels.open.shape
    return BeamMap(
        (axes[0], axes[1]),
        _profile(setup, path.beam),
        components.centre.astype(np.float32),
        (
            _widened(sharp_matrix(edges[0], axes[0], shape[1])).astype(np.float32),
            np.ascontiguousarray(sharp_matrix(edges[1], axes[1], shape[0]).T, dtype=np.float32),
        ),
        tail_matrices(terms, (axes[0], axes[1]), (shape[1], shape[0])),
    )


def _profile(setup: DoseSetup, beam: PhotonBeam) -> Floats:
    """(V, U) primary fluence, averaged over each bixel."""
    if not setup.options.use_primary_fluence:
        return np.ones(beam.bixels.open.shape)
    places = []
    for centres, pitch in (
        (beam.bixels.u_mm, beam.bixels.pitch_u_mm),
        (beam.bixels.v_mm, beam.bixels.pitch_v_mm),
    ):
        inside = (np.arange(5) - 2.0) / 5.0 * pitch
        places.append(centres[:, None] + inside)
    radius = np.hypot(places[0][None, None], places[1][:, :, None, None])
    found = setup.machine.primary_fluence.at(radius)
    return np.asarray(found.mean(axis=(1, 3)))


def tail_matrices(
    terms: Sequence[tuple[Floats, Floats]], axes: tuple[MapAxis, MapAxis], bixels: tuple[int, int]
) -> tuple[tuple[Singles, Singles], ...]:
    """Matrices between bixels (U, V) and nodes from the separable terms of one bixel's tail."""
    found = []
    for left, right in terms:
        along_u = _node_values(left, axes[0], bixels[0])
        along_v = _node_values(right, axes[1], bixels[1])
        u_first = _widened(along_u.transpose(1, 2, 0)).reshape(bixels[0], -1)
        v_last = along_v.reshape(len(axes[1].nodes), -1)
        found.append((u_first.astype(np.float32), v_last.astype(np.float32)))
    return tuple(found)


def sharp_matrix(edge: Edge, axis: MapAxis, bixels: int) -> Floats:
    """(bixels, sharp nodes) coefficients of the cubic spline through each bixel's edge profile."""
    from scipy.linalg import solve_banded

    places = axis.sharp_mm
    centres = axis.first_mm + axis.step_mm * axis.stride * np.arange(bixels)
    profiles = edge.at(places[:, None] - centres)
    spline = np.tile([[1 / 6], [4 / 6], [1 / 6]], len(places))
    return np.ascontiguousarray(solve_banded((1, 1), spline, profiles).T)


def _padded(nodes: int) -> int:
    return -(-nodes // _MULTIPLE) * _MULTIPLE


def _widened(values: Floats) -> Floats:
    """Filled up with zeros along the last axis."""
    more = _padded(values.shape[-1]) - values.shape[-1]
    return np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, more)])


def _node_values(term: Floats, axis: MapAxis, bixels: int) -> Floats:
    """(nodes, bixels, R) values of the terms (offsets, R) at each node for each bixel.

    A straight line between nodes lies above a convex curve. Taking a twelfth of the second
    difference off the nodes makes the error vanish on average over a cell and halves its maximum.
    """
    middle = len(term) // 2
    padded = np.concatenate([term, np.zeros((1, term.shape[1]))])
    gaps = np.where(axis.even, np.diff(axis.nodes, prepend=axis.nodes[0] - 1), 0)[:, None]
    offsets = axis.nodes[:, None] - axis.stride * np.arange(bixels)

    def at(steps: NDArray[np.int64]) -> Floats:
        place = steps + middle
        return np.asarray(padded[np.where((place < 0) | (place >= len(term)), len(term), place)])

    here = at(offsets)
    return np.asarray(here - (at(offsets - gaps) - 2 * here + at(offsets + gaps)) / 12)
