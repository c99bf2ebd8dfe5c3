"""The keys of a protocol document, listed for people (Markdown) and for editors (JSON Schema)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hepatica.protocol.modalities import NEEDS
from hepatica.protocol.parts import Block, Sourced
from hepatica.protocol.resolve import BOOKKEEPING, blocks_in, fields_of, keys_of
from hepatica.protocol.schema import Protocol

_UNITS = {
    "_per_fraction": "Gy per fraction",
    "_gy": "Gy",
    "_mm": "mm",
    "_mg": "mg",
    "_hours": "hours",
    "_days": "days",
    "_weeks": "weeks",
    "_months": "months",
    "_minutes": "minutes",
    "_celsius": "degrees Celsius",
    "_percent": "per cent",
}
_TYPES = {
    "string": "text",
    "number": "number",
    "integer": "whole number",
    "boolean": "true or false",
}
_BOUNDS = {
    "exclusiveMinimum": "above",
    "minimum": "from",
    "exclusiveMaximum": "below",
    "maximum": "to",
}
_NOTATIONS = ("TG-263 metric", "fact is answer")
_OWN_SOURCE: dict[str, Any] = {
    "description": "A value with a source of its own.",
    "type": "object",
    "properties": {
        "value": {},
        "source": {"type": "string"},
        "status": {"enum": ["verified", "recalled"]},
        "note": {"type": "string"},
        "reading": {"type": "string"},
    },
    "required": ["value", "source"],
    "additionalProperties": False,
}
_INTRODUCTION = """# Keys of a protocol document

Every key that a document may hold, block by block. A key that is not listed is refused. A star
marks the keys that must be there. Units are in the names of the keys: `cap_gy` is in Gy,
`margin_mm` in mm. A bound (`at_most`, `at_least`) is in the unit of its metric.

Blocks with numbers also hold these three keys. A block inside a block has the outer one's source
unless it names its own.

| key | value | meaning |
| --- | --- | --- |
| `source` | text | Name of an entry in `sources`, a comma, and the place in it. |
| `status` | `verified`, `recalled` | Taken from the source where it is left out. |
| `note` | text | A remark for the reader of the report. |

A single value may have a source of its own: it is then written `{value: ..., source: ...}`, with
`status`, `note` and `reading` (how an ambiguous text was read) where they help."""


def blocks() -> Iterator[tuple[str, type[Block]]]:
    """Every kind of block with the path at which it first stands, in the order of a document."""
    seen: set[type[Block]] = set()
    for path, block in _blocks("", Protocol, ()):
        if block not in seen:
            seen.add(block)
            yield path, block


def protocol_schema() -> dict[str, Any]:
    """The JSON Schema of a protocol document, for editors that complete and check while typing.

    What spans several blocks (names that must exist, strata that must join) is not in it; that
    is checked when the document is read.
    """
    schema = Protocol.model_json_schema()
    definitions: dict[str, Any] = schema["$defs"]
    definitions.pop("Stated", None)
    for path, block in _blocks("", Protocol, ()):
        written = definitions[block.__name__] if path else schema
        optional = _inherited(path, block)
        written["required"] = [key for key in written.get("required", ()) if key not in optional]
    for path, block in blocks():
        if issubclass(block, Sourced):
            _allow_own_source(definitions[block.__name__] if path else schema)
    definitions["OwnSource"] = _OWN_SOURCE
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Hepatica treatment protocol"
    schema["allOf"] = [
        {
            "if": {"properties": {"modality": {"const": modality}}},
            "then": {"required": list(needed)},
        }
        for modality, needed in NEEDS.items()
    ]
    return schema


def schema_markdown() -> str:
    """The reference of all keys as Markdown: one heading and one table per kind of block."""
    schema = Protocol.model_json_schema()
    parts = [_INTRODUCTION, _needs()]
    for path, block in blocks():
        title = f"`{path}`" if path else "The document"
        first_line = (block.__doc__ or "").strip().splitlines()[0]
        written = schema["$defs"][block.__name__] if path else schema
        parts.append(f"## {title}\n\n{first_line}\n\n{_table(path, block, written)}")
    return "\n\n".join(parts) + "\n"


def _needs() -> str:
    rows = ["| modality | parts that must be there |", "| --- | --- |"]
    rows += [
        f"| `{key}` | {', '.join(f'`{n}`' for n in needed)} |" for key, needed in NEEDS.items()
    ]
    return "\n".join(rows)


def _blocks(
    path: str, block: type[Block], within: tuple[type[Block], ...]
) -> Iterator[tuple[str, type[Block]]]:
    """Every place at which a block can stand; a criterion inside a criterion is not walked."""
    yield path, block
    for key in keys_of(block):
        inner = blocks_in(block).get(key)
        if inner is not None and inner is not block and inner not in within:
            yield from _blocks(f"{path}.{key}" if path else key, inner, (*within, block))


def _inherited(path: str, block: type[Block]) -> set[str]:
    """Keys that the program fills in: a status from its source, a source from the outer block."""
    if not issubclass(block, Sourced):
        return set()
    return {"status", "source"} if "." in path else {"status"}


def _allow_own_source(written: dict[str, Any]) -> None:
    for key, said in written["properties"].items():
        if key in BOOKKEEPING or "#/$defs/" in str(said):
            continue
        plain = {k: v for k, v in said.items() if k not in ("description", "default", "title")}
        kept = {k: v for k, v in said.items() if k not in plain}
        written["properties"][key] = {**kept, "anyOf": [plain, {"$ref": "#/$defs/OwnSource"}]}


def _table(path: str, block: type[Block], written: dict[str, Any]) -> str:
    rows = ["| key | value | meaning |", "| --- | --- | --- |"]
    needed = set(written.get("required", ())) - _inherited(path, block)
    shared = set(Sourced.model_fields) if issubclass(block, Sourced) and path else set()
    for key in (key for key in keys_of(block) if key not in shared):
        said = written["properties"][key]
        star = " \\*" if key in needed else ""
        meaning = said.get("description") or fields_of(block)[key].description or ""
        rows.append(f"| `{key}`{star} | {_value(key, said)} | {meaning} |")
    return "\n".join(rows)


def _value(key: str, said: dict[str, Any]) -> str:
    kinds = [kind for kind in said.get("anyOf", [said]) if kind.get("type") != "null"]
    unit = next((unit for suffix, unit in _UNITS.items() if suffix in key), "")
    text = " or ".join(_kind(kind, unit) for kind in kinds)
    default = said.get("default")
    if default is None or default in ([], ""):
        return text
    return f"{text}; left out: `{str(default).lower()}`"


def _kind(said: dict[str, Any], unit: str) -> str:
    if "$ref" in said:
        return "block"
    if "prefixItems" in said:
        return " and ".join(_kind(one, unit) for one in said["prefixItems"])
    if said.get("type") == "array":
        inner = _kind(said["items"], unit)
        return "list of blocks" if inner == "block" else f"list: {inner}"
    if "const" in said or "enum" in said:
        return ", ".join(f"`{value}`" for value in said.get("enum", [said.get("const")]))
    if said.get("type") == "object":
        return "one for each of " + ", ".join(said["properties"])
    bounds = [f"{word} {said[key]:g}" for key, word in _BOUNDS.items() if key in said]
    name = said.get("description") if said.get("description") in _NOTATIONS else None
    return ", ".join([name or _TYPES[said["type"]], *([unit] if unit else []), *bounds])
