"""The reference of keys and the how-to page say what the program does."""

from __future__ import annotations

import re

import pytest

from hepatica.protocol import Protocol, protocol_names, validate
from hepatica.protocol.reference import blocks, protocol_schema, schema_markdown
from hepatica.protocol.resolve import keys_of
from hepatica.protocol.schema import INTERNAL_KEYS
from tests.protocol.documents import HOW_TO, changed, shipped, small


def test_every_block_has_a_heading_and_every_key_a_row_with_a_meaning() -> None:
    page = schema_markdown()
    for path, block in blocks():
        assert f"## `{path}`\n" in page if path else "## The document\n" in page
        for key in keys_of(block):
            assert f"| `{key}`" in page, key
    for row in re.findall(r"^\| `.*$", page, re.M):
        assert len(row.split(" | ")[-1].strip("| ")) > 3, row


def test_required_keys_carry_a_star_and_inherited_ones_do_not() -> None:
    page = schema_markdown()
    assert "| `cap_gy` \\* | number, Gy, above 0, to 200 |" in page
    assert "| `inside` | text |" in page
    assert "| `margin_rule` | `fixed`, `patient_specific`; left out: `fixed` |" in page
    assert "`status` \\*" not in page.split("## `sources`")[1].split("## `facts`")[1]


def test_a_document_cannot_write_what_the_program_fills_in() -> None:
    for _, block in blocks():
        assert not INTERNAL_KEYS & set(keys_of(block))
    assert not INTERNAL_KEYS & set(protocol_schema()["properties"])


def test_the_editor_schema_requires_what_the_reader_requires() -> None:
    schema = protocol_schema()
    assert set(schema["required"]) == {
        key for key in keys_of(Protocol) if Protocol.model_fields[key].is_required()
    } - {"status"}
    assert "source" in schema["$defs"]["Limit"]["required"]
    assert "source" not in schema["$defs"]["Stratum"]["required"]
    cap = schema["$defs"]["Prescription"]["properties"]["cap_gy"]
    assert {"$ref": "#/$defs/OwnSource"} in cap["anyOf"]
    assert all(block["additionalProperties"] is False for block in schema["$defs"].values())


def test_the_document_of_the_how_to_page_is_sound() -> None:
    assert validate(small()) == []


def test_the_faults_of_the_how_to_page_are_those_the_program_finds() -> None:
    text = changed(
        small(),
        ("  cap_gy: 50\n", "  cap_gy: 5000\n"),
        ("  fractions: 5\n", "  fractions: 5\n  fractions: 6\n"),
        ("at_most: 28", "at_mots: 28"),
    )
    shown = HOW_TO.read_text(encoding="utf-8").split("```text\n", 1)[1].split("```", 1)[0]
    assert [str(fault) for fault in validate(text)] == shown.splitlines()


@pytest.mark.parametrize("name", ["margin_mm", "step_gy_per_fraction", "facts"])
def test_the_pieces_of_the_how_to_page_fit_into_a_document(name: str) -> None:
    pieces = re.findall(r"```yaml\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.S)[1:]
    (piece,) = (p for p in pieces if p.startswith(name))
    inner = "".join(f"  {line}\n" for line in piece.splitlines())
    old = {
        "margin_mm": ("    margin_mm: 5\n", "".join(f"  {x}\n" for x in inner.splitlines())),
        "step_gy_per_fraction": (
            small()[small().index("  step_gy") : small().index("  round")],
            inner,
        ),
        "facts": ("derived:\n", piece + "derived:\n"),
    }[name]
    assert validate(changed(small(), old)) == []


def test_the_limit_with_two_readings_of_the_how_to_page_is_sound() -> None:
    pieces = re.findall(r"```yaml\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.S)[1:]
    (piece,) = (p for p in pieces if p.startswith("- name: both-kidneys"))
    inner = "".join(f"  {line}\n" for line in piece.splitlines())
    assert validate(changed(small(), ("limits:\n", "limits:\n" + inner))) == []


def test_every_metric_of_the_how_to_page_is_in_the_grammar() -> None:
    from hepatica.case.metric import parse_metric

    table = HOW_TO.read_text(encoding="utf-8").split("| metric | reads |")[1].split("\n\n")[0]
    names = re.findall(r"`([^`]+\])`", table)
    assert len(names) == 11
    for name in names:
        assert str(parse_metric(name)) == name


def test_every_key_of_the_schema_is_used_by_a_document_or_told_on_the_how_to_page() -> None:
    told = "".join(shipped(name) for name in protocol_names()) + HOW_TO.read_text(encoding="utf-8")
    told += HOW_TO.with_name("write-a-protocol.md").read_text(encoding="utf-8")
    for _, block in blocks():
        for key in keys_of(block):
            assert re.search(rf"\b{key}\b", told), key
