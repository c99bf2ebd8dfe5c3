"""Whether the trees of criteria of a document are whole: one form each, each id once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hepatica.document.fault import Path
from hepatica.protocol.criteria import CriterionTree, known_facts
from hepatica.protocol.criteria.form import form_fault
from hepatica.protocol.document import Document, Finding
from hepatica.protocol.parts import Block
from hepatica.protocol.resolve import blocks_in
from hepatica.protocol.schema import Protocol

_Node = dict[str, Any]


def criteria_have_one_form(document: Document) -> Iterator[Finding]:
    """A criterion is a group of others or one question, never both or neither."""
    for tree in _trees(document, Protocol, ()):
        for path, node in _nodes(*tree):
            fault = form_fault(node)
            if fault is not None:
                yield path, fault


def criteria_are_named_once(document: Document) -> Iterator[Finding]:
    """Within one tree no two criteria have the same id, so that a result can be looked up."""
    for tree in _trees(document, Protocol, ()):
        seen: set[str] = set()
        for path, node in _nodes(*tree):
            name = node.get("id")
            if isinstance(name, str) and name in seen:
                yield (*path, "id"), f"{name} is already taken; give each criterion its own id."
            seen.add(str(name))


def repeated_facts_say_which(document: Document) -> Iterator[Finding]:
    """A question about lesions says whether each of them or any one is meant."""
    for tree in _trees(document, Protocol, ()):
        for path, node in _nodes(*tree):
            fact = node.get("fact")
            field = known_facts().get(fact) if isinstance(fact, str) else None
            if field is None:
                continue
            if field.group and "items" not in node:
                message = (
                    f"{fact} is asked of every {field.group}; write items: each or items: any."
                )
                yield (*path, "fact"), message
            if not field.group and "items" in node:
                yield (*path, "items"), f"{fact} is there only once; leave items out."


def _trees(raw: Any, kind: type[Block], path: Path) -> Iterator[tuple[Path, _Node]]:
    """Every tree of a document, wherever the schema has one, with its path."""
    if isinstance(raw, tuple):
        for i, row in enumerate(raw):
            yield from _trees(row, kind, (*path, i))
    elif isinstance(raw, dict) and kind is CriterionTree:
        yield path, raw
    elif isinstance(raw, dict):
        for key, inner in blocks_in(kind).items():
            if key in raw:
                yield from _trees(raw[key], inner, (*path, key))


def _nodes(path: Path, node: _Node) -> Iterator[tuple[Path, _Node]]:
    yield path, node
    for here, part in _parts(path, node):
        if isinstance(part, dict):
            yield from _nodes(here, part)


def _parts(path: Path, node: _Node) -> Iterator[tuple[Path, Any]]:
    for key in ("all", "any"):
        inner = node.get(key)
        for i, part in enumerate(inner if isinstance(inner, tuple) else ()):
            yield (*path, key, i), part
    yield (*path, "not"), node.get("not")
