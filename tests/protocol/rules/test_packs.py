"""Rule packs: what ships is sound, and every fault of a bad one is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from hepatica.errors import InvalidInput
from hepatica.protocol import protocol_names
from hepatica.protocol.criteria import leaves_of
from hepatica.protocol.rules import (
    RulePack,
    examination_for,
    examinations,
    load_pack,
    pack_names,
    parse_pack,
    silent_documents,
    therapies,
)

HEAD = """
name: mine
title: My rules
version: "1.0"
source: clinic
summary: How we choose.
sources:
  - {name: clinic, citation: Practice of the clinic, status: recalled}
order: [resection, cryotherapy]
terms:
  - name: liver_only
    says: no disease outside the liver
    when: {fact: extrahepatic.present, op: is, value: false}
rules:
"""

RULE = """
  - id: R1
    title: All can go
    therapies: [resection]
    when: {all: [{term: liver_only}, {fact: liver.margin_feasible, op: is, value: true}]}
    then: {argument: for, status: indicated}
    strength: strong
    level: choice
"""


def _trees(pack: RulePack):
    for rule in pack.rules:
        yield rule.when
        yield from (one.when for one in rule.advice if one.when is not None)


def test_the_packs_that_ship_are_these_three() -> None:
    assert pack_names() == ("collision", "infusion", "review")


def test_the_review_and_the_infusion_pack_hold_every_rule_of_their_source() -> None:
    review = {rule.id for rule in load_pack("review").rules}
    wanted = {f"{letter}{n}" for letter, most in _REVIEW.items() for n in range(1, most + 1)}
    assert wanted <= review
    infusion = {rule.id for rule in load_pack("infusion").rules}
    assert {f"K{n}" for n in range(1, 13)} <= infusion


_REVIEW = {"W": 6, "R": 6, "P": 1, "A": 6, "H": 3, "C": 2, "S": 2, "X": 2, "I": 1, "B": 1}


@pytest.mark.parametrize("name", pack_names())
def test_every_fact_that_a_pack_asks_for_can_be_found_out(name: str) -> None:
    facts = {leaf.fact for tree in _trees(load_pack(name)) for leaf in leaves_of(tree.rule)}
    assert [fact for fact in sorted(facts) if examination_for(fact) is None] == []


@pytest.mark.parametrize("name", pack_names())
def test_every_rule_names_its_source_and_the_place_in_it(name: str) -> None:
    for rule in load_pack(name).rules:
        assert rule.evidence.source.citation
        assert rule.evidence.place
        assert rule.status in ("verified", "recalled")


def test_every_document_of_the_library_has_a_row_or_a_reason_for_none() -> None:
    spoken = {therapy.protocol for therapy in therapies().values() if therapy.protocol}
    library = set(protocol_names())
    assert library - spoken - set(silent_documents()) == set()
    assert library & spoken


def test_the_facts_that_show_an_examination_exist() -> None:
    from hepatica.case.record import fields

    shown = {fact for exam in examinations().values() for fact in exam.shown_by}
    assert shown <= set(fields())


def test_a_pack_of_ones_own_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(HEAD + RULE, encoding="utf-8")
    pack = load_pack(file)
    assert [leaf.fact for leaf in leaves_of(pack.rule("R1").when.rule)] == [
        "extrahepatic.present",
        "liver.margin_feasible",
    ]
    assert pack.rule("R1").evidence.source.citation == "Practice of the clinic"
    assert len(pack.sha256) == 64


def test_all_faults_of_a_pack_are_told_at_once_with_their_lines() -> None:
    bad = (
        RULE.replace("liver.margin_feasible", "liver.margin_feasable")
        .replace("[resection]", "[resektion]")
        .replace("term: liver_only", "term: liver_alone")
        .replace("level: choice", "level: gospel")
        .replace("title: All can go", "titel: All can go")
    )
    with pytest.raises(InvalidInput) as caught:
        parse_pack(HEAD + bad, "mine.yaml")
    said = str(caught.value)
    assert said.startswith("mine.yaml: 5 faults; the rules cannot be used until mended.")
    for words in (
        "'liver.margin_feasable' is no fact that can be asked for; did you mean",
        "'resektion' is not in order: above; add it there in its place; did you mean resection?",
        "'liver_alone' is no term of this pack; did you mean liver_only?",
        "'gospel' is not known here; allowed: narrative_review",
        "titel is not a key here; did you mean title?",
    ):
        assert words in said
    assert "line 19:" in said


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("argument: for, status: indicated", "argument: for, status: contraindicated",
         "status contraindicated does not go with for; indicated, consider does"),
        ("therapies: [resection]", "therapies: []", "name at least one"),
        ("therapies: [resection]", "therapies: [resection]\n    while_unknown: [liver.bulky]",
         "a gap never opens a therapy"),
        ("therapies: [resection]", "examinations: [crystal_ball]",
         "'crystal_ball' is no examination"),
        ("therapies: [resection]", "therapies: [resection]\n    examinations: [pet]",
         "examinations need a verdict"),
        ("{term: liver_only}", "{term: liver_only, op: is}", "a term stands alone"),
        ("therapies: [resection]", "therapies: [resection]\n    non_factors: [liver.lesions]",
         "'liver.lesions' is no fact"),
    ],
)  # fmt: skip
def test_a_rule_that_makes_no_sense_is_refused(old: str, new: str, words: str) -> None:
    assert old in RULE
    with pytest.raises(InvalidInput, match=words):
        parse_pack(HEAD + RULE.replace(old, new))


def test_what_is_missing_is_told_with_its_meaning() -> None:
    with pytest.raises(InvalidInput, match=r"level is missing\. What kind of source it is\."):
        parse_pack(HEAD + RULE.replace("    level: choice\n", ""))


def test_a_term_that_is_made_of_itself_is_refused() -> None:
    circular = HEAD.replace(
        "when: {fact: extrahepatic.present, op: is, value: false}", "when: {term: liver_only}"
    )
    with pytest.raises(InvalidInput, match="liver_only is made of itself"):
        parse_pack(circular + RULE)


def test_a_rule_that_is_used_twice_is_refused() -> None:
    with pytest.raises(InvalidInput, match="R1 is used twice"):
        parse_pack(HEAD + RULE + RULE)


def test_an_unknown_pack_names_the_nearest() -> None:
    with pytest.raises(InvalidInput, match=r"no rule pack called 'revue'; did you mean review\?"):
        load_pack("revue")


def test_a_pack_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_bytes(b"name: \xff")
    with pytest.raises(InvalidInput, match="byte 6 is not UTF-8 text"):
        load_pack(file)
