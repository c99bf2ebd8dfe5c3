"""Operations and other procedures on the liver, and earlier treatment."""

from __future__ import annotations

from hepatica.case.record import field_named
from hepatica.io.fhir.carrier import Carrier, Facts, Links, day_in, period_in
from hepatica.io.fhir.finding import Finding
from hepatica.io.fhir.page import Page
from hepatica.io.fhir.shape import Json, day_of, name_of, part, rows, words
from hepatica.io.fhir.terminology import (
    ABSENT,
    answer_concept,
    answer_of,
    coded,
    concept,
    own_answers,
    profile,
)

_NOT_STATED: Json = {"extension": [{"url": ABSENT, "valueCode": "unknown"}]}


def _build_procedure(facts: Facts, links: Links) -> Json:
    day = day_in(facts, "procedure.done")
    kind = facts.get("procedure.kind")
    found: Json = {
        "resourceType": "Procedure",
        "meta": {"profile": [profile("surgery")]},
        "status": "completed" if day else "unknown",
        "category": {"coding": [concept("surgical").coding()]},
        "code": _NOT_STATED,
        "subject": links.patient,
    }
    if kind is not None:
        found["code"] = answer_concept(field_named("procedure.kind"), str(kind.value))
        if kind.value not in ("resection", "primary_resection"):
            del found["meta"], found["category"]
    if day:
        found["performedDateTime"] = day
    if "procedure.complication" in facts:
        found["complication"] = [{"text": facts["procedure.complication"].value}]
    if "procedure.note" in facts:
        found["note"] = [{"text": facts["procedure.note"].value}]
    return found


def _build_prior(facts: Facts, links: Links) -> Json:
    period = period_in(facts, "prior.start", "prior.stop")
    found: Json = {
        "resourceType": "Procedure",
        "status": "completed" if "end" in period else "unknown",
        "code": dict(_NOT_STATED),
        "subject": links.patient,
    }
    if "prior.kind" in facts:
        found["code"] = answer_concept(field_named("prior.kind"), str(facts["prior.kind"].value))
        del found["code"]["text"]
    if "prior.regimen" in facts:
        found["code"]["text"] = facts["prior.regimen"].value
    return found | ({"performedPeriod": period} if period else {})


def findings_of_procedure(page: Page) -> list[Finding]:
    """A procedure on the liver or the primary; what is neither is noted."""
    resource = page.resource
    code = part(resource, "code")
    kind = answer_of("procedure.kind", code)
    if kind is None and not _own_unnamed(page):
        page.note(f"The procedure {name_of(code)!r} is not known to the record.")
        return []
    found = [Finding("procedure.kind", kind)] if kind is not None else []
    period = part(resource, "performedPeriod")
    stated = words(resource, "performedDateTime") or words(period, "start")
    day = day_of(stated)
    if day is not None:
        found.append(Finding("procedure.done", day))
    elif stated:
        page.note(f"It was done in {stated}; the day is not said.", "warning")
    for field, texts in (
        ("procedure.complication", [name_of(row) for row in rows(resource, "complication")]),
        ("procedure.note", [words(row, "text") for row in rows(resource, "note")]),
    ):
        said = "; ".join(text for text in texts if text)
        if said:
            found.append(Finding(field, page.clean(said)))
    return found


def findings_of_prior(page: Page) -> list[Finding]:
    """Earlier treatment: its kind, and the regimen where it is one of the record's own."""
    resource = page.resource
    code = part(resource, "code")
    kind = answer_of("prior.kind", code)
    found = [Finding("prior.kind", kind)] if kind is not None else []
    own = any(system == own_answers("prior.kind") for system, _ in coded(code))
    if words(code, "text") and (own or kind is None):
        found.append(Finding("prior.regimen", page.clean(words(code, "text"))))
    period = part(resource, "performedPeriod")
    moment = words(resource, "performedDateTime")
    ends = (("prior.start", words(period, "start") or moment), ("prior.stop", words(period, "end")))
    for field, stated in ends:
        day = day_of(stated)
        if day is not None:
            found.append(Finding(field, day))
        elif stated:
            page.note(f"{field}: {stated!r} names no day; not taken.", "warning")
    return found


def is_prior(resource: Json) -> bool:
    """Whether a procedure is chemotherapy or carries a kind of earlier treatment."""
    code = part(resource, "code")
    return answer_of("prior.kind", code) is not None and answer_of("procedure.kind", code) is None


def _own_unnamed(page: Page) -> bool:
    """A procedure of ours whose kind nobody stated."""
    return part(page.resource, "code") == _NOT_STATED


PROCEDURE = Carrier(
    "procedure",
    "procedure",
    ("procedure.kind", "procedure.done", "procedure.complication", "procedure.note"),
    _build_procedure,
    findings_of_procedure,
)
PRIOR = Carrier(
    "prior",
    "prior",
    ("prior.kind", "prior.regimen", "prior.start", "prior.stop"),
    _build_prior,
    findings_of_prior,
)
