"""What the schema of rule packs refuses, said so that the writer of the pack can mend it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hepatica.document.fault import Fault, Path, did_you_mean, nearest, quoted
from hepatica.document.text import Tree
from hepatica.protocol.parts import Block
from hepatica.protocol.resolve import block_of, fields_of, keys_of
from hepatica.protocol.rules.pack import RulePack


def pack_faults(error: ValidationError, tree: Tree, inserted: frozenset[Path]) -> Iterator[Fault]:
    """Every fault that the schema found, once; those of a term are told at the term only."""
    details = [(tuple(detail["loc"]), detail) for detail in error.errors(include_url=False)]
    within = {path[:end] for path, _ in details for end in range(len(path))}
    misspelt = {
        (*path[:-1], nearest(str(path[-1]), _keys_at(path[:-1])))
        for path, detail in details
        if detail["type"] == "extra_forbidden"
    }
    for path, detail in details:
        kind = detail["type"]
        if any(path[: len(place)] == place for place in inserted):
            continue
        if (kind == "too_short" and path in within) or (kind == "missing" and path in misspelt):
            continue  # told by the fault of what is written there
        yield tree.fault(
            path, _said(path, detail, tree), at_key=kind in ("extra_forbidden", "missing")
        )


def _said(path: Path, detail: ErrorDetails, tree: Tree) -> str:
    kind, key = detail["type"], path[-1] if path else ""
    block = _block_at(path[:-1])
    if kind == "extra_forbidden":
        return f"{key} is not a key here; {did_you_mean(str(key), _keys_at(path[:-1]))}"
    if kind == "missing":
        field = fields_of(block).get(str(key)) if block else None
        what = "" if field is None or field.description is None else f" {field.description}"
        return f"{key} is missing.{what.replace('`', '')}"
    shown = quoted(tree.at(path))
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", str(detail["ctx"]["expected"]))
        return f"{shown} is not known here; allowed: {', '.join(allowed)}."
    if kind == "words":
        return str(detail["msg"])
    return f"{shown}: {detail['msg']}."


def _keys_at(path: Path) -> tuple[str, ...]:
    block = _block_at(path)
    return () if block is None else keys_of(block)


def _block_at(path: Path) -> type[Block] | None:
    """The kind of block that stands at a path of a rule pack."""
    block: type[Block] | None = RulePack
    for step in path:
        if isinstance(step, str) and block is not None:
            field = fields_of(block).get(step)
            block = None if field is None else block_of(field.annotation)
    return block
