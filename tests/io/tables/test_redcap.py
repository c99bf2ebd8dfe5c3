"""REDCap: exports with events, repeats and boxes, and projects made from our own dictionary."""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path

import pytest

from hepatica.case.record import fields
from hepatica.errors import InvalidInput
from hepatica.io.tables import (
    parse_mapping,
    read_record_table,
    read_table,
    redcap_dictionary,
)
from hepatica.io.tables.redcap import HEADER, variable

STUDY = """layout: redcap
case: record_id
missing: {UNK: unknown, NASK: not_performed}
on: visit_date
on_from_event: true
columns:
  sex: {field: patient.sex, values: {1: male, 2: female, Male: male, Female: female}}
  alb: {field: lab.albumin, unit: g/dL, only: {redcap_event_name: [baseline_arm_1]}}
  size: {field: lesion.diameter, unit: mm}
checkboxes:
  comorb:
    unchecked: no
    boxes: {1: function.cirrhosis, 2: function.steatosis}
  sites:
    unchecked: nothing
    boxes:
      -1: {field: extrahepatic.sites, values: {1: lung}}
      2: {field: extrahepatic.sites, values: {1: nodes}}
"""
HEAD = (
    "record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,visit_date,sex,alb,"
    "size,comorb___1,comorb___2,comorb___unk,comorb___nask,sites____1,sites___2,sites___unk,"
    "sites___nask,labs_complete,weather\n"
)


def _export(folder: Path, rows: str, head: str = HEAD) -> Path:
    path = folder / "export.csv"
    path.write_text(head + rows, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("sex", "on", "off"), [("2", "1", "0"), ("Female", "Checked", "Unchecked")]
)
def test_events_repeats_boxes_and_missing_codes_are_understood(
    tmp_path: Path, sex: str, on: str, off: str
) -> None:
    path = _export(
        tmp_path,
        f"7,baseline_arm_1,,,2024-05-31,{sex},3.5,,{on},{off},{off},{off},{on},{on},{off},{off},2,\n"
        "7,baseline_arm_1,lesions,1,,,,23,,,,,,,,,,\n"
        "7,baseline_arm_1,lesions,2,,,,UNK,,,,,,,,,,\n"
        f"7,month_3_arm_1,,,2024-08-31,,3.0,,{off},{off},{off},{on},{off},{off},{off},{off},0,sun\n",
    )
    reading = read_table(path, parse_mapping(STUDY))
    (found,) = reading.records
    day = date(2024, 5, 31)
    said = [(f.field, f.item, f.value, f.absent, f.on) for f in found]
    assert said == [
        ("patient.sex", "", "female", None, day),
        ("lab.albumin", "", 35.0, None, day),
        ("function.cirrhosis", "", True, None, day),
        ("function.steatosis", "", False, None, day),
        ("extrahepatic.sites", "", "lung, nodes", None, day),
        ("lesion.diameter", "1", 23.0, None, day),
        ("lesion.diameter", "2", None, "unknown", day),
        ("function.cirrhosis", "", None, "not_performed", date(2024, 8, 31)),
        ("function.steatosis", "", None, "not_performed", date(2024, 8, 31)),
    ]
    assert reading.unmapped == ("weather",)


def test_two_boxes_for_one_answer_are_refused(tmp_path: Path) -> None:
    mapping = parse_mapping(
        "layout: redcap\ncase: record_id\ncheckboxes:\n  ras:\n    unchecked: nothing\n    boxes:\n"
        "      1: {field: cancer.ras, values: {1: wild_type}}\n"
        "      2: {field: cancer.ras, values: {1: mutated}}\n"
    )
    path = _export(tmp_path, "7,1,1\n8,0,maybe\n", "record_id,ras___1,ras___2\n")
    with pytest.raises(InvalidInput) as caught:
        read_record_table(path, mapping)
    assert "row 2, column ras: 2 boxes are ticked, and cancer.ras has room" in str(caught.value)
    assert "row 3, column ras: ras___2 is 'maybe'; a box is 1 or 0" in str(caught.value)


