"""The plan that a dose belongs to: in how many fractions, to what dose, and through which beams.

A dose of a plan must name its plan (PS3.3 C.8.8.3, ReferencedRTPlanSequence, type 1C), and readers
look there for the fractions and the prescription. A reference to a file that is not there leaves
both unknown. A plan without segments is written with what is known of it, without beams, and cannot
be delivered. Every plan is written as research and unapproved, whatever it was before.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import RTPlanStorage, RTStructureSetStorage
from pydicom.valuerep import format_number_as_ds

from hepatica.case import Beam, Plan
from hepatica.io.dicom.write_beams import (
    beam_item,
    dose_points,
    dose_references,
    fraction_group,
    has_segments,
    patient_setup,
    refuse_beams,
)
from hepatica.io.dicom.write_header import RESEARCH, Writer, save

_SHORT_STRING = 16


def write_rtplan(
    writer: Writer, plan: Plan, number: int, structure_set_uid: str | None, path: Path
) -> str:
    """Write one plan; returns its identifier in the export.

    Its beams are written when all of them have segments, else none of them.

    Raises
    ------
    InvalidInput
        As `hepatica.io.dicom.write_beams.refuse_beams`.
    """
    if has_segments(plan):
        refuse_beams(plan, writer.options.patient_position)
    else:
        plan = replace(plan, beams=())
    ds = writer.dataset(RTPlanStorage, "RTPLAN", 3)
    ds.SeriesInstanceUID = writer.uids.of("series", "RTPLAN")
    ds.SOPInstanceUID = plan_uid(writer, plan, structure_set_uid)
    ds.InstanceNumber = number
    ds.OperatorsName = ""
    ds.RTPlanLabel = short(plan.label) or f"Plan {number}"
    ds.RTPlanDescription = _description(plan)
    ds.RTPlanDate, ds.RTPlanTime = ds.StudyDate, ""
    ds.PlanIntent = "RESEARCH"
    ds.ApprovalStatus = "UNAPPROVED"
    ds.RTPlanGeometry = "TREATMENT_DEVICE" if structure_set_uid is None else "PATIENT"
    if structure_set_uid is not None:
        item = Dataset()
        item.ReferencedSOPClassUID = RTStructureSetStorage
        item.ReferencedSOPInstanceUID = structure_set_uid
        ds.ReferencedStructureSetSequence = [item]
    points = dose_points(plan, lambda point: writer.uids.of("dose point", repr(point)))
    references = [] if plan.prescription_gy is None else [_prescribed(plan.prescription_gy)]
    references += dose_references(points)
    if references:
        ds.DoseReferenceSequence = references
    ds.FractionGroupSequence = [fraction_group(plan, points)]
    if plan.beams:
        position = writer.options.patient_position or plan.patient_position
        ds.PatientSetupSequence = [patient_setup(position)]
        ds.BeamSequence = [beam_item(beam) for beam in plan.beams]
    save(ds, path)
    return str(ds.SOPInstanceUID)


def plan_uid(writer: Writer, plan: Plan, structure_set_uid: str | None) -> str:
    """The identifier that this plan has in the export."""
    known = (plan.label, plan.fractions, plan.prescription_gy)
    beams = [mark for beam in plan.beams for mark in _marks(beam)]
    return writer.uids.of(
        "instance", "RTPLAN", plan.uid, repr(known), str(structure_set_uid), *beams
    )


def short(text: str) -> str:
    """The beginning of a label, as far as DICOM's 16 characters reach."""
    return "".join(c for c in text if c.isprintable() and c != "\\")[:_SHORT_STRING].strip()


def _prescribed(dose_gy: float) -> Dataset:
    item = Dataset()
    item.DoseReferenceNumber = 1
    item.DoseReferenceStructureType = "SITE"
    item.DoseReferenceDescription = "Prescription"
    item.DoseReferenceType = "TARGET"
    item.TargetPrescriptionDose = format_number_as_ds(float(dose_gy))
    return item


def _description(plan: Plan) -> str:
    if not plan.beams:
        return f"Carries a dose; no beams, cannot be delivered. {RESEARCH}"
    segments = sum(len(beam.segments) for beam in plan.beams)
    return f"{len(plan.beams)} beams, {segments} segments, step and shoot. {RESEARCH}"


def _marks(beam: Beam) -> list[bytes]:
    """All that a beam says, to tell two plans apart."""
    said = repr(replace(beam, segments=()))
    shapes = [
        repr((s.meterset_mu, s.jaw_x_mm, s.jaw_y_mm)).encode() + s.leaf_mm.tobytes()
        for s in beam.segments
    ]
    return [said.encode(), *shapes]
