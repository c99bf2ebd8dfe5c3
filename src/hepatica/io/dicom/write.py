"""A case as DICOM files that a planning system can open: CT, structures, plans and doses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from hepatica.case import Case, Dose, Note, Plan, Volume
from hepatica.errors import InvalidInput, UsageError
from hepatica.io.dicom.write_beams import has_segments, refuse_beams
from hepatica.io.dicom.write_ct import ct_series, write_ct
from hepatica.io.dicom.write_header import WriteOptions, Writer, strict
from hepatica.io.dicom.write_rtdose import DoseFile, refuse_if_unwritable, write_rtdose
from hepatica.io.dicom.write_rtplan import write_rtplan
from hepatica.io.dicom.write_rtstruct import write_rtstruct
from hepatica.io.manifest import files_in, remove_listed, write_manifest

__all__ = ["DoseFile", "ExportSummary", "WriteOptions", "write_case", "write_dose"]

MANIFEST = "export"
"""Every export lists its files in ``export.json``; only those are ever replaced."""


@dataclass(frozen=True)
class ExportSummary:
    """What was written, and what was not and why.

    Parameters
    ----------
    folder : Path
    ct : one file a slice
    structures, plans, doses : the other files; ``structures`` is None without structures
    notes : what a reader of the export must know
    """

    folder: Path
    ct: tuple[Path, ...]
    structures: Path | None
    plans: tuple[Path, ...]
    doses: tuple[DoseFile, ...]
    notes: tuple[Note, ...] = ()


def write_case(case: Case, folder: Path, options: WriteOptions | None = None) -> ExportSummary:
    """Write a case as one DICOM study.

    Identifiers are made from the content: the same case gives the same files, byte for byte. The
    frame of reference is the case's own. A plan is written with its beams when all of them have
    segments, else without any (`write_rtplan`); the note says which.

    Parameters
    ----------
    case : Case
    folder : Path
        Made if absent. ``CT/CT_0001.dcm`` ..., ``RTSTRUCT.dcm``, ``RTPLAN_1.dcm`` ...,
        ``RTDOSE_1.dcm`` ..., and ``export.json``, which lists them.
    options : WriteOptions, optional

    Returns
    -------
    summary : ExportSummary
        A dose that DICOM could not hold truthfully is left out and named in ``notes``.

    Raises
    ------
    UsageError
        If the folder holds files and ``options.force`` is not set, or files that are not those of
        an earlier export.
    InvalidInput
        If the image, a name, an identifier or a beam does not fit into DICOM, or a plan has beams
        and nobody says how the patient lies.
    Inconsistent
        If the case says that the patient lay otherwise than ``options`` do.
    """
    options = options or WriteOptions()
    writer = Writer.of(case, options)
    delivered = [plan for plan in case.plans if has_segments(plan)]
    for plan in delivered:
        refuse_beams(plan, writer.options.patient_position)
    with strict():
        series, stored = ct_series(writer)
        _make_room(folder, options.force)
        structure_path = folder / "RTSTRUCT.dcm" if case.structures else None
        try:
            slices = write_ct(writer, series, stored, folder / "CT")
            structure_set = (
                write_rtstruct(writer, series, structure_path) if structure_path else None
            )
            export = _PlansAndDoses(writer, folder, structure_set)
            for dose in case.doses:
                export.add(dose)
            for plan in delivered:
                export.add_plan(plan)
        finally:
            # A broken export is listed as well, so that --force can replace it.
            write_manifest(folder, MANIFEST, files_in(folder, MANIFEST))
    return ExportSummary(
        folder,
        slices,
        structure_path,
        tuple(export.plans),
        tuple(export.doses),
        tuple(export.notes),
    )


def write_dose(
    dose: Volume | Dose, path: Path, case: Case, options: WriteOptions | None = None
) -> DoseFile:
    """Write one dose of a case to a file, and beside it the plan that it refers to.

    Parameters
    ----------
    dose : Volume in Gy, or Dose
        A bare volume is the dose of a plan that is not known.
    path : Path
        The plan goes to the same name with ``.plan`` before the suffix.
    case : Case
        Whose dose it is.

    Raises
    ------
    UsageError
        If a file is there already and ``options.force`` is not set.
    InvalidInput
        As `hepatica.io.dicom.write_rtdose.write_rtdose`.
    """
    options = options or WriteOptions()
    if isinstance(dose, Volume):
        frame = case.frame_of_reference_uid
        dose = Dose("dose", path.stem, dose, "PLAN", None, frame, "computed")
    _same_frame(dose, case)
    plan_path = path.with_name(f"{path.stem}.plan{path.suffix}")
    for target in (path, plan_path):
        if target.exists() and not options.force:
            raise UsageError(f"{target} exists already. Give --force to replace it.")
    writer = Writer.of(case, options)
    with strict():
        # Beams need the structure set that this file does not come with.
        plan = replace(_plans_of(dose, case)[0], beams=())
        refuse_if_unwritable(dose, (plan.uid,), options.dose_bits)
        path.parent.mkdir(parents=True, exist_ok=True)
        plan_uid = write_rtplan(writer, plan, 1, None, plan_path)
        return replace(write_rtdose(writer, dose, 1, (plan_uid,), path), plan_path=plan_path)


class _PlansAndDoses:
    """Writes doses one by one, and each plan once, when its first dose comes."""

    def __init__(self, writer: Writer, folder: Path, structure_set_uid: str | None) -> None:
        self.writer, self.folder, self.structure_set_uid = writer, folder, structure_set_uid
        self.bits = writer.options.dose_bits
        self.plans: list[Path] = []
        self.doses: list[DoseFile] = []
        self.notes: list[Note] = []
        self.written: dict[str, str] = {}

    def add(self, dose: Dose) -> None:
        name = dose.label or dose.uid
        plans = _plans_of(dose, self.writer.case)
        try:
            _same_frame(dose, self.writer.case)
            refuse_if_unwritable(dose, tuple(plan.uid for plan in plans), self.bits)
        except InvalidInput as why:
            self.notes.append(Note("ignored", name, str(why)))
            return
        uids = tuple(self.add_plan(plan) for plan in plans)
        number = len(self.doses) + 1
        path = self.folder / f"RTDOSE_{number}.dcm"
        self.doses.append(write_rtdose(self.writer, dose, number, uids, path))

    def add_plan(self, plan: Plan) -> str:
        if plan.uid not in self.written:
            number = len(self.plans) + 1
            path = self.folder / f"RTPLAN_{number}.dcm"
            uid = write_rtplan(self.writer, plan, number, self.structure_set_uid, path)
            self.written[plan.uid] = uid
            self.plans.append(path)
            self.notes.append(Note("assumed", f"RTPLAN {plan.label or number}", _written(plan)))
        return self.written[plan.uid]


def _written(plan: Plan) -> str:
    """What the file of a plan carries."""
    if has_segments(plan):
        return f"written with {len(plan.beams)} beams, step and shoot; unapproved, for research"
    without = [str(beam.number) for beam in plan.beams if not beam.segments]
    why = f" (no segments are known of beams {', '.join(without)})" if without else ""
    return f"written without beams{why}: it carries label, fractions and prescription only"


def _plans_of(dose: Dose, case: Case) -> tuple[Plan, ...]:
    """The plans a dose refers to; one that the case does not hold is written with what is known."""
    if dose.summation == "MULTI_PLAN":
        return case.plans
    held = {plan.uid: plan for plan in case.plans}
    if dose.plan_uid in held:
        return (held[dose.plan_uid],)
    uid = dose.plan_uid or f"plan of {dose.uid}"
    return (Plan(uid, dose.label, None, None, (), case.frame_of_reference_uid, None),)


def _same_frame(dose: Dose, case: Case) -> None:
    frame = dose.frame_of_reference_uid
    if frame not in (None, case.frame_of_reference_uid):
        raise InvalidInput(
            f"Dose {dose.label or dose.uid} is in the frame of reference {frame}, the case in "
            f"{case.frame_of_reference_uid}. Register the dose to the case first."
        )


def _make_room(folder: Path, force: bool) -> None:
    """Never mix two exports: an old slice between new ones would be read as one series."""
    if folder.is_dir() and any(folder.iterdir()) and not force:
        raise UsageError(
            f"{folder} is not empty. Give another folder, or --force to replace an earlier export."
        )
    if folder.exists():
        remove_listed(folder, MANIFEST, "an export")
    (folder / "CT").mkdir(parents=True, exist_ok=True)
