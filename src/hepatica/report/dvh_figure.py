"""The dose-volume curves of all structures, and each limit as a point beside its curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hepatica.case.metric import parse_metric
from hepatica.engine.verdict import Verdict
from hepatica.report.colours import Stroke
from hepatica.report.drawing import GREY, INK, new_figure
from hepatica.report.wording import NBSP, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    from hepatica.engine.evaluation import LimitVerdict
    from hepatica.physics.dvh import DVH

_POINTS = 400


@dataclass(frozen=True)
class LimitPoint:
    """A limit as a place in the dose-volume picture."""

    structure: str
    dose_gy: float
    volume_percent: float
    verdict: Verdict


def limit_points(
    limits: Sequence[LimitVerdict], curves: Mapping[str, DVH], prescription_gy: float | None
) -> tuple[LimitPoint, ...]:
    """The limits that are points: a dose to a part, or a volume at a dose, of a curve drawn.

    A mean dose has no place in the picture, nor has a limit that could not be judged.
    """
    found = []
    for limit in limits:
        if limit.structure in curves and limit.verdict is not Verdict.UNKNOWN:
            place = _place(limit, curves[limit.structure], prescription_gy)
            if place is not None:
                found.append(LimitPoint(limit.structure, *place, limit.verdict))
    return tuple(found)


def dvh_figure(
    curves: Mapping[str, DVH],
    pens: Mapping[str, Stroke],
    points: Sequence[LimitPoint] = (),
    prescription_gy: float | None = None,
) -> Figure:
    """Cumulative dose-volume curves: dose in Gy across, per cent of each structure upwards.

    Parameters
    ----------
    curves : structure name to DVH, in the order of the legend
    pens : structure name to Stroke
    points : limits to mark
    prescription_gy : float, optional
        Drawn as an upright line.
    """
    figure = new_figure(7.2, 3.4)
    axes = figure.add_axes((0.075, 0.136, 0.655, 0.80), label="DVH")
    lines = [_draw(axes, name, dvh, pens[name]) for name, dvh in curves.items()]
    for point in points:
        _mark(axes, point, pens[point.structure].colour)
    _frame(axes, curves, points, prescription_gy)
    _legends(axes, lines, points)
    return figure


def _place(
    limit: LimitVerdict, dvh: DVH, prescription_gy: float | None
) -> tuple[float, float] | None:
    metric = parse_metric(limit.metric)
    if metric.needs_prescription and not prescription_gy:
        return None
    reference = (prescription_gy or 0.0) / 100
    if metric.quantity == "dose":
        dose = limit.limit * reference if metric.unit == "%" else limit.limit
        share = _part(metric.kind, metric.at, metric.at_unit, dvh)
        return None if share is None else (dose, share)
    if metric.at is None:
        return None
    dose = metric.at * reference if metric.at_unit == "%" else metric.at
    share = limit.limit if metric.unit == "%" else 100 * limit.limit / dvh.total_cc
    return dose, (100 - share if metric.kind == "CV" else share)


def _part(kind: str, at: float | None, unit: str | None, dvh: DVH) -> float | None:
    """Share of the structure that a dose metric speaks of, per cent."""
    if at is None:
        return {"Max": 0.0, "Min": 100.0, "Median": 50.0}.get(kind)
    share = at if unit == "%" else 100 * at / dvh.total_cc
    share = 100 - share if kind == "DC" else share
    return share if 0 <= share <= 100 else None


def _draw(axes: Axes, name: str, dvh: DVH, stroke: Stroke) -> Line2D:
    (line,) = axes.plot(
        *_curve(dvh),
        color=stroke.colour,
        linestyle=stroke.dash,
        linewidth=stroke.width_pt,
        label=name,
    )
    return line


def _curve(dvh: DVH) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    dose = np.linspace(0.0, dvh.max_gy, _POINTS)
    volume = 100 * dvh.cumulative_cc(dose) / dvh.total_cc
    return np.append(dose, dvh.max_gy), np.append(volume, 0.0)


def _mark(axes: Axes, point: LimitPoint, colour: str) -> None:
    met = point.verdict is Verdict.MET
    axes.plot(
        [point.dose_gy],
        [point.volume_percent],
        marker="o" if met else "X",
        markersize=6.5 if met else 9,
        markerfacecolor="white" if met else colour,
        markeredgecolor=colour if met else INK,
        markeredgewidth=1.5 if met else 0.8,
        linestyle="none",
        clip_on=False,
        zorder=5,
    )


def _frame(
    axes: Axes,
    curves: Mapping[str, DVH],
    points: Sequence[LimitPoint],
    prescription_gy: float | None,
) -> None:
    doses = [dvh.max_gy for dvh in curves.values()] + [point.dose_gy for point in points]
    reach = max([*doses, prescription_gy or 0.0, 1.0])
    axes.set(
        xlim=(0, 1.03 * reach), ylim=(0, 100), xlabel="Dose (Gy)", ylabel="Volume of structure (%)"
    )
    axes.grid(visible=True)
    if prescription_gy:
        axes.axvline(prescription_gy, color=GREY, linewidth=0.9, linestyle=(0, (2, 2)), zorder=1)
        axes.annotate(
            f"prescription {prescription_gy:.1f}{NBSP}Gy",
            (prescription_gy, 100),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            annotation_clip=False,
            fontsize=7,
            color=GREY,
        )


def _legends(axes: Axes, lines: Sequence[Line2D], points: Sequence[LimitPoint]) -> None:
    from matplotlib.lines import Line2D

    handles = list(lines)
    names = [shortened(str(line.get_label())) for line in lines]
    if any(p.verdict is Verdict.MET for p in points):
        handles.append(
            Line2D([], [], marker="o", color=GREY, markerfacecolor="white", linestyle="none")
        )
        names.append("limit, met")
    if any(p.verdict is Verdict.NOT_MET for p in points):
        handles.append(
            Line2D([], [], marker="X", color=GREY, markeredgecolor=INK, linestyle="none")
        )
        names.append("limit, not met")
    legend = axes.legend(
        handles,
        [str(k) for k in range(len(names))],
        loc="upper left",
        bbox_to_anchor=(1.02, 1.02),
        borderaxespad=0,
        handlelength=2.6,
        labelspacing=0.45,
    )
    # A name that starts with an underscore would be left out if it were given as the label.
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_text(name)
