"""Checks that the shelf is as it was written: the audit trail, every version, every array."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from hepatica.errors import UsageError
from hepatica.store.shelf.array_files import ArrayFiles
from hepatica.store.shelf.chain import broken_links, content_digest, text_digest
from hepatica.store.shelf.models import ArrayRow, AuditEntry, Base, DocumentRow, VersionRow
from hepatica.store.shelf.records import Fault, Verification
from hepatica.store.shelf.take import digests_of
from hepatica.store.shelf.trail import all_rows, last_row


def verify(
    session: Session, lineage: str, arrays: ArrayFiles, expected_head: str = ""
) -> Verification:
    """Recompute everything. See `Shelf.verify`."""
    heads = [*_anchored(arrays), *_expected(expected_head)]
    places = _places(session)
    faults = [
        *broken_links(all_rows(session), lineage),
        *_rows_without_version(session),
        *_changed_versions(session),
        *(fault for head in heads for fault in _unlike_head(session, *head)),
        *_missing_locks(session),
        *_array_faults(places, arrays),
    ]
    last = last_row(session)
    return Verification(
        rows=session.scalar(select(func.count()).select_from(AuditEntry)) or 0,
        head="" if last is None else f"{last.number}:{last.hash}",
        versions=session.scalar(select(func.count()).select_from(VersionRow)) or 0,
        arrays=len(places),
        faults=tuple(sorted(dict.fromkeys(faults), key=_order)),
    )


def _order(fault: Fault) -> tuple[bool, int]:
    return fault.kind == "array", 0 if fault.row is None else fault.row


def _rows_without_version(session: Session) -> Iterator[Fault]:
    rows = session.execute(
        select(AuditEntry.number, AuditEntry.subject)
        .outerjoin(VersionRow, VersionRow.audit_number == AuditEntry.number)
        .where(AuditEntry.action == "put", VersionRow.audit_number.is_(None))
        .order_by(AuditEntry.number)
    )
    for number, case_id in rows:
        yield Fault(
            number, "case", f"Row {number} put case {case_id} on the shelf; that version is gone."
        )


def _changed_versions(session: Session) -> Iterator[Fault]:
    entries = {row.number: row for row in all_rows(session) if row.action == "put"}
    newest: dict[str, int] = {}
    for version in session.scalars(select(VersionRow).order_by(VersionRow.audit_number)):
        number, what = version.audit_number, f"case {version.case_id}, version {version.version}"
        row = entries.get(number)
        if row is None:
            yield Fault(number, "missing", f"Row {number} does not tell that {what} was put.")
        elif row.subject != version.case_id:
            yield Fault(number, "case", f"Row {number} put case {row.subject}, not {what}.")
        elif version.version != newest.get(version.case_id, 0) + 1:
            yield Fault(number, "case", f"Row {number}: {what} does not follow the one before.")
        newest[version.case_id] = version.version
        expected = version.content if row is None else row.after
        for name in _changed_files(session, version, expected):
            yield Fault(number, "case", f"Row {number}: {name} of {what} is not what was put.")


def _changed_files(session: Session, version: VersionRow, expected: str) -> list[str]:
    """The documents of a version that were changed; ``the content`` where no one file shows it."""
    number = version.audit_number
    documents = session.execute(
        select(DocumentRow.name, DocumentRow.sha256, DocumentRow.text)
        .where(DocumentRow.audit_number == number)
        .order_by(DocumentRow.name)
    ).all()
    changed = [name for name, digest, words in documents if text_digest(words) != digest]
    if changed:
        return changed
    named = {name: digest for name, digest, _ in documents}
    arrays = {p: d for p, d in digests_of(session, number).items() if p not in named}
    same = content_digest(named, arrays) == version.content == expected
    return [] if same else ["the content"]


def _anchored(arrays: ArrayFiles) -> Iterator[tuple[int, str, str]]:
    anchor = arrays.anchor()
    if anchor is not None and anchor.rows > 0:
        yield anchor.rows, anchor.head, "the anchor beside the arrays"


def _expected(head: str) -> Iterator[tuple[int, str, str]]:
    if not head:
        return
    number, _, digest = head.partition(":")
    if not number.isdecimal() or not digest:
        raise UsageError(
            f"The expected head is {head!r}; it is a number, a colon and a hash, as 'hepatica "
            "audit verify' prints them."
        )
    yield int(number), digest, "the head that was expected"


def _unlike_head(session: Session, number: int, digest: str, what: str) -> Iterator[Fault]:
    found = session.scalar(select(AuditEntry.hash).where(AuditEntry.number == number))
    last = last_row(session)
    if found is None and (last is None or last.number < number):
        first = 1 if last is None else last.number + 1
        yield Fault(first, "missing", f"Row {first} is missing: {what} knows row {number}.")
    elif found != digest:
        yield Fault(number, "anchor", f"Row {number} is not the one that {what} knows.")


def _missing_locks(session: Session) -> Iterator[Fault]:
    tables = sorted(Base.metadata.tables)
    if session.connection().dialect.name == "sqlite":
        wanted = {f"{t}_no_{verb}" for t in tables for verb in ("update", "delete", "replace")}
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        wanted = {f"{t}_no_{verb}" for t in tables for verb in ("update", "delete", "truncate")}
        query = (
            "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
            "WHERE tgenabled IN ('O', 'A') AND relnamespace = current_schema()::regnamespace"
        )
    for name in sorted(wanted - set(session.scalars(text(query)))):
        yield Fault(None, "lock", f"The lock {name} of the database was taken off.")


def _places(session: Session) -> dict[str, tuple[int, str]]:
    """Each array's SHA-256 to the first version that needs it."""
    found: dict[str, tuple[int, str]] = {}
    rows = session.execute(
        select(ArrayRow.sha256, ArrayRow.audit_number, ArrayRow.path, VersionRow.case_id)
        .outerjoin(VersionRow, VersionRow.audit_number == ArrayRow.audit_number)
        .order_by(ArrayRow.audit_number, ArrayRow.path)
    )
    for digest, number, path, case_id in rows:
        found.setdefault(digest, (number, f"{path} of case {case_id}"))
    return found


def _array_faults(places: dict[str, tuple[int, str]], arrays: ArrayFiles) -> Iterator[Fault]:
    for digest, (number, what) in places.items():
        state = arrays.state(digest)
        if state != "whole":
            says = "is missing" if state == "missing" else "does not match its hash"
            yield Fault(number, "array", f"The array file {digest[:12]}... ({what}) {says}.")
