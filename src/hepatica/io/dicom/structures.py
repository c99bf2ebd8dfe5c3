"""Makes structures of a case from the outlines of an RTSTRUCT."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from hepatica.case.contours import Contours
from hepatica.case.grid import Grid
from hepatica.case.names import role_of as role_of_name
from hepatica.case.provenance import Note
from hepatica.case.structure import Role, Structure
from hepatica.errors import AmbiguousName
from hepatica.io.dicom.drawn import Drawn, on_image
from hepatica.io.dicom.frames import way_into
from hepatica.io.dicom.image import Image
from hepatica.io.dicom.loops import without_repeats
from hepatica.io.dicom.registration import Registration
from hepatica.io.dicom.rois import Roi, StructureSet
from hepatica.io.dicom.tilted import plane_normal

_FARTHEST_MM = 1000.0

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

Rename = Callable[[str], str]


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
    structures, said = on_image(drawn, image.volume.grid, source.called)
    return structures, (*notes, *said)


def role_of(interpreted: str, name: str) -> Role:
    """The role of a region: a declared target or external as declared, else by its name.

    Many systems leave the type blank or ORGAN for everything; a name that begins with GTV, CTV or
    PTV then says more.
    """
    declared = _ROLE_OF_TYPE.get(interpreted)
    if declared in (*_TARGET_TYPES, "EXTERNAL"):
        return declared
    implied = role_of_name(name)
    if implied is not None:
        return implied
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
) -> Drawn | None:
    """The region in the case's frame; None, with a note, when its outlines cannot be used."""
    source, image, registrations = where
    loops = _in_frame(roi, source, image, registrations, notes)
    distinct = without_repeats(loops)
    if len(distinct) < len(loops):
        sentence = f"{len(loops) - len(distinct)} contours are listed twice; each counts once."
        notes.append(Note("warning", roi.label, sentence))
    grid = image.volume.grid
    normal = plane_normal(distinct, grid)
    fault = _beyond_reach(distinct, grid)
    if normal is None:
        fault = "Its outlines do not lie in parallel planes"
    if fault or normal is None:
        notes.append(Note("warning", roi.label, f"{fault}; left out."))
        return None
    role = role_of(roi.interpreted, name)
    target = _TARGET_NAME.match(name)
    if target and role in _TARGET_TYPES and target.group(1).upper() != role:
        sentence = f"Named like a {target.group(1).upper()} but declared {role}: taken as {role}."
        notes.append(Note("warning", roi.label, sentence))
    return Drawn(roi.label, name, role, Contours(tuple(distinct)), normal)


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
    sentence = f"Its outlines were moved into the image's frame of reference by REG {way.called}."
    notes.append(Note("linked", roi.label, sentence))
    return [way.points(loop) for loop in roi.loops]


def _beyond_reach(loops: Sequence[NDArray[np.float64]], grid: Grid) -> str:
    index = np.concatenate([grid.index_of(loop) for loop in loops])
    last = np.array(grid.shape[::-1]) - 1
    beyond = float((np.maximum(-index, index - last) * np.array(grid.spacing_mm)).max())
    if beyond > _FARTHEST_MM:
        return f"Its outlines reach {beyond:.0f} mm beyond the image, which no patient does"
    return ""
