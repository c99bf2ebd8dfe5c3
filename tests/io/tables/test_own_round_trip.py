"""What records hold comes back from Hepatica's own tables as it was."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings

from hepatica.case.record import Fact, Record, ReferenceRange
from hepatica.errors import InvalidInput
from hepatica.io.tables import OwnLayout, read_record_table, write_record_table
from tests.io.tables.records import records


def _there_and_back(held: tuple[Record, ...], layout: OwnLayout, suffix: str) -> tuple[Record, ...]:
    with TemporaryDirectory() as folder:
        path = write_record_table(held, Path(folder) / f"records{suffix}", layout)
        return read_record_table(path)


@settings(max_examples=40)
@given(records())
def test_the_long_csv_loses_nothing(held: tuple[Record, ...]) -> None:
    assert _there_and_back(held, "long", ".csv") == held


@settings(max_examples=40)
@given(records())
def test_the_wide_csv_loses_nothing(held: tuple[Record, ...]) -> None:
    assert _there_and_back(held, "wide", ".csv") == held


@settings(max_examples=15)
@given(records())
@pytest.mark.parametrize("layout", ["long", "wide"])
def test_the_spreadsheet_loses_nothing(layout: OwnLayout, held: tuple[Record, ...]) -> None:
    pytest.importorskip("openpyxl")
    assert _there_and_back(held, layout, ".xlsx") == held


def test_facts_of_one_day_share_a_row_of_the_wide_table(tmp_path: Path) -> None:
    day = date(2024, 5, 31)
    held = Record(
        "P1",
        (
            Fact("lab.alt", 45.0, unit="U/L", on=day, reference=ReferenceRange(None, 40.0)),
            Fact("lab.inr", 1.1, unit="1", on=day, comparator="<"),
            Fact("function.ascites", absent="not_performed", on=day),
        ),
    )
    path = write_record_table([held], tmp_path / "wide.csv", "wide")
    rows = list(csv.reader(path.open(encoding="utf-8-sig")))
    assert rows == [
        [
            *("case_id", "on", "source", "recorded_at", "lab.alt [U/L]", "lab.alt:reference"),
            *("lab.inr [1]", "function.ascites"),
        ],
        ["P1", "2024-05-31", "", "", "45.0", "..40.0", "<1.1", "[not_performed]"],
    ]


def test_a_text_that_looks_like_a_formula_is_written_in_quotes(tmp_path: Path) -> None:
    held = Record("P1", (Fact("cancer.histology", "=HYPERLINK(1)"),))
    path = write_record_table([held], tmp_path / "long.csv")
    assert not any(
        cell.startswith("=") for row in csv.reader(path.open(encoding="utf-8-sig")) for cell in row
    )


def test_a_wide_table_filled_in_by_hand_is_understood(tmp_path: Path) -> None:
    path = tmp_path / "hand.csv"
    path.write_text(
        "case_id,on,lab.bilirubin [mg/dL],lesion.diameter#1 [cm],patient.sex\n"
        "P1,2024-05-31,1.0,2.3,Female\n",
        encoding="utf-8",
    )
    (found,) = read_record_table(path)
    bilirubin, diameter, sex = found.facts
    assert bilirubin.value == pytest.approx(17.1, abs=0.01)
    assert bilirubin.unit == "umol/L"
    assert bilirubin.stated == "1.0 mg/dL"
    assert (diameter.value, diameter.item, diameter.on) == (23.0, "1", date(2024, 5, 31))
    assert (sex.value, sex.stated) == ("female", "Female")


def test_all_faults_of_an_own_table_are_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "faults.csv"
    path.write_text(
        "case_id,lab.alt [U/L],lab.bilirubin,patient.sex,patient.sox\n"
        "P1,high,1.0,female,x\n,40,,,\nP3,99999999,,unsure,\n",
        encoding="utf-8",
    )
    with pytest.raises(InvalidInput) as caught:
        read_record_table(path)
    text = str(caught.value)
    for part in (
        "column patient.sox: the heading is no field",
        "row 2, column lab.alt [U/L]: 'high' is not a number",
        "--assume-unit lab.bilirubin=umol/L",
        "row 3, column case_id",
        "1e+08 U/L cannot be",
        "'unsure' is not one of female, male, other",
    ):
        assert part in text


def test_a_unit_that_is_nowhere_stated_can_be_assumed(tmp_path: Path) -> None:
    path = tmp_path / "assumed.csv"
    path.write_text("case_id,field,value\nP1,lab.albumin,3.5\n", encoding="utf-8")
    (found,) = read_record_table(path, assume_units={"lab.albumin": "g/dL"})
    assert found.facts[0].value == 35.0
    with pytest.raises(InvalidInput, match=r"no field 'lab\.albumen'"):
        read_record_table(path, assume_units={"lab.albumen": "g/dL"})
