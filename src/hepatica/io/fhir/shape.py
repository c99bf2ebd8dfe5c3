"""Looks into JSON that others wrote without trusting its shape: what is missing or odd is empty."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

Json = dict[str, Any]


def part(found: object, key: str) -> Json:
    """The object under a key; empty if there is none."""
    value = found.get(key) if isinstance(found, Mapping) else None
    return value if isinstance(value, dict) else {}


def rows(found: object, key: str) -> list[Json]:
    """The objects of the list under a key; a single object counts as a list of one."""
    value = found.get(key) if isinstance(found, Mapping) else None
    many = value if isinstance(value, list) else [value]
    return [one for one in many if isinstance(one, dict)]


def words(found: object, key: str) -> str:
    """The text under a key, or a number as text; empty if there is none."""
    value = found.get(key) if isinstance(found, Mapping) else None
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def name_of(concept: Json) -> str:
    """What a concept is called: its text, else the display or the code of its first coding."""
    first = next(iter(rows(concept, "coding")), {})
    return words(concept, "text") or words(first, "display") or words(first, "code")


def extension(found: object, url: str) -> list[Json]:
    """All extensions of that name."""
    return [row for row in rows(found, "extension") if row.get("url") == url]


def inner(found: Json, url: str, value: str) -> Any:
    """The value of the first extension of that name inside another."""
    row = next(iter(extension(found, url)), {})
    return row.get(value)


def whole(found: Json, url: str, value: str) -> int | None:
    """The whole number of the first extension of that name inside another."""
    number = inner(found, url, value)
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def day_of(text: str) -> date | None:
    """The day of a FHIR date or dateTime as it was written, in the place where it was written.

    None if the text names no day: FHIR allows a year or a month alone.
    """
    found = re.fullmatch(r"(\d{4}-\d{2}-\d{2})(T.*)?", text)
    if found is None:
        return None
    try:
        return date.fromisoformat(found[1])
    except ValueError:
        return None


def profiled(resource: Json, name: str) -> bool:
    """Whether the resource says that it follows the profile, in any version."""
    profiles = part(resource, "meta").get("profile")
    named = profiles if isinstance(profiles, list) else []
    return any(str(one).partition("|")[0].endswith(f"/{name}") for one in named)
