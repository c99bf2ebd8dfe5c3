"""What a case folder holds, as the shelf keeps it: documents to the last character, and arrays."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from hepatica.errors import InvalidInput, UsageError
from hepatica.store.case_folder import is_case_folder, read_case
from hepatica.store.record_file import has_record, read_record
from hepatica.store.shelf.chain import content_digest, text_digest

DOCUMENTS = ("case.json", "record.json", "run.json")
"""Every document that a case folder may hold."""


_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Contents:
    """The files of a case folder.

    Parameters
    ----------
    folder : Path
    case_id : str
    documents : dict
        Name to text.
    arrays : dict
        Path inside of the folder to the SHA-256 that case.json gives for it.
    """

    folder: Path
    case_id: str
    documents: dict[str, str]
    arrays: dict[str, str]

    @cached_property
    def document_digests(self) -> dict[str, str]:
        """Name to SHA-256 of the text."""
        return {name: text_digest(text) for name, text in self.documents.items()}

    @property
    def content(self) -> str:
        """SHA-256 of all of it."""
        return content_digest(self.document_digests, self.arrays)


def contents_of(folder: Path) -> Contents:
    """Read a case folder with images, a record, or both, and check all of it.

    Raises
    ------
    InvalidInput
        If it is no case folder, or is damaged.
    Inconsistent
        If the record is of another case than the images.
    UsageError
        If it holds files that are not part of a case: they might tell who the patient is.
    """
    folder = folder.resolve()
    case_id = _checked_case_id(folder)
    documents = {name: _text(folder / name) for name in DOCUMENTS if (folder / name).is_file()}
    arrays = dict(_arrays(json.loads(documents.get("case.json", "{}"))))
    _require_own_arrays(folder, arrays)
    _require_nothing_else(folder, {*documents, *arrays})
    return Contents(folder, case_id, documents, arrays)


def _checked_case_id(folder: Path) -> str:
    has_images, has_facts = is_case_folder(folder), has_record(folder)
    if not has_images and not has_facts:
        raise InvalidInput(
            f"{folder.name} is no case folder: it has neither case.json nor record.json. Make one "
            "with 'hepatica case import' or 'hepatica case new'."
        )
    found = read_record(folder).case_id if has_facts else ""
    case_id = read_case(folder).case_id if has_images else found
    if "\x00" in case_id:
        raise InvalidInput(f"Case folder {folder.name}: its case_id holds a NUL character.")
    return case_id


def _text(path: Path) -> str:
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"Case folder {path.parent.name}: {path.name} is not UTF-8. Write it again."
        ) from error
    if "\x00" in text:
        raise InvalidInput(
            f"Case folder {path.parent.name}: {path.name} holds a NUL character. Write it again."
        )
    return text


def _arrays(node: Any) -> Iterator[tuple[str, str]]:
    """Every ``file`` with its ``sha256``, wherever case.json names one."""
    if isinstance(node, dict):
        if isinstance(node.get("file"), str) and isinstance(node.get("sha256"), str):
            yield node["file"], node["sha256"]
        for value in node.values():
            yield from _arrays(value)
    elif isinstance(node, list):
        for value in node:
            yield from _arrays(value)


def _require_own_arrays(folder: Path, arrays: dict[str, str]) -> None:
    for name, digest in arrays.items():
        path = folder / name
        inside = path.resolve().is_relative_to(folder)
        if not inside or not path.is_file() or not _DIGEST.fullmatch(digest):
            raise InvalidInput(
                f"Case folder {folder.name}: case.json names {name}, which is no file of it "
                "with a SHA-256. Import the case again."
            )


def _require_nothing_else(folder: Path, ours: set[str]) -> None:
    files = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir())
    foreign = sorted(name for name in files if name not in ours)
    if foreign:
        raise UsageError(
            f"The folder {folder.name} holds files that are not part of a case "
            f"({', '.join(foreign[:3])}). The shelf keeps cases only: move them elsewhere."
        )
