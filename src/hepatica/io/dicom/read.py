"""Reads a patient from DICOM: folders of anything become one case, with a report of choices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from hepatica.case.case import Case
from hepatica.case.plan import Dose, Plan
from hepatica.case.provenance import Note
from hepatica.case.structure import Structure
from hepatica.errors import AmbiguousName
from hepatica.io.dicom.choices import Choices
from hepatica.io.dicom.dose import DoseRead, read_dose, read_rtdose
from hepatica.io.dicom.files import read_header, short_uid, tolerant
from hepatica.io.dicom.frames import in_frame, way_into
from hepatica.io.dicom.identity import require_one_patient
from hepatica.io.dicom.image import Image, read_image
from hepatica.io.dicom.link import Linked, link
from hepatica.io.dicom.plan import PlanRead, read_plan, read_plan_fully
from hepatica.io.dicom.position import agreed_position
from hepatica.io.dicom.registration import Registration, read_registrations, way_between
from hepatica.io.dicom.scan import Progress, Series, Survey, survey
from hepatica.io.dicom.segmentation import read_segmentation
from hepatica.io.dicom.structures import build_structures
from hepatica.io.dicom.totals import total_doses

__all__ = ["NO_STRUCTURE_SET", "Choices", "read_dicom", "read_dose", "read_plan"]

NO_STRUCTURE_SET = Note("warning", "sources", "There is no structure set (RTSTRUCT).")
"""Whoever adds structures of another kind takes this note out again."""


@dataclass(frozen=True, eq=False)
class _Sources:
    """What lies in the sources, how it was linked, and the image it lies on."""

    found: Survey
    linked: Linked
    image: Image
    registrations: tuple[Registration, ...]
    choices: Choices

    def lies_elsewhere(self, frame_uid: str | None) -> bool:
        """Whether something belongs to another CT series of the sources and cannot be moved."""
        here = self.image.frame_of_reference_uid
        frames = {series.frame_of_reference_uid for series in self.linked.other_images}
        if frame_uid is None or frame_uid not in frames - {here}:
            return False
        return way_between(self.registrations, frame_uid, here) is None


def read_dicom(
    sources: Sequence[Path],
    case_id: str | None = None,
    choices: Choices | None = None,
    names: Callable[[str], str] | None = None,
    progress: Progress | None = None,
) -> Case:
    """One case from DICOM files and folders of anything.

    Parameters
    ----------
    sources : files and folders, searched to their depth, in any order
    case_id : a pseudonym; one is made from the hashed identity when absent
    choices : Choices
        What the user decided where the files leave a choice.
    names : raw structure name to name; an empty name leaves the structure out
    progress : called with (step, done, in all)

    Returns
    -------
    case : Case
        ``notes`` is the import report; ``patient_key`` is that of `Identity.key`, salted with the
        frame of reference, empty without a PatientID.

    Raises
    ------
    InvalidInput
        If a file is damaged, or several series or structure sets fit and none was chosen.
    Inconsistent
        If the files belong to different patients or frames of reference, or contradict each other
        in how the patient lay.
    """
    choices = choices or Choices()
    rename = names or str
    found = survey(sources, progress)
    notes = list(found.notes)
    _check_identity(found, choices, notes)
    plans = [read_plan_fully(series.files[0]) for series in found.of("plan")]
    linked = link(found, [read.plan for read in plans], choices, notes)
    here = _Sources(
        found, linked, _image(linked, choices, notes, progress), _registrations(found), choices
    )
    structures = _structures(here, rename, notes)
    kept_plans = list(_plans(here, plans, notes))
    doses = _doses(here, kept_plans, notes, progress)
    position = _patient_position(here, kept_plans, notes)
    key = _patient_key(found, linked, here.image.frame_of_reference_uid)
    return Case(
        case_id=case_id or _pseudonym(key or linked.image.uid),
        image=here.image.volume,
        frame_of_reference_uid=here.image.frame_of_reference_uid,
        structures={structure.name: structure for structure in structures},
        plans=tuple(read.plan for read in kept_plans),
        doses=doses,
        notes=tuple(notes),
        patient_key=key,
        patient_position=position,
    )


def _check_identity(found: Survey, choices: Choices, notes: list[Note]) -> None:
    unnamed = sum(not series.identity.patient_id for series in found.series)
    if unnamed:
        sentence = f"{unnamed} of {len(found.series)} series have no PatientID: whose they are was "
        sentence += "not checked."
        notes.append(Note("warning", "sources", sentence))
    places = [(f"{s.files[0].name} in {s.folder.name}", s.identity) for s in found.series]
    if choices.accept_identity_mismatch:
        numbers = {series.identity.patient_id for series in found.series} - {""}
        if len(numbers) > 1:
            sentence = "The files name different patients; accepted by the user."
            notes.append(Note("warning", "sources", sentence))
        return
    require_one_patient(places)


def _image(linked: Linked, choices: Choices, notes: list[Note], progress: Progress | None) -> Image:
    image = read_image(linked.image, choices.resample_missing, progress)
    chosen_set = linked.structure_set
    if linked.image.frame_of_reference_uid is None and chosen_set is not None:
        named = (chosen_set.drawn_on | chosen_set.listed) & set(linked.image.instance_uids)
        if named and chosen_set.frame_uid:
            sentence = (
                "The images have no FrameOfReferenceUID; that of the structure set, which names "
                "these very slices, was taken."
            )
            notes.append(Note("assumed", linked.image.label, sentence))
            kept = tuple(n for n in image.notes if "FrameOfReferenceUID" not in n.text)
            image = replace(image, frame_of_reference_uid=chosen_set.frame_uid, notes=kept)
    notes.extend(image.notes)
    return image


def _registrations(found: Survey) -> tuple[Registration, ...]:
    files = [series.files[0] for series in found.of("registration")]
    return tuple(one for file in files for one in read_registrations(file))


def _structures(
    here: _Sources, rename: Callable[[str], str], notes: list[Note]
) -> tuple[Structure, ...]:
    structures: list[Structure] = []
    chosen_set = here.linked.structure_set
    if chosen_set is None:
        notes.append(NO_STRUCTURE_SET)
    elif here.choices.structure_set_uid is None and here.lies_elsewhere(chosen_set.frame_uid):
        sentence = "It lies in the frame of reference of another CT series of the sources."
        notes.append(Note("ignored", chosen_set.called, sentence))
    else:
        sentence = f"It lies on {here.linked.image.label}."
        notes.append(Note("linked", chosen_set.called, sentence))
        outlined, more = build_structures(chosen_set, here.image, here.registrations, rename)
        structures.extend(outlined)
        notes.extend(more)
    for series in here.found.of("segmentation"):
        if here.lies_elsewhere(series.frame_of_reference_uid):
            _ignore_elsewhere(series, notes)
            continue
        painted, more = read_segmentation(series.files[0], here.image, here.registrations, rename)
        structures.extend(painted)
        notes.extend(more)
    _require_distinct_names(structures)
    return tuple(structures)


def _require_distinct_names(structures: Sequence[Structure]) -> None:
    first: dict[str, Structure] = {}
    for structure in structures:
        twin = first.setdefault(structure.name, structure)
        if twin is not structure:
            raise AmbiguousName(
                f"{twin.origin} and {structure.origin} would both be called {structure.name}. "
                "Give one of them another name in the name file, or leave it out there."
            )


def _ignore_elsewhere(series: Series, notes: list[Note]) -> None:
    sentence = "It lies in the frame of reference of another CT series of the sources."
    notes.append(Note("ignored", series.called, sentence))


def _plans(here: _Sources, reads: Sequence[PlanRead], notes: list[Note]) -> Iterator[PlanRead]:
    for read, series in zip(reads, here.found.of("plan"), strict=True):
        what = f"RTPLAN {series.files[0].name}"
        frame = read.plan.frame_of_reference_uid
        if here.lies_elsewhere(frame):
            _ignore_elsewhere(series, notes)
            continue
        if frame is not None:
            image_frame = here.image.frame_of_reference_uid
            way = way_into(frame, image_frame, here.registrations, what)
            if way is not None:
                sentence = f"It was made in another frame of reference, joined by REG {way.called}."
                notes.append(Note("linked", series.called, sentence))
                read = _without_places(read, series.called, notes)  # noqa: PLW2901
        elif any(beam.isocentre_mm is not None for beam in read.plan.beams):
            sentence = (
                "It names no frame of reference: its isocentres are taken to lie in the image's."
            )
            notes.append(Note("assumed", series.called, sentence))
        _note_plan_set(read.plan, here, series.called, notes)
        notes.extend(read.notes)
        yield read


def _without_places(read: PlanRead, subject: str, notes: list[Note]) -> PlanRead:
    """Points and angles of another frame would be wrong in the image's: they are left out."""
    if any(beam.isocentre_mm is not None for beam in read.plan.beams):
        sentence = "Isocentres and segments are those of the other frame: left out."
        notes.append(Note("ignored", subject, sentence))
    beams = tuple(
        replace(beam, isocentre_mm=None, leaf_boundaries_mm=(), segments=(), dose_point_mm=None)
        for beam in read.plan.beams
    )
    return replace(read, plan=replace(read.plan, beams=beams))


