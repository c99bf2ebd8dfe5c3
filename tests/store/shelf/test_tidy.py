"""Tidying removes what a killed program left, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from hepatica.store.shelf.shelf import Shelf
from tests.store.shelf.conftest import Filled
from tests.store.shelf.folders import whole_case


def test_orphans_go_and_everything_else_stays(filled: Filled) -> None:
    arrays = filled.shelf.arrays.folder
    (arrays / "ab").mkdir(exist_ok=True)
    orphans = [arrays / "ab" / ("ab" * 32), arrays / ".new-0123"]
    for path in orphans:
        path.write_bytes(b"12345")
    (arrays / "notes.txt").write_text("mine")
    being_written, forgotten = arrays / ".shelf.json-1", arrays / ".shelf.json-2"
    for path in (being_written, forgotten):
        path.write_text("")
    os.utime(forgotten, (0, 0))
    orphans.append(forgotten)
    before = {path for path in arrays.rglob("*") if path.is_file()}
    tidied = filled.shelf.tidy()
    assert (tidied.removed, tidied.size_bytes, tidied.foreign) == (3, 10, ("notes.txt",))
    assert before - {path for path in arrays.rglob("*") if path.is_file()} == set(orphans)
    row = filled.shelf.log()[-1]
    assert (row.action, row.details) == ("tidy", "3 files, 10 bytes")
    assert filled.shelf.verify().ok


def test_a_tidy_shelf_stays_as_it_is(filled: Filled) -> None:
    rows = filled.shelf.log()
    assert filled.shelf.tidy().removed == 0
    assert filled.shelf.log() == rows


def test_an_orphan_is_used_when_its_case_is_put_after_all(shelf: Shelf, tmp_path: Path) -> None:
    folder = whole_case(tmp_path / "case")
    shelf.put(folder)
    for path in shelf.arrays.folder.glob("??/*"):
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)
    assert shelf.put(folder).repaired == 0
    assert shelf.verify().ok
