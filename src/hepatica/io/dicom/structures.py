"""Makes structures of a case from the outlines of an RTSTRUCT."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hepatica.case.contours import Contours
from hepatica.case.grid import Grid
from hepatica.case.provenance import Note
from hepatica.case.rasterise import slabs_of
from hepatica.case.structure import Role, Structure
from hepatica.errors import AmbiguousName
from hepatica.io.dicom.frames import way_into
from hepatica.io.dicom.image import Image
from hepatica.io.dicom.loops import arrangement, without_repeats
from hepatica.io.dicom.registration import Registration
from hepatica.io.dicom.rois import Roi, StructureSet

VOLUME_TOLERANCE = 0.02
_FLATNESS_MM = 0.1
_OFF_SLICE_MM = 0.1
_FARTHEST_MM = 1000.0
_WORTH_SAYING_CC = 0.005

_ROLE_OF_TYPE: dict[str, Role] = {
    "EXTERNAL": "EXTERNAL",
    "GTV": "GTV",
    "CTV": "CTV",
    "PTV": "PTV",
    "ORGAN": "ORGAN",
    "AVOIDANCE": "AVOIDANCE",
    "SUPPORT": "SUPPORT",
    "FIXATION": "SUPPORT",
}
_TARGET_TYPES = ("GTV", "CTV", "PTV")
_TARGET_NAME = re.compile(r"^(GTV|CTV|PTV)(?![a-z])", re.IGNORECASE)
_EXTERNAL_NAME = re.compile(r"^(body|external|skin)$", re.IGNORECASE)

Rename = Callable[[str], str]


@dataclass(frozen=True, eq=False)
class _Drawn:
    """A region with a name and outlines in the case's frame, ready to be rasterised."""

    roi: Roi
    name: str
    role: Role
    contours: Contours


def build_structures(
    source: StructureSet,
    image: Image,
    registrations: Sequence[Registration] = (),
    rename: Rename = str,
) -> tuple[tuple[Structure, ...], tuple[Note, ...]]:
    """The structures of one RTSTRUCT on the lattice of the image.

    Where outlines reach beyond the image the lattice is continued, so that volumes stay those
    that were drawn. An image of one slice lends its pixels only; the slices are then the planes
    that were contoured.

    Parameters
    ----------
    source : StructureSet
    image : Image
    registrations : may be used when the outlines lie in another frame of reference
    rename : raw name to name; an empty name leaves the region out

    Returns
    -------
    structures, notes

    Raises
    ------
    Inconsistent
        If outlines lie in another frame of reference and no registration leads from there.
    AmbiguousName
        If a name fits several organs, or two regions receive the same name; all are listed.
    """
    notes = list(source.notes)
    subject = f"RTSTRUCT {source.file}"
    with_outlines = [roi for roi in source.rois if _has_outlines(roi, notes)]
    names = _names(with_outlines, rename, subject, notes)
    drawn = []
    for roi in with_outlines:
        if roi.number in names:
            ready = _ready(roi, names[roi.number], (source, image, registrations), notes)
            drawn.extend([ready] if ready else [])
    lattice = _lattice([d.contours for d in drawn], image.volume.grid, subject, notes)
    structures = [_structure(d, lattice, image.volume.grid, notes) for d in drawn]
    return tuple(s for s in structures if s is not None), tuple(notes)


def role_of(interpreted: str, name: str) -> Role:
    """The role of a region: a declared target or external as declared, else by its name.

    Many systems leave the type blank or ORGAN for everything; a name that begins with GTV, CTV or
    PTV then says more.
    """
    declared = _ROLE_OF_TYPE.get(interpreted)
    if declared in (*_TARGET_TYPES, "EXTERNAL"):
        return declared
    target = _TARGET_NAME.match(name)
    if target:
        return target.group(1).upper()  # type: ignore[return-value]
    if _EXTERNAL_NAME.match(name):
        return "EXTERNAL"
    return declared or ("OTHER" if interpreted else "ORGAN")


def _has_outlines(roi: Roi, notes: list[Note]) -> bool:
    for what, count in roi.skipped:
        plural = "s" if count > 1 else ""
        notes.append(Note("ignored", roi.label, f"{count} contour{plural} {what} left out."))
    if not roi.loops:
        notes.append(Note("ignored", roi.label, "It has no closed contours; left out."))
    return bool(roi.loops)


