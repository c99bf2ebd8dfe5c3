"""The first box answers in sentences and says what to do next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hepatica.engine.evaluation import Allocation, Evaluation, PrescribedDose
from hepatica.engine.verdict import Verdict
from hepatica.report.answer import answer, answer_sentences, missing_facts, next_step
from tests.report.builders import LIMITS


def complete(evaluation: Evaluation, dose_gy: float = 41.4) -> Evaluation:
    """The evaluation with nothing missing and all hard limits met."""
    allocation = replace(evaluation.allocation, verdict=Verdict.MET, reason="", missing=())
    met = tuple(limit for limit in LIMITS if limit.verdict is Verdict.MET)
    return replace(
        evaluation,
        missing=(),
        allocation=allocation,
        limits=met,
        prescription=PrescribedDose(dose_gy, 6, "RTPLAN"),
    )


def plain(text: str) -> str:
    """Text with plain spaces."""
    return text.replace("\u00a0", " ")


def test_the_tiles_hold_prescription_risk_dose_and_limits(evaluation: Evaluation) -> None:
    values = [plain(tile.value) for tile in answer(complete(evaluation)).tiles]
    assert values == ["41.4 Gy", "1.5 %", "41.4 Gy", "2 of 2 met"]


def test_a_dose_that_missing_organs_could_lower_is_an_upper_bound(evaluation: Evaluation) -> None:
    tile = answer(evaluation).tiles[2]
    assert plain(tile.value) == "\u2264 41.4 Gy"
    assert tile.tone == "unknown"
    facts = {fact.label: plain(fact.text) for fact in answer(evaluation).facts}
    assert facts["Deliverable dose"].startswith(
        "Unknown, at most 41.4 Gy (upper bound): 1 organ limit"
    )
    assert "upper bound" in tile.detail
    assert facts["What limits it"].startswith(
        "At 10 % risk 41.9 Gy (upper bound) is allowed and 41.4 Gy (upper bound), 6 fractions of "
    )


def test_the_sentences_name_broken_and_unknown_limits(evaluation: Evaluation) -> None:
    facts = {fact.label: plain(fact.text) for fact in answer(evaluation).facts}
    assert facts["Limits"] == (
        "Of 5 limits: 2 met, 2 not met (Stomach D0.5cc[Gy] and Chestwall D0.5cc[Gy]), "
        "1 unknown (Duodenum D0.5cc[Gy])."
    )
    assert "model michigan_mets, n 0.97, m 0.12, TD50 45.8 Gy" in facts["Liver risk"]
    assert "0.5 % if read in 2.0 Gy fractions" in facts["Liver risk"]
    assert facts["Dose per risk level"].startswith(
        "Deliverable at most 40.2 Gy (allowed 40.7 Gy) at 5 %, at most 41.4 Gy (allowed 41.9 Gy) at"
    )
    assert "Limited by Liver-GTV" in facts["What limits it"]


def test_unknown_prescription_and_risk_say_why(unknown: Evaluation) -> None:
    found = answer(unknown)
    assert [tile.value for tile in found.tiles[:3]] == ["unknown"] * 3
    facts = {fact.label: fact.text for fact in found.facts}
    assert facts["Prescription"].startswith("Unknown: neither plan nor user stated it")
    assert "the dose grid misses Liver-GTV" in facts["Liver risk"]
    assert "the dose grid misses Liver-GTV" in facts["Deliverable dose"]


def test_the_same_missing_fact_is_said_once_and_equal_remedies_together(
    evaluation: Evaluation,
) -> None:
    doubled = replace(
        evaluation,
        missing=("the case has no Rib: contour it.", "the case has no Duodenum: contour it."),
        allocation=replace(
            evaluation.allocation, missing=("Duodenum: the case has no Duodenum: contour it.",)
        ),
    )
    assert missing_facts(doubled) == ("the case has no Rib; the case has no Duodenum: contour it",)


def test_next_is_to_supply_what_is_missing(evaluation: Evaluation) -> None:
    step = next_step(evaluation)
    assert step.startswith("Supply what is missing")
    assert "Stomach D0.5cc[Gy]" in step
    assert "Chestwall" not in step  # a soft limit does not hold the plan up


@pytest.mark.parametrize(
    ("dose_gy", "expected"),
    [
        (48.0, "Lower the prescription from 48.0 Gy to 41.4 Gy at the 10 % risk level"),
        (36.0, "The prescription may be raised from 36.0 Gy to 41.4 Gy"),
        (41.4, "The prescription agrees with 41.4 Gy"),
    ],
)
def test_next_compares_the_prescription_with_the_dose_allowed(
    evaluation: Evaluation, dose_gy: float, expected: str
) -> None:
    assert plain(next_step(complete(evaluation, dose_gy))).startswith(expected)


def test_next_is_to_keep_a_broken_hard_limit(evaluation: Evaluation) -> None:
    broken = replace(complete(evaluation), limits=LIMITS[:2])
    assert next_step(broken).startswith("Change the plan so that Stomach D0.5cc[Gy] is kept")


def test_a_patient_beyond_the_strata_gets_no_dose(evaluation: Evaluation) -> None:
    why = "The effective liver volume is 0.91; above 0.8 the protocol does not treat."
    none = Allocation(Verdict.NOT_MET, why, "two_step", None, 0.91, (), (), 0.10)
    refused = replace(complete(evaluation), allocation=none)
    tile = answer(refused).tiles[2]
    assert (tile.value, tile.tone) == ("none", "not met")
    assert next_step(refused) == f"Do not allocate a dose by this protocol: {why}"


def test_the_sentences_for_a_terminal_are_the_same(evaluation: Evaluation) -> None:
    lines = answer_sentences(evaluation)
    assert lines[0].startswith("Prescription: 41.4")
    assert lines[-1].startswith("Next step: ")
    assert all("\n" not in line for line in lines)


def test_warnings_look_like_warnings_and_stand_before_plain_remarks(
    evaluation: Evaluation,
) -> None:
    facts = answer(evaluation).facts
    labels = [fact.label for fact in facts]
    assert labels.index("Warnings") + 1 == labels.index("Remarks")
    tones = {fact.label: fact.tone for fact in facts}
    assert (tones["Warnings"], tones["Remarks"]) == ("warning", "plain")


def test_the_prescription_says_where_dose_and_fractions_come_from(evaluation: Evaluation) -> None:
    text = plain(answer(evaluation).facts[0].text)
    assert text == (
        "41.4 Gy in 6 fractions of 6.90 Gy. Dose: RTPLAN liver1. Number of fractions: as given by "
        "the user."
    )


def test_a_plan_whose_risk_is_above_the_level_is_marked(evaluation: Evaluation) -> None:
    assert evaluation.risk is not None
    high = replace(evaluation.risk, reading=replace(evaluation.risk.reading, ntcp=0.31))
    tile = answer(replace(evaluation, risk=high)).tiles[1]
    assert (plain(tile.value), tile.tone) == ("31.0 %", "not met")
    assert "above the 10 % level" in plain(tile.detail)
