"""Reads the readable half of a folder: one JSON document that says what it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hepatica.errors import InvalidInput


def read_document(path: Path, schema: str, where: str, again: str) -> dict[str, Any]:
    """The document, if it is there, can be read and is of the schema.

    Parameters
    ----------
    path : Path
    schema : str
    where : str
        How messages name what it belongs to: ``Case folder demo``.
    again : str
        What to do when it is damaged, a sentence.

    Raises
    ------
    InvalidInput
        If not.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise InvalidInput(f"{where}: {path.name} is damaged. {again}") from error
    if not isinstance(document, dict) or document.get("schema") != schema:
        raise InvalidInput(f"{where}: {path.name} is not of schema {schema}.")
    return document


def require_version(document: dict[str, Any], version: int, what: str) -> None:
    """Refuse a document of another version.

    Raises
    ------
    InvalidInput
        If it is of one.
    """
    if document.get("version") != version:
        raise InvalidInput(
            f"{what} has version {document.get('version')}; this Hepatica reads version {version}. "
            "Read it with the Hepatica that wrote it."
        )
