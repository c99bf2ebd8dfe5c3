"""The patient as the dose engine and the optimiser see it: densities, and voxels with their organs.

Dose is needed everywhere in the end, but while a plan is sought only where somebody asks for it.
Close to the target every voxel is kept; farther out, where the dose is smooth, one in eight of
an organ, and one in sixty-four elsewhere, stands for its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hepatica.case import Case, Grid, Structure, Volume
from hepatica.case.resample import mean_onto
from hepatica.engine.derive import ProtocolStructures
from hepatica.engine.place import dose_grid
from hepatica.errors import InvalidInput
from hepatica.machine import HounsfieldTable
from hepatica.physics.optimise import Region

BODY = "External"

NEAR_MM = 12.0
"""Every voxel within this distance of a target is kept."""

FAR = "Far"

SHELLS_MM = ((2.0, 8.0), (8.0, 16.0), (16.0, 30.0))
"""Shells of normal tissue around the targets, from and to, in which the dose must fall."""


@dataclass(frozen=True, eq=False)
class Scene:
    """Densities and structures on the dose grid, and the voxels chosen for planning.

    ``density`` is relative to water and 0 outside the body; ``voxels`` are flat indices into the
    grid, C order; ``stands_for`` says how many voxels each of them represents. ``cut_off`` says at
    which sides of the grid, low and high along x, y and z, the image ends as well.
    """

    grid: Grid
    density: Volume
    structures: ProtocolStructures
    targets: tuple[str, ...]
    voxels: NDArray[np.int64]
    stands_for: NDArray[np.float64]
    distance_mm: NDArray[np.float32]
    shares: Mapping[str, NDArray[np.float32]]
    cut_off: NDArray[np.bool_]

    def distance_from(self, name: str) -> NDArray[np.float32]:
        """(voxels,) array: how far each chosen voxel lies from a structure, mm; 0 inside."""
        return _distance_mm({name: self.shares[name]}, self.grid)[self.voxels]

    @property
    def surroundings(self) -> tuple[Region, ...]:
        """The shells around the targets and all that lies farther away."""
        return tuple(region for region in self._shells() if region is not None)

    @cached_property
    def regions(self) -> dict[str, Region]:
        """Every structure, and the shells around the targets, over the chosen voxels."""
        found = [self._region(name, share) for name, share in self.shares.items()]
        found += self._shells()
        return {region.name: region for region in found if region is not None}

    def _region(self, name: str, share: NDArray[np.float32]) -> Region | None:
        """A structure's voxels, each with what it stands for; its volume stays true."""
        rows = np.flatnonzero(share[self.voxels] > 0)
        if not len(rows):
            return None
        part = share[self.voxels[rows]].astype(float)
        far = self.stands_for[rows] > 1
        left = float(share.sum(dtype=float)) - float(part[~far].sum())
        if far.any():
            part[far] *= self.stands_for[rows[far]]
            part[far] *= left / part[far].sum()
        return Region(name, rows, part * self.grid.voxel_cc)

    def _shells(self) -> list[Region | None]:
        """Normal tissue around the targets, by distance, and all that lies farther away."""
        body = self.shares[BODY][self.voxels] > 0.5
        outside = body & (np.max([self.shares[t][self.voxels] for t in self.targets], axis=0) == 0)
        away = self.distance_mm[self.voxels]
        shells = [
            self._shell(f"Shell_{near:g}-{far:g}mm", outside & (away > near) & (away <= far))
            for near, far in SHELLS_MM
        ]
        return [*shells, self._shell(FAR, outside & (away > SHELLS_MM[-1][1]))]

    def _shell(self, name: str, inside: NDArray[np.bool_]) -> Region | None:
        rows = np.flatnonzero(inside)
        if not len(rows):
            return None
        return Region(name, rows, self.stands_for[rows] * self.grid.voxel_cc)


@dataclass(frozen=True)
class SceneRequest:
    """What to look at: the targets, the structures that matter, the size of a voxel."""

    targets: tuple[str, ...]
    asked: tuple[str, ...]
    spacing_mm: float = 2.5

    def __post_init__(self) -> None:
        if not 1 <= self.spacing_mm <= 5:
            raise InvalidInput(
                f"Dose grid spacing is {self.spacing_mm:g} mm; 1 to 5 mm is allowed. "
                "Choose another --spacing-mm."
            )


