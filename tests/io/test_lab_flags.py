"""Laboratory values as people write them: marks, comparators, commas, words without a number."""

from __future__ import annotations

from pathlib import Path

import pytest

from hepatica.case.record import Fact, ReferenceRange, field_named
from hepatica.errors import InvalidInput
from hepatica.io.fhir import read_bundle
from hepatica.io.lab_flags import contradicts, parted
from hepatica.io.tables import read_table
from hepatica.io.tables.mapping_file import parse_mapping
from hepatica.io.tables.spoken import Writing, understood
from tests.io.fhir.foreign import bundle, lab

ALT = field_named("lab.alt")


@pytest.mark.parametrize(
    ("text", "value", "comparator"),
    [
        ("1.2 (H)", 1.2, None),
        ("1.2(L)", 1.2, None),
        ("1.2 ( HH )", 1.2, None),
        ("1.2 (high)", 1.2, None),
        ("1.2*", 1.2, None),
        ("1.2 **", 1.2, None),
        ("12.5 H", 12.5, None),
        ("12.5H", 12.5, None),
        ("12.5 low", 12.5, None),
        ("12.5 N", 12.5, None),
        ("12.5 ↑", 12.5, None),
        ("1.2 U/L H", 1.2, None),
        ("1.2 U/L (H)", 1.2, None),
        ("1.2 U/L*", 1.2, None),
        ("1.2 H U/L", 1.2, None),
        ("1.2* U/L", 1.2, None),
        ("< 0.3", 0.3, "<"),
        (">200", 200.0, ">"),
        ("<0.3 L", 0.3, "<"),
        (">= 200 U/L (H)", 200.0, ">="),
    ],
)
def test_a_mark_is_no_part_of_the_value(text: str, value: float, comparator: str | None) -> None:
    found = understood(ALT, text, "U/L")
    assert (found.value, found.comparator, found.unit) == (value, comparator, "U/L")


def test_the_mark_stays_in_the_words_that_stood_there() -> None:
    assert understood(ALT, "45 U/L (H)").stated == "45 U/L (H)"
    assert understood(ALT, "45 H", "U/L").stated == "45 H U/L"
    assert understood(ALT, "45", "U/L").stated == ""


def test_a_unit_that_looks_like_a_mark_stays_a_unit() -> None:
    volume = field_named("liver.liver_volume")
    assert understood(volume, "1.5 L").value == 1500
    assert parted("lab.platelets", "*10^9/L") == ("*10^9/L", "")
    assert parted("lab.alt", "U/L") == ("U/L", "")


@pytest.mark.parametrize("text", ["1,2", "1,200", "1,2 (H)", "1.234.567"])
def test_a_comma_is_never_guessed(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"read in two ways.*\(decimal\)"):
        understood(ALT, text, "U/L")


def test_a_comma_is_read_where_the_mapping_says_so() -> None:
    comma = Writing(decimal=",")
    assert understood(ALT, "1,2 (H)", "U/L", comma).value == 1.2
    assert understood(ALT, "<1,2*", "U/L", comma).comparator == "<"


@pytest.mark.parametrize("text", ["neg", "Negative", "neg.", "(neg)", "positive", "< neg"])
def test_a_word_is_no_number_and_the_message_says_what_to_do(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"a result without a number.*values: \{.*'< 0.5'\}"):
        understood(field_named("lab.cea"), text, "ug/L")


@pytest.mark.parametrize("text", ["1.2 Hm", "1.2 (see note)", "1.2 HL"])
def test_what_is_neither_unit_nor_mark_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not one of this field"):
        understood(ALT, text, "U/L")


def test_a_high_value_within_its_own_limits_is_odd() -> None:
    def fact(value: float, stated: str, **more: object) -> Fact:
        limits = ReferenceRange(10.0, 40.0)
        return Fact("lab.alt", value, unit="U/L", stated=stated, reference=limits, **more)  # type: ignore[arg-type]

    assert contradicts(fact(30.0, "30 (H)"))
    assert contradicts(fact(30.0, "30 U/L L"))
    assert not contradicts(fact(45.0, "45 (H)"))
    assert not contradicts(fact(5.0, "5 LL"))
    assert not contradicts(fact(30.0, "30*"))
    assert not contradicts(fact(30.0, "30"))
    assert not contradicts(fact(30.0, "< 30 H", comparator="<"))


TABLE = """id,name,alt,cea,note
P1,"Muster, Erika",45 (H),neg,Mrs Muster came
P2,Hans Holz,30 H,2.0*,
"""
MAPPING = """case: id
identifying: [name]
columns:
  alt: {field: lab.alt, unit: U/L, reference_high: 40}
  cea: {field: lab.cea, unit: ug/L, values: {neg: "< 0.5"}}
  note: liver.board_verdict
"""


def test_a_table_tells_of_marks_and_of_those_that_cannot_be(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TABLE, encoding="utf-8")
    reading = read_table(path, parse_mapping(MAPPING))
    first = reading.records[0]
    alt, cea = first.latest("lab.alt"), first.latest("lab.cea")
    assert alt is not None
    assert cea is not None
    assert (alt.value, cea.value, cea.comparator) == (45.0, 0.5, "<")
    notes = "\n".join(f"{note.kind} {note.subject}: {note.text}" for note in reading.notes)
    assert "ignored lab.alt: 2 value(s) carry a mark of the laboratory" in notes
    assert "ignored lab.cea: 1 value(s) carry a mark" in notes
    assert "warning lab.alt: called high or low, but within the given limits" in notes
    assert "row 3, alt" in notes


def test_columns_that_name_the_patient_go_out_of_all_texts(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TABLE, encoding="utf-8")
    reading = read_table(path, parse_mapping(MAPPING))
    verdict = reading.records[0].latest("liver.board_verdict")
    assert verdict is not None
    assert verdict.value == "Mrs [removed] came"
    assert reading.names["P2"].are_in("seen with Holz")
    assert not reading.names["P2"].are_in("Muster")
    assert "Muster" not in repr(reading)
    assert reading.unmapped == ()


def test_an_identifying_column_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TABLE.replace("name", "called"), encoding="utf-8")
    with pytest.raises(InvalidInput, match="no column 'name'"):
        read_table(path, parse_mapping(MAPPING))


def test_a_table_in_which_nobody_is_named_needs_a_column_of_pseudonyms(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TABLE.replace("id,", "number,"), encoding="utf-8")
    with pytest.raises(InvalidInput, match="add a column with a pseudonym or a running number"):
        read_table(path, parse_mapping(MAPPING))


def test_a_mark_in_a_string_of_fhir_is_understood_as_well() -> None:
    found = read_bundle(bundle(lab("1742-6", valueString="> 45 U/L (H)")), "c")
    alt = found.record.latest("lab.alt")
    assert any("the laboratory's mark (H) has no place here" in note.text for note in found.notes)
    assert alt is not None
    assert (alt.value, alt.comparator) == (45.0, ">")
    comma = read_bundle(bundle(lab("1742-6", valueString="4,5 U/L")), "c")
    assert comma.record.latest("lab.alt") is None
    assert any("'4,5 U/L' is not understood" in note.text for note in comma.notes)
