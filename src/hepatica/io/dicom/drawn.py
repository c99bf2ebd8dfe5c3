"""Puts drawn regions onto the voxels of the image and says what does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hepatica.case.contours import Contours
from hepatica.case.grid import Grid
from hepatica.case.provenance import Note
from hepatica.case.rasterise import slabs_of
from hepatica.case.structure import Role, Structure
from hepatica.io.dicom.loops import arrangement
from hepatica.io.dicom.tilted import axes_about, filled_in_own_planes

VOLUME_TOLERANCE = 0.02
_OFF_SLICE_MM = 0.1
_WORTH_SAYING_CC = 0.005
_LARGEST_PLANE_SPACING_MM = 10.0

Point = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Drawn:
    """A region with a name, and outlines in the case's frame.

    Parameters
    ----------
    label : how notes name it
    name, role : of the structure to be
    contours : Contours
    normal : (3,) array
        The direction across the planes of its outlines: that of the image's slices, or its own.
    """

    label: str
    name: str
    role: Role
    contours: Contours
    normal: Point

    def is_tilted(self, grid: Grid) -> bool:
        """Whether its planes are not those of the grid."""
        return not np.array_equal(self.normal, grid.normal)


def on_image(
    drawn: Sequence[Drawn], image_grid: Grid, subject: str
) -> tuple[tuple[Structure, ...], tuple[Note, ...]]:
    """Structures on the lattice of the image, continued where outlines reach beyond it.

    An image of one slice lends its pixels only; the slices are then the planes that were drawn.

    Parameters
    ----------
    drawn : regions
    image_grid : Grid
    subject : the structure set, for notes

    Returns
    -------
    structures, notes
    """
    notes: list[Note] = []
    lattice = image_grid
    if image_grid.shape[0] == 1:
        lattice = _own_slices(drawn, image_grid, subject, notes)
    found = []
    for region in drawn:
        _note_arrangement(region, notes)
        found.append(_structure(region, lattice, image_grid, notes))
    return tuple(s for s in found if s is not None), tuple(notes)


def _note_arrangement(drawn: Drawn, notes: list[Note]) -> None:
    found = arrangement(drawn.contours.loops, axes_about(drawn.normal))
    if found.planes_with_holes:
        sentence = f"{found.planes_with_holes} planes hold outlines within outlines: holes."
        notes.append(Note("linked", drawn.label, sentence))
    if found.planes_with_overlaps:
        sentence = (
            f"Outlines cross each other in {found.planes_with_overlaps} planes; what two of them "
            "cover counts as outside (even-odd rule). Check these planes."
        )
        notes.append(Note("warning", drawn.label, sentence))


def _window(low: Point, high: Point, grid: Grid) -> Grid:
    """The part of the lattice, continued where needed, from one index (z, y, x) to another."""
    start = np.floor(low + 0.5 + 1e-6).astype(int)
    stop = np.maximum(np.ceil(high + 0.5 - 1e-6).astype(int), start + 1)
    return grid.crop(tuple(start), tuple(stop))


def _outlined(drawn: Drawn, lattice: Grid, notes: list[Note]) -> tuple[Structure, float]:
    """Filled on the lattice of the image, continued as needed; and the volume drawn, cc."""
    index = np.concatenate([lattice.index_of(loop) for loop in drawn.contours.loops])
    bounds = slabs_of(drawn.contours, lattice).bounds
    low = np.array([bounds.min(), index[:, 1].min(), index[:, 0].min()])
    high = np.array([bounds.max(), index[:, 1].max(), index[:, 0].max()])
    window = _window(low, high, lattice)
    found = Structure.from_contours(drawn.name, drawn.contours, window, drawn.role, drawn.label)
    if not found.is_empty:
        _note_slabs(drawn, lattice, notes)
    return found, drawn.contours.volume_cc(lattice)


def _tilted(drawn: Drawn, lattice: Grid, notes: list[Note]) -> tuple[Structure, float]:
    """Filled in its own planes, averaged over the image's voxels; and the volume drawn, cc."""
    filled = filled_in_own_planes(drawn.contours.loops, drawn.normal, lattice)
    angle = np.degrees(np.arccos(min(1.0, abs(float(drawn.normal @ lattice.normal)))))
    sentence = (
        f"Its outlines are tilted by {angle:.1f} degrees against the slices: they were filled in "
        "their own planes and averaged over the voxels of the image."
    )
    notes.append(Note("assumed", drawn.label, sentence))
    corners = lattice.index_of(filled.grid.corners_mm())[:, ::-1]
    moved = filled.on(_window(corners.min(axis=0), corners.max(axis=0), lattice))
    named = replace(moved, name=drawn.name, role=drawn.role, origin=drawn.label)
    return named, drawn.contours.volume_cc(filled.grid)


