"""Rules of FHIR R4 (4.0.1) that a resource has to keep, written down from the specification."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

REQUIRED: dict[str, set[str]] = {
    "Patient": set(),
    "Condition": {"subject"},
    "Observation": {"status", "code"},
    "BodyStructure": {"patient"},
    "MedicationRequest": {"status", "intent", "medicationCodeableConcept", "subject"},
    "Procedure": {"status", "subject"},
    "ServiceRequest": {"status", "intent", "subject"},
    "ImagingStudy": {"status", "subject"},
    "AdverseEvent": {"actuality", "subject"},
}
LISTS: dict[str, set[str]] = {
    "Patient": {"identifier", "name"},
    "Condition": {"category", "bodySite"},
    "Observation": {"category", "focus", "component", "referenceRange"},
    "BodyStructure": {"identifier"},
    "MedicationRequest": {"dosageInstruction"},
    "Procedure": {"basedOn", "complication", "note"},
    "ServiceRequest": {"category"},
    "ImagingStudy": {"identifier", "modality"},
    "AdverseEvent": set(),
}
SINGLE: dict[str, set[str]] = {
    "Patient": {"gender", "birthDate", "deceasedBoolean", "deceasedDateTime"},
    "Condition": {"clinicalStatus", "code", "subject"},
    "Observation": {
        *("status", "code", "subject", "effectiveDateTime", "issued", "method", "dataAbsentReason"),
        *("valueQuantity", "valueInteger", "valueBoolean", "valueCodeableConcept"),
        *("valueDateTime", "valueString"),
    },
    "BodyStructure": {"morphology", "location", "description", "patient"},
    "MedicationRequest": {"status", "intent", "medicationCodeableConcept", "subject"},
    "Procedure": {
        *("status", "category", "code", "subject", "performedDateTime", "performedPeriod"),
    },
    "ServiceRequest": {"status", "intent", "code", "subject"},
    "ImagingStudy": {"status", "subject", "started", "description"},
    "AdverseEvent": {"actuality", "event", "subject", "date"},
}
VALUE_SETS: dict[tuple[str, str], set[str]] = {
    ("Observation", "status"): {
        *("registered", "preliminary", "final", "amended", "corrected", "cancelled"),
        *("entered-in-error", "unknown"),
    },
    ("MedicationRequest", "status"): {
        *("active", "on-hold", "cancelled", "completed", "entered-in-error", "stopped", "draft"),
        "unknown",
    },
    ("MedicationRequest", "intent"): {
        *("proposal", "plan", "order", "original-order", "reflex-order", "filler-order"),
        *("instance-order", "option"),
    },
    ("Procedure", "status"): {
        *("preparation", "in-progress", "not-done", "on-hold", "stopped", "completed"),
        *("entered-in-error", "unknown"),
    },
    ("ServiceRequest", "status"): {
        *("draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"),
    },
    ("ServiceRequest", "intent"): {
        *("proposal", "plan", "directive", "order", "original-order", "reflex-order"),
        *("filler-order", "instance-order", "option"),
    },
    ("ImagingStudy", "status"): {
        *("registered", "available", "cancelled", "entered-in-error", "unknown"),
    },
    ("AdverseEvent", "actuality"): {"actual", "potential"},
    ("Patient", "gender"): {"male", "female", "other", "unknown"},
}
_DAY = r"\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?)?)?"


def faults(bundle: dict[str, Any]) -> list[str]:
    """Every rule that the bundle breaks."""
    found = []
    addresses = [entry["fullUrl"] for entry in bundle["entry"]]
    if bundle["type"] != "collection" or len(set(addresses)) != len(addresses):
        found.append("bundle: type, or a full address that is there twice")
    for entry in bundle["entry"]:
        found += list(_resource_faults(entry["resource"]))
        for path, value in _leaves(entry["resource"], entry["resource"]["resourceType"]):
            if path.endswith(".reference") and value not in addresses:
                found.append(f"{path}: {value} is not in the bundle")
            found += list(_leaf_faults(path, value))
    return found


def _resource_faults(resource: dict[str, Any]) -> Iterator[str]:
    kind = resource["resourceType"]
    keys = set(resource) - {"resourceType", "id", "meta", "extension"}
    if not re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", resource["id"]):
        yield f"{kind}: id {resource['id']!r}"
    for name in REQUIRED[kind] - keys:
        yield f"{kind}: {name} is required"
    for name in keys - LISTS[kind] - SINGLE[kind]:
        yield f"{kind}: has no element {name}"
    for name in keys:
        if isinstance(resource[name], list) != (name in LISTS[kind]):
            yield f"{kind}.{name}: a list where one is wanted, or the other way round"
    yield from _code_faults(resource)
    if kind == "Observation":
        yield from _observation_faults(resource)
    for choice in ("performed", "deceased", "effective", "value"):
        if len([key for key in keys if key.startswith(choice)]) > 1:
            yield f"{kind}: {choice}[x] twice"


def _code_faults(resource: dict[str, Any]) -> Iterator[str]:
    kind = resource["resourceType"]
    for (owner, name), allowed in VALUE_SETS.items():
        if owner == kind and name in resource and resource[name] not in allowed:
            yield f"{kind}.{name}: {resource[name]!r}"


def _observation_faults(resource: dict[str, Any]) -> Iterator[str]:
    for element in (resource, *resource.get("component", ())):
        values = [key for key in element if key.startswith("value")]
        if len(values) > 1 or (values and "dataAbsentReason" in element):
            yield "Observation: obs-6, or two values"
        for row in element.get("referenceRange", ()):
            if not {"low", "high", "text"} & set(row):
                yield "Observation: obs-3"
    codes = [_first(c["code"]) for c in resource.get("component", ())]
    if _first(resource["code"]) in codes and any(k.startswith("value") for k in resource):
        yield "Observation: obs-7"
    if not codes and not any(k.startswith(("value", "dataAbsent")) for k in resource):
        yield "Observation: neither a value nor a reason for having none"


def _first(concept: dict[str, Any]) -> tuple[str, str]:
    coding = concept["coding"][0]
    return coding["system"], coding["code"]


def _leaves(found: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(found, dict):
        if not found:
            yield path, "EMPTY"
        for key, value in found.items():
            yield from _leaves(value, f"{path}.{key}")
    elif isinstance(found, list):
        if not found:
            yield path, "EMPTY"
        for value in found:
            yield from _leaves(value, path)
    else:
        yield path, found
    if isinstance(found, dict):
        yield from _shape_faults(found, path)


def _shape_faults(found: dict[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    name = path.rpartition(".")[2]
    if name == "extension":
        values = [key for key in found if key.startswith("value")]
        if len(values) + ("extension" in found) != 1 or "url" not in found:
            yield f"{path}: ext-1", "EMPTY"
    if name == "valueQuantity" and "code" in found and "system" not in found:
        yield f"{path}: qty-3", "EMPTY"


def _leaf_faults(path: str, value: Any) -> Iterator[str]:
    name = path.rpartition(".")[2]
    if value == "EMPTY" or value is None or (isinstance(value, str) and not value.strip()):
        yield f"{path}: empty"
    if isinstance(value, str) and re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", value):
        yield f"{path}: control character"
    dates = ("birthDate", "effectiveDateTime", "valueDateTime", "valueDate", "started", "issued")
    dates += ("start", "end", "performedDateTime", "deceasedDateTime", "date")
    if name in dates and not re.fullmatch(_DAY, str(value)):
        yield f"{path}: {value!r} is no date"
    if name == "code" and isinstance(value, str) and value != value.strip():
        yield f"{path}: {value!r} is no code"
    if name in ("system", "url") and ":" not in str(value) and "extension." not in path:
        yield f"{path}: {value!r} is no absolute address"
