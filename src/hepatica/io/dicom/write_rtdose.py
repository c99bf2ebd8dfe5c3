"""A dose as an RTDOSE: whole numbers times a scaling, in Gy, in the frame of the image."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import RTDoseStorage, RTPlanStorage
from pydicom.valuerep import format_number_as_ds

from hepatica.case import Dose, Volume
from hepatica.errors import InvalidInput
from hepatica.io.dicom.write_header import Writer, decimals, plane_of, right_handed, save

WRITABLE = ("PLAN", "MULTI_PLAN", "FRACTION", "UNKNOWN")
"""A BEAM, BRACHY or CONTROL_POINT dose must name a beam of its plan, which a case does not hold."""

_SCALING_HEADROOM = 1e-9


@dataclass(frozen=True)
class DoseFile:
    """One written dose: where, under which identifier, and how finely.

    ``plan_path`` is the plan that was written beside it, where one was.
    """

    path: Path
    uid: str
    step_gy: float
    plan_path: Path | None = None


def write_rtdose(
    writer: Writer, dose: Dose, number: int, plan_uids: tuple[str, ...], path: Path
) -> DoseFile:
    """Write one dose.

    Parameters
    ----------
    plan_uids : the exported plans that it belongs to
        One, and two or more for a MULTI_PLAN dose.

    Raises
    ------
    InvalidInput
        If it is not in Gy, has a negative or missing value, or belongs to one beam only.
    """
    refuse_if_unwritable(dose, plan_uids, writer.options.dose_bits)
    volume = right_handed(dose.volume)
    scaling, pixels = _scaled(volume, writer.options.dose_bits)
    ds = writer.dataset(RTDoseStorage, "RTDOSE", 4)
    mark = hashlib.sha256(pixels.tobytes() + repr(volume.grid).encode()).digest()
    ds.SeriesInstanceUID = writer.uids.of("series", "RTDOSE")
    says = (dose.uid, dose.label, dose.summation, scaling, *plan_uids)
    ds.SOPInstanceUID = writer.uids.of("instance", "RTDOSE", *says, mark)
    ds.InstanceNumber = number
    ds.OperatorsName = ""
    ds.ContentDate, ds.ContentTime = ds.StudyDate, ""
    _place(ds, volume)
    _describe(ds, dose, writer.options.dose_bits, scaling)
    ds.ReferencedRTPlanSequence = [_plan(uid, dose.summation) for uid in plan_uids]
    ds.PixelData = pixels.tobytes()
    save(ds, path)
    return DoseFile(path, str(ds.SOPInstanceUID), float(scaling))


def refuse_if_unwritable(dose: Dose, plan_uids: tuple[str, ...], bits: int) -> None:
    """Raise `InvalidInput` for a dose that DICOM could not hold truthfully."""
    _refuse_values(dose, bits)
    name = dose.label or dose.uid
    if dose.summation not in WRITABLE:
        raise InvalidInput(
            f"Dose {name} is the dose of one {dose.summation}, and DICOM wants to know which one; "
            f"a case does not hold that. {', '.join(WRITABLE)} are allowed: add the parts up "
            "to a plan dose first."
        )
    if dose.summation == "MULTI_PLAN" and len(plan_uids) < 2:
        raise InvalidInput(
            f"Dose {name} is the sum of several plans, but the case holds {len(plan_uids)}; DICOM "
            "needs two or more to refer to. Add the plans to the case."
        )


def _place(ds: Dataset, volume: Volume) -> None:
    plane_of(ds, volume)
    step = volume.grid.spacing_mm[2]
    frames = volume.grid.shape[0]
    ds.ImagePositionPatient = decimals(volume.grid.origin_mm)
    ds.NumberOfFrames = frames
    ds.FrameIncrementPointer = Tag(0x3004, 0x000C)
    ds.GridFrameOffsetVector = decimals([k * step for k in range(frames)])


def _describe(ds: Dataset, dose: Dose, bits: int, scaling: str) -> None:
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated = ds.BitsStored = bits
    ds.HighBit, ds.PixelRepresentation = bits - 1, 0
    ds.DoseUnits, ds.DoseType = "GY", "PHYSICAL"
    ds.DoseComment = "".join(c for c in dose.label if c.isprintable() and c != "\\")[:64].strip()
    ds.DoseSummationType = dose.summation
    ds.DoseGridScaling = scaling


def _plan(uid: str, summation: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = RTPlanStorage
    item.ReferencedSOPInstanceUID = uid
    if summation == "FRACTION":
        group = Dataset()
        group.ReferencedFractionGroupNumber = 1
        item.ReferencedFractionGroupSequence = [group]
    return item


def _refuse_values(dose: Dose, bits: int) -> None:
    name, volume = dose.label or dose.uid, dose.volume
    if volume.unit != "Gy":
        raise InvalidInput(f"Dose {name} is in {volume.unit}; RTDOSE is written in Gy only.")
    highest, lowest = float(volume.values.max()), float(volume.values.min())
    if not (np.isfinite(highest) and np.isfinite(lowest)):
        raise InvalidInput(
            f"Dose {name} has missing or infinite values; RTDOSE holds only numbers."
        )
    if lowest < -0.5 * max(highest, 0.0) / (2**bits - 1):
        raise InvalidInput(
            f"Dose {name} has values down to {lowest:g} Gy; RTDOSE is written without sign. A dose "
            "difference cannot be exported as a dose."
        )


def _scaled(volume: Volume, bits: int) -> tuple[str, NDArray[np.unsignedinteger]]:
    """The scaling as DICOM text, and the whole numbers that give the dose back with it."""
    top = 2**bits - 1
    highest = float(volume.values.max())
    # Rounded up, or the largest dose would not fit once the text has lost its last digits.
    scaling = format_number_as_ds(highest / top * (1 + _SCALING_HEADROOM)) if highest > 0 else "1"
    pixels = np.empty(volume.grid.shape, np.dtype(f"<u{bits // 8}"))
    for target, source in zip(pixels, volume.values, strict=True):
        target[...] = np.clip(np.rint(source.astype(np.float64) / float(scaling)), 0, top)
    return scaling, pixels
