"""Each test of the shelf runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

pytest.importorskip("sqlalchemy", reason="sqlalchemy is not installed (extra store)")
pytest.importorskip("alembic", reason="alembic is not installed (extra store)")

from hepatica.store.shelf import Place, open_shelf, place_of
from hepatica.store.shelf.shelf import Shelf
from tests.store.shelf.folders import whole_case
from tests.store.shelf.postgres import Postgres, run_in_postgres, running_postgres

DATABASES = ("sqlite", "postgresql")
TABLES = ("shelf_identity", "shelf_audit", "shelf_version", "shelf_document", "shelf_array")


@dataclass
class Bench:
    """A place for a shelf in one kind of database, and more of them."""

    kind: str
    folder: Path
    server: Postgres | None = None
    made: int = 0

    def place(self) -> Place:
        """A place where no shelf stands yet."""
        self.made += 1
        if self.server is None:
            return place_of(str(self.folder / f"shelf-{self.made}"))
        return place_of(self.server.new_schema(), self.folder / f"arrays-{self.made}")

    def copy_of(self, place: Place) -> Place:
        """A second shelf that is the same to the last byte; nobody may be using the first."""
        self.made += 1
        if self.server is None:
            assert place.folder is not None
            copy = place_of(str(self.folder / f"shelf-{self.made}"))
            shutil.copytree(place.folder, copy.folder or "")
            return copy
        assert place.arrays is not None
        copy = place_of(self.server.new_schema(), self.folder / f"arrays-{self.made}")
        open_shelf(copy, make=True).close()
        shutil.rmtree(copy.arrays or "")
        shutil.copytree(place.arrays, copy.arrays or "")
        schema = place.url.rpartition("%3D")[2]
        rows = [f"INSERT INTO {t} SELECT * FROM {schema}.{t}" for t in TABLES]
        self.tamper(copy, *(f"DELETE FROM {t}" for t in TABLES), *rows)
        return copy

    def run(self, place: Place, *statements: str) -> None:
        """Do to the database what a person with full rights could do, locks or not."""
        if place.database_file is not None:
            _run_in_sqlite(place.database_file, statements)
        else:
            run_in_postgres(place.url, *statements)

    def tamper(self, place: Place, *statements: str) -> None:
        """The same behind the back of the locks, which are in place again afterwards."""
        if place.database_file is not None:
            locks = _locks(place.database_file)
            off = [f"DROP TRIGGER {name}" for name in locks]
            self.run(place, *off, *statements, *locks.values())
        else:
            self.run(place, "SET session_replication_role = replica", *statements)


class Filled(NamedTuple):
    """A shelf with five rows, and where it stands."""

    bench: Bench
    place: Place
    shelf: Shelf


def _locks(database: Path) -> dict[str, str]:
    import sqlite3

    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        return dict(found.fetchall())


def _run_in_sqlite(database: Path, statements: tuple[str, ...]) -> None:
    import sqlite3

    with closing(sqlite3.connect(database)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session", params=DATABASES)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def server(kind: str, request: pytest.FixtureRequest) -> Postgres | None:
    return request.getfixturevalue("postgres") if kind == "postgresql" else None


@pytest.fixture
def bench(kind: str, server: Postgres | None, tmp_path: Path) -> Bench:
    return Bench(kind, tmp_path, server)


@pytest.fixture
def place(bench: Bench) -> Place:
    return bench.place()


@pytest.fixture
def shelf(place: Place) -> Iterator[Shelf]:
    with open_shelf(place, "Dr Test", make=True) as found:
        yield found


@pytest.fixture(scope="session")
def original(kind: str, server: Postgres | None, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Rows: 1 begin, 2 to 4 the versions of p001, 5 a case p002."""
    folder = tmp_path_factory.mktemp("original")
    place = Bench(kind, folder, server).place()
    with open_shelf(place, "Dr Test", make=True) as shelf:
        for n in (1, 2, 3):
            shelf.put(whole_case(folder / f"v{n}", shade=n, bilirubin=10.0 + n), why="check")
        shelf.put(whole_case(folder / "other", "p002"))
        assert shelf.verify().ok
    return place


@pytest.fixture
def filled(bench: Bench, original: Place) -> Iterator[Filled]:
    place = bench.copy_of(original)
    with open_shelf(place, "Dr Test") as shelf:
        yield Filled(bench, place, shelf)
