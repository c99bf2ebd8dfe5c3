"""Laws that every board obeys: gaps decide nothing, and order does not count."""

from __future__ import annotations

from random import Random

import pytest

from hepatica.case.record import Record
from hepatica.engine.board.board import board
from hepatica.engine.board.records import Board
from hepatica.protocol.rules import load_pack, pack_names
from tests.engine.board.patients import ON, Vignette, vignettes

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
