"""What the shelf answers: a case that was stored, a row of the audit trail, a fault found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Status = Literal["new", "changed", "unchanged"]
FaultKind = Literal["row", "missing", "case", "anchor", "lock", "array"]


@dataclass(frozen=True)
class AuditRow:
    """Who did what to the shelf, when and why.

    Parameters
    ----------
    number : int
        1, 2, 3 ... without gaps.
    at : str
        ISO 8601 in UTC.
    who : str
        The account or name that was given.
    action : "begin", "put", "repair", "tidy", "backup", "restore" or "upgrade"
    subject : str
        The case; empty where the whole shelf is meant.
    details : str
        What changed, in words.
    before, after : str
        SHA-256 of the case's content before and after; empty where there was none.
    why : str
        The reason given.
    previous : str
        ``hash`` of the row before; empty for the first.
    hash : str
        SHA-256 of everything above and of the shelf's identity.
    """

    number: int
    at: str
    who: str
    action: str
    subject: str
    details: str
    before: str
    after: str
    why: str
    previous: str
    hash: str


@dataclass(frozen=True)
class ShelvedCase:
    """One version of a case on the shelf.

    Parameters
    ----------
    case_id : str
    version : int
        1 for the first.
    content : str
        SHA-256 of its documents and arrays.
    audit_number : int
        The row of the audit trail that tells how it came here.
    at, who, why : str
        As in that row.
    documents : names of its documents, such as ``record.json``
    arrays : how many files of arrays it has
    size_bytes : of its arrays
    """

    case_id: str
    version: int
    content: str
    audit_number: int
    at: str
    who: str
    why: str
    documents: tuple[str, ...]
    arrays: int
    size_bytes: int


@dataclass(frozen=True)
class Stored:
    """What came of putting a case on the shelf.

    ``repaired`` counts array files of the shelf that were missing or damaged and were replaced.
    """

    case_id: str
    version: int
    status: Status
    content: str
    repaired: int


@dataclass(frozen=True)
class Tidied:
    """Files that no case needs and that were removed; files of others, which were left alone."""

    removed: int
    size_bytes: int
    foreign: tuple[str, ...]


@dataclass(frozen=True)
class Fault:
    """Something on the shelf is not as it was written.

    Parameters
    ----------
    row : int or None
        The row of the audit trail that is wrong or that vouches for what is wrong.
    kind : "row", "missing", "case", "anchor", "lock" or "array"
    text : str
        A sentence.
    """

    row: int | None
    kind: FaultKind
    text: str


@dataclass(frozen=True)
class Verification:
    """What recomputing the whole audit trail and every array found."""

    rows: int
    head: str
    versions: int
    arrays: int
    faults: tuple[Fault, ...]

    @property
    def ok(self) -> bool:
        """Whether everything is as it was written."""
        return not self.faults

    @property
    def first_tampered_row(self) -> int | None:
        """The lowest row whose entry or whose case is not what was written."""
        rows = [f.row for f in self.faults if f.row is not None and f.kind != "array"]
        return min(rows, default=None)


@dataclass(frozen=True)
class Backup:
    """A backup that was made or restored, in numbers; ``head`` is the last row and its hash."""

    folder: Path
    head: str
    versions: int
    arrays: int
    size_bytes: int
