"""A record on disk comes back fact by fact, is never half written, and stays with its own case."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hepatica.case.record import (
    ABSENT_REASONS,
    COMPARATORS,
    Fact,
    Field,
    Record,
    ReferenceRange,
    fields,
)
from hepatica.errors import Inconsistent, InvalidInput, UsageError
from hepatica.store import record_file
from hepatica.store.case_folder import read_case, write_case
from hepatica.store.record_file import has_record, read_record, write_record
from hepatica.synthetic import synthetic_patient
from hepatica.synthetic.draw import Anatomy

RECORD = Record(
    "demo",
    (
        Fact(
            "lab.cea",
            1.8,
            unit="ug/L",
            comparator="<",
            on=date(2024, 2, 29),
            source="labs.csv, row 7",
            stated="< 1,8 ng/mL",
            reference=ReferenceRange(None, 5.0),
            recorded_at=datetime(2024, 3, 1, 9, 30, 0, 123456, tzinfo=UTC),
        ),
        Fact("lesion.diameter", 31, item="1", unit="mm"),
        Fact("cancer.histology", "adenocarcinoma, “mucinous”\nG2"),
        Fact("cancer.diagnosis_date", date(2023, 12, 24)),
        Fact("liver.bulky", False),
        Fact("cancer.ras", absent="not_performed", source="letter"),
        Fact("trial.protocol", ""),
    ),
)


def _edit(folder: Path, **changes: Any) -> None:
    path = folder / "record.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def _values(field: Field) -> st.SearchStrategy[Any]:
    low, high = field.low if field.low is not None else 0, field.high or 1000
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "quantity": st.floats(low, high) | st.integers(int(low) + 1, int(high)),
        "count": st.integers(int(low), int(high)),
        "flag": st.booleans(),
        "code": st.sampled_from(field.answers or ("",)),
        "date": st.dates(),
        "text": st.text(max_size=12),
    }
    return kinds[field.kind]


@st.composite
def _facts(draw: st.DrawFn) -> Fact:
    field = draw(st.sampled_from(list(fields().values())))
    value = draw(st.none() | _values(field))
    bounds = sorted(draw(st.tuples(st.floats(0, 99), st.floats(0, 99))))
    return Fact(
        field.name,
        value,
        item=draw(st.sampled_from(["1", "2b"])) if field.group else "",
        unit=field.unit if field.kind == "quantity" else "",
        comparator=draw(st.none() | st.sampled_from(COMPARATORS)),
        on=draw(st.none() | st.dates()),
        source=draw(st.text(max_size=8)),
        stated=draw(st.text(max_size=8)),
        reference=draw(st.none() | st.just(ReferenceRange(*bounds))),
        absent=draw(st.sampled_from(ABSENT_REASONS)) if value is None else None,
        recorded_at=draw(st.none() | st.datetimes(timezones=st.none() | st.just(UTC))),
    )


@given(facts=st.lists(_facts(), max_size=6))
def test_every_record_comes_back_fact_by_fact(
    facts: list[Fact], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("case")
    record = Record("any", tuple(facts))
    write_record(record, folder)
    back = read_record(folder)
    assert back == record
    assert [type(f.value) for f in back] == [type(f.value) for f in record]


def test_a_record_comes_back_with_every_detail(tmp_path: Path) -> None:
    assert not has_record(tmp_path / "case")
    path = write_record(RECORD, tmp_path / "case")
    assert path == tmp_path / "case" / "record.json"
    assert has_record(tmp_path / "case")
    assert read_record(tmp_path / "case") == RECORD


def test_the_file_says_what_it_is_and_leaves_out_what_a_fact_does_not_say(tmp_path: Path) -> None:
    document = json.loads(write_record(RECORD, tmp_path).read_text(encoding="utf-8"))
    assert document["schema"] == "hepatica/record"
    assert document["version"] == 1
    assert document["research_use_only"] is True
    assert document["facts"][1] == {
        "field": "lesion.diameter",
        "value": 31,
        "item": "1",
        "unit": "mm",
    }


def test_a_later_record_of_the_same_case_replaces_the_earlier_one(tmp_path: Path) -> None:
    write_record(RECORD, tmp_path)
    longer = RECORD.with_facts([Fact("performance.ecog", 1)])
    write_record(longer, tmp_path)
    assert read_record(tmp_path) == longer
    assert [entry.name for entry in tmp_path.iterdir()] == ["record.json"]


def test_the_record_of_another_case_is_not_overwritten(tmp_path: Path) -> None:
    write_record(RECORD, tmp_path)
    with pytest.raises(UsageError, match="holds the record of case demo, not of other"):
        write_record(Record("other"), tmp_path)
    write_record(Record("other"), tmp_path, force=True)
    assert read_record(tmp_path).case_id == "other"


def test_a_record_is_not_put_beside_the_images_of_another_case(tmp_path: Path) -> None:
    (tmp_path / "case.json").write_text(json.dumps({"case_id": "ircad17"}))
    with pytest.raises(
        Inconsistent, match="images are of case ircad17, the record is of case demo"
    ):
        write_record(RECORD, tmp_path, force=True)
    assert not has_record(tmp_path)


def test_a_record_that_got_beside_the_images_of_another_case_is_not_read(tmp_path: Path) -> None:
    write_record(RECORD, tmp_path)
    (tmp_path / "case.json").write_text(json.dumps({"case_id": "ircad17"}))
    with pytest.raises(
        Inconsistent, match="images are of case ircad17, the record is of case demo"
    ):
        read_record(tmp_path)


def test_a_write_that_fails_leaves_the_earlier_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_record(RECORD, tmp_path)

    def full(_: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(record_file.os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        write_record(RECORD.with_facts([Fact("performance.ecog", 1)]), tmp_path)
    assert read_record(tmp_path) == RECORD
    assert [entry.name for entry in tmp_path.iterdir()] == ["record.json"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "case").write_text("")
    with pytest.raises(UsageError, match="case is a file; a record needs a folder"):
        write_record(RECORD, tmp_path / "case")


def test_a_text_that_is_no_unicode_is_refused(tmp_path: Path) -> None:
    record = Record("demo", (Fact("cancer.histology", "\ud800"),))
    with pytest.raises(InvalidInput, match="record of case demo cannot be written"):
        write_record(record, tmp_path)


def test_a_folder_without_a_record_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"holds no record.*hepatica case new"):
        read_record(tmp_path)


@pytest.mark.parametrize("text", ["{", "\udcff", "[" * 200_000])
def test_a_damaged_file_is_noticed(tmp_path: Path, text: str) -> None:
    (tmp_path / "record.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(InvalidInput, match=r"record\.json is damaged"):
        read_record(tmp_path)


def test_a_file_of_another_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text("[]")
    with pytest.raises(InvalidInput, match="not of schema hepatica/record"):
        read_record(tmp_path)


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    write_record(RECORD, tmp_path)
    _edit(tmp_path, version=2)
    with pytest.raises(InvalidInput, match="has version 2; this Hepatica reads version 1"):
        read_record(tmp_path)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (None, "incomplete or was edited"),
        ([{"field": "lab.inr", "value": 1.1, "unit": "1", "when": "today"}], "when is no part"),
        ([{"field": "lab.inr", "value": 900.0, "unit": "1"}], "900 1 cannot be"),
        ([{"field": "cancer.diagnosis_date", "value": "24.12.2023"}], "was edited .ValueError"),
        ([{"field": "lab.inr", "value": 1.1, "unit": "1", "on": "soon"}], "was edited .ValueError"),
        ([{"field": "lab.iron", "value": 1.1}], "no field 'lab.iron'"),
        ({}, "was edited .TypeError"),
        ([{"field": "lab.inr", "value": 1, "unit": "1", "source": 7}], "was edited .TypeError"),
        (
            [{"field": "lab.inr", "value": 1, "unit": "1", "reference": {"high": "2"}}],
            "was edited .TypeError",
        ),
    ],
)
def test_a_file_that_was_edited_is_refused(tmp_path: Path, facts: Any, said: str) -> None:
    write_record(RECORD, tmp_path)
    _edit(tmp_path, facts=facts)
    with pytest.raises(InvalidInput, match=f"Case folder .*record.json.*{said}"):
        read_record(tmp_path)


def test_an_id_that_is_no_text_is_refused(tmp_path: Path) -> None:
    write_record(RECORD, tmp_path)
    _edit(tmp_path, case_id=5)
    with pytest.raises(InvalidInput, match=r"was edited .TypeError"):
        read_record(tmp_path)


def test_images_and_record_of_one_case_share_a_folder_in_either_order(tmp_path):
    case = synthetic_patient(1, Anatomy(spacing_mm=(6.0, 6.0, 6.0), noise=False)).case
    record = Record(case.case_id, (Fact("liver.lesion_count", 2, source="letter"),))
    folder = tmp_path / "case"
    write_record(record, folder)
    write_case(case, folder)
    assert read_record(folder) == record
    assert read_case(folder).case_id == case.case_id
    write_case(case, folder, force=True)
    assert read_record(folder) == record
    with pytest.raises(UsageError, match="holds a case already"):
        write_case(case, folder)
    assert read_record(folder) == record


def test_images_of_another_case_do_not_join_a_record(tmp_path):
    case = synthetic_patient(1, Anatomy(spacing_mm=(6.0, 6.0, 6.0), noise=False)).case
    record = Record("somebody-else", (Fact("liver.lesion_count", 2, source="letter"),))
    write_record(record, tmp_path / "case")
    with pytest.raises(Inconsistent, match=r"record of case somebody-else.*--id somebody-else"):
        write_case(case, tmp_path / "case")
    assert read_record(tmp_path / "case") == record
    assert [path.name for path in tmp_path.iterdir()] == ["case"]
