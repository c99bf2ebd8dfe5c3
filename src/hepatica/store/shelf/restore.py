"""Brings a backup back into SQLite or PostgreSQL, after checking all of it."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from hepatica.errors import Inconsistent, InvalidInput, UsageError
from hepatica.store.shelf.array_files import Anchor, ArrayFiles
from hepatica.store.shelf.backup import MANIFEST, SCHEMA, VERSION, copy_arrays, copy_rows, numbers
from hepatica.store.shelf.begin import Identity
from hepatica.store.shelf.database import Database
from hepatica.store.shelf.migrate import SCHEMAS, bring_up_to_date, require_known, schema_of
from hepatica.store.shelf.models import IdentityRow
from hepatica.store.shelf.place import ARRAYS_FOLDER, DATABASE_FILE, Place
from hepatica.store.shelf.records import Backup
from hepatica.store.shelf.trail import Deed, anchor_of, append, last_row, one_line
from hepatica.store.shelf.verify import verify


def restore(folder: Path, place: Place, who: str, why: str) -> Backup:
    """Bring a backup back. See `hepatica.store.shelf.restore_shelf`."""
    folder = folder.resolve()
    head = _head(folder)
    deed = Deed(one_line(who, "The name of who does this"), "restore", why=one_line(why, "The why"))
    with _opened(folder) as source:
        lineage = _checked_lineage(source, folder, head)
        return replace(_filled(source, folder, place, (lineage, deed)), folder=folder)


def _head(folder: Path) -> str:
    try:
        document = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        schema, version, head = document["schema"], document["version"], document["head"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(
            f"{folder.name} is no backup of a shelf: it has no readable {MANIFEST}. "
            "'hepatica shelf backup' makes one."
        ) from error
    if schema != SCHEMA or version != VERSION:
        raise InvalidInput(
            f"{folder.name}: {MANIFEST} is of {schema}, version {version}; this Hepatica reads "
            f"{SCHEMA}, version {VERSION}. Use the Hepatica that made the backup."
        )
    return str(head)


@contextmanager
def _opened(folder: Path) -> Iterator[Session]:
    """The tables of a backup, brought up to date in a copy: the backup stays as it is."""
    if not (folder / DATABASE_FILE).is_file():
        raise InvalidInput(f"{folder.name} is no whole backup: {DATABASE_FILE} is missing.")
    with tempfile.TemporaryDirectory(prefix="hepatica-restore-") as desk:
        shutil.copyfile(folder / DATABASE_FILE, Path(desk) / DATABASE_FILE)
        database = Database(Place(str(folder), Path(desk), arrays=folder / ARRAYS_FOLDER))
        try:
            with database.writing() as session:
                found = schema_of(session.connection())
                require_known(found, str(folder))
                if found != SCHEMAS[-1]:
                    bring_up_to_date(session.connection())
            with database.reading() as session:
                yield session
        finally:
            database.close()


def _checked_lineage(source: Session, folder: Path, head: str) -> str:
    identity = source.scalar(select(IdentityRow))
    if identity is None:
        raise InvalidInput(f"{folder.name} is no whole backup: it says of no shelf that it is one.")
    found = verify(source, identity.lineage, ArrayFiles(folder / ARRAYS_FOLDER), head)
    if not found.ok:
        raise Inconsistent(
            f"The backup {folder.name} is not as it was written: {found.faults[0].text} There are "
            f"{len(found.faults)} faults; 'hepatica audit verify --shelf {folder}' lists them. "
            "Take another backup."
        )
    lineage: str = identity.lineage
    return lineage


def _filled(source: Session, folder: Path, place: Place, words: tuple[str, Deed]) -> Backup:
    lineage, deed = words
    identity = Identity(lineage, uuid4().hex)
    if place.folder is not None:
        place.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    arrays = ArrayFiles(place.arrays_folder(identity.incarnation))
    database = Database(place)
    try:
        with database.writing() as target:
            _require_no_shelf(target, place)
            bring_up_to_date(target.connection())
            copy_rows(source, target, identity)
            arrays.set_anchor(Anchor(identity.incarnation, 0, ""))
            copy_arrays(source, ArrayFiles(folder / ARRAYS_FOLDER), arrays)
            last = append(target, lineage, deed)
        with database.reading() as target:
            made = numbers(target, folder)
        arrays.set_anchor(anchor_of(identity.incarnation, last))
    finally:
        database.close()
    return made


def _require_no_shelf(target: Session, place: Place) -> None:
    if schema_of(target.connection()) is not None and last_row(target) is not None:
        raise UsageError(
            f"A shelf stands at {place.name} already; nothing is overwritten. Restore into an "
            "empty folder or database."
        )
