"""Reads DICOM segmentations (SEG): structures that were painted rather than outlined."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hepatica.case.grid import Grid
from hepatica.case.provenance import Note
from hepatica.case.structure import Structure
from hepatica.case.volume import Volume
from hepatica.errors import InvalidInput, MissingExtra
from hepatica.io.dicom.drawn import note_beyond_image
from hepatica.io.dicom.files import damaged, short_uid, tolerant
from hepatica.io.dicom.frames import way_into
from hepatica.io.dicom.image import Image
from hepatica.io.dicom.registration import Registration
from hepatica.io.dicom.structures import role_of


def read_segmentation(
    path: Path,
    image: Image,
    registrations: Sequence[Registration] = (),
    rename: Callable[[str], str] = str,
) -> tuple[tuple[Structure, ...], tuple[Note, ...]]:
    """The segments of one SEG file on the lattice of the image.

    Parameters
    ----------
    path : SEG file, binary, fractional or label map
    image : Image
    registrations : may be used when the segments lie in another frame of reference
    rename : segment label to name; an empty name leaves the segment out

    Returns
    -------
    structures, notes

    Raises
    ------
    MissingExtra
        If highdicom is not installed.
    InvalidInput
        If the file is damaged or its frames do not form a volume.
    Inconsistent
        If it lies in another frame of reference and no registration leads from there.
    """
    seg = _opened(path)
    notes: list[Note] = []
    frame = str(seg.get("FrameOfReferenceUID") or "")
    way = way_into(frame, image.frame_of_reference_uid, registrations, f"SEG {path.name}")
    structures = []
    for number, volume in _segments(seg, path):
        label = str(seg.get_segment_description(number).segment_label)
        origin = f'SEG {short_uid(str(seg.SOPInstanceUID))}, segment {number} "{label}"'
        name = rename(label)
        if not name or not volume.values.any():
            why = "The name file leaves it out." if not name else "It is empty; left out."
            notes.append(Note("ignored", origin, why))
            continue
        moved = volume
        if way is not None:
            moved = Volume(volume.values, way.grid(volume.grid), "1")
            sentence = f"It was moved into the image's frame of reference by REG {way.called}."
            notes.append(Note("linked", origin, sentence))
        if not image.volume.grid.same_lattice(moved.grid):
            sentence = (
                "It was averaged over the image's voxels, which are not those it was painted on."
            )
            notes.append(Note("assumed", origin, sentence))
        painted = Structure.from_mask(name, moved.values, moved.grid, role_of("", name), origin)
        note_beyond_image(painted, image.volume.grid, notes)
        structures.append(painted.on(image.volume.grid))
    return tuple(structures), tuple(notes)


def _opened(path: Path) -> Any:
    try:
        from highdicom.seg import segread
    except ImportError:
        raise MissingExtra("highdicom", "seg", f"Reading the segmentation {path.name}") from None
    with tolerant():
        try:
            return segread(str(path))
        except (ValueError, AttributeError, TypeError, KeyError, EOFError) as fault:
            raise damaged(path, type(fault).__name__) from None


def _segments(seg: Any, path: Path) -> Iterator[tuple[int, Volume]]:
    for number in seg.segment_numbers:
        with tolerant():
            try:
                found = seg.get_volume(
                    segment_numbers=[number], allow_missing_positions=True, rescale_fractional=True
                )
            except (ValueError, RuntimeError) as fault:
                raise InvalidInput(
                    f"SEG {path.name}: its frames do not form a volume ({fault}). Export it on the "
                    "slices of the image."
                ) from None
        yield int(number), _upright(np.asarray(found.array), np.asarray(found.affine))


def _upright(array: np.ndarray[Any, Any], affine: np.ndarray[Any, Any]) -> Volume:
    """From (slice, row, column) order with its own affine to a volume on a grid."""
    values = array[..., 0] if array.ndim == 4 else array
    steps = affine[:3, :3][:, ::-1]
    spacing = np.linalg.norm(steps, axis=0)
    axes = steps / spacing
    origin = affine[:3, 3]
    if np.linalg.det(axes) < 0:
        # Slices counted against the normal: turned round so that the lattice fits the image's.
        values = values[::-1]
        origin = origin + steps[:, 2] * (len(values) - 1)
        axes[:, 2] = -axes[:, 2]
    grid = Grid(
        shape=values.shape,
        spacing_mm=tuple(spacing),
        origin_mm=tuple(origin),
        direction=tuple(map(tuple, axes)),
    )
    return Volume(values.astype(np.float32), grid, "1")
