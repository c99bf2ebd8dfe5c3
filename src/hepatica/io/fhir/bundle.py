"""Opens a FHIR bundle and makes sure that it speaks of one patient only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from hepatica.case import Note
from hepatica.errors import Inconsistent, InvalidInput
from hepatica.io.fhir.page import Desk, Page
from hepatica.io.fhir.patient import subject_of
from hepatica.io.fhir.references import Index, entries_of
from hepatica.io.fhir.shape import Json, part, rows, words

_SEVERAL = (
    "The bundle speaks of more than one patient ({count}). A record holds one: export each "
    "patient into a bundle of their own and import them one by one."
)


def opened(source: Json | Path) -> tuple[Index, list[Note]]:
    """The resources of a bundle, and what was noticed about the bundle itself.

    Raises
    ------
    InvalidInput
        If it is not JSON of a FHIR resource, or a history.
    """
    document = _document(source) if isinstance(source, Path) else source
    if not isinstance(document, dict) or not words(document, "resourceType"):
        raise InvalidInput(
            "This is no FHIR resource: it has no resourceType. Give a FHIR R4 Bundle as JSON."
        )
    notes: list[Note] = []
    if document["resourceType"] != "Bundle":
        return Index(entries_of([("", document)])), notes
    return Index(entries_of(list(_resources(document, notes)))), notes


def require_one_patient(index: Index, desk: Desk) -> None:
    """Make sure that all resources are about the same patient.

    Raises
    ------
    Inconsistent
        If the bundle speaks of several.
    """
    spoken_of = {e.address for e in index.entries if e.kind == "Patient" and not e.container}
    for entry in index.entries:
        address = subject_address(Page(entry, desk))
        if address and is_patient(address, index):
            spoken_of.add(address)
    if len(spoken_of) > 1:
        raise Inconsistent(_SEVERAL.format(count=len(spoken_of)))


def subject_address(page: Page) -> str:
    """The address of whom a resource speaks of; that of its container if it does not say."""
    reference = subject_of(page.resource)
    if reference or not page.entry.container:
        return page.address(reference) if reference else ""
    outer = page.desk.index.entry(page.entry.container)
    return subject_address(Page(outer, page.desk)) if outer is not None else ""


def is_patient(address: str, index: Index) -> bool:
    """Whether an address is that of a patient, as far as it can be told."""
    found = index.entry(address)
    if found is not None:
        return found.kind == "Patient"
    others = ("Group/", "Device/", "Location/", "Practitioner/", "Medication/", "Substance/")
    return not address.startswith(others)


def _document(path: Path) -> Json:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path.name} is not UTF-8 text; FHIR JSON is.") from error
    if text.lstrip().startswith("<"):
        raise InvalidInput(f"{path.name} is XML. Hepatica reads FHIR as JSON; export it as JSON.")
    try:
        found: Json = json.loads(text)
    except RecursionError as error:
        raise InvalidInput(
            f"{path.name} is nested too deeply to be FHIR. Export the bundle again."
        ) from error
    except ValueError as error:
        raise InvalidInput(
            f"{path.name} is not one JSON document ({error}). Give a single FHIR Bundle; "
            "a file with one resource per line needs to be put into a Bundle first."
        ) from error
    return found


def _resources(bundle: Json, notes: list[Note]) -> Iterator[tuple[str, Json]]:
    if words(bundle, "type") == "history":
        raise InvalidInput(
            "The bundle is a history: it holds several states of the same resources. Export the "
            "present state (a collection, a document or the result of a search)."
        )
    if any(row.get("relation") == "next" for row in rows(bundle, "link")):
        text = "The bundle is one page of several; what stands on the others is missing here."
        notes.append(Note("warning", "Bundle", text))
    for number, entry in enumerate(rows(bundle, "entry"), start=1):
        resource = part(entry, "resource")
        if words(part(entry, "request"), "method") == "DELETE":
            notes.append(Note("ignored", f"entry {number}", "It asks to delete; nothing is read."))
        elif not words(resource, "resourceType"):
            notes.append(Note("ignored", f"entry {number}", "It holds no resource."))
        elif resource["resourceType"] == "Bundle":
            yield from _resources(resource, notes)
        else:
            yield words(entry, "fullUrl"), resource