def _patient_position(here: _Sources, plans: Sequence[PlanRead], notes: list[Note]) -> str:
    image = here.linked.image
    said = [(image.label, image.patient_positions)]
    said += [
        (f"RTPLAN {short_uid(read.plan.uid)}", (read.plan.patient_position,)) for read in plans
    ]
    return agreed_position(said, here.choices.patient_position, notes)


def _note_plan_set(plan: Plan, here: _Sources, subject: str, notes: list[Note]) -> None:
    chosen_set = here.linked.structure_set
    if chosen_set is None or plan.structure_set_uid is None:
        notes.append(Note("warning", subject, "It could not be linked to a structure set."))
    elif plan.structure_set_uid == chosen_set.uid:
        notes.append(Note("linked", subject, f"It was made on {chosen_set.called}."))
    else:
        sentence = f"It was made on another structure set than {chosen_set.called}."
        notes.append(Note("warning", subject, sentence))


def _doses(
    here: _Sources, plans: Sequence[PlanRead], notes: list[Note], progress: Progress | None
) -> tuple[Dose, ...]:
    reads: list[DoseRead] = []
    series = here.found.of("dose")
    for done, one in enumerate(series, start=1):
        if progress is not None:
            progress("reading doses", done, len(series))
        if here.lies_elsewhere(one.frame_of_reference_uid):
            _ignore_elsewhere(one, notes)
        elif not _has_grid(one.files[0]):
            sentence = "It holds no dose grid (only histograms, points or isodoses)."
            notes.append(Note("ignored", one.called, sentence))
        else:
            reads.append(_placed(one, here, notes))
    by_uid = {read.plan.uid: read for read in plans}
    return total_doses(reads, by_uid, here.choices, notes)