def _names(rois: Sequence[Roi], rename: Rename, subject: str, notes: list[Note]) -> dict[int, str]:
    """ROI number to name, for those not left out; all ambiguous names in one error."""
    names: dict[int, str] = {}
    faults: list[str] = []
    for roi in rois:
        try:
            name = rename(roi.name)
        except AmbiguousName as fault:
            faults.append(f"{roi.label}: {fault}")
            continue
        if name:
            names[roi.number] = name
        else:
            notes.append(Note("ignored", roi.label, "The name file leaves it out."))
    by_name: dict[str, list[str]] = {}
    for roi in rois:
        if roi.number in names:
            by_name.setdefault(names[roi.number], []).append(roi.label)
    faults += [
        f"{subject}: {' and '.join(labels)} would both be called {name}. Give one of them another "
        "name in the name file, or leave it out there; rename it in the planning system when both "
        "are written alike."
        for name, labels in by_name.items()
        if len(labels) > 1
    ]
    if faults:
        raise AmbiguousName("\n".join(faults))
    return names


def _ready(
    roi: Roi,
    name: str,
    where: tuple[StructureSet, Image, Sequence[Registration]],
    notes: list[Note],
) -> _Drawn | None:
    """The region in the case's frame; None, with a note, when its outlines cannot be used."""
    source, image, registrations = where
    loops = _in_frame(roi, source, image, registrations, notes)
    distinct = without_repeats(loops)
    if len(distinct) < len(loops):
        sentence = f"{len(loops) - len(distinct)} contours are listed twice; each counts once."
        notes.append(Note("warning", roi.label, sentence))
    fault = _unusable(distinct, image.volume.grid)
    if fault:
        notes.append(Note("warning", roi.label, f"{fault}; left out."))
        return None
    _note_arrangement(roi, distinct, image.volume.grid, notes)
    role = role_of(roi.interpreted, name)
    target = _TARGET_NAME.match(name)
    if target and role in _TARGET_TYPES and target.group(1).upper() != role:
        sentence = f"Named like a {target.group(1).upper()} but declared {role}: taken as {role}."
        notes.append(Note("warning", roi.label, sentence))
    return _Drawn(roi, name, role, Contours(tuple(distinct)))


def _in_frame(
    roi: Roi,
    source: StructureSet,
    image: Image,
    registrations: Sequence[Registration],
    notes: list[Note],
) -> list[NDArray[np.float64]]:
    frame = roi.frame_uid or source.frame_uid
    way = way_into(frame, image.frame_of_reference_uid, registrations, roi.label)
    if way is None:
        return list(roi.loops)
    sentence = f"Its outlines were moved into the image's frame of reference by REG {way.origin}."
    notes.append(Note("linked", roi.label, sentence))
    return [way.points(loop) for loop in roi.loops]


def _unusable(loops: Sequence[NDArray[np.float64]], grid: Grid) -> str:
    tilt = max(float(np.ptp(loop @ grid.normal)) for loop in loops)
    if tilt > max(_FLATNESS_MM, 0.1 * grid.spacing_mm[2]):
        return f"Its outlines are not parallel to the slices (up to {tilt:.1f} mm across a slice)"
    index = np.concatenate([grid.index_of(loop) for loop in loops])
    last = np.array(grid.shape[::-1]) - 1
    beyond = float((np.maximum(-index, index - last) * np.array(grid.spacing_mm)).max())
    if beyond > _FARTHEST_MM:
        return f"Its outlines reach {beyond:.0f} mm beyond the image, which no patient does"
    return ""


def _note_arrangement(
    roi: Roi, loops: Sequence[NDArray[np.float64]], grid: Grid, notes: list[Note]
) -> None:
    found = arrangement(loops, grid.axes)
    if found.planes_with_holes:
        sentence = f"{found.planes_with_holes} planes hold outlines within outlines: holes."
        notes.append(Note("linked", roi.label, sentence))
    if found.planes_with_overlaps:
        sentence = (
            f"Outlines cross each other in {found.planes_with_overlaps} planes; what two of them "
            "cover counts as outside (even-odd rule). Check these planes."
        )
        notes.append(Note("warning", roi.label, sentence))


