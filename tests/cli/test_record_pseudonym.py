"""Images and record of one patient under one pseudonym: no trace of who it is, no interval lost."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset

from hepatica.case.record import Fact, Record
from hepatica.io.pseudonym_key import PseudonymKey
from hepatica.store.cohort_folder import read_cohort
from hepatica.store.record_file import read_record, write_record
from tests.cli.run import hepatica
from tests.io.dicom.builders import CtSeries
from tests.io.fhir.foreign import SNOMED, bundle, concept, lab

KEY = b"0123456789abcdef0123456789abcdef"
TRACES = (
    *("Muster", "Erika", "Johanna", "4711", "030 1234567", "1957", "08-12", "2024-03", "2024-04"),
    *("Schmidt", "Lindenweg", "ACC-99"),
)
SUBJECT = {"reference": "Patient/p1", "display": "Erika Muster"}


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.key"
    path.write_bytes(KEY)
    return path


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """A bundle that names the patient wherever a hospital does."""
    operation: dict[str, Any] = {
        "resourceType": "Procedure",
        "status": "completed",
        "code": concept(SNOMED, "107963000"),
        "subject": SUBJECT,
        "performedDateTime": "2024-04-05",
        "note": [{"text": "Operated by Dr. Schmidt, Mrs Muster of Lindenweg 3 did well"}],
    }
    drug = {
        "resourceType": "MedicationRequest",
        "status": "completed",
        "intent": "order",
        "medicationCodeableConcept": {"text": "Oxaliplatin"},
        "subject": SUBJECT,
        "dosageInstruction": [{"text": "85 mg/m2 as Dr. Schmidt said"}],
        "authoredOn": "2024-03-11",
    }
    path = tmp_path / "Muster_Erika.json"
    content = bundle(lab("1920-8", 31, "U/L", issued="2024-03-01T08:00:00Z"), operation, drug)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def scan(folder: Path) -> Path:
    def dated(ds: Dataset, k: int) -> None:
        ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = "20240303"
        ds.PatientName, ds.PatientID, ds.AccessionNumber = "Muster^Erika", "MRN-4711", "ACC-99"

    CtSeries(folder, change=dated).write()
    return folder


def traces_in(folder: Path) -> list[str]:
    """Which traces of the patient stand in any byte or name of a folder."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    names = "".join(str(path.relative_to(folder)) for path in files)
    left = names.encode() + b"".join(p.read_bytes() for p in files if p.suffix != ".npz")
    return [trace for trace in TRACES if trace.encode() in left]


def test_images_and_a_record_that_comes_later_keep_their_interval(
    tmp_path: Path, secret: Path, chart: Path
) -> None:
    case = tmp_path / "case"
    under = f"--out {case} --pseudonym P-7 --pseudonym-key {secret}"
    assert hepatica(f"case import {scan(tmp_path / 'ct')} {under}").code == 0
    called = hepatica(f"record import {chart} {under}")
    assert called.code == 0, called.err
    record = read_record(case)
    assert record.case_id == "P-7"
    moved = timedelta(days=PseudonymKey("P-7", KEY).days_back)
    drawn = record.latest("lab.ast")
    operated = record.latest("procedure.done", "1")
    assert drawn is not None
    assert operated is not None
    assert drawn.on == date(2024, 3, 2) - moved or drawn.on == date(2024, 3, 1) - moved
    assert operated.value == date(2024, 4, 5) - moved
    assert {f.value for f in record.history("drug.agent", "1")} == {"Oxaliplatin"}
    assert "procedure.note: 1 text(s) left out under the pseudonym" in called.out
    assert "drug.dose: 1 text(s) left out under the pseudonym" in called.out
    assert traces_in(case) == []


def test_exports_made_from_it_hold_no_trace(tmp_path: Path, secret: Path, chart: Path) -> None:
    case, out = tmp_path / "case", tmp_path / "out"
    out.mkdir()
    under = f"--out {case} --pseudonym P-7 --pseudonym-key {secret}"
    assert hepatica(f"record import {chart} {under}").code == 0
    assert hepatica(f"record export {case} --fhir {out}/b.json").code == 0
    assert traces_in(out) == []
    back = tmp_path / "back"
    again = hepatica(f"record import {out}/b.json --out {back} --pseudonym P-7")
    assert again.code == 0, again.err
    assert [(f.field, f.value, f.on) for f in read_record(back)] == [
        (f.field, f.value, f.on) for f in read_record(case)
    ]
    other = hepatica(f"record import {out}/b.json --out {tmp_path}/o --pseudonym P-8")
    assert other.code == 4 or "under the pseudonym P-7 already" in other.err


def test_a_record_with_true_dates_is_refused_beside_moved_images(
    tmp_path: Path, secret: Path, chart: Path
) -> None:
    case = tmp_path / "P-7"
    under = f"--out {case} --pseudonym P-7 --pseudonym-key {secret}"
    assert hepatica(f"case import {scan(tmp_path / 'ct')} {under}").code == 0
    refused = hepatica(f"record import {chart} --out {case}")
    assert refused.code != 0
    assert "Import the record with --pseudonym P-7 as well" in refused.err
    assert not (case / "record.json").exists()


