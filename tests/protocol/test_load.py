"""A treatment is found and read, and a wrong document shows all its faults at once."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from hepatica.errors import InvalidInput
from hepatica.protocol import load_protocol, parse_protocol, protocol_names, validate
from tests.protocol.documents import changed, line_of, shipped, small


def found(text: str) -> list[str]:
    return [str(fault) for fault in validate(text)]


def test_a_treatment_is_loaded_by_its_name_and_a_document_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(small(), encoding="utf-8")
    assert load_protocol("sbrt-six-fraction").name == "sbrt-six-fraction"
    assert load_protocol(path).name == load_protocol(str(path)).name == "my-protocol"


def test_an_unknown_treatment_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InvalidInput, match="did you mean sbrt-six-fraction") as refused:
        load_protocol("sbrt-6-fraction")
    assert "no protocol called 'sbrt-6-fraction'" in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"absent\.yaml cannot be read: No such file"):
        load_protocol(tmp_path / "absent.yaml")


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("name: Lebermetastasen-Prüfung".encode("latin-1"))
    with pytest.raises(
        InvalidInput, match=r"byte 24 is not UTF-8 text\. Save the document as UTF-8"
    ):
        load_protocol(path)
    assert "byte 24 is not UTF-8" in str(validate(path)[0])


def test_the_fingerprint_is_that_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(small().encode())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert load_protocol(path).sha256 == digest
    assert parse_protocol(small() + "\n").sha256 != digest


def test_a_protocol_cannot_be_changed_but_can_be_copied_to_another_process() -> None:
    protocol = load_protocol("sbrt-six-fraction")
    with pytest.raises(ValidationError, match="frozen"):
        protocol.prescription.cap_gy = 70.0  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(protocol)) == protocol
    assert hash(protocol) == hash(load_protocol("sbrt-six-fraction"))


BROKEN = (
    ("modality: photon_sbrt", "modality: photon-sbrt"),
    ("  fractions: 6\n", "  fractions: 6\n  fractions: 5\n"),
    ("[0.05, 0.10, 0.20]", "[0.05, 0.10, 20]"),
    ("veff_from: 0.22", "veff_from: 0.25"),
    ("  cap_gy:\n    value: 60\n", "  cap_gy:\n    value: 6000\n"),
    ("  allowance_gy:\n", "  allowance_cgy:\n"),
    ("metric: Max[%]", "metric: Dmax"),
    ("    at_most: 140\n", "    at_most: 140 %\n"),
    ("Bowel_Small, Bowel_Large]", "Bowel_small, Bowel_Large]"),
    ("structure: SpinalCord_PRV05", "structure: SpinalChord_PRV05"),
    ("source: lee2009, Discussion", "source: lee2008, Discussion"),
    ("    source: lee2009, Patients\n", ""),
)


def test_twelve_faults_come_out_at_once_each_with_its_line_and_its_remedy() -> None:
    text = changed(shipped(), *BROKEN)
    expected = [
        ("modality: photon-sbrt", "'photon-sbrt' is not known here; allowed: photon_sbrt,"),
        ("  fractions: 5\n", "fractions is given twice"),
        (
            "[0.05, 0.10, 20]",
            "risk_levels[3]: 20 is out of range; below 1 is allowed. Is it per cent?",
        ),
        ("veff_from: 0.25", "0.22 to 0.25 is in no stratum"),
        ("value: 6000", "6000 is out of range; at most 200 Gy is allowed. Is it in cGy?"),
        ("allowance_cgy", "allowance_cgy is not a key here; did you mean allowance_gy?"),
        ("metric: Dmax", "did you mean Max[Gy]?"),
        ("at_most: 140 %", "'140 %' is not a number. Write 140 without unit"),
        ("Bowel_small", "each_of[3]: Bowel_small is written Bowel_Small in TG-263"),
        ("structure: SpinalChord", "did you mean SpinalCord_PRV05?"),
        ("lee2008", "'lee2008' is not an entry of sources; did you mean lee2009?"),
        ("- name: uninvolved-liver", "limits[11].source: source is missing."),
    ]
    faults = validate(text)
    lines = [(fault.line, str(fault)) for fault in faults]
    assert [line for line, _ in lines] == [line_of(text, part) for part, _ in expected]
    for (_, said), (_, message) in zip(lines, expected, strict=True):
        assert message in said


def test_the_error_holds_every_fault_and_counts_them() -> None:
    text = changed(shipped(), *BROKEN)
    with pytest.raises(InvalidInput, match=r"broken\.yaml: 12 faults; the protocol cannot be") as e:
        parse_protocol(text, "broken.yaml")
    for fault in validate(text):
        assert str(fault) in str(e.value)


def test_one_fault_is_counted_as_one() -> None:
    with pytest.raises(InvalidInput, match="1 fault; "):
        parse_protocol(changed(small(), ("modality: photon_sbrt", "modality: photons")))


def test_a_renamed_required_key_is_one_fault_and_not_two() -> None:
    faults = found(changed(small(), ("cap_gy", "cap_cgy")))
    assert len(faults) == 1
    assert "cap_cgy is not a key here; did you mean cap_gy? (It is required.)" in faults[0]


def test_an_unknown_key_near_to_nothing_lists_what_may_stand_there() -> None:
    (fault,) = found(changed(small(), ("title:", "zzz: 1\ntitle:")))
    assert "zzz is not a key here; known are: study, eligibility, facts" in fault


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("fractions: 5", "fractions: 5.5", "5.5 is not a whole number."),
        ("fractions: 5", "fractions: true", "True is not a whole number."),
        ("fractions: 5", "fractions: 0", "0 is out of range; at least 1 is allowed."),
        ("cap_gy: 50", "cap_gy: 50 Gy", "'50 Gy' is not a number in Gy. Write 50 without unit"),
        ("cap_gy: 50", "cap_gy: '50,5'", "Write 50.5 without unit or quotation marks."),
        ("cap_gy: 50", "cap_gy: .nan", "nan is out of range"),
        ("cap_gy: 50", "cap_gy: .inf", "inf is out of range; at most 200 Gy is allowed."),
        ("cap_gy: 50", "cap_gy: -1", "-1 is out of range; above 0 Gy is allowed."),
        ("cap_gy: 50", "cap_gy:", "nothing is not a number in Gy."),
        ("at_most: 28", "at_most: .inf", "inf is not a number that can be measured"),
        ("at_most: 28", "at_most: 2800", "Is it in cGy? Then write 28."),
        ("rule: isotoxic", "rule: [isotoxic]", "a list is not known here; allowed: isotoxic."),
        ("reading: two_step", "reading: two-step", "Did you mean two_step?"),
        ("name: my-protocol", "name: My protocol", "'My protocol' is not a name here"),
        ("title: Isotoxic", "title: ''\nsubtitle: Isotoxic", "title: is empty; write some text."),
        ('version: "0.1"', "version: 0.1", "0.1 is not text."),
        ("risk_levels: [0.05]", "risk_levels: 0.05", "0.05 is not a list."),
        ("risk_levels: [0.05]", "risk_levels: []", "the list is too short"),
        ("prescription:\n", "prescription: 50 Gy\nother:\n", "'50 Gy' is not a block of keys."),
        ("margin_mm: 5", "margin_mm: wide", "a margin is one number in mm, or the six sides left"),
        ("margin_mm: 5", "margin_mm: -5", "each side of a margin lies between 0 and 100 mm."),
        (
            "margin_mm: 5",
            "margin_mm: {left: a, right: 1, anterior: 1, posterior: 1, superior: 1, inferior: 1}",
            "each side of a margin is a number in mm.",
        ),
        (
            "made_of: Liver minus GTV",
            "made_of: Liver - GTV",
            "write how it is made: 'Liver minus GTV'",
        ),
        ("metric: D0.5cc[Gy]", "metric: 0.5", "a metric is text such as D0.5cc[Gy]."),
        ("source: example, table 2", "source: 2", "2 is not text; write 'name of a source, place"),
        ("source: example\n", "source: example\nsha256: x\n", "sha256 is filled in by the program"),
        (
            "status: recalled",
            "status: sure",
            "'sure' is not known here; allowed: verified, recalled",
        ),
        (
            "    value: 0.1\n    source",
            "    value: 0.1\n    sauce",
            "sauce is not a key around a value",
        ),
        ("    value: 0.1\n    source", "    value: 0.1\n    sauce", "needs its source: beside it"),
        ("    note: Not in", "    status: sure\n    note: Not in", "'sure' is not a status"),
        ("    note: Not in the publication.", "    note: 5", "5 is not text; note is a sentence."),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(old: str, new: str, message: str) -> None:
    faults = found(changed(small(), (old, new)))
    assert any(message in fault for fault in faults), faults


def test_a_value_that_cannot_be_read_is_told_once() -> None:
    faults = found(changed(small(), ("cap_gy: 50", "cap_gy: !!python/object 50")))
    assert len(faults) == 1
    assert "the tag !python/object is not read here" in faults[0]


ANYTHING = st.sampled_from(
    ["{}", "[]", "-1", "1e9", "text", "null", "true", "{value: 1}", "[[1]]", "{a: {b: 1}}", "''"]
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_change_of_a_document_makes_the_reader_stumble(data: st.DataObject) -> None:
    lines = small().splitlines()
    keyed = [i for i, line in enumerate(lines) if ":" in line and not line.endswith((":", ">-"))]
    for i in data.draw(st.lists(st.sampled_from(keyed), min_size=1, max_size=3, unique=True)):
        key = lines[i].partition(":")[0]
        lines[i] = data.draw(st.sampled_from(["", f"{key}: {data.draw(ANYTHING)}"]))
    for fault in validate("\n".join(lines) + "\n"):
        assert 1 <= fault.line <= len(lines) + 1
        assert fault.message


@pytest.mark.parametrize(
    "key", ["sources", "derived", "targets", "prescription", "limits", "report"]
)
@pytest.mark.parametrize("instead", ["5", "[5]", "[[]]", "{}", "[{}]", "null", "[{name: 5}]"])
def test_a_block_of_the_wrong_kind_is_a_fault_and_never_an_accident(key: str, instead: str) -> None:
    lines = small().splitlines()
    start = lines.index(f"{key}:")
    stop = next((i for i in range(start + 1, len(lines)) if lines[i][:1].strip()), len(lines))
    text = "\n".join([*lines[:start], f"{key}: {instead}", *lines[stop:]]) + "\n"
    assert validate(text)


def test_the_names_of_the_library_are_sorted_and_there() -> None:
    assert protocol_names() == tuple(sorted(protocol_names()))
    assert "sbrt-six-fraction" in protocol_names()
