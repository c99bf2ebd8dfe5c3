"""Where the shelf stands: a folder of the user, or a PostgreSQL database by its address."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hepatica.errors import UsageError

SHELF_VARIABLE = "HEPATICA_SHELF"
ARRAYS_VARIABLE = "HEPATICA_SHELF_ARRAYS"
DATABASE_FILE = "shelf.db"
ARRAYS_FOLDER = "arrays"

_POSTGRES = re.compile(r"^(postgres|postgresql|postgresql\+pg8000)://")


@dataclass(frozen=True)
class Place:
    """Where a shelf stands.

    Parameters
    ----------
    name : str
        For messages; an address without user and password.
    folder : Path or None
        Of a shelf in SQLite; None for PostgreSQL.
    url : str
        Address of a shelf in PostgreSQL; empty for SQLite.
    arrays : Path or None
        The folder of the array files; None is the user's data folder, by the shelf's identity.
    """

    name: str
    folder: Path | None = None
    url: str = ""
    arrays: Path | None = None

    @property
    def database_file(self) -> Path | None:
        """The file of a shelf in SQLite."""
        return None if self.folder is None else self.folder / DATABASE_FILE

    def arrays_folder(self, incarnation: str) -> Path:
        """Where the array files of this shelf lie."""
        return self.arrays or user_data_folder() / "shelf-arrays" / incarnation


def place_of(words: str | None = None, arrays: Path | None = None) -> Place:
    """The place that a user means.

    Parameters
    ----------
    words : str or None
        A folder, or an address that begins with ``postgresql://``. None takes the environment
        variable HEPATICA_SHELF, then the folder ``shelf`` of the user's data folder.
    arrays : Path or None
        The folder of the array files of a shelf in PostgreSQL. None takes the environment variable
        HEPATICA_SHELF_ARRAYS, then a folder in the user's data folder.

    Raises
    ------
    UsageError
        If the address is of another kind of database, or the folder is a file.
    """
    words = words or os.environ.get(SHELF_VARIABLE) or str(user_data_folder() / "shelf")
    if "://" in words:
        return _in_postgres(words, arrays)
    if arrays is not None:
        raise UsageError(
            "A shelf in a folder keeps its arrays in that folder: --arrays is for a shelf in "
            "PostgreSQL. Leave it out."
        )
    folder = Path(words).expanduser().absolute()
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; a shelf needs a folder. Choose another --shelf.")
    return Place(str(folder), folder, arrays=folder / ARRAYS_FOLDER)


def user_data_folder() -> Path:
    """Where programs keep a user's data: XDG_DATA_HOME, or what the system is used to."""
    home = os.environ.get("XDG_DATA_HOME", "")
    if home and Path(home).is_absolute():
        return Path(home) / "hepatica"
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/hepatica"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "hepatica"
    return Path.home() / ".local/share/hepatica"


def _in_postgres(words: str, arrays: Path | None) -> Place:
    found = _POSTGRES.match(words)
    if not found:
        raise UsageError(
            f"A shelf cannot stand at {words.partition('://')[0]}://...: it needs a folder, or an "
            "address that begins with postgresql://."
        )
    parts = urlsplit(words)
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise UsageError(
            "The address of the shelf has a port that is no number. Write "
            "postgresql://user@host:port/database."
        ) from error
    name = f"postgresql://{parts.hostname or ''}{port}{parts.path}"
    chosen = arrays or _folder_from_environment()
    return Place(
        name,
        url="postgresql+pg8000://" + words[found.end() :],
        arrays=None if chosen is None else chosen.expanduser().absolute(),
    )


def _folder_from_environment() -> Path | None:
    folder = os.environ.get(ARRAYS_VARIABLE)
    return Path(folder) if folder else None
