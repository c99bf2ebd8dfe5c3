"""What a rule pack must hold beyond its single values: every name that it uses exists."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from hepatica.document.fault import Path, did_you_mean
from hepatica.protocol.criteria import known_facts
from hepatica.protocol.document import Document, Finding, rows
from hepatica.protocol.rules.catalogue import examinations, therapies


def pack_findings(document: Document) -> Iterator[Finding]:
    """Everything that is wrong across the rows of a pack, each with its place."""
    yield from _used_once(document, "rules", "id")
    yield from _used_once(document, "terms", "name")
    yield from _used_once(document, "sequences", "id")
    yield from _names_known(document, "order", (), set(therapies()), "no therapy of the list")
    order = document.get("order")
    listed = (
        {name for name in order if isinstance(name, str)} if isinstance(order, tuple) else set()
    )
    what = "not in order: above; add it there in its place"
    for path, rule in rows(document, "rules"):
        yield from _names_known(rule, "therapies", path, listed, what)
        yield from _names_known(rule, "examinations", path, set(examinations()), "no examination")
        for key in ("non_factors", "while_unknown"):
            yield from _names_known(rule, key, path, set(known_facts()), "no fact")
    for path, sequence in rows(document, "sequences"):
        yield from _names_known(sequence, "when_open", path, listed, what)
        for place, step in rows(sequence, "steps", path):
            name = step.get("therapy")
            if isinstance(name, str) and name not in listed:
                yield (*place, "therapy"), f"{name!r} is {what}; {did_you_mean(name, listed)}"


def _used_once(document: Document, key: str, name: str) -> Iterator[Finding]:
    seen: set[Any] = set()
    for path, row in rows(document, key):
        said = row.get(name)
        if isinstance(said, str) and said in seen:
            yield (*path, name), f"{said} is used twice; each has a name of its own."
        seen.add(said)


def _names_known(
    row: Document, key: str, path: Path, known: Collection[str], what: str
) -> Iterator[Finding]:
    said = row.get(key)
    for i, name in enumerate(said if isinstance(said, tuple) else ()):
        if isinstance(name, str) and name not in known:
            yield (*path, key, i), f"{name!r} is {what}; {did_you_mean(name, known)}"
