"""A finished plan as DICOM, with its dose and the structures and image that it was made on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hepatica.case import Case, Dose, Plan
from hepatica.errors import Inconsistent, InvalidInput
from hepatica.io.dicom.write import ExportSummary, WriteOptions, write_case
from hepatica.io.dicom.write_beams import has_segments
from hepatica.io.dicom.write_rtdose import refuse_if_unwritable


def export_plan(
    case: Case, plan: Plan, dose: Dose, folder: Path, options: WriteOptions | None = None
) -> ExportSummary:
    """Write one plan that can be delivered, as one DICOM study; UNAPPROVED, intent RESEARCH.

    What else the case holds of plans and doses stays out: a reader of the export finds one plan and
    one dose.

    Parameters
    ----------
    case : Case
        With all structures that the plan was made with, derived ones included.
    plan : Plan
        Every beam with its segments.
    dose : Dose
        The total dose of this plan.
    folder : Path
        As `hepatica.io.dicom.write.write_case`.
    options : WriteOptions, optional

    Returns
    -------
    summary : ExportSummary

    Raises
    ------
    InvalidInput
        If the plan has no beams, a beam no segments, the dose is not that of the whole plan or
        cannot be written, or nobody says how the patient lies.
    Inconsistent
        If the dose is that of another plan, or plan and case do not share frame of reference or
        patient position.
    UsageError
        If the folder holds files and ``options.force`` is not set.
    """
    options = options or WriteOptions()
    name = f"Plan {plan.label or plan.uid}"
    if not has_segments(plan):
        without = [str(beam.number) for beam in plan.beams if not beam.segments]
        what = f"its beams {', '.join(without)} have no segments" if without else "it has no beams"
        raise InvalidInput(
            f"{name} cannot be exported for delivery: {what}. Plan it with segments; "
            "'hepatica case export' writes what is known of it."
        )
    _require_one_treatment(case, plan, dose, name)
    refuse_if_unwritable(dose, (plan.uid,), options.dose_bits)
    return write_case(replace(case, plans=(plan,), doses=(dose,)), folder, options)


def _require_one_treatment(case: Case, plan: Plan, dose: Dose, name: str) -> None:
    if dose.plan_uid != plan.uid:
        raise Inconsistent(
            f"{name}: the dose {dose.label or dose.uid} is that of another plan "
            f"({dose.plan_uid or 'of none that it names'}). Export a plan with its own dose."
        )
    if dose.summation != "PLAN":
        raise InvalidInput(
            f"{name}: the dose {dose.label or dose.uid} is of kind {dose.summation}; a plan is "
            "exported with its total dose (PLAN)."
        )
    for what, frame in (
        ("it", plan.frame_of_reference_uid),
        ("its dose", dose.frame_of_reference_uid),
    ):
        if frame not in (None, case.frame_of_reference_uid):
            raise Inconsistent(
                f"{name}: {what} lies in the frame of reference {frame}, the case in "
                f"{case.frame_of_reference_uid}. Make the plan on this image."
            )
