"""What nobody writes down because it follows."""

from __future__ import annotations

from datetime import date

import pytest

from hepatica.case.record import Fact, Record
from hepatica.engine.inferred_facts import with_inferences
from hepatica.engine.screen import known_on

DAY = date(2026, 3, 10)
TWO = Fact("liver.lesion_count", 2, on=date(2026, 3, 1))
COMPLETE = (Fact("all_listed.prior", True), Fact("all_listed.procedure", True))


def resected(*facts: Fact) -> Fact | None:
    return with_inferences(Record("case", facts), DAY).latest("status.resected", until=DAY)


@pytest.mark.parametrize(
    "facts",
    [
        (TWO,),
        (Fact("liver.lesion_count", 1, comparator=">="),),
        (Fact("lesion.segment", "V", "1"),),
        (TWO, Fact("prior.kind", "ablation", "1")),
    ],
)
def test_who_has_metastases_and_was_not_operated_is_not_free_of_them(facts):
    found = resected(*COMPLETE, *facts)
    assert found is not None
    assert found.value is False
    assert found.source.startswith("follows from the")


@pytest.mark.parametrize(
    "facts",
    [
        (),
        (Fact("liver.lesion_count", 0),),
        (Fact("liver.lesion_count", 5, comparator="<"),),
        (Fact("liver.lesion_count", absent="unknown"),),
        (TWO, Fact("procedure.kind", "resection", "1")),
        (TWO, Fact("prior.kind", "resection", "1")),
        (Fact("liver.lesion_count", 2, on=date(2026, 4, 1)),),
        (Fact("lesion.segment", "V", "1", on=date(2022, 5, 1)), Fact("liver.lesion_count", 0)),
        (Fact("lesion.segment", "V", "1", on=date(2026, 4, 1)),),
    ],
)
def test_without_metastases_or_with_an_operation_nothing_follows(facts):
    assert resected(*COMPLETE, *facts) is None


@pytest.mark.parametrize("said", [(), COMPLETE[:1], COMPLETE[1:]])
def test_a_list_that_may_go_on_says_nothing_about_what_it_lacks(said):
    assert resected(TWO, *said) is None
    assert resected(TWO, *said, Fact("all_listed.procedure", False)) is None


@pytest.mark.parametrize("value", [True, False])
def test_what_was_written_stands(value):
    said = Fact("status.resected", value, source="letter")
    assert resected(TWO, said) == said


def test_an_inference_is_seen_in_the_judgement_and_not_kept_in_the_record():
    record = Record("case", (TWO, *COMPLETE))
    known = known_on(record, DAY)
    assert known.facts.latest("status.resected", until=DAY).value is False
    assert known.record == record
