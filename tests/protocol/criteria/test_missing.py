"""The list of missing facts really decides, and no shorter one does."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given

from hepatica.case.record import Fact
from hepatica.protocol.criteria import CriterionTree
from hepatica.protocol.criteria.ask import Interview
from tests.protocol.criteria.builders import (
    FLAGS,
    ON,
    Facts,
    fact,
    flag_leaf,
    flags,
    judged,
    leaf,
    tree,
)
from tests.protocol.criteria.test_laws import TREES, TRUTHS


def is_decided(made: CriterionTree, facts: Sequence[Fact]) -> bool:
    outcome = Interview(Facts(*facts), ON).ask(made.rule)
    return outcome is not None and outcome.truth is not None


def decides(made: CriterionTree, facts: list[Fact], names: Sequence[str]) -> bool:
    """By trying: whether the result is decided whatever these flags turn out to be."""
    ways = product([True, False], repeat=len(names))
    return all(
        is_decided(made, [*facts, *(fact(n, v) for n, v in zip(names, way, strict=True))])
        for way in ways
    )


@given(TREES, TRUTHS)
def test_the_list_decides_and_is_the_shortest_of_all(
    written: dict[str, Any], truths: list[bool | None]
) -> None:
    made, facts = tree(written), flags(truths)
    found = judged(written, *facts)
    if found.truth != "unknown":
        assert found.missing == ()
        return
    assert decides(made, facts, found.missing)
    gaps = [name for name, value in zip(FLAGS, truths, strict=False) if value is None]
    shorter = range(len(found.missing))
    assert not any(
        decides(made, facts, names) for count in shorter for names in combinations(gaps, count)
    )
    assert found.surplus == 0


@given(TREES, TRUTHS)
def test_a_fact_that_is_enough_alone_has_a_value_that_decides(
    written: dict[str, Any], truths: list[bool | None]
) -> None:
    made, facts = tree(written), flags(truths)
    found = judged(written, *facts)
    for name in found.missing:
        ends = any(is_decided(made, [*facts, fact(name, value)]) for value in (True, False))
        assert ends is (name in found.alone)


def test_what_cannot_matter_any_more_is_not_asked_for() -> None:
    written = {"all": [flag_leaf(0), {"any": [flag_leaf(1), flag_leaf(2)]}, flag_leaf(3)]}
    found = judged(written, *flags([True, True, None, None]))
    assert found.missing == (FLAGS[3],)
    assert [one.id for one in found.decisive] == ["flag-3"]


def test_two_questions_about_one_value_need_one_fact() -> None:
    written = {
        "any": [
            leaf("lab.bilirubin", "<", 20, unit="umol/L", id="low"),
            {
                "all": [
                    leaf("lab.bilirubin", "<", 50, unit="umol/L", id="middle"),
                    leaf("lab.albumin", ">", 30, unit="g/L"),
                ]
            },
        ]
    }
    found = judged(written)
    assert found.missing == ("lab.bilirubin", "lab.albumin")
    assert found.alone == ("lab.bilirubin",)


def test_a_fact_that_another_one_swallows_is_left_out() -> None:
    """Below 20 lies below 50: the second question can never be decided by the first alone."""
    low = leaf("lab.bilirubin", "<", 20, unit="umol/L", id="low")
    middle = leaf("lab.bilirubin", "<", 50, unit="umol/L", id="middle")
    written = {"all": [middle, {"any": [low, {"all": [middle, flag_leaf(0)]}]}]}
    assert judged(written).missing == ("lab.bilirubin", FLAGS[0])
    swallowed = {"any": [middle, {"all": [low, flag_leaf(0)]}]}
    assert judged(swallowed).missing == ("lab.bilirubin",)


def test_what_is_known_of_a_value_narrows_what_it_can_be() -> None:
    low = leaf("lab.bilirubin", "<", 20, unit="umol/L", id="low")
    high = leaf("lab.bilirubin", ">", 100, unit="umol/L", id="high")
    written = {"any": [low, {"all": [high, flag_leaf(0)]}]}
    assert judged(written).missing == ("lab.bilirubin", FLAGS[0])
    below = fact("lab.bilirubin", 90, comparator="<")
    assert judged(written, below).missing == ("lab.bilirubin",)


def test_a_code_has_only_its_answers() -> None:
    written = {
        "any": [
            leaf("liver.resectability", "in", ["resectable", "borderline"], id="good"),
            {
                "all": [
                    leaf("liver.resectability", "is", "unresectable", id="bad"),
                    flag_leaf(0),
                ]
            },
        ]
    }
    assert judged(written).missing == ("liver.resectability", FLAGS[0])
    every = leaf(
        "liver.resectability", "in", ["resectable", "borderline", "unresectable"], id="every"
    )
    assert judged({"all": [every, flag_leaf(0)]}).alone == (FLAGS[0],)


def test_a_tautology_is_settled_by_either_of_its_facts() -> None:
    def always(number: int) -> dict[str, Any]:
        return {"any": [flag_leaf(number), {"not": flag_leaf(number)}]}

    assert len(judged({"any": [always(0), always(1)]}).missing) == 1
    assert judged({"all": [{"not": always(0)}, flag_leaf(1)]}).missing == (FLAGS[0],)
    assert judged({"all": [always(0), flag_leaf(1)]}).missing == FLAGS[:2]


@pytest.mark.parametrize("uln", [None, 40])
def test_a_multiple_needs_the_value_or_only_its_limit(uln: float | None) -> None:
    asked = leaf("lab.alt", "<=", uln_times=3)
    assert judged(asked).missing == ("lab.alt",)
    assert judged(asked, fact("lab.alt", 10)).missing == ("lab.alt",)
    vague = fact("lab.alt", 200, uln=uln, comparator="<")
    assert judged({"all": [asked, flag_leaf(0)]}, vague).missing == ("lab.alt", FLAGS[0])


def test_a_new_value_replaces_an_old_range() -> None:
    """The old range narrows nothing where one of the questions wants a newer value."""
    fresh = leaf("lab.bilirubin", "<", 20, unit="umol/L", id="fresh", max_age_days=1)
    high = leaf("lab.bilirubin", ">", 100, unit="umol/L", id="high")
    old = fact("lab.bilirubin", 150, comparator="<", on=None)
    written = {"any": [{"all": [fresh, flag_leaf(0)]}, {"all": [high, flag_leaf(1)]}]}
    assert judged(written, old).missing == ("lab.bilirubin", FLAGS[0], FLAGS[1])


def test_a_count_only_takes_whole_numbers() -> None:
    written = {
        "any": [
            leaf("liver.lesion_count", "<=", 3, id="few"),
            leaf("liver.lesion_count", ">=", 4, id="many"),
        ]
    }
    found = judged(written)
    assert (found.truth, found.missing) == ("unknown", ("liver.lesion_count",))


def test_dates_are_tried_up_to_the_day_of_judgement() -> None:
    written = {
        "all": [leaf("workup.pet", "within_days", 30, id="pet"), {"not": flag_leaf(0)}],
    }
    assert judged(written).missing == ("workup.pet", FLAGS[0])
    assert judged(written).alone == ("workup.pet", FLAGS[0])


def test_known_can_be_answered_by_saying_that_there_is_none() -> None:
    written = {"all": [leaf("lab.cea", "known", id="cea"), flag_leaf(0)]}
    assert judged(written).alone == ("lab.cea", FLAGS[0])


def either_of_two(more: int) -> dict[str, Any]:
    """True whatever flag 0 is, and whatever flag 1 is; further flags entangle the two."""
    always = [part for n in (0, 1) for part in (flag_leaf(n), {"not": flag_leaf(n)})]
    crossed = [{"all": [flag_leaf(0), flag_leaf(1), flag_leaf(n)]} for n in range(2, 2 + more)]
    return {"any": [*always, *crossed]}


def test_up_to_twelve_entangled_questions_the_shortest_list_is_searched_for() -> None:
    found = judged(either_of_two(2))
    assert (len(found.missing), found.surplus) == (1, 0)


def test_above_twelve_entangled_questions_the_list_still_decides_and_owns_its_surplus() -> None:
    written = either_of_two(6)
    found = judged(written)
    assert decides(tree(written), [], found.missing)
    assert len(found.missing) - found.surplus <= 1 <= len(found.missing)
    assert found.surplus == 1


def test_a_ring_of_questions_needs_all_of_its_facts() -> None:
    crossed = [{"all": [flag_leaf(n), flag_leaf((n + 1) % 8)]} for n in range(8)]
    found = judged({"any": crossed})
    assert (set(found.missing), found.surplus) == (set(FLAGS[:8]), 0)
