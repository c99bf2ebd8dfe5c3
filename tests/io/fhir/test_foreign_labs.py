"""Laboratory values of other systems: units, comparators, ranges, absence, dates, status."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from hepatica.case.record import Fact, ReferenceRange
from hepatica.errors import InvalidInput
from hepatica.io.fhir import FhirReading, read_bundle
from tests.io.fhir.foreign import LOINC, SNOMED, bundle, concept, lab, quantity


def _read(*resources: Any, **units: str) -> FhirReading:
    assumed = {name.replace("__", "."): unit for name, unit in units.items()}
    return read_bundle(bundle(*resources), "case-1", assumed)


def _values(reading: FhirReading, name: str) -> list[Fact]:
    return [fact for fact in reading.record if fact.field == name]


def _only(name: str, *resources: Any, **units: str) -> Fact:
    (fact,) = _values(_read(*resources, **units), name)
    return fact


def _notes(reading: FhirReading) -> str:
    return "\n".join(f"{note.kind} {note.subject}: {note.text}" for note in reading.notes)


@pytest.mark.parametrize(
    ("code", "value", "unit", "field", "expected"),
    [
        ("1975-2", 1.0, "mg/dL", "lab.bilirubin", 17.104),
        ("1751-7", 3.8, "g/dL", "lab.albumin", 38.0),
        ("2160-0", 1.0, "mg/dL", "lab.creatinine", 88.4),
        ("718-7", 12.5, "g/dL", "lab.haemoglobin", 125.0),
        ("777-3", 150, "10*3/uL", "lab.platelets", 150.0),
        ("2039-6", 12.0, "ng/mL", "lab.cea", 12.0),
        ("29463-7", 154.324, "[lb_av]", "patient.weight", 70.0),
        ("8302-2", 70, "[in_i]", "patient.height", 177.8),
        ("6301-6", 1.1, "{INR}", "lab.inr", 1.1),
        ("1920-8", 31, "U/L", "lab.ast", 31),
    ],
)
def test_a_value_of_another_system_arrives_in_the_unit_of_the_record(
    code: str, value: float, unit: str, field: str, expected: float
) -> None:
    fact = _only(field, lab(code, value, unit))
    assert fact.value == pytest.approx(expected, rel=1e-4)
    assert fact.source == "FHIR Observation 2"
    assert fact.on == date(2024, 3, 1)


def test_the_number_and_unit_that_were_stated_are_kept_where_they_were_converted() -> None:
    assert _only("lab.albumin", lab("1751-7", 3.8, "g/dL")).stated == "3.8 g/dL"
    assert _only("lab.albumin", lab("1751-7", 38, "g/L")).stated == ""


def test_a_comparator_stays_with_its_value() -> None:
    found = lab("2039-6", valueQuantity=quantity(1.8, "ng/mL", comparator="<"))
    assert _only("lab.cea", found).comparator == "<"


def test_an_interpretation_off_the_scale_is_a_comparator() -> None:
    found = lab("2039-6", 0.5, "ng/mL", interpretation=[concept("urn:v3", "<")])
    assert _only("lab.cea", found).comparator == "<"


def test_a_number_in_a_string_is_read_with_its_comparator_and_unit() -> None:
    fact = _only("lab.cea", lab("2039-6", valueString="< 1.8 ng/mL"))
    assert (fact.value, fact.comparator) == (1.8, "<")


def test_a_word_in_place_of_a_number_is_noted_and_not_taken() -> None:
    reading = _read(lab("2039-6", valueString="haemolytic"))
    assert not _values(reading, "lab.cea")
    assert "'haemolytic' is not understood as a quantity" in _notes(reading)


def test_quantities_without_a_unit_are_refused_all_at_once() -> None:
    with pytest.raises(InvalidInput, match="2 value") as refused:
        _read(lab("1975-2", 1.2), lab("1751-7", 3.9))
    assert "--assume-unit lab.bilirubin=umol/L" in str(refused.value)
    assert "--assume-unit lab.albumin=g/L" in str(refused.value)
    assert "Observation 3" in str(refused.value)


def test_a_missing_unit_is_taken_as_the_caller_says_and_noted() -> None:
    reading = _read(lab("1751-7", 3.9), lab__albumin="g/dL")
    assert _values(reading, "lab.albumin")[0].value == 39.0
    assert "assumed Observation 2: lab.albumin states no unit; g/dL is assumed" in _notes(reading)


def test_an_assumed_unit_never_replaces_one_that_is_stated() -> None:
    assert _only("lab.albumin", lab("1751-7", 39, "g/L"), lab__albumin="g/dL").value == 39


def test_an_assumed_unit_must_be_one_of_its_field() -> None:
    with pytest.raises(InvalidInput, match="unit 'mmHg' is not one of this field"):
        _read(lab("1751-7", 3.9), lab__albumin="mmHg")


def test_an_unknown_unit_is_noted_and_its_value_not_taken() -> None:
    reading = _read(lab("1920-8", 31, "furlong"))
    assert not _values(reading, "lab.ast")
    assert "unit 'furlong' is not one of this field" in _notes(reading)
    assert "The value was not taken" in _notes(reading)


def test_a_value_that_cannot_be_is_noted_and_not_taken() -> None:
    reading = _read(lab("1751-7", 3.9, "g/L"))
    assert not _values(reading, "lab.albumin")
    assert "3.9 g/L cannot be" in _notes(reading)


def test_the_range_of_the_laboratory_is_converted_with_its_value() -> None:
    ranges = [{"low": quantity(3.5, "g/dL"), "high": {"value": 5.2}}]
    fact = _only("lab.albumin", lab("1751-7", 3.8, "g/dL", referenceRange=ranges))
    assert fact.reference == ReferenceRange(35.0, 52.0)


def test_of_several_ranges_only_the_normal_one_is_taken() -> None:
    ranges = [
        {"high": quantity(40, "U/L"), "type": concept("urn:meaning", "normal")},
        {"high": quantity(90, "U/L"), "type": concept("urn:meaning", "recommended")},
    ]
    assert _only("lab.ast", lab("1920-8", 31, "U/L", referenceRange=ranges)).reference == (
        ReferenceRange(None, 40)
    )
    for row in ranges:
        del row["type"]
    reading = _read(lab("1920-8", 31, "U/L", referenceRange=ranges))
    assert "several reference ranges; none was taken" in _notes(reading)


def test_a_value_called_high_below_its_own_limit_is_pointed_out() -> None:
    ranges, high = [{"high": quantity(40, "U/L")}], [concept("urn:v3", "H")]
    found = lab("1920-8", 31, "U/L", referenceRange=ranges, interpretation=high)
    assert "called high, but 31 lies within its own reference range" in _notes(_read(found))


def test_an_interpretation_without_a_range_is_noted() -> None:
    found = lab("1920-8", 31, "U/L", interpretation=[concept("urn:v3", "H", "High")])
    assert "the interpretation High has no place here" in _notes(_read(found))


@pytest.mark.parametrize(
    ("code", "reason", "stated"),
    [
        ("not-performed", "not_performed", ""),
        ("asked-declined", "declined", ""),
        ("unknown", "unknown", ""),
        ("masked", "unknown", "masked"),
        ("not-applicable", "not_applicable", ""),
    ],
)
def test_a_reason_for_absence_is_kept(code: str, reason: str, stated: str) -> None:
    fact = _only("lab.inr", lab("6301-6", dataAbsentReason=concept("urn:dar", code)))
    assert (fact.value, fact.absent, fact.stated) == (None, reason, stated)


def test_an_observation_that_says_nothing_is_noted() -> None:
    assert "neither a value nor a reason" in _notes(_read(lab("6301-6")))


@pytest.mark.parametrize("status", ["entered-in-error", "preliminary", "cancelled", ""])
def test_what_is_not_final_is_left_out_with_a_note(status: str) -> None:
    reading = _read(lab("1920-8", 31, "U/L", status=status))
    assert not _values(reading, "lab.ast")
    assert f"Its status is {status or 'not stated'}" in _notes(reading)


@pytest.mark.parametrize("status", ["amended", "corrected"])
def test_a_corrected_value_counts(status: str) -> None:
    assert _only("lab.ast", lab("1920-8", 31, "U/L", status=status)).value == 31


def test_a_period_is_dated_at_its_end_and_a_moment_where_it_was() -> None:
    period = {"start": "2024-02-28", "end": "2024-03-02"}
    found = lab("1920-8", 31, "U/L", effectivePeriod=period)
    del found["effectiveDateTime"]
    assert _only("lab.ast", found).on == date(2024, 3, 2)
    assert _only("lab.ast", lab("1920-8", 31, "U/L")).on == date(2024, 3, 1)


@pytest.mark.parametrize("stated", ["2024-03", "2024", ""])
def test_a_date_that_names_no_day_stays_open_with_a_note(stated: str) -> None:
    found = lab("1920-8", 31, "U/L", effectiveDateTime=stated, issued="2024-03-05T10:00:00Z")
    reading = _read(found)
    (fact,) = _values(reading, "lab.ast")
    assert fact.on is None
    assert fact.recorded_at == datetime(2024, 3, 5, 10, tzinfo=UTC)
    assert "Kept without a date" in _notes(reading)
    assert "issued 2024-03-05" in _notes(reading)


def test_a_panel_is_read_by_its_components() -> None:
    components = [
        {"code": concept(LOINC, "777-3"), "valueQuantity": quantity(210, "10*9/L")},
        {"code": concept(LOINC, "718-7"), "valueQuantity": quantity(13.1, "g/dL")},
        {"code": concept(LOINC, "787-2", "MCV"), "valueQuantity": quantity(90, "fL")},
    ]
    reading = _read(lab("58410-2", component=components))
    assert _values(reading, "lab.platelets")[0].value == 210
    assert _values(reading, "lab.haemoglobin")[0].value == 131.0
    assert "'MCV' (loinc 787-2): the record has no field for it" in _notes(reading)


def test_an_unknown_code_is_noted_with_its_name() -> None:
    reading = _read(lab("4548-4", 6.1, "%", code=concept(LOINC, "4548-4", "Haemoglobin A1c")))
    assert "'Haemoglobin A1c' (loinc 4548-4): the record has no field for it" in _notes(reading)


def test_codes_that_mean_two_fields_are_not_decided() -> None:
    both = {"coding": [{"system": LOINC, "code": c} for c in ("1920-8", "1742-6")]}
    reading = _read(lab("1920-8", 31, "U/L", code=both))
    assert "its codes mean lab.alt, lab.ast" in _notes(reading)
    assert not _values(reading, "lab.ast")


def test_a_code_system_is_known_by_its_object_identifier_too() -> None:
    code = concept("urn:oid:2.16.840.1.113883.6.1", "1920-8")
    assert _only("lab.ast", lab("1920-8", 31, "U/L", code=code)).value == 31


def test_ecog_is_read_as_integer_quantity_or_answer() -> None:
    assert _only("performance.ecog", lab("89247-1", valueInteger=1)).value == 1
    assert _only("performance.ecog", lab("89247-1", 2, "{score}")).value == 2
    answer = concept(LOINC, "LA9622-7")
    assert _only("performance.ecog", lab("89247-1", valueCodeableConcept=answer)).value == 0
    assert _only("performance.ecog", lab("89247-1", interpretation=[answer])).value == 0


def test_half_a_grade_is_not_taken() -> None:
    assert "1.5 is no whole number" in _notes(_read(lab("89247-1", 1.5, "{score}")))


def test_karnofsky_is_read_in_per_cent() -> None:
    fact = _only("performance.karnofsky", lab("89243-0", valueInteger=80))
    assert (fact.value, fact.unit) == (80, "%")


def test_a_stage_is_kept_as_it_was_written() -> None:
    stage = concept("http://cancerstaging.org", "cT3")
    assert _only("cancer.t_stage", lab("21905-5", valueCodeableConcept=stage)).value == "cT3"


def test_a_pregnancy_is_understood_by_its_code() -> None:
    answer = concept(SNOMED, "60001007")
    fact = _only("patient.pregnancy", lab("82810-3", valueCodeableConcept=answer))
    assert fact.value == "not_pregnant"
    other = concept(SNOMED, "102874004", "Possible pregnancy")
    reading = _read(lab("82810-3", valueCodeableConcept=other))
    assert "'Possible pregnancy' is not understood as a code" in _notes(reading)


def _at(value: float, moment: str) -> Any:
    return lab("1742-6", value, "U/L", effectiveDateTime=moment)


def test_of_two_values_of_a_day_the_later_one_is_the_latest_in_whatever_order_they_stand() -> None:
    late, early = _at(60, "2024-03-01T16:00:00+01:00"), _at(30, "2024-03-01T08:00:00Z")
    for values in ((late, early), (early, late)):
        reading = read_bundle(bundle(*values), "P")
        assert [f.value for f in reading.record.history("lab.alt")] == [30, 60]
        assert not [note for note in reading.notes if "do not all say" in note.text]


def test_two_values_of_a_day_without_their_time_are_pointed_out() -> None:
    reading = read_bundle(bundle(_at(60, "2024-03-01"), _at(30, "2024-03-01T08:00:00Z")), "P")
    assert [f.value for f in reading.record.history("lab.alt")] == [60, 30]
    assert any("2 values on 2024-03-01 that do not all say" in n.text for n in reading.notes)


def test_a_unit_that_contradicts_its_own_code_is_not_taken() -> None:
    both = lab("1975-2", 17, "mg/dL")
    both["valueQuantity"]["code"] = "umol/L"
    reading = read_bundle(bundle(both), "P")
    assert not reading.record.history("lab.bilirubin")
    assert any("its units umol/L and mg/dL contradict each other" in n.text for n in reading.notes)
