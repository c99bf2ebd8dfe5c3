"""Figures read off a histogram, and the factor that brings them to a limit."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hepatica.case.metric import EXAMPLES, parse_metric
from hepatica.errors import InvalidInput
from hepatica.physics.dvh import DVH, metric_value, scale_to_limit
from tests.physics.dvh.test_curve import dvh_of, histograms


def even() -> DVH:
    """10 cc with doses spread evenly over 0 to 40 Gy; 10 cc more outside the dose grid."""
    return dvh_of([0.25] * 40, uncovered_cc=10.0)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("D95%[Gy]", 2.0),
        ("D2cc[Gy]", 32.0),
        ("D50%[%]", 100.0),
        ("DC8cc[Gy]", 32.0),
        ("V20Gy[cc]", 5.0),
        ("V20Gy[%]", 50.0),
        ("V150%[%]", 25.0),
        ("CV15Gy[cc]", 3.75),
        ("CV15Gy[%]", 37.5),
        ("Mean[Gy]", 20.0),
        ("Median[Gy]", 20.0),
        ("Max[%]", 200.0),
        ("Min[Gy]", 0.0),
        ("Volume[cc]", 10.0),
    ],
)
def test_each_figure_is_the_one_that_the_even_spread_gives(text: str, value: float) -> None:
    dvh = dvh_of([0.25] * 40)
    assert metric_value(parse_metric(text), dvh, prescription_gy=20.0) == pytest.approx(value)


def test_per_cent_of_volume_is_of_the_whole_structure_when_a_part_has_no_dose() -> None:
    assert metric_value(parse_metric("V20Gy[%]"), even()) == pytest.approx(25.0)
    assert metric_value(parse_metric("D10%[Gy]"), even()) == pytest.approx(32.0)
    assert metric_value(parse_metric("Volume[cc]"), even()) == 20.0
    assert metric_value(parse_metric("CV10Gy[cc]"), even()) == pytest.approx(2.5)


def test_a_part_larger_than_the_structure_has_no_dose() -> None:
    with pytest.raises(InvalidInput, match=r"D0.5cc\[Gy\]: .* only 0.3 cc .* less than the 0.5 cc"):
        metric_value(parse_metric("D0.5cc[Gy]"), dvh_of([0.1, 0.2]))
    with pytest.raises(InvalidInput, match=r"DC700cc\[Gy\]: .* less than the 700 cc asked"):
        metric_value(parse_metric("DC700cc[Gy]"), even())
    with pytest.raises(InvalidInput, match=r"D95%\[Gy\]: .*10 cc more lie outside the dose grid"):
        metric_value(parse_metric("D95%[Gy]"), even())


@pytest.mark.parametrize("prescription", [None, 0.0, float("nan")])
@pytest.mark.parametrize("text", ["D50%[%]", "V95%[cc]", "CV95%[%]"])
def test_a_figure_in_per_cent_of_the_prescription_needs_one(
    text: str, prescription: float | None
) -> None:
    with pytest.raises(InvalidInput, match="Give the prescription in Gy, above 0"):
        metric_value(parse_metric(text), dvh_of([1.0, 2.0]), prescription)


@given(histograms, st.floats(1.0, 99.0))
def test_the_volume_above_d_x_is_x(dvh: DVH, per_cent: float) -> None:
    dose = metric_value(parse_metric(f"D{per_cent:.6f}%[Gy]"), dvh)
    assume(dose > 1e-6)
    above = metric_value(parse_metric(f"V{dose:.12f}Gy[%]"), dvh)
    assert above == pytest.approx(per_cent, abs=1e-4)


@given(histograms, st.floats(0.0, 60.0))
def test_spared_and_treated_volume_make_the_structure(dvh: DVH, dose: float) -> None:
    treated, spared = (metric_value(parse_metric(f"{k}{dose:.9f}Gy[cc]"), dvh) for k in ("V", "CV"))
    assert treated + spared == pytest.approx(dvh.total_cc)


@pytest.mark.parametrize("text", [text for text in EXAMPLES if text != "Volume[cc]"])
def test_a_dose_scaled_to_a_limit_meets_it(text: str) -> None:
    metric = parse_metric(text)
    dvh = dvh_of([0.0, 0.0] + [25.0] * 40)
    now = metric_value(metric, dvh, 20.0)
    limit = 0.8 * now if now > 0 else 100.0
    factor = scale_to_limit(metric, dvh, limit, 20.0)
    assert 0 < factor < math.inf
    assert metric_value(metric, dvh.scaled(factor), 20.0) == pytest.approx(limit)


@given(histograms, st.floats(0.05, 0.95), st.floats(1.0, 50.0))
def test_the_limit_on_a_volume_is_met_at_the_factor(dvh: DVH, share: float, dose: float) -> None:
    limit = share * dvh.total_cc
    for kind in ("V", "CV"):
        metric = parse_metric(f"{kind}{dose:.6f}Gy[cc]")
        factor = scale_to_limit(metric, dvh, limit)
        assume(math.isfinite(factor) and factor < 1e6)
        just_below = metric_value(metric, dvh.scaled(factor * (1 - 1e-9)), None)
        just_above = metric_value(metric, dvh.scaled(factor * (1 + 1e-9)), None)
        low, high = sorted((just_below, just_above))
        assert low - 1e-4 <= limit <= high + 1e-4


def test_a_volume_limit_as_large_as_the_structure_never_binds() -> None:
    dvh = dvh_of([1.0, 2.0])
    assert scale_to_limit(parse_metric("V20Gy[cc]"), dvh, 3.0) == math.inf
    assert scale_to_limit(parse_metric("V20Gy[%]"), dvh, 100.0) == math.inf


def test_a_limit_of_no_volume_binds_at_the_highest_dose() -> None:
    assert scale_to_limit(parse_metric("V20Gy[cc]"), dvh_of([1.0, 2.0]), 0.0) == pytest.approx(10.0)


def test_no_dose_at_all_spares_more_than_there_is() -> None:
    assert scale_to_limit(parse_metric("CV15Gy[cc]"), dvh_of([1.0, 2.0]), 700.0) == 0.0


def test_an_organ_without_dose_never_binds() -> None:
    assert scale_to_limit(parse_metric("Min[Gy]"), dvh_of([1.0]), 20.0) == math.inf


def test_what_has_no_limit_is_refused() -> None:
    dvh = dvh_of([1.0, 2.0])
    with pytest.raises(InvalidInput, match="does not depend on the dose"):
        scale_to_limit(parse_metric("Volume[cc]"), dvh, 3.0)
    with pytest.raises(InvalidInput, match=r"the limit is -1.0; it must be 0 or more"):
        scale_to_limit(parse_metric("Mean[Gy]"), dvh, -1.0)
    with pytest.raises(InvalidInput, match="Give the prescription in Gy"):
        scale_to_limit(parse_metric("V95%[cc]"), dvh, 1.0)
