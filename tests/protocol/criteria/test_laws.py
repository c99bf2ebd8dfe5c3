"""Laws that hold for every tree of criteria, tried on random ones."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from hepatica.protocol.criteria import Judgement
from tests.protocol.criteria.builders import FLAGS, fact, flag_leaf, flags, judged, leaf

Written = dict[str, Any]


def _groups(inner: st.SearchStrategy[Written]) -> st.SearchStrategy[Written]:
    parts = st.lists(inner, min_size=1, max_size=4)
    return st.one_of(
        parts.map(lambda found: {"all": found}),
        parts.map(lambda found: {"any": found}),
        inner.map(lambda found: {"not": found}),
    )


LEAVES = st.integers(0, 6).map(flag_leaf)
TREES = st.recursive(LEAVES, _groups, max_leaves=12)
TRUTHS = st.lists(st.sampled_from([True, False, None]), min_size=7, max_size=7)


def negated(written: Written) -> Written:
    """By De Morgan: the same as ``not``, pushed down to the questions."""
    if "all" in written:
        return {"any": [negated(part) for part in written["all"]]}
    if "any" in written:
        return {"all": [negated(part) for part in written["any"]]}
    return written.get("not", {"not": written})


def turned(written: Written) -> Written:
    """The same tree with every list the other way round."""
    made = dict(written)
    for key in ("all", "any"):
        if key in made:
            made[key] = [turned(part) for part in reversed(made[key])]
    if "not" in made:
        made["not"] = turned(made["not"])
    return made


def gist(judgement: Judgement) -> tuple[Any, ...]:
    decisive = sorted((leaf.id, leaf.truth) for leaf in judgement.decisive)
    return judgement.truth, decisive, len(judgement.missing), sorted(judgement.alone)


@given(TREES, TRUTHS)
def test_the_order_of_criteria_changes_nothing(written: Written, truths: list[bool | None]) -> None:
    facts = flags(truths)
    first, second = judged(written, *facts), judged(turned(written), *facts)
    assert first.truth == second.truth
    assert gist(first)[:3] == gist(second)[:3]


@given(TREES, TRUTHS)
def test_de_morgan_holds_with_gaps(written: Written, truths: list[bool | None]) -> None:
    facts = flags(truths)
    outside, inside = judged({"not": written}, *facts), judged(negated(written), *facts)
    assert outside.truth == inside.truth
    assert {leaf.id for leaf in outside.decisive} == {leaf.id for leaf in inside.decisive}
    assert set(outside.missing) == set(inside.missing)


@given(TREES, TRUTHS, TRUTHS)
def test_filling_an_unknown_never_flips_a_decided_result(
    written: Written, truths: list[bool | None], more: list[bool | None]
) -> None:
    before = judged(written, *flags(truths))
    filled = [new if old is None else old for old, new in zip(truths, more, strict=True)]
    after = judged(written, *flags(filled))
    if before.truth != "unknown":
        assert after.truth == before.truth


@given(TREES, TRUTHS)
def test_turning_a_decisive_answer_changes_the_result_or_reveals_another(
    written: Written, truths: list[bool | None]
) -> None:
    once = numbered(written)
    facts = {name: value for name, value in zip(FLAGS, (truths * 2), strict=False)}
    before = judged(once, *[fact(n, v) for n, v in facts.items() if v is not None])
    for one in before.decisive:
        if one.truth == "unknown":
            continue
        flipped = facts | {one.fact: not facts[one.fact]}
        after = judged(once, *[fact(n, v) for n, v in flipped.items() if v is not None])
        others = {other.id for other in after.decisive} - {one.id}
        same = after.truth == before.truth
        assert not same or (others and one.id not in {other.id for other in after.decisive})


@given(TREES, TRUTHS)
def test_the_decisive_answers_alone_carry_the_result(
    written: Written, truths: list[bool | None]
) -> None:
    facts = flags(truths)
    before = judged(written, *facts)
    named = {leaf.fact for leaf in before.decisive}
    if before.truth != "unknown":
        assert judged(written, *[f for f in facts if f.field in named]).truth == before.truth


def numbered(written: Written) -> Written:
    """The same shape with a fact of its own for every question."""
    count = iter(range(len(FLAGS)))

    def renewed(node: Written) -> Written:
        if "not" in node:
            return {"not": renewed(node["not"])}
        for key in ("all", "any"):
            if key in node:
                return {key: [renewed(part) for part in node[key]]}
        return flag_leaf(next(count))

    return renewed(written)


BOUNDS = st.sampled_from([20.0, 50.0, 80.0])
QUESTIONS = st.builds(
    lambda op, bound, number: leaf("lab.alt", op, bound, unit="U/L", id=f"alt-{number}"),
    st.sampled_from(["<", "<=", ">", ">=", "is", "is_not"]),
    BOUNDS,
    st.integers(0, 9),
)
MULTIPLES = st.builds(
    lambda op, times: leaf("lab.alt", op, uln_times=times, id="multiple"),
    st.sampled_from(["<", "<=", ">", ">="]),
    st.sampled_from([1.0, 2.0]),
)
NUMERIC = st.recursive(QUESTIONS | MULTIPLES | LEAVES, _groups, max_leaves=10)
VALUES = st.one_of(BOUNDS, st.floats(0, 120))


@given(NUMERIC, VALUES, VALUES, st.sampled_from(["<", "<=", ">", ">="]), st.booleans())
def test_narrowing_a_range_to_a_number_never_flips_a_decided_result(
    written: Written, end: float, value: float, comparator: Any, has_limit: bool
) -> None:
    inside = {"<": value < end, "<=": value <= end, ">": value > end, ">=": value >= end}
    assume(inside[comparator])
    uln = 40.0 if has_limit else None
    before = judged(written, fact("lab.alt", end, uln, comparator=comparator))
    after = judged(written, fact("lab.alt", value, uln))
    if before.truth != "unknown":
        assert after.truth == before.truth
    if before.missing == ("lab.alt",):
        assert judged(written, fact("lab.alt", value, 40.0)).truth != "unknown"


@given(NUMERIC, VALUES, st.floats(10, 100))
def test_a_measured_value_decides_where_it_alone_was_asked_for(
    written: Written, value: float, uln: float
) -> None:
    if judged(written).missing == ("lab.alt",):
        assert judged(written, fact("lab.alt", value, uln)).truth != "unknown"


SIZES = st.lists(st.sampled_from([None, 10, 30, 60]), max_size=3)
LESIONS = st.builds(
    lambda op, bound, items: leaf("lesion.diameter", op, bound, unit="mm", items=items),
    st.sampled_from(["<", "<=", ">", ">="]),
    st.sampled_from([20, 30, 50]),
    st.sampled_from(["each", "any"]),
)
COUNTS = st.builds(
    lambda op, bound: leaf("liver.lesion_count", op, bound),
    st.sampled_from(["<", "<=", ">", ">=", "is"]),
    st.integers(0, 4),
)
LISTED = st.recursive(LESIONS | COUNTS | LEAVES, _groups, max_leaves=8)


def lesions(sizes: list[int | None], first: int = 1) -> list[Any]:
    """A list of metastases, of which some are not measured."""
    named = [fact("lesion.segment", "VI", item=str(n)) for n in range(first, first + len(sizes))]
    measured = [
        fact("lesion.diameter", size, item=str(n))
        for n, size in enumerate(sizes, start=first)
        if size is not None
    ]
    return named + measured


@given(LISTED, TRUTHS, SIZES, SIZES, st.sampled_from([None, ">=", "<="]), st.integers(0, 2))
def test_stating_how_many_there_are_never_flips_a_decided_result(
    written: Written,
    truths: list[bool | None],
    sizes: list[int | None],
    more: list[int | None],
    comparator: Any,
    apart: int,
) -> None:
    count = len(sizes) + len(more)
    here = [*flags(truths), *lesions(sizes)]
    ends = {">=": max(count - apart, 0), "<=": count + apart}
    end = ends.get(comparator, count)
    vague = [fact("liver.lesion_count", end, comparator=comparator)] if comparator else []
    exact = fact("liver.lesion_count", count)
    beyond = lesions(more, first=len(sizes) + 1)
    steps = [here, [*here, *vague], [*here, exact], [*here, exact, *beyond]]
    truths_told = [judged(written, *step).truth for step in steps]
    for before, after in pairwise(truths_told):
        assert before in ("unknown", after)


@given(LISTED, TRUTHS, SIZES)
def test_of_unlisted_metastases_nothing_is_asked_before_their_number_is_stated(
    written: Written, truths: list[bool | None], sizes: list[int | None]
) -> None:
    found = judged(written, *flags(truths), *lesions(sizes))
    assert not any("unlisted" in name for name in found.missing)
    counted = judged(
        written, *flags(truths), *lesions(sizes), fact("liver.lesion_count", len(sizes))
    )
    assert not any("unlisted" in name for name in counted.missing)


@given(LISTED, TRUTHS, SIZES)
def test_a_list_that_is_said_to_end_decides_as_the_list_of_what_is_missing_promises(
    written: Written, truths: list[bool | None], sizes: list[int | None]
) -> None:
    here = [*flags(truths), *lesions(sizes)]
    if judged(written, *here).missing == ("liver.lesion_count",):
        ended = fact("liver.lesion_count", len(sizes))
        assert judged(written, *here, ended).truth != "unknown"