def _lattice(drawn: Sequence[Contours], grid: Grid, subject: str, notes: list[Note]) -> Grid:
    """The image's lattice, continued as far as the outlines reach."""
    if not drawn:
        return grid
    if grid.shape[0] == 1:
        grid = _own_slices(drawn, grid, subject, notes)
    start, stop = np.zeros(3, int), np.array(grid.shape)
    for contours in drawn:
        index = np.concatenate([grid.index_of(loop) for loop in contours.loops])
        bounds = slabs_of(contours, grid).bounds
        low = (bounds.min(), index[:, 1].min(), index[:, 0].min())
        high = (bounds.max(), index[:, 1].max(), index[:, 0].max())
        start = np.minimum(start, np.floor(np.array(low) + 0.5 + 1e-6).astype(int))
        stop = np.maximum(stop, np.ceil(np.array(high) + 0.5 - 1e-6).astype(int))
    return grid.crop(tuple(start), tuple(stop))


def _own_slices(drawn: Sequence[Contours], grid: Grid, subject: str, notes: list[Note]) -> Grid:
    """For an image of one slice: its pixels, with slices where the contours were drawn."""
    heights = [grid.index_of(loop)[:, 2].mean() for c in drawn for loop in c.loops]
    planes = np.unique(np.round(np.array(heights) * grid.spacing_mm[2], 2))
    if np.abs(planes).max() <= grid.spacing_mm[2] / 2:
        return grid
    steps = np.diff(planes)
    spacing = float(np.median(steps[steps > _OFF_SLICE_MM])) if len(steps) else grid.spacing_mm[2]
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
    drawn: _Drawn, lattice: Grid, image_grid: Grid, notes: list[Note]
) -> Structure | None:
    label = drawn.roi.label
    found = Structure.from_contours(drawn.name, drawn.contours, lattice, drawn.role, label)
    if found.is_empty:
        notes.append(Note("ignored", label, "Its outlines enclose nothing; left out."))
        return None
    _note_slabs(drawn, lattice, notes)
    drawn_cc = drawn.contours.volume_cc(lattice)
    if abs(found.volume_cc - drawn_cc) > VOLUME_TOLERANCE * drawn_cc:
        sentence = (
            f"Its voxels hold {found.volume_cc:.2f} cc but its outlines {drawn_cc:.2f} cc, more "
            f"than {VOLUME_TOLERANCE:.0%} apart. Do not trust its volume."
        )
        notes.append(Note("warning", label, sentence))
    if image_grid.shape[0] > 1:
        _note_beyond_image(found, image_grid, notes)
    return found


def _note_slabs(drawn: _Drawn, lattice: Grid, notes: list[Note]) -> None:
    slabs = slabs_of(drawn.contours, lattice)
    off_mm = np.abs(slabs.position - np.rint(slabs.position)) * lattice.spacing_mm[2]
    between = int((off_mm > _OFF_SLICE_MM).sum())
    if between:
        sentence = (
            f"{between} of {len(off_mm)} contour planes lie up to {off_mm.max():.2f} mm off the "
            "slices; each stands for the slab half-way to its neighbours."
        )
        notes.append(Note("linked", drawn.roi.label, sentence))
    gaps = slabs.gaps_mm[slabs.gaps_mm > _OFF_SLICE_MM]
    if len(gaps):
        sentence = (
            f"{len(gaps)} gap{'s' * (len(gaps) > 1)} between its contour planes (up to "
            f"{gaps.max() + slabs.spacing_mm:.1f} mm apart): nothing was put in between."
        )
        notes.append(Note("warning", drawn.roi.label, sentence))


def _note_beyond_image(found: Structure, image_grid: Grid, notes: list[Note]) -> None:
    inside_cc = float(found.mask_on(image_grid).sum(dtype=float)) * image_grid.voxel_cc
    beyond = found.volume_cc - inside_cc
    if beyond > max(_WORTH_SAYING_CC, 1e-4 * found.volume_cc):
        sentence = (
            f"{beyond:.2f} of {found.volume_cc:.2f} cc ({beyond / found.volume_cc:.1%}) lie "
            "beyond the image."
        )
        notes.append(Note("warning", found.origin, sentence))
