"""Every criterion of every shipped document can be true, false and unknown."""

from __future__ import annotations

from functools import cache

import pytest

from hepatica.protocol import Protocol, load_protocol, protocol_names
from hepatica.protocol.criteria import evaluate
from tests.protocol.criteria.builders import Facts, leaf, tree
from tests.protocol.criteria_cases import cases_of, outcomes_of, questions_of, trees_of


@cache
def loaded(name: str) -> Protocol:
    return load_protocol(name)


@pytest.mark.parametrize("name", protocol_names())
def test_every_criterion_has_a_case_that_is_true_false_and_unknown(name: str) -> None:
    for place, found in trees_of(loaded(name)):
        for question in questions_of(found):
            truths = set()
            for case in cases_of(question):
                judgement = evaluate(question, Facts(*case.facts), case.on, {"lesion": "1"})
                assert judgement.truth == case.truth, (place, question.id, case)
                truths.add(case.truth)
            assert truths == {"true", "false", "unknown"}, (place, question.id)


@pytest.mark.parametrize("name", protocol_names())
def test_every_tree_takes_some_patients_and_not_others(name: str) -> None:
    for place, found in trees_of(loaded(name)):
        assert outcomes_of(found) == {True, False}, place


@pytest.mark.parametrize("name", protocol_names())
def test_nothing_is_decided_about_a_patient_of_whom_nothing_is_known(name: str) -> None:
    for place, found in trees_of(loaded(name)):
        judgement = evaluate(found, Facts(), max(c.on for c in cases_of(next(questions_of(found)))))
        assert judgement.truth == "unknown", place
        assert judgement.missing, place


def test_a_criterion_that_cannot_fail_is_noticed() -> None:
    every = leaf("derived.child_pugh_class", "in", ["A", "B", "C"])
    assert {case.truth for case in cases_of(tree(every))} == {"true", "unknown"}
    assert outcomes_of(tree({"all": [every]})) == {True}
