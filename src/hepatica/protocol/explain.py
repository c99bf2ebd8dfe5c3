"""What the schema refuses, said so that the writer of the document can mend it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hepatica.document.fault import Fault, Path, did_you_mean, nearest, quoted
from hepatica.document.refusals import BOUNDS, TYPES
from hepatica.document.text import Tree
from hepatica.protocol.resolve import block_at, fields_of, keys_of

_UNITS = {
    "_gy": "Gy",
    "_mm": "mm",
    "_cc": "cc",
    "_mg": "mg",
    "_hours": "hours",
    "_days": "days",
    "_weeks": "weeks",
    "_months": "months",
    "_minutes": "minutes",
    "_celsius": "degrees Celsius",
    "_percent": "per cent",
}
_OTHERWISE = {
    "string_pattern_mismatch": "{shown} is not a name here; it must match {pattern}.",
    "too_short": "the list is too short: {message}.",
    "string_too_short": "is empty; write some text.",
    "finite_number": "{shown} is not a number that can be measured.",
}


def schema_faults(error: ValidationError, tree: Tree) -> Iterator[Fault]:
    """Every fault that the schema found, with its place in the text."""
    details = [(tuple(detail["loc"]), detail) for detail in error.errors(include_url=False)]
    unknown = {path for path, detail in details if detail["type"] == "extra_forbidden"}
    missing = {path for path, detail in details if detail["type"] == "missing"}
    within = {path[:-1] for path, _ in details}
    meant = dict(_meant(unknown, missing, tree))
    for path, detail in details:
        if path in unknown:
            yield tree.fault(path, _unknown_key(path, meant.get(path), tree), at_key=True)
        elif detail["type"] == "too_short" and any(other[: len(path)] == path for other in within):
            continue  # its entries are there, but each has a fault of its own
        elif path not in missing:
            yield _wrong_value(path, detail, tree)
        elif path not in meant.values():
            yield tree.fault(path, _missing_key(path), at_key=True)


def _meant(unknown: set[Path], missing: set[Path], tree: Tree) -> Iterator[tuple[Path, Path]]:
    """Unknown keys that stand where a required key is missing: one fault, not two."""
    for path in sorted(unknown, key=lambda p: tree.keys.get(p, (0, 0))):
        absent = [other[-1] for other in missing if other[:-1] == path[:-1]]
        near = nearest(str(path[-1]), map(str, absent))
        if near is not None:
            missing = missing - {(*path[:-1], near)}
            yield path, (*path[:-1], near)


def _unknown_key(path: Path, meant: Path | None, tree: Tree) -> str:
    key = path[-1]
    if meant is not None:
        return f"{key} is not a key here; did you mean {meant[-1]}? (It is required.)"
    block = block_at(path[:-1])
    written = tree.at(path[:-1])
    free = [k for k in keys_of(block) if k not in (written or ())] if block is not None else []
    return f"{key} is not a key here; {did_you_mean(str(key), free)}"


def _missing_key(path: Path) -> str:
    block = block_at(path[:-1])
    field = None if block is None else fields_of(block).get(str(path[-1]))
    what = "" if field is None or field.description is None else f" {_plain(field.description)}"
    return f"{path[-1]} is missing.{what}"


def _wrong_value(path: Path, detail: ErrorDetails, tree: Tree) -> Fault:
    at = tree.at(path)
    has_own_source = isinstance(at, dict) and "value" in at and block_at(path) is None
    place = (*path, "value") if has_own_source else path
    return tree.fault(place, _said(path, detail, tree.at(place)))


def _said(path: Path, detail: ErrorDetails, value: Any) -> str:
    kind, context, unit = detail["type"], detail.get("ctx", {}), _unit(path)
    shown = quoted(value)
    if kind == "words":
        return _with_value(str(detail["msg"]), value)
    if kind == "literal_error":
        return _not_among(re.findall(r"'([^']*)'", str(context["expected"])), value)
    if kind in TYPES:
        wanted = f"{TYPES[kind]} in {unit}" if unit else TYPES[kind]
        return f"{shown} is not {wanted}.{_as_number(value)}"
    if kind in BOUNDS:
        word, key = BOUNDS[kind]
        allowed = f"{word} {context[key]:g} {unit}".rstrip()
        return f"{shown} is out of range; {allowed} is allowed.{_slip(value, unit, context)}"
    return _OTHERWISE.get(kind, "{shown}: {message}.").format(
        shown=shown, pattern=context.get("pattern"), message=detail["msg"]
    )


def _not_among(allowed: list[str], value: Any) -> str:
    near = nearest(str(value), allowed) if len(allowed) > 1 else None
    hint = f" Did you mean {near}?" if near else ""
    return f"{quoted(value)} is not known here; allowed: {', '.join(allowed)}.{hint}"


def _with_value(message: str, value: Any) -> str:
    shown = quoted(value)
    told = isinstance(value, dict | tuple) or shown.strip("'") in message
    return message if told else f"{shown} is not understood; {message}"


def _unit(path: Path) -> str:
    key = next((step for step in reversed(path) if isinstance(step, str)), "")
    if "per_fraction" in key:
        return "Gy per fraction"
    return next((unit for suffix, unit in _UNITS.items() if suffix in key), "")


def _as_number(value: Any) -> str:
    """``'60 Gy'``: the unit is in the key, so only the number is written."""
    found = re.match(r"\s*(\d+(?:[.,]\d+)?)", value) if isinstance(value, str) else None
    if found is None:
        return ""
    return f" Write {found[1].replace(',', '.')} without unit or quotation marks."


def _slip(value: Any, unit: str, context: dict[str, Any]) -> str:
    if not isinstance(value, int | float):
        return ""
    if unit == "Gy" and value > context.get("le", float("inf")) >= value / 100:
        return f" Is it in cGy? Then write {value / 100:g}."
    if context.get("lt") == 1 and 1 <= value < 100:
        return f" Is it per cent? Then write {value / 100:g}."
    return ""


def _plain(description: str) -> str:
    return description.replace("`", "")
