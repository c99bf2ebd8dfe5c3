"""Spreadsheets (XLSX): every cell becomes the text that a reader of the sheet sees."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from hepatica.errors import InvalidInput, MissingExtra
from hepatica.io.tables.sheet import Cell

_LONGEST = 32767
"""Characters that a cell of a spreadsheet can hold."""


def spreadsheet_rows(path: Path, sheet: str = "") -> list[tuple[int, list[Cell]]]:
    """The cells of one sheet row by row, with the numbers that stand beside the rows.

    Raises
    ------
    InvalidInput
        If the file is no spreadsheet, has no such sheet, or a formula was never computed.
    MissingExtra
        If the package for spreadsheets is not installed.
    """
    with _quiet(), _workbook(path, values=True) as book, _workbook(path, values=False) as written:
        name = sheet or book.sheetnames[0]
        if name not in book.sheetnames:
            raise InvalidInput(
                f"{path.name} has no sheet {name!r}; it has {', '.join(book.sheetnames)}."
            )
        found = []
        sheets = book[name], written[name]
        merged = _merged_cells(path, sheets[0])
        for one in sheets:
            # The size that a file states for a sheet may be smaller than the sheet.
            one.reset_dimensions()
        pairs = zip(*(one.iter_rows() for one in sheets), strict=True)
        for number, (values, sources) in enumerate(pairs, start=1):
            row = [_cell(v, s, path.name) for v, s in zip(values, sources, strict=True)]
            found.append((number, row))
        _require_single_cells(found, merged, path.name)
        return found


def _merged_cells(path: Path, sheet: Any) -> list[str]:
    """The ranges that are shown as one cell; only the first cell of each holds its content."""
    with ZipFile(path) as file:
        text = file.read(sheet._worksheet_path).decode("utf-8", errors="replace")
    return re.findall(r"<(?:\w+:)?mergeCell\s[^>]*?ref=\"([A-Z]+\d+:[A-Z]+\d+)\"", text)


def _require_single_cells(
    rows: list[tuple[int, list[Cell]]], merged: Iterable[str], name: str
) -> None:
    from openpyxl.utils import range_boundaries

    filled = []
    for place in merged:
        left, top, _, _ = range_boundaries(place)
        cells = rows[top - 1][1] if top <= len(rows) else []
        if left <= len(cells) and cells[left - 1].text:
            filled.append(place)
    if filled:
        raise InvalidInput(
            f"{name}: the cells {', '.join(filled[:5])} are merged, so that only the first row or "
            "column of each has the value. Unmerge them and fill in every cell."
        )


def write_spreadsheet(path: Path, rows: Iterable[Iterable[str]]) -> Path:
    """Write texts as the one sheet of a new spreadsheet; every cell stays a text.

    Raises
    ------
    InvalidInput
        If a text is longer than a cell can be.
    MissingExtra
        If the package for spreadsheets is not installed.
    """
    openpyxl = _openpyxl()
    from openpyxl.cell import WriteOnlyCell

    held = [[_fitting(text, path.name) for text in row] for row in rows]
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("records")
    for texts in held:
        cells = []
        for text in texts:
            cell = WriteOnlyCell(sheet, value=text or None)
            if text:
                cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    book.save(path)
    return path


def _fitting(text: str, name: str) -> str:
    if len(text) > _LONGEST:
        raise InvalidInput(
            f"{name}: a text of {len(text)} characters does not fit into a cell of a spreadsheet, "
            f"which holds {_LONGEST}. Write a .csv file."
        )
    return text


@contextmanager
def _quiet() -> Iterator[None]:
    """Parts of a workbook that hold no cells (drawings, validations) are none of our business."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
        yield


@contextmanager
def _workbook(path: Path, values: bool) -> Iterator[Any]:
    openpyxl = _openpyxl()
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=values)
    except (BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise InvalidInput(
            f"{path.name} is no spreadsheet that can be read ({error}). Open it and save it as "
            ".xlsx without a password, or as .csv."
        ) from error
    try:
        yield book
    finally:
        book.close()


def _openpyxl() -> Any:
    try:
        import openpyxl
    except ImportError as error:
        raise MissingExtra("openpyxl", "tables", "Reading or writing a spreadsheet") from error
    return openpyxl


def _cell(value: Any, source: Any, name: str) -> Cell:
    content = value.value
    if content is None:
        if source.value is not None:
            raise InvalidInput(
                f"{name}, cell {source.coordinate}: it holds a formula without a stored result. "
                "Open the file in a spreadsheet program, save it, and try again."
            )
        return Cell("", "")
    raw = _text(content)
    number = isinstance(content, int | float) and not isinstance(content, bool)
    if number and "%" in (value.number_format or ""):
        return Cell(f"{content * 100:.12g}%", raw, typed=True)
    return Cell(raw, raw, typed=number or isinstance(content, date))


def _text(content: Any) -> str:
    if isinstance(content, bool):
        return "true" if content else "false"
    if isinstance(content, float) and content.is_integer():
        return str(int(content))
    if isinstance(content, datetime):
        midnight = content.time() == time()
        return content.date().isoformat() if midnight else content.isoformat(sep=" ")
    if isinstance(content, date):
        return content.isoformat()
    return str(content).strip()
