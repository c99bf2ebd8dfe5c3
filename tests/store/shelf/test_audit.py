"""Whatever is changed behind the back of the shelf is found and named by its row."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.errors import Inconsistent, UsageError
from hepatica.store.shelf import AuditRow, Fault, Verification, open_shelf
from hepatica.store.shelf.array_files import Anchor
from hepatica.store.shelf.chain import FIRST, broken_links, sealed
from tests.store.shelf.conftest import TABLES, Filled

LINEAGE = "f" * 32
COLUMNS = [field.name for field in fields(AuditRow) if field.name != "number"]


def _texts(found: Verification) -> list[tuple[int | None, str]]:
    return [(fault.row, fault.kind) for fault in found.faults]


def test_the_database_refuses_to_change_or_delete(filled: Filled) -> None:
    bench, place, shelf = filled
    for table in TABLES:
        column = {"shelf_identity": "lineage", "shelf_audit": "why"}.get(table, "audit_number")
        forbidden = [f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"]
        if bench.kind == "sqlite":
            forbidden.append(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
        else:
            forbidden.append(f"TRUNCATE {table} CASCADE")
        for statement in forbidden:
            with pytest.raises(Exception, match="is append-only"):
                bench.run(place, statement)
    assert shelf.verify().ok


@pytest.mark.parametrize("column", COLUMNS)
def test_every_entry_of_a_row_is_guarded(column: str) -> None:
    rows = _chain(6)
    rows[3] = replace(rows[3], **{column: getattr(rows[3], column) + "x"})
    assert [fault.row for fault in broken_links(rows, LINEAGE)] == [4]


@given(st.data())
def test_the_first_wrong_row_is_named_whatever_is_done_to_it(data: st.DataObject) -> None:
    rows = _chain(data.draw(st.integers(2, 8)))
    place = data.draw(st.integers(0, len(rows) - 2))
    deed = data.draw(st.sampled_from(["change", "rewrite", "remove", "swap"]))
    if deed == "change":
        rows[place] = replace(rows[place], who="somebody else")
    elif deed == "rewrite":
        rows[place] = sealed(replace(rows[place], who="somebody else"), LINEAGE)
    elif deed == "remove":
        del rows[place]
    else:
        one, two = rows[place], rows[place + 1]
        rows[place], rows[place + 1] = (
            replace(two, number=one.number),
            replace(one, number=two.number),
        )
    assert next(iter(broken_links(rows, LINEAGE))).row == place + 1


def test_a_whole_chain_has_no_broken_link_and_fits_its_own_shelf_only() -> None:
    assert list(broken_links(_chain(9), LINEAGE)) == []
    assert next(iter(broken_links(_chain(9), "0" * 32))).row == 1
    assert list(broken_links([], LINEAGE)) == []


def _chain(length: int) -> list[AuditRow]:
    rows: list[AuditRow] = []
    for number in range(1, length + 1):
        previous = rows[-1].hash if rows else FIRST
        row = AuditRow(number, "2026", "w", "put", "c", "d", "b", f"{number}", "y", previous, "")
        rows.append(sealed(row, LINEAGE))
    return rows


def test_a_changed_row_is_named(filled: Filled) -> None:
    bench, place, shelf = filled
    bench.tamper(place, "UPDATE shelf_audit SET why = 'nothing' WHERE number = 3")
    found = shelf.verify()
    assert _texts(found) == [(3, "row")]
    assert found.faults[0].text == "Row 3 was changed: its hash does not fit it."
    assert found.first_tampered_row == 3


def test_a_row_with_a_new_hash_is_named_by_the_row_after_it(
    filled: Filled,
) -> None:
    bench, place, shelf = filled
    row = sealed(replace(shelf.log()[2], who="Nobody"), shelf.identity.lineage)
    bench.tamper(
        place, f"UPDATE shelf_audit SET who = 'Nobody', hash = '{row.hash}' WHERE number = 3"
    )
    found = shelf.verify()
    assert found.first_tampered_row == 3
    assert "Row 3 is not the one that row 4 was written after" in found.faults[0].text


def test_a_last_row_with_a_new_hash_is_named_by_the_anchor(
    filled: Filled,
) -> None:
    bench, place, shelf = filled
    row = sealed(replace(shelf.log()[-1], who="Nobody"), shelf.identity.lineage)
    bench.tamper(
        place, f"UPDATE shelf_audit SET who = 'Nobody', hash = '{row.hash}' WHERE number = 5"
    )
    found = shelf.verify()
    assert _texts(found) == [(5, "anchor")]
    assert found.faults[0].text == "Row 5 is not the one that the anchor beside the arrays knows."


@pytest.mark.parametrize(
    ("condition", "first", "text"),
    [
        ("= 3", 3, "Row 3 is missing."),
        ("IN (2, 3)", 2, "Rows 2 to 3 are missing."),
        ("= 1", 1, "Row 1 is missing."),
        ("= 5", 5, "Row 5 does not tell that case p002, version 1 was put."),
        ("> 0", 1, "Row 1 is missing: the anchor beside the arrays knows row 5."),
    ],
)
def test_missing_rows_are_named(filled: Filled, condition: str, first: int, text: str) -> None:
    bench, place, shelf = filled
    bench.tamper(place, f"DELETE FROM shelf_audit WHERE number {condition}")
    found = shelf.verify()
    assert found.first_tampered_row == first
    assert text in [fault.text for fault in found.faults]


def test_a_tail_that_was_cut_off_with_its_case_is_noticed(
    filled: Filled,
) -> None:
    bench, place, shelf = filled
    bench.tamper(
        place,
        *(f"DELETE FROM {t} WHERE audit_number = 5" for t in reversed(TABLES[2:])),
        "DELETE FROM shelf_audit WHERE number = 5",
    )
    assert [fault.text for fault in shelf.verify().faults] == [
        "Row 5 is missing: the anchor beside the arrays knows row 5."
    ]


@pytest.mark.parametrize(
    ("statement", "row", "text"),
    [
        (
            "UPDATE shelf_document SET text = replace(text, '12.0', '99.0') "
            "WHERE audit_number = 3 AND name = 'record.json'",
            3,
            "Row 3: record.json of case p001, version 2 is not what was put.",
        ),
        (
            "UPDATE shelf_document SET sha256 = 'x' WHERE audit_number = 4 AND name = 'case.json'",
            4,
            "Row 4: case.json of case p001, version 3 is not what was put.",
        ),
        (
            "DELETE FROM shelf_document WHERE audit_number = 4",
            4,
            "Row 4: the content of case p001, version 3 is not what was put.",
        ),
        (
            "UPDATE shelf_array SET path = 'structures/009.npz' "
            "WHERE audit_number = 2 AND path = 'structures/001.npz'",
            2,
            "Row 2: the content of case p001, version 1 is not what was put.",
        ),
        (
            "UPDATE shelf_version SET content = 'x' WHERE audit_number = 3",
            3,
            "Row 3: the content of case p001, version 2 is not what was put.",
        ),
        (
            "UPDATE shelf_version SET version = 7 WHERE audit_number = 4",
            4,
            "Row 4: case p001, version 7 does not follow the one before.",
        ),
        (
            "UPDATE shelf_version SET case_id = 'p003' WHERE audit_number = 5",
            5,
            "Row 5 put case p002, not case p003, version 1.",
        ),
        (
            "DELETE FROM shelf_version WHERE audit_number = 5",
            5,
            "Row 5 put case p002 on the shelf; that version is gone.",
        ),
    ],
)
def test_a_changed_case_is_named_by_its_row(
    filled: Filled, statement: str, row: int, text: str
) -> None:
    bench, place, shelf = filled
    bench.tamper(place, statement)
    found = shelf.verify()
    assert found.first_tampered_row == row
    assert text in [fault.text for fault in found.faults]


def test_a_changed_document_is_not_handed_out(filled: Filled, tmp_path: Path) -> None:
    bench, place, shelf = filled
    bench.tamper(place, "UPDATE shelf_document SET text = text || ' ' WHERE audit_number = 5")
    with pytest.raises(Inconsistent, match=r"p002, version 1: its documents are not those"):
        shelf.get("p002", tmp_path / "back")


def test_a_path_that_leads_out_of_the_folder_is_not_followed(
    filled: Filled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, place, shelf = filled
    bench.tamper(
        place,
        "UPDATE shelf_array SET path = '../../out.npz' "
        "WHERE audit_number = 5 AND path = 'image.npz'",
    )
    content = shelf.cases()[-1].content
    monkeypatch.setattr("hepatica.store.shelf.take.content_digest", lambda *_: content)
    with pytest.raises(Inconsistent, match="names a file outside of its folder"):
        shelf.get("p002", tmp_path / "back")


@pytest.mark.parametrize(
    ("damage", "says"), [(True, "does not match its hash"), (False, "is missing")]
)
def test_a_damaged_array_is_named_with_its_case(filled: Filled, damage: bool, says: str) -> None:
    _, _, shelf = filled
    path = next(p for p in sorted(shelf.arrays.folder.glob("??/*")))
    content = path.read_bytes()
    if damage:
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    else:
        path.unlink()
    found = shelf.verify()
    assert [fault.kind for fault in found.faults] == ["array"]
    assert f"The array file {path.name[:12]}..." in found.faults[0].text
    assert found.faults[0].text.endswith(f"{says}.")
    assert found.first_tampered_row is None


def test_locks_that_were_taken_off_are_noticed(filled: Filled) -> None:
    bench, place, shelf = filled
    bench.run(
        place,
        "DROP TRIGGER shelf_audit_no_update"
        + (" ON shelf_audit" if bench.kind == "postgresql" else ""),
    )
    if bench.kind == "postgresql":
        bench.run(place, "ALTER TABLE shelf_array DISABLE TRIGGER shelf_array_no_delete")
    texts = [fault.text for fault in shelf.verify().faults]
    assert "The lock shelf_audit_no_update of the database was taken off." in texts
    assert len(texts) == (2 if bench.kind == "postgresql" else 1)


def test_a_head_that_was_noted_elsewhere_is_checked(filled: Filled) -> None:
    _, _, shelf = filled
    noted = shelf.verify().head
    assert shelf.verify(noted).ok
    other = shelf.verify("4:" + "0" * 64)
    assert other.faults == (
        Fault(4, "anchor", "Row 4 is not the one that the head that was expected knows."),
    )
    assert shelf.verify("9:" + "0" * 64).first_tampered_row == 6
    with pytest.raises(UsageError, match="a number, a colon and a hash"):
        shelf.verify("nine")


def test_an_anchor_that_lags_after_a_kill_is_no_fault(filled: Filled) -> None:
    _, _, shelf = filled
    row = shelf.log()[2]
    shelf.arrays.set_anchor(Anchor(shelf.identity.incarnation, row.number, row.hash))
    assert shelf.verify().ok


def test_a_damaged_anchor_is_refused(filled: Filled) -> None:
    _, place, shelf = filled
    (shelf.arrays.folder / "shelf.json").write_text("{")
    with pytest.raises(Inconsistent, match=r"shelf\.json is damaged"):
        open_shelf(place)
