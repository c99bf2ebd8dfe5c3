"""Reads an RTDOSE: a dose distribution in Gy on its own grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from hepatica.case.case import Case
from hepatica.case.grid import Grid
from hepatica.case.plan import Dose, Summation
from hepatica.case.provenance import Note
from hepatica.case.volume import Volume
from hepatica.errors import Inconsistent, InvalidInput
from hepatica.io.dicom.files import read_dataset, reading, require_modality, short_uid, text
from hepatica.io.dicom.frames import in_frame
from hepatica.io.dicom.identity import Identity
from hepatica.io.dicom.lattice import TOLERANCE_MM, Layout, axes_of, interpolated, layout_of
from hepatica.io.dicom.registration import read_registrations
from hepatica.io.dicom.scan import identity_of
from hepatica.io.dicom.slices import decoded

_HIGHEST_GY = 200.0
"""No course of external beams gives more; a dose in cGy read as Gy does. A choice of this house."""
_AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
_SUMMATION: dict[str, Summation] = {
    "PLAN": "PLAN",
    "MULTI_PLAN": "MULTI_PLAN",
    "FRACTION": "FRACTION",
    "FRACTION_SESSION": "FRACTION",
    "BEAM": "BEAM",
    "BEAM_SESSION": "BEAM",
    "BRACHY": "BRACHY",
    "BRACHY_SESSION": "BRACHY",
    "CONTROL_POINT": "CONTROL_POINT",
}


@dataclass(frozen=True, eq=False)
class DoseRead:
    """An RTDOSE as it stands in the file, with what it says about its part in a plan.

    Parameters
    ----------
    dose : Dose
        In its own frame of reference; nothing summed or multiplied.
    session : True when the standard's term says that the dose is that of one treatment session
    group_number : the fraction group it belongs to, None where not stated
    beam_numbers : the beams that it holds, empty where not stated
    """

    dose: Dose
    session: bool
    group_number: int | None
    beam_numbers: tuple[int, ...]
    identity: Identity
    notes: tuple[Note, ...]


def read_dose(
    path: Path,
    case: Case,
    registrations: Sequence[Path] = (),
    resample_missing: bool = False,
    accept_identity_mismatch: bool = False,
    accept_high_dose: bool = False,
) -> Dose:
    """One RTDOSE for a case that exists already.

    Parameters
    ----------
    path : the RTDOSE file
    case : Case
    registrations : REG files that may be used to bring the dose into the case's frame
    resample_missing : interpolate unevenly spaced dose planes
    accept_identity_mismatch : take the dose although it names another patient
    accept_high_dose : take it although no external beams give that much

    Returns
    -------
    dose : Dose
        In the case's frame of reference. What the file says is kept: a dose of one beam or one
        fraction stays one (``summation``); nothing is summed or multiplied.

    Raises
    ------
    InvalidInput
        If the file is damaged, relative, signed, zero everywhere, beyond 200 Gy without being
        brachytherapy or accepted, or of no usable geometry.
    Inconsistent
        If it lies in another frame of reference, or belongs to another patient.
    """
    read = read_rtdose(path, resample_missing, accept_high_dose)
    if not read.dose.volume.values.any():
        raise InvalidInput(
            f"RTDOSE {path.name}: the dose is zero everywhere; there is nothing to judge. Export "
            "the dose once it is computed."
        )
    checked = _same_patient(read, case, path.name, accept_identity_mismatch)
    found = [one for file in registrations for one in read_registrations(file)]
    dose = in_frame(read.dose, case.frame_of_reference_uid, found, f"RTDOSE {path.name}")
    said = [checked, *(note.text for note in read.notes)]
    return replace(dose, origin="; ".join([dose.origin, *said]))


def read_rtdose(
    path: Path, resample_missing: bool = False, accept_high_dose: bool = False
) -> DoseRead:
    """One RTDOSE as it stands in the file.

    Raises
    ------
    InvalidInput
        If the file is damaged, relative, signed, of no usable geometry, or beyond 200 Gy without
        being brachytherapy or accepted.
    """
    with reading(path):
        dataset = read_dataset(path)
        require_modality(dataset, path, "RTDOSE", "dose")
        if not has_grid(dataset):
            raise InvalidInput(
                f"RTDOSE {path.name}: it holds no dose grid (only histograms, points or "
                "isodoses). Export the three-dimensional dose."
            )
        notes: list[Note] = []
        volume = _volume(dataset, path, resample_missing, notes)
        inside = text(dataset, "DoseSummationType").startswith("BRACHY")
        _require_plausible(volume, path, accept_high_dose or inside)
        return _described(dataset, volume, notes)


def has_grid(dataset: Dataset) -> bool:
    """Whether an RTDOSE holds a dose grid; it may hold histograms or points only."""
    return "Rows" in dataset and "Columns" in dataset


def _called(dataset: Dataset) -> str:
    """How notes and labels name the dose; comments and descriptions are a clinic's free text."""
    return f"RTDOSE {short_uid(text(dataset, 'SOPInstanceUID'))}"


