"""Radiotherapy: the prescription of a course and the summary of what was given."""

from __future__ import annotations

from hepatica.case.record import expressed
from hepatica.io.fhir.carrier import Carrier, Facts, Links, period_in
from hepatica.io.fhir.finding import Finding
from hepatica.io.fhir.page import Page
from hepatica.io.fhir.shape import Json, day_of, extension, inner, name_of, part, rows, whole, words
from hepatica.io.fhir.terminology import CODEXRT, MCODE, coded, concept, profile
from hepatica.io.fhir.values import quantity

_DELIVERED = MCODE + "mcode-radiotherapy-dose-delivered-to-volume"
_TECHNIQUES = MCODE + "mcode-radiotherapy-modality-and-technique"
_TECHNIQUE = MCODE + "mcode-radiotherapy-technique"
_PRESCRIBED = CODEXRT + "codexrt-radiotherapy-dose-prescribed-to-volume"
_VOLUME: Json = {"url": "volume", "valueReference": {"display": "treated volume"}}


def _build_course(facts: Facts, links: Links) -> Json:
    period = period_in(facts, "radiotherapy.start", "radiotherapy.stop")
    ended = {"start", "end"} <= set(period)
    profiles = [profile("course"), *([profile("codexrt_course")] if ended else [])]
    extensions: list[Json] = []
    if "radiotherapy.technique" in facts:
        text = {"text": facts["radiotherapy.technique"].value}
        technique = {"url": _TECHNIQUE, "valueCodeableConcept": text}
        extensions.append({"url": _TECHNIQUES, "extension": [technique]})
    if "radiotherapy.fractions_delivered" in facts:
        count = facts["radiotherapy.fractions_delivered"].value
        given = {"url": "fractionsDelivered", "valueUnsignedInt": count}
        extensions.append({"url": _DELIVERED, "extension": [_VOLUME, given]})
    found: Json = {
        "resourceType": "Procedure",
        "meta": {"profile": profiles},
        "extension": extensions,
        "status": "completed" if ended else "unknown",
        "category": {"coding": [concept("radiotherapy").coding()]},
        "code": {"coding": [concept("course").coding()]},
        "subject": links.patient,
    }
    if links.has("prescription", links.item):
        found["basedOn"] = [links.reference("prescription", links.item)]
    return found | ({"performedPeriod": period} if period else {})


def _build_prescription(facts: Facts, links: Links) -> Json:
    prescribed: list[Json] = []
    if "radiotherapy.prescribed" in facts:
        gray = float(facts["radiotherapy.prescribed"].value)  # type: ignore[arg-type]
        centigray = expressed("radiotherapy.prescribed", gray, "cGy")
        parts = [_VOLUME, {"url": "totalDose", "valueQuantity": quantity(centigray, "cGy")}]
        if "radiotherapy.fractions_prescribed" in facts:
            count = facts["radiotherapy.fractions_prescribed"].value
            parts.append({"url": "fractions", "valuePositiveInt": count})
        prescribed = [{"url": _PRESCRIBED, "extension": parts}]
    return {
        "resourceType": "ServiceRequest",
        "extension": prescribed,
        "status": "unknown",
        "intent": "order",
        "category": [{"coding": [concept("radiotherapy").coding()]}],
        "code": {"text": "Radiotherapy Course Prescription"},
        "subject": links.patient,
    }


def findings_of_course(page: Page) -> list[Finding]:
    """First and last day, technique, and fractions given."""
    resource, about = page.resource, course_address(page)
    found = []
    period = part(resource, "performedPeriod")
    ends = (("radiotherapy.start", "start"), ("radiotherapy.stop", "end"))
    for field, end in ends:
        stated = words(period, end) or words(resource, "performedDateTime")
        day = day_of(stated)
        if day is not None:
            found.append(Finding(field, day, about=about))
        elif stated:
            page.note(f"{field}: {stated!r} names no day; not taken.", "warning")
    names = [
        name_of(part(technique, "valueCodeableConcept"))
        for row in extension(resource, _TECHNIQUES)
        for technique in rows(row, "extension")
        if str(technique.get("url", "")).endswith("technique")
    ]
    if any(names):
        said = page.clean(", ".join(dict.fromkeys(filter(None, names))))
        found.append(Finding("radiotherapy.technique", said, about=about))
    counts = {whole(r, "fractionsDelivered", "valueUnsignedInt") for r in _delivered(page)} - {None}
    if len(counts) == 1:
        found.append(Finding("radiotherapy.fractions_delivered", counts.pop(), about=about))
    elif counts:
        page.note("Its volumes were given different numbers of fractions; none taken.", "warning")
    for row in _delivered(page):
        dose = part({"dose": inner(row, "totalDoseDelivered", "valueQuantity")}, "dose")
        if dose:
            said = f"{words(dose, 'value')} {words(dose, 'code')}"
            page.note(f"A dose of {said} was given to a volume; the record keeps prescribed doses.")
    return found


def findings_of_prescription(page: Page) -> list[Finding]:
    """Dose and fractions of a prescription, if all its volumes agree."""
    about, found = page.entry.address, []
    parts = extension(page.resource, _PRESCRIBED)
    values = set()
    for row in parts:
        dose = part({"dose": inner(row, "totalDose", "valueQuantity")}, "dose")
        number = dose.get("value")
        if isinstance(number, int | float) and not isinstance(number, bool):
            units = (words(dose, "code"), words(dose, "unit"))
            values.add(page.in_field_unit("radiotherapy.prescribed", number, units))
    counts = {whole(row, "fractions", "valuePositiveInt") for row in parts} - {None}
    values -= {None}
    if len(values) == 1:
        found.append(Finding("radiotherapy.prescribed", values.pop(), about=about))
    if len(counts) == 1:
        found.append(Finding("radiotherapy.fractions_prescribed", counts.pop(), about=about))
    if max(len(values), len(counts)) > 1:
        page.note("Its volumes have different doses or fractions; those were not taken.", "warning")
    return found


def course_address(page: Page) -> str:
    """Prescription and summary are one course: both go by the prescription's address."""
    for reference in rows(page.resource, "basedOn"):
        if extension(page.referred(reference), _PRESCRIBED):
            return page.address(reference)
    return page.entry.address


def is_course(resource: Json) -> bool:
    """Whether a procedure is a course of radiotherapy."""
    codes = coded(resource.get("category")) + coded(resource.get("code"))
    known = [concept(name) for name in ("radiotherapy", "radiotherapy_before", "course")]
    return any((term.system, term.code) in codes for term in known)


def is_prescription(resource: Json) -> bool:
    """Whether a request prescribes radiotherapy."""
    return bool(extension(resource, _PRESCRIBED))


def _delivered(page: Page) -> list[Json]:
    return extension(page.resource, _DELIVERED)


PRESCRIPTION = Carrier(
    "prescription",
    "radiotherapy",
    ("radiotherapy.prescribed", "radiotherapy.fractions_prescribed"),
    _build_prescription,
    findings_of_prescription,
)
COURSE = Carrier(
    "radiotherapy",
    "radiotherapy",
    (
        "radiotherapy.start",
        "radiotherapy.stop",
        "radiotherapy.technique",
        "radiotherapy.fractions_delivered",
    ),
    _build_course,
    findings_of_course,
    always=True,
)
