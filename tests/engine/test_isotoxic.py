"""The isotoxic command's numbers: the printed table, and what the protocol makes of them."""

from __future__ import annotations

import pytest

from hepatica.engine.isotoxic import isotoxic_doses
from hepatica.errors import UsageError
from hepatica.protocol import load_protocol

PROTOCOL = load_protocol("sbrt-six-fraction")
RISKS = (0.05, 0.10, 0.20)


@pytest.mark.parametrize(
    ("veff", "expected"),
    [
        (0.22, (54.9, 56.5, 58.4)),
        (0.39, (40.0, 41.2, 42.7)),
        (0.51, (34.4, 35.4, 36.7)),
        (0.80, (26.4, 27.3, 28.3)),
    ],
)
def test_the_curve_at_the_edges_and_the_median_of_the_trial(
    veff: float, expected: tuple[float, ...]
) -> None:
    found = [dose.curve_gy for dose in isotoxic_doses(PROTOCOL, veff, RISKS).doses]
    assert found == pytest.approx(expected, abs=0.05)


def test_the_other_reading_of_the_reference_fraction_gives_about_three_gray_more() -> None:
    found = isotoxic_doses(PROTOCOL, 0.39, RISKS, reference_fraction_gy=2.0)
    assert [d.curve_gy for d in found.doses] == pytest.approx((42.8, 44.1, 45.7), abs=0.05)
    assert found.model.status == "recalled"


def test_the_document_has_the_risks_as_keys_with_two_decimals() -> None:
    document = isotoxic_doses(PROTOCOL, 0.39, RISKS).as_document()
    assert document["doses_gy"] == {"0.05": 39.99, "0.10": 41.23, "0.20": 42.69}
    assert document["stratum"] == "mid"


def test_the_low_stratum_gives_levels_and_above_the_highest_nobody_is_treated() -> None:
    low = isotoxic_doses(PROTOCOL, 0.10, RISKS)
    assert [d.protocol_gy for d in low.doses] == [54, 57, 60]
    high = isotoxic_doses(PROTOCOL, 0.90, RISKS)
    assert [d.protocol_gy for d in high.doses] == [None] * 3
    assert high.stratum is None


def test_a_stratum_of_dose_levels_has_none_for_another_risk() -> None:
    found = isotoxic_doses(PROTOCOL, 0.20, (0.15,)).doses[0]
    assert found.protocol_gy is None
    assert "dose levels for the risks 0.05, 0.1, 0.2 only" in found.because


def test_another_number_of_fractions_has_a_curve_but_no_protocol_dose() -> None:
    found = isotoxic_doses(PROTOCOL, 1.0, (0.05,), fractions=1)
    assert found.doses[0].curve_gy == pytest.approx(10.9, abs=0.05)
    assert found.doses[0].protocol_gy is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"veff": 39}, "--veff is 39"),
        ({"veff": 0}, "--veff is 0"),
        ({"risks": (5,)}, "--risk is 5"),
        ({"fractions": 0}, "--fractions is 0"),
        ({"reference_fraction_gy": -1}, "--reference-fraction-gy is -1"),
    ],
)
def test_numbers_out_of_range_are_refused(words: dict[str, object], message: str) -> None:
    call = {"veff": 0.39, "risks": RISKS, **words}
    with pytest.raises(UsageError, match=message):
        isotoxic_doses(PROTOCOL, **call)  # type: ignore[arg-type]