def test_moved_images_are_refused_beside_a_record_with_true_dates(
    tmp_path: Path, secret: Path, chart: Path
) -> None:
    case, ct = tmp_path / "P-7", scan(tmp_path / "ct")
    under = f"--out {case} --pseudonym P-7 --pseudonym-key {secret}"
    assert hepatica(f"record import {chart} --out {case}").code == 0
    refused = hepatica(f"case import {ct} {under}")
    assert refused.code != 0
    assert "Import the record with --pseudonym P-7 as well" in refused.err
    assert hepatica(f"record import {chart} {under} --force").code == 0
    assert hepatica(f"case import {ct} {under}").code == 0
    plain = hepatica(f"case import {ct} --out {case} --force")
    assert plain.code != 0
    assert "Import the images with --pseudonym P-7 as well" in plain.err


def test_later_facts_need_the_pseudonym_as_well(tmp_path: Path, secret: Path, chart: Path) -> None:
    case, more = tmp_path / "P-7", tmp_path / "more.json"
    more.write_text(json.dumps(bundle(lab("1742-6", 40, "U/L"))), encoding="utf-8")
    under = f"--out {case} --pseudonym P-7 --pseudonym-key {secret}"
    assert hepatica(f"record import {chart} {under}").code == 0
    refused = hepatica(f"record import {more} --out {case} --add")
    assert "Pass --pseudonym P-7, so that all of them move by the same days" in refused.err
    assert hepatica(f"record import {more} {under} --add").code == 0
    days = {f.on for f in read_record(case) if f.field in ("lab.alt", "lab.ast")}
    assert len(days) == 1


def test_names_from_the_images_go_out_of_texts_without_a_pseudonym_too(tmp_path: Path) -> None:
    chart = tmp_path / "chart.json"
    operation = {
        "resourceType": "Procedure",
        "status": "completed",
        "code": concept(SNOMED, "107963000"),
        "subject": {"reference": "Patient/p1"},
        "performedDateTime": "2024-04-05",
        "note": [{"text": "erika did well (ACC-99, 4711)"}],
    }
    chart.write_text(json.dumps(bundle(operation, patient=None)), encoding="utf-8")
    ct = scan(tmp_path / "ct")
    assert hepatica(f"record import {chart} --out {tmp_path}/c --images {ct}").code == 0
    note = read_record(tmp_path / "c").latest("procedure.note", "1")
    assert note is not None
    assert note.value == "[removed] did well ([removed], 4711)"
    empty = tmp_path / "empty"
    empty.mkdir()
    refused = hepatica(f"record import {chart} --out {tmp_path}/d --images {empty}")
    assert "There is no DICOM file in what --images names" in refused.err


TABLE = """mrn,name,seen,ecog,ast,operated,remark,what
4711,"Muster, Erika",2024-03-01,1,31 H,2024-04-05,Mrs Muster of Lindenweg,oxaliplatin
0815,Johanna Schmidt,2024-03-02,0,25,,,FOLFOX by Schmidt
"""
MAPPING = """case: mrn
on: seen
identifying: [name]
columns:
  ecog: performance.ecog
  ast: {field: lab.ast, unit: U/L, reference_high: 40}
  operated: outcome.resection
  remark: liver.board_verdict
  what: {field: drug.agent, item: "1"}
"""


def table(folder: Path) -> str:
    (folder / "t.csv").write_text(TABLE, encoding="utf-8")
    (folder / "m.yaml").write_text(MAPPING, encoding="utf-8")
    return f"{folder}/t.csv --mapping {folder}/m.yaml"


def test_a_cohort_gets_a_pseudonym_and_days_for_each_patient(tmp_path: Path, secret: Path) -> None:
    words = f"{table(tmp_path)} --out {tmp_path}/c --pseudonym P --pseudonym-key {secret}"
    called = hepatica(f"cohort import {words} --key-list {tmp_path}/who.csv")
    assert called.code == 0, called.err
    assert traces_in(tmp_path / "c") == []
    cohort = read_cohort(tmp_path / "c")
    who = dict(row.split(",") for row in (tmp_path / "who.csv").read_text().split()[1:])
    assert list(who) == ["4711", "0815"]
    assert (tmp_path / "who.csv").stat().st_mode & 0o077 == 0
    record = cohort[who["4711"]]
    back = timedelta(days=PseudonymKey(record.case_id, KEY).days_back)
    seen, operated = record.latest("performance.ecog"), record.latest("outcome.resection")
    assert seen is not None
    assert operated is not None
    assert seen.on == date(2024, 3, 1) - back
    assert operated.value == date(2024, 4, 5) - back
    assert not record.history("liver.board_verdict")
    notes = "\n".join(f"{note.subject}: {note.text}" for note in cohort.notes)
    assert "liver.board_verdict: 1 text(s) left out" in notes
    assert "drug.agent: 1 text(s) left out" in notes
    assert "called high or low, but within the given limits" in called.err


