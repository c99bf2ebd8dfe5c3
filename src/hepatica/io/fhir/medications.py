"""Drugs: what was ordered, given or reported, with route, dose in words, start and end."""

from __future__ import annotations

from hepatica.case.record import field_named
from hepatica.io.fhir.carrier import Carrier, Facts, Links, period_in
from hepatica.io.fhir.finding import Finding
from hepatica.io.fhir.page import Page
from hepatica.io.fhir.shape import Json, day_of, name_of, part, rows, words
from hepatica.io.fhir.terminology import ABSENT, answer_concept, answer_of, profile


def _build(facts: Facts, links: Links) -> Json:
    period = period_in(facts, "drug.start", "drug.stop")
    found: Json = {
        "resourceType": "MedicationRequest",
        "meta": {"profile": [profile("medication_request")]},
        "status": "completed" if "end" in period else "unknown",
        "intent": "order",
        "medicationCodeableConcept": {"extension": [{"url": ABSENT, "valueCode": "unknown"}]},
        "subject": links.patient,
    }
    if "drug.agent" in facts:
        found["medicationCodeableConcept"] = {"text": facts["drug.agent"].value}
    dosage: Json = {}
    if "drug.dose" in facts:
        dosage["text"] = facts["drug.dose"].value
    if period:
        dosage["timing"] = {"repeat": {"boundsPeriod": period}}
    if "drug.route" in facts:
        dosage["route"] = answer_concept(field_named("drug.route"), str(facts["drug.route"].value))
    return found | ({"dosageInstruction": [dosage]} if dosage else {})


def _find(page: Page) -> list[Finding]:
    resource = page.resource
    if resource.get("doNotPerform") is True:
        page.note("An order not to give a drug; not taken.")
        return []
    if words(resource, "intent") in ("proposal", "plan", "option"):
        page.note(f"A {words(resource, 'intent')}, not an order; not taken.")
        return []
    doses = rows(resource, "dosageInstruction") or rows(resource, "dosage")
    found = [Finding("drug.agent", agent)] if (agent := _agent(page)) else []
    texts = list(dict.fromkeys(filter(None, (_dose(dose) for dose in doses))))
    if texts:
        found.append(Finding("drug.dose", page.clean("; ".join(texts))))
    routes = {answer_of("drug.route", dose.get("route")) for dose in doses} - {None}
    if len(routes) == 1:
        found.append(Finding("drug.route", routes.pop()))
    elif any(dose.get("route") for dose in doses):
        named = ", ".join(name_of(part(dose, "route")) for dose in doses)
        page.note(f"Route {named!r} is not one of the record's.", "warning")
    return found + _period(page, doses)


def _agent(page: Page) -> str:
    concept = part(page.resource, "medicationCodeableConcept")
    if not concept:
        concept = part(page.referred(part(page.resource, "medicationReference")), "code")
    name = page.clean(name_of(concept))
    if not name and not concept.get("extension"):
        page.note("The drug is not named in the bundle.", "warning")
    return name


def _dose(dose: Json) -> str:
    """The dose in words: as written, else as number and unit."""
    if words(dose, "text"):
        return words(dose, "text")
    quantities = [part(dose, "dose"), part(dose, "rateQuantity")]
    for rate in rows(dose, "doseAndRate"):
        quantities += [part(rate, "doseQuantity"), part(rate, "rateQuantity")]
    said = [
        f"{words(q, 'value')} {words(q, 'unit') or words(q, 'code')}".strip()
        for q in quantities
        if words(q, "value")
    ]
    return ", ".join(said)


def _period(page: Page, doses: list[Json]) -> list[Finding]:
    resource = page.resource
    bounds = [part(part(part(d, "timing"), "repeat"), "boundsPeriod") for d in doses]
    period = next((one for one in bounds if one), part(resource, "effectivePeriod"))
    moment = words(resource, "effectiveDateTime")
    start = words(period, "start") or moment or words(resource, "authoredOn")
    stop = words(period, "end") or (moment if _was_given(resource) else "")
    found = []
    for field, stated in (("drug.start", start), ("drug.stop", stop)):
        day = day_of(stated)
        if day is not None:
            found.append(Finding(field, day))
        elif stated:
            page.note(f"{field}: {stated!r} names no day; not taken.", "warning")
    return found


def _was_given(resource: Json) -> bool:
    """An administration at one moment begins and ends there; a statement may go on."""
    return resource.get("resourceType") == "MedicationAdministration"


DRUG = Carrier(
    "drug",
    "drug",
    ("drug.agent", "drug.route", "drug.dose", "drug.start", "drug.stop"),
    _build,
    _find,
)
