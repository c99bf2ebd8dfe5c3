"""Takes a patient's identity out of DICOM files: only what planning needs stays in them.

One secret of the user's makes all replacements: the same identifier always gets the same new one,
so that references between files still hold, in this delivery and the next; without the secret
nobody can go back. Dates of a patient move together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.tag import BaseTag
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from hepatica.case.names import NameBook
from hepatica.errors import InvalidInput
from hepatica.io.dicom.files import PARSE_ERRORS, read_dataset, text, tolerant
from hepatica.io.dicom.keep_list import (
    goes_whole,
    is_named_by_the_standard,
    is_of_the_standard,
    keep_list,
    listed_words,
    may_stay,
)
from hepatica.io.dicom.uids import IMPLEMENTATION_CLASS_UID
from hepatica.io.identity_words import IdentityWords, tells_structure_only, ways_to_write_name
from hepatica.io.pseudonym_key import PseudonymKey

Progress = Callable[[str, int, int], None]

_MARKER_KEYWORD = "LongitudinalTemporalInformationModified"


@dataclass(frozen=True)
class Removed:
    """What de-identification did.

    Parameters
    ----------
    files : int
        How many were written.
    names : new name of a structure to the name under which the import shall take it
        Empty for a structure that the user's name file leaves out.
    withheld : int
        Structures whose names could have been a person's, and are numbered now.
    """

    files: int
    names: dict[str, str]
    withheld: int


@dataclass
class Deidentifier:
    """One delivery of one patient's files.

    Parameters
    ----------
    pseudonym : str
        In the place of name and number.
    secret : bytes
        Of the user; 16 or more.
    book : NameBook
        Names of structures that may stay.
    """

    pseudonym: str
    secret: bytes
    book: NameBook = field(default_factory=NameBook)
    key: PseudonymKey = field(init=False)
    names: dict[str, str] = field(default_factory=dict)
    _labels: dict[tuple[str, str], str] = field(default_factory=dict)
    _withheld: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.key = PseudonymKey(self.pseudonym, self.secret)

    @property
    def withheld(self) -> int:
        """How many structures are numbered now."""
        return len(self._withheld)

    def uid(self, uid: str) -> str:
        """The new identifier of one that is not the standard's own."""
        if not uid or is_of_the_standard(uid):
            return uid
        return self.key.uid(uid)

    def cleaned(self, ds: Dataset) -> Dataset:
        """A data set with nothing in it but what may stay.

        Raises
        ------
        InvalidInput
            If its pixels are said to show text.
        """
        if text(ds, "BurnedInAnnotation").upper() == "YES":
            raise InvalidInput(
                f"A {text(ds, 'Modality')} file says that text is burned into its pixels, which "
                "may name the patient. Take that series out of the sources."
            )
        self._require_no_identity(ds)
        kept = self._kept(ds, timedelta(days=self.key.days_back))
        kept.SeriesDescription = self._series(ds)
        kept.PatientName = kept.PatientID = self.pseudonym
        kept.PatientBirthDate = kept.PatientSex = ""
        _say_so(kept)
        return kept

    def _require_no_identity(self, ds: Dataset) -> None:
        """The word that takes the place of name and number must not be one of them."""
        if text(ds, "PatientIdentityRemoved").upper() == "YES":
            return
        names = ways_to_write_name(text(ds, "PatientName"))
        if IdentityWords(frozenset((text(ds, "PatientID"), *names))).name(self.pseudonym):
            raise InvalidInput(
                "The pseudonym is a number or a name of the patient in the files. Choose a word "
                "that says nothing about the patient."
            )

    def _kept(self, ds: Dataset, shift: timedelta) -> Dataset:
        kept = Dataset()
        for tag in ds.keys():  # noqa: SIM118 - iterating a dataset gives elements, not tags
            element = None if goes_whole(tag) else _readable(ds, tag)
            found = self._element(element, shift) if element is not None else None
            if found is not None:
                kept.add(found)
        return kept

    def _element(self, element: DataElement, shift: timedelta) -> DataElement | None:
        vr = element.VR
        if element.keyword in keep_list()["elements_left_out"]:
            return None
        if vr == "SQ":
            items = [self._kept(item, shift) for item in element.value]
            return DataElement(element.tag, vr, items)
        if vr == "UI":
            return DataElement(element.tag, vr, _each(element.value, self.uid))
        words = listed_words(element)
        if words is not None:
            return DataElement(element.tag, "CS", words)
        return element if may_stay(element) else self._replaced(element, shift)

    def _replaced(self, element: DataElement, shift: timedelta) -> DataElement | None:
        rules, word = keep_list(), element.keyword
        said = "" if element.value is None else str(element.value).strip()
        if not said:
            return None
        if word in rules["dates"]:
            new = _moved(said, shift)
        elif word in rules["structures"]:
            new = self._structure(said)
        elif word in rules["numbered"]:
            new = self._label(rules["numbered"][word], said)
        else:
            return None
        return DataElement(element.tag, element.VR, new) if new else None

    def folder(self, raw: str) -> str:
        """What a folder is called: some exports say only there which structure a mask is."""
        return self._name_of_series(raw, "Folder")

    def _series(self, ds: Dataset) -> str:
        """Mask series carry their structure's name as description, or as a given name."""
        given_name = text(ds, "PatientName").partition("^")[2].strip("^ ")
        return self._name_of_series(text(ds, "SeriesDescription").strip() or given_name, "Series")

    def _name_of_series(self, raw: str, kind: str) -> str:
        if not raw:
            return ""
        match = self.book.match(raw)
        return match.name if tells_structure_only(match) else self._label(kind, raw)

    def _structure(self, raw: str) -> str:
        """A known name in its usual spelling; any other gets a number."""
        match = self.book.match(raw)
        if tells_structure_only(match):
            self.names[match.name] = match.name
            return match.name
        given = self._label("ROI", raw)
        self.names[given] = "" if match.left_out else given
        if not match.left_out:
            self._withheld.add(given)
        return given

    def _label(self, kind: str, said: str) -> str:
        taken = sum(key[0] == kind for key in self._labels)
        return self._labels.setdefault((kind, said), f"{kind}_{taken + 1}")


