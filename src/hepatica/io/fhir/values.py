"""A value of the record as FHIR has it: quantity, integer, truth value, concept, date or string."""

from __future__ import annotations

from datetime import date
from typing import Any

from hepatica.case.record import Fact, Field, field_named
from hepatica.io.fhir.shape import Json
from hepatica.io.fhir.tag import is_plain
from hepatica.io.fhir.terminology import Term, answer_concept, system_url, terminology

ABSENT_SYSTEM = "http://terminology.hl7.org/CodeSystem/data-absent-reason"


def value_elements(fact: Fact) -> Json:
    """The elements of an Observation, or of a component, that hold value and reference range."""
    field = field_named(fact.field)
    found = absent_element(fact) if fact.absent is not None else _value(field, fact)
    ranges = _reference_range(field, fact)
    return found | ({"referenceRange": [ranges]} if ranges else {})


def absent_element(fact: Fact) -> Json:
    """Why there is no value, in the words of FHIR."""
    code = terminology()["absent_reasons"][fact.absent][0]
    return {"dataAbsentReason": {"coding": [{"system": ABSENT_SYSTEM, "code": code}]}}


def quantity(value: float, unit: str, comparator: str | None = None) -> Json:
    """A FHIR Quantity in a UCUM unit."""
    found: Json = {"value": value}
    if comparator is not None:
        found["comparator"] = comparator
    return found | {"unit": unit, "system": system_url("ucum"), "code": unit}


def _value(field: Field, fact: Fact) -> Json:
    value: Any = fact.value
    if field.kind in ("quantity", "count"):
        return _number(field, value, fact.comparator)
    if field.kind == "flag":
        return {"valueBoolean": value}
    if field.kind == "code":
        return {"valueCodeableConcept": answer_concept(field, value, _trend(field, value))}
    if isinstance(value, date):
        return {"valueDateTime": value.isoformat()}
    return _text(field, value)


def _number(field: Field, value: float, comparator: str | None) -> Json:
    """mCODE wants scores as integers; a comparator needs a quantity."""
    is_score = field.kind == "count" or field.name == "performance.karnofsky"
    if is_score and comparator is None and value == int(value):
        return {"valueInteger": int(value)}
    return {"valueQuantity": quantity(value, field.unit or "1", comparator)}


def _text(field: Field, value: str) -> Json:
    if not is_plain(value):
        coding = {"system": ABSENT_SYSTEM, "code": "unsupported"}
        return {"dataAbsentReason": {"coding": [coding]}}
    if field.name in _STAGES:
        return {"valueCodeableConcept": {"text": value}}
    return {"valueString": value}


_STAGES = ("cancer.t_stage", "cancer.n_stage", "cancer.m_stage", "cancer.stage_group")


def _trend(field: Field, answer: str) -> tuple[Term, ...]:
    """What mCODE says of a response: improved, stable, worsened."""
    if field.name != "imaging.response":
        return ()
    row = terminology()["trends"][answer]
    return (Term(row["system"], row["code"], row["display"], row["source"], row["status"]),)


def _reference_range(field: Field, fact: Fact) -> Json:
    if fact.reference is None:
        return {}
    ends = {"low": fact.reference.low, "high": fact.reference.high}
    unit = field.unit or "1"
    found: Json = {end: quantity(value, unit) for end, value in ends.items() if value is not None}
    return found or {"text": "not stated"}
