"""Which code of LOINC, SNOMED CT, ICD-10 or DICOM means which field or answer of the record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from hepatica.case.record import Field, field_named
from hepatica.io.fhir.shape import Json, rows, words

OWN = "https://hepatica.invalid/fhir/"
"""Root of the names that are Hepatica's own. No such host can exist (RFC 2606): they are names."""

OWN_FIELDS = OWN + "CodeSystem/field"
OWN_TAG = OWN + "CodeSystem/origin"
OWN_CASE = OWN + "NamingSystem/case"
MCODE = "http://hl7.org/fhir/us/mcode/StructureDefinition/"
CODEXRT = "http://hl7.org/fhir/us/codex-radiation-therapy/StructureDefinition/"
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


@dataclass(frozen=True)
class Term:
    """One code of one code system, with where it was read."""

    system: str
    code: str
    display: str
    source: str
    status: str

    def coding(self) -> Json:
        """As a FHIR Coding."""
        found = {"system": system_url(self.system), "code": self.code}
        return found | ({"display": self.display} if self.display else {})


@cache
def terminology() -> Mapping[str, Any]:
    """The whole table."""
    from ruamel.yaml import YAML

    text = resources.files("hepatica.io.fhir").joinpath("terminology.yaml").read_text("utf-8")
    return MappingProxyType(YAML(typ="safe").load(text))


def system_url(name: str) -> str:
    """The address by which FHIR names a code system of the table."""
    return str(terminology()["systems"][name]["url"])


@cache
def systems() -> Mapping[str, str]:
    """Name of a code system by every address under which it goes."""
    table = terminology()["systems"].items()
    return {url: name for name, row in table for url in (row["url"], *row.get("also", ()))}


def concept(name: str) -> Term:
    """A code that stands for no field, such as the liver as a body site."""
    return _term(terminology()["concepts"][name])


@cache
def written_code(field: str) -> Term | None:
    """The code under which a field is written; None if only its own name stands for it."""
    table = terminology()["observations"]
    found = [r for r in table if r["field"] == field and r["use"] == "write"]
    return _term(found[0]) if found else None


@cache
def field_codes() -> Mapping[tuple[str, str], str]:
    """Field by code system and code, for reading."""
    table = terminology()["observations"]
    return {(r["system"], str(r["code"])): r["field"] for r in table}


@cache
def answer_terms(field: str) -> Mapping[str, tuple[Term, ...]]:
    """The codes of each answer of a field; the first is the one that is written."""
    table = terminology()["answers"].get(field, {})
    return {answer: tuple(_term(r) for r in found) for answer, found in table.items()}


def coded(concept_: object) -> list[tuple[str, str]]:
    """Code system (by name where the table knows it) and code of every coding of a concept."""
    found = []
    for coding in rows(concept_, "coding"):
        url, code = words(coding, "system"), words(coding, "code")
        if code:
            found.append((systems().get(url, url), code))
    return found


def answer_concept(field: Field, answer: str, extra: Iterable[Term] = ()) -> Json:
    """An answer of the record as a CodeableConcept: standard codes first, then its own."""
    standard = [t.coding() for t in (*answer_terms(field.name).get(answer, ())[:1], *extra)]
    codings: list[Json] = []
    for coding in (*standard, {"system": own_answers(field.name), "code": answer}):
        if coding not in codings:
            codings.append(coding)
    return {"coding": codings, "text": answer.replace("_", " ")}


def answer_of(field: str, concept_: Any) -> str | None:
    """The answer of the record that a concept means, by its codes; None if none does."""
    codes = coded(concept_)
    own = [code for system, code in codes if system == own_answers(field)]
    if own and own[0] in field_named(field).answers:
        return own[0]
    known = {
        (term.system, term.code): answer
        for table in (answer_terms(field), _read_terms(field))
        for answer, terms in table.items()
        for term in terms
    }
    means = {known[code] for code in codes if code in known}
    return means.pop() if len(means) == 1 else None


def own_answers(field: str) -> str:
    """The code system that holds the answers of one field."""
    return f"{OWN}CodeSystem/{field}"


def own_concept(field: Field) -> Json:
    """A field as a CodeableConcept: its standard code if there is one, and its own name."""
    term = written_code(field.name)
    own = {"system": OWN_FIELDS, "code": field.name, "display": field.label}
    return {"coding": [own] if term is None else [term.coding(), own], "text": field.label}


def category_of(field: Field) -> str:
    """The category of a field's Observation."""
    table: Mapping[str, str] = terminology()["categories"]
    return table.get(field.name) or table.get(field.block) or table["else"]


def profile(name: str) -> str:
    """The canonical address of a profile, with its version."""
    return str(terminology()["profiles"][name])


def _read_terms(field: str) -> Mapping[str, tuple[Term, ...]]:
    table = terminology()["read_answers"].get(field, {})
    return {answer: tuple(_term(r) for r in found) for answer, found in table.items()}


def _term(row: Mapping[str, Any]) -> Term:
    display = row.get("display", "")
    return Term(row["system"], str(row["code"]), display, row["source"], row["status"])
