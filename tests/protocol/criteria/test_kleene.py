"""Truth with gaps follows the nine rows that CQL publishes for and, or and not."""

from __future__ import annotations

import pytest

from hepatica.protocol.criteria.kleene import both, either, in_words, opposite

T, F, U = True, False, None

ROWS = [
    # left, right, and, or
    (T, T, T, T),
    (T, F, F, T),
    (T, U, U, T),
    (F, T, F, T),
    (F, F, F, F),
    (F, U, F, U),
    (U, T, U, T),
    (U, F, F, U),
    (U, U, U, U),
]


@pytest.mark.parametrize(("left", "right", "conjunction", "disjunction"), ROWS)
def test_all_and_any_have_the_nine_rows_of_cql(
    left: bool | None, right: bool | None, conjunction: bool | None, disjunction: bool | None
) -> None:
    assert both([left, right]) is conjunction
    assert either([left, right]) is disjunction


def test_not_turns_true_and_false_and_leaves_unknown() -> None:
    assert [opposite(truth) for truth in (T, F, U)] == [F, T, U]


def test_nothing_demands_nothing_and_offers_nothing() -> None:
    assert both([]) is True
    assert either([]) is False


def test_truths_are_said_in_words() -> None:
    assert [in_words(truth) for truth in (T, F, U)] == ["true", "false", "unknown"]
