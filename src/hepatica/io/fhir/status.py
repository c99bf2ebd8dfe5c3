"""Which resources are settled: not drafts, not cancelled, not entered in error."""

from __future__ import annotations

from hepatica.io.fhir.page import Page
from hepatica.io.fhir.procedures import is_prior
from hepatica.io.fhir.radiotherapy import is_course
from hepatica.io.fhir.shape import rows, words
from hepatica.io.fhir.tag import is_ours

_SETTLED: dict[str, tuple[str, ...]] = {
    "Observation": ("final", "amended", "corrected"),
    "MedicationRequest": ("active", "on-hold", "completed", "stopped", "unknown"),
    "MedicationAdministration": ("in-progress", "on-hold", "completed", "stopped", "unknown"),
    "MedicationStatement": ("active", "completed", "stopped", "on-hold", "unknown"),
    "Procedure": ("completed", "unknown"),
    "ServiceRequest": ("active", "on-hold", "completed", "unknown"),
    "ImagingStudy": ("available",),
}
_COURSES = ("in-progress", "on-hold", "stopped")
_ORDERS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")


def is_settled(page: Page) -> bool:
    """Whether a resource may be believed; if not, a note says why."""
    resource, kind = page.resource, page.entry.kind
    if rows(resource, "modifierExtension"):
        page.note(
            "It has an extension that changes its meaning, in a way not known here; not taken.",
            "warning",
        )
        return False
    if kind == "BodyStructure" and resource.get("active") is False:
        page.note("It is marked as no longer in use; not taken.")
        return False
    intent = words(resource, "intent")
    if kind == "ServiceRequest" and intent not in _ORDERS:
        page.note(f"A {intent or 'request without intent'}, not an order; not taken.")
        return False
    if kind not in _SETTLED:
        return True
    status = words(resource, "status")
    accepted = _SETTLED[kind]
    if kind == "Procedure" and (is_course(resource) or is_prior(resource)):
        accepted += _COURSES
    if status not in accepted:
        page.note(f"Its status is {status or 'not stated'}; not taken.")
        return False
    if status == "unknown" and not is_ours(resource):
        page.note(
            "Its status is unknown to the system that wrote it; taken all the same.", "assumed"
        )
    return True
