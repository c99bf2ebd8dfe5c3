"""What the schema refuses in a machine document, said so that its writer can mend it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from hepatica.machine.schema import MachineDocument
from hepatica.machine.text import Path, Text

_TYPES = {
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "text",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "model_type": "a block of keys",
    "model_attributes_type": "a block of keys",
}
_BOUNDS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("at most", "le"),
}


def note_schema_faults(
    error: ValidationError, text: Text, document: type[BaseModel] = MachineDocument
) -> None:
    """Add every fault that the schema found to the text, at its place."""
    for detail in error.errors(include_url=False):
        path: Path = tuple(detail["loc"])
        if detail["type"] in ("extra_forbidden", "missing"):
            known = _block_at(path[:-1], document).model_fields
            is_missing = detail["type"] == "missing"
            message = _missing_key(path, known) if is_missing else _unknown_key(path, known)
        else:
            message = _said(detail, text.at(path))
        text.fault(path, message)


def _said(detail: ErrorDetails, value: Any) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in _TYPES:
        said = f"is not {_TYPES[kind]}."
    elif kind in _BOUNDS:
        word, key = _BOUNDS[kind]
        said = f"is out of range; {word} {context[key]:g} is allowed."
    elif kind == "literal_error":
        allowed = ", ".join(re.findall(r"'([^']*)'", str(context["expected"])))
        said = f"is not known here; allowed: {allowed or context['expected']}."
    elif kind == "string_pattern_mismatch":
        said = f"is not a name here; it must match {context['pattern']}."
    else:
        said = f"cannot be used: {detail['msg']}."
    return f"{shown(value)} {said}"


def _unknown_key(path: Path, known: Mapping[str, FieldInfo]) -> str:
    near = difflib.get_close_matches(str(path[-1]), list(known), 1)
    hint = f"did you mean {near[0]}?" if near else f"known are: {', '.join(known)}."
    return f"is not a key here; {hint}"


def _missing_key(path: Path, known: Mapping[str, FieldInfo]) -> str:
    field = known.get(str(path[-1]))
    what = "" if field is None or field.description is None else f" {field.description}"
    return f"is missing.{what}".replace("`", "")


def _block_at(path: Path, document: type[BaseModel]) -> type[BaseModel]:
    """The block of the schema at a path; lists and optional blocks are looked through."""
    block = document
    for step in path:
        if isinstance(step, str) and step in block.model_fields:
            block = _block_in(block.model_fields[step].annotation) or block
    return block


def _block_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_block_in(part) for part in getattr(annotation, "__args__", ()))
    return next((block for block in inner if block is not None), None)


def shown(value: Any) -> str:
    """A value as it is shown in a message: short, and never over several lines."""
    if isinstance(value, dict):
        return "a block of keys"
    if isinstance(value, tuple):
        return "a list"
    if value is None:
        return "nothing"
    said = " ".join(str(value).split())
    said = said if len(said) <= 60 else said[:57] + "..."
    return repr(said) if isinstance(value, str) else said
