"""Makes one case out of whatever a clinic sends: DICOM, mask series, NIfTI, label volumes.

Nothing is chosen silently: what was linked, chosen, assumed or ignored stands in the notes of the
case, and what cannot be decided is an error that says how to decide it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from hepatica.case import Case, Grid, Note, Structure, Volume
from hepatica.case.names import NameBook, NameMatch, name_notes
from hepatica.errors import AmbiguousName, Inconsistent, InvalidInput
from hepatica.io.dicom.choices import Choices
from hepatica.io.dicom.identity import require_one_patient
from hepatica.io.dicom.position import agreed_position
from hepatica.io.dicom.read import NO_STRUCTURE_SET, read_dicom
from hepatica.io.dicom.scan import Series, Survey, survey
from hepatica.io.labels import label_map
from hepatica.io.masks import Sorted, mask_notes, read_mask, sorted_series
from hepatica.io.nifti import NiftiFile, is_nifti, stem_of
from hepatica.io.nifti_sources import NiftiSources, read_sources
from hepatica.io.plausibility import tissue_notes
from hepatica.io.regions import Region, edge_notes, is_filled_body, structure_of

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class ImportRequest:
    """What to import, and every decision the user made about it.

    Parameters
    ----------
    sources : files and folders of anything
    case_id : pseudonym; made from the image's identifier when empty
    names_file : YAML file of ``raw name: name`` lines; it wins over every built-in name
    label_files : NIfTI files of organ labels
    label_map : a map that comes with Hepatica, or a YAML file of ``number: name`` lines
    series_uid : the image to use: a SeriesInstanceUID, or the name of a NIfTI file
    structure_set_uid : the RTSTRUCT to use
    resample_missing : interpolate over missing slices
    sum_beam_doses : add the doses of the single beams when all are there
    accept_identity_mismatch : the files name different patients, and the user knows better
    fraction_dose_is_one_fraction : see `hepatica.io.dicom.choices.Choices`
    resample_structures : bring masks and labels on other voxels onto the image's
    assume_axes : three letters such as RAS for NIfTI files without orientation
    accept_high_dose : see `hepatica.io.dicom.choices.Choices`
    patient_position : how the patient lay (HFS ...), for files that do not say it
    """

    sources: tuple[Path, ...]
    case_id: str = ""
    names_file: Path | None = None
    label_files: tuple[Path, ...] = ()
    label_map: str | None = None
    series_uid: str | None = None
    structure_set_uid: str | None = None
    resample_missing: bool = False
    sum_beam_doses: bool = False
    accept_identity_mismatch: bool = False
    fraction_dose_is_one_fraction: bool = False
    resample_structures: bool = False
    assume_axes: str | None = None
    accept_high_dose: bool = False
    patient_position: str = ""

    @property
    def choices(self) -> Choices:
        """The decisions that concern DICOM."""
        return Choices(
            series_uid=self.series_uid,
            structure_set_uid=self.structure_set_uid,
            resample_missing=self.resample_missing,
            sum_beam_doses=self.sum_beam_doses,
            accept_identity_mismatch=self.accept_identity_mismatch,
            fraction_dose_is_one_fraction=self.fraction_dose_is_one_fraction,
            accept_high_dose=self.accept_high_dose,
            patient_position=self.patient_position,
        )


def import_case(request: ImportRequest, progress: Progress | None = None) -> Case:
    """One case from all sources of a request.

    Parameters
    ----------
    request : ImportRequest
    progress : called with (step, done, total)

    Returns
    -------
    case : Case
        Its ``notes`` are the import report.

    Raises
    ------
    InvalidInput
        If a source is missing or damaged, or there is no image or more than one.
    AmbiguousName
        If a name fits several organs, or two structures would get the same one.
    Inconsistent
        If sources contradict each other in identity or geometry.
    """
    report = progress or _silent
    names = _Names(NameBook.from_file(request.names_file) if request.names_file else NameBook())
    files = files_of(request.sources)
    nifti = _nifti(request, files, report)
    case, masks = _from_dicom_or_nifti(request, files, nifti, names, report)
    case = _with_regions(case, (*nifti.regions, *masks), names, request.resample_structures)
    unused = [
        Note("warning", "name file", f"{raw!r} fits no structure here; a typing error?")
        for raw in names.book.unused(m.raw for m in names.seen)
    ]
    doubts = tissue_notes(case.structures.values(), case.image)
    notes = (*nifti.notes, *case.notes, *name_notes(names.seen), *unused, *doubts)
    return replace(case, notes=notes)


@dataclass
class _Names:
    """The name book, and what it was asked during this import."""

    book: NameBook
    seen: list[NameMatch] = field(default_factory=list)

    def rename(self, raw: str) -> str:
        match = self.book.match(raw)
        self.seen.append(match)
        return match.name


def _silent(step: str, done: int, total: int) -> None:
    """Nobody is watching."""


def files_of(sources: Sequence[Path]) -> list[Path]:
    """All files of the sources, each once, in the order of their names."""
    seen: dict[Path, Path] = {}
    for source in sources:
        if not source.exists():
            raise InvalidInput(f"There is no file or folder {source}. Check the path.")
        for path in [source] if source.is_file() else _walk(source):
            seen.setdefault(path.resolve(), path)
    return list(seen.values())


def _walk(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(where) / name for name in sorted(names))


def _nifti(request: ImportRequest, files: Sequence[Path], report: Progress) -> NiftiSources:
    labels = {path.resolve(): path for path in request.label_files}
    others = [path for path in files if is_nifti(path) and path.resolve() not in labels]
    if labels or others:
        report("reading NIfTI files", 0, 0)
    names = label_map(request.label_map) if request.label_map else None
    return read_sources(others, tuple(labels.values()), names, request.assume_axes)


def _from_dicom_or_nifti(
    request: ImportRequest,
    files: Sequence[Path],
    nifti: NiftiSources,
    names: _Names,
    report: Progress,
) -> tuple[Case, list[Region]]:
    """The case around its image, and the regions that DICOM mask series mark in it."""
    chosen = [
        pair for pair in nifti.images if request.series_uid in (pair[0].name, stem_of(pair[0]))
    ]
    found = survey([path for path in files if not is_nifti(path)], report)
    if not found.series or chosen:
        path, image = _only_image(chosen or _under_the_labels(nifti))
        case = _nifti_case(path, image, request.case_id, nifti.called[path])
        labels = [s.label for s in found.series]
        labels += [nifti.called[p] for p, _ in nifti.images if p != path]
        notes = [*found.notes, *case.notes, *_not_chosen(labels)]
        position = agreed_position((), request.patient_position, notes)
        return replace(case, notes=tuple(notes), patient_position=position), []
    told_apart = sorted_series(found.of("image"), request.series_uid)
    if nifti.images and request.series_uid is None and told_apart.scans:
        raise InvalidInput(
            f"There are DICOM images and the NIfTI image {nifti.images[0][0].name}. Say which is "
            "the image of the case with --series (a SeriesInstanceUID or the file's name)."
        )
    case, regions = _dicom_case(request, found, told_apart, names, report)
    others = _not_chosen([nifti.called[path] for path, _ in nifti.images])
    return replace(case, notes=(*case.notes, *others)), regions


def _not_chosen(labels: Sequence[str]) -> list[Note]:
    return [Note("ignored", label, "another image was chosen.") for label in labels]


def _under_the_labels(nifti: NiftiSources) -> Sequence[tuple[Path, NiftiFile]]:
    """The one image of several that has exactly the voxels of all labels and masks; else all."""
    drawn_on = [region.file_grid for region in nifti.regions]
    fitting = [
        (path, image)
        for path, image in nifti.images
        if drawn_on and all(_same_voxels(image.volume.grid, grid) for grid in drawn_on)
    ]
    return fitting if len(fitting) == 1 else nifti.images


def _same_voxels(one: Grid, other: Grid) -> bool:
    return one.shape == other.shape and one.offset_of(other) == (0, 0, 0)


def _only_image(images: Sequence[tuple[Path, NiftiFile]]) -> tuple[Path, NiftiFile]:
    """The one image; one that only repeats a part of another, voxel for voxel, does not count."""
    if not images:
        raise InvalidInput(
            "The sources hold no image: neither a DICOM CT nor a NIfTI image. Check the path."
        )
    largest = max(images, key=lambda pair: pair[1].volume.values.size)
    if all(_is_part_of(image.volume, largest[1].volume) for _, image in images):
        return largest
    if len(images) > 1:
        listed = ", ".join(path.name for path, _ in images)
        raise InvalidInput(
            f"The sources hold {len(images)} NIfTI images: {listed}. Say which is the image of the "
            "case with --series FILE NAME, or which hold labels with --labels."
        )
    return images[0]


def _is_part_of(part: Volume, whole: Volume) -> bool:
    offset = whole.grid.offset_of(part.grid)
    if offset is None or min(offset) < 0:
        return False
    window = tuple(slice(o, o + n) for o, n in zip(offset, part.grid.shape, strict=True))
    return np.array_equal(whole.values[window], part.values)


def _dicom_case(
    request: ImportRequest, found: Survey, told_apart: Sorted, names: _Names, report: Progress
) -> tuple[Case, list[Region]]:
    masks = {series.key for series, _ in told_apart.masks}
    others = [path for s in found.series if s.key not in masks for path in s.files]
    if masks and not request.accept_identity_mismatch:
        require_one_patient([(s.label, s.identity) for s in found.series])
    case = read_dicom(others, request.case_id or None, request.choices, names.rename, report)
    notes = [*found.notes, *case.notes, *_position_notes(told_apart.scans)]
    regions = []
    for done, (series, name) in enumerate(told_apart.masks, start=1):
        report("reading mask series", done, len(masks))
        _require_same_frame(series, name, case)
        region = read_mask(series, name, case.image.grid, notes)
        regions.extend([region] if region else [])
    if masks:
        notes = [note for note in notes if note is not NO_STRUCTURE_SET]
        notes.extend(mask_notes(told_apart))
    return replace(case, notes=tuple(notes)), regions


def _require_same_frame(series: Series, name: str, case: Case) -> None:
    frame = series.frame_of_reference_uid
    if frame and frame != case.frame_of_reference_uid:
        raise Inconsistent(
            f"The mask series {name} lies in another frame of reference ({frame}) than the image "
            f"({case.frame_of_reference_uid}). Remove it, or choose its image with --series UID."
        )


def _position_notes(scans: Sequence[Series]) -> Iterator[Note]:
    """Some exports leave out how the patient lay; the coordinates say where the head is."""
    for series in scans:
        if not series.patient_positions:
            yield Note(
                "assumed",
                series.label,
                "no PatientPosition: head, left and back are taken from the image coordinates, "
                "which DICOM gives in the patient's own directions. Nothing was turned.",
            )


def _with_regions(case: Case, regions: Sequence[Region], names: _Names, resample: bool) -> Case:
    """The case with every marked region as a structure under its own name."""
    matches = names.book.matches(region.raw for region in regions)
    notes: list[Note] = []
    taken = {name.casefold() for name in case.structures} | {m.name.casefold() for m in matches}
    structures: dict[str, Structure] = dict(case.structures)
    drawn_on: dict[str, tuple[Grid, Grid]] = {}
    for region, given in zip(regions, matches, strict=True):
        match = _outline_or_skin(region, given, taken, notes)
        names.seen.append(match)
        if match.left_out:
            continue
        _require_free(match, region, case)
        structures[match.name] = structure_of(region, match, case.image.grid, resample)
        drawn_on[match.name] = (region.grid, region.file_grid)
    notes.extend(edge_notes(structures.values(), case.image.grid, drawn_on))
    return replace(case, structures=structures, notes=(*case.notes, *notes))


def _outline_or_skin(
    region: Region, match: NameMatch, taken: set[str], notes: list[Note]
) -> NameMatch:
    """A region called skin that is filled to the inside is the outline of the body."""
    if match.name != "Skin" or match.how == "your name file" or not is_filled_body(region):
        return match
    if "external" in taken:
        text = "the region called skin is the whole body, not the skin; External is there already."
        notes.append(Note("warning", region.origin, text))
        return match
    text = (
        "it is filled to the inside, so it is the outline of the body and not the skin: External."
    )
    notes.append(Note("assumed", region.origin, text))
    return replace(match, name="External", role="EXTERNAL", how="filled region called skin")


def _require_free(match: NameMatch, region: Region, case: Case) -> None:
    there = next((n for n in case.structures if n.casefold() == match.name.casefold()), None)
    if there is not None:
        raise AmbiguousName(
            f"{region.origin} ({match.raw!r}) would be called {match.name}, but {there} is there "
            f"already, from {case.structures[there].origin or 'another source'}. Give one of them "
            "another name in the name file (--names FILE), or leave it out there."
        )


def _nifti_case(path: Path, image: NiftiFile, case_id: str, called: str) -> Case:
    """A case around a NIfTI image, which states no frame of reference and no patient."""
    mark = sha256(path.read_bytes()).digest()
    frame = f"2.25.{int.from_bytes(mark[:16], 'big')}"
    notes = [
        Note("chosen", called, "the image of this case."),
        Note("assumed", called, "NIfTI does not say what its values are: taken as HU."),
        Note(
            "assumed",
            called,
            "no frame of reference and no patient in the file: one was derived from its content, "
            "and all sources are taken to show the same patient.",
        ),
    ]
    if float(image.volume.values.min()) >= 0:
        text = "no value is below 0: Hounsfield units of a patient always have some (air, fat)."
        notes.append(Note("warning", called, text))
    return Case(case_id or f"case-{mark.hex()[:8]}", image.volume, frame, notes=tuple(notes))
