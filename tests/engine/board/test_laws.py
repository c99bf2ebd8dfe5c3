"""Laws that every board obeys: gaps decide nothing, and order does not count."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hepatica.case.record import Fact, Record
from hepatica.engine.board.board import board
from hepatica.engine.board.records import Board
from hepatica.protocol.rules import load_pack, pack_names
from tests.engine.board.patients import ON, Vignette, vignettes
from tests.engine.test_open_lists import Lists, lists

ALL = vignettes()
DECIDED = ("indicated", "consider", "not_indicated", "contraindicated")


def _statuses(found: Board) -> dict[str, str]:
    return {row.name: row.status for row in found.rows}


def _without(record: Record, share: float, seed: int) -> Record:
    draw = Random(seed)
    return Record(record.case_id, tuple(f for f in record.facts if draw.random() > share))


@pytest.mark.parametrize("pack", pack_names())
def test_nothing_known_indicates_or_forbids_nothing(pack: str) -> None:
    found = board(Record("blank"), on=ON, pack=pack)
    assert {row.status for row in found.rows} == {"needs_data"}
    assert all(row.missing for row in found.rows)


@pytest.mark.parametrize("vignette", ALL, ids=lambda v: v.id)
def test_filling_a_gap_never_flips_a_decided_row_except_to_reveal_a_contraindication(
    vignette: Vignette,
) -> None:
    record = vignette.record()
    full = _statuses(vignette.board(record, detail=False))
    for seed in range(3):
        partial = vignette.board(_without(record, 0.35, seed), detail=False)
        for row in partial.rows:
            if row.status == "not_indicated":
                assert full[row.name] in ("not_indicated", "contraindicated")
            elif row.status in DECIDED:
                assert full[row.name] == row.status
            elif full[row.name] in DECIDED:
                assert full[row.name] in row.possible


@pytest.mark.parametrize("vignette", ALL, ids=lambda v: v.id)
def test_the_missing_facts_of_a_row_decide_it(vignette: Vignette) -> None:
    record = vignette.record()
    partial = _without(record, 0.3, seed=7)
    known = {(fact.field, fact.item): fact for fact in record.facts}
    for row in vignette.board(partial, detail=False).rows:
        asked = [_key(gap.fact) for gap in row.missing]
        if row.status != "needs_data" or not all(key in known for key in asked):
            continue
        filled = partial.with_facts(known[key] for key in dict.fromkeys(asked))
        assert _statuses(vignette.board(filled, detail=False))[row.name] in DECIDED


@pytest.mark.parametrize("vignette", ALL[::4], ids=lambda v: v.id)
def test_the_order_of_facts_and_rules_does_not_matter(vignette: Vignette) -> None:
    record, pack, draw = vignette.record(), load_pack(vignette.pack), Random(5)
    facts = list(record.facts)
    rules = list(pack.rules)
    draw.shuffle(facts)
    draw.shuffle(rules)
    shuffled = board(
        Record(record.case_id, tuple(facts)),
        on=ON,
        pack=pack.model_copy(update={"rules": tuple(rules)}),
        detail=False,
    )
    straight = board(record, on=ON, pack=pack, detail=False)
    assert _statuses(shuffled) == _statuses(straight)
    gaps = {row.name: {gap.fact for gap in row.missing} for row in straight.rows}
    assert {row.name: {gap.fact for gap in row.missing} for row in shuffled.rows} == gaps


def _key(fact: str) -> tuple[str, str]:
    name, _, item = fact.partition("[")
    return name, item.rstrip("]")


BASES = ("", "candidate", "unresectable", "local", "conversion", "converted")


@pytest.mark.parametrize("pack", pack_names())
@settings(max_examples=25)
@given(base=st.sampled_from(BASES), found=lists(), seed=st.integers(0, 999))
def test_a_number_of_metastases_that_is_stated_later_never_flips_a_decided_row(
    pack: str, base: str, found: Lists, seed: int
) -> None:
    kept = _without(Vignette("patient", like=base).record(), 0.3, seed)
    facts = [fact for fact in kept.facts if fact.field not in _TOLD_BY_LESIONS]
    facts += [Fact("status.resected", False, on=ON, source="test")]
    steps = [found.listed, (*found.listed, found.count)]
    steps.append((*steps[-1], *found.others))
    boards = [
        board(
            Record("patient", (*facts, *(replace(f, on=ON) for f in more))),
            on=ON,
            pack=pack,
            detail=False,
        )
        for more in steps
    ]
    for before, after in pairwise(boards):
        told = _statuses(after)
        for row in before.rows:
            if row.status == "not_indicated":
                assert told[row.name] in ("not_indicated", "contraindicated")
            elif row.status in DECIDED:
                assert told[row.name] == row.status
            else:
                assert told[row.name] in (*row.possible, "needs_data")


_TOLD_BY_LESIONS = ("liver.lesion_count", "liver.largest_diameter", "status.resected")


@pytest.mark.parametrize("pack", pack_names())
def test_of_metastases_that_may_not_exist_only_the_number_is_asked(pack: str) -> None:
    listed = Fact("lesion.diameter", 15.0, "1", unit="mm", on=ON)
    kept = [f for f in Vignette("p", like="converted").record() if "lesion_count" not in f.field]
    gaps = {gap.fact for gap in board(Record("p", (*kept, listed)), on=ON, pack=pack).missing}
    assert not any("unlisted" in fact for fact in gaps)
    three = Fact("liver.lesion_count", 3, on=ON)
    asked = board(Record("p", (*kept, listed, three)), on=ON, pack=pack).missing
    assert "liver.lesion_count" not in {gap.fact for gap in asked}
    assert any("unlisted" in gap.fact for gap in asked) is (pack == "collision")