def _has_grid(file: Path) -> bool:
    with tolerant():
        return "Rows" in read_header(file)


def _placed(series: Series, here: _Sources, notes: list[Note]) -> DoseRead:
    file = series.files[0]
    read = read_rtdose(file, here.choices.resample_missing, here.choices.accept_high_dose)
    notes.extend(read.notes)
    what = f"RTDOSE {file.name}"
    dose = in_frame(read.dose, here.image.frame_of_reference_uid, here.registrations, what)
    if dose is not read.dose:
        sentence = "It was moved, without resampling, into the image's frame by a registration."
        notes.append(Note("linked", series.called, sentence))
    if _apart(dose, here.image):
        sentence = "The dose lies wholly beside the image, although both name the same frame."
        notes.append(Note("warning", series.called, sentence))
    return replace(read, dose=dose)


def _apart(dose: Dose, image: Image) -> bool:
    corners = image.volume.grid.index_of(dose.volume.grid.corners_mm())
    last = [size - 0.5 for size in image.volume.grid.shape[::-1]]
    low, high = corners.min(axis=0), corners.max(axis=0)
    return bool((high < -0.5).any() or (low > last).any())


def _patient_key(found: Survey, linked: Linked, frame_uid: str) -> str:
    named = [s.identity for s in (linked.image, *found.series) if s.identity.patient_id]
    return named[0].key(frame_uid) if named else ""


def _pseudonym(seed: str) -> str:
    return f"case-{sha256(seed.encode()).hexdigest()[:8]}"
