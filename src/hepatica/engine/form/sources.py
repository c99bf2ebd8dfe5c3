"""What files say about one patient already: tables, FHIR bundles and records become one record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from hepatica.case.provenance import Note
from hepatica.case.record import Record
from hepatica.engine.form.answers import answered
from hepatica.errors import Inconsistent, InvalidInput
from hepatica.io.identity_words import NOBODY, IdentityWords
from hepatica.io.tables import TableReading, is_table, read_table


@dataclass(frozen=True)
class Reading:
    """How the files are read.

    Parameters
    ----------
    case_id : which case of a table, and what the record is called; empty to take the files' own
    otherwise : what a record is called whose files give no pseudonym
    mapping : of tables that Hepatica did not write
    assume_units : field to unit
    recorded_at : datetime
    names : of the patient, known from elsewhere, to keep out of texts
    """

    case_id: str = ""
    otherwise: str = "case"
    mapping: str = ""
    assume_units: Mapping[str, str] | None = None
    recorded_at: datetime | None = None
    names: IdentityWords = NOBODY


@dataclass(frozen=True)
class Gathered:
    """What the files say together, what of them is not in the record, and who it is about."""

    record: Record
    notes: tuple[Note, ...] = ()
    names: IdentityWords = NOBODY


def gathered(paths: Iterable[Path], how: Reading) -> Gathered:
    """One record from all files; an empty one if there are none.

    Raises
    ------
    InvalidInput
        If a file cannot be read, or holds several cases and none is named.
    Inconsistent
        If the files are of different cases, or contradict each other.
    """
    found: Record | None = None
    notes: list[Note] = []
    names = how.names
    for path in paths:
        source = _records(path, how, found.case_id if found else "")
        notes += source.notes
        one = _chosen(path, source.records, how.case_id)
        names |= source.names.get(one.case_id, NOBODY)
        found = one if found is None else _joined(found, one, path)
    if found is None:
        return Gathered(Record(how.case_id or how.otherwise), names=names)
    return Gathered(replace(found, case_id=how.case_id or found.case_id), tuple(notes), names)


def _joined(found: Record, one: Record, path: Path) -> Record:
    if one.case_id != found.case_id:
        raise Inconsistent(
            f"{path.name} is of case {one.case_id}, the files before it are of case "
            f"{found.case_id}: a record is of one patient. Leave one of them out, or correct the "
            "ids."
        )
    return answered(found, one.facts)


def _records(path: Path, how: Reading, known_id: str) -> TableReading:
    from hepatica.store.record_file import read_record

    if path.is_dir():
        return TableReading((read_record(path),))
    if is_table(path):
        meaning = how.mapping or None
        return read_table(path, meaning, how.assume_units, how.recorded_at, how.names)
    if not path.is_file():
        raise InvalidInput(f"There is no file {path.name}. Check the path.")
    if path.name == "record.json":
        return TableReading((read_record(path.parent),))
    if path.suffix.lower() == ".json":
        return _bundle(path, how, known_id or how.case_id or how.otherwise)
    raise InvalidInput(
        f"{path.name}: a record is read from a table (.csv, .xlsx), a FHIR bundle (.json), a "
        "record.json or a case folder."
    )


def _bundle(path: Path, how: Reading, case_id: str) -> TableReading:
    """A bundle names no pseudonym: it is taken to be of the case that the other files are of."""
    from hepatica.io.fhir import read_bundle

    reading = read_bundle(path, case_id, how.assume_units, how.names)
    return TableReading((reading.record,), notes=reading.notes, names={case_id: reading.names})


def _chosen(path: Path, records: tuple[Record, ...], case_id: str) -> Record:
    by_id = {record.case_id: record for record in records}
    if case_id in by_id:
        return by_id[case_id]
    if len(records) == 1:
        return records[0]
    if not records:
        raise InvalidInput(f"{path.name} holds no case.")
    shown = ", ".join(list(by_id)[:5])
    raise InvalidInput(
        f"{path.name} holds {len(records)} cases ({shown}{', ...' if len(records) > 5 else ''}); "
        f"{f'none is {case_id!r}' if case_id else 'say which one with --id'}."
    )
