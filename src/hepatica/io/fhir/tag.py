"""What a fact of the record knows beyond the elements of a FHIR resource, kept in an extension.

The value itself always stands in the standard elements, where every system reads it; the
extension holds where it was read, the words that stood there, and its place in the record.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from hepatica.case.record import COMPARATORS, Comparator, Fact, field_named
from hepatica.io.fhir.shape import Json, extension, part, rows, words
from hepatica.io.fhir.terminology import OWN, OWN_TAG

FACT = OWN + "StructureDefinition/fact"


@dataclass(frozen=True)
class Tag:
    """The extension of one fact; ``place`` is its number in the record."""

    field: str
    place: int
    item: str = ""
    on: date | None = None
    source: str = ""
    stated: str = ""
    recorded_at: datetime | None = None
    unit: str | None = None
    comparator: Comparator | None = None
    text: str | None = None
    empty_reference: bool = False


def is_plain(text: str) -> bool:
    """Whether a FHIR string can hold the text: not blank, and no control characters."""
    odd = re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]", text)
    return bool(text.strip()) and odd is None


def written_tag(fact: Fact, place: int, with_day: bool) -> Json:
    """The extension of a fact; ``with_day`` where the resource has no element for its date."""
    numeric = field_named(fact.field).kind in ("quantity", "count") and fact.absent is None
    quantity = field_named(fact.field).kind == "quantity" and fact.absent is None
    parts: list[Json] = [
        {"url": "field", "valueCode": fact.field},
        {"url": "place", "valueUnsignedInt": place},
    ]
    texts = {
        "item": fact.item,
        "source": fact.source,
        "stated": fact.stated,
        "unit": "" if quantity else fact.unit,
        "comparator": "" if numeric else fact.comparator or "",
        "recorded-at": fact.recorded_at.isoformat() if fact.recorded_at else "",
    }
    parts += [_text(url, text) for url, text in texts.items() if text]
    if with_day and fact.on is not None:
        parts.append({"url": "on", "valueDate": fact.on.isoformat()})
    if isinstance(fact.value, str) and not is_plain(fact.value):
        parts.append(_text("text", fact.value))
    if fact.reference is not None and fact.reference.low is None and fact.reference.high is None:
        parts.append({"url": "empty-reference", "valueBoolean": True})
    return {"url": FACT, "extension": parts}


def is_ours(resource: Json) -> bool:
    """Whether the resource was written by Hepatica, even if no fact stands in it."""
    return any(row.get("system") == OWN_TAG for row in rows(part(resource, "meta"), "tag"))


def tags_of(resource: Json) -> tuple[list[Tag], int]:
    """The tags of a resource, and how many of its extensions of that name cannot be read."""
    found, odd = [], 0
    for row in extension(resource, FACT):
        try:
            found.append(_tag(row))
        except (KeyError, ValueError, TypeError):
            odd += 1
    return found, odd


def _tag(row: Json) -> Tag:
    said = {words(one, "url"): _value(one) for one in rows(row, "extension")}
    texts = {key: said.get(key) for key in _TEXTS}
    if any(not isinstance(text, str | None) for text in texts.values()):
        raise ValueError(row)
    recorded, day = texts["recorded-at"], texts["on"]
    return Tag(
        field=str(texts["field"]),
        place=int(said["place"]),
        item=texts["item"] or "",
        on=date.fromisoformat(day) if day else None,
        source=texts["source"] or "",
        stated=texts["stated"] or "",
        recorded_at=datetime.fromisoformat(recorded) if recorded else None,
        unit=texts["unit"],
        comparator=_comparator(texts["comparator"]),
        text=texts["text"],
        empty_reference=bool(said.get("empty-reference")),
    )


_TEXTS = ("field", "item", "on", "source", "stated", "recorded-at", "unit", "comparator", "text")


def _comparator(said: str | None) -> Comparator | None:
    if said is not None and said not in COMPARATORS:
        raise ValueError(said)
    return cast(Comparator | None, said)


def _text(url: str, text: str) -> Json:
    if is_plain(text):
        return {"url": url, "valueString": text}
    packed = base64.b64encode(json.dumps(text).encode("ascii")).decode("ascii")
    return {"url": url, "valueBase64Binary": packed}


def _value(row: Json) -> Any:
    key = next((key for key in row if key.startswith("value")), "value")
    if key == "valueBase64Binary":
        return json.loads(base64.b64decode(row[key]))
    return row[key]
