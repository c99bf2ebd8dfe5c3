"""The openings of every beam as the source sees them: one row per beam, one field per segment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hepatica.report.drawing import GREY, HAIRLINE, new_figure
from hepatica.report.wording import NBSP, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from hepatica.case import Beam, Plan, Segment

_OPEN = "#CFE3F1"
_EDGE = "#0072B2"
_ROOM_MM = 12.0
_SIDE_IN = 0.92


def segments_figure(plan: Plan) -> Figure:
    """Openings of all beams on one scale; call inside `hepatica.report.drawing.pen`."""
    beams = [beam for beam in plan.beams if beam.segments]
    across = max(len(beam.segments) for beam in beams)
    rows = len(beams)
    reach = _reach_mm(beams)
    figure = new_figure(0.95 + across * (_SIDE_IN + 0.12), 0.35 + rows * (_SIDE_IN + 0.22))
    axes = figure.subplots(rows, across, squeeze=False)
    figure.subplots_adjust(0.16, 0.03, 0.99, 0.97, 0.08, 0.30)
    for row, beam in zip(axes, beams, strict=True):
        for place, ax in enumerate(row):
            if place < len(beam.segments):
                _draw(ax, beam, beam.segments[place], reach)
            else:
                ax.set_visible(False)
        row[0].set_ylabel(
            f"beam {beam.number}\n{beam.gantry_deg:g}\u00b0"
            + (f", {beam.couch_deg:g}\u00b0" if beam.couch_deg else ""),
            fontsize=7,
            rotation=0,
            ha="right",
            va="center",
        )
    return figure


def _reach_mm(beams: list[Beam]) -> float:
    """Half the width that shows every opening."""
    far = [10.0]
    for beam in beams:
        edges = np.asarray(beam.leaf_boundaries_mm)
        for segment in beam.segments:
            is_open = _open_pairs(segment)
            if is_open.any():
                far += [float(np.abs(segment.leaf_mm[:, is_open]).max())]
                far += [float(np.abs(edges[:-1][is_open]).max())]
                far += [float(np.abs(edges[1:][is_open]).max())]
    return max(far) + _ROOM_MM


def _open_pairs(segment: Segment) -> NDArray[np.bool_]:
    return np.asarray(segment.leaf_mm[1] - segment.leaf_mm[0] > 1e-3)


def _draw(ax: Axes, beam: Beam, segment: Segment, reach: float) -> None:
    edges = np.asarray(beam.leaf_boundaries_mm)
    is_open = _open_pairs(segment)
    low, high = _jaws(segment.jaw_x_mm, reach), _jaws(segment.jaw_y_mm, reach)
    for pair in np.flatnonzero(is_open):
        left = max(float(segment.leaf_mm[0, pair]), low[0])
        right = min(float(segment.leaf_mm[1, pair]), low[1])
        bottom, top = max(edges[pair], high[0]), min(edges[pair + 1], high[1])
        if right > left and top > bottom:
            ax.fill(
                [left, right, right, left], [bottom, bottom, top, top], fc=_OPEN, ec=_EDGE, lw=0.4
            )
    ax.axhline(0, color=HAIRLINE, lw=0.4, zorder=0)
    ax.axvline(0, color=HAIRLINE, lw=0.4, zorder=0)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), xticks=[], yticks=[], aspect="equal")
    for side in ax.spines.values():
        side.set(visible=True, color=GREY, linewidth=0.4)
    ax.set_title(f"{number(segment.meterset_mu)}{NBSP}MU", fontsize=6.5, pad=2)


def _jaws(jaws: tuple[float, float] | None, reach: float) -> tuple[float, float]:
    return (-reach, reach) if jaws is None else jaws
