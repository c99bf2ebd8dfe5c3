"""Whole bundles of other systems: who they are about, references, diagnoses, treatment."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hepatica.errors import Inconsistent, InvalidInput
from hepatica.io.fhir import FhirReading, read_bundle
from tests.io.fhir.foreign import PATIENT, SNOMED, bundle, concept, lab, quantity

SUBJECT = {"reference": "Patient/p1"}
MCODE = "http://hl7.org/fhir/us/mcode/StructureDefinition/"
CODEXRT = "http://hl7.org/fhir/us/codex-radiation-therapy/StructureDefinition/"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"


def _read(*resources: Any, **more: Any) -> FhirReading:
    return read_bundle(bundle(*resources, **more), "case-1")


def _said(reading: FhirReading) -> dict[str, Any]:
    return {f.field: f.value for f in reading.record if not f.field.startswith("patient.")}


def _notes(reading: FhirReading) -> str:
    return "\n".join(f"{note.subject}: {note.text}" for note in reading.notes)


def _condition(code: Any, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Condition", "code": code, "subject": SUBJECT} | more


# Who it is about.


def test_the_patient_gives_sex_and_year_of_birth_and_nothing_that_names_her() -> None:
    reading = _read()
    assert {f.field: f.value for f in reading.record} == {
        "patient.sex": "female",
        "patient.birth_year": 1957,
    }
    assert "name, identifier, telecom, day of birth: left out" in _notes(reading)


def test_no_name_or_number_survives_anywhere_in_the_record_or_the_notes() -> None:
    text = "Mrs MUSTER (MRN-4711) tolerated it; Johanna called from 030 1234567"
    procedure = {
        "resourceType": "Procedure",
        "status": "completed",
        "code": concept(SNOMED, "107963000"),
        "subject": SUBJECT | {"display": "Erika Muster"},
        "performedDateTime": "2023-04-05",
        "note": [{"text": text}],
        "text": {"status": "generated", "div": "<div>Erika Muster</div>"},
    }
    unknown = lab("9999-9", code={"text": "value of Erika Muster"})
    reading = _read(procedure, unknown)
    everything = repr(reading).lower()
    for secret in ("muster", "erika", "johanna", "4711", "1234567", "08-12"):
        assert secret not in everything
    assert "tolerated it" in _said(reading)["procedure.note"]


def test_two_patients_in_a_bundle_are_refused_without_naming_them() -> None:
    other = PATIENT | {"id": "p2", "name": [{"family": "Anders"}]}
    with pytest.raises(Inconsistent, match=r"more than one patient \(2\)") as refused:
        _read(other)
    assert "Anders" not in str(refused.value)


def test_a_value_of_somebody_who_is_not_in_the_bundle_makes_two_patients() -> None:
    with pytest.raises(Inconsistent, match="import them one by one"):
        _read(lab("1920-8", 31, "U/L", subject={"reference": "Patient/p9"}))


def test_values_without_a_patient_resource_may_belong_to_one_patient_only() -> None:
    one = lab("1920-8", 31, "U/L")
    assert _said(_read(one, patient=None)) == {"lab.ast": 31}
    with pytest.raises(Inconsistent, match="more than one patient"):
        _read(one, lab("1742-6", 9, "U/L", subject={"reference": "Patient/p2"}), patient=None)


@pytest.mark.parametrize(
    "reference",
    [
        {"reference": "Patient/p1"},
        {"reference": "https://ehr.example/fhir/Patient/p1"},
        {"reference": "https://ehr.example/fhir/Patient/p1/_history/3"},
        {"identifier": {"system": "urn:hospital", "value": "MRN-4711"}},
        {"reference": "Patient?identifier=urn:hospital|MRN-4711"},
    ],
)
def test_all_ways_to_refer_to_the_patient_mean_the_same_one(reference: Any) -> None:
    assert _said(_read(lab("1920-8", 31, "U/L", subject=reference))) == {"lab.ast": 31}


def test_a_patient_by_uuid_is_found() -> None:
    found = bundle(lab("1920-8", 31, "U/L", subject={"reference": "urn:uuid:1234"}))
    found["entry"][0]["fullUrl"] = "urn:uuid:1234"
    assert read_bundle(found, "case-1").record.latest("lab.ast").value == 31  # type: ignore[union-attr]


def test_a_patient_contained_in_the_only_resource_is_one_patient() -> None:
    inside = {"subject": {"reference": "#me"}, "contained": [PATIENT | {"id": "me"}]}
    assert _said(_read(lab("1920-8", 31, "U/L", **inside), patient=None)) == {"lab.ast": 31}
    named = lab("21905-5", valueString="cT3 Erika", **inside)
    assert _said(_read(named, patient=None)) == {"cancer.t_stage": "cT3 [removed]"}


def test_a_value_of_a_group_or_a_device_is_not_the_patients() -> None:
    reading = _read(lab("1920-8", 31, "U/L", subject={"reference": "Group/all"}))
    assert not _said(reading)
    assert "about a group, a device or a place" in _notes(reading)


def test_a_value_about_nobody_is_taken_as_the_patients_with_a_note() -> None:
    found = lab("1920-8", 31, "U/L")
    del found["subject"]
    reading = _read(found)
    assert _said(reading) == {"lab.ast": 31}
    assert "does not say whom it is about" in _notes(reading)


@pytest.mark.parametrize(
    ("deceased", "expected"),
    [
        ({"deceasedBoolean": True}, {"outcome.dead": True}),
        ({"deceasedBoolean": False}, {"outcome.dead": False}),
        (
            {"deceasedDateTime": "2024-05-06T10:00:00Z"},
            {"outcome.dead": True, "outcome.death": date(2024, 5, 6)},
        ),
        ({"deceasedDateTime": "2024-05"}, {"outcome.dead": True}),
    ],
)
def test_death_is_read_as_far_as_it_is_said(deceased: Any, expected: Any) -> None:
    assert _said(_read(patient=PATIENT | deceased)) == expected


# The file.


def test_a_file_is_read_and_one_resource_alone_as_well(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(lab("1920-8", 31, "U/L")), encoding="utf-8-sig")
    assert _said(read_bundle(path, "case-1")) == {"lab.ast": 31}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<Bundle/>", "is XML"),
        ('{"a": 1}\n{"b": 2}', "not one JSON document"),
        ('{"entry": []}', "no resourceType"),
        ("[1, 2]", "no FHIR resource"),
        ('{"resourceType": "Bundle", "type": "history"}', "is a history"),
    ],
)
def test_a_file_that_is_no_bundle_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match=message):
        read_bundle(path, "case-1")


def test_a_bundle_in_a_bundle_is_read_and_a_further_page_is_missed_aloud() -> None:
    outer = {"resourceType": "Bundle", "type": "searchset", "link": [{"relation": "next"}]}
    outer["entry"] = [{"resource": bundle(lab("1920-8", 31, "U/L"))}, {"response": {}}]
    reading = read_bundle(outer, "case-1")
    assert _said(reading) == {"lab.ast": 31}
    assert "one page of several" in _notes(reading)
    assert "entry 2: It holds no resource" in _notes(reading)


def test_what_the_record_has_no_place_for_is_counted() -> None:
    visits = [{"resourceType": "Encounter", "subject": SUBJECT} for _ in range(3)]
    assert "Encounter: 3 not read" in _notes(_read(*visits))


@pytest.mark.parametrize(
    "odd",
    [
        {"resourceType": "Observation", "status": "final", "code": "1920-8"},
        {
            "resourceType": "Observation",
            "status": "final",
            "code": {"coding": "x"},
            "valueQuantity": 3,
        },
        {"resourceType": "Condition", "code": [], "bodySite": "liver", "extension": {"url": 1}},
        {"resourceType": "MedicationRequest", "status": "active", "dosageInstruction": "daily"},
        {"resourceType": "Procedure", "status": "completed", "code": {"coding": [1, None, {}]}},
        {"resourceType": "ImagingStudy", "status": "available", "modality": {"code": 3}},
        {"resourceType": "AdverseEvent", "event": {"coding": []}, "date": 5},
        {"resourceType": "Patient", "name": "Muster", "birthDate": 1957},
        {"resourceType": "BodyStructure", "location": "liver"},
        {"resourceType": "ServiceRequest", "intent": ["order"]},
    ],
)
def test_json_of_an_odd_shape_is_never_a_crash(odd: Any) -> None:
    reading = _read(odd, patient=None)
    assert reading.notes or reading.record.facts


# Diagnoses.


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (concept(SNOMED, "363406005"), {"cancer.primary_site": "colon"}),
        (concept(ICD10, "C18.7"), {"cancer.primary_site": "colon", "cancer.primary_side": "left"}),
        (concept(ICD10, "C182"), {"cancer.primary_site": "colon", "cancer.primary_side": "right"}),
        (concept(ICD10, "C22.1"), {"cancer.primary_site": "biliary_tract"}),
        (concept(ICD10, "C78.01"), {"extrahepatic.present": True, "extrahepatic.sites": "C78.01"}),
        (concept(SNOMED, "19943007"), {"function.cirrhosis": True}),
    ],
)
def test_a_diagnosis_is_understood_by_its_code(code: Any, expected: Any) -> None:
    assert _said(_read(_condition(code))) == expected


def test_liver_metastases_give_their_date_of_diagnosis() -> None:
    for code in (concept(SNOMED, "94381002"), concept(ICD10, "C78.7")):
        found = _condition(code, onsetDateTime="2023-02-03")
        assert _said(_read(found)) == {"liver.diagnosis_date": date(2023, 2, 3)}


def test_a_primary_of_an_mcode_sender_gives_histology_and_the_day_it_was_asserted() -> None:
    found = _condition(
        concept(SNOMED, "353431000119107", "Primary malignant neoplasm of female left breast"),
        meta={"profile": [f"{MCODE}mcode-primary-cancer-condition|4.0.0"]},
        onsetDateTime="2018-03-16",
        extension=[
            {
                "url": "http://hl7.org/fhir/StructureDefinition/condition-assertedDate",
                "valueDateTime": "2018-03-20",
            },
            {
                "url": f"{MCODE}mcode-histology-morphology-behavior",
                "valueCodeableConcept": concept(SNOMED, "413448000", "Adenocarcinoma"),
            },
        ],
    )
    reading = _read(found)
    assert _said(reading) == {
        "cancer.histology": "Adenocarcinoma",
        "cancer.diagnosis_date": date(2018, 3, 20),
    }
    assert "is not known to the table" in _notes(reading)


@pytest.mark.parametrize("doubt", ["refuted", "entered-in-error", "provisional", "unconfirmed"])
def test_a_diagnosis_that_is_not_settled_is_left_out(doubt: str) -> None:
    found = _condition(concept(ICD10, "C18.7"), verificationStatus=concept("urn:v", doubt))
    reading = _read(found)
    assert not _said(reading)
    assert f"is {doubt}; not taken" in _notes(reading)


def test_a_condition_that_is_over_is_not_present() -> None:
    found = _condition(concept(SNOMED, "77386006"), clinicalStatus=concept("urn:c", "resolved"))
    reading = _read(found)
    assert "is resolved; not taken as present" in _notes(reading)


def test_two_primaries_are_pointed_out() -> None:
    reading = _read(_condition(concept(ICD10, "C18.7")), _condition(concept(ICD10, "C50.9")))
    assert "Several primary cancers: breast, colon" in _notes(reading)


def test_an_unknown_diagnosis_is_noted() -> None:
    reading = _read(_condition(concept(SNOMED, "44054006", "Diabetes mellitus type 2")))
    assert "'Diabetes mellitus type 2' is not known to the record" in _notes(reading)


# Tumours.


def _size(**more: Any) -> dict[str, Any]:
    component = {
        "code": concept("http://loinc.org", "33728-7"),
        "valueQuantity": quantity(2.3, "cm"),
    }
    other = component | {"code": concept("http://loinc.org", "33729-5")}
    return lab("21889-1", component=[component, other]) | more


def _tumour(place: str, name: str) -> dict[str, Any]:
    location = concept(SNOMED, place)
    return {"resourceType": "BodyStructure", "id": name, "location": location, "patient": SUBJECT}


def test_sizes_of_two_liver_tumours_become_two_lesions() -> None:
    reading = _read(
        _tumour("10200004", "a"),
        _tumour("10200004", "b"),
        _size(focus=[{"reference": "BodyStructure/b"}]),
        _size(focus=[{"reference": "BodyStructure/a"}], effectiveDateTime="2024-04-01"),
        _size(focus=[{"reference": "BodyStructure/b"}], effectiveDateTime="2024-05-01"),
    )
    assert len(reading.record.history("lesion.diameter", "1")) == 2
    assert reading.record.latest("lesion.diameter", "2").value == 23.0  # type: ignore[union-attr]


def test_the_size_of_a_tumour_elsewhere_is_no_liver_lesion() -> None:
    reading = _read(_tumour("80248007", "a"), _size(focus=[{"reference": "BodyStructure/a"}]))
    assert not _said(reading)
    assert "not said to be of the liver" in _notes(reading)


def test_a_disease_that_worsened_has_progressed_and_an_improvement_is_noted() -> None:
    worse = concept(SNOMED, "271299001")
    assert _said(_read(lab("97509-4", valueCodeableConcept=worse))) == {"outcome.progressed": True}
    stable = _read(lab("97509-4", valueCodeableConcept=concept(SNOMED, "359746009")))
    assert "The disease is stable; without an examination" in _notes(stable)
    better = concept(SNOMED, "268910001", "Patient's condition improved")
    assert "condition improved" in _notes(_read(lab("97509-4", valueCodeableConcept=better)))


# Treatment.


def test_a_drug_is_read_from_order_administration_and_statement() -> None:
    order = {
        "resourceType": "MedicationRequest",
        "status": "completed",
        "intent": "order",
        "medicationCodeableConcept": concept("urn:rxnorm", "32592", "oxaliplatin"),
        "subject": SUBJECT,
        "authoredOn": "2024-01-02",
        "dosageInstruction": [
            {
                "route": concept(SNOMED, "47625008"),
                "doseAndRate": [{"doseQuantity": quantity(85, "mg/m2")}],
            }
        ],
    }
    given = {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "contained": [{"resourceType": "Medication", "id": "m", "code": {"text": "irinotecan"}}],
        "medicationReference": {"reference": "#m"},
        "subject": SUBJECT,
        "effectivePeriod": {"start": "2024-02-01T08:00:00Z", "end": "2024-02-01T09:30:00Z"},
        "dosage": {"text": "180 mg/m2", "route": concept(SNOMED, "47625008")},
    }
    taken = {
        "resourceType": "MedicationStatement",
        "status": "active",
        "medicationCodeableConcept": {"text": "capecitabine"},
        "subject": SUBJECT,
        "effectiveDateTime": "2024-03-01",
    }
    record = _read(order, given, taken).record
    agents = [record.latest("drug.agent", i).value for i in record.items("drug")]  # type: ignore[union-attr]
    assert agents == ["oxaliplatin", "irinotecan", "capecitabine"]
    assert record.latest("drug.dose", "1").value == "85 mg/m2"  # type: ignore[union-attr]
    assert record.latest("drug.route", "2").value == "intravenous"  # type: ignore[union-attr]
    assert record.latest("drug.stop", "2").value == date(2024, 2, 1)  # type: ignore[union-attr]
    assert record.latest("drug.stop", "3") is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"status": "draft"}, "status is draft"),
        ({"status": "entered-in-error"}, "status is entered-in-error"),
        ({"intent": "proposal"}, "A proposal, not an order"),
        ({"doNotPerform": True}, "An order not to give"),
    ],
)
def test_an_order_that_is_none_is_left_out(change: Any, message: str) -> None:
    order = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": "oxaliplatin"},
        "subject": SUBJECT,
    }
    reading = _read(order | change)
    assert not _said(reading)
    assert message in _notes(reading)


def test_a_resection_and_a_chemotherapy_go_to_procedures_and_earlier_treatment() -> None:
    resection = {
        "resourceType": "Procedure",
        "status": "completed",
        "code": concept(SNOMED, "107963000", "Liver excision"),
        "subject": SUBJECT,
        "performedPeriod": {"start": "2023-04-05T08:00:00Z"},
        "complication": [{"text": "bile leak"}],
    }
    chemotherapy = resection | {
        "code": concept(SNOMED, "367336001", "Chemotherapy"),
        "performedPeriod": {"start": "2022-01-01", "end": "2022-06-01"},
    }
    assert _said(_read(resection, chemotherapy)) == {
        "procedure.kind": "resection",
        "procedure.done": date(2023, 4, 5),
        "procedure.complication": "bile leak",
        "prior.kind": "systemic",
        "prior.start": date(2022, 1, 1),
        "prior.stop": date(2022, 6, 1),
    }
    stopped = _read(resection | {"status": "not-done"})
    assert "status is not-done" in _notes(stopped)
    other = _read(resection | {"code": concept(SNOMED, "80146002", "Appendectomy")})
    assert "'Appendectomy' is not known to the record" in _notes(other)


def _prescription(*doses: tuple[float, int]) -> dict[str, Any]:
    rows = [
        {
            "url": f"{CODEXRT}codexrt-radiotherapy-dose-prescribed-to-volume",
            "extension": [
                {"url": "totalDose", "valueQuantity": quantity(dose, "cGy")},
                {"url": "fractions", "valuePositiveInt": fractions},
            ],
        }
        for dose, fractions in doses
    ]
    return {
        "resourceType": "ServiceRequest",
        "id": "rx",
        "status": "active",
        "intent": "original-order",
        "extension": rows,
        "subject": SUBJECT,
    }


COURSE: dict[str, Any] = {
    "resourceType": "Procedure",
    "status": "in-progress",
    "category": concept(SNOMED, "108290001"),
    "basedOn": [{"reference": "ServiceRequest/rx"}],
    "subject": SUBJECT,
    "performedPeriod": {"start": "2024-03-01", "end": "2024-03-14"},
    "extension": [
        {
            "url": f"{MCODE}mcode-radiotherapy-modality-and-technique",
            "extension": [
                {
                    "url": f"{MCODE}mcode-radiotherapy-technique",
                    "valueCodeableConcept": concept(SNOMED, "1156530009", "VMAT"),
                }
            ],
        },
        {
            "url": f"{MCODE}mcode-radiotherapy-dose-delivered-to-volume",
            "extension": [
                {"url": "totalDoseDelivered", "valueQuantity": quantity(4500, "cGy")},
                {"url": "fractionsDelivered", "valueUnsignedInt": 6},
            ],
        },
    ],
}


def test_prescription_and_summary_of_radiotherapy_are_one_course() -> None:
    reading = _read(COURSE, _prescription((4500, 6)))
    assert reading.record.items("radiotherapy") == ("1",)
    assert _said(reading) == {
        "radiotherapy.prescribed": 45.0,
        "radiotherapy.fractions_prescribed": 6,
        "radiotherapy.fractions_delivered": 6,
        "radiotherapy.start": date(2024, 3, 1),
        "radiotherapy.stop": date(2024, 3, 14),
        "radiotherapy.technique": "VMAT",
    }
    assert "4500 cGy was given to a volume" in _notes(reading)


def test_volumes_with_different_doses_are_not_decided() -> None:
    reading = _read(_prescription((5000, 5), (2500, 5)))
    assert _said(reading) == {"radiotherapy.fractions_prescribed": 5}
    assert "different doses or fractions" in _notes(reading)


def test_an_examination_keeps_date_and_modality_but_not_its_dicom_number() -> None:
    study = {
        "resourceType": "ImagingStudy",
        "status": "available",
        "subject": SUBJECT,
        "started": "2024-02-03T10:00:00Z",
        "modality": [{"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "CR"}],
        "identifier": [{"system": "urn:dicom:uid", "value": "urn:oid:1.2.3"}],
    }
    reading = _read(study)
    assert _said(reading) == {"imaging.done": date(2024, 2, 3), "imaging.modality": "XR"}
    assert "1.2.3" not in repr(reading)
    assert "number of the study is left out" in _notes(reading)


def test_the_modality_of_a_study_may_stand_in_its_series() -> None:
    codes = ("MR", "MR", "SEG")
    series = [{"modality": {"system": "urn:oid:1.2.840.10008.2.16.4", "code": c}} for c in codes]
    study = {"resourceType": "ImagingStudy", "status": "available", "subject": SUBJECT}
    reading = _read(study | {"series": series})
    assert _said(reading) == {"imaging.modality": "MR"}
    assert "Modality SEG was not taken" in _notes(reading)


def test_the_same_remark_about_many_resources_is_made_once() -> None:
    reading = _read(*[lab("4548-4", 6.0 + n, "%") for n in range(5)])
    (note,) = [n for n in reading.notes if "4548-4" in n.text]
    assert note.subject == "Observation 2, Observation 3, Observation 4 and 2 more"


def test_an_adverse_event_keeps_term_grade_and_day() -> None:
    event = {
        "resourceType": "AdverseEvent",
        "actuality": "actual",
        "event": {"text": "Radiation hepatitis"},
        "subject": SUBJECT,
        "date": "2024-06-01",
        "extension": [
            {
                "url": f"{CODEXRT}codexrt-radiotherapy-adverse-event-severity-or-grade",
                "valueCodeableConcept": {"coding": [{"code": "3", "display": "Grade 3"}]},
            }
        ],
    }
    assert _said(_read(event)) == {
        "toxicity.term": "Radiation hepatitis",
        "toxicity.grade": 3,
        "toxicity.onset": date(2024, 6, 1),
    }
    assert "only might have happened" in _notes(_read(event | {"actuality": "potential"}))


def test_words_that_name_other_persons_places_and_days_are_taken_out_of_texts() -> None:
    patient = PATIENT | {
        "contact": [{"name": {"family": "Ostrowski", "given": ["Piotr"]}}],
        "address": [{"line": ["Gasse 1"], "city": "Quakenbrueck", "postalCode": "49610"}],
    }
    said = "*12.08.1957, 030-1234567, Piotr Ostrowski, 49610 Quakenbrueck, Dr. Quirrell, 85 mg/m2"
    drug = {
        "resourceType": "MedicationStatement",
        "status": "completed",
        "medicationCodeableConcept": {"text": "Oxaliplatin"},
        "subject": {"reference": "Patient/p1", "display": "Frau Zybrzyk, patient"},
        "effectivePeriod": {"start": "2024-01-01"},
        "dosage": [{"text": f"patient Zybrzyk: {said}"}],
    }
    doctor = {"resourceType": "Practitioner", "name": [{"family": "Quirrell"}]}
    record = read_bundle(bundle(drug, doctor, patient=patient), "P").record
    text = str(record.history("drug.dose", "1")[0].value)
    for trace in ("1957", "1234567", "Ostrow", "Piotr", "49610", "Quaken", "Quirrell", "Zybr"):
        assert trace not in text, trace
    assert text.startswith("patient [removed]")
    assert text.endswith("85 mg/m2")


def test_a_name_that_only_a_reference_states_is_taken_out() -> None:
    condition = {
        "resourceType": "Condition",
        "code": {"text": "Tumour of Zybrzyk"},
        "subject": {"reference": "Patient/9", "display": "Zybrzyk, Anna"},
    }
    reading = read_bundle(bundle(condition, patient=None), "P")
    assert "Zybrzyk" not in repr(reading)


def test_an_extension_that_changes_the_meaning_keeps_a_resource_out() -> None:
    odd = lab("1742-6", 30, "U/L") | {"modifierExtension": [{"url": "urn:x", "valueBoolean": True}]}
    reading = read_bundle(bundle(odd), "P")
    assert not reading.record.history("lab.alt")
    assert any("an extension that changes its meaning" in note.text for note in reading.notes)


def test_a_file_that_is_nested_without_end_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "deep.json"
    file.write_text("[" * 200_000, encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"deep\.json is nested too deeply"):
        read_bundle(file, "P")
