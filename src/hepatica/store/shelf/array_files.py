"""The array files beside the database, each named by the SHA-256 of its content."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from uuid import uuid4

from hepatica.errors import Inconsistent, InvalidInput
from hepatica.store.arrays import digest_of
from hepatica.store.shelf.durable import copy_bytes, sync_folder, unfinished_text, write_text
from hepatica.store.shelf.records import Tidied

SCHEMA = "hepatica/shelf-arrays"
VERSION = 1
ANCHOR = "shelf.json"

State = Literal["whole", "missing", "damaged"]

# A content, a copy that was not finished, an anchor that was not finished.
_OURS = re.compile(r"[0-9a-f]{64}|\.new-.*|\.shelf\.json-.*")
_ANCHOR_IS_WRITTEN_WITHIN_S = 3600.0


@dataclass(frozen=True)
class Anchor:
    """Whose arrays these are, and how far the audit trail had come: kept outside the database.

    ``rows`` and ``head`` are the number and the hash of a row that was written; 0 before any.
    """

    incarnation: str
    rows: int
    head: str


@dataclass(frozen=True)
class ArrayFiles:
    """A folder of files that are named by their content."""

    folder: Path

    def path(self, digest: str) -> Path:
        """Where the content with this SHA-256 lies."""
        return self.folder / digest[:2] / digest

    def state(self, digest: str) -> State:
        """Whether the file has the content that its name says."""
        path = self.path(digest)
        if not path.is_file():
            return "missing"
        return "whole" if digest_of(path) == digest else "damaged"

    def add(self, source: Path, digest: str) -> State:
        """Keep a file, and return how its place was before.

        Raises
        ------
        InvalidInput
            If the content of ``source`` has another SHA-256.
        """

        def fill(desk: Path) -> None:
            if copy_bytes(source, desk) != digest:
                raise InvalidInput(
                    f"The file {source.name} changed while it was put on the shelf. Nothing was "
                    "kept; put the case again."
                )

        return self._filled(digest, fill)

    def add_from(self, other: ArrayFiles, digest: str, where: str) -> State:
        """Keep a content of another such folder, and return how its place was before.

        Raises
        ------
        Inconsistent
            If it is missing or damaged there.
        """
        return self._filled(digest, lambda desk: other.copy_out(digest, desk, where))

    def copy_out(self, digest: str, target: Path, where: str) -> None:
        """Copy a content into a new file.

        Raises
        ------
        Inconsistent
            If the file is missing or does not have that content.
        """
        path = self.path(digest)
        if not path.is_file() or copy_bytes(path, target) != digest:
            raise Inconsistent(
                f"{where}: the array file {digest[:12]}... of the shelf is missing or damaged. "
                "'hepatica audit verify' lists all of them; put the case again from its folder, "
                "or restore a backup."
            )

    def tidy(self, needed: Collection[str]) -> Tidied:
        """Remove what no case needs; files that are not the shelf's are left and named."""
        removed, size, foreign = 0, 0, []
        for path in sorted(self._files()):
            if path.name in needed or self._is_anchor(path):
                continue
            if not _OURS.fullmatch(path.name):
                foreign.append(str(path.relative_to(self.folder)))
                continue
            size += path.stat().st_size
            path.unlink()
            removed += 1
        return Tidied(removed, size, tuple(foreign))

    def anchor(self) -> Anchor | None:
        """The anchor; None where there is none.

        Raises
        ------
        Inconsistent
            If it cannot be read.
        """
        path = self.folder / ANCHOR
        if not path.is_file():
            return None
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            return Anchor(str(found["incarnation"]), int(found["rows"]), str(found["head"]))
        except (ValueError, KeyError, TypeError) as error:
            raise Inconsistent(
                f"The file {path} is damaged; it says which shelf these arrays belong to. Restore "
                "a backup."
            ) from error

    def set_anchor(self, anchor: Anchor) -> None:
        """Write the anchor in one step; the folder is made, closed to others, if need be."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        document = {"schema": SCHEMA, "version": VERSION, **vars(anchor)}
        write_text(self.folder / ANCHOR, json.dumps(document, indent=1) + "\n")

    def _filled(self, digest: str, fill: Callable[[Path], None]) -> State:
        """The name appears only when all of the content is on the disk."""
        state = self.state(digest)
        if state == "whole":
            return state
        shard = self.path(digest).parent
        if not shard.is_dir():
            shard.mkdir(parents=True, exist_ok=True)
            sync_folder(self.folder)
        desk = self.folder / f".new-{uuid4().hex}"
        try:
            fill(desk)
            desk.replace(self.path(digest))
        finally:
            desk.unlink(missing_ok=True)
        sync_folder(shard)
        return state

    def _is_anchor(self, path: Path) -> bool:
        """The anchor, or one that another process may be writing, for which it needs no lock."""
        anchor = self.folder / ANCHOR
        if path.parent == self.folder and path.name.startswith(unfinished_text(anchor)):
            return time.time() - path.stat().st_mtime < _ANCHOR_IS_WRITTEN_WITHIN_S
        return path == anchor

    def _files(self) -> Iterator[Path]:
        return (path for path in self.folder.rglob("*") if path.is_file() or path.is_symlink())
