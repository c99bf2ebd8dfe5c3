"""Liver metastases as body structures, to which sizes and other observations refer."""

from __future__ import annotations

from hepatica.case.record import field_named
from hepatica.io.fhir.carrier import Carrier, Facts, Links
from hepatica.io.fhir.finding import Finding
from hepatica.io.fhir.page import Page
from hepatica.io.fhir.shape import Json, extension, part, profiled, rows, words
from hepatica.io.fhir.terminology import (
    OWN_CASE,
    answer_concept,
    answer_of,
    coded,
    concept,
    profile,
)

_VOLUME_PROFILES = ("mcode-radiotherapy-volume", "codexrt-radiotherapy-volume")


def _build(facts: Facts, links: Links) -> Json:
    liver = concept("liver").coding()
    location: Json = {"coding": [liver], "text": "Liver"}
    if "lesion.segment" in facts:
        segment = str(facts["lesion.segment"].value)
        own = answer_concept(field_named("lesion.segment"), segment)["coding"]
        location = {"coding": [liver, *own], "text": f"Liver, segment {segment}"}
    kind = {"system": "http://hl7.org/fhir/resource-types", "code": "BodyStructure"}
    number = links.address("lesion", links.item).removeprefix("urn:uuid:")
    found: Json = {
        "resourceType": "BodyStructure",
        "meta": {"profile": [profile("tumour")]},
        "identifier": [
            {"use": "usual", "type": {"coding": [kind]}, "system": OWN_CASE, "value": number}
        ],
        "morphology": {"coding": [concept("tumour_morphology").coding()]},
        "location": location,
        "patient": links.patient,
    }
    if "lesion.structure" in facts:
        found["description"] = facts["lesion.structure"].value
    return found


def _find(page: Page) -> list[Finding]:
    resource = page.resource
    location = part(resource, "location")
    liver = concept("liver")
    if (liver.system, liver.code) not in coded(location):
        page.note("A body structure that is not said to be in the liver; not taken.")
        return []
    if _is_treated_volume(page):
        page.note("A volume that was irradiated, which may hold several metastases; not taken.")
        return []
    found = []
    segment = answer_of("lesion.segment", location)
    if segment is not None:
        found.append(Finding("lesion.segment", segment))
    if words(resource, "description"):
        found.append(Finding("lesion.structure", page.clean(words(resource, "description"))))
    return found


def _is_treated_volume(page: Page) -> bool:
    """Whether a body structure is a volume of radiotherapy: counted as a metastasis, it would make
    one more than there are.
    """
    if any(profiled(page.resource, name) for name in _VOLUME_PROFILES):
        return True
    others = (Page(entry, page.desk) for entry in page.desk.index.entries)
    return any(page.entry.address in _volumes_of(other) for other in others)


def _volumes_of(page: Page) -> list[str]:
    """What a course or prescription of radiotherapy gave a dose to."""
    doses = [row for row in rows(page.resource, "extension") if _is_dose(row)]
    named = [part(inside, "valueReference") for row in doses for inside in extension(row, "volume")]
    return [page.address(reference) for reference in named if reference]


def _is_dose(row: Json) -> bool:
    return words(row, "url").endswith("-to-volume")


LESION = Carrier(
    "lesion", "lesion", ("lesion.segment", "lesion.structure"), _build, _find, always=True
)