def test_exports_of_such_a_cohort_hold_no_trace(tmp_path: Path, secret: Path) -> None:
    words = f"{table(tmp_path)} --out {tmp_path}/c --pseudonym P --pseudonym-key {secret}"
    assert hepatica(f"cohort import {words}").code == 0
    out = tmp_path / "out"
    out.mkdir()
    for layout in ("long", "wide"):
        assert hepatica(f"cohort export {tmp_path}/c --out {out}/{layout}.csv").code == 0
    assert traces_in(out) == []


def test_the_key_list_is_not_passed_on(tmp_path: Path, secret: Path) -> None:
    words = f"{table(tmp_path)} --out {tmp_path}/c"
    under = f"{words} --pseudonym P --pseudonym-key {secret}"
    needs = hepatica(f"cohort import {words} --key-list {tmp_path}/who.csv")
    assert "--key-list needs --pseudonym" in needs.err
    inside = hepatica(f"cohort import {under} --key-list {tmp_path}/c/who.csv")
    assert "Keep it apart" in inside.err
    (tmp_path / "who.csv").write_text("mine", encoding="utf-8")
    there = hepatica(f"cohort import {under} --key-list {tmp_path}/who.csv")
    assert "is there already" in there.err
    assert (tmp_path / "who.csv").read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "c").exists()


def test_the_form_moves_what_files_and_answers_say(tmp_path: Path, secret: Path) -> None:
    answers = tmp_path / "a.yaml"
    text = "on: 2024-03-04\nlab.alt: 40 U/L\nliver.board_verdict: Erika may be operated\n"
    answers.write_text(text, encoding="utf-8")
    files = f"--from {tmp_path}/t.csv --mapping {tmp_path}/m.yaml --id 4711 --answers {answers}"
    table(tmp_path)
    refused = hepatica(f"case new {files} --out {tmp_path}/x --pseudonym-key {secret}")
    assert "--pseudonym-key needs --pseudonym" in refused.err
    words = f"case new {files} --out {tmp_path}/c --pseudonym P-7 --pseudonym-key {secret}"
    called = hepatica(words.replace("liver.board_verdict: Erika may be operated\n", ""))
    assert called.code == 0, called.err
    record = read_record(tmp_path / "c")
    alt, ecog = record.latest("lab.alt"), record.latest("performance.ecog")
    assert alt is not None
    assert ecog is not None
    assert alt.on is not None
    assert ecog.on is not None
    assert (alt.on - ecog.on).days == 3
    assert record.case_id == "P-7"
    assert traces_in(tmp_path / "c") == []


def test_id_and_pseudonym_must_not_differ(tmp_path: Path, secret: Path, chart: Path) -> None:
    words = f"--out {tmp_path}/c --pseudonym P-7 --pseudonym-key {secret} --id P-9"
    called = hepatica(f"record import {chart} {words}")
    assert "the pseudonym is the case's id. Leave out --id" in called.err


def test_a_mixture_of_moved_and_true_days_is_never_written(tmp_path: Path) -> None:
    moved = Fact("workup.pet", date(2019, 1, 1), source="form (under pseudonym P-7)")
    true = Fact("workup.chest_xray", date(2024, 1, 1), source="form")
    from hepatica.errors import Inconsistent

    with pytest.raises(Inconsistent, match=r"of 1 fact\(s\) are moved under a pseudonym"):
        write_record(Record("P-7", (moved, true)), tmp_path / "P-7")
    undated = Fact("patient.sex", "male", source="form")
    write_record(Record("P-7", (moved, undated)), tmp_path / "P-7")


def test_a_record_that_is_replaced_under_a_pseudonym_leaves_no_account_behind(
    tmp_path: Path, secret: Path
) -> None:
    answers, out = tmp_path / "a.yaml", tmp_path / "c1"
    answers.write_text("lab.alt: 31 U/L\n", encoding="utf-8")
    said = f"--answers {answers} --on 2024-03-02 --out {out}"
    assert hepatica(f"case new {said} --id MRN4711").code == 0
    assert b"MRN4711" in (out / "run.json").read_bytes()
    key = f"--pseudonym P1 --pseudonym-key {secret}"
    found = hepatica(
        f"case new --from {out} --out {out} --force --block lab {key} --answers {answers}"
    )
    assert found.code == 0, found.err
    left = b"".join(path.read_bytes() for path in out.iterdir())
    assert b"4711" not in left
    assert b"2024-03-02" not in left


def test_what_is_added_to_takes_its_identity_off_as_well(
    tmp_path: Path, secret: Path, chart: Path
) -> None:
    answers, out = tmp_path / "a.yaml", tmp_path / "c2"
    answers.write_text("drug.agent#7: given by Dr Smith\n", encoding="utf-8")
    assert hepatica(f"case new --answers {answers} --id P9 --out {out}").code == 0
    words = f"record import {chart} --pseudonym P9 --pseudonym-key {secret} --add --out {out}"
    found = hepatica(words)
    assert found.code == 0, found.err
    assert b"Smith" not in b"".join(path.read_bytes() for path in out.iterdir())
