"""The isotoxic picture shows the published doses, the strata and the patient."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from hepatica.errors import InvalidInput
from hepatica.protocol import Protocol, load_protocol
from hepatica.report.drawing import pen
from hepatica.report.isotoxic_figure import PatientPoint, draw_isotoxic, isotoxic_figure

GOLDEN = {0.05: (40.0, 34.4), 0.10: (41.2, 35.4), 0.20: (42.7, 36.7)}
"""Dose at effective volume 0.39 and 0.51, Gy."""


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return load_protocol("sbrt-six-fraction")


@pytest.fixture(scope="module")
def figure(protocol: Protocol) -> Figure:
    with pen():
        return draw_isotoxic(protocol, (), (PatientPoint(0.39, 41.4, "this patient"),))


def _curves(figure: Figure, risk: float) -> list[tuple[np.ndarray, np.ndarray]]:
    lines = [line for line in figure.axes[0].lines if line.get_label() == f"{risk:g}"]
    return [(np.asarray(line.get_xdata()), np.asarray(line.get_ydata())) for line in lines]


@pytest.mark.parametrize("risk", GOLDEN)
def test_the_curves_pass_through_the_published_doses(figure: Figure, risk: float) -> None:
    for veff, expected in zip((0.39, 0.51), GOLDEN[risk], strict=True):
        doses = [np.interp(veff, x, y) for x, y in _curves(figure, risk) if x[0] <= veff <= x[-1]]
        assert doses[0] == pytest.approx(expected, abs=0.06)


def test_no_deciding_curve_exceeds_the_protocol_maximum(figure: Figure) -> None:
    for risk in GOLDEN:
        assert max(y.max() for _, y in _curves(figure, risk)) <= 60.0


def test_axes_and_strata_are_named(figure: Figure) -> None:
    axes = figure.axes[0]
    assert axes.get_xlabel() == "Effective liver volume (fraction of the liver outside the tumours)"
    assert axes.get_ylabel() == "Total dose in 6 fractions (Gy)"
    texts = " ".join(text.get_text() for text in axes.texts)
    for expected in ("low", "mid", "high", "ineligible", "0.22\u20130.51", "protocol maximum 60"):
        assert expected in texts


def test_the_fixed_doses_of_the_low_stratum_are_drawn(figure: Figure) -> None:
    axes = figure.axes[0]
    flat = {
        float(line.get_ydata()[0])
        for line in axes.lines
        if len(line.get_ydata()) == 2 and np.ptp(line.get_ydata()) == 0
    }
    assert {54.0, 57.0, 60.0} <= flat


def test_the_patient_is_a_point_with_its_dose(figure: Figure) -> None:
    axes = figure.axes[0]
    point = next(line for line in axes.lines if line.get_label() == "this patient")
    assert (point.get_xdata()[0], point.get_ydata()[0]) == (0.39, 41.4)
    assert any("this patient: 41.4" in text.get_text() for text in axes.texts)


def test_the_other_reading_is_named_in_the_legend(figure: Figure) -> None:
    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert any("1.5\u00a0Gy fractions" in text for text in legend)
    assert any("read in 2\u00a0Gy fractions" in text for text in legend)


def test_a_single_risk_can_be_asked_for(protocol: Protocol) -> None:
    with pen():
        figure = draw_isotoxic(protocol, (0.15,))
    assert _curves(figure, 0.15)
    assert not _curves(figure, 0.05)


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_the_file_is_the_same_every_time(protocol: Protocol, tmp_path: Path, suffix: str) -> None:
    first = isotoxic_figure(protocol, tmp_path / f"a{suffix}", (), (0.39, 41.4)).read_bytes()
    again = isotoxic_figure(protocol, tmp_path / f"b{suffix}", (), (0.39, 41.4)).read_bytes()
    assert first == again
    assert len(first) > 5000


@pytest.mark.parametrize("name", ["a.jpg", "a"])
def test_another_suffix_is_refused(protocol: Protocol, tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match=r"the suffix is .*; \.svg, \.png and \.pdf"):
        isotoxic_figure(protocol, tmp_path / name)


@pytest.mark.parametrize("risk", [0.0, 1.0, 5.0])
def test_a_risk_that_is_no_fraction_is_refused(
    protocol: Protocol, tmp_path: Path, risk: float
) -> None:
    with pytest.raises(InvalidInput, match="a fraction between 0 and 1"):
        isotoxic_figure(protocol, tmp_path / "a.svg", (risk,))


@pytest.mark.parametrize("patient", [(0.0, 40.0), (0.4, -1.0), (float("nan"), 40.0), (0.4, 500.0)])
def test_a_patient_off_the_scale_is_refused(
    protocol: Protocol, tmp_path: Path, patient: tuple[float, float]
) -> None:
    with pytest.raises(InvalidInput, match="cannot be drawn"):
        isotoxic_figure(protocol, tmp_path / "a.svg", (), patient)


def test_a_patient_beyond_the_highest_stratum_is_still_in_the_picture(protocol: Protocol) -> None:
    with pen():
        figure = draw_isotoxic(protocol, (), (PatientPoint(0.97, 22.0, "this patient"),))
    axes = figure.axes[0]
    assert axes.get_xlim()[1] > 0.97
    assert axes.get_ylim()[0] < 22.0
