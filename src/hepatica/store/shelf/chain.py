"""The chain of the audit trail: each row's hash covers the row and the hash of the row before it.

A row that is changed, removed or slipped in breaks the chain at its place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, replace
from hashlib import sha256
from typing import Any

from hepatica.store.shelf.records import AuditRow, Fault

FIRST = ""
"""What the first row gives as the hash of the row before it."""


def text_digest(text: str) -> str:
    """SHA-256 of a text in UTF-8."""
    return sha256(text.encode("utf-8")).hexdigest()


def content_digest(documents: Mapping[str, str], arrays: Mapping[str, str]) -> str:
    """SHA-256 of a version of a case.

    Parameters
    ----------
    documents, arrays : dict
        From the name of each file in the case folder to the SHA-256 of its content.
    """
    return text_digest(_plain([sorted(documents.items()), sorted(arrays.items())]))


def sealed(row: AuditRow, lineage: str) -> AuditRow:
    """The row with its hash: SHA-256 of the lineage of the shelf and of all other entries."""
    entries = [lineage, *astuple(replace(row, hash=""))[:-1]]
    return replace(row, hash=text_digest(_plain(entries)))


def broken_links(rows: Iterable[AuditRow], lineage: str) -> Iterator[Fault]:
    """Every row that is not as it was written, and every gap, in order.

    Parameters
    ----------
    rows : sorted by number
    lineage : str
    """
    number, last_hash, last_is_whole = 0, FIRST, True
    for row in rows:
        is_whole = sealed(row, lineage).hash == row.hash
        if row.number != number + 1:
            yield _missing(number + 1, row.number - 1)
        # A row that was changed itself says nothing about the one before it.
        elif row.previous != last_hash and is_whole and last_is_whole:
            yield _not_the_one_before(row)
        if not is_whole:
            yield Fault(
                row.number, "row", f"Row {row.number} was changed: its hash does not fit it."
            )
        number, last_hash, last_is_whole = row.number, row.hash, is_whole


def _missing(first: int, last: int) -> Fault:
    rows = f"Row {first} is" if first == last else f"Rows {first} to {last} are"
    return Fault(first, "missing", f"{rows} missing.")


def _not_the_one_before(row: AuditRow) -> Fault:
    if row.number == 1:
        return Fault(1, "row", "Row 1 is not the beginning that was written.")
    return Fault(
        row.number - 1,
        "row",
        f"Row {row.number - 1} is not the one that row {row.number} was written after: it was "
        "replaced.",
    )


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))
