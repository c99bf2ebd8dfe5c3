"""A cohort on disk: written whole, read back unchanged, and never at the cost of other files."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from hepatica.case.cohort import Cohort
from hepatica.case.provenance import Note
from hepatica.case.record import Fact, Record
from hepatica.errors import Inconsistent, InvalidInput, UsageError
from hepatica.store.cohort_folder import (
    case_folders,
    folder_names,
    is_cohort_folder,
    read_cohort,
    write_cohort,
)
from hepatica.store.record_file import write_record


def _cohort() -> Cohort:
    fact = Fact("patient.age", 65.0, unit="a", on=date(2020, 1, 1), source="t.csv, row 2, age")
    ids = ("P1", "a/b", "A B", "../x", "run.json", "NUL", "ä")
    records = tuple(Record(case_id, (fact,)) for case_id in ids)
    return Cohort("study", records, (Note("ignored", "shoe", "not needed"),), "a registry")


def test_a_cohort_comes_back_as_it_was(tmp_path: Path) -> None:
    folder = write_cohort(_cohort(), tmp_path / "c")
    assert is_cohort_folder(folder)
    assert read_cohort(folder) == _cohort()
    assert read_cohort(folder)["a/b"].case_id == "a/b"
    assert {path.parent for path in case_folders(folder).values()} == {folder}


def test_every_case_has_a_folder_of_its_own_that_any_system_takes() -> None:
    ids = ["P1", "p1", "a/b", "a_b", "a_b-2", "..", "con", "cohort.json", "x" * 300, "x" * 301]
    names = list(folder_names(ids).values())
    assert len({name.casefold() for name in names}) == len(ids)
    assert all(len(name) < 90 and "/" not in name and name.strip(".") for name in names)
    assert not {"con", "cohort.json", "run.json"} & set(names)


def test_a_cohort_is_not_overwritten_unasked(tmp_path: Path) -> None:
    folder = write_cohort(_cohort(), tmp_path / "c")
    with pytest.raises(UsageError, match=r"folder c holds a cohort already.*--force"):
        write_cohort(_cohort(), folder)
    smaller = Cohort("study", _cohort().records[:1])
    write_cohort(smaller, folder, force=True)
    assert read_cohort(folder) == smaller
    assert sorted(path.name for path in folder.iterdir()) == ["P1", "cohort.json"]


def test_images_beside_a_record_are_never_deleted(tmp_path: Path) -> None:
    folder = write_cohort(_cohort(), tmp_path / "c")
    (folder / "P1" / "case.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match=r"no cohort import wrote \(P1/case.json\)"):
        write_cohort(_cohort(), folder, force=True)
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "thesis.txt").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match=r"thesis.txt.*never deleted"):
        write_cohort(_cohort(), tmp_path / "d", force=True)
    with pytest.raises(UsageError, match="is a file; a cohort needs a folder"):
        write_cohort(_cohort(), tmp_path / "d" / "thesis.txt", force=True)


def test_a_folder_that_is_no_cohort_or_was_damaged_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"is not a cohort folder: it has no cohort.json"):
        read_cohort(tmp_path)
    folder = write_cohort(_cohort(), tmp_path / "c")
    path = folder / "cohort.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    for change, why in (
        ({"schema": "x"}, "is not of schema hepatica/cohort"),
        ({"version": 9}, "has version 9"),
        ({"cases": [{"case_id": "P1"}]}, "incomplete or was edited"),
        ({"cases": [{"case_id": "P1", "folder": "../elsewhere"}]}, "not a folder of the cohort"),
    ):
        path.write_text(json.dumps({**document, **change}), encoding="utf-8")
        with pytest.raises(InvalidInput, match=why):
            read_cohort(folder)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(InvalidInput, match="is damaged"):
        read_cohort(folder)


def test_a_record_of_another_case_in_a_folder_is_noticed(tmp_path: Path) -> None:
    folder = write_cohort(_cohort(), tmp_path / "c")
    write_record(Record("P9"), folder / "P1", force=True)
    with pytest.raises(Inconsistent, match=r"folder P1 holds the record of case P9; .* says P1"):
        read_cohort(folder)


def test_a_cohort_holds_each_case_once() -> None:
    with pytest.raises(InvalidInput, match="case P1 is in it twice"):
        Cohort("study", (Record("P1"), Record("P1")))
    with pytest.raises(InvalidInput, match="has no case 'P8'; it has 7 cases"):
        _cohort()["P8"]
    with pytest.raises(InvalidInput, match="needs a name"):
        Cohort("", ())
