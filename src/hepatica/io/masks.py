"""Finds the CT series that are no scans but masks of an organ, stored as if they were a CT.

Such a series holds two values only, nothing and marked, on the voxels of a real scan. Its name
stands in the series description, or behind the caret of a made-up patient name, or is the folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hepatica.case import Grid, Note
from hepatica.case.name_table import fold
from hepatica.errors import Inconsistent, InvalidInput
from hepatica.io.dicom.files import tolerant
from hepatica.io.dicom.image import read_image
from hepatica.io.dicom.scan import Series
from hepatica.io.dicom.slices import Slice, read_slices
from hepatica.io.regions import Region, region_of

_MARKED_VALUES = (1, 255)
_BYTE = 8


@dataclass(frozen=True)
class Sorted:
    """CT series told apart: scans, and masks with the name that each was given."""

    scans: tuple[Series, ...]
    masks: tuple[tuple[Series, str], ...]


def sorted_series(series: Sequence[Series], chosen: str | None = None) -> Sorted:
    """Tell mask series from scans by their pixels.

    Parameters
    ----------
    series : CT series
    chosen : key of the series that the user wants as the image; never taken for a mask

    Raises
    ------
    InvalidInput
        If all series look like masks, so that there is no image, or a mask has no name of its own.
    """
    with tolerant():
        masks = [s for s in series if s.key != chosen and _looks_like_mask(s)]
    scans = [s for s in series if s not in masks]
    if masks and not scans:
        raise InvalidInput(
            f"All {len(masks)} image series hold two values only, as masks do: there is no image. "
            "Add the CT, or choose the series that is the image with --series UID."
        )
    names = _names(masks, scans)
    return Sorted(tuple(scans), tuple(zip(masks, names, strict=True)))


def read_mask(series: Series, name: str, image: Grid, notes: list[Note]) -> Region | None:
    """The marked voxels of a mask series; None, with a note, when there are none.

    Raises
    ------
    Inconsistent
        If it does not lie on the voxels of the image.
    InvalidInput
        If a slice holds a third value after all.
    """
    volume = read_image(series).volume
    origin = f"mask series {name}"
    if not image.same_lattice(volume.grid):
        raise Inconsistent(
            f"The {origin} has two values like a mask, but not the voxels of the image (spacing "
            f"{volume.grid.spacing_mm} against {image.spacing_mm} mm, origin "
            f"{volume.grid.origin_mm} against {image.origin_mm} mm). Remove it from the folder, or "
            "choose the image that it was drawn on with --series UID."
        )
    top = volume.values.max()
    marked = volume.values == top
    if any(((plane != 0) & (plane != top)).any() for plane in volume.values):
        raise InvalidInput(
            f"The {origin} holds more than two values in some slices: neither a mask nor a CT of "
            "this image. Remove it from the folder, or choose it as the image with --series UID."
        )
    if top == 0:
        notes.append(Note("ignored", name, "the mask series marks no voxel: left out."))
        return None
    return region_of(name, marked, volume.grid, origin)


def mask_notes(found: Sorted) -> list[Note]:
    """What was taken for granted about all mask series together."""
    masks = [series for series, _ in found.masks]
    notes = [
        Note(
            "assumed",
            "mask series",
            f"{len(masks)} CT series were read as masks: each holds two values only, nothing and "
            "marked, on the voxels of the image.",
        )
    ]
    if not all(s.frame_of_reference_uid for s in masks):
        text = "no FrameOfReferenceUID: taken to lie in that of the image, as voxels coincide."
        notes.append(Note("assumed", "mask series", text))
    if not all(s.identity.patient_id for s in (*masks, *found.scans)):
        text = (
            "no PatientID: linked to the image by equal voxels, with no contradiction in the first "
            "part of the patient's name or the date of birth."
        )
        notes.append(Note("linked", "mask series", text))
    if len({s.study_uid for s in (*masks, *found.scans)}) > 1:
        text = "the mask series name other studies than the image: linked all the same."
        notes.append(Note("warning", "mask series", text))
    return notes


def _looks_like_mask(series: Series) -> bool:
    """Judged on the first, middle and last file, on all where these are empty.

    `read_mask` looks at all voxels again.
    """
    files = series.files
    picks = sorted({0, len(files) // 2, len(files) - 1})
    slices = [s for k in picks for s in read_slices(files[k])]
    if not any(s.stored.any() for s in slices):
        slices = [s for path in files for s in read_slices(path)]
    values = np.unique(np.concatenate([np.unique(s.stored) for s in slices]))
    if len(values) > 2 or values[0] != 0 or not all(_is_plain(s) for s in slices):
        return False
    byte = all(s.stored.dtype.itemsize * 8 <= _BYTE for s in slices)
    return byte or int(values[-1]) in (0, *_MARKED_VALUES)


def _is_plain(s: Slice) -> bool:
    """Stored values that are the values: a mask has no Hounsfield scale."""
    return s.slope == 1.0 and s.intercept == 0.0 and not s.inverted


def _names(masks: Sequence[Series], scans: Sequence[Series]) -> list[str]:
    """A name of its own for every mask, from the first place that has one for all."""
    if not masks:
        return []
    places = (
        [s.description for s in masks],
        _made_up_patients(masks, scans),
        [s.folder.name for s in masks],
    )
    for names in places:
        folded = {fold(name) for name in names}
        if len(folded) == len(masks) and "" not in folded:
            return [name.strip() for name in names]
    raise InvalidInput(
        f"{len(masks)} mask series have no name of their own, neither in SeriesDescription nor as "
        "a folder. Put each into a folder named after its structure."
    )


def _made_up_patients(masks: Sequence[Series], scans: Sequence[Series]) -> list[str]:
    """Structure names that stand in PatientName behind the caret: ``case_17^livertumor1``.

    A real given name is the same in the scan and in its masks; a structure's name is not.
    """
    families = {s.patient_label.partition("^")[0] for s in (*masks, *scans)}
    names = [s.patient_label.partition("^")[2].strip("^ ") for s in masks]
    given = {fold(s.patient_label.partition("^")[2]) for s in scans}
    if len(families) != 1 or given & {fold(name) for name in names}:
        return [""] * len(masks)
    return names
