"""Remembers which files Hepatica wrote into a folder, so that only these are ever deleted again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from hepatica.errors import UsageError

VERSION = 1
_SHOWN = 3


def write_manifest(
    folder: Path, name: str, files: Iterable[Path], said: Mapping[str, Any] | None = None
) -> Path:
    """List files of a folder, each with its SHA-256, in a document within that folder.

    Parameters
    ----------
    folder : Path
    name : what wrote the files; the document is ``NAME.json``
    files : paths within the folder
    said : what else the document says
    """
    path = folder / f"{name}.json"
    listed = {file.relative_to(folder).as_posix(): _digest(file) for file in files}
    document = {
        "schema": f"hepatica/{name}-files",
        "version": VERSION,
        "research_use_only": True,
        **(said or {}),
        "files": dict(sorted(listed.items())),
    }
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def files_in(folder: Path, name: str) -> list[Path]:
    """Everything in a folder and below that is no folder, without the manifest itself."""
    return [path for path in _walk(folder) if path != folder / f"{name}.json"]


def add_to_manifest(folder: Path, name: str, files: Iterable[Path]) -> None:
    """List more files of a folder; those listed keep the SHA-256 that they were written with."""
    path = folder / f"{name}.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["files"].update({f.relative_to(folder).as_posix(): _digest(f) for f in files})
    document["files"] = dict(sorted(document["files"].items()))
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def remove_listed(folder: Path, name: str, what: str) -> None:
    """Delete what an earlier run wrote; nothing at all when there is anything else.

    Parameters
    ----------
    folder : Path
        May hold nothing, or only files that its manifest lists and nobody changed since.
    name : as in `write_manifest`
    what : the thing that was written, for the message

    Raises
    ------
    UsageError
        As `require_listed`.
    """
    for path in require_listed(folder, name, what):
        path.unlink()
    (folder / f"{name}.json").unlink(missing_ok=True)
    _remove_empty_folders(folder)


def require_listed(folder: Path, name: str, what: str) -> list[Path]:
    """The files that an earlier run wrote into a folder, if there is nothing else in it.

    Parameters
    ----------
    folder, name, what : as in `remove_listed`

    Raises
    ------
    UsageError
        Naming the files that are not listed, or were changed.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file; {what} needs a folder. Choose another --out.")
    present = files_in(folder, name)
    listed = _listed(folder / f"{name}.json")
    foreign = [
        p.relative_to(folder).as_posix() for p in present if not _is_listed(p, folder, listed)
    ]
    if foreign:
        why = f"is not {what} that Hepatica wrote" if listed is None else f"holds more than {what}"
        shown = ", ".join(foreign[:_SHOWN]) + (", ..." if len(foreign) > _SHOWN else "")
        raise UsageError(
            f"{folder} {why}: {len(foreign)} file(s) are not listed in {name}.json or were changed "
            f"since ({shown}). --force never deletes these: choose another --out, or move them."
        )
    return present


def _listed(path: Path) -> dict[str, str] | None:
    """File name to SHA-256; None where there is no such manifest."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    schema = f"hepatica/{path.stem}-files"
    if not isinstance(document, dict) or document.get("schema") != schema:
        return None
    files = document.get("files")
    return files if isinstance(files, dict) else None


def _is_listed(path: Path, folder: Path, listed: Mapping[str, str] | None) -> bool:
    if listed is None or path.is_symlink() or not path.is_file():
        return False
    digest = listed.get(path.relative_to(folder).as_posix())
    return digest is not None and digest == _digest(path)


def _walk(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        folders.sort()
        linked = [name for name in folders if (Path(where) / name).is_symlink()]
        yield from (Path(where) / name for name in sorted([*names, *linked]))


def _remove_empty_folders(folder: Path) -> None:
    for where, _, _ in os.walk(folder, topdown=False):
        if Path(where) != folder:
            Path(where).rmdir()


def _digest(path: Path) -> str:
    mark = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            mark.update(block)
    return mark.hexdigest()
