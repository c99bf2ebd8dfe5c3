"""Writes and reads the rows of the audit trail within a transaction of the shelf."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from hepatica.errors import UsageError
from hepatica.store.shelf.array_files import Anchor
from hepatica.store.shelf.chain import FIRST, sealed
from hepatica.store.shelf.models import AuditEntry
from hepatica.store.shelf.records import AuditRow

_COLUMNS = [getattr(AuditEntry, field.name) for field in fields(AuditRow)]


@dataclass(frozen=True)
class Deed:
    """What somebody did, before it becomes a row."""

    who: str
    action: str
    subject: str = ""
    details: str = ""
    before: str = ""
    after: str = ""
    why: str = ""


def append(session: Session, lineage: str, deed: Deed) -> AuditRow:
    """Add a row to the end; the transaction must be the only writer."""
    last = last_row(session)
    row = sealed(
        AuditRow(
            number=1 if last is None else last.number + 1,
            at=datetime.now(UTC).isoformat(timespec="microseconds"),
            **vars(deed),
            previous=FIRST if last is None else last.hash,
            hash="",
        ),
        lineage,
    )
    session.add(AuditEntry(**vars(row)))
    session.flush()
    return row


def last_row(session: Session) -> AuditRow | None:
    """The newest row; None where there is none."""
    found = session.execute(select(*_COLUMNS).order_by(AuditEntry.number.desc()).limit(1)).first()
    return None if found is None else AuditRow(*found)


def anchor_of(incarnation: str, last: AuditRow | None) -> Anchor:
    """The anchor for an audit trail that ends with this row."""
    return (
        Anchor(incarnation, 0, "") if last is None else Anchor(incarnation, last.number, last.hash)
    )


def all_rows(session: Session) -> Iterator[AuditRow]:
    """Every row, oldest first."""
    found = session.execute(
        select(*_COLUMNS).order_by(AuditEntry.number), execution_options={"yield_per": 1000}
    )
    return (AuditRow(*row) for row in found)


def one_line(words: str, what: str) -> str:
    """Words of a user as the audit trail takes them.

    Raises
    ------
    UsageError
        If they hold what a database cannot keep.
    """
    try:
        words.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError(f"{what} holds characters that are not Unicode. Write it anew.") from error
    if "\x00" in words:
        raise UsageError(f"{what} holds a NUL character. Write it anew.")
    return " ".join(words.split())