def _own_comment(dataset: Dataset) -> str:
    """What Hepatica itself wrote about its dose: that an idealised dose is no planned one."""
    return text(dataset, "DoseComment") if text(dataset, "Manufacturer") == "Hepatica" else ""


def _require_plausible(volume: Volume, path: Path, accept_high: bool) -> None:
    """Sources inside the body give any dose beside them; beams from outside do not."""
    highest = float(volume.values.max())
    if not np.isfinite(highest) or (highest > _HIGHEST_GY and not accept_high):
        raise InvalidInput(
            f"RTDOSE {path.name}: its maximum is {highest:.6g} Gy; up to {_HIGHEST_GY:g} Gy is "
            "plausible for external beams. Is DoseGridScaling wrong, or is the dose in cGy? Export "
            "it again in Gy; if sources inside the body gave it (Y-90, brachytherapy), accept it "
            "with --accept-high-dose."
        )


def _described(dataset: Dataset, volume: Volume, notes: list[Note]) -> DoseRead:
    term = text(dataset, "DoseSummationType")
    subject = _called(dataset)
    if term not in _SUMMATION:
        sentence = f"DoseSummationType is {term or 'missing'}: what the dose adds up is not known."
        notes.append(Note("warning", subject, sentence))
    if term == "MULTI_PLAN":
        notes.append(Note("warning", subject, "The dose is the sum of several plans."))
    plans = dataset.get("ReferencedRTPlanSequence") or []
    highest = float(volume.values.max())
    if highest > _HIGHEST_GY:
        sentence = f"Its maximum is {highest:.6g} Gy: taken as given by sources inside the body."
        notes.append(Note("warning", subject, sentence))
    if not volume.values.any():
        notes.append(Note("warning", subject, "The dose is zero everywhere."))
    dose = Dose(
        uid=text(dataset, "SOPInstanceUID"),
        label=_own_comment(dataset) or subject,
        volume=volume,
        summation=_SUMMATION.get(term, "UNKNOWN"),
        plan_uid=(text(plans[0], "ReferencedSOPInstanceUID") or None) if plans else None,
        frame_of_reference_uid=text(dataset, "FrameOfReferenceUID") or None,
        origin=f"{subject}, {term or 'no summation type'}",
    )
    groups = [g for p in plans for g in p.get("ReferencedFractionGroupSequence") or []]
    return DoseRead(
        dose=dose,
        session=term.endswith("_SESSION") or term == "CONTROL_POINT",
        group_number=_group_number(groups),
        beam_numbers=tuple(
            int(beam.ReferencedBeamNumber)
            for group in groups
            for beam in group.get("ReferencedBeamSequence") or []
        ),
        identity=identity_of(dataset),
        notes=tuple(notes),
    )


def _group_number(groups: Sequence[Dataset]) -> int | None:
    numbers = {int(g.ReferencedFractionGroupNumber) for g in groups if _states_group(g)}
    return numbers.pop() if len(numbers) == 1 else None


def _states_group(group: Dataset) -> bool:
    return group.get("ReferencedFractionGroupNumber") is not None


def _volume(dataset: Dataset, path: Path, resample: bool, notes: list[Note]) -> Volume:
    scaling = _scaling(dataset, path)
    stored = decoded(dataset, path)
    if stored.ndim == 2:
        stored = stored[None]
    axes = axes_of(_numbers(dataset, "ImageOrientationPatient"), f"RTDOSE {path.name}")
    position = np.array(_needed(dataset, "ImagePositionPatient", 3, path))
    row_mm, column_mm = _needed(dataset, "PixelSpacing", 2, path)
    planes = _planes(dataset, position, axes, len(stored), path)
    order = np.argsort(planes)
    planes, stored = planes[order], stored[order]
    layout = _layout(dataset, planes, resample, path, notes)
    dose_gy = (stored.astype(np.float64) * scaling).astype(np.float32)
    if layout.resampled:
        dose_gy = interpolated(dose_gy, planes, layout)
    normal = axes[:, 2]
    grid = Grid(
        shape=(layout.count, stored.shape[1], stored.shape[2]),
        spacing_mm=(column_mm, row_mm, layout.spacing_mm),
        origin_mm=tuple(position + (planes[0] - position @ normal) * normal),
        direction=tuple(map(tuple, axes)),
    )
    return Volume(dose_gy, grid, "Gy")


def _scaling(dataset: Dataset, path: Path) -> float:
    """Gy per stored unit, once the values are known to be absolute physical dose."""
    units, kind = text(dataset, "DoseUnits"), text(dataset, "DoseType")
    if units != "GY":
        raise InvalidInput(
            f"RTDOSE {path.name}: DoseUnits is {units or 'missing'}; Hepatica needs GY. Export "
            "absolute dose from the planning system."
        )
    if kind == "ERROR" or int(dataset.get("PixelRepresentation") or 0) == 1:
        raise InvalidInput(
            f"RTDOSE {path.name}: DoseType is {kind or 'missing'} with "
            f"{'signed' if dataset.get('PixelRepresentation') else 'unsigned'} values: it is a "
            "difference of doses, not a dose. Export the dose of the plan."
        )
    if kind != "PHYSICAL":
        raise InvalidInput(
            f"RTDOSE {path.name}: DoseType is {kind or 'missing'}; Hepatica needs PHYSICAL, "
            "because it applies its own biological models. Export the physical dose."
        )
    value = dataset.get("DoseGridScaling")
    scaling = float(value) if value not in (None, "") else 0.0
    if not (np.isfinite(scaling) and scaling > 0):
        raise InvalidInput(
            f"RTDOSE {path.name}: DoseGridScaling is {'missing' if value is None else value}; it "
            "must be a number above 0 (Gy per stored unit). Export the dose again."
        )
    return scaling


