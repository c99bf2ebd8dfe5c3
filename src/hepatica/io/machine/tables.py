"""A table of numbers as a clinic writes it: columns of text, comments, nothing else."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from hepatica.errors import InvalidInput
from hepatica.machine.parts import Floats


def read_lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a file that say something, each with its number; ``#`` starts a comment.

    Raises
    ------
    InvalidInput
        If the file cannot be read as text.
    """
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"{path.name}: byte {error.start} is not UTF-8 text. Save the table as UTF-8."
        ) from None
    except OSError as error:
        raise InvalidInput(
            f"The table {path} cannot be read: {error.strerror}. Check the path."
        ) from error
    stripped = ((i + 1, line.split("#")[0].strip()) for i, line in enumerate(text.splitlines()))
    return [(number, line) for number, line in stripped if line]


def read_rows(path: Path, corner: bool = False) -> Floats:
    """All rows of a table; separated by blanks, tabs, commas or semicolons.

    Parameters
    ----------
    path : Path
    corner : bool
        Whether the first cell stands above an axis and to the left of another: it may be a word,
        and is read as 0.

    Returns
    -------
    rows : (R, C) array

    Raises
    ------
    InvalidInput
        With file, line and value, if a cell is no number or rows differ in length.
    """
    rows: list[list[float]] = []
    for number, line in read_lines(path):
        cells = _cells(line)
        if corner and not rows and not _is_number(cells[0]):
            cells = ["0", *cells[1:]]
        rows.append([_value(path, number, cell) for cell in cells])
        if len(rows[-1]) != len(rows[0]):
            raise InvalidInput(
                f"{path.name}, line {number}: {len(rows[-1])} values where the first row has "
                f"{len(rows[0])}; every row needs as many. Complete the table."
            )
    if len(rows) < 2 or len(rows[0]) < 2:
        raise InvalidInput(
            f"{path.name}: no table; at least two rows of at least two numbers are needed."
        )
    return np.array(rows)


def read_words(path: Path) -> dict[str, str]:
    """A file of ``name value`` lines.

    Raises
    ------
    InvalidInput
        If a line is something else, or a name is there twice.
    """
    found: dict[str, str] = {}
    for number, line in read_lines(path):
        parts = line.replace("=", " ").split()
        if len(parts) != 2 or parts[0] in found:
            what = "is given twice" if parts[0] in found else "is not a name and a value"
            raise InvalidInput(f"{path.name}, line {number}: {line!r} {what}. Correct the line.")
        found[parts[0]] = parts[1]
    return found


def _cells(line: str) -> list[str]:
    separator = ";" if ";" in line else "," if "," in line else None
    return [cell.strip() for cell in line.split(separator)]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _value(path: Path, number: int, cell: str) -> float:
    if not _is_number(cell):
        hint = " Write numbers with a point." if "," in cell else ""
        raise InvalidInput(
            f"{path.name}, line {number}: {cell or 'an empty cell'!r} is not a number.{hint} "
            "Complete or correct the table."
        )
    value = float(cell)
    if not math.isfinite(value) or value < 0:
        raise InvalidInput(
            f"{path.name}, line {number}: the value is {value:g}; measured values are finite and "
            "0 or more. Correct or leave out this measurement."
        )
    return value