def test_the_dictionary_is_one_that_redcap_takes(tmp_path: Path) -> None:
    path = redcap_dictionary(tmp_path / "redcap.csv")
    header, *rows = csv.reader(path.open(encoding="utf-8-sig"))
    assert tuple(header) == HEADER
    names = [row[0] for row in rows]
    assert names[0] == "record_id"
    assert len(set(names)) == len(names)
    assert all(
        re.fullmatch(r"[a-z][a-z0-9_]*[a-z0-9]", name) and len(name) <= 100 for name in names
    )
    assert {variable(field) for field in fields().values()} <= set(names)
    forms = list(dict.fromkeys(row[1] for row in rows))
    assert forms == list(dict.fromkeys(field.block for field in fields().values()))
    assert [row[1] for row in rows] == sorted((row[1] for row in rows), key=forms.index)
    by_name = {row[0]: row for row in rows}
    assert by_name["cancer_ras"][3:6] == ["radio", "RAS", "wild_type, wild type | mutated, mutated"]
    assert by_name["lab_bilirubin"][6:10] == ["umol/L", "number", "0", "1500"]
    assert by_name["patient_comorbidity"][3] == "yesno"


@pytest.mark.parametrize(
    ("sex", "yes", "ras", "declined"),
    [("female", "1", "wild_type", "declined"), ("female", "Yes", "wild type", "Declined")],
)
def test_the_export_of_our_own_project_needs_no_mapping_file(
    tmp_path: Path, sex: str, yes: str, ras: str, declined: str
) -> None:
    path = _export(
        tmp_path,
        f"7,,,2024-05-01,{sex},{yes},,{ras},2024-05-31,20,17,45,,,2\n"
        f"7,lesion,1,,,,,,,,,,2024-05-30,23,\n7,,,,,,,,,,,,,,\n8,,,,{declined},,,,,,,,,,\n",
        "record_id,redcap_repeat_instrument,redcap_repeat_instance,patient_on,patient_sex,"
        "patient_comorbidity,cancer_on,cancer_ras,lab_on,lab_bilirubin,lab_bilirubin_uln,lab_alt,"
        "lesion_on,lesion_diameter,patient_complete\n".replace(
            "lab_bilirubin_uln", "lab_bilirubin_lln,lab_bilirubin_uln"
        ).replace("lab_alt,", ""),
    )
    found, other = read_record_table(path, "hepatica-redcap")
    bilirubin = found.latest("lab.bilirubin")
    assert bilirubin is not None
    assert bilirubin.reference is not None
    assert (bilirubin.value, bilirubin.reference.high, bilirubin.on) == (20, 45, date(2024, 5, 31))
    assert found.latest("cancer.ras").value == "wild_type"  # type: ignore[union-attr]
    assert found.latest("patient.comorbidity").value is True  # type: ignore[union-attr]
    assert found.latest("lesion.diameter", "1").value == 23  # type: ignore[union-attr]
    assert [f.absent for f in other] == ["declined"]


def test_a_label_export_keeps_its_visits_apart_and_counts_its_repeats(tmp_path: Path) -> None:
    head = (
        "record_id,Event Name,Repeat Instrument,Repeat Instance,visit_date,alb,size,"
        "Complete?,Complete?\n"
    )
    rows = (
        "1,Baseline,,,2024-01-02,3.5,,Complete,Incomplete\n1,Baseline,Lesions,2,,,23,,\n"
        "1,Follow up,,,,3.1,,Complete,\n"
    )
    mapping = """layout: redcap
case: record_id
on: visit_date
on_from_event: true
columns: {alb: {field: lab.albumin, unit: g/dL}, size: {field: lesion.diameter, unit: mm}}
"""
    reading = read_table(_export(tmp_path, rows, head), parse_mapping(mapping))
    said = {(f.field, f.item, f.value): f.on for f in reading.records[0]}
    assert said == {
        ("lab.albumin", "", 35.0): date(2024, 1, 2),
        ("lesion.diameter", "2", 23.0): date(2024, 1, 2),
        ("lab.albumin", "", 31.0): None,
    }
    assert reading.unmapped == ()


def test_a_repeated_event_has_a_day_of_its_own(tmp_path: Path) -> None:
    head = "record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,day,alb\n"
    rows = "1,cycle_arm_1,,1,2024-01-02,3.5\n1,cycle_arm_1,,2,,3.1\n1,cycle_arm_1,,2,2024-02-02,\n"
    mapping = "layout: redcap\ncase: record_id\non: day\non_from_event: true\ncolumns:\n"
    mapping += "  alb: {field: lab.albumin, unit: g/dL}\n"
    (record,) = read_record_table(_export(tmp_path, rows, head), parse_mapping(mapping))
    days = [fact.on for fact in record.history("lab.albumin")]
    assert days == [date(2024, 1, 2), date(2024, 2, 2)]
