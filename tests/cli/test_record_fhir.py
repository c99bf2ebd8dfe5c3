"""hepatica record: a record to FHIR and back, from the command line."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from hepatica.case.record import Fact, Record
from hepatica.store.record_file import read_record, write_record
from tests.cli.run import hepatica
from tests.io.fhir.foreign import bundle, lab
from tests.io.fhir.records import full_record


@pytest.fixture
def labs(tmp_path: Path) -> Path:
    """A file of another system: one value with a unit, one without, one unknown."""
    path = tmp_path / "labs.json"
    content = bundle(lab("1920-8", 31, "U/L"), lab("1751-7", 3.9), lab("4548-4", 6.1, "%"))
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_a_record_goes_to_a_file_and_comes_back_the_same(tmp_path: Path) -> None:
    case, file, back = tmp_path / "case-1", tmp_path / "out" / "b.json", tmp_path / "back"
    write_record(full_record(), case)
    made = hepatica(f"record export {case} --fhir {file}")
    assert made.code == 0
    assert "facts" in made.out
    assert hepatica(f"record import {file} --out {back} --id case-1").code == 0
    assert read_record(back) == full_record()


def test_an_export_does_not_overwrite_a_file_unasked(tmp_path: Path) -> None:
    case, file = tmp_path / "case-1", tmp_path / "b.json"
    write_record(full_record(), case)
    file.write_text("mine", encoding="utf-8")
    refused = hepatica(f"record export {case} --fhir {file}")
    assert (refused.code, file.read_text(encoding="utf-8")) == (2, "mine")
    assert "b.json is there already" in refused.err
    made = hepatica(f"record export {case} --fhir {file} --force --json")
    assert json.loads(made.out)["schema"] == "hepatica/record-export"


def test_a_missing_unit_is_refused_and_can_be_stated(tmp_path: Path, labs: Path) -> None:
    out = tmp_path / "case-7"
    refused = hepatica(f"record import {labs} --out {out}")
    assert refused.code == 3
    assert "--assume-unit lab.albumin=g/L" in refused.err
    assert not out.exists()
    made = hepatica(f"record import {labs} --out {out} --assume-unit lab.albumin=g/dL")
    assert made.code == 0
    assert "the record has no field for it" in made.out
    record = read_record(out)
    assert record.case_id == "case-7"
    assert record.latest("lab.albumin").value == 39.0  # type: ignore[union-attr]


def test_a_malformed_assumption_is_refused(tmp_path: Path, labs: Path) -> None:
    refused = hepatica(f"record import {labs} --out {tmp_path / 'c'} --assume-unit g/dL")
    assert refused.code == 2
    assert "write FIELD=UNIT" in refused.err


def test_a_record_that_is_there_is_kept_unless_told_otherwise(tmp_path: Path, labs: Path) -> None:
    out = tmp_path / "case-7"
    earlier = Fact("performance.ecog", 1, on=date(2024, 1, 1), source="ward")
    write_record(Record("case-7", (earlier,)), out)
    words = f"record import {labs} --out {out} --assume-unit lab.albumin=g/dL"
    refused = hepatica(words)
    assert refused.code == 2
    assert "holds a record already" in refused.err
    assert hepatica(f"{words} --add").code == 0
    added = read_record(out)
    assert added.facts[0] == earlier
    assert hepatica(f"{words} --add").code == 0
    assert read_record(out) == added
    assert hepatica(f"{words} --force").code == 0
    assert read_record(out).latest("performance.ecog") is None


def test_what_contradicts_the_record_is_not_added(tmp_path: Path, labs: Path) -> None:
    out = tmp_path / "case-7"
    words = f"record import {labs} --out {out} --assume-unit lab.albumin=g/dL"
    assert hepatica(words).code == 0
    record = read_record(out)
    other = labs.with_name("other.json")
    other.write_text(labs.read_text().replace("3.9", "2.9"))
    refused = hepatica(f"{words.replace(str(labs), str(other))} --add")
    assert refused.code == 4
    assert "lab.albumin: 39.0" in refused.err
    refused = hepatica(f"{words} --add --id case-8")
    assert refused.code == 4
    assert "--id case-8: case-7 holds the record of case case-7" in refused.err
    assert read_record(out) == record


def test_the_record_is_shown_as_a_table_and_as_json(tmp_path: Path) -> None:
    case = tmp_path / "case-1"
    facts = (
        Fact("lab.cea", 1.8, unit="ug/L", comparator="<", on=date(2024, 3, 1), source="lab"),
        Fact("lab.inr", absent="not_performed"),
        Fact("extrahepatic.present", False),
    )
    write_record(Record("case-1", facts), case)
    shown = hepatica(f"record show {case}").out
    assert "< 1.8 ug/L" in shown
    assert "none (not performed)" in shown
    assert "no" in shown
    document = json.loads(hepatica(f"record show {case} --json").out)
    assert document["schema"] == "hepatica/record"
    assert document["facts"][0]["comparator"] == "<"
    assert document["facts"][1]["absent"] == "not_performed"
