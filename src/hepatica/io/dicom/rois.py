"""Reads an RTSTRUCT: the regions of interest and the outlines that were drawn for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from hepatica.case.provenance import Note
from hepatica.errors import InvalidInput
from hepatica.io.dicom.files import (
    read_dataset,
    reading,
    require_modality,
    short_uid,
    text,
)

_CLOSED = ("CLOSEDPLANAR", "CLOSEDPLANARXOR")
_CLOSING_POINT_MM = 1e-6

Loop = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Roi:
    """One region of interest as drawn.

    Parameters
    ----------
    number, name : as in the file
    interpreted : RTROIInterpretedType, empty where absent
    frame_uid : the frame of reference of its points, empty where absent
    loops : (points, 3) arrays, mm; closed outlines of three points or more
    skipped : what was left out and how often, in words
    """

    number: int
    name: str
    interpreted: str
    frame_uid: str
    loops: tuple[Loop, ...]
    skipped: tuple[tuple[str, int], ...]

    @property
    def label(self) -> str:
        """How a message names it."""
        return f'RTSTRUCT ROI {self.number} "{self.name}"'


@dataclass(frozen=True, eq=False)
class StructureSet:
    """An RTSTRUCT and the images it says it was drawn on.

    ``drawn_on`` are the slices that single contours name (ContourImageSequence, type 3: often
    absent); ``series_uids`` and ``listed`` come from the set as a whole.
    """

    uid: str
    series_uid: str
    label: str
    file: str
    frame_uids: tuple[str, ...]
    rois: tuple[Roi, ...]
    drawn_on: frozenset[str]
    listed: frozenset[str]
    series_uids: frozenset[str]
    notes: tuple[Note, ...]

    @property
    def called(self) -> str:
        """How notes name it."""
        return f"RTSTRUCT {short_uid(self.uid)}"

    @property
    def frame_uid(self) -> str:
        """The one frame of the whole set; empty when there is none or several."""
        own = {roi.frame_uid for roi in self.rois if roi.frame_uid} or set(self.frame_uids)
        return own.pop() if len(own) == 1 else ""


def read_structure_set(path: Path) -> StructureSet:
    """One RTSTRUCT file.

    Raises
    ------
    InvalidInput
        If the file is damaged, no RTSTRUCT, numbers two regions alike, or holds outlines whose
        coordinates are not numbers.
    """
    with reading(path):
        dataset = read_dataset(path)
        require_modality(dataset, path, "RTSTRUCT", "structure")
        _require_distinct_numbers(dataset, path)
        frames = dataset.get("ReferencedFrameOfReferenceSequence") or []
        series = [s for f in frames for s in _referenced_series(f)]
        contours, notes = _contours_by_number(dataset, path)
        return StructureSet(
            uid=text(dataset, "SOPInstanceUID"),
            series_uid=text(dataset, "SeriesInstanceUID"),
            label=text(dataset, "StructureSetLabel"),
            file=path.name,
            frame_uids=tuple(text(f, "FrameOfReferenceUID") for f in frames)
            or ((text(dataset, "FrameOfReferenceUID"),) * ("FrameOfReferenceUID" in dataset)),
            rois=tuple(_rois(dataset, contours, path)),
            drawn_on=frozenset(_drawn_on(contours)),
            listed=frozenset(_references(series)),
            series_uids=frozenset(text(s, "SeriesInstanceUID") for s in series),
            notes=tuple(notes),
        )


def _require_distinct_numbers(dataset: Dataset, path: Path) -> None:
    seen: dict[int, str] = {}
    for item in dataset.get("StructureSetROISequence") or []:
        number, name = int(item.ROINumber), text(item, "ROIName")
        if number in seen:
            raise InvalidInput(
                f"RTSTRUCT {path.name}: ROI number {number} is used twice, for "
                f'"{seen[number]}" and "{name}"; which contours belong to which cannot be known. '
                "Export the structure set again."
            )
        seen[number] = name


def _referenced_series(frame: Dataset) -> Iterator[Dataset]:
    for study in frame.get("RTReferencedStudySequence") or []:
        yield from study.get("RTReferencedSeriesSequence") or []


def _references(items: Sequence[Dataset]) -> Iterator[str]:
    for item in items:
        for image in item.get("ContourImageSequence") or []:
            yield text(image, "ReferencedSOPInstanceUID")


def _drawn_on(contours: dict[int, list[Dataset]]) -> Iterator[str]:
    for items in contours.values():
        yield from _references(items)


def _contours_by_number(
    dataset: Dataset, path: Path
) -> tuple[dict[int, list[Dataset]], list[Note]]:
    known = {int(roi.ROINumber) for roi in dataset.get("StructureSetROISequence") or []}
    contours: dict[int, list[Dataset]] = {}
    notes = []
    for item in dataset.get("ROIContourSequence") or []:
        number = int(item.get("ReferencedROINumber") or 0)
        drawn = list(item.get("ContourSequence") or [])
        if number in contours and drawn and contours[number]:
            raise InvalidInput(
                f"RTSTRUCT {path.name}: two lists of contours belong to ROI number {number}; a "
                "region has one. Export the structure set again."
            )
        contours[number] = contours.get(number) or drawn
        if number not in known:
            sentence = f"{len(drawn)} contours belong to ROI number {number}, which is not defined."
            subject = f"RTSTRUCT {short_uid(text(dataset, 'SOPInstanceUID'))}"
            notes.append(Note("ignored", subject, sentence))
    return contours, notes


def _rois(dataset: Dataset, contours: dict[int, list[Dataset]], path: Path) -> Iterator[Roi]:
    interpreted = {
        int(o.get("ReferencedROINumber") or 0): text(o, "RTROIInterpretedType").upper()
        for o in dataset.get("RTROIObservationsSequence") or []
    }
    for item in dataset.get("StructureSetROISequence") or []:
        number, name = int(item.ROINumber), text(item, "ROIName")
        where = f'RTSTRUCT {path.name}, ROI {number} "{name}"'
        loops, skipped = _loops(contours.get(number, []), where)
        yield Roi(
            number=number,
            name=name or f"ROI_{number}",
            interpreted=interpreted.get(number, ""),
            frame_uid=text(item, "ReferencedFrameOfReferenceUID"),
            loops=loops,
            skipped=skipped,
        )


def _loops(
    items: Sequence[Dataset], where: str
) -> tuple[tuple[Loop, ...], tuple[tuple[str, int], ...]]:
    loops: list[Loop] = []
    skipped: Counter[str] = Counter()
    for item in items:
        kind = text(item, "ContourGeometricType").upper()
        points = _opened(_points(item, where))
        if kind.replace("_", "") not in _CLOSED:
            skipped[f"of type {kind or 'not stated'}"] += 1
        elif len(points) < 3:
            skipped["of fewer than 3 points"] += 1
        else:
            loops.append(points)
    return tuple(loops), tuple(sorted(skipped.items()))


def _points(item: Dataset, where: str) -> Loop:
    # Read from the bytes: building a decimal object per coordinate takes seconds per structure set.
    element = item.get_item("ContourData")
    raw = None if element is None else element.value
    if raw is None or len(raw) == 0:
        return np.zeros((0, 3))
    words = raw.decode("ascii", "replace").strip(" \0").split("\\") if _is_raw(raw) else raw
    try:
        numbers = np.array(words, dtype=float)
    except ValueError:
        raise InvalidInput(
            f"{where}: a contour holds a coordinate that is not a number. Export it again."
        ) from None
    if numbers.size % 3 or not np.isfinite(numbers).all():
        raise InvalidInput(
            f"{where}: a contour has {numbers.size} coordinates; they must be finite and come in "
            "threes (x, y, z). Export it again."
        )
    return numbers.reshape(-1, 3)


def _is_raw(value: object) -> bool:
    return isinstance(value, bytes)


def _opened(points: Loop) -> Loop:
    """Some systems repeat the first point at the end; a loop closes by itself."""
    if len(points) > 1 and np.abs(points[0] - points[-1]).max() <= _CLOSING_POINT_MM:
        return points[:-1]
    return points
