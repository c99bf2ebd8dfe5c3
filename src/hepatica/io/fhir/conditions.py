"""Diagnoses: the primary cancer, its metastases in the liver, and what else the record asks for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from hepatica.case.record import field_named
from hepatica.io.fhir.carrier import Carrier, Facts, Links, day_in
from hepatica.io.fhir.finding import Finding
from hepatica.io.fhir.page import Page
from hepatica.io.fhir.shape import Json, day_of, inner, name_of, part, profiled, rows, words
from hepatica.io.fhir.terminology import (
    MCODE,
    answer_concept,
    answer_of,
    coded,
    concept,
    profile,
    terminology,
)

_ASSERTED = "http://hl7.org/fhir/StructureDefinition/condition-assertedDate"
_HISTOLOGY = MCODE + "mcode-histology-morphology-behavior"
_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"
_DOUBTFUL = ("refuted", "entered-in-error", "unconfirmed", "provisional", "differential")


def _primary(facts: Facts, links: Links) -> Json:
    found = _condition("primary", facts, "cancer.diagnosis_date", links)
    malignancy = concept("malignancy")
    if "cancer.primary_site" in facts:
        site = str(facts["cancer.primary_site"].value)
        code = answer_concept(field_named("cancer.primary_site"), site)
        if len(code["coding"]) == 1:
            code["coding"].insert(0, malignancy.coding())
    else:
        code = {"coding": [malignancy.coding()], "text": "Primary cancer, site not stated"}
    found["code"] = code
    if "cancer.primary_side" in facts:
        side = str(facts["cancer.primary_side"].value)
        found["bodySite"] = [answer_concept(field_named("cancer.primary_side"), side)]
    if "cancer.histology" in facts:
        text = {"text": facts["cancer.histology"].value}
        found["extension"].append({"url": _HISTOLOGY, "valueCodeableConcept": text})
    return found


def _secondary(facts: Facts, links: Links) -> Json:
    found = _condition("secondary", facts, "liver.diagnosis_date", links)
    found["code"] = {"coding": [concept("liver_metastasis").coding()], "text": "Liver metastases"}
    found["bodySite"] = [{"coding": [concept("liver").coding()], "text": "Liver"}]
    return found


def _condition(kind: str, facts: Facts, diagnosed: str, links: Links) -> Json:
    day = day_in(facts, diagnosed)
    category = {"system": _CATEGORY, "code": "problem-list-item"}
    return {
        "resourceType": "Condition",
        "meta": {"profile": [profile(kind)]},
        "extension": [{"url": _ASSERTED, "valueDateTime": day}] if day else [],
        "clinicalStatus": {"coding": [{"system": _CLINICAL, "code": "active"}]},
        "category": [{"coding": [category]}],
        "subject": links.patient,
    }


def findings_of_condition(page: Page) -> list[Finding]:
    """What a diagnosis says about the record; one that is not settled is left out with a note."""
    resource = page.resource
    code = part(resource, "code")
    doubt = {c for _, c in coded(resource.get("verificationStatus"))} & set(_DOUBTFUL)
    if doubt:
        page.note(f"{name_of(code)!r} is {', '.join(doubt)}; not taken.")
        return []
    means = _meaning(code)
    if means is not None and means["field"] == "liver.metastases":
        return _diagnosed("liver.diagnosis_date", page)
    is_primary = profiled(resource, "mcode-primary-cancer-condition")
    if is_primary or (means is not None and means["field"] == "cancer.primary_site"):
        return _primary_findings(means, page)
    if means is None:
        page.note(f"The diagnosis {name_of(code)!r} is not known to the record.")
        return []
    return _flagged(means, page)


def _primary_findings(means: Mapping[str, Any] | None, page: Page) -> list[Finding]:
    resource, found = page.resource, []
    day = _day(page, quiet=True)
    code = part(resource, "code")
    if means is not None and means["field"] == "cancer.primary_site":
        found.append(Finding("cancer.primary_site", means["value"], on=day))
    elif not _bare(code):
        page.note(
            f"The site of the primary {name_of(code)!r} is not known to the table.", "warning"
        )
    sites = {answer_of("cancer.primary_side", row) for row in rows(resource, "bodySite")}
    sides = (sites | {_side(code)}) - {None}
    if len(sides) == 1:
        found.append(Finding("cancer.primary_side", sides.pop(), on=day))
    histology = inner(resource, _HISTOLOGY, "valueCodeableConcept")
    if histology:
        found.append(Finding("cancer.histology", page.clean(name_of(histology)), on=day))
    return found + _diagnosed("cancer.diagnosis_date", page)


def _bare(code: Json) -> bool:
    """Whether the code says no more than that there is a cancer."""
    malignancy = concept("malignancy")
    return coded(code) == [(malignancy.system, malignancy.code)]


def _flagged(means: Mapping[str, Any], page: Page) -> list[Finding]:
    resource = page.resource
    clinical = {code for _, code in coded(resource.get("clinicalStatus"))}
    name = name_of(part(resource, "code"))
    if clinical & {"inactive", "resolved", "remission"}:
        page.note(f"{name!r} is {', '.join(sorted(clinical))}; not taken as present.")
        return []
    day = _day(page, quiet=True)
    found = [Finding(means["field"], means["value"], on=day)]
    if means["field"] == "extrahepatic.present":
        found.append(Finding("extrahepatic.sites", page.clean(name), on=day))
    return found


def _diagnosed(field: str, page: Page) -> list[Finding]:
    day = _day(page, quiet=False)
    return [] if day is None else [Finding(field, day, on=day)]


def _day(page: Page, quiet: bool) -> date | None:
    """Day of diagnosis: when it was asserted, else its onset. When it was typed in is neither."""
    resource = page.resource
    stated = (
        inner(resource, _ASSERTED, "valueDateTime")
        or words(resource, "onsetDateTime")
        or words(part(resource, "onsetPeriod"), "start")
    )
    day = day_of(str(stated or ""))
    if stated and day is None and not quiet:
        page.note(f"Its date {stated!r} names no day; no date of diagnosis taken.", "warning")
    return day


def _meaning(code: Json) -> Mapping[str, Any] | None:
    """The row of the table that fits a diagnosis best."""
    site = answer_of("cancer.primary_site", code)
    if site is not None:
        return {"field": "cancer.primary_site", "value": site}
    return _best(terminology()["conditions"], code)


def _side(code: Json) -> str | None:
    row = _best(terminology()["sides"], code)
    return None if row is None else str(row["value"])


def _best(table: list[Mapping[str, Any]], code: Json) -> Mapping[str, Any] | None:
    """The row with the longest beginning of a code; several that disagree are none."""
    fits = [
        row
        for system, value in coded(code)
        for row in table
        if row["system"] == system and _fits(row, value)
    ]
    longest = max((len(row["code"]) for row in fits), default=0)
    best = [row for row in fits if len(row["code"]) == longest]
    agree = len({(row.get("field"), row["value"]) for row in best}) == 1
    return best[0] if best and agree else None


def _fits(row: Mapping[str, Any], code: str) -> bool:
    if row["system"] != "icd10":
        return bool(row["code"] == code)
    return code.replace(".", "").startswith(row["code"].replace(".", ""))


PRIMARY = Carrier(
    "primary",
    "",
    ("cancer.primary_site", "cancer.primary_side", "cancer.histology", "cancer.diagnosis_date"),
    _primary,
    findings_of_condition,
)
SECONDARY = Carrier("secondary", "", ("liver.diagnosis_date",), _secondary, findings_of_condition)
