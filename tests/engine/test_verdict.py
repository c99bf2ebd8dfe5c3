"""Three-valued verdicts combine as Kleene's logic says."""

from __future__ import annotations

from itertools import product

import pytest

from hepatica.engine.verdict import Verdict, all_of, any_of

RANK = {Verdict.NOT_MET: 0, Verdict.UNKNOWN: 1, Verdict.MET: 2}


@pytest.mark.parametrize("pair", list(product(Verdict, Verdict)))
def test_all_of_is_the_lower_and_any_of_the_higher(pair: tuple[Verdict, Verdict]) -> None:
    assert all_of(pair) is min(pair, key=RANK.__getitem__)
    assert any_of(pair) is max(pair, key=RANK.__getitem__)


def test_nothing_to_meet_is_met_and_nothing_to_choose_from_is_not() -> None:
    assert all_of([]) is Verdict.MET
    assert any_of([]) is Verdict.NOT_MET
