"""Pictures of a machine fit: measured points, the machine's lines, and what lies between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hepatica.physics.photon.commission_check import (
    DEPTH_GOAL_PERCENT,
    FACTOR_GOAL_PERCENT,
    JUDGED_FACTOR_FIELD_MM,
)
from hepatica.physics.photon.commission_rows import ELECTRON_DEPTH_MM
from hepatica.report.drawing import GREY, HAIRLINE, INK, new_figure
from hepatica.report.wording import NBSP

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from hepatica.machine import Machine
    from hepatica.machine.measurements import BeamMeasurements
    from hepatica.physics.photon.commission_check import FitCheck

_MOST_POINTS = 45
_LINE, _POINT = "#0072B2", "#D55E00"
_BAND = "#E8F1E9"
_FIELD_TICKS_MM = (5, 10, 20, 50, 100, 200, 400)


def depth_figure(measured: BeamMeasurements, check: FitCheck) -> Figure:
    """Depth doses above, model minus measurement below; call inside `drawing.pen`."""
    table = measured.depth_dose
    figure = new_figure(7.2, 5.2)
    upper = figure.add_axes((0.11, 0.45, 0.74, 0.52), label="dose")
    lower = figure.add_axes((0.11, 0.09, 0.74, 0.30), label="error")
    shades = _shades(table.field_mm.size)
    for j, field in enumerate(table.field_mm):
        if field > 0:
            _draw_field(upper, lower, measured, check.model[:, j], j, shades[j])
    lower.axhspan(-DEPTH_GOAL_PERCENT, DEPTH_GOAL_PERCENT, color=_BAND, zorder=0)
    for axes in (upper, lower):
        axes.axvspan(0, ELECTRON_DEPTH_MM, color=HAIRLINE, alpha=0.5, lw=0, zorder=0)
        axes.set_xlim(0, float(table.depth_mm[-1]))
        axes.grid(visible=True)
    upper.set_ylim(bottom=0)
    upper.set_ylabel(f"{table.kind.upper()}, as measured")
    lower.set_ylim(-3 * DEPTH_GOAL_PERCENT, 3 * DEPTH_GOAL_PERCENT)
    lower.set(xlabel="Depth in water (mm)", ylabel="Model − measured\n(% of maximum)")
    upper.legend(title="Field (mm)", loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=7)
    return figure


def factor_figure(check: FitCheck) -> Figure:
    """Output factors above, their errors below; call inside `drawing.pen`."""
    figure = new_figure(7.2, 3.6)
    upper = figure.add_axes((0.085, 0.44, 0.89, 0.53), label="factor")
    lower = figure.add_axes((0.085, 0.135, 0.89, 0.22), label="error")
    fields = [f.field_mm for f in check.factors]
    upper.plot(fields, [f.model for f in check.factors], color=_LINE, lw=1.4, label="machine")
    upper.plot(
        fields, [f.measured for f in check.factors], "o", color=_POINT, ms=3.5, label="measured"
    )
    lower.axhspan(-FACTOR_GOAL_PERCENT, FACTOR_GOAL_PERCENT, color=_BAND, zorder=0)
    lower.plot(fields, [f.percent for f in check.factors], "o", color=INK, ms=3)
    lower.axvline(JUDGED_FACTOR_FIELD_MM, color=GREY, lw=0.8, ls="--")
    for axes in (upper, lower):
        axes.set_xscale("log")
        axes.set_xticks(_FIELD_TICKS_MM, [str(field) for field in _FIELD_TICKS_MM])
        axes.minorticks_off()
        axes.set_xlim(0.9 * min(fields), 1.1 * max(fields))
        axes.grid(visible=True)
    lower.set(xlabel="Side of the square field (mm)", ylabel="Error (%)")
    upper.set_ylabel("Output factor")
    upper.legend(loc="lower right")
    return figure


def fluence_figure(machine: Machine) -> Figure:
    """Primary fluence in the isocentre plane; call inside `drawing.pen`."""
    figure = new_figure(7.2, 2.4)
    axes = figure.add_axes((0.085, 0.19, 0.89, 0.77), label="fluence")
    fluence = machine.primary_fluence
    axes.plot(fluence.radius_mm, fluence.relative, color=_LINE, lw=1.4)
    axes.plot(fluence.radius_mm, fluence.relative, "o", color=_POINT, ms=2.5)
    axes.set(
        xlim=(0, float(fluence.radius_mm[-1])),
        ylim=(0, None),
        xlabel=f"Distance from the central ray at the isocentre (mm), SAD{NBSP}{machine.sad_mm:g}",
        ylabel="Relative fluence",
    )
    axes.grid(visible=True)
    return figure


def _draw_field(
    upper: Axes,
    lower: Axes,
    measured: BeamMeasurements,
    model: np.ndarray[Any, np.dtype[np.float64]],
    column: int,
    colour: str,
) -> None:
    table = measured.depth_dose
    value = table.value[:, column]
    step = max(1, table.depth_mm.size // _MOST_POINTS)
    upper.plot(table.depth_mm[::step], value[::step], "o", color=colour, ms=2.0)
    label = f"{table.field_mm[column]:g}"
    upper.plot(table.depth_mm, model, color=colour, lw=1.0, label=label)
    error = 100 * (model - value) / value.max()
    lower.plot(table.depth_mm, error, color=colour, lw=0.8)


def _shades(count: int) -> list[str]:
    """Colours from light fields to dark ones, told apart in order of size."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return [to_hex(colormaps["viridis"](0.92 * k / max(count - 1, 1))) for k in range(count)]
