"""The database under the shelf: its connections, its lock for writers, its words for faults."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session

from hepatica.errors import InvalidInput, MissingExtra, UsageError
from hepatica.store.shelf.place import Place
from hepatica.store.shelf.postgres_address import connection_of

# Long enough for another writer to copy a large case, short enough to notice a stuck one.
_PATIENCE_S = 60
_PAUSE_S = 0.02
# Any number will do that all writers of a shelf in PostgreSQL agree on ("hepatica" in ASCII).
_WRITERS_LOCK = 0x6865706174696361
_STUCK = ("database is locked", "lock timeout")


class Database:
    """Connections to one database; writers wait for each other, readers wait for nobody.

    A reader sees the state of one moment, also while somebody writes.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self._engine = _engine(place)
        self._writer = self._engine.execution_options(shelf_writes=True)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session on the state of this moment."""
        with self._told(), Session(self._engine) as session, session.begin():
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that is the only writer; all of it is kept, or nothing."""
        with self._told(), Session(self._writer) as session, session.begin():
            session.connection()
            yield session

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            said = _said_by(error)
            if any(mark in said for mark in _STUCK):
                raise InvalidInput(
                    f"Shelf {self.place.name}: another writer has kept it for more than "
                    f"{_PATIENCE_S} s. Nothing was written; try again."
                ) from error
            raise InvalidInput(
                f"Shelf {self.place.name}: the database says: {said}. Nothing was written. Check "
                "the address, the server and the space left on the disk."
            ) from error


def _said_by(error: DBAPIError) -> str:
    """The database's own sentence; PostgreSQL's comes with its parts by letter, M the message."""
    orig = error.orig
    parts = orig.args[0] if orig is not None and orig.args else ""
    text = str(parts.get("M", parts) if isinstance(parts, dict) else orig or "").strip()
    return text.splitlines()[0] if text else "no reason"


def _engine(place: Place) -> Engine:
    if place.database_file is None:
        return _postgres(place)
    engine = create_engine(
        URL.create("sqlite", database=str(place.database_file)),
        connect_args={"timeout": _PATIENCE_S},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # Python's module would begin transactions by itself, and too late to lock out other writers.
    connection.isolation_level = None
    _write_ahead(connection)
    for setting in ("synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {setting}")


def _write_ahead(connection: Any) -> None:
    """Set the journal's mode; SQLite does not wait for others here, whatever it was told."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(_PAUSE_S)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("shelf_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgres(place: Place) -> Engine:
    try:
        url = make_url(place.url)
    except ArgumentError as error:
        raise UsageError(
            "The address of the shelf cannot be read. Write postgresql://user@host:port/database."
        ) from error
    bare, arguments = connection_of(url)
    try:
        engine = create_engine(bare, connect_args=arguments, pool_pre_ping=True)
    except ImportError as absent:
        raise MissingExtra("pg8000", "postgres", "A shelf in PostgreSQL") from absent
    event.listen(engine, "begin", _begin_postgres)
    return engine


def _begin_postgres(connection: Connection) -> None:
    if connection.get_execution_options().get("shelf_writes", False):
        connection.execute(text(f"SET LOCAL lock_timeout = '{_PATIENCE_S}s'"))
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_WRITERS_LOCK})"))
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
