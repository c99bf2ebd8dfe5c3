"""The individual dose follows the six-fraction protocol, number by number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hepatica.engine.evaluation import OrganBound
from hepatica.engine.prescribe import (
    DOSE_LEVEL,
    PROTOCOL_MAXIMUM,
    AllocationRule,
    LiverShape,
    allocate,
    deliverable,
)
from hepatica.engine.risk_model import model_faults, risk_model
from hepatica.engine.verdict import Verdict
from hepatica.errors import InvalidInput
from hepatica.physics.biology import ntcp
from hepatica.protocol import load_protocol

PROTOCOL = load_protocol("sbrt-six-fraction")
RULE = AllocationRule(PROTOCOL.prescription, risk_model(PROTOCOL.prescription), "two_step")
BINWISE = replace(RULE, reading="binwise")

# Relative doses and volumes of four livers: uniform part, graded, small, large.
UNIFORM = LiverShape(np.array([1.0, 0.0]), np.array([0.39, 0.61]))
GRADED = LiverShape(
    np.array([1.05, 0.9, 0.7, 0.5, 0.3, 0.15, 0.05]),
    np.array([0.12, 0.08, 0.10, 0.15, 0.20, 0.20, 0.15]),
)
SMALL = LiverShape(
    np.array([1.05, 0.8, 0.5, 0.25, 0.1, 0.03]), np.array([0.05, 0.04, 0.07, 0.14, 0.30, 0.40])
)
LARGE = LiverShape(
    np.array([1.05, 0.95, 0.8, 0.6, 0.4, 0.2]), np.array([0.30, 0.15, 0.15, 0.15, 0.15, 0.10])
)


def organ(dose_gy: float | None, name: str = "Duodenum", reason: str = "") -> OrganBound:
    return OrganBound(name, "D0.5cc[Gy]", 30.0, "Gy", dose_gy, reason)


@pytest.mark.parametrize(
    ("shape", "stratum", "two_step", "binwise"),
    [(UNIFORM, "mid", 39.99, 39.99), (GRADED, "mid", 40.68, 43.52), (LARGE, "high", 29.22, 29.22)],
)
def test_the_liver_allows_the_published_readings_of_the_rule(
    shape: LiverShape, stratum: str, two_step: float, binwise: float
) -> None:
    first = allocate(RULE, shape, (), 0.05)
    assert first.stratum == stratum
    assert first.levels[0].allowed_gy == pytest.approx(two_step, abs=0.01)
    assert first.levels[0].limited_by == "Liver-GTV"
    assert allocate(BINWISE, shape, (), 0.05).levels[0].allowed_gy == pytest.approx(
        binwise, abs=0.01
    )


def test_the_risk_at_the_allowed_dose_never_exceeds_its_level() -> None:
    for shape in (UNIFORM, GRADED, SMALL, LARGE):
        for level in allocate(RULE, shape, (), 0.05).levels:
            assert level.ntcp <= level.risk + 1e-6


def test_hot_spots_in_the_liver_hold_the_dose_at_the_patients_own_risk() -> None:
    hot = LiverShape(np.array([1.5, 1.3, 0.0]), np.array([0.20, 0.05, 0.75]))
    for level in allocate(RULE, hot, (), 0.10).levels:
        assert level.curve_over_risk
        assert level.allowed_gy == pytest.approx(level.binwise_gy)
        assert level.ntcp == pytest.approx(level.risk, abs=1e-4)
        assert "hot spots" in level.because
    assert not any(level.curve_over_risk for level in allocate(RULE, GRADED, (), 0.10).levels)


def test_the_low_stratum_gives_the_three_dose_levels() -> None:
    found = allocate(RULE, SMALL, (), 0.10)
    assert found.stratum == "low"
    assert [level.allowed_gy for level in found.levels] == [54, 57, 60]
    assert found.levels[0].limited_by == DOSE_LEVEL


def test_a_dose_level_is_lowered_where_the_patients_own_risk_reaches_five_per_cent() -> None:
    uniform = LiverShape(np.array([1.0, 0.0]), np.array([0.215, 0.785]))
    found = allocate(RULE, uniform, (), 0.20).levels[2]
    assert found.allowed_gy < 60
    assert found.limited_by == "Liver-GTV"
    own = ntcp(RULE.model, uniform.relative_dose * found.allowed_gy, uniform.volume_cc, 6)
    assert own == pytest.approx(0.05, abs=1e-4)


def test_nobody_gets_more_than_the_protocol_maximum() -> None:
    narrow = LiverShape(np.array([1.0, 0.2]), np.array([0.05, 0.95]))
    found = allocate(replace(BINWISE), LiverShape(narrow.relative_dose, narrow.volume_cc), (), 0.20)
    assert max(level.allowed_gy for level in found.levels) == 60.0
    cool = LiverShape(np.array([0.4, 0.35]), np.array([0.5, 0.5]))
    assert allocate(BINWISE, cool, (), 0.05).levels[2].limited_by == PROTOCOL_MAXIMUM


def test_the_organ_that_allows_least_limits_the_dose() -> None:
    found = allocate(RULE, GRADED, (organ(33.0, "Stomach"), organ(31.5)), 0.10)
    assert {level.limited_by for level in found.levels} == {"Duodenum"}
    assert found.chosen is not None
    assert found.chosen.allowed_gy == 31.5
    assert "Duodenum allows 31.50 Gy" in found.chosen.because


def test_an_organ_that_is_not_known_makes_the_doses_upper_bounds() -> None:
    found = allocate(RULE, GRADED, (organ(None, reason="contour it."),), 0.10)
    assert found.verdict is Verdict.UNKNOWN
    assert found.missing == ("Duodenum: contour it.",)
    assert found.levels[1].allowed_gy > 40


def test_above_the_highest_stratum_nobody_is_treated() -> None:
    whole = LiverShape(np.array([1.0, 0.5]), np.array([0.7, 0.3]))
    found = allocate(RULE, whole, (), 0.10)
    assert found.verdict is Verdict.NOT_MET
    assert found.levels == ()
    assert "above 0.8 the protocol does not treat" in found.reason


def test_a_liver_without_dose_allocates_nothing_and_says_why() -> None:
    cold = LiverShape(np.array([0.0]), np.array([1.0]))
    found = allocate(RULE, cold, (), 0.10)
    assert found.verdict is Verdict.UNKNOWN
    assert "receives at most 0" in found.reason


def test_doses_are_rounded_down_to_tenths_of_a_gray_per_fraction() -> None:
    assert deliverable(41.23, PROTOCOL.prescription) == pytest.approx(40.8)
    assert deliverable(41.4, PROTOCOL.prescription) == pytest.approx(41.4)
    assert deliverable(60.0, PROTOCOL.prescription) == pytest.approx(60.0)


def test_the_allowed_dose_does_not_depend_on_the_dose_the_plan_was_made_with() -> None:
    twice = LiverShape(GRADED.relative_dose.copy(), GRADED.volume_cc * 1500)
    first = [level.allowed_gy for level in allocate(RULE, GRADED, (), 0.05).levels]
    assert [level.allowed_gy for level in allocate(RULE, twice, (), 0.05).levels] == pytest.approx(
        first
    )


def test_the_document_is_the_authority_on_fractionation() -> None:
    other = PROTOCOL.prescription.model_copy(update={"alpha_beta_gy": 3.0})
    model = risk_model(other)
    assert model.alpha_beta_gy == 3.0
    assert model.status == "recalled"
    assert "alpha/beta 3 Gy" in model.name


def test_a_corrected_effective_volume_is_refused_rather_than_ignored() -> None:
    other = PROTOCOL.prescription.model_copy(update={"effective_volume": "lq_corrected"})
    with pytest.raises(InvalidInput, match="carried out with physical only"):
        risk_model(other)
    assert model_faults(PROTOCOL.model_copy(update={"prescription": other}))
    assert model_faults(PROTOCOL) == []
