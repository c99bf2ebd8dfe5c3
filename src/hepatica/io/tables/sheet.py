"""A table as it stands in a CSV file or a spreadsheet: a header, numbered rows, and texts."""

from __future__ import annotations

import csv
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from io import StringIO
from pathlib import Path

from hepatica.errors import InvalidInput

FORM_STATE = "Complete?"
SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm")
_SPREADSHEETS = (".xlsx", ".xlsm")
_USUAL = "utf-8-sig"
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Cell:
    """What stands in one cell.

    Parameters
    ----------
    text : str
        As a reader of the table sees it: a cell of a spreadsheet that shows 0.7 as a percentage
        reads ``70%``.
    raw : str
        The number behind it, ``0.7``; the same text otherwise.
    typed : bool
        It is a number or day of the spreadsheet itself, so its text is written with a point or
        as 2024-05-31, however people write them in the other cells.
    """

    text: str
    raw: str
    typed: bool = False


_EMPTY = Cell("", "")


@dataclass(frozen=True)
class Row:
    """A row with the number that a spreadsheet program shows beside it; the header is row 1."""

    number: int
    cells: Mapping[str, Cell]

    def text(self, column: str) -> str:
        """The text of a column; empty where the row or the table has none."""
        return self.cell(column).text

    def cell(self, column: str) -> Cell:
        """The cell of a column; an empty one where the row or the table has none."""
        return self.cells.get(column, _EMPTY)


@dataclass(frozen=True)
class Sheet:
    """A header and the rows that are not empty.

    Parameters
    ----------
    name : str
        Of the file; for messages only, as it often holds the name of a patient.
    mark : str
        The beginning of the SHA-256 of the file: facts name their table by it.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    mark: str = ""


def is_table(path: Path) -> bool:
    """Whether the file's name is that of a table."""
    return path.suffix.lower() in SUFFIXES


def read_sheet(path: Path, sheet: str = "", delimiter: str = "", encoding: str = _USUAL) -> Sheet:
    """Read a CSV file or one sheet of a spreadsheet.

    Parameters
    ----------
    path : Path
    sheet : str
        Of a spreadsheet; its first one if empty.
    delimiter : str
        Of a CSV file; if empty, the one of ``, ; tab |`` that parts the header into most columns.
    encoding : str
        Of a CSV file; the usual one also takes what begins with the mark of UTF-16.

    Raises
    ------
    InvalidInput
        If the file is no table, has no header, or a cell cannot be read.
    MissingExtra
        If it is a spreadsheet and the package for those is not installed.
    """
    if not path.is_file():
        raise InvalidInput(f"There is no table {path.name}. Check the path.")
    if path.suffix.lower() in _SPREADSHEETS:
        return replace(_spreadsheet(path, sheet), mark=mark_of(path))
    if not is_table(path):
        raise InvalidInput(
            f"{path.name} is no table; tables end in {', '.join(SUFFIXES)}. Save it as one of "
            "these."
        )
    return replace(_text_table(path, delimiter, encoding), mark=mark_of(path))


def mark_of(path: Path) -> str:
    """By what a fact names the file in which it was read: never by the name of the file.

    It is the beginning of the SHA-256 that the run record states for the file.
    """
    return sha256(path.read_bytes()).hexdigest()[:8]


def write_sheet(path: Path, header: Iterable[str], rows: Iterable[Iterable[str]]) -> Path:
    """Write texts as a CSV file (UTF-8, for spreadsheet programs) or as a spreadsheet.

    Raises
    ------
    InvalidInput
        If the name of the file is not that of a table, or a text is too long for a spreadsheet.
    MissingExtra
        If it is a spreadsheet and the package for those is not installed.
    """
    if path.suffix.lower() == ".xlsx":
        return _write_spreadsheet(path, [header, *rows])
    if path.suffix.lower() not in (".csv", ".tsv"):
        raise InvalidInput(
            f"{path.name}: a table is written as .csv, .tsv or .xlsx. Choose one of these names."
        )
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def _text_table(path: Path, delimiter: str, encoding: str) -> Sheet:
    content = path.read_bytes()
    if encoding == _USUAL and content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        encoding = "utf-16"
    try:
        text = content.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise InvalidInput(
            f"{path.name} is not text in {encoding} ({error}). Save it as UTF-8, or name its "
            "encoding in the mapping (encoding: cp1252 for many files of Excel on Windows)."
        ) from error
    lines = list(StringIO(text, newline=""))
    hint = re.match(r"sep=(.)\s*$", lines[0]) if lines else None
    if hint:  # Excel's own first line; it is no header
        delimiter, lines[0] = delimiter or hint[1], "\n"
    parted = csv.reader(iter(lines), delimiter=delimiter or _delimiter(lines), strict=True)
    numbered: list[tuple[int, list[Cell]]] = []
    try:
        for n, fields in enumerate(parted, start=1):
            numbered.append((n, [Cell(field.strip(), field.strip()) for field in fields]))
    except csv.Error as error:
        raise InvalidInput(
            f"{path.name}, line {parted.line_num}: it is not a table of comma-separated values "
            f"({error}). Write it again from the program that made it."
        ) from error
    return _sheet(path.name, numbered)


def _delimiter(lines: list[str]) -> str:
    lines = [line for line in lines if line.strip()]
    if not lines:
        return ","
    columns = {d: len(next(csv.reader(iter(lines), delimiter=d))) for d in _DELIMITERS}
    return max(_DELIMITERS, key=lambda d: columns[d])


def _sheet(name: str, numbered: list[tuple[int, list[Cell]]]) -> Sheet:
    filled = [(n, cells) for n, cells in numbered if any(cell.text for cell in cells)]
    if not filled:
        raise InvalidInput(f"{name} is empty; a table needs a header and a row for each patient.")
    header = [cell.text for cell in filled[0][1]]
    while header and not header[-1]:
        header.pop()
    header = _told_apart(header)
    _require_header(name, header)
    rows = []
    for number, cells in filled[1:]:
        extra = [cell.text for cell in cells[len(header) :] if cell.text]
        if extra:
            raise InvalidInput(
                f"{name}, row {number}: it has {len(cells)} cells, the header has {len(header)}; "
                f"{extra[0]!r} stands under no heading. Check the delimiters and quotes of the row."
            )
        rows.append(Row(number, dict(zip(header, cells, strict=False))))
    return Sheet(name, tuple(header), tuple(rows))


def _told_apart(header: list[str]) -> list[str]:
    """REDCap writes the same heading over the states of all forms in a label export."""
    found: list[str] = []
    for text in header:
        found.append(f"{text} ({len(found) + 1})" if text == FORM_STATE and text in found else text)
    return found


def _require_header(name: str, header: list[str]) -> None:
    nameless = [str(n) for n, text in enumerate(header, start=1) if not text]
    if nameless:
        raise InvalidInput(
            f"{name}: column(s) {', '.join(nameless)} have no heading. Give every column one."
        )
    twice = sorted({text for text in header if header.count(text) > 1})
    if twice:
        raise InvalidInput(
            f"{name}: the heading(s) {', '.join(twice)} stand over more than one column. Give "
            "every column its own."
        )


def _spreadsheet(path: Path, sheet: str) -> Sheet:
    from hepatica.io.tables.spreadsheet import spreadsheet_rows

    return _sheet(path.name, spreadsheet_rows(path, sheet))


def _write_spreadsheet(path: Path, rows: Iterable[Iterable[str]]) -> Path:
    from hepatica.io.tables.spreadsheet import write_spreadsheet

    return write_spreadsheet(path, rows)
