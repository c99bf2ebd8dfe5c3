"""Names what stands in a resource beside that which was read of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from hepatica.io.fhir.page import Page
from hepatica.io.fhir.radiotherapy import is_course
from hepatica.io.fhir.shape import Json, part, rows, words
from hepatica.io.fhir.tag import is_ours


def note_unread(page: Page) -> None:
    """A note on every element of a resource that nothing was made of."""
    if is_ours(page.resource):
        return
    found = list(dict.fromkeys(_unread(page)))
    if found:
        page.note(f"Not read of it: {', '.join(found)}.")


def _unread(page: Page) -> Iterator[str]:
    resource, kind = page.resource, page.entry.kind
    known = _known("course" if kind == "Procedure" and is_course(resource) else kind)
    for key in resource:
        if key.startswith("_") or key in known or key == "extension":
            continue
        if key == "stage" and _is_told_elsewhere(page, rows(resource, "stage")):
            continue
        yield key
    for row in rows(resource, "extension"):
        name = words(row, "url").rpartition("/")[2]
        if name and not name.endswith(tuple(_table()["extensions"])):
            yield f"extension {name}"
        inside = (words(one, "url").rpartition("/")[2] for one in rows(row, "extension"))
        yield from (f"extension {one}" for one in inside if one.endswith("radiotherapy-modality"))
    for key in ("dosageInstruction", "dosage"):
        for dose in rows(resource, key):
            yield from _unread_of_dose(dose)


def _is_told_elsewhere(page: Page, stages: list[Json]) -> bool:
    """Whether each stage of a diagnosis refers to an Observation that is in the bundle."""
    told = [[page.referred(one) for one in rows(stage, "assessment")] for stage in stages]
    return all(any(found) for found in told)


def _unread_of_dose(dose: Json) -> Iterator[str]:
    """Words of a dose say it all; numbers alone leave out how often."""
    if words(dose, "text"):
        return
    table = _table()
    yield from (f"dosage {key}" for key in dose if key not in table["dosage"])
    timing = part(dose, "timing")
    yield from (f"dosage timing {key}" for key in timing if key != "repeat")
    repeat = part(timing, "repeat")
    yield from (f"dosage timing {key}" for key in repeat if key not in table["repeat"])


@cache
def _known(kind: str) -> frozenset[str]:
    table = _table()
    own = table["course"] if kind == "course" else table["read"].get(kind, [])
    return frozenset((*_flat(table["everywhere"]), *_flat(own)))


def _flat(rows_: list[Any]) -> Iterator[str]:
    for row in rows_:
        yield from row if isinstance(row, list) else [row]


@cache
def _table() -> Mapping[str, Any]:
    from ruamel.yaml import YAML

    file = resources.files("hepatica.io.fhir").joinpath("unread.yaml")
    return dict(YAML(typ="safe").load(file.read_text(encoding="utf-8")))
