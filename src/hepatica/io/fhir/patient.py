"""The patient: sex, year of birth and death. Names and numbers are never taken."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hepatica.io.fhir.carrier import Carrier, Facts, Links, day_in
from hepatica.io.fhir.finding import Finding
from hepatica.io.fhir.page import Page
from hepatica.io.fhir.shape import Json, day_of, part, rows, words
from hepatica.io.fhir.tag import is_ours
from hepatica.io.fhir.terminology import ABSENT, OWN_CASE, profile
from hepatica.io.identity_words import (
    IdentityWords,
    ways_to_write_day,
    ways_to_write_name,
    ways_to_write_number,
)

_PERSONS = ("Patient", "RelatedPerson", "Person", "Practitioner")
_NO_NAMES = ("patient", "male", "female", "unknown", "subject", "test", "mrs", "the")
_PRIVATE = ("name", "identifier", "telecom", "address", "photo", "contact", "link")


def _build(facts: Facts, links: Links) -> Json:
    found: Json = {
        "resourceType": "Patient",
        "meta": {"profile": [profile("patient")]},
        "identifier": [{"system": OWN_CASE, "value": links.case_id}],
        "name": [{"extension": [{"url": ABSENT, "valueCode": "masked"}]}],
        "gender": facts["patient.sex"].value if "patient.sex" in facts else "unknown",
    }
    if "patient.birth_year" in facts:
        found["birthDate"] = f"{facts['patient.birth_year'].value:04d}"
    if "outcome.death" in facts:
        found["deceasedDateTime"] = day_in(facts, "outcome.death")
    elif "outcome.dead" in facts:
        found["deceasedBoolean"] = facts["outcome.dead"].value
    return found


def _find(page: Page) -> list[Finding]:
    resource, found = page.resource, []
    gender = words(resource, "gender")
    if gender in ("female", "male", "other"):
        found.append(Finding("patient.sex", gender))
    elif gender and not is_ours(resource):
        page.note(f"gender is {gender!r}; the sex stays unknown.")
    birth = words(resource, "birthDate")
    if re.match(r"\d{4}(-|$)", birth):
        found.append(Finding("patient.birth_year", int(birth[:4])))
    found += _death(page)
    kept_out = [key for key in _PRIVATE if _identifies(resource, key)]
    if kept_out or len(birth) > 4:
        said = [*kept_out, *(["day of birth"] if len(birth) > 4 else [])]
        page.note(f"{', '.join(said)}: left out, a record holds a pseudonym only.")
    return found


def _death(page: Page) -> list[Finding]:
    resource = page.resource
    moment = words(resource, "deceasedDateTime")
    if moment:
        day = day_of(moment)
        if day is None:
            page.note(f"died {moment}: the day is not said; no date of death taken.", "warning")
            return [Finding("outcome.dead", True)]
        return [
            Finding("outcome.death", day, on=day),
            Finding("outcome.dead", True, on=day, implied=True),
        ]
    dead = resource.get("deceasedBoolean")
    return [Finding("outcome.dead", dead)] if isinstance(dead, bool) else []


def _identifies(resource: Json, key: str) -> bool:
    """Whether the element holds anything but the case's own pseudonym."""
    if key == "identifier":
        return any(row.get("system") != OWN_CASE for row in rows(resource, key))
    if key == "name":
        return any(set(row) - {"extension"} for row in rows(resource, key))
    return bool(resource.get(key))


def private_words(resources: Iterable[Json]) -> IdentityWords:
    """What must not appear in any text of the record: names and numbers of the patient, and of
    all persons of whom the bundle speaks.
    """
    return IdentityWords(frozenset(text for one in resources for text in _secrets(one)))


def _secrets(resource: Json) -> Iterator[str]:
    """Also of a resource about the patient: its reference may call her by name."""
    called = ways_to_write_name(words(subject_of(resource), "display"))
    yield from (word for word in called if word.casefold().strip("().:") not in _NO_NAMES)
    if words(resource, "resourceType") not in _PERSONS:
        return
    for person in (resource, *rows(resource, "contact")):
        for name in rows(person, "name"):
            for text in (words(name, "text"), words(name, "family"), *_texts(name.get("given"))):
                yield from ways_to_write_name(text)
        for row in (*rows(person, "identifier"), *rows(person, "telecom")):
            if row.get("system") != OWN_CASE:
                yield from ways_to_write_number(words(row, "value"))
        for address in rows(person, "address"):
            yield from (words(address, "text"), *_texts(address.get("line")))
            yield from (words(address, "city"), words(address, "postalCode"))
    yield from ways_to_write_day(words(resource, "birthDate"))


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def subject_of(resource: Json) -> Json:
    """The reference to the patient, which goes by two names in FHIR."""
    return part(resource, "subject") or part(resource, "patient")


PATIENT = Carrier(
    "patient",
    "",
    ("patient.sex", "patient.birth_year", "outcome.death", "outcome.dead"),
    _build,
    _find,
    always=True,
)
