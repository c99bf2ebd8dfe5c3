"""Opens the shelf of a user, makes it where there is none, and restores one from a backup."""

from __future__ import annotations

import getpass
import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from hepatica.errors import MissingExtra, UsageError
from hepatica.store.shelf.place import Place

if TYPE_CHECKING:
    from hepatica.store.shelf.records import Backup
    from hepatica.store.shelf.shelf import Shelf

USER_VARIABLE = "HEPATICA_USER"


def open_shelf(place: Place, who: str = "", make: bool = False) -> Shelf:
    """Open a shelf; tables of an older Hepatica are brought up to date.

    Parameters
    ----------
    place : Place
    who : str
        Whose name goes into the audit trail; empty takes HEPATICA_USER, then the login name.
    make : bool
        Make an empty shelf where there is none.

    Returns
    -------
    shelf : Shelf
        To be closed, or used in a ``with`` statement.

    Raises
    ------
    MissingExtra
        If the packages for databases are not installed.
    InvalidInput
        If there is no shelf and ``make`` is not given, the database does not answer, or a newer
        Hepatica wrote it.
    Inconsistent
        If the arrays beside it are missing or are those of another shelf.
    """
    _require_packages(place)
    from hepatica.store.shelf.shelf import Shelf

    return Shelf.at(place, _who(who), make)


def restore_shelf(folder: Path, place: Place, who: str = "", why: str = "") -> Backup:
    """Bring a backup back, into SQLite or PostgreSQL, where no shelf stands yet.

    Parameters
    ----------
    folder : Path
        What `Shelf.backup` wrote.
    place : Place
    who, why : str
        For the audit trail, which goes on from that of the backup.

    Raises
    ------
    InvalidInput
        If the folder is no backup.
    Inconsistent
        If the backup is not as it was written.
    UsageError
        If a shelf stands at the place already.
    """
    _require_packages(place)
    from hepatica.store.shelf.restore import restore

    return restore(folder, place, _who(who), why)


def _require_packages(place: Place) -> None:
    for package in ("sqlalchemy", "alembic"):
        if find_spec(package) is None:
            raise MissingExtra(package, "store", "The shelf")
    if place.url and find_spec("pg8000") is None:
        raise MissingExtra("pg8000", "postgres", "A shelf in PostgreSQL")


def _who(who: str) -> str:
    named = who or os.environ.get(USER_VARIABLE, "")
    if named.strip():
        return named.strip()
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError) as error:
        raise UsageError(
            "The system does not know who you are, and the audit trail needs a name. Give it "
            f"with --who, or in the environment variable {USER_VARIABLE}."
        ) from error
