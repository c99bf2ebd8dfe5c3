"""Which names and numbers a patient's DICOM files say, to keep them out of the clinical record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pydicom.dataset import Dataset

from hepatica.errors import InvalidInput
from hepatica.io.dicom.files import looks_like_dicom, read_dataset, tolerant
from hepatica.io.identity_words import IdentityWords, identity_words

_NUMBERS = (
    *("PatientID", "OtherPatientIDs", "AccessionNumber", "AdmissionID", "PatientBirthDate"),
    *("MedicalRecordLocator", "PatientTelephoneNumbers", "PatientAddress", "IssuerOfPatientID"),
)


def identity_said_in(sources: Sequence[Path]) -> IdentityWords:
    """Names of all persons, and numbers, days and addresses of the patient, in DICOM files.

    Parameters
    ----------
    sources : files and folders

    Raises
    ------
    InvalidInput
        If there is no DICOM file among them, or one is damaged.
    """
    files = [file for path in sources for file in _files(path) if looks_like_dicom(file)]
    if not files:
        raise InvalidInput("There is no DICOM file in what --images names. Check the path.")
    said: set[str] = set()
    with tolerant():
        for file in files:
            said |= set(_said(read_dataset(file)))
    return identity_words(said - {""})


def _files(path: Path) -> list[Path]:
    return sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]


def _said(ds: Dataset) -> Iterator[str]:
    for element in ds:
        if element.VR == "SQ":
            for item in element.value:
                yield from _said(item)
        elif element.VR == "PN" or element.keyword in _NUMBERS:
            several = element.value if element.VM > 1 else [element.value]
            yield from (str(one).strip() for one in several if one is not None)
