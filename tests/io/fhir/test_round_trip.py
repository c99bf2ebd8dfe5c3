"""A record that goes out as FHIR and comes back is the same record."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings

from hepatica.case.record import Fact, Record, fields
from hepatica.io.fhir import read_bundle, write_bundle
from tests.io.fhir.records import example, full_record, records


def _there_and_back(record: Record) -> Record:
    text = json.dumps(write_bundle(record), allow_nan=False)
    reading = read_bundle(json.loads(text), record.case_id)
    assert reading.notes == ()
    return reading.record


@settings(max_examples=40)
@given(records())
def test_any_record_comes_back_as_it_was(record: Record) -> None:
    assert _there_and_back(record) == record


def test_a_record_with_every_field_comes_back_as_it_was() -> None:
    assert _there_and_back(full_record()) == full_record()


@pytest.mark.parametrize("name", list(fields()))
def test_each_field_comes_back_alone_and_without_its_extension(name: str) -> None:
    field = fields()[name]
    fact = example(field, "1" if field.group else "")
    record = Record("case-1", (fact,))
    assert _there_and_back(record) == record
    if name in {"imaging.study_uid", "imaging.response"}:
        return
    if field.group in ("prior", "procedure"):
        kind = example(fields()[f"{field.group}.kind"], "1")
        record = Record("case-1", tuple({kind.field: kind, name: fact}.values()))
    found = read_bundle(_stripped(write_bundle(record)), "other").record.facts
    assert [(f.field, f.value, f.unit) for f in found if f.field == name] == [
        (name, fact.value, fact.unit)
    ]


def _stripped(bundle: dict) -> dict:  # type: ignore[type-arg]
    """The bundle as a system would pass it on that drops what it does not know."""
    for entry in bundle["entry"]:
        resource = entry["resource"]
        resource["meta"].pop("tag")
        kept = [e for e in resource.get("extension", ()) if "hepatica.invalid" not in e["url"]]
        resource["extension"] = kept
    return bundle


def test_the_newest_of_two_values_stands_in_the_resource_and_the_older_beside_it() -> None:
    first = Fact("drug.dose", "85 mg/m2", "1", on=date(2024, 1, 1))
    second = Fact("drug.dose", "65 mg/m2", "1", on=date(2024, 2, 1))
    bundle = write_bundle(Record("case-1", (second, first)))
    request = next(
        e["resource"]
        for e in bundle["entry"]
        if e["resource"]["resourceType"] == "MedicationRequest"
    )
    assert request["dosageInstruction"][0]["text"] == "65 mg/m2"
    assert _there_and_back(Record("case-1", (second, first))).facts == (second, first)


def test_the_same_record_gives_the_same_bundle() -> None:
    assert write_bundle(full_record()) == write_bundle(full_record())


def test_a_fact_that_another_system_added_comes_after_our_own() -> None:
    record = Record("case-1", (Fact("performance.ecog", 1, on=date(2024, 1, 1)),))
    bundle = write_bundle(record)
    patient = bundle["entry"][0]["fullUrl"]
    bundle["entry"].append(
        {
            "resource": {
                "resourceType": "Observation",
                "status": "final",
                "code": {"coding": [{"system": "http://loinc.org", "code": "1920-8"}]},
                "subject": {"reference": patient},
                "effectiveDateTime": "2024-02-01",
                "valueQuantity": {"value": 31, "unit": "U/L"},
            }
        }
    )
    found = read_bundle(bundle, "case-1").record.facts
    assert found[0] == record.facts[0]
    assert (found[1].field, found[1].value) == ("lab.ast", 31)


def test_what_another_system_changed_in_our_resource_is_what_counts() -> None:
    record = Record("case-1", (Fact("lab.albumin", 38.0, unit="g/L", on=date(2024, 1, 1)),))
    bundle = write_bundle(record)
    quantity = bundle["entry"][-1]["resource"]["valueQuantity"]
    quantity.update({"value": 3.5, "unit": "g/dL", "code": "g/dL"})
    (found,) = read_bundle(bundle, "case-1").record.facts
    assert found == replace(record.facts[0], value=35.0)
