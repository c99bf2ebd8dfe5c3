"""Reads an RTPLAN: fractions, prescription and treatment beams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset

from hepatica.case.plan import Beam, Plan
from hepatica.case.provenance import Note
from hepatica.errors import InvalidInput
from hepatica.io.dicom.beams import read_beams
from hepatica.io.dicom.files import read_dataset, reading, require_modality, short_uid, text
from hepatica.io.dicom.fractions import (
    FractionGroup,
    beam_shares,
    fraction_groups,
    require_matching_beams,
)
from hepatica.io.dicom.scan import KIND_OF_SOP_CLASS

_ION_PLAN = "1.2.840.10008.5.1.4.1.1.481.8"
_TREATING = ("", "TREATMENT", "CONTINUATION")


@dataclass(frozen=True)
class PlanRead:
    """A plan with its fraction groups, and notes on what was chosen or is missing."""

    plan: Plan
    groups: tuple[FractionGroup, ...]
    notes: tuple[Note, ...]


def read_plan(path: Path) -> Plan:
    """One RTPLAN or RT Ion Plan; `read_plan_fully` also tells what was chosen or is missing.

    Raises
    ------
    InvalidInput
        If the file is damaged or no plan.
    """
    return read_plan_fully(path).plan


def read_plan_fully(path: Path) -> PlanRead:
    """One RTPLAN with its fraction groups and notes.

    Raises
    ------
    InvalidInput
        If the file is damaged or no plan.
    """
    with reading(path):
        dataset = read_dataset(path)
        require_modality(dataset, path, "RTPLAN", "plan")
        kind = text(dataset, "SOPClassUID")
        if KIND_OF_SOP_CLASS.get(kind) != "plan":
            raise InvalidInput(
                f"{path.name} is an RTPLAN of a storage class that Hepatica does not read "
                f"({kind or 'missing'}). Give an RT Plan or RT Ion Plan."
            )
        return _plan(dataset, path)


def _plan(dataset: Dataset, path: Path) -> PlanRead:
    notes: list[Note] = []
    subject = f"RTPLAN {short_uid(text(dataset, 'SOPInstanceUID'))}"
    groups = tuple(fraction_groups(dataset))
    plan = Plan(
        uid=text(dataset, "SOPInstanceUID"),
        label=text(dataset, "RTPlanLabel") or text(dataset, "RTPlanName"),
        fractions=_fractions(groups, subject, notes),
        prescription_gy=_prescription_gy(dataset, subject, notes),
        beams=_beams(dataset, subject, notes),
        frame_of_reference_uid=text(dataset, "FrameOfReferenceUID") or None,
        structure_set_uid=_structure_set_uid(dataset),
        approval=text(dataset, "ApprovalStatus"),
        patient_position=_patient_position(dataset, subject, notes),
    )
    return PlanRead(plan, groups, tuple(notes))


def _fractions(groups: Sequence[FractionGroup], subject: str, notes: list[Note]) -> int | None:
    counts = [g.fractions for g in groups]
    if not counts or any(n is None for n in counts):
        text = "The plan does not state its number of fractions; give it where a rule needs it."
        notes.append(Note("warning", subject, text))
        return None
    total = sum(n for n in counts if n is not None)
    if len(counts) > 1:
        parts = " + ".join(str(n) for n in counts)
        text = (
            f"{len(counts)} fraction groups of {parts} = {total} fractions. Check that they are "
            "given one after the other and not on the same days."
        )
        notes.append(Note("chosen", subject, text))
    return total


def _prescription_gy(dataset: Dataset, subject: str, notes: list[Note]) -> float | None:
    targets = [
        (float(item.TargetPrescriptionDose), text(item, "DoseReferenceDescription"))
        for item in dataset.get("DoseReferenceSequence") or []
        if text(item, "DoseReferenceType") == "TARGET"
        and item.get("TargetPrescriptionDose") is not None
    ]
    if not targets:
        sentence = "The plan states no target prescription dose; none was guessed from its beams."
        notes.append(Note("warning", subject, sentence))
        return None
    highest = max(dose for dose, _ in targets)
    if len({dose for dose, _ in targets}) > 1:
        listed = ", ".join(f"{name or 'unnamed'} {dose:g} Gy" for dose, name in targets)
        sentence = f"Several prescriptions ({listed}); the highest, {highest:g} Gy, was taken."
        notes.append(Note("chosen", subject, sentence))
    return highest


def _beams(dataset: Dataset, subject: str, notes: list[Note]) -> tuple[Beam, ...]:
    ion = text(dataset, "SOPClassUID") == _ION_PLAN
    items = dataset.get("IonBeamSequence" if ion else "BeamSequence") or []
    treating = [i for i in items if text(i, "TreatmentDeliveryType") in _TREATING]
    if len(treating) < len(items):
        left_out = len(items) - len(treating)
        sentence = f"{left_out} setup or imaging beam{'s' * (left_out > 1)} left out."
        notes.append(Note("ignored", subject, sentence))
    if ion:
        sentence = "An ion plan: its dose is weighted by a biological model, not physical dose."
        notes.append(Note("warning", subject, sentence))
    if dataset.get("ApplicationSetupSequence"):
        sentence = "A brachytherapy plan: it has applicators, not beams."
        notes.append(Note("warning", subject, sentence))
    elif not treating:
        notes.append(Note("warning", subject, "The plan has no treatment beams."))
    require_matching_beams(dataset, items, treating, subject)
    return read_beams(treating, beam_shares(dataset), subject, notes)


def _patient_position(dataset: Dataset, subject: str, notes: list[Note]) -> str:
    """How the patient lies, empty where the plan does not say it or says several things."""
    setups = dataset.get("PatientSetupSequence") or []
    stated = {text(setup, "PatientPosition") for setup in setups} - {""}
    if len(stated) > 1:
        sentence = (
            f"Its beams are set up in several patient positions: {', '.join(sorted(stated))}."
        )
        notes.append(Note("warning", subject, sentence))
    return stated.pop() if len(stated) == 1 else ""


def _structure_set_uid(dataset: Dataset) -> str | None:
    sets = dataset.get("ReferencedStructureSetSequence") or []
    return (text(sets[0], "ReferencedSOPInstanceUID") or None) if sets else None
