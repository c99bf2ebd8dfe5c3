"""Opens one DICOM file: recognises it, reads it, and says clearly when it is damaged."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.config import disable_value_validation
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_partial
from pydicom.tag import Tag

from hepatica.errors import InvalidInput

PARSE_ERRORS = (
    InvalidDicomError,
    EOFError,
    OSError,
    struct.error,
    zlib.error,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    NotImplementedError,
    IndexError,
)
"""What pydicom raises on damaged bytes."""

_HEADER_KEYWORDS = (
    "SOPClassUID",
    "SOPInstanceUID",
    "Modality",
    "SeriesDescription",
    "ImageType",
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "PatientBirthDate",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "ImageOrientationPatient",
    "ImagePositionPatient",
    "FrameOfReferenceUID",
    "PatientPosition",
    "PixelSpacing",
    "Rows",
    "Columns",
    "NumberOfFrames",
)
_HEADER_TAGS = [Tag(keyword) for keyword in _HEADER_KEYWORDS]
_LAST_HEADER_TAG = 0x0028FFFF
_UNDEFINED_LENGTH = 0xFFFFFFFF
_PLAUSIBLE_FIRST_GROUPS = (0x0002, 0x0008)


@contextmanager
def tolerant() -> Iterator[None]:
    """Foreign files break the standard's length rules: read them without complaint.

    The warnings are silenced because their text can hold a patient's name.
    """
    with disable_value_validation(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def looks_like_dicom(path: Path) -> bool:
    """Whether the first bytes are a DICOM preamble, or a data set written without one."""
    with path.open("rb") as file:
        start = file.read(132)
    return start[128:132] == b"DICM" or _starts_with_element(start)


def has_preamble(path: Path) -> bool:
    """Whether ``DICM`` stands where the standard wants it."""
    with path.open("rb") as file:
        return file.read(132)[128:132] == b"DICM"


def read_header(path: Path) -> Dataset:
    """The identifying elements of a file, without its pixels and sequences.

    Raises
    ------
    InvalidInput
        If the file is damaged.
    """
    with reading(path), path.open("rb") as file:
        return read_partial(
            file,
            stop_when=lambda tag, vr, length: tag > _LAST_HEADER_TAG,
            force=True,
            specific_tags=_HEADER_TAGS,
        )


def read_dataset(path: Path) -> Dataset:
    """The whole file.

    Raises
    ------
    InvalidInput
        If the file is damaged or ends too early.
    """
    with reading(path):
        dataset = dcmread(path, force=True)
        if not _complete(dataset):
            raise damaged(path, "it ends in the middle of an element")
        return dataset


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Whatever damaged bytes raise while this file is read becomes one clear error."""
    with tolerant():
        try:
            yield
        except PARSE_ERRORS as fault:
            raise damaged(path, type(fault).__name__) from fault


def _complete(dataset: Dataset) -> bool:
    """Whether every element has the length it promises.

    A sequence that was cut short still parses, with its last items missing: structures would be
    lost without a word.
    """
    items = (dataset.get_item(tag) for tag in dataset.keys())  # noqa: SIM118
    return not any(
        isinstance(item, RawDataElement)
        and isinstance(item.value, bytes)
        and item.length != _UNDEFINED_LENGTH
        and len(item.value) < item.length
        for item in items
    )


def damaged(path: Path, why: str) -> InvalidInput:
    """The error for a file that is DICOM but cannot be read to its end."""
    return InvalidInput(
        f"{path.name} in {path.parent.name or path.parent} is a DICOM file but truncated or "
        f"damaged ({why}). Export it again, or remove it from the sources."
    )


def text(dataset: Dataset, keyword: str) -> str:
    """A text element without surrounding blanks; empty when absent."""
    value: Any = dataset.get(keyword)
    return "" if value is None else str(value).strip().strip("\0").strip()


def short_uid(uid: str) -> str:
    """The end of an identifier: tells the objects of one import apart where notes name them.

    File names, folder names and descriptions are free text of a clinic and often hold a patient's
    name or number; what is stored names an object by its kind and this.
    """
    return f"...{uid[-8:]}" if uid else "without UID"


def require_modality(dataset: Dataset, path: Path, modality: str, what: str) -> None:
    """Refuse a file that is not DICOM, or of another kind.

    Raises
    ------
    InvalidInput
        Saying what the file is, as far as it says so itself.
    """
    found = text(dataset, "Modality")
    if found == modality:
        return
    if not found and not text(dataset, "SOPClassUID"):
        raise InvalidInput(f"{path.name} is not a DICOM file. Give the {what} file.")
    article = "an" if modality[0] in "AEIOR" else "a"
    raise InvalidInput(
        f"{path.name} is {found or 'DICOM of unknown modality'}, not {article} {modality}. "
        f"Give the {what} file."
    )


def _starts_with_element(start: bytes) -> bool:
    """A data set without preamble begins with a small element of group 0008 (or 0002)."""
    if len(start) < 8:
        return False
    group, element, length = struct.unpack("<HHI", start[:8])
    if group not in _PLAUSIBLE_FIRST_GROUPS or element > 0x0070:
        return False
    explicit = start[4:6].isalpha() and start[4:6].isupper()
    return explicit or length <= 128
