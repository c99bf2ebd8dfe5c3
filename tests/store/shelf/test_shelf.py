"""Every version of a case that was put on the shelf comes back, byte by byte, on both databases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hepatica.errors import Inconsistent, InvalidInput, MissingExtra, UsageError
from hepatica.store.case_folder import read_case
from hepatica.store.record_file import read_record
from hepatica.store.shelf import Place, open_shelf
from hepatica.store.shelf.shelf import Shelf
from tests.store.shelf.conftest import Bench
from tests.store.shelf.folders import files_of, record_of, record_only, whole_case


def test_a_case_comes_back_byte_by_byte(shelf: Shelf, tmp_path: Path) -> None:
    folder = whole_case(tmp_path / "case")
    (folder / "run.json").write_text('{"command": ["hepatica"]}\r\n', newline="")
    stored = shelf.put(folder)
    assert (stored.case_id, stored.version, stored.status) == ("p001", 1, "new")
    shelf.get("p001", tmp_path / "back")
    assert files_of(tmp_path / "back") == files_of(folder)
    assert read_case(tmp_path / "back").case_id == "p001"
    assert read_record(tmp_path / "back") == record_of("p001", 9.5)


def test_a_record_without_images_can_be_kept(shelf: Shelf, tmp_path: Path) -> None:
    folder = record_only(tmp_path / "case")
    shelf.put(folder)
    shelf.get("r001", tmp_path / "back")
    assert files_of(tmp_path / "back") == files_of(folder)
    assert [(c.documents, c.arrays) for c in shelf.cases()] == [(("record.json",), 0)]


def test_every_version_stays_as_it_was(shelf: Shelf, tmp_path: Path) -> None:
    folders = [whole_case(tmp_path / f"v{n}", shade=n, bilirubin=10.0 + n) for n in (1, 2, 3)]
    for n, folder in enumerate(folders, start=1):
        assert shelf.put(folder, why=f"change {n}").version == n
    for n, folder in enumerate(folders, start=1):
        shelf.get("p001", tmp_path / f"back{n}", n)
        assert files_of(tmp_path / f"back{n}") == files_of(folder)
    assert [c.version for c in shelf.versions("p001")] == [1, 2, 3]
    assert [(c.version, c.why) for c in shelf.cases()] == [(3, "change 3")]


def test_the_same_case_is_not_kept_twice(shelf: Shelf, tmp_path: Path) -> None:
    folder = whole_case(tmp_path / "case")
    first = shelf.put(folder)
    again = shelf.put(folder)
    assert (again.version, again.status, again.content) == (1, "unchanged", first.content)
    assert [row.action for row in shelf.log()] == ["begin", "put"]


def test_a_case_may_return_to_what_it_was(shelf: Shelf, tmp_path: Path) -> None:
    old, new = whole_case(tmp_path / "a"), whole_case(tmp_path / "b", bilirubin=20.0)
    contents = [shelf.put(f, why="checked").content for f in (old, new, old)]
    assert contents[0] == contents[2] != contents[1]
    assert [c.version for c in shelf.versions()] == [1, 2, 3]


def test_equal_arrays_are_kept_once(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put(whole_case(tmp_path / "a"))
    before = set(shelf.arrays.folder.rglob("*"))
    shelf.put(whole_case(tmp_path / "b", bilirubin=20.0), why="new laboratory value")
    assert set(shelf.arrays.folder.rglob("*")) == before


@pytest.mark.parametrize("why", ["", " \n\t"])
def test_a_change_without_a_reason_is_refused(shelf: Shelf, tmp_path: Path, why: str) -> None:
    shelf.put(whole_case(tmp_path / "a"))
    with pytest.raises(UsageError, match=r"p001 is on the shelf as version 1.*--why"):
        shelf.put(whole_case(tmp_path / "b", bilirubin=20.0), why=why)
    assert [c.version for c in shelf.versions()] == [1]
    assert len(shelf.log()) == 2


def test_a_change_to_an_older_version_is_refused(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put(whole_case(tmp_path / "a"), onto=0)
    shelf.put(whole_case(tmp_path / "b", bilirubin=20.0), why="lab", onto=1)
    mine = whole_case(tmp_path / "c", bilirubin=30.0)
    with pytest.raises(Inconsistent, match=r"newest version on the shelf is 2, not 1: somebody"):
        shelf.put(mine, why="lab", onto=1)
    assert shelf.put(mine, why="lab", onto=2).version == 3


def test_the_audit_trail_says_who_did_what_when_and_why(shelf: Shelf, tmp_path: Path) -> None:
    first = shelf.put(whole_case(tmp_path / "a"))
    second = shelf.put(whole_case(tmp_path / "b", bilirubin=20.0), why="typing error\n corrected")
    begin, put, change = shelf.log()
    assert (begin.number, begin.action, begin.previous) == (1, "begin", "")
    assert (put.before, put.after, put.previous) == ("", first.content, begin.hash)
    assert (change.before, change.after) == (first.content, second.content)
    assert (change.who, change.subject) == ("Dr Test", "p001")
    assert change.why == "typing error corrected"
    assert change.details == "version 2: changed record.json"
    assert change.at.endswith("+00:00")
    assert [row.number for row in shelf.log("p001")] == [2, 3]
    assert shelf.log("other") == ()


def test_the_audit_trail_names_what_came_and_went(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put(record_only(tmp_path / "a", "p001"))
    shelf.put(whole_case(tmp_path / "b"), why="images")
    shelf.put(record_only(tmp_path / "c", "p001"), why="images of somebody else")
    assert [row.details for row in shelf.log("p001")[1:]] == [
        "version 2: added case.json, image.npz, structures/001.npz, structures/002.npz",
        "version 3: without case.json, image.npz, structures/001.npz, structures/002.npz",
    ]


def test_a_folder_that_is_no_case_is_refused(shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"neither case\.json nor record\.json"):
        shelf.put(tmp_path)


def test_foreign_files_are_refused(shelf: Shelf, tmp_path: Path) -> None:
    folder = whole_case(tmp_path / "case")
    (folder / "structures/photo.png").write_bytes(b"x")
    with pytest.raises(UsageError, match=r"not part of a case \(structures/photo\.png\)"):
        shelf.put(folder)


def test_a_damaged_case_is_refused(shelf: Shelf, tmp_path: Path) -> None:
    folder = whole_case(tmp_path / "case")
    (folder / "image.npz").write_bytes(b"other")
    with pytest.raises(InvalidInput, match=r"image\.npz is not the one that was written"):
        shelf.put(folder)
    assert shelf.cases() == ()


@pytest.mark.parametrize(
    "row",
    [
        {"file": "../secret.txt", "sha256": "0" * 64},
        {"file": "image.npz", "sha256": "../../secret"},
        {"file": "absent.npz", "sha256": "0" * 64},
    ],
)
def test_a_document_that_names_what_is_not_of_the_case_is_refused(
    shelf: Shelf, tmp_path: Path, row: dict[str, str]
) -> None:
    folder = whole_case(tmp_path / "case")
    (tmp_path / "secret.txt").write_text("secret")
    document = json.loads((folder / "case.json").read_text())
    (folder / "case.json").write_text(json.dumps(document | {"more": row}))
    with pytest.raises(InvalidInput, match=rf"names {row['file']}, which is no file of it"):
        shelf.put(folder)


def test_the_record_of_another_case_is_refused(shelf: Shelf, tmp_path: Path) -> None:
    folder = whole_case(tmp_path / "case")
    document = json.loads((folder / "record.json").read_text())
    (folder / "record.json").write_text(json.dumps(document | {"case_id": "p002"}))
    with pytest.raises(Inconsistent, match="images are of case p001, the record is of case p002"):
        shelf.put(folder)


def test_an_array_that_changes_while_it_is_put_is_noticed(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = whole_case(tmp_path / "case")
    from hepatica.store.shelf import put as putting

    def append_late(*words: object) -> object:
        (folder / "image.npz").write_bytes(b"other")
        return None

    monkeypatch.setattr(putting, "_require_onto", append_late)
    with pytest.raises(InvalidInput, match=r"image\.npz changed while it was put"):
        shelf.put(folder)
    assert shelf.cases() == ()
    assert shelf.tidy().foreign == ()


@pytest.mark.parametrize(("case_id", "version"), [("p002", None), ("p001", 2)])
def test_what_is_not_there_cannot_be_taken(
    shelf: Shelf, tmp_path: Path, case_id: str, version: int | None
) -> None:
    shelf.put(whole_case(tmp_path / "case"))
    with pytest.raises(InvalidInput, match=r"p002 is not on the shelf|no version 2.* has 1 to 1"):
        shelf.get(case_id, tmp_path / "back", version)
    assert not (tmp_path / "back").exists()


def test_a_folder_that_holds_anything_is_not_overwritten(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put(whole_case(tmp_path / "case"))
    (tmp_path / "empty").mkdir()
    shelf.get("p001", tmp_path / "empty")
    with pytest.raises(UsageError, match=r"empty is there already.*nothing is overwritten"):
        shelf.get("p001", tmp_path / "empty")


def test_a_damaged_array_is_not_handed_out_and_is_mended_by_its_case(
    shelf: Shelf, tmp_path: Path
) -> None:
    folder = whole_case(tmp_path / "case")
    shelf.put(folder)
    digest = json.loads((folder / "case.json").read_text())["image"]["sha256"]
    shelf.arrays.path(digest).write_bytes(b"other")
    with pytest.raises(Inconsistent, match=rf"array file {digest[:12]}.* missing or damaged"):
        shelf.get("p001", tmp_path / "back")
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".back")) == []
    assert shelf.put(folder).repaired == 1
    shelf.get("p001", tmp_path / "back")
    assert files_of(tmp_path / "back") == files_of(folder)
    assert shelf.log()[-1].action == "repair"


def test_two_shelves_know_nothing_of_each_other(bench: Bench, tmp_path: Path) -> None:
    one, two = bench.place(), bench.place()
    with open_shelf(one, make=True) as first, open_shelf(two, make=True) as second:
        first.put(whole_case(tmp_path / "case"))
        assert second.cases() == ()
        assert first.identity != second.identity


def test_a_shelf_is_found_again(place: Place, tmp_path: Path) -> None:
    folder = whole_case(tmp_path / "case")
    with open_shelf(place, "one", make=True) as shelf:
        shelf.put(folder)
    with open_shelf(place, "two") as shelf:
        shelf.get("p001", tmp_path / "back")
        assert shelf.verify().ok
    assert files_of(tmp_path / "back") == files_of(folder)


def test_a_shelf_that_is_not_there_is_not_made_by_reading(place: Place) -> None:
    with pytest.raises(InvalidInput, match=r"There is no shelf at .*hepatica shelf put CASE"):
        open_shelf(place)
    if place.folder is not None:
        assert not place.folder.exists()


def test_arrays_of_another_shelf_are_refused(bench: Bench, tmp_path: Path) -> None:
    one, two = bench.place(), bench.place()
    with open_shelf(one, make=True) as first, open_shelf(two, make=True) as second:
        mine, other = first.arrays.folder, second.arrays.folder
    mine.rename(tmp_path / "mine")
    with pytest.raises(Inconsistent, match="they do not lie there"):
        open_shelf(one)
    other.rename(mine)
    with pytest.raises(Inconsistent, match="they are those of another shelf"):
        open_shelf(one)


def test_the_packages_for_databases_are_asked_for(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hepatica.store.shelf.opening.find_spec", lambda _name: None)
    with pytest.raises(MissingExtra, match=r"sqlalchemy.*hepatica\[store\]"):
        open_shelf(place, make=True)


def test_the_shelf_is_imported_without_databases() -> None:
    code = (
        "import sys, hepatica.store.shelf, hepatica.cli\n"
        "print(sorted({'sqlalchemy', 'alembic', 'pg8000'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_nobody_else_may_look_into_the_folders(shelf: Shelf) -> None:
    folders = [shelf.arrays.folder]
    if shelf.database.place.folder is not None:
        folders.append(shelf.database.place.folder)
    assert [folder.stat().st_mode & 0o077 for folder in folders] == [0] * len(folders)
