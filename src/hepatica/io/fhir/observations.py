"""Observations: laboratory values, performance status, tumour sizes, and every field without a
resource of its own.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TypeGuard

from hepatica.case.record import Fact, field_named, fields
from hepatica.io.fhir.finding import Finding
from hepatica.io.fhir.page import Page
from hepatica.io.fhir.read_values import read_value
from hepatica.io.fhir.shape import Json, day_of, name_of, part, rows, words
from hepatica.io.fhir.tag import tags_of, written_tag
from hepatica.io.fhir.terminology import (
    OWN_FIELDS,
    category_of,
    coded,
    concept,
    field_codes,
    own_concept,
    terminology,
)
from hepatica.io.fhir.values import value_elements

_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
_SIZE = "lesion.diameter"
_STAGES = ("cancer.t_stage", "cancer.n_stage", "cancer.m_stage", "cancer.stage_group")


def observation(fact: Fact, place: int, subject: Json, focus: Json | None) -> Json:
    """A fact as an Observation; ``focus`` is the resource of its item."""
    field = field_named(fact.field)
    found: Json = {"resourceType": "Observation", "extension": [written_tag(fact, place, False)]}
    profiled = terminology()["observation_profiles"].get(field.name)
    elements = value_elements(fact)
    if profiled and _fits(fact, elements, focus):
        found["meta"] = {"profile": [profiled]}
    found["status"] = "final"
    found["category"] = [{"coding": [{"system": _CATEGORY, "code": category_of(field)}]}]
    found["code"] = own_concept(field) if field.name != _SIZE else _size_code()
    found["subject"] = subject
    if focus is not None:
        found["focus"] = [focus]
    if fact.on is not None:
        found["effectiveDateTime"] = fact.on.isoformat()
    if _is_instant(fact.recorded_at):
        found["issued"] = fact.recorded_at.isoformat(timespec="milliseconds")
    if field.name in _STAGES:
        found["method"] = {"text": "staging system not stated"}
    if field.name != _SIZE:
        return found | elements
    return found | {"component": [{"code": own_concept(field), **elements}]}


def findings_of_observation(page: Page) -> list[Finding]:
    """What an Observation says about fields of the record."""
    resource = page.resource
    whole = _field_of(part(resource, "code"), page)
    on = _when(page)
    about = next((page.address(row) for row in rows(resource, "focus")), "")
    components = rows(resource, "component")
    has_value = any(key.startswith("value") for key in resource)
    elements: list[tuple[str | None, Json]] = []
    if whole and (has_value or not components):
        elements.append((whole, resource))
    for component in components:
        elements.append((_field_of(part(component, "code"), page), component))
    found = []
    for name, element in elements:
        if name is None:
            _note_unknown(page, part(element, "code"))
        elif _belongs(name, page):
            said = read_value(field_named(name), element, page)
            if said is not None:
                found.append(_dated(said, on, about))
    if not elements and not rows(resource, "hasMember"):
        _note_unknown(page, part(resource, "code"))
    return found


def _fits(fact: Fact, elements: Json, focus: Json | None) -> bool:
    """Whether the profile's own demands are met, so that it may be claimed."""
    if fact.field == "performance.karnofsky":
        return "valueInteger" in elements or fact.absent is not None
    if fact.field == _SIZE:
        return focus is not None
    return fact.on is not None


def _is_instant(moment: datetime | None) -> TypeGuard[datetime]:
    """Whether FHIR can write the moment: only with a time zone, of whole minutes."""
    offset = None if moment is None else moment.utcoffset()
    return offset is not None and offset.total_seconds() % 60 == 0


def _size_code() -> Json:
    row = terminology()["tumour_size"]
    coding = {"system": "http://loinc.org", "code": row["code"], "display": row["display"]}
    return {"coding": [coding], "text": row["display"]}


def _dated(said: Finding, on: date | None, about: str) -> Finding:
    return Finding(
        said.field, said.value, said.comparator, said.absent, said.reference, said.stated, on, about
    )


def _field_of(code: Json, page: Page) -> str | None:
    """The field that a code means: its own name first, then the table."""
    codes = coded(code)
    own = [name for system, name in codes if system == OWN_FIELDS]
    if own and own[0] in fields():
        return own[0]
    means = {field_codes()[pair] for pair in codes if pair in field_codes()}
    if len(means) > 1:
        page.note(f"{name_of(code)!r}: its codes mean {', '.join(sorted(means))}.", "warning")
    return means.pop() if len(means) == 1 else None


def _note_unknown(page: Page, code: Json) -> None:
    codes = ", ".join(f"{system} {value}" for system, value in coded(code)) or "no code"
    row = terminology()["tumour_other_size"]
    if (row["system"], row["code"]) not in coded(code):
        page.note(
            f"{name_of(code)!r} ({codes}): the record has no field for it, or not by this code."
        )


def _belongs(name: str, page: Page) -> bool:
    """A tumour's size belongs to the record's lesions only if the tumour lies in the liver."""
    if name != _SIZE or tags_of(page.resource)[0]:
        return True
    places = [page.referred(row) for row in rows(page.resource, "focus")]
    sites = [part(place, "location") for place in places] + [part(page.resource, "bodySite")]
    liver = concept("liver")
    if any((liver.system, liver.code) in coded(site) for site in sites):
        return True
    page.note("A tumour size that is not said to be of the liver; not taken as a metastasis.")
    return False


def _when(page: Page) -> date | None:
    """The day of an Observation; the last one if it covers several."""
    resource = page.resource
    period = part(resource, "effectivePeriod")
    moments = part(resource, "effectiveTiming").get("event")
    stated = (
        words(resource, "effectiveDateTime")
        or words(resource, "effectiveInstant")
        or words(period, "end")
        or words(period, "start")
        or (str(moments[-1]) if isinstance(moments, list) and moments else "")
    )
    day = day_of(stated)
    if day is None and not tags_of(resource)[0]:
        issued = words(resource, "issued")
        said = f"says {stated!r}, not the day" if stated else "states no date"
        also = f"; it was issued {issued[:10]}" if issued else ""
        page.note(f"It {said}{also}. Kept without a date.", "warning")
    return day
