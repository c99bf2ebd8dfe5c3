"""Imaging examinations and adverse events."""

from __future__ import annotations

import re

from hepatica.case.record import field_named
from hepatica.io.fhir.carrier import Carrier, Facts, Links, day_in
from hepatica.io.fhir.finding import Finding
from hepatica.io.fhir.page import Page
from hepatica.io.fhir.shape import Json, day_of, name_of, part, rows, words
from hepatica.io.fhir.terminology import CODEXRT, answer_concept, answer_of

_DICOM_UID = "urn:dicom:uid"
_GRADE = CODEXRT + "codexrt-radiotherapy-adverse-event-severity-or-grade"


def _build_study(facts: Facts, links: Links) -> Json:
    found: Json = {
        "resourceType": "ImagingStudy",
        "status": "available",
        "subject": links.patient,
    }
    if "imaging.study_uid" in facts:
        uid = f"urn:oid:{facts['imaging.study_uid'].value}"
        found["identifier"] = [{"system": _DICOM_UID, "value": uid}]
    if "imaging.modality" in facts:
        answer = str(facts["imaging.modality"].value)
        codings = answer_concept(field_named("imaging.modality"), answer)["coding"]
        found["modality"] = codings[:1]
    if "imaging.done" in facts:
        found["started"] = day_in(facts, "imaging.done")
    if "imaging.phase" in facts:
        found["description"] = facts["imaging.phase"].value
    return found


def _find_study(page: Page) -> list[Finding]:
    resource, found = page.resource, []
    day = day_of(words(resource, "started"))
    if day is not None:
        found.append(Finding("imaging.done", day))
    elif words(resource, "started"):
        page.note(f"It began {words(resource, 'started')}; the day is not said.", "warning")
    codings = rows(resource, "modality")
    codings += [part(one, "modality") for one in rows(resource, "series") if not codings]
    kinds = [answer_of("imaging.modality", {"coding": [row]}) for row in codings]
    known = list(dict.fromkeys(kind for kind in kinds if kind is not None))
    if known:
        found.append(Finding("imaging.modality", known[0]))
    left = {words(row, "code") for row, kind in zip(codings, kinds, strict=True) if kind is None}
    if more := sorted(left) + known[1:]:
        page.note(f"Modality {', '.join(more)} was not taken.")
    for row in rows(resource, "identifier"):
        if row.get("system") == _DICOM_UID:
            uid = words(row, "value").removeprefix("urn:oid:")
            found.append(Finding("imaging.study_uid", uid))
    if words(resource, "description"):
        found.append(Finding("imaging.phase", page.clean(words(resource, "description"))))
    return found


def _build_event(facts: Facts, links: Links) -> Json:
    found: Json = {"resourceType": "AdverseEvent", "actuality": "actual"}
    if "toxicity.grade" in facts:
        grade = {"text": str(facts["toxicity.grade"].value)}
        found["extension"] = [{"url": _GRADE, "valueCodeableConcept": grade}]
    if "toxicity.term" in facts:
        found["event"] = {"text": facts["toxicity.term"].value}
    if "toxicity.onset" in facts:
        found["date"] = day_in(facts, "toxicity.onset")
    return found | {"subject": links.patient}


def _find_event(page: Page) -> list[Finding]:
    resource, found = page.resource, []
    if words(resource, "actuality") == "potential":
        page.note("An event that only might have happened; not taken.")
        return []
    if name_of(part(resource, "event")):
        found.append(Finding("toxicity.term", page.clean(name_of(part(resource, "event")))))
    day = day_of(words(resource, "date"))
    if day is not None:
        found.append(Finding("toxicity.onset", day))
    elif words(resource, "date"):
        page.note(f"It happened {words(resource, 'date')}; the day is not said.", "warning")
    grades = {_grade(row) for row in rows(resource, "extension")} - {None}
    if len(grades) == 1:
        found.append(Finding("toxicity.grade", grades.pop()))
    elif part(resource, "severity") or part(resource, "seriousness"):
        page.note("Severity and seriousness are no CTCAE grade; not taken.")
    return found


def _grade(row: Json) -> int | None:
    """The CTCAE grade in an extension that is named after it."""
    if not str(row.get("url", "")).endswith("grade"):
        return None
    said = part(row, "valueCodeableConcept")
    texts = [words(said, "text")]
    for coding in rows(said, "coding"):
        texts += [words(coding, "display"), words(coding, "code")]
    for text in texts:
        match = re.fullmatch(r"(?:grade\s*)?([1-5])(?:\D.*)?", text.strip(), re.IGNORECASE)
        if match:
            return int(match[1])
    return None


IMAGING = Carrier(
    "imaging",
    "imaging",
    ("imaging.done", "imaging.modality", "imaging.study_uid", "imaging.phase"),
    _build_study,
    _find_study,
)
TOXICITY = Carrier(
    "toxicity",
    "toxicity",
    ("toxicity.term", "toxicity.grade", "toxicity.onset"),
    _build_event,
    _find_event,
)
