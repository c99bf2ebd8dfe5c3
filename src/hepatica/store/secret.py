"""The user's secret, from which pseudonymous identifiers are made."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from hepatica.errors import InvalidInput

BYTES = 32


def pseudonym_secret(path: Path | None = None) -> tuple[bytes, bool]:
    """The secret of this user, made on first use, and whether it is new.

    Whoever has it can tell which original identifier became which; who loses it cannot bring later
    files of a patient together with earlier ones.

    Parameters
    ----------
    path : Path, optional
        A file with at least 16 bytes; by default one in the user's data folder.

    Raises
    ------
    InvalidInput
        If the file that was named does not exist or is too short.
    """
    if path is not None:
        return _read(path), False
    own = default_path()
    if own.exists():
        return _read(own), False
    own.parent.mkdir(parents=True, exist_ok=True)
    made = secrets.token_bytes(BYTES)
    handle = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(made)
    return made, True


def default_path() -> Path:
    """Where the secret lies unless the user says otherwise."""
    data = os.environ.get("XDG_DATA_HOME", "")
    return (Path(data) if data else Path.home() / ".local/share") / "hepatica/pseudonym.key"


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise InvalidInput(f"There is no secret in {path}. Name the file with --pseudonym-key.")
    found = path.read_bytes()
    if len(found) < 16:
        raise InvalidInput(
            f"The secret in {path} has {len(found)} bytes; it needs 16 or more. Make one with: "
            "head -c 32 /dev/urandom"
        )
    return found
