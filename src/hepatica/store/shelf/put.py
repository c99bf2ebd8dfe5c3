"""Keeps the content of a case folder as the next version of its case."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from hepatica.errors import Inconsistent, UsageError
from hepatica.store.shelf.array_files import ArrayFiles
from hepatica.store.shelf.contents import Contents
from hepatica.store.shelf.models import ArrayRow, DocumentRow, VersionRow
from hepatica.store.shelf.records import Status, Stored
from hepatica.store.shelf.take import digests_of, newest_version
from hepatica.store.shelf.trail import Deed, append

_NAMED = 5


@dataclass(frozen=True)
class Putting:
    """A case to be put, by whom, why, and onto which version."""

    contents: Contents
    who: str
    why: str
    onto: int | None


def put(session: Session, lineage: str, arrays: ArrayFiles, wish: Putting) -> Stored:
    """Keep it; the transaction must be the only writer. See `Shelf.put`."""
    contents = wish.contents
    last = newest_version(session, contents.case_id)
    _require_onto(wish, last)
    if last is not None and last.content != contents.content and not wish.why:
        raise UsageError(
            f"Case {contents.case_id} is on the shelf as version {last.version}, and this one "
            "differs. Say why it changes with --why."
        )
    states = [arrays.add(contents.folder / p, digest) for p, digest in contents.arrays.items()]
    if last is None or last.content != contents.content:
        return _kept(session, lineage, wish, states.count("damaged"))
    mended = len(states) - states.count("whole")
    if mended:
        details = f"version {last.version}: {mended} array files were missing or damaged"
        deed = Deed(wish.who, "repair", contents.case_id, details, why=wish.why)
        append(session, lineage, deed)
    return Stored(contents.case_id, last.version, "unchanged", last.content, mended)


def _kept(session: Session, lineage: str, wish: Putting, repaired: int) -> Stored:
    contents = wish.contents
    last = newest_version(session, contents.case_id)
    version = 1 if last is None else last.version + 1
    deed = Deed(
        wish.who,
        "put",
        contents.case_id,
        _changes(session, last, contents, version),
        before="" if last is None else last.content,
        after=contents.content,
        why=wish.why,
    )
    number = append(session, lineage, deed).number
    session.add(
        VersionRow(
            audit_number=number,
            case_id=contents.case_id,
            version=version,
            content=contents.content,
        )
    )
    session.flush()
    session.add_all(_rows(number, contents))
    status: Status = "new" if last is None else "changed"
    return Stored(contents.case_id, version, status, contents.content, repaired)


def _rows(number: int, contents: Contents) -> list[DocumentRow | ArrayRow]:
    documents = [
        DocumentRow(
            audit_number=number, name=name, sha256=contents.document_digests[name], text=text
        )
        for name, text in contents.documents.items()
    ]
    arrays = [
        ArrayRow(
            audit_number=number,
            path=path,
            sha256=digest,
            size_bytes=(contents.folder / path).stat().st_size,
        )
        for path, digest in contents.arrays.items()
    ]
    return [*documents, *arrays]


def _require_onto(wish: Putting, last: VersionRow | None) -> None:
    newest = 0 if last is None else last.version
    if wish.onto is not None and wish.onto != newest:
        raise Inconsistent(
            f"Case {wish.contents.case_id}: the newest version on the shelf is {newest}, not "
            f"{wish.onto}: somebody else has changed the case. Get version {newest}, make the "
            "change there, and put that."
        )


def _changes(session: Session, last: VersionRow | None, contents: Contents, version: int) -> str:
    new = {**contents.document_digests, **contents.arrays}
    if last is None:
        return f"version 1: {len(new)} files"
    old = digests_of(session, last.audit_number)
    parts = (
        _named("changed", [n for n in new if n in old and new[n] != old[n]]),
        _named("added", [n for n in new if n not in old]),
        _named("without", [n for n in old if n not in new]),
    )
    return f"version {version}: " + "; ".join(part for part in parts if part)


def _named(verb: str, names: list[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{verb} {', '.join(sorted(names)[:_NAMED])}{more}"