def deidentify(
    sources: Sequence[Path], out: Path, by: Deidentifier, progress: Progress | None = None
) -> Removed:
    """Write DICOM files without identity into an empty folder, under numbers for names.

    Parameters
    ----------
    sources : DICOM files
    out : Path
    by : Deidentifier
    progress : called with (step, done, in all)

    Raises
    ------
    InvalidInput
        If a file is damaged or its pixels show text.
    """
    for number, path in enumerate(sources, start=1):
        if progress is not None:
            progress("taking the identity out", number, len(sources))
        with tolerant():
            folder = out / by.folder(path.resolve().parent.name)
            folder.mkdir(exist_ok=True)
            _write(by, path, folder / f"{number:06d}.dcm")
    return Removed(len(sources), dict(by.names), by.withheld)


def _write(by: Deidentifier, path: Path, target: Path) -> None:
    ds = read_dataset(path)
    kept = by.cleaned(ds)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = text(kept, "SOPClassUID")
    meta.MediaStorageSOPInstanceUID = text(kept, "SOPInstanceUID")
    meta.TransferSyntaxUID = _syntax(ds)
    meta.ImplementationClassUID = IMPLEMENTATION_CLASS_UID
    kept.file_meta = meta
    kept.preamble = b"\0" * 128
    kept.save_as(target, enforce_file_format=True)


def _syntax(ds: Dataset) -> str:
    """That of the pixels, which are not decoded; text is always written plainly."""
    given = text(ds.file_meta, "TransferSyntaxUID") if hasattr(ds, "file_meta") else ""
    if given:
        return given
    implicit = bool(ds.original_encoding[0])
    return str(ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian)


def _say_so(kept: Dataset) -> None:
    kept.PatientIdentityRemoved = "YES"
    kept.DeidentificationMethod = "Hepatica: only listed elements kept, UIDs and dates replaced"
    setattr(kept, _MARKER_KEYWORD, "MODIFIED")
    codes = []
    for value, meaning in keep_list()["codes"].items():
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator = value, "DCM"
        item.CodeMeaning = meaning[:64]
        codes.append(item)
    kept.DeidentificationMethodCodeSequence = codes


def _readable(ds: Dataset, tag: BaseTag) -> DataElement | None:
    """The element, unless nobody knows what it says: it is no element of the standard, or its
    value is not of its own kind.
    """
    try:
        element: DataElement = ds[tag]
    except PARSE_ERRORS:
        return None
    return element if is_named_by_the_standard(element) else None


def _each(value: Any, change: Callable[[str], str]) -> Any:
    if value is None or isinstance(value, str):
        return change(value or "")
    return [change(str(one)) for one in value]


def _moved(said: str, shift: timedelta) -> str:
    try:
        day = datetime.strptime(said.replace("-", "")[:8], "%Y%m%d") - shift
    except (ValueError, OverflowError):  # no day, or one before the first year
        return ""
    return day.date().isoformat().replace("-", "")
