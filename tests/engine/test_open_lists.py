"""Metastases that nobody counted may be more: their number, told later, turns nothing round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hepatica.case.record import Fact, Record, field_named
from hepatica.engine.computed_facts import ComputedFact
from hepatica.engine.screen import Known, known_on
from hepatica.protocol import load_protocol, protocol_names
from hepatica.protocol.criteria import CriterionTree, Leaf, evaluate, leaves_of
from hepatica.protocol.criteria.answer import Question
from hepatica.protocol.criteria.possible import possible_facts
from tests.protocol.criteria_cases import day_in_force, questions_of, recordable, trees_of

ON = date(2024, 6, 1)
_SIZES = st.none() | st.sampled_from([4.0, 10.0, 19.0, 20.0, 30.0, 50.0, 51.0, 80.0])


@dataclass(frozen=True)
class Lists:
    """The same metastases: those listed first, and all of them with their number."""

    listed: tuple[Fact, ...]
    count: Fact
    others: tuple[Fact, ...]


def lesion(item: int, draw: st.DrawFn) -> list[Fact]:
    """A metastasis with its segment, and with sizes as far as somebody measured them."""
    found = [Fact("lesion.segment", "VI", str(item), on=ON)]
    for name in ("diameter", "depth", "to_portal_triad"):
        size = draw(_SIZES)
        if size is not None:
            found.append(Fact(f"lesion.{name}", size, str(item), unit="mm", on=ON))
    return found


@st.composite
def lists(draw: st.DrawFn) -> Lists:
    """Up to three metastases that are listed, and up to two that turn up later."""
    listed, all_ = draw(st.integers(0, 3)), 0
    all_ = listed + draw(st.integers(0, 2))
    facts = [lesion(item, draw) for item in range(1, all_ + 1)]
    return Lists(
        tuple(fact for found in facts[:listed] for fact in found),
        Fact("liver.lesion_count", all_, on=ON),
        tuple(fact for found in facts[listed:] for fact in found),
    )


@cache
def trees(name: str) -> tuple[CriterionTree, ...]:
    """Trees and single questions of a document: those about lesions, or all where none is."""
    found = [tree for _, tree in trees_of(load_protocol(name))]
    all_ = (*found, *(question for tree in found for question in questions_of(tree)))
    about = [tree for tree in all_ if any(map(is_about_lesions, leaves_of(tree.rule)))]
    return tuple(about or found)


def is_about_lesions(leaf: Leaf) -> bool:
    return leaf.field.group == "lesion" or leaf.fact in (
        *("derived.lesion_count", "derived.largest_diameter"),
        "derived.tumour_burden_percent",
    )


def stated(tree: CriterionTree, draw: st.DrawFn) -> Iterator[Fact]:
    """An answer, or none, to every question about a field of the record that is not repeated."""
    for leaf in {leaf.fact: leaf for leaf in leaves_of(tree.rule)}.values():
        if leaf.field.block in ("derived", "computed", "lesion") or not draw(st.booleans()):
            continue
        if leaf.fact != "liver.lesion_count":
            yield draw(st.sampled_from(answers(leaf)))


@cache
def answers(leaf: Leaf) -> tuple[Fact, ...]:
    """One fact for each way in which a question can be answered."""
    on = day_in_force(leaf)
    return tuple(map(recordable, possible_facts([Question(leaf, leaf.bound_on(on))], None, on)))


def known(*facts: Fact, computed: tuple[ComputedFact, ...] = ()) -> Known:
    return known_on(Record("case", facts), ON, computed)


def truth(tree: CriterionTree, found: Known) -> str:
    return evaluate(tree, found.facts, ON, {"lesion": "1"}).truth


@st.composite
def told(draw: st.DrawFn, tree: CriterionTree) -> tuple[Fact, ...]:
    """What is known of a patient beside the metastases."""
    return tuple(stated(tree, draw))


@pytest.mark.parametrize("name", protocol_names())
@settings(max_examples=40)
@given(data=st.data())
def test_a_number_that_is_stated_later_never_flips_a_decided_criterion(
    name: str, data: Any
) -> None:
    tree = data.draw(st.sampled_from(trees(name)))
    found, others = data.draw(lists()), data.draw(told(tree))
    here = (*others, *found.listed)
    before = truth(tree, known(*here))
    counted = truth(tree, known(*here, found.count))
    whole = truth(tree, known(*here, found.count, *found.others))
    assert before in ("unknown", counted)
    assert counted in ("unknown", whole)


EACH = {"id": "e", "fact": "lesion.diameter", "op": "<=", "value": 30, "unit": "mm"}


def asked(items: str, **more: Any) -> CriterionTree:
    from tests.protocol.criteria.builders import tree

    return tree(EACH | {"items": items} | more)


SMALL = (
    Fact("lesion.diameter", 20.0, "1", unit="mm", on=ON),
    Fact("lesion.diameter", 25.0, "2", unit="mm", on=ON),
)
TWO, THREE = (Fact("liver.lesion_count", n, on=ON) for n in (2, 3))


def missing(tree: CriterionTree, *facts: Fact) -> tuple[str, ...]:
    return evaluate(tree, known(*facts).facts, ON).missing


def test_with_the_number_equal_to_the_list_everything_is_decided() -> None:
    assert truth(asked("each"), known(*SMALL, TWO)) == "true"
    assert truth(asked("any", op=">"), known(*SMALL, TWO)) == "false"


def test_the_number_is_asked_for_and_nothing_about_metastases_that_may_not_exist() -> None:
    assert missing(asked("each"), *SMALL) == ("liver.lesion_count",)
    assert missing(asked("any", op=">"), *SMALL) == ("liver.lesion_count",)
    assert missing(asked("each"), *SMALL, THREE) == ("lesion.diameter[unlisted]",)


def test_one_that_is_listed_can_still_decide_by_itself() -> None:
    large = Fact("lesion.diameter", 44.0, "3", unit="mm", on=ON)
    assert truth(asked("each"), known(*SMALL, large)) == "false"
    assert truth(asked("any", op=">"), known(*SMALL, large)) == "true"


def test_a_drawn_tumour_does_not_make_the_list_complete() -> None:
    drawn = (
        ComputedFact("computed.lesion_diameter", 20.0, ("GTV1",), "GTV1"),
        ComputedFact("computed.gtv_count", 1, ("GTV1",), comparator=">="),
        ComputedFact("computed.largest_diameter", 20.0, ("GTV1",), comparator=">="),
    )
    assert truth(asked("each"), known(computed=drawn)) == "unknown"
    one = Fact("liver.lesion_count", 1, on=ON)
    assert truth(asked("each"), known(one, computed=drawn)) == "true"
    largest = known(one, computed=drawn).derived["derived.largest_diameter"]
    assert largest.value == 20.0
    assert known(computed=drawn).derived["derived.largest_diameter"].low == 20.0


@pytest.mark.parametrize("group", ["prior", "procedure", "toxicity"])
def test_a_list_of_another_kind_is_closed_by_the_word_that_it_is_complete(group: str) -> None:
    from tests.protocol.criteria.builders import tree

    field = {"prior": "kind", "procedure": "kind", "toxicity": "grade"}[group]
    value = {"toxicity": 3}.get(group, "resection")
    op = {"toxicity": ">="}.get(group, "is")
    had = tree({"id": "h", "fact": f"{group}.{field}", "op": op, "value": value, "items": "any"})
    complete = Fact(f"all_listed.{group}", True, on=ON)
    assert truth(had, known()) == "unknown"
    assert missing(had) == (f"all_listed.{group}",)
    assert truth(had, known(complete)) == "false"
    other = {"toxicity": 1}.get(group, "ablation")
    one = Fact(f"{group}.{field}", other, "1", on=ON)
    assert truth(had, known(one)) == "unknown"
    assert truth(had, known(one, complete)) == "false"
    gaps = Fact(f"all_listed.{group}", False, on=ON)
    assert missing(had, one, gaps) == (f"{group}.{field}[unlisted]",)


def test_every_repeated_group_has_a_fact_that_closes_its_list() -> None:
    from hepatica.case.record import fields
    from hepatica.protocol.criteria.listed import closing_fact

    groups = {field.group for field in fields().values() if field.group}
    closing = {group: field_named(closing_fact(group)) for group in groups}
    assert {field.kind for field in closing.values()} == {"count", "flag"}
    named = {name for name in fields() if name.startswith("all_listed.")}
    assert named == {field.name for field in closing.values() if field.kind == "flag"}


def test_who_had_no_earlier_treatment_had_no_chemotherapy() -> None:
    born = Fact("patient.birth_year", 1960, on=ON)
    complete = Fact("all_listed.prior", True, on=ON)
    days = "derived.chemotherapy_free_days"
    assert known(born).derived[days].value is None
    assert (known(born, complete).derived[days].value or 0) > 365
    unnamed = Fact("prior.regimen", "something", "1", on=ON)
    assert known(born, complete, unnamed).derived[days].value is None
    counted = Fact("exposure.chemotherapy_regimens", 2, on=ON)
    assert known(born, complete, counted).derived[days].value is None
