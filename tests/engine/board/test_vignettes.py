"""Written patients: what the board says of each, by which rule; every rule in both directions."""

from __future__ import annotations

import pytest

from hepatica.engine.board.standing import Patient, standings
from hepatica.engine.board.work_up import work_up
from hepatica.engine.computed_facts import ComputedFact
from hepatica.engine.screen import known_on
from hepatica.protocol.rules import load_pack, pack_names, rules_of_every_pack
from tests.engine.board.patients import ON, Vignette, vignettes

ALL = vignettes()


def _truths(vignette: Vignette) -> dict[str, bool | None]:
    computed = [ComputedFact(k, v, ("vignette",)) for k, v in vignette.computed.items()]
    patient = Patient(known_on(vignette.record(), ON, computed).facts, ON)
    found = standings(load_pack(vignette.pack), patient)
    truths = {one.rule.id: one.truth for one in found}
    asked = {item.rule for item in work_up(found, patient) if item.verdict == "needed"}
    # A rule that asks while something is unknown holds only as long as it is.
    gaps = {one.rule.id for one in found if one.rule.while_unknown}
    return {name: (name in asked if name in gaps else truth) for name, truth in truths.items()}


@pytest.mark.parametrize("vignette", ALL, ids=lambda v: v.id)
def test_the_board_says_what_is_written(vignette: Vignette) -> None:
    found = vignette.board()
    said = {row.name: row.status for row in found.rows}
    assert {name: said[name] for name in vignette.says} == dict(vignette.says)
    verdicts = {item.examination: item.verdict for item in found.work_up}
    assert {name: verdicts[name] for name in vignette.work_up} == dict(vignette.work_up)
    for therapy, words in vignette.advice.items():
        advice = " ".join(text for one in found.row(therapy).reasons for text in one.advice)
        assert words in advice
    options = {lesion.item: {o.name: o.status for o in lesion.options} for lesion in found.lesions}
    for item, expected in vignette.each.items():
        assert {name: options[item][name] for name in expected} == dict(expected)


@pytest.mark.parametrize("vignette", ALL, ids=lambda v: v.id)
def test_the_rules_that_support_it_hold_and_the_others_do_not(vignette: Vignette) -> None:
    truths = _truths(vignette)
    assert {rule: truths[rule] for rule in vignette.by} == dict.fromkeys(vignette.by, True)
    assert {rule: truths[rule] for rule in vignette.not_by} == dict.fromkeys(vignette.not_by, False)
    assert {rule: truths[rule] for rule in vignette.open} == dict.fromkeys(vignette.open)


def test_there_are_at_least_sixty_and_each_has_its_own_name() -> None:
    assert len(ALL) >= 60
    assert len({vignette.id for vignette in ALL}) == len(ALL)


@pytest.mark.parametrize("pack", pack_names())
def test_every_rule_is_written_in_both_directions(pack: str) -> None:
    rules = {rule.id for rule in load_pack(pack).rules}
    always = {rule.id for rule in rules_of_every_pack()}
    mine = [vignette for vignette in ALL if vignette.pack == pack]
    assert {rule for vignette in mine for rule in vignette.by} - always == rules
    assert {rule for vignette in mine for rule in vignette.not_by} - always == rules


def test_every_rule_beside_the_packs_is_written_in_both_directions() -> None:
    always = {rule.id for rule in rules_of_every_pack()}
    assert always <= {rule for vignette in ALL for rule in vignette.by}
    assert always <= {rule for vignette in ALL for rule in vignette.not_by}


@pytest.mark.parametrize("vignette", ALL, ids=lambda v: v.id)
def test_an_open_row_names_a_rule_that_supports_it(vignette: Vignette) -> None:
    for row in vignette.board().rows:
        effects = [one.effect for one in row.reasons]
        if row.status in ("indicated", "consider", "contraindicated"):
            assert row.status in effects
        if row.status == "not_indicated":
            assert "not_indicated" in effects or row.lacking
        if row.status == "needs_data":
            assert row.missing
