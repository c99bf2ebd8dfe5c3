"""Several people use one shelf: writers wait for each other, readers wait for nobody."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hepatica.errors import InvalidInput
from hepatica.store.shelf import Place, open_shelf
from hepatica.store.shelf import database as database_room
from hepatica.store.shelf.shelf import Shelf
from hepatica.store.shelf.trail import Deed, append
from tests.store.shelf.folders import record_only, whole_case


def test_two_writers_of_different_cases_both_succeed(place: Place, tmp_path: Path) -> None:
    folders = {
        name: [whole_case(tmp_path / f"{name}{n}", f"{name}{n}") for n in range(4)]
        for name in ("a", "b")
    }

    def write(name: str) -> None:
        with open_shelf(place, name, make=True) as shelf:
            for folder in folders[name]:
                shelf.put(folder)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, folders))
    with open_shelf(place) as shelf:
        assert [c.case_id for c in shelf.cases()] == [f"{x}{n}" for x in "ab" for n in range(4)]
        assert [row.number for row in shelf.log()] == list(range(1, 10))
        assert shelf.verify().ok


def test_two_writers_of_one_case_make_versions_without_gaps(place: Place, tmp_path: Path) -> None:
    open_shelf(place, make=True).close()
    folders = [record_only(tmp_path / f"{n}", bilirubin=10.0 + n) for n in range(10)]

    def write(mine: list[Path]) -> None:
        with open_shelf(place) as shelf:
            for folder in mine:
                shelf.put(folder, why="lab")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, (folders[:5], folders[5:])))
    with open_shelf(place) as shelf:
        assert [c.version for c in shelf.versions("r001")] == list(range(1, 11))
        assert shelf.verify().ok


def test_a_reader_sees_the_shelf_as_it_was_while_somebody_writes(
    shelf: Shelf, place: Place, tmp_path: Path
) -> None:
    shelf.put(whole_case(tmp_path / "a", "before"))
    deed = Deed("writer", "tidy")
    with shelf.database.writing() as session, open_shelf(place) as reader:
        append(session, shelf.identity.lineage, deed)
        assert [c.case_id for c in reader.cases()] == ["before"]
        assert len(reader.log()) == 2
        assert reader.verify().ok
        reader.get("before", tmp_path / "back")
    assert len(shelf.log()) == 3


def test_a_reader_that_began_earlier_keeps_its_moment(shelf: Shelf, tmp_path: Path) -> None:
    from hepatica.store.shelf.take import shelved

    shelf.put(whole_case(tmp_path / "a", "before"))
    with shelf.database.reading() as session:
        assert len(shelved(session)) == 1
        shelf.put(whole_case(tmp_path / "b", "after"))
        assert len(shelved(session)) == 1
    assert len(shelf.versions()) == 2


def test_tidying_waits_for_a_writer(shelf: Shelf, place: Place, tmp_path: Path) -> None:
    """Or it would remove the arrays that the writer has put down and not yet spoken of."""
    folder = whole_case(tmp_path / "case")
    written, tidied = threading.Event(), threading.Event()

    def tidy() -> None:
        with open_shelf(place) as other:
            written.wait()
            other.tidy()
            tidied.set()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(tidy)
        with shelf.database.writing():
            shelf.arrays.add(folder / "image.npz", _digest(folder / "image.npz"))
            written.set()
            assert not tidied.wait(0.3)
    assert tidied.is_set()


def test_a_writer_that_waits_too_long_says_so(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = whole_case(tmp_path / "case")
    monkeypatch.setattr(database_room, "_PATIENCE_S", 1)
    with open_shelf(place, make=True) as shelf, open_shelf(place) as other:
        with (
            shelf.database.writing(),
            pytest.raises(InvalidInput, match=r"another writer .* 1 s\. Nothing was written"),
        ):
            other.put(folder)
        assert other.put(folder).version == 1


def test_a_shelf_made_by_several_at_once_is_one(place: Place) -> None:
    with ThreadPoolExecutor(4) as pool:
        shelves = list(pool.map(lambda _: open_shelf(place, make=True), range(4)))
    assert len({shelf.identity for shelf in shelves}) == 1
    assert [row.action for row in shelves[0].log()] == ["begin"]
    for shelf in shelves:
        shelf.close()


def test_a_journal_that_another_is_setting_is_waited_for() -> None:
    from hepatica.store.shelf.database import _write_ahead

    class Busy:
        refusals = 3

        def execute(self, command: str) -> None:
            assert command == "PRAGMA journal_mode = WAL"
            if self.refusals:
                self.refusals -= 1
                raise sqlite3.OperationalError("database is locked")

    busy = Busy()
    _write_ahead(busy)
    assert not busy.refusals


def test_a_journal_that_cannot_be_set_is_a_fault() -> None:
    from hepatica.store.shelf.database import _write_ahead

    class Broken:
        def execute(self, command: str) -> None:
            raise sqlite3.OperationalError("disk I/O error")

    with pytest.raises(sqlite3.OperationalError, match="disk"):
        _write_ahead(Broken())


def _digest(path: Path) -> str:
    from hepatica.store.arrays import digest_of

    return digest_of(path)
