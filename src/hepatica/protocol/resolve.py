"""Sources put where they belong: one for each block, and for a number that has its own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from hepatica.document.fault import Path, did_you_mean, quoted
from hepatica.document.text import Tree
from hepatica.protocol.parts import STATED_KEYS, Block, Source, Sourced, Stated, Work
from hepatica.protocol.schema import INTERNAL_KEYS, Protocol

BOOKKEEPING = {"source", "status", "note"} | INTERNAL_KEYS
UNRESOLVED = Source("?", "?", status="recalled")
"""Stands in for a source that could not be found, so that the other faults still come out."""


def block_of(annotation: Any) -> type[Block] | None:
    """The kind of block that a field holds, one or many of them; None for plain values."""
    if isinstance(annotation, type) and issubclass(annotation, Block):
        return annotation
    if get_origin(annotation) is None:
        return None
    return next((found for part in get_args(annotation) if (found := block_of(part))), None)


@cache
def fields_of(block: type[Block]) -> Mapping[str, FieldInfo]:
    """The fields of a block by the keys that a document writes (`not` is no name in Python)."""
    found = {field.alias or name: field for name, field in block.model_fields.items()}
    return MappingProxyType(found)


@cache
def blocks_in(block: type[Block]) -> Mapping[str, type[Block]]:
    """The keys of a block that hold other blocks, and which kind."""
    found = {key: block_of(field.annotation) for key, field in fields_of(block).items()}
    return MappingProxyType({key: kind for key, kind in found.items() if kind is not None})


def keys_of(block: type[Block]) -> tuple[str, ...]:
    """The keys that a document may write in a block, in the order of the schema."""
    own = [key for key in fields_of(block) if key not in INTERNAL_KEYS]
    inherited = [key for key in own if key in Sourced.model_fields]
    return tuple(key for key in own if key not in inherited) + tuple(inherited)


def block_at(path: Path) -> type[Block] | None:
    """The kind of block that stands at a path of a protocol; None if no block can stand there."""
    block: type[Block] | None = Protocol
    for step in path:
        if block is None:
            return None
        if isinstance(step, str):
            block = blocks_in(block).get(step)
    return block


def resolved(tree: Tree) -> dict[str, Any]:
    """The document with sources, statuses and the numbers' own sources filled in.

    Faults are added to the tree.

    Returns
    -------
    dict
        Ready for ``Protocol.model_validate``.
    """
    return Resolver(tree).block(tree.root, Protocol, (), None)


class Resolver:
    """Walks a document along the schema, knowing the publications it names."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        entries = tree.root.get("sources")
        rows = entries if isinstance(entries, tuple) else ()
        self.works = {
            row["name"]: row
            for row in rows
            if isinstance(row, dict) and isinstance(row.get("name"), str)
        }

    def block(
        self, raw: dict[str, Any], kind: type[Block], path: Path, above: dict[str, Any] | None
    ) -> dict[str, Any]:
        made = {key: value for key, value in raw.items() if key not in INTERNAL_KEYS}
        for key in INTERNAL_KEYS & set(raw):
            self._fault((*path, key), f"{key} is filled in by the program; leave it out.")
        if issubclass(kind, Sourced):
            self._give_source(made, path, above)
        hands_down = None if kind is Protocol else made
        stated = []
        for key in fields_of(kind):
            if key not in made or key in BOOKKEEPING:
                continue
            inner = blocks_in(kind).get(key)
            if inner is not None:
                made[key] = self._blocks(made[key], inner, (*path, key), hands_down)
            elif issubclass(kind, Sourced) and _has_own_source(made[key]):
                stated.append(self._stated(made[key], (*path, key)))
                made[key] = made[key]["value"]
        if stated:
            made["stated"] = tuple(stated)
        return made

    def _blocks(self, raw: Any, kind: type[Block], path: Path, above: dict[str, Any] | None) -> Any:
        if isinstance(raw, dict):
            return self.block(raw, kind, path, above)
        if isinstance(raw, tuple):
            return tuple(self._blocks(row, kind, (*path, i), above) for i, row in enumerate(raw))
        return raw

    def _give_source(self, made: dict[str, Any], path: Path, above: dict[str, Any] | None) -> None:
        if "source" in made:
            made["source"] = self._source(made["source"], (*path, "source"))
            made.setdefault("status", made["source"].status)
        elif above is not None and "source" in above:
            made["source"] = above["source"]
            made.setdefault("status", above.get("status"))
        elif "status" not in made:
            made["status"] = UNRESOLVED.status

    def _source(self, raw: Any, path: Path) -> Source:
        if not isinstance(raw, str):
            self._fault(path, f"{quoted(raw)} is not text; write 'name of a source, place in it'.")
            return UNRESOLVED
        name, _, where = (part.strip() for part in raw.partition(","))
        work = self.works.get(name)
        if work is None:
            hint = did_you_mean(name, self.works)
            self._fault(path, f"{name!r} is not an entry of sources; {hint}")
            return UNRESOLVED
        fields = {key: work.get(key) for key in Work.model_fields}
        if not isinstance(fields["citation"], str) or fields["status"] not in (
            "verified",
            "recalled",
        ):
            return UNRESOLVED
        note = fields["note"] if isinstance(fields["note"], str) else ""
        return Source(name, fields["citation"], where, fields["status"], note)

    def _stated(self, raw: dict[str, Any], path: Path) -> Stated:
        for key in raw:
            if key not in STATED_KEYS:
                hint = did_you_mean(key, STATED_KEYS)
                message = f"{key} is not a key around a value; {hint}"
                self.tree.faults.append(self.tree.fault((*path, key), message, at_key=True))
        for key in ("note", "reading"):
            if not isinstance(raw.get(key, ""), str) or raw.get(key) == "":
                self._fault((*path, key), f"{quoted(raw[key])} is not text; {key} is a sentence.")
        source = self._source(raw["source"], (*path, "source")) if "source" in raw else UNRESOLVED
        if "source" not in raw:
            self._fault(path, "a value written with value: needs its source: beside it.")
        status = raw.get("status", source.status)
        if status not in ("verified", "recalled"):
            message = f"{quoted(status)} is not a status; verified and recalled are allowed."
            self._fault((*path, "status"), message)
            status = UNRESOLVED.status
        text = {k: raw[k] for k in ("note", "reading") if isinstance(raw.get(k), str) and raw[k]}
        return Stated(key=str(path[-1]), source=source, status=status, **text)

    def _fault(self, path: Path, message: str) -> None:
        self.tree.faults.append(self.tree.fault(path, message))


def _has_own_source(raw: Any) -> bool:
    return isinstance(raw, dict) and "value" in raw