def scene_of(
    case: Case, structures: ProtocolStructures, table: HounsfieldTable, request: SceneRequest
) -> Scene:
    """Put a patient before the dose engine.

    Raises
    ------
    InvalidInput
        If the body or a target is not there.
    """
    body = _present(structures, BODY)
    for name in request.targets:
        _present(structures, name)
    grid = _grid_around(case.image.grid, body, request.spacing_mm)
    density = density_on(grid, case.image, body, table)
    shares = _shares(structures, {BODY, *request.targets, *request.asked}, grid)
    distance = _distance_mm({name: shares[name] for name in request.targets}, grid)
    voxels, stands_for = _chosen(shares, distance, grid)
    cut_off = _cut_off(case.image.grid, body)
    return Scene(
        grid, density, structures, request.targets, voxels, stands_for, distance, shares, cut_off
    )


def density_on(grid: Grid, image: Volume, body: Structure, table: HounsfieldTable) -> Volume:
    """Mean density relative to water of each voxel; outside the body it is air."""
    start, stop = _window(image.grid, body)
    part = image.crop(start, stop)
    inside = body.mask_on(part.grid)
    return mean_onto(Volume(table.density(part.values) * inside, part.grid, "1"), grid)


def share_on(structure: Structure, grid: Grid) -> NDArray[np.float32]:
    """(voxels,) array: which part of each voxel of the grid a structure fills."""
    return structure.on(grid).mask_on(grid).ravel()


def _present(structures: ProtocolStructures, name: str) -> Structure:
    if name not in structures.present:
        why = structures.missing.get(name, f"the case has no {name}.")
        raise InvalidInput(f"A plan needs {name}: {why}")
    return structures.present[name]


def _window(image: Grid, body: Structure) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """The part of the image that holds the body."""
    offset = np.array(image.require_same_lattice(body.grid, body.name))
    start = np.maximum(offset, 0)
    stop = np.minimum(offset + np.array(body.grid.shape), image.shape)
    return tuple(int(v) for v in start), tuple(int(v) for v in stop)  # type: ignore[return-value]


def _cut_off(image: Grid, body: Structure) -> NDArray[np.bool_]:
    """(2, 3) array: low and high side along x, y, z where body and image end together."""
    start, stop = _window(image, body)
    found = np.array([np.equal(start, 0), np.equal(stop, image.shape)])
    return found[:, ::-1]


def _grid_around(image: Grid, body: Structure, spacing_mm: float) -> Grid:
    return dose_grid(image.crop(*_window(image, body)), spacing_mm)


def _shares(
    structures: ProtocolStructures, names: Iterable[str], grid: Grid
) -> dict[str, NDArray[np.float32]]:
    kept = (name for name in sorted(names) if name in structures.present)
    return {name: share_on(structures.present[name], grid) for name in kept}


def _distance_mm(shares: Mapping[str, NDArray[np.float32]], grid: Grid) -> NDArray[np.float32]:
    """(voxels of the grid,) array: distance to the nearest of these structures, 0 inside, mm."""
    from scipy.ndimage import distance_transform_edt

    for name, share in shares.items():
        if not share.any():
            raise InvalidInput(f"{name} lies outside the body: check the contours of both.")
    inside = (np.max(list(shares.values()), axis=0) > 0).reshape(grid.shape)
    sampling = grid.spacing_mm[::-1]
    return np.asarray(distance_transform_edt(~inside, sampling=sampling), np.float32).ravel()


def _chosen(
    shares: Mapping[str, NDArray[np.float32]], distance_mm: NDArray[np.float32], grid: Grid
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Voxels of the body: all near the targets or in a small organ, 1 in 8 organ, 1 in 64 other."""
    full = distance_mm <= NEAR_MM
    organ = np.zeros_like(full)
    for name, share in shares.items():
        if name != BODY:
            organ |= share > 0
            if float(share.sum()) * grid.voxel_cc < _SMALL_CC:
                full |= share > 0
    z, y, x = np.indices(grid.shape, dtype=np.int32).reshape(3, -1)
    in_eight, in_64 = ((z % n == 0) & (y % n == 0) & (x % n == 0) for n in (2, 4))
    stands_for = np.where(full, 1.0, np.where(organ & in_eight, 8.0, np.where(in_64, 64.0, 0.0)))
    stands_for[organ & ~full & ~in_eight] = 0.0
    stands_for[~(organ | (shares[BODY] > 0))] = 0.0
    voxels = np.flatnonzero(stands_for)
    return voxels, stands_for[voxels]


_SMALL_CC = 100.0
"""An organ below this volume, cc, keeps all its voxels: a cord, a duodenum."""
