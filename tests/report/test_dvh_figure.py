"""The dose-volume picture shows the curves themselves and each limit at its place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hepatica.engine.evaluation import Evaluation
from hepatica.engine.verdict import Verdict
from hepatica.physics.dvh import DVH
from hepatica.report.colours import strokes
from hepatica.report.drawing import pen, svg_text
from hepatica.report.dvh_figure import LimitPoint, dvh_figure, limit_points
from tests.report.builders import LIMITS, phantom_case

FLAT = DVH(np.linspace(0, 10, 11), np.full(10, 20.0), 200.0, 0.0, 0.0, 10.0, 5.0)


def _point(metric: str, comparison: str, bound: float, **more: object) -> LimitPoint | None:
    limit = replace(
        LIMITS[0],
        structure="Liver",
        metric=metric,
        unit=metric[metric.index("[") + 1 : -1],
        comparison=comparison,
        limit=bound,
        **more,  # type: ignore[arg-type]
    )
    return next(iter(limit_points((limit,), {"Liver": FLAT}, 40.0)), None)


@pytest.mark.parametrize(
    ("metric", "comparison", "bound", "place"),
    [
        ("D0.5cc[Gy]", "<=", 30, (30, 0.25)),
        ("D95%[Gy]", ">=", 24, (24, 95)),
        ("D50%[%]", "<=", 50, (20, 50)),
        ("DC100cc[Gy]", "<=", 15, (15, 50)),
        ("V18Gy[%]", "<=", 33.3, (18, 33.3)),
        ("V50%[cc]", "<=", 20, (20, 10)),
        ("CV15Gy[cc]", ">=", 150, (15, 25)),
        ("Max[%]", "<=", 140, (56, 0)),
        ("Median[Gy]", "<=", 5, (5, 50)),
    ],
)
def test_a_limit_lies_at_its_dose_and_volume(
    metric: str, comparison: str, bound: float, place: tuple[float, float]
) -> None:
    found = _point(metric, comparison, bound)
    assert found is not None
    assert (found.dose_gy, found.volume_percent) == pytest.approx(place)


@pytest.mark.parametrize("metric", ["Mean[Gy]", "Volume[cc]", "D500cc[Gy]"])
def test_a_limit_that_is_no_point_of_the_curve_is_not_drawn(metric: str) -> None:
    assert _point(metric, "<=", 20) is None


def test_a_limit_that_was_not_judged_is_not_drawn() -> None:
    assert _point("D0.5cc[Gy]", "<=", 30, verdict=Verdict.UNKNOWN) is None


def test_the_picture_has_the_curves_with_named_axes_and_tg263_names(
    evaluation: Evaluation,
) -> None:
    curves = {n: row.dvh for n, row in evaluation.structures.items() if row.dvh is not None}
    pens = strokes(row.structure for row in evaluation.structures.values())
    points = limit_points(evaluation.limits, curves, 41.4)
    with pen():
        figure = dvh_figure(curves, pens, points, 41.4)
    (axes,) = figure.axes
    assert axes.get_xlabel() == "Dose (Gy)"
    assert axes.get_ylabel() == "Volume of structure (%)"
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert {"Liver-GTV", "PTV_GTV", "limit, met", "limit, not met"} <= set(legend)
    liver = next(line for line in axes.lines if line.get_label() == "Liver-GTV")
    dose, volume = liver.get_xdata(), liver.get_ydata()
    dvh = curves["Liver-GTV"]
    expected = 100 * dvh.cumulative_cc(dose[:-1]) / dvh.total_cc
    np.testing.assert_allclose(volume[:-1], expected)
    assert volume[0] == pytest.approx(100)
    assert (volume[-1], dose[-1]) == (0.0, dvh.max_gy)


def test_met_and_broken_limits_differ_in_shape_not_only_in_colour(evaluation: Evaluation) -> None:
    curves = {n: row.dvh for n, row in evaluation.structures.items() if row.dvh is not None}
    pens = strokes(row.structure for row in evaluation.structures.values())
    points = limit_points(evaluation.limits, curves, 41.4)
    with pen():
        (axes,) = dvh_figure(curves, pens, points, 41.4).axes
    markers = {line.get_marker() for line in axes.lines} - {"None"}
    assert markers == {"o", "X"}


def test_a_structure_keeps_its_colour_whatever_else_is_drawn() -> None:
    structures = list(phantom_case().structures.values())
    everything, alone = strokes(structures), strokes([structures[1]])
    assert everything["Liver"] == alone["Liver"]
    assert everything["GTV1"].colour != everything["Liver"].colour


def test_tumours_are_told_apart_by_dash_and_unknown_names_get_a_stroke() -> None:
    first = phantom_case().structures["GTV1"]
    odd = phantom_case().structures["Stomach"].named("Quux")
    pens = strokes([first, first.named("GTV2"), odd])
    assert pens["GTV1"].colour == pens["GTV2"].colour
    assert pens["GTV1"].dash != pens["GTV2"].dash
    assert pens["Quux"].colour


def test_odd_names_are_drawn_and_listed_as_they_are() -> None:
    names = ["_helper", "PTV$1$", "a<b>&c"]
    structure = phantom_case().structures["Stomach"]
    pens = strokes(structure.named(name) for name in names)
    with pen():
        figure = dvh_figure(dict.fromkeys(names, FLAT), pens)
        svg = svg_text(figure)
    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert legend == names
    assert svg.rstrip().endswith("</svg>")
