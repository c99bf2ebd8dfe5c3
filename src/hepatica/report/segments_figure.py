"""The openings of every beam as the source sees them: one row per beam, one field per segment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from hepatica.report.drawing import GREY, HAIRLINE, new_figure
from hepatica.report.wording import NBSP, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from hepatica.case import Beam, Plan, Segment

_OPEN = "#CFE3F1"
_EDGE = "#0072B2"
_ROOM_MM = 8.0
_CLOSED_MM = 1e-3
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
        for segment in beam.segments:
            far += [abs(edge) for box in _openings(beam, segment) for edge in box]
    return max(far) + _ROOM_MM


def _openings(beam: Beam, segment: Segment) -> Iterator[tuple[float, float, float, float]]:
    """Left, right, bottom and top of what each leaf pair leaves open between the jaws, mm."""
    edges = beam.leaf_boundaries_mm
    low_x, high_x = segment.jaw_x_mm or (-np.inf, np.inf)
    low_y, high_y = segment.jaw_y_mm or (-np.inf, np.inf)
    for pair in range(segment.leaf_mm.shape[1]):
        left = max(float(segment.leaf_mm[0, pair]), low_x)
        right = min(float(segment.leaf_mm[1, pair]), high_x)
        bottom, top = max(edges[pair], low_y), min(edges[pair + 1], high_y)
        if right > left + _CLOSED_MM and top > bottom + _CLOSED_MM:
            yield left, right, bottom, top


def _draw(ax: Axes, beam: Beam, segment: Segment, reach: float) -> None:
    for left, right, bottom, top in _openings(beam, segment):
        ax.fill([left, right, right, left], [bottom, bottom, top, top], fc=_OPEN, ec=_EDGE, lw=0.4)
    ax.axhline(0, color=HAIRLINE, lw=0.4, zorder=0)
    ax.axvline(0, color=HAIRLINE, lw=0.4, zorder=0)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), xticks=[], yticks=[], aspect="equal")
    for side in ax.spines.values():
        side.set(visible=True, color=GREY, linewidth=0.4)
    ax.set_title(f"{number(segment.meterset_mu)}{NBSP}MU", fontsize=6.5, pad=2)
