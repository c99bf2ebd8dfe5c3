"""Somebody's table becomes records: nothing is guessed, nothing is lost unsaid."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from hepatica.case.record import ReferenceRange
from hepatica.errors import InvalidInput, UsageError
from hepatica.io.tables import parse_mapping, read_record_table, read_table

LABS = """name: clinic
case: id
missing: {n/a: not_applicable, -9: unknown}
on: drawn
columns:
  sex: {field: patient.sex, values: {m: male, f: female}}
  bili: {field: lab.bilirubin, unit: mg/dL, reference_high: bili_uln}
  alt: {field: lab.alt, unit_column: alt_unit, reference_low: alt_lln, reference_high: alt_uln}
  n: {field: liver.lesion_count, missing: {99: not_performed}, optional: true}
"""


def _table(folder: Path, text: str, name: str = "labs.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_units_dates_limits_and_missing_values_are_understood(tmp_path: Path) -> None:
    path = _table(
        tmp_path,
        "id,drawn,sex,bili,bili_uln,alt,alt_unit,alt_lln,alt_uln,n\n"
        "P1,2024-05-31,f,1.0,1.2,<40,U/L,5,45,99\n"
        "P1,2024-06-30,f,n/a,,0.75,ukat/L,,0.75,3\n",
    )
    moment = datetime(2024, 7, 1, tzinfo=UTC)
    (found,) = read_table(path, parse_mapping(LABS), recorded_at=moment).records
    first = found.latest("lab.bilirubin", until=date(2024, 6, 1))
    assert first is not None
    assert first.value == pytest.approx(17.1, abs=0.01)
    assert first.reference is not None
    assert first.reference.high == pytest.approx(1.2 * 17.1, abs=0.01)
    assert (first.stated, first.on, first.recorded_at) == ("1.0 mg/dL", date(2024, 5, 31), moment)
    assert re.fullmatch(r"table [0-9a-f]{8}, row 2, bili", first.source)
    last = found.latest("lab.bilirubin")
    assert last is not None
    assert (last.value, last.absent, last.stated) == (None, "not_applicable", "n/a")
    alt = found.history("lab.alt")
    assert [(f.value, f.comparator) for f in alt] == [(40.0, "<"), (45.0, None)]
    assert [f.reference for f in alt] == [ReferenceRange(5.0, 45.0), ReferenceRange(None, 45.0)]
    counts = found.history("liver.lesion_count")
    assert [(f.value, f.absent) for f in counts] == [(None, "not_performed"), (3, None)]


def test_all_faults_are_said_at_once_with_rows_and_columns(tmp_path: Path) -> None:
    path = _table(
        tmp_path,
        "id,drawn,sex,bili,bili_uln,alt,alt_unit,alt_lln,alt_uln\n"
        "P1,2024-05-31,x,1.0,1.2,40,,,\n"
        "P2,31.5.2024,m,one,,40,,,\n"
        ",2024-05-31,m,,,,,,\n"
        "P4,2024-05-31,x,9999,,40,U/L,,nought\n",
    )
    with pytest.raises(InvalidInput) as caught:
        read_record_table(path, parse_mapping(LABS))
    text = str(caught.value)
    assert "labs.csv: 7 fault(s); nothing was read" in text
    for part in (
        "rows 2, 5, column sex: 'x' is not one of the codes in the mapping: m, f",
        "rows 2, 3, column alt: lab.alt: the value has no unit. Say which is meant",
        "row 3, column drawn: '31.5.2024' is not a full date",
        "row 4, column id: the row has no case",
        "row 5, column bili: Fact lab.bilirubin (column bili): 171020 umol/L cannot be",
        "row 5, column alt: 'nought' is not a number",
    ):
        assert part in text, text


def test_columns_without_a_meaning_are_listed_and_left_out_ones_say_why(tmp_path: Path) -> None:
    path = _table(tmp_path, "id,ecog,shoe,hat\nP1,1,42,\nP2,0,,\n")
    mapping = parse_mapping(
        "case: id\ncolumns: {ecog: performance.ecog}\nleft_out: {hat: nobody needs it}\n"
        "stated: [{field: cancer.primary_site, value: colon, source: the study's title}]\n"
    )
    reading = read_table(path, mapping)
    assert reading.unmapped == ("shoe",)
    assert [(n.kind, n.subject, n.text) for n in reading.notes] == [
        ("warning", "shoe", "not in the mapping; 1 filled cell(s) were not read"),
        ("ignored", "hat", "nobody needs it"),
        ("assumed", "cancer.primary_site", "colon for every case: the study's title"),
    ]
    assert [len(record.facts) for record in reading.records] == [2, 2]


def test_a_column_that_the_mapping_names_must_be_there(tmp_path: Path) -> None:
    path = _table(tmp_path, "ID,Ecog\nP1,1\n")
    mapping = parse_mapping("case: id\ncolumns: {ecog: performance.ecog}\n")
    with pytest.raises(InvalidInput, match=r"no column 'ecog'.*Nearest: 'Ecog'"):
        read_record_table(path, mapping)


def test_two_undated_values_of_one_thing_are_a_contradiction(tmp_path: Path) -> None:
    path = _table(tmp_path, "id,ecog\nP1,1\nP1,1\nP2,1\nP2,2\n")
    mapping = parse_mapping("case: id\ncolumns: {ecog: performance.ecog}\n")
    with pytest.raises(InvalidInput, match=r"case P2: performance.ecog is 1 .* and 2 .*without a"):
        read_record_table(path, mapping)


def test_a_long_table_of_a_laboratory_is_read_by_the_names_of_its_tests(tmp_path: Path) -> None:
    path = _table(
        tmp_path,
        "patient;test;result;unit;low;high;day\n"
        "P1;BILT;1,0;mg/dL;;1,2;31.05.2024\n"
        "P1;ALT;35;U/L;;40;31.05.2024\n"
        "P1;TSH;2,1;mU/L;;;31.05.2024\n",
    )
    mapping = parse_mapping(
        "layout: long\ncase: patient\nwhat: test\nvalue: result\non: day\ndecimal: ','\n"
        "date_format: '%d.%m.%Y'\ncolumns:\n"
        "  BILT: {field: lab.bilirubin, unit_column: unit, reference_high: high}\n"
        "  GPT: {field: lab.alt, also: [ALT], unit_column: unit, reference_high: high}\n"
    )
    reading = read_table(path, mapping)
    (found,) = reading.records
    assert [(f.field, f.stated) for f in found] == [("lab.bilirubin", "1,0 mg/dL"), ("lab.alt", "")]
    assert found.facts[1].reference == ReferenceRange(None, 40.0)
    assert "TSH" in reading.unmapped


def test_repeated_things_take_their_item_from_another_column(tmp_path: Path) -> None:
    path = _table(tmp_path, "id,no,size\nP1,1,23\nP1,2,11\nP2,,7\n")
    mapping = parse_mapping(
        "case: id\ncolumns: {size: {field: lesion.diameter, item: '{no}', unit: mm}}\n"
    )
    with pytest.raises(InvalidInput, match=r"row 4, column size: lesion.diameter is repeated, and"):
        read_record_table(path, mapping)
    path = _table(tmp_path, "id,no,size\nP1,1,23\nP1,2,11\n")
    (found,) = read_record_table(path, mapping)
    assert found.items("lesion") == ("1", "2")


def test_a_foreign_table_needs_a_mapping(tmp_path: Path) -> None:
    path = _table(tmp_path, "id,ecog\nP1,1\n")
    with pytest.raises(UsageError, match=r"labs.csv is not a table that Hepatica wrote.*--mapping"):
        read_record_table(path)


def test_codes_are_the_same_number_with_and_without_decimals(tmp_path: Path) -> None:
    path = _table(tmp_path, "\nid,sex,ecog\nP1,1.0,2.0\nP2,2.0,-9.0\nP3,2,nan\n")
    mapping = parse_mapping(
        "case: id\nmissing: {-9: unknown, nan: unknown}\ncolumns:\n"
        "  sex: {field: patient.sex, values: {1: male, 2: female}}\n  ecog: performance.ecog\n"
    )
    found = [[fact.value for fact in record] for record in read_record_table(path, mapping)]
    assert found == [["male", 2], ["female", None], ["female", None]]


GERMAN = """case: ID
on: Datum
decimal: ","
thousands: "."
date_format: "%d.%m.%Y"
columns:
  CEA: {field: lab.cea, unit: ng/mL, reference_high: Grenze}
  Erst: cancer.diagnosis_date
