"""What every file of an export says alike: whose it is, what wrote it, that it is research."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pydicom
from numpy.typing import ArrayLike
from pydicom import config
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from pydicom.valuerep import format_number_as_ds

import hepatica
from hepatica.case import Case, Volume
from hepatica.case.case import PATIENT_POSITIONS
from hepatica.errors import Inconsistent, InvalidInput, UsageError
from hepatica.io.dicom.uids import IMPLEMENTATION_CLASS_UID, UidMap

RESEARCH = "Research use only, not a medical device"
_LONG_STRING = 64


@dataclass(frozen=True)
class WriteOptions:
    """How a case is written.

    Parameters
    ----------
    dose_bits : 32 or 16
        16 for planning systems that cannot read 32; the step is then 65537 times coarser.
    holes : "loops" or "keyhole"
        A hole as a loop of its own (even-odd filling), or joined to the loop around it by a
        bridge of no width, for systems that fill every loop.
    study_date : date, optional
        Left empty when not given: the clock is never asked.
    patient_position : str
        How the patient lay (HFS ...), where the case does not say it.
    force : bool
        Replace an earlier export in the same folder.
    """

    dose_bits: Literal[16, 32] = 32
    holes: Literal["loops", "keyhole"] = "loops"
    study_date: datetime.date | None = None
    patient_position: str = ""
    force: bool = False

    def __post_init__(self) -> None:
        if self.dose_bits not in (16, 32):
            raise UsageError(f"--dose-bits is {self.dose_bits}; 16 or 32 is allowed.")
        if self.holes not in ("loops", "keyhole"):
            raise UsageError(f"Holes as {self.holes!r}: 'loops' or 'keyhole' is allowed.")
        if self.patient_position not in ("", *PATIENT_POSITIONS):
            raise UsageError(
                f"Patient position {self.patient_position!r}: one of "
                f"{', '.join(PATIENT_POSITIONS)}, or empty, is allowed."
            )


@dataclass(frozen=True)
class Writer:
    """What the files of one export share."""

    case: Case
    uids: UidMap
    options: WriteOptions

    @classmethod
    def of(cls, case: Case, options: WriteOptions) -> Writer:
        """A writer for this case.

        Raises
        ------
        InvalidInput
            If the case id or the name of a structure cannot stand in a DICOM file.
        Inconsistent
            If the case says that the patient lay otherwise than ``options`` do.
        """
        checked_text(case.case_id, "The case id", forbidden="\\^=")
        for name in case.structures:
            checked_text(name, "The structure name")
        said = {case.patient_position, options.patient_position} - {""}
        if len(said) > 1:
            raise Inconsistent(
                f"Case {case.case_id} says that the patient lay {case.patient_position}, the "
                f"export {options.patient_position}. Leave it out of the export: the case knows."
            )
        options = replace(options, patient_position="".join(said))
        edition = f"{hepatica.__version__}|{options.study_date}|{options.patient_position}"
        return cls(case, UidMap(case.case_id, case.frame_of_reference_uid, edition), options)

    def dataset(self, sop_class_uid: str, modality: str, series_number: int) -> Dataset:
        """Patient, study, series, equipment and de-identification, as every file has them."""
        ds = Dataset()
        ds.SpecificCharacterSet = "ISO_IR 192"
        ds.SOPClassUID = sop_class_uid
        self._say_whose(ds)
        ds.Modality = modality
        ds.SeriesNumber = series_number
        ds.SeriesDescription = f"Hepatica {modality}: research use"
        ds.Manufacturer = "Hepatica"
        ds.ManufacturerModelName = f"Hepatica {hepatica.__version__}"
        ds.SoftwareVersions = hepatica.__version__
        ds.FrameOfReferenceUID = self.uids.frame_of_reference_uid
        ds.PositionReferenceIndicator = ""
        return ds

    def _say_whose(self, ds: Dataset) -> None:
        date = self.options.study_date
        ds.PatientName = ds.PatientID = self.case.case_id
        ds.PatientBirthDate = ds.PatientSex = ""
        ds.PatientIdentityRemoved = "YES"
        ds.DeidentificationMethod = "Hepatica: pseudonym kept, all other identity left out"
        ds.StudyInstanceUID = self.uids.study()
        ds.StudyDate = "" if date is None else date.strftime("%Y%m%d")
        ds.StudyTime = ds.AccessionNumber = ds.ReferringPhysicianName = ""
        ds.StudyID = "1"
        ds.StudyDescription = RESEARCH


@contextmanager
def strict() -> Iterator[None]:
    """Inside, pydicom refuses every value that the standard does not allow.

    By default it lets numbers beyond 32 bits, decimal strings beyond 16 and texts beyond 64
    characters pass; the mode named "reading" is the one that also governs assignment.
    """
    settings = config.settings
    reading, writing = settings.reading_validation_mode, settings.writing_validation_mode
    settings.reading_validation_mode = settings.writing_validation_mode = config.RAISE
    try:
        yield
    finally:
        settings.reading_validation_mode, settings.writing_validation_mode = reading, writing


def save(ds: Dataset, path: Path, syntax: str = ExplicitVRLittleEndian) -> Path:
    """Write one file with its header."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    meta.TransferSyntaxUID = syntax
    meta.ImplementationClassUID = IMPLEMENTATION_CLASS_UID
    meta.ImplementationVersionName = f"HEPATICA {hepatica.__version__}"[:16]
    ds.file_meta = meta
    pydicom.dcmwrite(path, ds, enforce_file_format=True)
    return path


def decimals(values: ArrayLike) -> list[str]:
    """Numbers as decimal strings of at most 16 characters, as exact as those allow."""
    return [format_number_as_ds(float(v)) for v in np.ravel(values)]


def checked_text(text: str, what: str, limit: int = _LONG_STRING, forbidden: str = "\\") -> str:
    """The text itself, if DICOM can hold it and give it back unchanged.

    Raises
    ------
    InvalidInput
        If it is too long, has spaces at its ends, or a character with a meaning of its own.
    """
    bad = any(c in forbidden or not c.isprintable() for c in text)
    if bad or not text or len(text) > limit or text != text.strip():
        raise InvalidInput(
            f"{what} {text!r} cannot be written as DICOM text. It has {len(text)} characters; 1 to "
            f"{limit} are allowed, without spaces at the ends and without any of "
            f"{' '.join(forbidden)} or a control character. Rename it."
        )
    return text


def plane_of(ds: Dataset, volume: Volume) -> None:
    """Size, spacing and orientation of the slices."""
    x, y, z = volume.grid.spacing_mm
    ds.Rows, ds.Columns = volume.grid.shape[1:]
    ds.PixelSpacing = decimals((y, x))
    ds.SliceThickness = format_number_as_ds(z)
    ds.ImageOrientationPatient = decimals(volume.grid.axes[:, :2].T)


def right_handed(volume: Volume) -> Volume:
    """The same volume with its slices in the order of the slice normal (row axis x column axis).

    DICOM knows no left-handed stack: the position of each slice is measured along that normal.
    """
    grid = volume.grid
    if np.linalg.det(grid.axes) > 0:
        return volume
    axes = grid.axes * np.array([1.0, 1.0, -1.0])
    last = grid.point_at((0, 0, grid.shape[0] - 1))
    turned = replace(
        grid,
        origin_mm=tuple(last),
        direction=tuple(tuple(row) for row in axes),
    )
    return Volume(volume.values[::-1], turned, volume.unit)