def _own_slices(drawn: Sequence[Drawn], grid: Grid, subject: str, notes: list[Note]) -> Grid:
    """For an image of one slice: its pixels, with slices where the contours were drawn."""
    upright = [d for d in drawn if not d.is_tilted(grid)]
    heights = [grid.index_of(loop)[:, 2].mean() for d in upright for loop in d.contours.loops]
    if not heights:
        return grid
    planes = np.unique(np.round(np.array(heights) * grid.spacing_mm[2], 2))
    if np.abs(planes).max() <= grid.spacing_mm[2] / 2:
        return grid
    steps = np.diff(planes)
    steps = steps[steps > _OFF_SLICE_MM]
    spacing = float(np.median(steps)) if len(steps) else grid.spacing_mm[2]
    if spacing > _LARGEST_PLANE_SPACING_MM:
        spacing = grid.spacing_mm[2]
    notes.append(
        Note(
            "assumed",
            subject,
            f"The image has one slice but contours lie on {len(planes)} planes: the structures "
            f"were put on slices of their own, every {spacing:g} mm, with the image's pixels.",
        )
    )
    origin = grid.point_at((0.0, 0.0, planes[0] / grid.spacing_mm[2]))
    return replace(
        grid,
        shape=(1, *grid.shape[1:]),
        spacing_mm=(*grid.spacing_mm[:2], spacing),
        origin_mm=(float(origin[0]), float(origin[1]), float(origin[2])),
    )


def _structure(
    drawn: Drawn, lattice: Grid, image_grid: Grid, notes: list[Note]
) -> Structure | None:
    make = _tilted if drawn.is_tilted(lattice) else _outlined
    found, drawn_cc = make(drawn, lattice, notes)
    if found.is_empty:
        notes.append(Note("ignored", drawn.label, "Its outlines enclose nothing; left out."))
        return None
    _note_volume(found, drawn_cc, notes)
    if image_grid.shape[0] > 1:
        note_beyond_image(found, image_grid, notes)
    return found


def _note_volume(found: Structure, drawn_cc: float, notes: list[Note]) -> None:
    if abs(found.volume_cc - drawn_cc) > VOLUME_TOLERANCE * drawn_cc:
        sentence = (
            f"Its voxels hold {found.volume_cc:.2f} cc but its outlines {drawn_cc:.2f} cc, more "
            f"than {VOLUME_TOLERANCE:.0%} apart. Do not trust its volume."
        )
        notes.append(Note("warning", found.origin, sentence))


def _note_slabs(drawn: Drawn, lattice: Grid, notes: list[Note]) -> None:
    slabs = slabs_of(drawn.contours, lattice)
    off_mm = np.abs(slabs.position - np.rint(slabs.position)) * lattice.spacing_mm[2]
    between = int((off_mm > _OFF_SLICE_MM).sum())
    if between:
        sentence = (
            f"{between} of {len(off_mm)} contour planes lie up to {off_mm.max():.2f} mm off the "
            "slices; each stands for the slab half-way to its neighbours."
        )
        notes.append(Note("linked", drawn.label, sentence))
    gaps = slabs.gaps_mm[slabs.gaps_mm > _OFF_SLICE_MM]
    if len(gaps):
        sentence = (
            f"{len(gaps)} gap{'s' * (len(gaps) > 1)} between its contour planes (up to "
            f"{gaps.max() + slabs.spacing_mm:.1f} mm apart): nothing was put in between."
        )
        notes.append(Note("warning", drawn.label, sentence))


def note_beyond_image(found: Structure, image_grid: Grid, notes: list[Note]) -> None:
    """Say how much of a structure lies where there is no image."""
    inside_cc = float(found.on(image_grid).mask_on(image_grid).sum(dtype=float))
    inside_cc *= image_grid.voxel_cc
    beyond = found.volume_cc - inside_cc
    if beyond > max(_WORTH_SAYING_CC, 1e-4 * found.volume_cc):
        sentence = (
            f"{beyond:.2f} of {found.volume_cc:.2f} cc ({beyond / found.volume_cc:.1%}) lie "
            "beyond the image."
        )
        notes.append(Note("warning", found.origin, sentence))
