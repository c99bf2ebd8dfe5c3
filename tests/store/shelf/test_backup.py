"""A backup of either database is restored into either database, whole or not at all."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hepatica.errors import Inconsistent, InvalidInput, UsageError
from hepatica.store.shelf import Place, open_shelf, place_of, restore_shelf
from hepatica.store.shelf.migrate import SCHEMA_TABLE, SCHEMAS
from tests.store.shelf.conftest import DATABASES, Bench, Filled
from tests.store.shelf.folders import files_of, whole_case


@pytest.mark.parametrize("target", DATABASES)
def test_a_backup_of_either_database_is_restored_into_either(
    filled: Filled, target: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    server = request.getfixturevalue("postgres") if target == "postgresql" else None
    made = filled.shelf.backup(tmp_path / "backup", why="monthly")
    place = Bench(target, tmp_path / "restored", server).place()
    restored = restore_shelf(tmp_path / "backup", place, "Dr Back", "new computer")
    assert (made.versions, restored.versions, made.arrays) == (4, 4, restored.arrays)
    with open_shelf(place) as shelf:
        assert shelf.versions() == filled.shelf.versions()
        assert shelf.log()[:-1] == filled.shelf.log()
        last = shelf.log()[-1]
        assert (last.who, last.action, last.why) == ("Dr Back", "restore", "new computer")
        assert shelf.verify(made.head).ok
        assert shelf.identity.lineage == filled.shelf.identity.lineage
        assert shelf.identity.incarnation != filled.shelf.identity.incarnation
        for n in (1, 2, 3):
            shelf.get("p001", tmp_path / f"back{n}", n)
            filled.shelf.get("p001", tmp_path / f"was{n}", n)
            assert files_of(tmp_path / f"back{n}") == files_of(tmp_path / f"was{n}")
        changed = whole_case(tmp_path / "new", shade=9)
        assert shelf.put(changed, why="goes on").version == 4
        assert shelf.verify().ok


def test_a_backup_is_a_shelf_that_can_be_read(filled: Filled, tmp_path: Path) -> None:
    filled.shelf.backup(tmp_path / "backup")
    with open_shelf(place_of(str(tmp_path / "backup"))) as backup:
        assert backup.verify().ok
        assert backup.versions() == filled.shelf.versions()


def test_a_backup_is_four_kinds_of_files_and_says_what_it_holds(
    filled: Filled, tmp_path: Path
) -> None:
    made = filled.shelf.backup(tmp_path / "backup", why="monthly")
    names = {path.name for path in (tmp_path / "backup").iterdir()}
    assert names == {"arrays", "backup.json", "shelf.db"}
    document = json.loads((tmp_path / "backup/backup.json").read_text())
    assert document["head"] == made.head == filled.shelf.verify().head
    assert (document["versions"], document["arrays"]) == (made.versions, made.arrays)
    row = filled.shelf.log()[-1]
    assert (row.action, row.why) == ("backup", "monthly")


def test_a_backup_overwrites_nothing(filled: Filled, tmp_path: Path) -> None:
    (tmp_path / "backup").mkdir()
    (tmp_path / "backup/thesis.docx").write_text("years of work")
    with pytest.raises(UsageError, match="backup is there already"):
        filled.shelf.backup(tmp_path / "backup")


def test_a_backup_with_a_damaged_array_is_not_made(filled: Filled, tmp_path: Path) -> None:
    next(iter(filled.shelf.arrays.folder.glob("??/*"))).write_bytes(b"other")
    with pytest.raises(Inconsistent, match=r"missing or damaged.*hepatica audit verify"):
        filled.shelf.backup(tmp_path / "backup")
    assert [p.name for p in tmp_path.iterdir() if "backup" in p.name] == []


def test_a_shelf_that_stands_is_not_restored_over(
    filled: Filled, bench: Bench, tmp_path: Path
) -> None:
    filled.shelf.backup(tmp_path / "backup")
    other = bench.place()
    with open_shelf(other, make=True) as shelf:
        with pytest.raises(UsageError, match=r"A shelf stands at .* already; nothing is overwr"):
            restore_shelf(tmp_path / "backup", other)
        assert shelf.cases() == ()
        assert shelf.verify().ok


def test_a_restore_that_fails_leaves_no_shelf_and_can_be_repeated(
    filled: Filled, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.shelf.backup(tmp_path / "backup")
    place = bench.place()

    def broken(*_: object) -> int:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr("hepatica.store.shelf.restore.copy_arrays", broken)
        with pytest.raises(OSError, match="disk full"):
            restore_shelf(tmp_path / "backup", place)
    with pytest.raises(InvalidInput, match="There is no shelf"):
        open_shelf(place)
    assert restore_shelf(tmp_path / "backup", place).versions == 4


@pytest.mark.parametrize(
    ("deed", "message"),
    [
        ("array", r"not as it was written: The array file .* does not match its hash"),
        ("document", r"not as it was written: Row 5: record\.json of case p002"),
        ("tail", r"Row 6 is missing: the head that was expected knows row 6"),
    ],
)
def test_a_backup_that_was_changed_is_refused(
    filled: Filled, bench: Bench, tmp_path: Path, deed: str, message: str
) -> None:
    filled.shelf.backup(tmp_path / "backup")
    backup = place_of(str(tmp_path / "backup"))
    behind = Bench("sqlite", tmp_path)
    if deed == "array":
        next(iter((tmp_path / "backup/arrays").glob("??/*"))).write_bytes(b"other")
    elif deed == "document":
        change = "UPDATE shelf_document SET text = replace(text, '9.5', '5.9') "
        behind.tamper(backup, change + "WHERE audit_number = 5 AND name = 'record.json'")
    else:
        behind.tamper(backup, "DELETE FROM shelf_audit WHERE number = 6")
        anchor = json.loads((tmp_path / "backup/arrays/shelf.json").read_text())
        (tmp_path / "backup/arrays/shelf.json").write_text(json.dumps(anchor | {"rows": 0}))
    place = bench.place()
    with pytest.raises(Inconsistent, match=message):
        restore_shelf(tmp_path / "backup", place)
    with pytest.raises(InvalidInput, match="There is no shelf"):
        open_shelf(place)


def test_what_is_no_backup_is_refused(place: Place, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no backup of a shelf: it has no readable backup\.js"):
        restore_shelf(tmp_path, place)
    (tmp_path / "backup.json").write_text('{"schema": "other", "version": 1, "head": ""}')
    with pytest.raises(InvalidInput, match=r"backup\.json is of other, version 1"):
        restore_shelf(tmp_path, place)
    head = {"schema": "hepatica/shelf-backup", "version": 1, "head": ""}
    (tmp_path / "backup.json").write_text(json.dumps(head))
    with pytest.raises(InvalidInput, match=r"no whole backup: shelf\.db is missing"):
        restore_shelf(tmp_path, place)


def test_a_backup_is_not_changed_by_restoring_it(
    filled: Filled, bench: Bench, tmp_path: Path
) -> None:
    filled.shelf.backup(tmp_path / "backup")
    before = files_of(tmp_path / "backup")
    restore_shelf(tmp_path / "backup", bench.place())
    assert files_of(tmp_path / "backup") == before


def test_a_backup_of_an_older_schema_is_restored(
    filled: Filled, bench: Bench, tmp_path: Path
) -> None:
    filled.shelf.backup(tmp_path / "backup")
    with closing(sqlite3.connect(tmp_path / "backup/shelf.db")) as connection, connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in names.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(f"UPDATE {SCHEMA_TABLE} SET version_num = '{SCHEMAS[0]}'")
    place = bench.place()
    restore_shelf(tmp_path / "backup", place)
    with open_shelf(place) as shelf:
        assert shelf.verify().ok


def test_a_shelf_whose_database_was_lost_is_restored_where_it_was(tmp_path: Path) -> None:
    # In SQLite: what stands at the address of a lost PostgreSQL database is another database.
    place = Bench("sqlite", tmp_path).place()
    with open_shelf(place, make=True) as shelf:
        shelf.put(whole_case(tmp_path / "case"))
        shelf.backup(tmp_path / "backup")
    for path in (place.folder or Path()).glob("shelf.db*"):
        path.unlink()
    with pytest.raises(Inconsistent, match=r"its database is gone\. Restore a backup there"):
        open_shelf(place, make=True)
    restore_shelf(tmp_path / "backup", place)
    with open_shelf(place) as shelf:
        assert shelf.verify().ok
        assert shelf.tidy().removed == 0


def test_a_backup_that_lost_its_arrays_is_refused(
    filled: Filled, bench: Bench, tmp_path: Path
) -> None:
    filled.shelf.backup(tmp_path / "backup")
    shutil.rmtree(tmp_path / "backup/arrays")
    with pytest.raises(Inconsistent, match="is missing"):
        restore_shelf(tmp_path / "backup", bench.place())
