"""A chart as an mCODE sender writes it, made up here: the shapes are those of the guide's examples.

Every profile that a patient with liver metastases is likely to have, each with the elements that
the guide's examples fill: stage in the condition and as observations with their method, answers in
the interpretation, a course summary with sessions and several volumes, a drug that was given.
"""

from __future__ import annotations

from typing import Any

from tests.io.fhir.foreign import LOINC, SNOMED, Json, bundle, quantity

MCODE = "http://hl7.org/fhir/us/mcode/StructureDefinition/"
AJCC = "http://cancerstaging.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
STATUS = "http://terminology.hl7.org/CodeSystem/condition-"
SUBJECT: Json = {"reference": "Patient/p1"}


def concept(system: str, code: str, display: str = "") -> Json:
    """A CodeableConcept of one coding; FHIR allows no empty text."""
    coding = {"system": system, "code": code}
    return {"coding": [coding | ({"display": display} if display else {})]}


AJCC_8 = concept(SNOMED, "897275008", "AJCC Cancer Staging Manual, 8th edition")
DOCTOR: Json = {"reference": "Practitioner/dr"}


def observed(profile: str, code: Json, **more: Any) -> Json:
    """An Observation of a profile."""
    return {
        "resourceType": "Observation",
        "meta": {"profile": [MCODE + profile]},
        "status": "final",
        "code": code,
        "subject": SUBJECT,
        "performer": [DOCTOR],
        "effectiveDateTime": "2024-02-05",
        **more,
    }


def category(profile: str, code: str, value: str) -> Json:
    """T, N, M or the stage group."""
    return observed(
        profile,
        concept(LOINC, code),
        valueCodeableConcept=concept(AJCC, value),
        method=AJCC_8,
        focus=[{"reference": "Condition/primary"}],
    )


PRIMARY: Json = {
    "resourceType": "Condition",
    "id": "primary",
    "meta": {"profile": [MCODE + "mcode-primary-cancer-condition"]},
    "extension": [
        {
            "url": MCODE + "mcode-histology-morphology-behavior",
            "valueCodeableConcept": concept(SNOMED, "35917007", "Adenocarcinoma"),
        }
    ],
    "clinicalStatus": concept(STATUS + "clinical", "active"),
    "verificationStatus": concept(STATUS + "ver-status", "confirmed"),
    "category": [concept(STATUS + "category", "problem-list-item")],
    "code": concept(SNOMED, "363406005", "Malignant tumor of colon (disorder)"),
    "bodySite": [concept(SNOMED, "55572008", "Left colon structure")],
    "subject": SUBJECT,
    "onsetDateTime": "2024-01-20",
    "asserter": DOCTOR,
    "stage": [
        {
            "summary": concept(AJCC, "4A", "IVA"),
            "assessment": [{"reference": "Observation/group"}],
        }
    ],
}
SECONDARY: Json = {
    "resourceType": "Condition",
    "id": "secondary",
    "meta": {"profile": [MCODE + "mcode-secondary-cancer-condition"]},
    "extension": [
        {
            "url": MCODE + "mcode-related-primary-cancer-condition",
            "valueReference": {"reference": "Condition/primary"},
        }
    ],
    "clinicalStatus": concept(STATUS + "clinical", "active"),
    "verificationStatus": concept(STATUS + "ver-status", "confirmed"),
    "code": concept(SNOMED, "94381002", "Secondary malignant neoplasm of liver"),
    "subject": SUBJECT,
    "onsetDateTime": "2024-02-01",
    "asserter": DOCTOR,
}
GROUP: Json = {
    **category("mcode-tnm-stage-group", "21908-9", "4A"),
    "id": "group",
    "hasMember": [{"reference": f"Observation/{one}"} for one in ("t", "n", "m")],
}
STAGES = [
    GROUP,
    {**category("mcode-tnm-primary-tumor-category", "21905-5", "cT3"), "id": "t"},
    {**category("mcode-tnm-regional-nodes-category", "21906-3", "cN1"), "id": "n"},
    {**category("mcode-tnm-distant-metastases-category", "21907-1", "cM1a"), "id": "m"},
]
MARKERS = [
    observed(
        "mcode-tumor-marker-test",
        concept(LOINC, "2039-6", "Carcinoembryonic Ag [Mass/volume] in Serum or Plasma"),
        valueQuantity=quantity(42.5, "ng/mL"),
        interpretation=[concept("http://terminology.hl7.org/CodeSystem/v3-x", "H", "High")],
        referenceRange=[{"high": quantity(5, "ng/mL")}],
    ),
    observed(
        "mcode-tumor-marker-test",
        concept(LOINC, "85337-4", "Estrogen receptor Ag [Presence] by Immune stain"),
        valueCodeableConcept=concept(LOINC, "LA6577-6", "Negative"),
    ),
]
ECOG = observed(
    "mcode-ecog-performance-status",
    concept(LOINC, "89247-1"),
    valueInteger=1,
    interpretation=[concept(LOINC, "LA9623-5", "Restricted in strenuous activity")],
    method=concept(SNOMED, "5880005", "Physical examination procedure"),
)
STATE = observed(
    "mcode-cancer-disease-status",
    concept(LOINC, "97509-4"),
    extension=[
        {
            "url": MCODE + "mcode-cancer-disease-status-evidence-type",
            "valueCodeableConcept": concept(SNOMED, "363679005", "Imaging (procedure)"),
        }
    ],
    valueCodeableConcept=concept(SNOMED, "268910001", "Patient's condition improved (finding)"),
    focus=[{"reference": "Condition/secondary"}],
)
WEIGHT = {
    **observed("x", concept(LOINC, "29463-7"), valueQuantity=quantity(154.3, "[lb_av]")),
    "meta": {"profile": ["http://hl7.org/fhir/StructureDefinition/bodyweight"]},
}


