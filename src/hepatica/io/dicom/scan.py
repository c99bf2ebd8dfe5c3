"""Finds the DICOM files in folders of anything and sorts them into series."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydicom.dataset import Dataset

from hepatica.case.provenance import Note
from hepatica.errors import Inconsistent, InvalidInput
from hepatica.io.dicom.files import (
    damaged,
    has_preamble,
    looks_like_dicom,
    read_header,
    reading,
    short_uid,
    text,
    tolerant,
)
from hepatica.io.dicom.identity import Identity

Progress = Callable[[str, int, int], None]
Kind = Literal["image", "structures", "dose", "plan", "registration", "segmentation", "other"]

KIND_OF_SOP_CLASS: dict[str, Kind] = {
    "1.2.840.10008.5.1.4.1.1.2": "image",
    "1.2.840.10008.5.1.4.1.1.2.1": "image",
    "1.2.840.10008.5.1.4.1.1.2.2": "image",
    "1.2.840.10008.5.1.4.1.1.481.3": "structures",
    "1.2.840.10008.5.1.4.1.1.481.2": "dose",
    "1.2.840.10008.5.1.4.1.1.481.5": "plan",
    "1.2.840.10008.5.1.4.1.1.481.8": "plan",
    "1.2.840.10008.5.1.4.1.1.66.1": "registration",
    "1.2.840.10008.5.1.4.1.1.66.4": "segmentation",
    "1.2.840.10008.5.1.4.1.1.66.7": "segmentation",
}
"""DICOM storage classes that a case is made of (PS3.4 Annex B); every other one is ignored."""

_DICOMDIR = "1.2.840.10008.1.3.10"
_SAME_ORIENTATION = 1e-3
_SAME_PIXEL_MM = 1e-3
_READERS = 4


@dataclass(frozen=True)
class Series:
    """Files that belong together: the slices of one scan, or one RT object.

    Parameters
    ----------
    uid : SeriesInstanceUID
    files : paths, in the order of their names; slices are put in order by `image`
    frame_of_reference_uid : str or None
        None where the files have none.
    folder : the folder of the first file
    patient_label : PatientName as written in the file; do not print or store it
    part : 0, or 1, 2 ... when one SeriesInstanceUID holds stacks of different geometry
    orientation : ImageOrientationPatient, empty where absent
    positions_mm : ImagePositionPatient of each file, as far as stated
    instance_uids : SOPInstanceUID of each file
    patient_positions : what the files say of how the patient lay (HFS ...), each word once
    """

    uid: str
    modality: str
    files: tuple[Path, ...] = field(repr=False)
    study_uid: str
    frame_of_reference_uid: str | None
    description: str
    folder: Path
    patient_label: str = field(repr=False)
    identity: Identity = field(repr=False)
    sop_class_uid: str
    instance_uids: tuple[str, ...] = field(repr=False)
    image_type: tuple[str, ...]
    orientation: tuple[float, ...]
    positions_mm: tuple[tuple[float, ...], ...] = field(repr=False, default=())
    part: int = 0
    patient_positions: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        """What the series contributes to a case."""
        return KIND_OF_SOP_CLASS.get(self.sop_class_uid, "other")

    @property
    def key(self) -> str:
        """What a user types to choose this series."""
        return f"{self.uid}#{self.part}" if self.part else self.uid

    @property
    def label(self) -> str:
        """How notes name it: by its kind, its size and the end of its UID, never by free text."""
        count = len(self.files)
        part = f"#{self.part}" if self.part else ""
        plural = "s" if count != 1 else ""
        return f"{self.modality} series of {count} file{plural}, UID {short_uid(self.uid)}{part}"

    @property
    def called(self) -> str:
        """How notes name a series that is one RT object."""
        return f"{self.modality} {short_uid(self.instance_uids[0])}"


@dataclass(frozen=True)
class Survey:
    """What lies in the sources: the series, and notes on what is not DICOM."""

    series: tuple[Series, ...]
    notes: tuple[Note, ...]

    def of(self, kind: Kind) -> tuple[Series, ...]:
        """The series of one kind."""
        return tuple(s for s in self.series if s.kind == kind)


@dataclass(frozen=True)
class _Header:
    path: Path
    sop_class_uid: str
    sop_uid: str
    modality: str
    series_uid: str
    study_uid: str
    frame_uid: str
    description: str
    image_type: tuple[str, ...]
    patient_label: str
    identity: Identity
    orientation: tuple[float, ...]
    position_mm: tuple[float, ...]
    pixel_mm: tuple[float, ...]
    shape: tuple[int, int]
    patient_position: str


def scan(sources: Sequence[Path], progress: Progress | None = None) -> tuple[Series, ...]:
    """All DICOM series in files and folders of anything, in any order.

    Parameters
    ----------
    sources : files and folders; folders are searched to their depth
    progress : called with (step, files done, files in all)

    Raises
    ------
    InvalidInput
        If a source does not exist, or a DICOM file is damaged.
    """
    return survey(sources, progress).series


def survey(sources: Sequence[Path], progress: Progress | None = None) -> Survey:
    """Like `scan`, with notes that count what is not DICOM."""
    paths = list(_files_in(sources))
    with tolerant(), ThreadPoolExecutor(_READERS) as pool:
        headers = []
        for done, header in enumerate(pool.map(_header_of, paths), start=1):
            headers.append(header)
            if progress is not None:
                progress("scanning files", done, len(paths))
    found = [h for h in headers if isinstance(h, _Header)]
    skipped = Counter(h for h in headers if isinstance(h, str))
    notes = [
        Note("ignored", "sources", f"{count} file{'s' if count > 1 else ''} ignored: {why}.")
        for why, count in sorted(skipped.items())
    ]
    unique, repeats = _without_repeats(found)
    return Survey(tuple(_grouped(unique)), (*notes, *repeats))


def _files_in(sources: Sequence[Path]) -> Iterator[Path]:
    seen = set()
    for source in sources:
        if not source.exists():
            raise InvalidInput(f"There is no file or folder {source}. Check the path.")
        for path in [source] if source.is_file() else _walk(source):
            real = path.resolve()
            if real not in seen:
                seen.add(real)
                yield path


def _walk(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(where) / name
            if path.is_file():
                yield path


def _header_of(path: Path) -> _Header | str:
    """The header, or the reason why the file is none of ours."""
    try:
        if not looks_like_dicom(path):
            return "not DICOM"
    except OSError:
        return "not readable"
    if not has_preamble(path):
        return _header_without_preamble(path)
    with reading(path):
        dataset = read_header(path)
        if text(dataset.file_meta, "MediaStorageSOPClassUID") == _DICOMDIR:
            return "DICOMDIR, an index of other files"
        missing = _missing(dataset)
        if missing:
            raise damaged(path, f"it has no {missing}")
        return _header(path, dataset)


def _header_without_preamble(path: Path) -> _Header | str:
    try:
        with reading(path):
            dataset = read_header(path)
            return "not DICOM" if _missing(dataset) else _header(path, dataset)
    except InvalidInput:
        return "not DICOM"


def _missing(dataset: Dataset) -> str:
    needed = ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID")
    return next((keyword for keyword in needed if not text(dataset, keyword)), "")


def _header(path: Path, dataset: Dataset) -> _Header:
    name = text(dataset, "PatientName")
    return _Header(
        path=path,
        sop_class_uid=text(dataset, "SOPClassUID"),
        sop_uid=text(dataset, "SOPInstanceUID"),
        modality=text(dataset, "Modality"),
        series_uid=text(dataset, "SeriesInstanceUID"),
        study_uid=text(dataset, "StudyInstanceUID"),
        frame_uid=text(dataset, "FrameOfReferenceUID"),
        description=text(dataset, "SeriesDescription"),
        image_type=_words(dataset, "ImageType"),
        patient_label=name,
        identity=identity_of(dataset),
        orientation=_numbers(dataset, "ImageOrientationPatient"),
        position_mm=_numbers(dataset, "ImagePositionPatient"),
        pixel_mm=_numbers(dataset, "PixelSpacing"),
        shape=(int(dataset.get("Rows") or 0), int(dataset.get("Columns") or 0)),
        patient_position=text(dataset, "PatientPosition"),
    )


def identity_of(dataset: Dataset) -> Identity:
    """Whose file this is."""
    name = text(dataset, "PatientName").split("=")[0]
    return Identity(
        patient_id=text(dataset, "PatientID"),
        issuer=text(dataset, "IssuerOfPatientID"),
        birth_date=text(dataset, "PatientBirthDate"),
        family_name=name.split("^")[0].strip().casefold(),
    )


def _words(dataset: Dataset, keyword: str) -> tuple[str, ...]:
    value = dataset.get(keyword)
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(str(v) for v in value)


def _numbers(dataset: Dataset, keyword: str) -> tuple[float, ...]:
    value = dataset.get(keyword)
    return () if value is None else tuple(float(v) for v in value)


def _without_repeats(headers: Sequence[_Header]) -> tuple[list[_Header], list[Note]]:
    """Drop copies of one RT object; copies of slices are judged where their pixels are read."""
    kept: dict[str, _Header] = {}
    unique, copies = [], 0
    for header in headers:
        twin = kept.setdefault(header.sop_uid, header)
        if twin is header:
            unique.append(header)
        elif twin.path.read_bytes() == header.path.read_bytes():
            copies += 1
        elif KIND_OF_SOP_CLASS.get(header.sop_class_uid) == "image":
            unique.append(header)
        else:
            raise Inconsistent(
                f"{twin.path.name} and {header.path.name} carry the same SOPInstanceUID "
                f"{header.sop_uid} but differ in content. Remove the outdated one."
            )
    if not copies:
        return unique, []
    plural = "ies" if copies > 1 else "y"
    return unique, [Note("ignored", "sources", f"{copies} identical cop{plural} ignored.")]


def _grouped(headers: Iterable[_Header]) -> Iterator[Series]:
    by_uid: dict[tuple[str, str], list[_Header]] = {}
    for header in headers:
        by_uid.setdefault((header.series_uid, header.sop_class_uid), []).append(header)
    for (_, sop_class_uid), members in by_uid.items():
        if KIND_OF_SOP_CLASS.get(sop_class_uid, "other") in ("image", "other"):
            stacks = _stacks(members)
            for n, stack in enumerate(stacks, start=1):
                yield _series(stack, part=n if len(stacks) > 1 else 0)
        else:
            yield from (_series([member], part=0) for member in members)


def _stacks(members: Sequence[_Header]) -> list[list[_Header]]:
    """Split one SeriesInstanceUID where orientation, pixel size, matrix or frame change."""
    stacks: list[list[_Header]] = []
    for header in members:
        for stack in stacks:
            if _same_stack(stack[0], header):
                stack.append(header)
                break
        else:
            stacks.append([header])
    return stacks


def _same_stack(a: _Header, b: _Header) -> bool:
    return (
        a.shape == b.shape
        and a.frame_uid == b.frame_uid
        and not a.identity.conflict(b.identity)
        and ("LOCALIZER" in a.image_type) == ("LOCALIZER" in b.image_type)
        and _close(a.orientation, b.orientation, _SAME_ORIENTATION)
        and _close(a.pixel_mm, b.pixel_mm, _SAME_PIXEL_MM)
    )


def _close(a: Sequence[float], b: Sequence[float], tolerance: float) -> bool:
    return len(a) == len(b) and all(abs(x - y) <= tolerance for x, y in zip(a, b, strict=True))


def _series(members: Sequence[_Header], part: int) -> Series:
    first = members[0]
    return Series(
        uid=first.series_uid,
        modality=first.modality,
        files=tuple(m.path for m in members),
        study_uid=first.study_uid,
        frame_of_reference_uid=first.frame_uid or None,
        description=first.description,
        folder=first.path.parent,
        patient_label=first.patient_label,
        identity=first.identity,
        sop_class_uid=first.sop_class_uid,
        instance_uids=tuple(m.sop_uid for m in members),
        image_type=first.image_type,
        orientation=first.orientation,
        positions_mm=tuple(m.position_mm for m in members if len(m.position_mm) == 3),
        part=part,
        patient_positions=tuple(sorted({m.patient_position for m in members} - {""})),
    )
