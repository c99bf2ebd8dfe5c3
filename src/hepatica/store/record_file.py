"""The clinical record of a case on disk: one readable record.json beside the images.

Every fact comes back exactly as it was, with its unit, date, source and the words that were read.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from types import NoneType
from typing import Any

from hepatica.case.provenance import IDENTITY_NOTE
from hepatica.case.record import Fact, Record, ReferenceRange, Value, field_named
from hepatica.errors import Inconsistent, InvalidInput, UsageError
from hepatica.store.documents import read_document, require_version

SCHEMA = "hepatica/record"
VERSION = 1

DOCUMENT = "record.json"
_CASE = "case.json"
_FACT_KEYS = frozenset(
    {
        *("field", "value", "item", "unit", "comparator", "on", "source", "stated"),
        *("reference", "absent", "recorded_at"),
    }
)


def write_record(record: Record, folder: Path, force: bool = False) -> Path:
    """Write a record into a case folder, whole or not at all.

    Parameters
    ----------
    record : Record
    folder : Path
        Made if it is not there. An earlier record of the same case is replaced.
    force : bool
        Replace a record that is damaged or that belongs to another case, too.

    Returns
    -------
    file : Path

    Raises
    ------
    UsageError
        If the folder is a file, or holds the record of another case and ``force`` is not given.
    Inconsistent
        If the images in the folder belong to another case, or some dates are moved under a
        pseudonym and others are not.
    InvalidInput
        If an earlier record in the folder is damaged and ``force`` is not given, or a text of
        the record cannot be written.
    """
    folder = folder.resolve()
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder.name} is a file; a record needs a folder. Choose another.")
    _require_same_case(record.case_id, folder)
    require_one_calendar(record, images_under_pseudonym(folder), folder.name)
    if has_record(folder) and not force:
        _require_own_record(record.case_id, folder)
    text = _text(record)
    folder.mkdir(parents=True, exist_ok=True)
    return _replace(folder / DOCUMENT, text)


def read_record(folder: Path) -> Record:
    """Read the record of a case folder.

    Raises
    ------
    InvalidInput
        If there is none, it is damaged, or was written by a newer Hepatica.
    Inconsistent
        If the images in the folder belong to another case.
    """
    folder = folder.resolve()
    document = _document(folder)
    where = f"Case folder {folder.name}"
    try:
        facts = tuple(_fact_from(row) for row in _of_kind(list, document["facts"]))
        record = Record(_of_kind(str, document["case_id"]), facts)
    except InvalidInput as error:
        raise InvalidInput(f"{where}: {DOCUMENT} holds what a record cannot. {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(
            f"{where}: {DOCUMENT} is incomplete or was edited ({type(error).__name__}: {error}). "
            "Write the record again from its sources."
        ) from error
    _require_same_case(record.case_id, folder)
    return record


def has_record(folder: Path) -> bool:
    """Whether there is a record.json in the folder."""
    return (folder / DOCUMENT).is_file()


def require_one_calendar(record: Record, images_moved: bool | None, folder_name: str) -> None:
    """Make sure that all dates of a case are moved under its pseudonym, or none is.

    Parameters
    ----------
    record : Record
    images_moved : bool
        Whether those of its images are; None if there are no images.
    folder_name : str

    Raises
    ------
    Inconsistent
        If not: an interval between a moved day and a true one would be believed.
    """
    dated = [fact for fact in record if fact.is_dated]
    moved = [fact for fact in dated if fact.pseudonym]
    where = f"Case folder {folder_name}"
    if moved and len(moved) < len(dated):
        raise Inconsistent(
            f"{where}: the dates of {len(moved)} fact(s) are moved under a pseudonym, those of "
            f"{len(dated) - len(moved)} are not. Pass --pseudonym {moved[0].pseudonym}, so that "
            "all of them move by the same days."
        )
    if not dated or images_moved is None or images_moved == bool(moved):
        return
    if images_moved:
        raise Inconsistent(
            f"{where}: its images are under a pseudonym and their dates are moved, those of the "
            f"record are not. Import the record with --pseudonym {record.case_id} as well."
        )
    raise Inconsistent(
        f"{where}: the dates of the record are moved under a pseudonym, those of its images are "
        f"not. Import the images with --pseudonym {record.case_id} as well."
    )


def _require_own_record(case_id: str, folder: Path) -> None:
    other = read_record(folder).case_id
    if other != case_id:
        raise UsageError(
            f"The folder {folder.name} holds the record of case {other}, not of {case_id}. Choose "
            "another folder, or pass --force to replace it."
        )


def images_case_id(folder: Path) -> str:
    """The id of the case whose images are in the folder; empty if there are none.

    Raises
    ------
    InvalidInput
        If the case there is damaged.
    """
    document = _images_document(folder)
    return "" if document is None else str(document["case_id"])


def images_under_pseudonym(folder: Path) -> bool | None:
    """Whether the dates of the images in the folder are moved; None if there are no images.

    Raises
    ------
    InvalidInput
        If the case there is damaged.
    """
    document = _images_document(folder)
    if document is None:
        return None
    return any(note["subject"] == IDENTITY_NOTE for note in document["notes"])


def _images_document(folder: Path) -> dict[str, Any] | None:
    path = folder / _CASE
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {"case_id": found["case_id"], "notes": [dict(row) for row in found.get("notes", [])]}
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise InvalidInput(
            f"Case folder {folder.name}: {_CASE} is damaged. Import the case again."
        ) from error


def _require_same_case(case_id: str, folder: Path) -> None:
    """A record beside another patient's images would be believed; refuse it."""
    found = images_case_id(folder)
    if found and found != case_id:
        raise Inconsistent(
            f"Case folder {folder.name}: its images are of case {found}, the record is of case "
            f"{case_id}. Put the record beside its own images, or give both the same id."
        )