def volume(reference: str, centigray: float, fractions: int) -> Json:
    """What one volume of a course was given."""
    return {
        "url": MCODE + "mcode-radiotherapy-dose-delivered-to-volume",
        "extension": [
            {"url": "volume", "valueReference": {"reference": f"BodyStructure/{reference}"}},
            {"url": "totalDoseDelivered", "valueQuantity": quantity(centigray, "cGy")},
            {"url": "fractionsDelivered", "valueUnsignedInt": fractions},
        ],
    }


COURSE: Json = {
    "resourceType": "Procedure",
    "id": "course",
    "meta": {"profile": [MCODE + "mcode-radiotherapy-course-summary"]},
    "extension": [
        {
            "url": MCODE + "mcode-treatment-intent",
            "valueCodeableConcept": concept(SNOMED, "363676003", "Palliative intent"),
        },
        {"url": MCODE + "mcode-radiotherapy-sessions", "valueUnsignedInt": 6},
        {
            "url": MCODE + "mcode-radiotherapy-modality-and-technique",
            "extension": [
                {
                    "url": MCODE + "mcode-radiotherapy-modality",
                    "valueCodeableConcept": concept(SNOMED, "1156506007", "photons"),
                },
                {
                    "url": MCODE + "mcode-radiotherapy-technique",
                    "valueCodeableConcept": concept(SNOMED, "1156530009", "VMAT"),
                },
            ],
        },
        volume("v1", 4800, 6),
        volume("v2", 3000, 6),
    ],
    "status": "completed",
    "category": concept(SNOMED, "108290001"),
    "code": concept(SNOMED, "1217123003"),
    "bodySite": [concept(SNOMED, "10200004", "Liver structure")],
    "reasonCode": [concept("http://hl7.org/fhir/sid/icd-10-cm", "C78.7")],
    "subject": SUBJECT,
    "asserter": DOCTOR,
    "performedPeriod": {"start": "2024-05-06", "end": "2024-05-17"},
}
VOLUMES: list[Json] = [
    {
        "resourceType": "BodyStructure",
        "id": name,
        "meta": {"profile": [MCODE + "mcode-radiotherapy-volume"]},
        "identifier": [{"value": f"1.2.246.352.{number}"}],
        "location": concept(SNOMED, "10200004", "Liver structure"),
        "description": "Liver lesion" if number == 1 else "Whole liver",
        "patient": SUBJECT,
    }
    for number, name in enumerate(("v1", "v2"), start=1)
]
GIVEN: Json = {
    "resourceType": "MedicationAdministration",
    "id": "given",
    "meta": {"profile": [MCODE + "mcode-cancer-related-medication-administration"]},
    "extension": [
        {
            "url": MCODE + "mcode-treatment-intent",
            "valueCodeableConcept": concept(SNOMED, "363676003", "Palliative intent"),
        }
    ],
    "status": "completed",
    "medicationCodeableConcept": concept(RXNORM, "32592", "oxaliplatin"),
    "subject": SUBJECT,
    "effectiveDateTime": "2024-02-26",
    "request": {"reference": "MedicationRequest/ordered"},
    "reasonReference": [{"reference": "Condition/primary"}],
    "note": [{"text": "tolerated without side effects"}],
    "dosage": {
        "route": concept(SNOMED, "47625008", "Intravenous route"),
        "dose": quantity(150, "mg"),
    },
}
ORDERED: Json = {
    "resourceType": "MedicationRequest",
    "id": "ordered",
    "meta": {"profile": [MCODE + "mcode-cancer-related-medication-request"]},
    "status": "active",
    "intent": "order",
    "medicationCodeableConcept": concept(RXNORM, "32592", "oxaliplatin"),
    "subject": SUBJECT,
    "authoredOn": "2024-02-20",
    "reasonReference": [{"reference": "Condition/primary"}],
    "dosageInstruction": [
        {
            "text": "85 mg/m2 IV",
            "timing": {"repeat": {"boundsPeriod": {"start": "2024-02-26"}}},
            "route": concept(SNOMED, "47625008", "Intravenous route"),
            "doseAndRate": [{"rateQuantity": quantity(85, "mg/m2")}],
            "maxDosePerPeriod": {
                "numerator": {"value": 1},
                "denominator": quantity(2, "wk"),
            },
        }
    ],
}
SURGERY: Json = {
    "resourceType": "Procedure",
    "id": "surgery",
    "meta": {"profile": [MCODE + "mcode-cancer-related-surgical-procedure"]},
    "status": "completed",
    "category": concept(SNOMED, "387713003"),
    "code": concept(SNOMED, "23968004", "Colectomy (procedure)"),
    "subject": SUBJECT,
    "performedDateTime": "2024-01-30",
    "reasonReference": [{"reference": "Condition/primary"}],
    "bodySite": [concept(SNOMED, "55572008", "Left colon structure")],
    "outcome": {"text": "no residual tumour"},
    "complication": [{"text": "wound infection"}],
}
AROUND: list[Json] = [
    {
        "resourceType": "Practitioner",
        "id": "dr",
        "name": [{"family": "Oncologist", "given": ["Owen"]}],
    },
    {
        "resourceType": "FamilyMemberHistory",
        "id": "aunt",
        "status": "completed",
        "patient": SUBJECT,
        "relationship": {"text": "aunt"},
    },
    {
        "resourceType": "Specimen",
        "id": "piece",
        "subject": SUBJECT,
        "identifier": [{"value": "Tumour 1"}],
    },
    {
        "resourceType": "DiagnosticReport",
        "id": "report",
        "status": "final",
        "code": {"text": "Pathology"},
        "subject": SUBJECT,
        "conclusion": "R0",
    },
    {
        "resourceType": "Condition",
        "id": "anxiety",
        "clinicalStatus": concept(STATUS + "clinical", "active"),
        "code": concept(SNOMED, "48694002", "Anxiety (finding)"),
        "subject": SUBJECT,
    },
]


def chart() -> Json:
    """All of it in one bundle."""
    return bundle(
        *(PRIMARY, SECONDARY, *STAGES, *MARKERS, ECOG, STATE, WEIGHT),
        *(COURSE, *VOLUMES, ORDERED, GIVEN, SURGERY, *AROUND),
    )
