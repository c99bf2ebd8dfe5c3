"""A patient next to the edge of a stratum is told what the other side would give."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hepatica.engine.evaluation import Evaluation
from hepatica.report.boundary import near_boundary


def _at(evaluation: Evaluation, veff: float, stratum: str | None) -> str:
    allocation = replace(evaluation.allocation, effective_volume=veff, stratum=stratum)
    text = near_boundary(replace(evaluation, allocation=allocation))
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(("veff", "stratum"), [(0.35, "mid"), (0.005, "low"), (0.2301, "mid")])
def test_away_from_a_boundary_nothing_is_said(
    evaluation: Evaluation, veff: float, stratum: str
) -> None:
    assert _at(evaluation, veff, stratum) == ""


def test_just_above_the_low_stratum_its_fixed_doses_are_told(evaluation: Evaluation) -> None:
    text = _at(evaluation, 0.2261, "mid")
    assert text.startswith(
        "The effective liver volume 0.2261 is 0.0061 above the boundary 0.22; on the other side, "
        "stratum low, fixed dose levels would allow at most (upper bounds) "
    )
    # The stomach binds at 44.1 Gy whatever the stratum.
    assert text.endswith("44.1 Gy at 5 %, 44.1 Gy at 10 % and 44.1 Gy at 20 % risk.")


def test_just_below_a_curve_stratum_its_curve_is_told(evaluation: Evaluation) -> None:
    text = _at(evaluation, 0.215, "low")
    assert "stratum mid, the risk curve would allow" in text


def test_on_the_boundary_it_is_said_so(evaluation: Evaluation) -> None:
    assert "0.5100 is on the boundary 0.51" in _at(evaluation, 0.51, "high")


def test_below_the_highest_stratum_s_end_the_protocol_ends(evaluation: Evaluation) -> None:
    assert _at(evaluation, 0.795, "high").endswith(
        "on the other side the protocol does not treat (ineligible)."
    )


def test_above_the_highest_stratum_its_doses_are_told(evaluation: Evaluation) -> None:
    assert "stratum high, the risk curve would allow" in _at(evaluation, 0.803, None)


def test_without_the_liver_dose_the_other_doses_are_unknown(evaluation: Evaluation) -> None:
    text = _at(replace(evaluation, prescription=None), 0.215, "low")
    assert "the doses are unknown: they need the liver dose and the prescription" in text


def test_an_unknown_effective_volume_is_near_nothing(unknown: Evaluation) -> None:
    assert near_boundary(unknown) == ""
