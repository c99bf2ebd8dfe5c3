"""A whole mCODE chart is read; what the record has no place for is named, not lost."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from hepatica.io.fhir import FhirReading, read_bundle
from tests.io.fhir import mcode_chart as m
from tests.io.fhir.foreign import SNOMED, bundle, concept, quantity


@pytest.fixture(scope="module")
def reading() -> FhirReading:
    return read_bundle(m.chart(), "case-1")


def notes(reading: FhirReading) -> str:
    return "\n".join(f"{note.subject}: {note.text}" for note in reading.notes)


@pytest.mark.parametrize(
    ("field", "item", "value"),
    [
        ("patient.sex", "", "female"),
        ("patient.birth_year", "", 1957),
        ("cancer.primary_site", "", "colon"),
        ("cancer.primary_side", "", "left"),
        ("cancer.histology", "", "Adenocarcinoma"),
        ("cancer.diagnosis_date", "", date(2024, 1, 20)),
        ("liver.diagnosis_date", "", date(2024, 2, 1)),
        ("cancer.stage_group", "", "4A"),
        ("cancer.t_stage", "", "cT3"),
        ("cancer.n_stage", "", "cN1"),
        ("cancer.m_stage", "", "cM1a"),
        ("lab.cea", "", 42.5),
        ("performance.ecog", "", 1),
        ("patient.weight", "", pytest.approx(70.0, abs=0.02)),
        ("radiotherapy.start", "1", date(2024, 5, 6)),
        ("radiotherapy.stop", "1", date(2024, 5, 17)),
        ("radiotherapy.technique", "1", "VMAT"),
        ("radiotherapy.fractions_delivered", "1", 6),
        ("drug.agent", "1", "oxaliplatin"),
        ("drug.dose", "1", "85 mg/m2 IV"),
        ("drug.dose", "2", "150 mg"),
        ("drug.route", "2", "intravenous"),
        ("drug.start", "2", date(2024, 2, 26)),
        ("procedure.kind", "1", "primary_resection"),
        ("procedure.complication", "1", "wound infection"),
    ],
)
def test_a_chart_is_read(reading: FhirReading, field: str, item: str, value: Any) -> None:
    found = reading.record.latest(field, item)
    assert found is not None
    assert found.value == value


def test_a_treated_volume_is_no_metastasis(reading: FhirReading) -> None:
    assert reading.record.items("lesion") == ()
    assert "A volume that was irradiated" in notes(reading)


def test_a_volume_is_known_by_the_course_that_names_it_too() -> None:
    plain = [{k: v for k, v in volume.items() if k != "meta"} for volume in m.VOLUMES]
    assert read_bundle(bundle(m.COURSE, *plain), "c").record.items("lesion") == ()
    assert read_bundle(bundle(*plain), "c").record.items("lesion") == ("1", "2")


@pytest.mark.parametrize(
    "said",
    [
        "Observation 4, Observation 5, Observation 6 and 2 more: Not read of it: method",
        "'Estrogen receptor Ag [Presence] by Immune stain' (loinc 85337-4)",
        "Patient's condition improved (finding)",
        "A dose of 4800 cGy was given",
        "Procedure 13: Not read of it: bodySite, reasonCode, extension mcode-treatment-intent, "
        "extension mcode-radiotherapy-sessions, extension mcode-radiotherapy-modality",
        "MedicationAdministration 17: Not read of it: note, extension mcode-treatment-intent",
        "Procedure 18: Not read of it: bodySite, outcome",
        "The diagnosis 'Anxiety (finding)' is not known",
        "DiagnosticReport, FamilyMemberHistory, Practitioner, Specimen: 1 not read",
    ],
)
def test_what_has_no_place_is_named(reading: FhirReading, said: str) -> None:
    assert said in notes(reading)


def test_a_stage_that_no_observation_tells_is_named() -> None:
    alone = read_bundle(bundle(m.PRIMARY), "c")
    assert "Condition 2: Not read of it: stage" in notes(alone)
    assert "stage" not in notes(read_bundle(bundle(m.PRIMARY, m.GROUP), "c")).replace("staging", "")


def test_how_often_a_drug_is_given_is_named_where_no_words_say_it() -> None:
    dose = {
        "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
        "doseAndRate": [{"doseQuantity": quantity(500, "mg")}],
        "asNeededBoolean": True,
    }
    order = m.ORDERED | {"dosageInstruction": [dose]}
    said = notes(read_bundle(bundle(order), "c"))
    for part in ("asNeededBoolean", "timing frequency", "timing period", "timing periodUnit"):
        assert f"dosage {part}" in said
    assert "dosage" not in notes(read_bundle(bundle(m.ORDERED), "c"))


def test_a_bundle_of_ours_has_nothing_unread() -> None:
    from hepatica.io.fhir import write_bundle
    from tests.io.fhir.records import full_record

    assert "Not read" not in notes(read_bundle(write_bundle(full_record()), "case-1"))


def test_whoever_is_around_the_patient_stands_in_no_text() -> None:
    note = m.SURGERY | {"complication": [{"text": "seen by Owen Oncologist"}]}
    found = read_bundle(bundle(note, *m.AROUND), "c").record.latest("procedure.complication", "1")
    assert found is not None
    assert found.value == "seen by [removed] [removed]"


def test_a_liver_lesion_in_its_own_words_stays_one() -> None:
    lesion = {
        "resourceType": "BodyStructure",
        "id": "l1",
        "location": concept(SNOMED, "10200004"),
        "description": "segment 8",
        "patient": m.SUBJECT,
    }
    assert read_bundle(bundle(m.COURSE, *m.VOLUMES, lesion), "c").record.items("lesion") == ("1",)
