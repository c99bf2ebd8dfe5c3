"""Bundles as other systems write them, by hand: a laboratory, a hospital, an mCODE sender."""

from __future__ import annotations

from typing import Any

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
Json = dict[str, Any]

PATIENT: Json = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [{"system": "urn:hospital", "value": "MRN-4711"}],
    "name": [{"family": "Muster", "given": ["Erika", "Johanna"]}],
    "telecom": [{"system": "phone", "value": "030 1234567"}],
    "gender": "female",
    "birthDate": "1957-08-12",
}


def bundle(*resources: Json, patient: Json | None = PATIENT, kind: str = "collection") -> Json:
    """A bundle of a patient and these resources, with addresses on a server."""
    every = ([patient] if patient else []) + list(resources)
    entries = []
    for number, resource in enumerate(every):
        named = {"id": f"r{number}", **resource}
        address = f"https://ehr.example/fhir/{named['resourceType']}/{named['id']}"
        entries.append({"fullUrl": address, "resource": named})
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def concept(system: str, code: str, display: str = "") -> Json:
    """A CodeableConcept of one coding."""
    return {"coding": [{"system": system, "code": code, "display": display}]}


def quantity(value: Any, unit: str, **more: Any) -> Json:
    """A Quantity in a UCUM unit."""
    return {"value": value, "unit": unit, "system": UCUM, "code": unit, **more}


def lab(code: str, value: Any = None, unit: str = "", /, **more: Any) -> Json:
    """An Observation of a laboratory."""
    found: Json = {
        "resourceType": "Observation",
        "status": "final",
        "code": concept(LOINC, code),
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2024-03-01T23:30:00-05:00",
    }
    if value is not None:
        found["valueQuantity"] = quantity(value, unit) if unit else {"value": value}
    return found | more
