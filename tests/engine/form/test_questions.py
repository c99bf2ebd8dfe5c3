"""The form asks what a protocol needs and nobody has said yet."""

from __future__ import annotations

from datetime import date

import pytest

from hepatica.case.record import Fact, Record, ReferenceRange
from hepatica.engine.form import Question, block_questions, open_items, questions_of
from hepatica.errors import InvalidInput
from hepatica.protocol import load_protocol, protocol_names

TODAY = date(2024, 6, 1)


def _asked(on: date = TODAY) -> dict[str, Question]:
    return {q.field.name: q for q in questions_of(load_protocol("sbrt-six-fraction"), on)}


def test_a_derived_fact_asks_for_what_it_is_computed_from() -> None:
    asked = _asked()
    child_pugh = {"lab.bilirubin", "lab.albumin", "lab.inr", "function.ascites"}
    assert all("child-pugh" in asked[name].asked_by for name in child_pugh)
    assert not any(name.startswith(("derived.", "computed.")) for name in asked)


def test_a_multiple_of_the_upper_limit_asks_for_the_limit() -> None:
    asked = _asked()
    assert asked["lab.alt"].needs_upper_limit
    assert not asked["lab.platelets"].needs_upper_limit


def test_a_criterion_that_is_no_longer_in_force_asks_for_nothing() -> None:
    assert "cancer.primary_site" in _asked(date(2003, 6, 1))
    assert "cancer.primary_site" not in _asked()


@pytest.mark.parametrize("name", protocol_names())
def test_every_protocol_with_criteria_asks_for_fields_of_the_record(name: str) -> None:
    protocol = load_protocol(name)
    if protocol.eligibility is None:
        with pytest.raises(InvalidInput, match=r"asks for nothing.*--block"):
            questions_of(protocol, TODAY)
    else:
        assert questions_of(protocol, TODAY)


def test_questions_come_in_the_order_of_the_record() -> None:
    names = [q.field.name for q in block_questions(["lab", "patient"])]
    assert names[0] == "patient.sex"
    assert names.index("patient.weight") < names.index("lab.bilirubin")
    with pytest.raises(InvalidInput, match="no part 'labs'; it has patient, cancer"):
        block_questions(["labs"])


@pytest.mark.parametrize(
    ("fact", "is_open"),
    [
        (None, True),
        (Fact("lab.alt", 30.0, unit="U/L", on=TODAY), True),
        (Fact("lab.alt", 30.0, unit="U/L", on=TODAY, reference=ReferenceRange(None, 40)), False),
        (Fact("lab.alt", 30.0, unit="U/L", reference=ReferenceRange(None, 40)), True),
        (
            Fact(
                "lab.alt",
                30.0,
                unit="U/L",
                on=date(2024, 5, 1),
                reference=ReferenceRange(None, 40),
            ),
            True,
        ),
        (Fact("lab.alt", absent="unknown"), True),
        (Fact("lab.alt", absent="declined"), False),
    ],
)
def test_a_question_is_open_until_its_answer_serves(fact: Fact | None, is_open: bool) -> None:
    question = Question(block_questions(["lab"])[1].field, ("alt",), True, 14)
    record = Record("P1", (fact,) if fact else ())
    assert question.field.name == "lab.alt"
    assert bool(open_items(question, record, TODAY)) is is_open


def test_a_repeated_question_is_asked_for_each_item() -> None:
    (question,) = (q for q in block_questions(["lesion"]) if q.field.name == "lesion.segment")
    record = Record(
        "P1",
        (
            Fact("lesion.segment", "II", item="1"),
            Fact("lesion.diameter", 9.0, item="2", unit="mm"),
        ),
    )
    assert open_items(question, record, TODAY) == ("2",)
    assert open_items(question, Record("P2"), TODAY) == ()
