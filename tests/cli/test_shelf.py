"""The shelf at the command line: words, JSON documents and exit codes."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy", reason="sqlalchemy is not installed (extra store)")
pytest.importorskip("alembic", reason="alembic is not installed (extra store)")

from tests.cli.run import hepatica
from tests.store.shelf.folders import files_of, record_only, whole_case


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HEPATICA_SHELF", str(tmp_path / "shelf"))
    monkeypatch.setenv("HEPATICA_USER", "ann")


def _json(words: str, code: int = 0) -> dict[str, Any]:
    called = hepatica(f"{words} --json")
    assert called.code == code, called.err
    document: dict[str, Any] = json.loads(called.out)
    assert document["version"] == 1
    return document


def test_a_case_goes_on_the_shelf_and_comes_back(tmp_path: Path) -> None:
    first, second = whole_case(tmp_path / "a"), whole_case(tmp_path / "b", bilirubin=20.0)
    assert _json(f"shelf put {first}")["cases"][0]["status"] == "new"
    refused = _json(f"shelf put {second}", 2)
    assert "--why" in refused["message"]
    assert hepatica(f"shelf put {second} --why 'new value'").out == "p001: version 2, changed\n"
    assert [c["version"] for c in _json("shelf list")["cases"]] == [2]
    assert [c["version"] for c in _json("shelf list p001")["cases"]] == [1, 2]
    got = _json(f"shelf get p001 --version 1 --out {tmp_path / 'back'}")
    assert (got["schema"], got["case"]["version"]) == ("hepatica/shelf-get", 1)
    assert files_of(tmp_path / "back") == files_of(first)
    assert _json(f"shelf put {first} --why back --onto 1", 4)["error"] == "Inconsistent"


def test_a_cohort_goes_on_the_shelf_case_by_case(tmp_path: Path) -> None:
    rows = []
    for name in ("r1", "r2"):
        record_only(tmp_path / "cohort" / name, name)
        rows.append({"case_id": name, "folder": name})
    document = {"schema": "hepatica/cohort", "version": 1, "cases": rows}
    (tmp_path / "cohort/cohort.json").write_text(json.dumps(document))
    put = _json(f"shelf put {tmp_path / 'cohort'}")
    assert [case["case_id"] for case in put["cases"]] == ["r1", "r2"]


def test_the_audit_trail_is_told_and_verified(tmp_path: Path) -> None:
    hepatica(f"shelf put {whole_case(tmp_path / 'a')} --why 'first visit'")
    rows = _json("audit log")["rows"]
    assert [(r["number"], r["who"], r["action"], r["why"]) for r in rows] == [
        (1, "ann", "begin", ""),
        (2, "ann", "put", "first visit"),
    ]
    assert "first visit" in hepatica("audit log p001").out
    found = _json("audit verify")
    assert (found["ok"], found["rows"], found["first_tampered_row"]) == (True, 2, None)
    assert found["head"] == f"2:{rows[1]['hash']}"
    assert "As written: 2 rows, 1 versions, 3 arrays." in hepatica("audit verify").out
    assert hepatica(f"audit verify --expect {found['head']}").code == 0
    assert hepatica(f"audit verify --expect 2:{rows[0]['hash']}").code == 4


def test_a_tampered_row_ends_with_exit_code_four_and_its_number(tmp_path: Path) -> None:
    hepatica(f"shelf put {whole_case(tmp_path / 'a')}")
    with closing(sqlite3.connect(tmp_path / "shelf/shelf.db")) as connection, connection:
        connection.execute("DROP TRIGGER shelf_audit_no_update")
        connection.execute("UPDATE shelf_audit SET who = 'bob' WHERE number = 2")
    found = _json("audit verify", 4)
    assert (found["ok"], found["first_tampered_row"]) == (False, 2)
    assert {(f["row"], f["kind"]) for f in found["faults"]} == {(2, "row"), (None, "lock")}
    called = hepatica("audit verify")
    assert called.code == 4
    assert "the first row that is not right is 2; 2 faults in all" in called.err


def test_a_damaged_array_ends_with_exit_code_four(tmp_path: Path) -> None:
    hepatica(f"shelf put {whole_case(tmp_path / 'a')}")
    next(iter((tmp_path / "shelf/arrays").glob("??/*"))).write_bytes(b"other")
    found = _json("audit verify", 4)
    assert found["first_tampered_row"] is None
    assert [f["kind"] for f in found["faults"]] == ["array"]


def test_a_backup_is_restored_elsewhere(tmp_path: Path) -> None:
    hepatica(f"shelf put {whole_case(tmp_path / 'a')}")
    made = _json(f"shelf backup --out {tmp_path / 'backup'} --why monthly")
    assert (made["folder"], made["versions"]) == ("backup", 1)
    assert _json(f"shelf restore {tmp_path / 'backup'}", 2)["error"] == "UsageError"
    elsewhere = f"--shelf {tmp_path / 'elsewhere'}"
    assert _json(f"shelf restore {tmp_path / 'backup'} {elsewhere}")["versions"] == 1
    assert _json(f"audit verify {elsewhere}")["ok"]


def test_tidying_says_what_it_removed_and_what_it_left(tmp_path: Path) -> None:
    hepatica(f"shelf put {whole_case(tmp_path / 'a')}")
    (tmp_path / "shelf/arrays/.new-1").write_bytes(b"123")
    (tmp_path / "shelf/arrays/mine.txt").write_bytes(b"123")
    assert hepatica("shelf tidy").out == "1 files removed, 3 bytes\n"
    assert _json("shelf tidy")["foreign"] == ["mine.txt"]


@pytest.mark.parametrize("words", ["shelf list", "audit log", "audit verify", "shelf tidy"])
def test_reading_a_shelf_that_is_not_there_makes_none(words: str, tmp_path: Path) -> None:
    assert "There is no shelf at" in _json(words, 3)["message"]
    assert not (tmp_path / "shelf").exists()
