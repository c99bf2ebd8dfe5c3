"""A cohort on disk: one folder with a readable cohort.json and a case folder for each patient.

Each case folder holds its record.json; whoever has the images of a patient puts them beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hepatica.case.cohort import Cohort
from hepatica.case.provenance import Note
from hepatica.case.record import Record
from hepatica.errors import Inconsistent, InvalidInput, UsageError
from hepatica.store.documents import read_document, require_version
from hepatica.store.record_file import read_record, write_record
from hepatica.store.whole_folder import whole_folder

SCHEMA = "hepatica/cohort"
VERSION = 1

_DOCUMENT = "cohort.json"
_OURS = frozenset({"record.json"})
_BESIDE = frozenset({_DOCUMENT, "run.json"})
_DEVICES = frozenset(
    {*("con", "prn", "aux", "nul"), *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))}
)


def write_cohort(cohort: Cohort, folder: Path, force: bool = False) -> Path:
    """Write a cohort into a new folder, whole or not at all.

    Parameters
    ----------
    cohort : Cohort
    folder : Path
        Made here; an existing cohort is replaced only with ``force``.

    Returns
    -------
    folder : Path

    Raises
    ------
    UsageError
        If the folder exists and ``force`` is not given, or holds anything that is not a cohort's.
    """
    folder = folder.resolve()
    _require_writable(folder, force)
    with whole_folder(folder) as new:
        _write_into(cohort, new)
    return folder


def read_cohort(folder: Path) -> Cohort:
    """Read a cohort with all its records.

    Raises
    ------
    InvalidInput
        If the folder is no cohort, is damaged, or was written by a newer Hepatica.
    Inconsistent
        If a case folder holds the record of another case.
    """
    document = _document(folder)
    where = f"Cohort folder {folder.name}"
    try:
        rows = [(row["case_id"], row["folder"]) for row in document["cases"]]
        notes = tuple(Note(**row) for row in document["notes"])
        name, source = document["name"], document["source"]
    except (KeyError, TypeError) as error:
        raise InvalidInput(
            f"{where}: {_DOCUMENT} is incomplete or was edited ({type(error).__name__}: {error}). "
            "Import the cohort again."
        ) from error
    records = tuple(_record(folder, case_id, place) for case_id, place in rows)
    return Cohort(name, records, notes, source)


def is_cohort_folder(folder: Path) -> bool:
    """Whether there is a cohort.json in the folder."""
    return (folder / _DOCUMENT).is_file()


def case_folders(folder: Path) -> dict[str, Path]:
    """The folder of each case of a cohort by its id.

    Raises
    ------
    InvalidInput
        As `read_cohort` does.
    """
    rows = _document(folder).get("cases", [])
    return {row["case_id"]: folder / row["folder"] for row in rows}


def folder_names(case_ids: Iterable[str]) -> dict[str, str]:
    """A folder name for each case that every file system takes, different for every case.

    Examples
    --------
    >>> folder_names(["CRLM-1", "a/b", "A B"])
    {'CRLM-1': 'CRLM-1', 'a/b': 'a_b', 'A B': 'A_B-2'}
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for case_id in case_ids:
        stem = _safe(case_id)
        name, number = stem, 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        found[case_id] = name
    return found


def _safe(case_id: str) -> str:
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in case_id)
    plain = plain.strip(".")[:80].rstrip(".") or "case"
    reserved = plain.casefold() in _BESIDE or plain.partition(".")[0].casefold() in _DEVICES
    return f"case_{plain}" if reserved else plain


def _record(folder: Path, case_id: str, place: str) -> Record:
    home = folder / place
    if home.resolve().parent != folder.resolve():
        raise InvalidInput(
            f"Cohort folder {folder.name}: case {case_id} is said to lie in {place!r}, which is "
            "not a folder of the cohort. Import the cohort again."
        )
    record = read_record(home)
    if record.case_id != case_id:
        raise Inconsistent(
            f"Cohort folder {folder.name}: folder {place} holds the record of case "
            f"{record.case_id}; {_DOCUMENT} says {case_id}. Put the right record there."
        )
    return record


def _write_into(cohort: Cohort, folder: Path) -> None:
    names = folder_names(cohort.case_ids)
    for record in cohort:
        write_record(record, folder / names[record.case_id])
    document = {
        "schema": SCHEMA,
        "version": VERSION,
        "research_use_only": True,
        "name": cohort.name,
        "source": cohort.source,
        "cases": [{"case_id": case_id, "folder": name} for case_id, name in names.items()],
        "notes": [asdict(note) for note in cohort.notes],
    }
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / _DOCUMENT).write_text(text + "\n", encoding="utf-8")


def _require_writable(folder: Path, force: bool) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(f"{folder.name} is a file; a cohort needs a folder. Choose another --out.")
    foreign = sorted(_foreign(folder))
    if foreign:
        raise UsageError(
            f"The folder {folder.name} holds files that no cohort import wrote "
            f"({', '.join(foreign[:3])}). Choose another --out; these are never deleted."
        )
    if any(folder.iterdir()) and not force:
        raise UsageError(
            f"The folder {folder.name} holds a cohort already. Choose another --out, or pass "
            "--force to replace it."
        )


def _foreign(folder: Path) -> list[str]:
    """What stands in the folder and would be lost: images that were put beside a record, too."""
    if not is_cohort_folder(folder):
        return [entry.name for entry in folder.iterdir()]
    ours = {path.name for path in case_folders(folder).values()}
    lost = [e.name for e in folder.iterdir() if e.name not in ours | _BESIDE]
    for place in sorted(ours):
        inside = (folder / place).iterdir() if (folder / place).is_dir() else ()
        lost += [f"{place}/{entry.name}" for entry in inside if entry.name not in _OURS]
    return lost


def _document(folder: Path) -> dict[str, Any]:
    path = folder / _DOCUMENT
    if not path.is_file():
        raise InvalidInput(
            f"{folder.name} is not a cohort folder: it has no {_DOCUMENT}. Make one with "
            "'hepatica cohort import'."
        )
    where = f"Cohort folder {folder.name}"
    document = read_document(path, SCHEMA, where, "Import the cohort again.")
    require_version(document, VERSION, f"{where}: {_DOCUMENT}")
    return document
