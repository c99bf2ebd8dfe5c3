"""Small case folders to put on a shelf, and what is in them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from hepatica.case import Case, Grid, Structure, Volume
from hepatica.case.record import Fact, Record
from hepatica.store.case_folder import write_case
from hepatica.store.record_file import write_record

GRID = Grid((4, 5, 6), (1.5, 2.0, 3.0), (-5.0, 7.25, 1.0 / 3.0))


def record_of(case_id: str, bilirubin: float) -> Record:
    fact = Fact(
        "lab.bilirubin",
        bilirubin,
        unit="umol/L",
        on=date(2026, 1, 5),
        source="Befund Zeile 3 – naïve",
    )
    return Record(case_id, (fact,))


def case_of(case_id: str, shade: int = 0) -> Case:
    values = np.arange(120, dtype=np.int16).reshape(GRID.shape) + np.int16(shade)
    liver = Structure.from_mask("Liver", values > 40 + shade, GRID)
    tumour = Structure.from_mask("GTV1", values > 100 + shade, GRID, "GTV")
    structures = {"Liver": liver, "GTV1": tumour}
    return Case(case_id, Volume(values, GRID, "HU"), "1.2.3", structures)


def whole_case(folder: Path, case_id: str = "p001", shade: int = 0, bilirubin: float = 9.5) -> Path:
    """A folder with images and a record."""
    write_case(case_of(case_id, shade), folder)
    write_record(record_of(case_id, bilirubin), folder)
    return folder


def record_only(folder: Path, case_id: str = "r001", bilirubin: float = 9.5) -> Path:
    """A folder with a record and no images."""
    write_record(record_of(case_id, bilirubin), folder)
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with its bytes."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