def _planes(
    dataset: Dataset,
    position: NDArray[np.float64],
    axes: NDArray[np.float64],
    frames: int,
    path: Path,
) -> NDArray[np.float64]:
    """(frames,) array: where each frame lies along the slice normal, mm.

    GridFrameOffsetVector counts (a) from ImagePositionPatient along the normal when it begins with
    0, or (b) gives z coordinates when it begins with that position's z and the planes are axial
    (PS3.3 C.8.8.3.2).
    """
    offsets = np.array(_numbers(dataset, "GridFrameOffsetVector"))
    start = float(position @ axes[:, 2])
    if frames == 1 and len(offsets) == 0:
        return np.array([start])
    if len(offsets) != frames:
        raise InvalidInput(
            f"RTDOSE {path.name}: {frames} frames but {len(offsets)} values in "
            "GridFrameOffsetVector; there must be one for each frame. Export the dose again."
        )
    steps = np.diff(offsets)
    if not ((steps > TOLERANCE_MM).all() or (steps < -TOLERANCE_MM).all()):
        raise InvalidInput(
            f"RTDOSE {path.name}: GridFrameOffsetVector neither rises nor falls steadily "
            f"({_shortened(offsets)}). Export the dose again."
        )
    if abs(offsets[0]) <= TOLERANCE_MM:
        return start + offsets
    axial = np.allclose(_numbers(dataset, "ImageOrientationPatient"), _AXIAL, atol=1e-4)
    if axial and abs(offsets[0] - position[2]) <= TOLERANCE_MM:
        return offsets
    raise InvalidInput(
        f"RTDOSE {path.name}: GridFrameOffsetVector begins with {offsets[0]:g}; the standard "
        f"allows 0, or the z of ImagePositionPatient ({position[2]:g}) for axial planes. Where the "
        "dose lies cannot be known; export it again."
    )


def _shortened(values: NDArray[np.float64]) -> str:
    listed = ", ".join(f"{v:g}" for v in values[:6])
    return listed + (", ..." if len(values) > 6 else "")


def _layout(
    dataset: Dataset, planes: NDArray[np.float64], resample: bool, path: Path, notes: list[Note]
) -> Layout:
    subject = f"RTDOSE {path.name}"
    if len(planes) > 1:
        layout = layout_of(planes, resample, subject)
        if layout.resampled:
            sentence = (
                f"{len(planes)} unevenly spaced planes were resampled, as asked, to "
                f"{layout.count} planes every {layout.spacing_mm:g} mm by linear interpolation."
            )
            notes.append(Note("assumed", _called(dataset), sentence))
        return layout
    thickness = dataset.get("SliceThickness")
    if not thickness:
        raise InvalidInput(
            f"{subject}: it has one plane and no SliceThickness, so its extent is unknown. Export "
            "the three-dimensional dose."
        )
    sentence = f"The dose has one plane; SliceThickness {float(thickness):g} mm is its spacing."
    notes.append(Note("assumed", _called(dataset), sentence))
    return Layout(float(planes[0]), float(thickness), 1)


def _numbers(dataset: Dataset, keyword: str) -> tuple[float, ...]:
    value: Any = dataset.get(keyword)
    if value is None or value == "":
        return ()
    return tuple(float(v) for v in value) if hasattr(value, "__iter__") else (float(value),)


def _needed(dataset: Dataset, keyword: str, count: int, path: Path) -> tuple[float, ...]:
    numbers = _numbers(dataset, keyword)
    if len(numbers) != count or not np.isfinite(numbers).all():
        raise InvalidInput(
            f"RTDOSE {path.name}: {keyword} has {len(numbers)} numbers; {count} are needed to know "
            "where the dose lies. Export the dose again."
        )
    return numbers


def _same_patient(read: DoseRead, case: Case, file: str, accept: bool) -> str:
    """Compare the dose's patient with the case's; the words that go into the dose's origin."""
    if not case.patient_key or not read.identity.patient_id:
        return "patient not compared: no PatientID in the case or in the dose"
    if read.identity.key(case.frame_of_reference_uid) == case.patient_key:
        return "same patient"
    if read.identity.patient_id == case.case_id:
        return "same patient, under the pseudonym of the case"
    if accept:
        return "another patient's identity, accepted by the user"
    raise Inconsistent(
        f"RTDOSE {file}: its PatientID is neither that of the images nor the pseudonym of case "
        f"{case.case_id}. Give the dose of this patient, or accept the mismatch explicitly if you "
        "know that both are the same person."
    )
