"""Backups of the shelf: a folder that is itself a shelf in SQLite, whichever database it came from.

One way of copying serves both databases and both directions: rows as they were at one moment, then
the arrays, each checked on the way.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from hepatica.store.shelf.array_files import ArrayFiles
from hepatica.store.shelf.begin import Identity
from hepatica.store.shelf.database import Database
from hepatica.store.shelf.durable import reveal, write_text
from hepatica.store.shelf.migrate import SCHEMAS, bring_up_to_date
from hepatica.store.shelf.models import KEPT, ArrayRow, IdentityRow, VersionRow
from hepatica.store.shelf.place import ARRAYS_FOLDER, DATABASE_FILE, place_of
from hepatica.store.shelf.records import Backup
from hepatica.store.shelf.take import array_digests, require_new_folder
from hepatica.store.shelf.trail import Deed, anchor_of, last_row

if TYPE_CHECKING:
    from hepatica.store.shelf.shelf import Shelf

SCHEMA = "hepatica/shelf-backup"
VERSION = 1
MANIFEST = "backup.json"

_ROWS_AT_ONCE = 500


def back_up(shelf: Shelf, folder: Path, deed: Deed) -> Backup:
    """Write all of the shelf into a new folder, whole or not at all. See `Shelf.backup`."""
    folder = folder.resolve()
    require_new_folder(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    shelf.note(deed)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as desk:
        new = Path(desk) / "new"
        new.mkdir(mode=0o700)
        with shelf.database.reading() as session:
            made = _written(session, shelf, new)
        reveal(new, folder)
    return replace(made, folder=folder)


def copy_rows(source: Session, target: Session, identity: Identity) -> None:
    """Copy every row of a shelf into tables that are empty, under this identity."""
    target.add(IdentityRow(only_one=1, **vars(identity)))
    target.flush()
    for model in KEPT:
        table: Any = model.__table__
        rows = source.execute(select(table), execution_options={"yield_per": _ROWS_AT_ONCE})
        for part in rows.mappings().partitions():
            target.execute(insert(table), [dict(row) for row in part])


def copy_arrays(session: Session, source: ArrayFiles, target: ArrayFiles) -> int:
    """Copy the arrays that the cases need; returns how many were needed.

    Raises
    ------
    Inconsistent
        If one is missing or damaged.
    """
    digests = sorted(array_digests(session))
    for digest in digests:
        target.add_from(source, digest, "The shelf")
    return len(digests)


def numbers(session: Session, folder: Path) -> Backup:
    """What the tables of a session hold, in numbers."""
    last = last_row(session)
    return Backup(
        folder,
        head="" if last is None else f"{last.number}:{last.hash}",
        versions=session.scalar(select(func.count()).select_from(VersionRow)) or 0,
        arrays=len(array_digests(session)),
        size_bytes=_size_bytes(session),
    )


def _written(source: Session, shelf: Shelf, folder: Path) -> Backup:
    identity = Identity(shelf.identity.lineage, uuid4().hex)
    database = Database(place_of(str(folder)))
    try:
        with database.writing() as target:
            bring_up_to_date(target.connection())
            copy_rows(source, target, identity)
        with database.reading() as target:
            made, last = numbers(target, folder), last_row(target)
    finally:
        database.close()
    _make_one_file(folder / DATABASE_FILE)
    arrays = ArrayFiles(folder / ARRAYS_FOLDER)
    arrays.set_anchor(anchor_of(identity.incarnation, last))
    copy_arrays(source, shelf.arrays, arrays)
    write_text(folder / MANIFEST, _manifest(made))
    return made


def _make_one_file(database: Path) -> None:
    """Without the write-ahead log, which would be two more files to forget when copying."""
    connection = sqlite3.connect(database)
    try:
        connection.execute("PRAGMA journal_mode = DELETE")
    finally:
        connection.close()


def _manifest(made: Backup) -> str:
    document = {
        "schema": SCHEMA,
        "version": VERSION,
        "research_use_only": True,
        "shelf_schema": SCHEMAS[-1],
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "head": made.head,
        "versions": made.versions,
        "arrays": made.arrays,
        "size_bytes": made.size_bytes,
    }
    return json.dumps(document, indent=1) + "\n"


def _size_bytes(session: Session) -> int:
    once = select(ArrayRow.sha256, func.max(ArrayRow.size_bytes).label("size"))
    sizes = once.group_by(ArrayRow.sha256).subquery()
    return int(session.scalar(select(func.coalesce(func.sum(sizes.c.size), 0))) or 0)
