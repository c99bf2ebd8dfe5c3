"""The record of a synthetic patient fits the patient, and lacks what records lack."""

from __future__ import annotations

from datetime import date

import pytest

from hepatica.case.record import fields
from hepatica.synthetic import synthetic_patient
from hepatica.synthetic.data import record_anchors
from hepatica.synthetic.draw import Anatomy
from hepatica.synthetic.record import synthetic_record

TODAY = date(2026, 3, 2)
COARSE = (6.0, 6.0, 6.0)


@pytest.fixture(scope="module")
def patients():
    options = Anatomy(spacing_mm=COARSE, noise=False)
    return [synthetic_patient(seed, options) for seed in range(6)]


def test_the_same_patient_and_day_give_the_same_record(patients):
    assert synthetic_record(patients[0], TODAY) == synthetic_record(patients[0], TODAY)
    assert synthetic_record(patients[0], TODAY) != synthetic_record(patients[1], TODAY)


def test_no_fact_is_younger_than_the_day(patients):
    for patient in patients:
        record = synthetic_record(patient, TODAY)
        assert record.facts
        assert all(fact.on is not None and fact.on <= TODAY for fact in record)


def test_build_and_tumours_are_those_of_the_patient(patients):
    for patient in patients:
        record = synthetic_record(patient, TODAY)
        weight = record.latest("patient.weight")
        assert weight is None or weight.value == round(patient.draw.weight_kg, 1)
        assert len(record.items("lesion")) == len(patient.case.gtvs)
        for number, gtv in enumerate(patient.case.gtvs, start=1):
            assert record.latest("lesion.volume", str(number)).value == round(gtv.volume_cc, 1)


def test_some_facts_are_missing_and_laboratory_values_bring_their_own_range(patients):
    records = [synthetic_record(patient, TODAY) for patient in patients]
    asked = [name for name in fields() if name.startswith("lab.")]
    said = [sum(r.latest(name) is not None for name in asked) for r in records]
    assert len(set(said)) > 1
    labs = [fact for r in records for fact in r if fact.field.startswith("lab.")]
    assert all(fact.reference is not None and fact.reference.high is not None for fact in labs)


def test_chances_sum_to_one_and_everything_has_a_source():
    for name, row in record_anchors().items():
        if (
            isinstance(row, dict)
            and row.get("unit") == "probability"
            and isinstance(row["value"], dict)
        ):
            assert sum(row["value"].values()) == pytest.approx(1.0), name
        if isinstance(row, dict):
            assert row["source"]
            assert row["status"] in ("verified", "recalled")