def _replace(path: Path, text: str) -> Path:
    """Put the text where the file is in one step, so that nobody ever sees half of it."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    desk = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        desk.chmod(_ordinary_mode())
        desk.replace(path)
    finally:
        desk.unlink(missing_ok=True)
    return path


def _ordinary_mode() -> int:
    """What any new file would get; a temporary file is closed to everybody else."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _text(record: Record) -> str:
    document = {
        "schema": SCHEMA,
        "version": VERSION,
        "research_use_only": True,
        "case_id": record.case_id,
        "facts": [_fact_row(fact) for fact in record.facts],
    }
    try:
        text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        text.encode("utf-8")
    except ValueError as error:
        raise InvalidInput(
            f"The record of case {record.case_id} cannot be written: a number is not finite or a "
            f"text is not Unicode ({error}). Correct the fact where it enters."
        ) from error
    return text


def _fact_row(fact: Fact) -> dict[str, Any]:
    """The fact without what it does not say."""
    row = {key: getattr(fact, key) for key in ("field", "value", "item", "unit", "comparator")}
    row |= {"on": fact.on, "source": fact.source, "stated": fact.stated}
    row["reference"] = None if fact.reference is None else asdict(fact.reference)
    row |= {"absent": fact.absent, "recorded_at": fact.recorded_at}
    said = {key: value for key, value in row.items() if value is not None and value != ""}
    if fact.value == "":
        said["value"] = ""
    return {key: _plain(value) for key, value in said.items()}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _document(folder: Path) -> dict[str, Any]:
    path = folder / DOCUMENT
    if not path.is_file():
        raise InvalidInput(
            f"{folder.name} holds no record: it has no {DOCUMENT}. Make one with "
            "'hepatica case new'."
        )
    where = f"Case folder {folder.name}"
    document = read_document(path, SCHEMA, where, "Write the record again from its sources.")
    require_version(document, VERSION, f"{where}: {DOCUMENT}")
    return document


def _fact_from(row: Mapping[str, Any]) -> Fact:
    foreign = sorted(set(row) - _FACT_KEYS)
    if foreign:
        raise InvalidInput(f"Fact {row.get('field')}: {', '.join(foreign)} is no part of a fact.")
    given = dict(row)
    for key in ("field", "item", "unit", "source", "stated"):
        _of_kind(str, given.get(key, ""))
    if given.get("value") is not None:
        given["value"] = _value_from(row["field"], row["value"])
    if "on" in given:
        given["on"] = date.fromisoformat(row["on"])
    if "recorded_at" in given:
        given["recorded_at"] = datetime.fromisoformat(row["recorded_at"])
    if "reference" in given:
        for end in row["reference"].values():
            _of_kind((int, float, NoneType), end)
        given["reference"] = ReferenceRange(**row["reference"])
    return Fact(**given)


def _of_kind(kind: type | tuple[type, ...], value: Any) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"{value!r} is not what stands here")
    return value


def _value_from(field: str, value: Any) -> Value:
    if field_named(field).kind == "date":
        return date.fromisoformat(value)
    found: Value = value
    return found
