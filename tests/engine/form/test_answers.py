"""Answers become facts, and those that contradict what is known are refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from hepatica.case.record import Fact, Record, ReferenceRange, field_named
from hepatica.engine.form import answered, answers_of, fact_from_answer
from hepatica.engine.form.answers import Said
from hepatica.errors import Inconsistent, InvalidInput

SAID = Said("form", date(2024, 5, 31))


def _fact(field: str, text: str, item: str = "") -> Fact:
    return fact_from_answer(field_named(field), text, SAID, item)


def test_limits_and_day_stand_behind_the_value() -> None:
    found = _fact("lab.bilirubin", "< 1.0 mg/dL (0.2-1.2) @2024-06-02")
    assert found.value == pytest.approx(17.1, abs=0.01)
    assert (found.comparator, found.on, found.source) == ("<", date(2024, 6, 2), "form")
    assert found.reference is not None
    assert found.reference.high == pytest.approx(1.2 * 17.1, abs=0.01)
    assert found.stated == "< 1.0 mg/dL"


@pytest.mark.parametrize(
    ("field", "text", "value", "absent"),
    [
        ("function.ascites", "not performed", None, "not_performed"),
        ("lab.alt", "Declined @2024-06-02", None, "declined"),
        ("patient.comorbidity", "y", True, None),
        ("cancer.histology", "G2 (KRAS-mutated) @ base", "G2 (KRAS-mutated) @ base", None),
        ("outcome.death", "2024-05-01", date(2024, 5, 1), None),
    ],
)
def test_answers_of_every_kind(field: str, text: str, value: object, absent: str | None) -> None:
    found = _fact(field, text)
    assert (found.value, found.absent) == (value, absent)


def test_what_is_no_answer_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"--assume-unit lab.bilirubin=umol/L"):
        _fact("lab.bilirubin", "1.0")
    with pytest.raises(InvalidInput, match="45000 U/L cannot be"):
        _fact("lab.alt", "45000 U/L")
    with pytest.raises(InvalidInput, match="its group 'lesion'"):
        _fact("lesion.diameter", "20 mm")


def _file(folder: Path, text: str) -> Path:
    path = folder / "answers.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_of_answers_is_read(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        "on: 2024-05-31\npatient.sex: female\npatient.comorbidity: false\n"
        "lab.alt: {value: 35, unit: U/L, uln: 40, on: 2024-05-30, source: clinic}\n"
        "lab.inr: 1.1\nfunction.ascites: {absent: not_performed}\nlesion.diameter#2: 1.1 cm\n"
        "lesion:\n  1: {segment: IVa, diameter: 23 mm}\n",
    )
    found = {(f.field, f.item): f for f in answers_of(path, Said("answers.yaml"))}
    assert found["patient.sex", ""].on == date(2024, 5, 31)
    assert found["patient.comorbidity", ""].value is False
    alt = found["lab.alt", ""]
    assert (alt.value, alt.on, alt.source) == (35, date(2024, 5, 30), "clinic")
    assert alt.reference == ReferenceRange(None, 40)
    assert found["lab.inr", ""].value == 1.1
    assert found["function.ascites", ""].absent == "not_performed"
    assert found["lesion.diameter", "2"].value == 11
    assert found["lesion.segment", "1"].value == "IVa"


def test_all_faults_of_a_file_of_answers_are_said_at_once(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        "patient.sexx: female\nlab.alt: {value: 35}\nlab.ast: {amount: 3}\nlab.inr:\n"
        "patient.sex: {uln: 3, value: male}\nlab.alp: {unit: U/L}\n"
        "lab.ldh: {value: 3, unit: U/L, uln: many}\n",
    )
    with pytest.raises(InvalidInput) as caught:
        answers_of(path, SAID)
    text = str(caught.value)
    for part in (
        "answers.yaml: 7 fault(s); nothing was read",
        "patient.sexx: The record has no field",
        "lab.alt: lab.alt: the value has no unit",
        "lab.ast: amount is no part of an answer",
        "lab.inr: the answer is empty. Leave the line out",
        "patient.sex: uln: patient.sex is a code and has no limits",
        "lab.alp: the answer has neither a value nor a reason",
        "lab.ldh: the limit of normal 'many' is not a number",
    ):
        assert part in text, text
    with pytest.raises(InvalidInput, match="line 'field: answer' for each"):
        answers_of(_file(tmp_path, "- a\n"), SAID)


def test_an_answer_that_contradicts_the_record_is_refused() -> None:
    record = Record("P1", (Fact("performance.ecog", 1, source="t.csv"),))
    with pytest.raises(Inconsistent, match=r"ecog: 1 \(t.csv\) and 2 \(form\), both without a"):
        answered(record, [Fact("performance.ecog", 2, source="form")])
    dated = answered(record, [Fact("performance.ecog", 2, on=date(2024, 5, 31))])
    latest = dated.latest("performance.ecog")
    assert latest is not None
    assert latest.value == 2
    assert answered(record, record.facts) == record
