"""hepatica case new and case fields: the form, its answers, and what files say already."""

from __future__ import annotations

import csv
import json
from datetime import date
from io import StringIO
from pathlib import Path

import pytest

from hepatica.case.record import Fact, Record
from hepatica.io.fhir import write_bundle
from hepatica.store.record_file import read_record, write_record
from tests.cli.run import hepatica

LABS = "case_id,on,patient.sex,lab.alt [U/L],lab.alt:reference\nP1,2024-05-31,female,35,..40\n"


def _file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("".join(f"{line}\n" for line in lines)))


def test_the_form_walks_through_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _typed(monkeypatch, "2024-05-31", "female", "?", "nineteen", "1960", "", "170", "1.70 m", ".")
    called = hepatica(f"case new --block patient --id P1 --out {tmp_path}/P1")
    assert called.code == 0
    record = read_record(tmp_path / "P1")
    assert [(f.field, f.value, f.on) for f in record] == [
        ("patient.sex", "female", date(2024, 5, 31)),
        ("patient.birth_year", 1960, date(2024, 5, 31)),
        ("patient.height", 170.0, date(2024, 5, 31)),
    ]
    assert "patient.birth_year" in called.err
    assert "'nineteen' is not a number" in called.err
    assert "--assume-unit patient.height=cm" in called.err
    assert "Still open: patient.age, patient.weight" in called.out
    assert (tmp_path / "P1" / "run.json").is_file()


def test_the_form_asks_how_many_lesions_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _typed(monkeypatch, "", "some", "2", "IVa", "23 mm", *[""] * 8, "VI", "11 mm")
    assert hepatica(f"case new --block lesion --out {tmp_path}/P1").code == 0
    record = read_record(tmp_path / "P1")
    assert record.items("lesion") == ("1", "2")
    assert record.latest("lesion.diameter", "2").value == 11  # type: ignore[union-attr]


def test_from_fills_what_a_table_says_and_the_form_skips_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = _file(tmp_path, "labs.csv", LABS)
    _typed(monkeypatch, "", ".")
    called = hepatica(
        f"case new --from {table} --protocol sbrt-six-fraction --on 2024-06-01 --out {tmp_path}/c"
    )
    assert called.code == 0
    assert read_record(tmp_path / "c").case_id == "P1"
    assert "lab.alt" not in called.out
    assert "lab.ast" in called.out
    assert "ALT" not in called.err


def test_answers_are_read_without_asking_and_open_questions_are_listed(tmp_path: Path) -> None:
    answers = _file(tmp_path, "a.yaml", "on: 2024-05-31\npatient.sex: male\nlab.inr: 1.0\n")
    called = hepatica(
        f"case new --protocol sbrt-six-fraction --answers {answers} --out {tmp_path}/P1 --json"
    )
    found = json.loads(called.out)
    assert (found["schema"], found["case_id"], found["facts"]) == ("hepatica/record-form", "P1", 2)
    assert "lab.bilirubin" in found["open"]
    assert "lab.inr" not in found["open"]


def test_a_record_is_not_overwritten_unasked_and_can_be_carried_on(tmp_path: Path) -> None:
    answers = _file(tmp_path, "a.yaml", "patient.sex: male\n")
    more = _file(tmp_path, "b.yaml", "patient.birth_year: 1960\n")
    assert hepatica(f"case new --answers {answers} --out {tmp_path}/P1").code == 0
    refused = hepatica(f"case new --answers {more} --out {tmp_path}/P1")
    assert refused.code == 2
    assert "holds a record already" in refused.err
    words = f"case new --from {tmp_path}/P1 --answers {more} --out {tmp_path}/P1 --force"
    assert hepatica(words).code == 0
    assert len(read_record(tmp_path / "P1").facts) == 2


def test_files_of_two_patients_are_never_one_record(tmp_path: Path) -> None:
    write_record(Record("P2"), tmp_path / "P2")
    table = _file(tmp_path, "labs.csv", LABS)
    called = hepatica(f"case new --from {table} --from {tmp_path}/P2 --out {tmp_path}/c")
    assert called.code == 4
    assert "P2 is of case P2, the files before it are of case P1" in called.err


def test_a_table_of_several_cases_needs_the_id(tmp_path: Path) -> None:
    table = _file(tmp_path, "labs.csv", LABS + "P2,2024-05-31,male,20,..40\n")
    called = hepatica(f"case new --from {table} --out {tmp_path}/c --json")
    assert called.code == 3
    assert "holds 2 cases (P1, P2); say which one with --id" in called.err
    assert hepatica(f"case new --from {table} --id P2 --out {tmp_path}/c --json").code == 0
    assert read_record(tmp_path / "c").case_id == "P2"


