"""Files that are on the disk, whole, once they carry their name; a power cut changes nothing."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from uuid import uuid4


def write_text(path: Path, text: str) -> None:
    """Replace a file in one step."""
    desk = path.with_name(f"{unfinished_text(path)}{uuid4().hex}")
    try:
        with desk.open("wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        desk.replace(path)
    finally:
        desk.unlink(missing_ok=True)
    sync_folder(path.parent)


def unfinished_text(path: Path) -> str:
    """How the names begin under which `write_text` prepares a file."""
    return f".{path.name}-"


def reveal(new: Path, folder: Path) -> None:
    """Give a finished folder its name; an empty folder of that name makes room."""
    if folder.exists():
        folder.rmdir()
    new.replace(folder)
    sync_folder(folder.parent)


def copy_bytes(source: Path, target: Path) -> str:
    """Copy a file onto the disk and return the SHA-256 of what was copied."""
    mark = sha256()
    with source.open("rb") as old, target.open("xb") as new:
        while block := old.read(1 << 20):
            mark.update(block)
            new.write(block)
        new.flush()
        os.fsync(new.fileno())
    return mark.hexdigest()


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk, where the system knows how."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
