"""The dose is told in one quantity, with its doubts, on the tile, in the sentences and the plot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hepatica.engine.evaluation import AllowedDose, Evaluation
from hepatica.engine.verdict import Verdict
from hepatica.report.allowed import dose_facts, dose_tile
from hepatica.report.pictures import isotoxic_picture


def _known(evaluation: Evaluation, **changes: object) -> Evaluation:
    """The evaluation with nothing missing and the chosen level changed."""
    levels = tuple(
        replace(dose, **changes) if dose.risk == 0.10 else dose  # type: ignore[arg-type]
        for dose in evaluation.allocation.levels
    )
    allocation = replace(
        evaluation.allocation, verdict=Verdict.MET, reason="", missing=(), levels=levels
    )
    return replace(evaluation, allocation=allocation)


def _facts(evaluation: Evaluation) -> dict[str, tuple[str, str]]:
    return {
        fact.label: (fact.text.replace("\u00a0", " "), fact.tone) for fact in dose_facts(evaluation)
    }


def test_tile_sentence_and_picture_speak_of_the_deliverable_dose(evaluation: Evaluation) -> None:
    known = _known(evaluation)
    tile = dose_tile(known)
    assert (tile.label, tile.value) == ("Deliverable at 10\u00a0% risk", "41.4\u00a0Gy")
    assert "allowed 41.9\u00a0Gy" in tile.detail
    assert "41.4 Gy, 6 fractions of 6.90 Gy, is deliverable" in _facts(known)["What limits it"][0]
    assert "deliverable at 10\u00a0%: 41.4\u00a0Gy" in isotoxic_picture(known).caption


def test_an_upper_bound_is_called_one_in_the_picture(evaluation: Evaluation) -> None:
    words = isotoxic_picture(evaluation).caption
    assert "deliverable at 10\u00a0%, upper bound: 41.4\u00a0Gy" in words


def test_hot_spots_make_the_tile_amber_and_are_explained(evaluation: Evaluation) -> None:
    hot = _known(evaluation, binwise_gy=37.0, liver_gy=37.0, allowed_gy=37.0, curve_over_risk=True)
    tile = dose_tile(hot)
    assert tile.tone == "warning"
    assert tile.detail.endswith("hot spots in the liver")
    text, tone = _facts(hot)["Hot spots"]
    assert tone == "warning"
    assert "above the level (10 %)" in text


def test_hot_spots_that_do_not_decide_are_not_told(evaluation: Evaluation) -> None:
    assert "Hot spots" not in _facts(_known(evaluation, curve_over_risk=True, liver_gy=57.0))


def test_an_allowed_dose_above_the_risk_level_is_red_and_said(evaluation: Evaluation) -> None:
    over = _known(evaluation, ntcp=0.13)
    tile = dose_tile(over)
    assert tile.tone == "not met"
    assert "own risk 13.0\u00a0% is too high" in tile.detail
    text, tone = _facts(over)["Risk too high"]
    assert tone == "not met"
    assert "own risk of this patient is 13.0 % there, above the level" in text


@pytest.mark.parametrize("stratum", ["low", "mid"])
def test_bin_wise_sentences_say_that_the_low_stratum_has_fixed_doses(
    evaluation: Evaluation, stratum: str
) -> None:
    allocation = replace(evaluation.allocation, reading="binwise", stratum=stratum)
    text, _ = _facts(replace(evaluation, allocation=allocation))["Dose per risk level"]
    assert "stratum low gives fixed dose levels" in text
    assert text.endswith("this patient is in it.") == (stratum == "low")


def test_a_level_at_exactly_its_risk_is_not_too_high(evaluation: Evaluation) -> None:
    level: AllowedDose = evaluation.allocation.levels[1]
    assert level.ntcp == level.risk
    assert "Risk too high" not in _facts(_known(evaluation))