"""


def test_numbers_and_days_of_a_spreadsheet_are_what_they_are_however_texts_are_written(
    tmp_path: Path,
) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["ID", "Datum", "CEA", "Grenze", "Erst"])
    book.active.append(["P1", datetime(2024, 5, 3, 8, 30), 1.234, 4.125, date(2020, 1, 2)])
    book.active.append(["P2", "03.05.2024", "1.234,5", "4,125", "02.01.2020"])
    book.save(tmp_path / "t.xlsx")
    records = read_record_table(tmp_path / "t.xlsx", parse_mapping(GERMAN))
    for record, value in zip(records, (1.234, 1234.5), strict=True):
        cea, day = record.latest("lab.cea"), record.latest("cancer.diagnosis_date")
        assert cea is not None
        assert day is not None
        assert (cea.value, cea.on, day.value) == (value, date(2024, 5, 3), date(2020, 1, 2))
        assert cea.reference == ReferenceRange(None, 4.125)


def test_different_values_of_one_day_are_pointed_out(tmp_path: Path) -> None:
    rows = "P1,2024-05-31,f,1.0,,,,,\nP1,2024-05-31,f,3.0,,,,,\nP2,2024-05-31,f,1.0,,,,,\n"
    path = _table(tmp_path, f"id,drawn,sex,bili,bili_uln,alt,alt_unit,alt_lln,alt_uln\n{rows}")
    notes = read_table(path, parse_mapping(LABS)).notes
    said = [(n.kind, n.subject, n.text) for n in notes]
    text = "different values on one day, of which the last row counts: case P1"
    assert said == [("warning", "lab.bilirubin", text)]


@pytest.mark.parametrize(("said", "fits"), [("mg/dL", True), ("MG/DL", True), ("µmol/L", False)])
def test_a_heading_with_another_unit_than_the_mapping_is_refused(
    tmp_path: Path, said: str, fits: bool
) -> None:
    heading = f"Bili ({said})"
    text = f'case: id\ncolumns: {{"{heading}": {{field: lab.bilirubin, unit: mg/dL}}}}\n'
    path = _table(tmp_path, f"id,{heading}\nP1,1.0\n")
    if fits:
        assert len(read_record_table(path, parse_mapping(text))) == 1
        return
    with pytest.raises(InvalidInput, match="the heading says µmol/L, the mapping mg/dL"):
        read_record_table(path, parse_mapping(text))
