"""What the schema refuses in a machine document, said so that its writer can mend it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from hepatica.document.fault import Path, did_you_mean, quoted
from hepatica.document.refusals import BOUNDS, TYPES
from hepatica.document.text import Tree
from hepatica.machine.schema import MachineDocument


def note_schema_faults(
    error: ValidationError, text: Tree, document: type[BaseModel] = MachineDocument
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
        text.note(path, message)


def _said(detail: ErrorDetails, value: Any) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in TYPES:
        said = f"is not {TYPES[kind]}."
    elif kind in BOUNDS:
        word, key = BOUNDS[kind]
        said = f"is out of range; {word} {context[key]:g} is allowed."
    elif kind == "literal_error":
        allowed = ", ".join(re.findall(r"'([^']*)'", str(context["expected"])))
        said = f"is not known here; allowed: {allowed or context['expected']}."
    elif kind == "string_pattern_mismatch":
        said = f"is not a name here; it must match {context['pattern']}."
    else:
        said = f"cannot be used: {detail['msg']}."
    return f"{quoted(value)} {said}"


def _unknown_key(path: Path, known: Mapping[str, FieldInfo]) -> str:
    return f"is not a key here; {did_you_mean(str(path[-1]), known)}"


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
