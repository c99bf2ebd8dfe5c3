"""Debian's PostgreSQL for the length of some tests: loopback only, its own port, its own folder."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.guard import dismiss, guarded

_LONGEST_START_S = 60.0
_UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True)
class Postgres:
    """A running server; every test gets a schema of its own, which is as good as a database."""

    port: int
    password: str
    folder: Path

    @property
    def url(self) -> str:
        """The address of its database, as a user would write it."""
        return f"postgresql://shelf:{self.password}@127.0.0.1:{self.port}/postgres"

    def new_schema(self) -> str:
        """Make an empty schema and return the address that means it."""
        name = f"shelf_{secrets.token_hex(6)}"
        # Without it each connection first reads the system's certificates, for half its time.
        quick = f"{self.url}?sslmode=disable"
        run_in_postgres(quick, f"CREATE SCHEMA {name}")
        return f"{quick}&options=-csearch_path%3D{name}"


def run_in_postgres(url: str, *statements: str) -> None:
    """Do something to a database outside of the shelf, all or nothing."""
    from sqlalchemy import create_engine, make_url

    from hepatica.store.shelf.postgres_address import connection_of

    bare, arguments = connection_of(make_url(url).set(drivername="postgresql+pg8000"))
    engine = create_engine(bare, connect_args=arguments)
    try:
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A server that is stopped at the end, whatever happens; its folder is removed."""
    pytest.importorskip("pg8000", reason="pg8000 is not installed (extra postgres)")
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian package postgresql)")
    user = _user()
    # pytest's own temporary folders are closed to the user that the server must run as.
    folder = Path(tempfile.mkdtemp(prefix="hepatica-postgres-"))
    try:
        if user is not None:
            shutil.chown(folder, user)
        server = Postgres(_free_port(), secrets.token_hex(12), folder)
        _make_cluster(programs, server, user)
        with _started(programs, server, user):
            yield server
    finally:
        if folder.exists():
            shutil.rmtree(folder)


def _programs() -> Path | None:
    """The folder of ``initdb`` and ``postgres``; Debian keeps it off the path."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()), None)


def _user() -> str | None:
    """Whom the server runs as: it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    found = next((name for name in _UNPRIVILEGED if name in known), None)
    if found is None:
        pytest.skip("PostgreSQL refuses to run as root, and there is no user postgres or nobody")
    return found


def _make_cluster(programs: Path, server: Postgres, user: str | None) -> None:
    folder = server.folder
    password = folder / "password"
    password.write_text(server.password)
    if user is not None:
        shutil.chown(password, user)
    words = ["-D", str(folder / "data"), "-U", "shelf", "-E", "UTF8", "--locale=C", "--no-sync"]
    words += ["--auth=scram-sha-256", f"--pwfile={password}"]
    made = subprocess.run(
        [str(programs / "initdb"), *words],
        user=user,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        pytest.fail(f"initdb failed: {made.stderr[-2000:]}")


@contextmanager
def _started(programs: Path, server: Postgres, user: str | None) -> Iterator[None]:
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(server.port),
        "unix_socket_directories": "",
        "fsync": "off",
        "full_page_writes": "off",
        "autovacuum": "off",
        "shared_buffers": "32MB",
        "max_connections": "50",
    }
    words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    folder, log = server.folder, server.folder / "log.txt"
    with log.open("wb") as file:
        program = [str(programs / "postgres"), "-D", str(folder / "data"), *words]
        # PostgreSQL's immediate shutdown: the folder is thrown away, nothing need be written.
        guard = guarded(program, file, signal.SIGQUIT, folder, user)
        try:
            _wait(server, guard, log)
            yield
        finally:
            dismiss(guard)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(server: Postgres, process: subprocess.Popen[bytes], log: Path) -> None:
    from sqlalchemy.exc import DBAPIError

    last = time.monotonic() + _LONGEST_START_S
    while time.monotonic() < last and process.poll() is None:
        try:
            run_in_postgres(server.url)
        except DBAPIError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"PostgreSQL did not start: {log.read_text(errors='replace')[-2000:]}")