def test_columns_that_were_not_read_are_said(tmp_path: Path) -> None:
    table = _file(tmp_path, "t.csv", "id,ecog,shoe\nP1,1,42\n")
    mapping = _file(tmp_path, "m.yaml", "case: id\ncolumns: {ecog: performance.ecog}\n")
    words = f"case new --from {table} --mapping {mapping} --out {tmp_path}/c --json"
    (note,) = json.loads(hepatica(words).out)["notes"]
    assert (note["kind"], note["subject"]) == ("warning", "shoe")


def test_a_missing_unit_offers_to_assume_one(tmp_path: Path) -> None:
    answers = _file(tmp_path, "a.yaml", "lab.bilirubin: 1.0\n")
    refused = hepatica(f"case new --answers {answers} --out {tmp_path}/c")
    assert refused.code == 3
    assert "--assume-unit lab.bilirubin=umol/L" in refused.err
    words = f"case new --answers {answers} --out {tmp_path}/c --assume-unit lab.bilirubin=mg/dL"
    assert hepatica(words).code == 0
    (fact,) = read_record(tmp_path / "c").facts
    assert fact.value == pytest.approx(17.1, abs=0.01)
    wrong = hepatica(f"case new --answers {answers} --out {tmp_path}/d --assume-unit lab.bilirubin")
    assert wrong.code == 2
    assert "write FIELD=UNIT" in wrong.err


def test_nothing_to_fill_in_and_nothing_answered_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "name a --protocol or a --block" in hepatica(f"case new --out {tmp_path}/c").err
    _typed(monkeypatch)
    called = hepatica(f"case new --block lab --out {tmp_path}/c")
    assert called.code == 2
    assert "no record was written" in called.err
    assert not (tmp_path / "c").exists()


def test_the_fields_are_listed_with_unit_and_answers() -> None:
    found = json.loads(hepatica("case fields --json").out)["fields"]
    by_name = {row["name"]: row for row in found}
    assert by_name["lab.bilirubin"]["unit"] == "umol/L"
    assert by_name["cancer.ras"]["answers"] == ["wild_type", "mutated"]
    assert "Hepatic arterial" in hepatica("case fields --block vascular").out


def test_the_data_dictionaries_are_written(tmp_path: Path) -> None:
    assert hepatica(f"case fields --out {tmp_path}/d.csv").code == 0
    assert hepatica(f"case fields --out {tmp_path}/r.csv --redcap").code == 0
    header = next(csv.reader((tmp_path / "r.csv").open(encoding="utf-8-sig")))
    assert header[0] == "Variable / Field Name"
    assert hepatica(f"case fields --out {tmp_path}/d.csv").code == 2
    assert "say which one with --out" in hepatica("case fields --redcap").err


def test_a_bundle_adds_to_what_a_table_says(tmp_path: Path) -> None:

    table = _file(tmp_path, "labs.csv", LABS)
    stage = Fact("lab.platelets", 200.0, unit="10*9/L", on=date(2024, 5, 30))
    bundle = write_bundle(Record("P1", (stage,)))
    path = _file(tmp_path, "patient.json", json.dumps(bundle))
    called = hepatica(f"case new --from {table} --from {path} --out {tmp_path}/c --json")
    assert called.code == 0, called.err
    record = read_record(tmp_path / "c")
    assert record.case_id == "P1"
    assert {fact.field for fact in record} == {"patient.sex", "lab.alt", "lab.platelets"}


def test_the_names_of_the_files_do_not_reach_the_case(tmp_path: Path) -> None:
    place = tmp_path / "Mustermann"
    place.mkdir()
    table = _file(place, "Mustermann_labs.csv", "pid,alb\nP1,40\n")
    mapping = _file(
        place, "Mustermann_map.yaml", "case: pid\ncolumns: {alb: {field: lab.albumin, unit: g/L}}\n"
    )
    answers = _file(place, "Mustermann.yaml", "patient.sex: male\n")
    call = f"case new --from {table} --mapping {mapping} --answers {answers} --out {tmp_path}/c"
    assert hepatica(call).code == 0
    files = [path for path in (tmp_path / "c").rglob("*") if path.is_file()]
    assert {path.name for path in files} == {"record.json", "run.json"}
    assert not [path for path in files if b"Mustermann" in path.read_bytes()]
    run = json.loads((tmp_path / "c/run.json").read_text())
    digests = [row["sha256"][:8] for row in run["inputs"]]
    sources = [fact.source for fact in read_record(tmp_path / "c")]
    assert sources == [f"table {digests[0]}, row 2, alb", f"answers {digests[1]}"]
