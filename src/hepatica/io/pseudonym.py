"""Imports under a pseudonym: first the identity goes out of the files, then they are read.

What is imported are copies without identity, so that nothing of it can reach the case: no name, no
number, no date, no label that somebody typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hepatica.case import Case, Note
from hepatica.case.names import NameBook
from hepatica.case.provenance import IDENTITY_NOTE
from hepatica.errors import InvalidInput
from hepatica.io.dicom.deidentify import Deidentifier, deidentify
from hepatica.io.dicom.files import looks_like_dicom
from hepatica.io.importer import ImportRequest, Progress, files_of, import_case
from hepatica.io.nifti import is_nifti, stem_of

_TEXTS = ("descrip", "aux_file", "db_name", "intent_name")


def import_under_pseudonym(
    request: ImportRequest, secret: bytes, folder: Path, progress: Progress | None = None
) -> Case:
    """One case from copies of the sources without identity.

    Parameters
    ----------
    request : ImportRequest
        Its ``case_id`` is the pseudonym.
    secret : bytes
        Of the user: the same secret gives the same patient the same identifiers again.
    folder : Path
        Empty; for the copies. Delete it afterwards.
    progress : called with (step, done, total)

    Raises
    ------
    InvalidInput
        If there is no pseudonym, a file is damaged or shows text in its pixels.
    """
    if not request.case_id:
        raise InvalidInput("An import under a pseudonym needs one: say it with --pseudonym.")
    book = NameBook.from_file(request.names_file) if request.names_file else NameBook()
    by = Deidentifier(request.case_id, secret, book)
    files = files_of(request.sources)
    dicom = [path for path in files if not is_nifti(path) and looks_like_dicom(path)]
    removed = deidentify(dicom, folder, by, progress)
    labels = [path.resolve() for path in request.label_files]
    copies = _plain_copies([p for p in files if is_nifti(p)], labels, folder, by)
    left_out = [name for name, taken_as in removed.names.items() if not taken_as]
    case = import_case(
        replace(
            request,
            sources=(folder,),
            names_file=_left_out_file(left_out, folder) if left_out else None,
            label_files=tuple(copies[path] for path in labels),
            series_uid=_renamed(request.series_uid, copies, by),
            structure_set_uid=by.uid(request.structure_set_uid or "") or None,
        ),
        progress,
    )
    return replace(case, notes=(_note(removed.withheld), *case.notes))


def _plain_copies(
    paths: Sequence[Path], labels: Sequence[Path], folder: Path, by: Deidentifier
) -> dict[Path, Path]:
    """NIfTI files without free text and extensions, under names that tell structures only."""
    import nibabel

    copies: dict[Path, Path] = {}
    for path in dict.fromkeys([*(p.resolve() for p in paths), *labels]):
        image = nibabel.load(path)
        header = image.header.copy()
        for text in _TEXTS:
            if text in header:
                header[text] = b""
        header.extensions.clear()
        place = folder / "nifti"
        place.mkdir(exist_ok=True)
        copies[path] = place / f"{by.folder(stem_of(path))}.nii.gz"
        nibabel.save(type(image)(image.dataobj, image.affine, header), copies[path])
    return copies


def _renamed(chosen: str | None, copies: dict[Path, Path], by: Deidentifier) -> str | None:
    for path, copy in copies.items():
        if chosen in (path.name, stem_of(path)):
            return copy.name
    return by.uid(chosen) if chosen else None


def _left_out_file(names: Sequence[str], folder: Path) -> Path:
    path = folder / "names.yaml"
    path.write_text("".join(f"{name}:\n" for name in names), encoding="utf-8")
    return path


def _note(withheld: int) -> Note:
    text = "names, numbers and texts were taken out, identifiers replaced, dates moved."
    if withheld:
        text += (
            f" {withheld} structures have names that are in no table, which might be a person's: "
            "they are numbered. Map them with --names to keep them."
        )
    return Note("warning" if withheld else "chosen", IDENTITY_NOTE, text)
