"""Takes versions of cases back from the shelf, and lists what is there."""

from __future__ import annotations

import tempfile
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hepatica.errors import Inconsistent, InvalidInput, UsageError
from hepatica.store.shelf.array_files import ArrayFiles
from hepatica.store.shelf.chain import content_digest, text_digest
from hepatica.store.shelf.durable import reveal
from hepatica.store.shelf.models import ArrayRow, AuditEntry, DocumentRow, VersionRow
from hepatica.store.shelf.records import ShelvedCase


def newest_version(session: Session, case_id: str) -> VersionRow | None:
    """The newest version of a case; None if it is not on the shelf."""
    return session.scalar(
        select(VersionRow)
        .where(VersionRow.case_id == case_id)
        .order_by(VersionRow.version.desc())
        .limit(1)
    )


def digests_of(session: Session, audit_number: int) -> dict[str, str]:
    """Every file of a version: its name to its SHA-256."""
    found: dict[str, str] = {}
    for name, row in ((DocumentRow.name, DocumentRow), (ArrayRow.path, ArrayRow)):
        chosen = select(name, row.sha256).where(row.audit_number == audit_number)
        found |= {path: digest for path, digest in session.execute(chosen)}
    return found


def array_digests(session: Session) -> frozenset[str]:
    """The SHA-256 of every array that any version needs."""
    return frozenset(session.scalars(select(ArrayRow.sha256).distinct()))


def shelved(session: Session, case_id: str | None = None) -> tuple[ShelvedCase, ...]:
    """All versions of one case or of all, in the order in which they were put."""
    sizes = (
        select(
            ArrayRow.audit_number,
            func.count().label("arrays"),
            func.sum(ArrayRow.size_bytes).label("size_bytes"),
        )
        .group_by(ArrayRow.audit_number)
        .subquery()
    )
    chosen = (
        select(VersionRow, AuditEntry.at, AuditEntry.who, AuditEntry.why)
        .add_columns(func.coalesce(sizes.c.arrays, 0), func.coalesce(sizes.c.size_bytes, 0))
        .join(AuditEntry, AuditEntry.number == VersionRow.audit_number)
        .outerjoin(sizes, sizes.c.audit_number == VersionRow.audit_number)
        .order_by(VersionRow.audit_number)
    )
    if case_id is not None:
        chosen = chosen.where(VersionRow.case_id == case_id)
    names = _document_names(session)
    return tuple(
        ShelvedCase(
            row.case_id,
            row.version,
            row.content,
            row.audit_number,
            *(at, who, why),
            names.get(row.audit_number, ()),
            *(int(arrays), int(size_bytes)),
        )
        for row, at, who, why, arrays, size_bytes in session.execute(chosen)
    )


def take(
    session: Session, arrays: ArrayFiles, wanted: tuple[str, int | None], out: Path
) -> ShelvedCase:
    """Write a version, whole or not at all, into a new folder. See `Shelf.get`."""
    out = out.resolve()
    require_new_folder(out)
    case = _chosen(session, *wanted)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as desk:
        new = Path(desk) / "new"
        new.mkdir()
        _write(session, arrays, case, new)
        reveal(new, out)
    return case


def require_new_folder(folder: Path) -> None:
    """Refuse a folder that holds anything.

    Raises
    ------
    UsageError
        If it does, or if it is a file.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            f"{folder.name} is there already and is not an empty folder. Choose another; nothing "
            "is overwritten."
        )


def _chosen(session: Session, case_id: str, version: int | None) -> ShelvedCase:
    versions = {case.version: case for case in shelved(session, case_id)}
    if not versions:
        raise InvalidInput(
            f"Case {case_id} is not on the shelf. 'hepatica shelf list' tells which are."
        )
    number = max(versions) if version is None else version
    if number not in versions:
        raise InvalidInput(
            f"Case {case_id} has no version {number} on the shelf; it has 1 to {max(versions)}."
        )
    return versions[number]


def _write(session: Session, arrays: ArrayFiles, case: ShelvedCase, folder: Path) -> None:
    where = f"Case {case.case_id}, version {case.version}"
    documents = session.execute(
        select(DocumentRow.name, DocumentRow.text).where(
            DocumentRow.audit_number == case.audit_number
        )
    ).all()
    files = session.execute(
        select(ArrayRow.path, ArrayRow.sha256).where(ArrayRow.audit_number == case.audit_number)
    ).all()
    found = content_digest({n: text_digest(t) for n, t in documents}, {p: d for p, d in files})
    if found != case.content:
        raise Inconsistent(
            f"{where}: its documents are not those that were put on the shelf. 'hepatica audit "
            "verify' names the row; restore a backup."
        )
    for name, text in documents:
        _inside(folder, name, where).write_bytes(text.encode("utf-8"))
    for path, digest in files:
        target = _inside(folder, path, where)
        target.parent.mkdir(parents=True, exist_ok=True)
        arrays.copy_out(digest, target, where)


def _inside(folder: Path, name: str, where: str) -> Path:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise Inconsistent(f"{where}: it names a file outside of its folder. Restore a backup.")
    return path


def _document_names(session: Session) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    chosen = select(DocumentRow.audit_number, DocumentRow.name)
    for number, name in session.execute(chosen.order_by(DocumentRow.name)):
        found[number] = (*found.get(number, ()), name)
    return found
