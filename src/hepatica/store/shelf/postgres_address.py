"""What an address of PostgreSQL says, in the words that users know from other programs."""

from __future__ import annotations

import os
import re
import ssl
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from hepatica.errors import UsageError

_PATIENCE_S = 10
_DEFAULT_PORT = 5432
_OPTION = re.compile(r"-c\s*([A-Za-z_][\w.]*)=(\S+)")
_SSL_MODES = ("disable", "prefer", "require", "verify-ca", "verify-full")


def connection_of(url: URL) -> tuple[URL, dict[str, Any]]:
    """The bare address, and what else a connection needs.

    Parameters
    ----------
    url : URL
        With ``sslmode``, ``options``, ``application_name`` and ``connect_timeout`` as PostgreSQL's
        own programs take them. A password that is not in it is read from PGPASSWORD or the
        password file (PGPASSFILE, else ``~/.pgpass``).

    Raises
    ------
    UsageError
        If it says anything else, or something that cannot be.
    """
    said = {name: str(value) for name, value in url.query.items()}
    arguments: dict[str, Any] = {
        "timeout": _seconds(said.pop("connect_timeout", "")),
        "ssl_context": _ssl(said.pop("sslmode", "prefer")),
        "startup_params": _options(said.pop("options", "")),
        "application_name": said.pop("application_name", "hepatica"),
    }
    if said:
        raise UsageError(
            f"The address of the shelf says {', '.join(sorted(said))}; sslmode, options, "
            "application_name and connect_timeout are understood. Leave it out."
        )
    password = url.password if url.password is not None else _password(url)
    return url.set(query={}, password=password), arguments


def _seconds(text: str) -> int:
    if text and not text.isdigit():
        raise UsageError(f"The address of the shelf: connect_timeout is {text!r}; give seconds.")
    return int(text) if text else _PATIENCE_S


def _options(text: str) -> dict[str, str]:
    found = {match[1]: match[2] for match in _OPTION.finditer(text)}
    if _OPTION.sub("", text).strip():
        raise UsageError(
            f"The address of the shelf: options are {text!r}; give them as -cname=value."
        )
    return found


def _ssl(mode: str) -> ssl.SSLContext | bool | None:
    """None tries an encrypted connection first; False never does."""
    if mode not in _SSL_MODES:
        raise UsageError(
            f"The address of the shelf: sslmode is {mode!r}; it needs to be one of "
            f"{', '.join(_SSL_MODES)}."
        )
    if mode in ("disable", "prefer"):
        return False if mode == "disable" else None
    context = ssl.create_default_context()
    if mode != "verify-full":
        context.check_hostname = False
    if mode == "require":
        context.verify_mode = ssl.CERT_NONE
    return context


def _password(url: URL) -> str | None:
    if "PGPASSWORD" in os.environ:
        return os.environ["PGPASSWORD"]
    path = Path(os.environ.get("PGPASSFILE", "~/.pgpass")).expanduser()
    if not path.is_file():
        return None
    asked = (url.host or "localhost", url.port or _DEFAULT_PORT, url.database, url.username)
    for line in path.read_text(encoding="utf-8").splitlines():
        *where, password = _parts(line)
        if len(where) == len(asked) and not line.startswith("#"):
            pairs = zip(where, asked, strict=True)
            if all(word in ("*", str(wanted or "")) for word, wanted in pairs):
                return password
    return None


def _parts(line: str) -> list[str]:
    """The fields of a line, in which a backslash protects a colon."""
    return [re.sub(r"\\(.)", r"\1", part) for part in re.split(r"(?<!\\):", line.strip())]
