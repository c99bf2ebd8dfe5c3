"""The shelf itself: put a case on it, take one back, list what is there, read the audit trail."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from hepatica.store.shelf.array_files import ArrayFiles
from hepatica.store.shelf.backup import back_up
from hepatica.store.shelf.begin import Identity, identity_at, no_shelf
from hepatica.store.shelf.contents import contents_of
from hepatica.store.shelf.database import Database
from hepatica.store.shelf.place import Place
from hepatica.store.shelf.put import Putting, put
from hepatica.store.shelf.records import (
    AuditRow,
    Backup,
    ShelvedCase,
    Stored,
    Tidied,
    Verification,
)
from hepatica.store.shelf.take import array_digests, shelved, take
from hepatica.store.shelf.trail import Deed, all_rows, anchor_of, append, last_row, one_line
from hepatica.store.shelf.verify import verify


class Shelf:
    """An open shelf; several threads and processes may use one at the same time.

    Parameters
    ----------
    database : Database
    identity : Identity
    who : str
        Whose name goes into the audit trail.
    """

    def __init__(self, database: Database, identity: Identity, who: str) -> None:
        self.database = database
        self.identity = identity
        self.who = one_line(who, "The name of who does this")
        self.arrays = ArrayFiles(database.place.arrays_folder(identity.incarnation))

    @classmethod
    def at(cls, place: Place, who: str, make: bool = False) -> Shelf:
        """Open the shelf at a place; see `hepatica.store.shelf.open_shelf`."""
        if place.folder is not None and place.database_file is not None:
            if not place.database_file.is_file() and not make:
                raise no_shelf(place)
            place.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        database = Database(place)
        try:
            return cls(database, identity_at(database, who, make), who)
        except BaseException:
            database.close()
            raise

    def put(self, folder: Path, why: str = "", onto: int | None = None) -> Stored:
        """Keep a case folder as the next version of its case.

        A folder that is the same as the newest version is not kept twice.

        Parameters
        ----------
        folder : Path
        why : str
            The reason; must be given when the case is on the shelf already and changes.
        onto : int or None
            The version that was the newest one when this change was begun.

        Raises
        ------
        UsageError
            If there is no reason for a change, or the folder holds files that are not of a case.
        InvalidInput
            If the folder is no case, or is damaged.
        Inconsistent
            If another version than ``onto`` is the newest one.
        """
        contents = contents_of(folder)
        wish = Putting(contents, self.who, one_line(why, "The reason"), onto)
        with self.database.writing() as session:
            stored = put(session, self.identity.lineage, self.arrays, wish)
        self._set_anchor()
        return stored

    def get(self, case_id: str, out: Path, version: int | None = None) -> ShelvedCase:
        """Write a version of a case into a new folder, as it was put, byte by byte.

        Parameters
        ----------
        case_id : str
        out : Path
            Made here; an empty folder will do.
        version : int or None
            None takes the newest.

        Raises
        ------
        InvalidInput
            If there is no such case or version.
        Inconsistent
            If what lies on the shelf is not what was put there.
        UsageError
            If ``out`` holds anything.
        """
        with self.database.reading() as session:
            return take(session, self.arrays, (case_id, version), out)

    def cases(self) -> tuple[ShelvedCase, ...]:
        """The newest version of every case, by case_id."""
        newest = {row.case_id: row for row in self.versions()}
        return tuple(newest[case_id] for case_id in sorted(newest))

    def versions(self, case_id: str | None = None) -> tuple[ShelvedCase, ...]:
        """All versions of one case or of all, in the order in which they were put."""
        with self.database.reading() as session:
            return shelved(session, case_id)

    def log(self, case_id: str | None = None) -> tuple[AuditRow, ...]:
        """The rows of the audit trail, oldest first; of one case, or all."""
        with self.database.reading() as session:
            return tuple(r for r in all_rows(session) if case_id is None or r.subject == case_id)

    def tidy(self) -> Tidied:
        """Remove array files that no version of a case needs, as a killed program leaves them."""
        with self.database.writing() as session:
            tidied = self.arrays.tidy(array_digests(session))
            if tidied.removed:
                details = f"{tidied.removed} files, {tidied.size_bytes} bytes"
                append(session, self.identity.lineage, Deed(self.who, "tidy", details=details))
        self._set_anchor()
        return tidied

    def verify(self, expected_head: str = "") -> Verification:
        """Recompute the audit trail, every version and every array.

        Parameters
        ----------
        expected_head : str
            ``number:hash`` of a row as it was noted elsewhere at an earlier time.
        """
        with self.database.reading() as session:
            return verify(session, self.identity.lineage, self.arrays, expected_head)

    def backup(self, folder: Path, why: str = "") -> Backup:
        """Write all of the shelf, as it is at one moment, into a new folder.

        Raises
        ------
        UsageError
            If the folder holds anything.
        Inconsistent
            If an array is missing or damaged.
        """
        deed = Deed(self.who, "backup", why=one_line(why, "The reason"))
        return back_up(self, folder, deed)

    def note(self, deed: Deed) -> AuditRow:
        """Add a row to the audit trail that changes no case."""
        with self.database.writing() as session:
            row = append(session, self.identity.lineage, deed)
        self._set_anchor()
        return row

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _set_anchor(self) -> None:
        with self.database.reading() as session:
            last = last_row(session)
        self.arrays.set_anchor(anchor_of(self.identity.incarnation, last))
