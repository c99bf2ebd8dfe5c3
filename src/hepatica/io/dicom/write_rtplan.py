"""The plan that a dose belongs to, without beams: who, in how many fractions, to what dose.

A dose of a plan must name its plan (PS3.3 C.8.8.3, ReferencedRTPlanSequence, type 1C), and readers
look there for the fractions and the prescription. A reference to a file that is not there leaves
both unknown. The plan written here holds what Hepatica knows; it states its intent as RESEARCH, has
no beams and therefore cannot be delivered.
"""

from __future__ import annotations

from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import RTPlanStorage, RTStructureSetStorage
from pydicom.valuerep import format_number_as_ds

from hepatica.case import Plan
from hepatica.io.dicom.write_header import RESEARCH, Writer, save

_SHORT_STRING = 16


def write_rtplan(
    writer: Writer, plan: Plan, number: int, structure_set_uid: str | None, path: Path
) -> str:
    """Write one plan; returns its identifier in the export."""
    ds = writer.dataset(RTPlanStorage, "RTPLAN", 3)
    ds.SeriesInstanceUID = writer.uids.of("series", "RTPLAN")
    ds.SOPInstanceUID = plan_uid(writer, plan, structure_set_uid)
    ds.InstanceNumber = number
    ds.OperatorsName = ""
    ds.RTPlanLabel = short(plan.label) or f"Plan {number}"
    ds.RTPlanDescription = f"Carries a dose; no beams, cannot be delivered. {RESEARCH}"
    ds.RTPlanDate, ds.RTPlanTime = ds.StudyDate, ""
    ds.PlanIntent = "RESEARCH"
    ds.ApprovalStatus = "UNAPPROVED"
    ds.RTPlanGeometry = "TREATMENT_DEVICE" if structure_set_uid is None else "PATIENT"
    if structure_set_uid is not None:
        item = Dataset()
        item.ReferencedSOPClassUID = RTStructureSetStorage
        item.ReferencedSOPInstanceUID = structure_set_uid
        ds.ReferencedStructureSetSequence = [item]
    if plan.prescription_gy is not None:
        ds.DoseReferenceSequence = [_prescribed(plan.prescription_gy)]
    ds.FractionGroupSequence = [_fraction_group(plan.fractions)]
    save(ds, path)
    return str(ds.SOPInstanceUID)


def plan_uid(writer: Writer, plan: Plan, structure_set_uid: str | None) -> str:
    """The identifier that this plan has in the export."""
    known = (plan.label, plan.fractions, plan.prescription_gy)
    return writer.uids.of("instance", "RTPLAN", plan.uid, repr(known), str(structure_set_uid))


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


def _fraction_group(fractions: int | None) -> Dataset:
    item = Dataset()
    item.FractionGroupNumber = 1
    item.NumberOfFractionsPlanned = fractions
    item.NumberOfBeams = 0
    item.NumberOfBrachyApplicationSetups = 0
    return item
