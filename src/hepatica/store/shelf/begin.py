"""The first steps at a shelf: which one it is, whether its tables and its arrays fit."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from hepatica.errors import Inconsistent, InvalidInput
from hepatica.store.shelf.array_files import Anchor, ArrayFiles
from hepatica.store.shelf.database import Database
from hepatica.store.shelf.migrate import SCHEMAS, bring_up_to_date, require_known, schema_of
from hepatica.store.shelf.models import IdentityRow
from hepatica.store.shelf.place import Place
from hepatica.store.shelf.trail import Deed, append


@dataclass(frozen=True)
class Identity:
    """Which shelf this is.

    Parameters
    ----------
    lineage : str
        Goes with the audit trail into backups and back.
    incarnation : str
        Of this place only: it keeps two shelves of one lineage from sharing their arrays.
    """

    lineage: str
    incarnation: str


def identity_at(database: Database, who: str, make: bool) -> Identity:
    """The identity of the shelf in a database; tables are made or brought up to date.

    Raises
    ------
    InvalidInput
        If there is no shelf and ``make`` is not given, or a newer Hepatica wrote it.
    Inconsistent
        If its arrays are missing or are those of another shelf.
    """
    place = database.place
    with database.reading() as session:
        schema = schema_of(session.connection())
        require_known(schema, place.name)
        found = _identity(session) if schema == SCHEMAS[-1] else None
    if found is None:
        if schema is None and not make:
            raise no_shelf(place)
        found = _made_or_upgraded(database, who)
    _require_own_arrays(place, found)
    return found


def no_shelf(place: Place) -> InvalidInput:
    """The error for a place without a shelf."""
    return InvalidInput(
        f"There is no shelf at {place.name}. 'hepatica shelf put CASE' makes one; --shelf or the "
        "environment variable HEPATICA_SHELF says where."
    )


def require_no_lost_database(place: Place, arrays: ArrayFiles) -> None:
    """Refuse to begin a new shelf on the arrays of one whose database is gone.

    Raises
    ------
    Inconsistent
        If an audit trail was written beside these arrays.
    """
    anchor = arrays.anchor()
    if anchor is not None and anchor.rows > 0:
        raise Inconsistent(
            f"Shelf {place.name}: its arrays lie in {arrays.folder}, but its database is gone. "
            "Restore a backup there with 'hepatica shelf restore', or choose another place."
        )


def _made_or_upgraded(database: Database, who: str) -> Identity:
    with database.writing() as session:
        before = schema_of(session.connection())
        require_known(before, database.place.name)
        if before != SCHEMAS[-1]:
            bring_up_to_date(session.connection())
        found = _identity(session)
        if found is None:
            return _made(session, database.place, who)
        if before != SCHEMAS[-1]:
            details = f"schema {before} to {SCHEMAS[-1]}"
            append(session, found.lineage, Deed(who, "upgrade", details=details))
    return found


def _made(session: Session, place: Place, who: str) -> Identity:
    new = Identity(uuid4().hex, uuid4().hex)
    arrays = ArrayFiles(place.arrays_folder(new.incarnation))
    require_no_lost_database(place, arrays)
    session.add(IdentityRow(only_one=1, **vars(new)))
    append(session, new.lineage, Deed(who, "begin", details=f"schema {SCHEMAS[-1]}"))
    arrays.set_anchor(Anchor(new.incarnation, 0, ""))
    return new


def _identity(session: Session) -> Identity | None:
    row = session.scalar(select(IdentityRow))
    return None if row is None else Identity(row.lineage, row.incarnation)


def _require_own_arrays(place: Place, identity: Identity) -> None:
    arrays = ArrayFiles(place.arrays_folder(identity.incarnation))
    anchor = arrays.anchor()
    if anchor is not None and anchor.incarnation == identity.incarnation:
        return
    what = "do not lie there" if anchor is None else "are those of another shelf"
    raise Inconsistent(
        f"Shelf {place.name}: its arrays should be in {arrays.folder}, and they {what}. Say where "
        "they are with --arrays or the environment variable HEPATICA_SHELF_ARRAYS, or restore a "
        "backup."
    )
