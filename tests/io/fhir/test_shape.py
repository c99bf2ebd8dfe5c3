"""What goes out keeps the rules of FHIR R4 and of the profiles that it names."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings

from hepatica.case.record import Fact, Record, fields
from hepatica.io.fhir import write_bundle
from hepatica.io.fhir.terminology import answer_terms, terminology
from tests.io.fhir.r4_rules import faults
from tests.io.fhir.records import full_record, records

DAY = date(2024, 3, 1)
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"


def _resources(*facts: Fact) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in write_bundle(Record("case-1", facts))["entry"]]


def _one(kind: str, *facts: Fact) -> dict[str, Any]:
    (found,) = [r for r in _resources(*facts) if r["resourceType"] == kind]
    return found


def test_a_record_with_every_field_breaks_no_rule_of_r4() -> None:
    assert faults(write_bundle(full_record())) == []


@settings(max_examples=25)
@given(records())
def test_no_record_breaks_a_rule_of_r4(record: Record) -> None:
    assert faults(write_bundle(record)) == []


def test_the_rules_of_r4_notice_a_broken_bundle() -> None:
    bundle = write_bundle(Record("case-1", (Fact("performance.ecog", 1),)))
    resource = bundle["entry"][-1]["resource"]
    resource.update({"status": "ready", "valueString": "x", "subject": {"reference": "urn:x"}})
    assert len(faults(bundle)) == 4


def test_a_laboratory_value_has_code_unit_comparator_and_range() -> None:
    found = _one("Observation", Fact("lab.cea", 1.8, unit="ug/L", comparator="<", on=DAY))
    assert found["code"]["coding"][0] == {
        "system": LOINC,
        "code": "2039-6",
        "display": "Carcinoembryonic Ag [Mass/volume] in Serum or Plasma",
    }
    assert found["valueQuantity"] == {
        "value": 1.8,
        "comparator": "<",
        "unit": "ug/L",
        "system": "http://unitsofmeasure.org",
        "code": "ug/L",
    }
    assert found["category"][0]["coding"][0]["code"] == "laboratory"
    assert found["effectiveDateTime"] == "2024-03-01"
    assert found["meta"]["profile"][0].endswith("mcode-tumor-marker-test|4.0.0")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("unknown", "unknown"),
        ("not_performed", "not-performed"),
        ("not_applicable", "not-applicable"),
        ("declined", "asked-declined"),
    ],
)
def test_a_reason_for_having_no_value_is_said_in_the_words_of_fhir(ours: Any, theirs: str) -> None:
    found = _one("Observation", Fact("lab.inr", absent=ours))
    assert found["dataAbsentReason"]["coding"][0]["code"] == theirs


def test_performance_status_is_an_integer_as_mcode_wants_it() -> None:
    karnofsky = _one("Observation", Fact("performance.karnofsky", 80.0, unit="%", on=DAY))
    assert karnofsky["valueInteger"] == 80
    assert karnofsky["category"][0]["coding"][0]["code"] == "survey"
    assert karnofsky["code"]["coding"][0]["code"] == "89243-0"


def test_a_primary_and_its_metastases_are_two_conditions() -> None:
    found = _resources(
        Fact("cancer.primary_site", "rectum"),
        Fact("cancer.diagnosis_date", date(2022, 5, 6)),
        Fact("liver.diagnosis_date", date(2023, 7, 8)),
    )
    primary, secondary = (r for r in found if r["resourceType"] == "Condition")
    assert primary["code"]["coding"][0]["code"] == "363351006"
    assert primary["extension"][0]["valueDateTime"] == "2022-05-06"
    assert secondary["code"]["coding"][0] == {
        "system": SNOMED,
        "code": "94381002",
        "display": "Secondary malignant neoplasm of liver (disorder)",
    }
    assert secondary["meta"]["profile"][0].endswith("mcode-secondary-cancer-condition|4.0.0")


def test_a_tumour_size_refers_to_its_tumour_and_has_one_longest_dimension() -> None:
    size = _one("Observation", Fact("lesion.diameter", 23.0, "1", unit="mm", on=DAY))
    tumour = _one("BodyStructure", Fact("lesion.segment", "VII", "1"))
    assert size["focus"][0]["reference"] == f"urn:uuid:{tumour['id']}"
    assert [c["code"]["coding"][0]["code"] for c in size["component"]] == ["33728-7"]
    assert tumour["location"]["text"] == "Liver, segment VII"


def test_a_course_of_radiotherapy_is_prescribed_in_centigray_and_summarised() -> None:
    facts = (
        Fact("radiotherapy.prescribed", 45.3, "1", unit="Gy"),
        Fact("radiotherapy.fractions_prescribed", 6, "1"),
        Fact("radiotherapy.fractions_delivered", 6, "1"),
        Fact("radiotherapy.start", date(2024, 3, 1), "1"),
        Fact("radiotherapy.stop", date(2024, 3, 14), "1"),
    )
    request, course = _one("ServiceRequest", *facts), _one("Procedure", *facts)
    dose = request["extension"][0]["extension"][1]["valueQuantity"]
    assert (dose["value"], dose["code"]) == (4530.0, "cGy")
    assert course["basedOn"][0]["reference"] == f"urn:uuid:{request['id']}"
    assert course["performedPeriod"] == {"start": "2024-03-01", "end": "2024-03-14"}
    assert [p.rpartition("|")[2] for p in course["meta"]["profile"]] == ["4.0.0", "2.0.0"]


def test_a_course_without_an_end_does_not_claim_the_profile_that_asks_for_its_state() -> None:
    course = _one("Procedure", Fact("radiotherapy.start", DAY, "1"))
    assert course["status"] == "unknown"
    assert not any("codexrt" in p for p in course["meta"]["profile"])


def test_a_response_goes_out_as_disease_status_with_the_trend_of_mcode() -> None:
    found = _one("Observation", Fact("imaging.response", "partial", "1", on=DAY))
    codes = [c["code"] for c in found["valueCodeableConcept"]["coding"]]
    assert codes == ["268910001", "partial"]
    assert found["code"]["coding"][0]["code"] == "97509-4"


def test_an_adverse_event_has_its_grade_in_the_extension_of_codex() -> None:
    found = _one(
        "AdverseEvent", Fact("toxicity.term", "Nausea", "1"), Fact("toxicity.grade", 2, "1")
    )
    assert found["event"]["text"] == "Nausea"
    assert found["extension"][0]["valueCodeableConcept"]["text"] == "2"


def test_the_patient_has_a_pseudonym_and_a_masked_name() -> None:
    patient = _one("Patient", Fact("patient.birth_year", 1957))
    assert patient["birthDate"] == "1957"
    assert patient["identifier"][0]["value"] == "case-1"
    assert patient["name"][0]["extension"][0]["valueCode"] == "masked"


def test_every_row_of_the_terminology_has_a_source_a_status_and_a_known_field() -> None:
    table = terminology()
    rows = [*table["observations"], *table["conditions"], *table["sides"], *table["yes_no"]]
    rows += list(table["concepts"].values()) + list(table["trends"].values())
    for answers in (*table["answers"].values(), *table["read_answers"].values()):
        rows += [row for many in answers.values() for row in many]
    for row in rows:
        assert row["status"] in ("verified", "recalled"), row
        assert row["source"] in table["sources"], row
        assert row["system"] in table["systems"], row
        assert (row["status"] == "recalled") == ("memory" in table["sources"][row["source"]]), row
    named = {r["field"] for r in table["observations"] + table["conditions"]} - {"liver.metastases"}
    assert named <= set(fields())


def test_every_answer_of_the_terminology_is_one_of_its_field() -> None:
    for name in (*terminology()["answers"], *terminology()["read_answers"]):
        field = fields()[name]
        allowed = field.answers or tuple(str(n) for n in range(int(field.low or 0), 6))
        assert set(answer_terms(name)) <= set(allowed), name


def test_no_code_means_two_fields() -> None:
    codes = [(r["system"], r["code"]) for r in terminology()["observations"]]
    assert len(set(codes)) == len(codes)


def test_every_field_of_the_laboratory_but_the_retention_test_has_a_written_code() -> None:
    written = {r["field"] for r in terminology()["observations"] if r["use"] == "write"}
    assert {n for n in fields() if n.startswith("lab.")} - written == {"lab.icg_retention"}
