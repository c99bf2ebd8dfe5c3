"""Tables are read as they stand, and one that is torn is refused."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path

import pytest

from hepatica.errors import InvalidInput, MissingExtra
from hepatica.io.tables import data_dictionary
from hepatica.io.tables.sheet import read_sheet, write_sheet


def _csv(folder: Path, content: str | bytes) -> Path:
    path = folder / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "text", ["a,b\n1,2\n", "a;b\n1;2\n", "a\tb\n1\t2\n", "\ufeffa,b\r\n1,2\r\n"]
)
def test_the_delimiter_is_that_of_the_header(tmp_path: Path, text: str) -> None:
    sheet = read_sheet(_csv(tmp_path, text))
    assert sheet.header == ("a", "b")
    assert [row.text("b") for row in sheet.rows] == ["2"]


def test_rows_keep_their_numbers_over_empty_rows_and_line_breaks(tmp_path: Path) -> None:
    sheet = read_sheet(_csv(tmp_path, 'a,b\n"x\ny",1\n,\nz,2\n'))
    assert [(row.number, row.text("a")) for row in sheet.rows] == [(2, "x\ny"), (4, "z")]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "is empty"),
        ("a,a\n1,2\n", r"heading\(s\) a stand over more than one column"),
        ("a,,c\n1,2,3\n", r"column\(s\) 2 have no heading"),
        ("a,b\n1,2,3\n", "row 2: it has 3 cells, the header has 2; '3' stands under no heading"),
        ('a,b\n"1,2\n', "line 2: it is not a table of comma-separated values"),
        ("a,b\n\xfc,2\n".encode("latin-1"), "not text in utf-8-sig.*encoding: cp1252"),
    ],
)
def test_a_torn_table_is_refused(tmp_path: Path, content: str | bytes, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        read_sheet(_csv(tmp_path, content))


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.pdf").write_text("x", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"t.pdf is no table; tables end in .csv"):
        read_sheet(tmp_path / "t.pdf")
    with pytest.raises(InvalidInput, match=r"no table u.csv"):
        read_sheet(tmp_path / "u.csv")
    with pytest.raises(InvalidInput, match=r"written as .csv, .tsv or .xlsx"):
        write_sheet(tmp_path / "t.pdf", ["a"], [])
    (tmp_path / "t.xlsx").write_text("x", encoding="utf-8")
    pytest.importorskip("openpyxl")
    with pytest.raises(InvalidInput, match=r"t.xlsx is no spreadsheet that can be read"):
        read_sheet(tmp_path / "t.xlsx")


def test_a_spreadsheet_reads_as_it_looks(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["percent", "missing", "day", "number", "flag", "month"])
    sheet.append([0.55, -999, date(2024, 5, 31), 65.0, True, 39.8])
    sheet["A2"].number_format = sheet["B2"].number_format = "0%"
    sheet["C2"].value = datetime(2024, 5, 31)
    book.create_sheet("notes").append(["nothing"])
    path = tmp_path / "t.xlsx"
    book.save(path)
    (row,) = read_sheet(path).rows
    texts = {name: (cell.text, cell.raw) for name, cell in row.cells.items()}
    assert texts["percent"] == ("55%", "0.55")
    assert texts["missing"] == ("-99900%", "-999")
    assert texts["day"] == ("2024-05-31", "2024-05-31")
    assert texts["number"] == ("65", "65")
    assert texts["flag"] == ("true", "true")
    assert texts["month"][0] == "39.8"
    assert read_sheet(path, "notes").header == ("nothing",)
    with pytest.raises(InvalidInput, match=r"t.xlsx has no sheet 'labs'; it has Sheet, notes"):
        read_sheet(path, "labs")


def test_a_formula_that_was_never_computed_is_refused(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["a"])
    book.active.append(["=1+1"])
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(InvalidInput, match="cell A2: it holds a formula without a stored result"):
        read_sheet(tmp_path / "t.xlsx")


def test_without_openpyxl_a_spreadsheet_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.xlsx").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingExtra, match=r"pip install 'hepatica\[tables\]'"):
        read_sheet(tmp_path / "t.xlsx")


def test_a_cell_of_a_spreadsheet_has_an_end(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    with pytest.raises(InvalidInput, match="40000 characters does not fit"):
        write_sheet(tmp_path / "t.xlsx", ["a"], [["x" * 40000]])


def test_the_data_dictionary_says_kind_unit_answers_and_bounds(tmp_path: Path) -> None:
    sheet = read_sheet(data_dictionary(tmp_path / "d.csv"))
    rows = {row.text("field"): row for row in sheet.rows}
    assert rows["lab.bilirubin"].text("unit") == "umol/L"
    assert "mg/dL" in rows["lab.bilirubin"].text("also_in")
    assert rows["cancer.ras"].text("answers") == "wild_type | mutated"
    assert rows["lesion.diameter"].text("repeats") == "lesion"


def test_utf_16_is_read_by_its_mark_and_the_hint_of_excel_is_no_header(tmp_path: Path) -> None:
    sheet = read_sheet(_csv(tmp_path, "a;b\nä;2\n".encode("utf-16")))
    assert (sheet.header, sheet.rows[0].text("a")) == (("a", "b"), "ä")
    sheet = read_sheet(_csv(tmp_path, "sep=;\na;b\n1,5;2\n"))
    assert sheet.header == ("a", "b")
    assert (sheet.rows[0].number, sheet.rows[0].text("a")) == (3, "1,5")


def test_merged_cells_with_a_value_are_refused(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["id", "bili", ""], ["P1", 1.2], ["P2", None], ["P3", 2]):
        book.active.append(row)
    book.active.merge_cells("C3:C4")
    book.save(tmp_path / "t.xlsx")
    assert len(read_sheet(tmp_path / "t.xlsx").rows) == 3
    book.active.merge_cells("B2:B3")
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(InvalidInput, match=r"t\.xlsx: the cells B2:B3 are merged"):
        read_sheet(tmp_path / "t.xlsx")
