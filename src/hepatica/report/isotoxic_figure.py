"""Dose against the part of the liver that is irradiated, one curve for each accepted risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hepatica.engine.risk_model import risk_model
from hepatica.errors import InvalidInput
from hepatica.physics.biology import LymanModel, curve_dose_gy
from hepatica.report.drawing import GREY, HAIRLINE, INK, new_figure, pen, picture_kind, save
from hepatica.report.wording import NBSP, level, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from hepatica.protocol import IsotoxicProtocol, Prescription, Stratum

_CURVES = ("#0072B2", "#009E73", "#D55E00", "#AA4499", "#997700", "#332288")
_BANDS = ("#F3F5F7", "#E6EAEE")
_INELIGIBLE = "#FBFBFB"


@dataclass(frozen=True)
class PatientPoint:
    """One dose of one patient in the picture."""

    effective_volume: float
    dose_gy: float
    label: str
    filled: bool = True


def isotoxic_figure(
    protocol: IsotoxicProtocol,
    path: Path,
    risks: Sequence[float] = (),
    patient: tuple[float, float] | None = None,
) -> Path:
    """Write the picture of dose versus effective liver volume under a protocol.

    Parameters
    ----------
    protocol : IsotoxicProtocol
        With an isotoxic prescription: strata, risk levels, maximum.
    path : Path
        The suffix chooses SVG, PNG or PDF.
    risks : fractions of one
        Risk levels to draw; the protocol's if there are none.
    patient : (effective volume, dose in Gy), optional
        Marked in the picture.

    Returns
    -------
    path : Path

    Raises
    ------
    InvalidInput
        If the suffix, a risk or the point is out of range.
    MissingExtra
        If matplotlib is not installed.
    """
    picture_kind(path)
    points = () if patient is None else (PatientPoint(*patient, "this patient"),)
    with pen():
        return save(draw_isotoxic(protocol, risks, points), path)


def draw_isotoxic(
    protocol: IsotoxicProtocol, risks: Sequence[float], points: Sequence[PatientPoint] = ()
) -> Figure:
    """The picture as a figure; call inside `hepatica.report.drawing.pen`."""
    rule = protocol.prescription
    levels = tuple(sorted(set(risks or rule.risk_levels)))
    _require(levels, points)
    figure = new_figure(7.2, 3.5)
    axes = figure.add_axes((0.075, 0.134, 0.895, 0.845), label="isotoxic")
    reach = _reach(rule, points)
    model = risk_model(rule)
    floor = min(float(curve_dose_gy(model, reach, levels[0], rule.fractions)), 30.0)
    bottom = 5 * np.floor(min([floor, *(p.dose_gy for p in points)]) / 5)
    top = max([rule.cap_gy, *(p.dose_gy for p in points)]) * 1.14
    axes.set(xlim=(0, reach), ylim=(max(0.0, bottom - 2), top))
    axes.set_xlabel("Effective liver volume (fraction of the liver outside the tumours)")
    axes.set_ylabel(f"Total dose in {rule.fractions} fractions (Gy)")
    _strata(axes, rule, reach)
    _cap(axes, rule, reach)
    for k, risk in enumerate(levels):
        _curves(axes, rule, model, risk, _CURVES[k % len(_CURVES)])
    _name_curves(axes, rule, model, levels)
    _other_readings(axes, rule, levels)
    for point in points:
        _point(axes, point)
    _key(axes, rule, model)
    return figure


def _require(levels: Sequence[float], points: Sequence[PatientPoint]) -> None:
    for risk in levels:
        if not 0 < risk < 1:
            raise InvalidInput(
                f"Risk level {risk:g} cannot be drawn; it is a fraction between 0 and 1, such as "
                "0.10 for 10 %."
            )
    for point in points:
        if not (0 < point.effective_volume <= 1.5 and 0 < point.dose_gy < 200):
            raise InvalidInput(
                f"Point at effective volume {point.effective_volume:g} and {point.dose_gy:g} Gy "
                "cannot be drawn; allowed are volumes above 0 up to 1.5 and doses above 0 up to "
                "200 Gy."
            )


def _reach(rule: Prescription, points: Sequence[PatientPoint]) -> float:
    top = max(stratum.veff_to for stratum in rule.strata)
    right = max([min(1.0, top + 0.12), *(p.effective_volume + 0.05 for p in points)])
    return float(right)


def _strata(axes: Axes, rule: Prescription, reach: float) -> None:
    names: dict[str, Any] = {"ha": "center", "va": "top", "fontsize": 8, "color": INK}
    above = axes.get_ylim()[1] * 0.985
    for k, stratum in enumerate(rule.strata):
        left, right = stratum.veff_from, min(stratum.veff_to, reach)
        axes.axvspan(left, right, facecolor=_BANDS[k % 2], edgecolor="none", zorder=0)
        reads = f"{stratum.name}\n{plain(stratum.veff_from)}\u2013{plain(stratum.veff_to)}"
        axes.text((left + right) / 2, above, reads, **names)
    top = max(stratum.veff_to for stratum in rule.strata)
    if reach > top:
        axes.axvspan(top, reach, facecolor=_INELIGIBLE, edgecolor=HAIRLINE, hatch="////", zorder=0)
        reads = f"{rule.above}\nabove {plain(top)}"
        axes.text((top + reach) / 2, above, reads, **names)


def _cap(axes: Axes, rule: Prescription, reach: float) -> None:
    axes.plot([0, reach], [rule.cap_gy] * 2, color=INK, linewidth=0.9, linestyle=(0, (5, 2)))
    axes.annotate(
        f"protocol maximum {plain(rule.cap_gy)}{NBSP}Gy",
        (reach, rule.cap_gy),
        xytext=(-4, 3),
        textcoords="offset points",
        ha="right",
        fontsize=7.5,
    )


def _curves(axes: Axes, rule: Prescription, model: LymanModel, risk: float, colour: str) -> None:
    """The curve of one risk where it decides, faint where it does not, and the fixed doses."""
    for stratum in rule.strata:
        fixed = rule.fixed_dose_gy(stratum, risk)
        if stratum.doses == "fixed" and fixed is not None:
            _fixed_dose(axes, stratum, risk, fixed, colour)
        decides = stratum.doses == "curve"
        style: dict[str, Any] = (
            {"linewidth": 2.0} if decides else {"linewidth": 0.8, "linestyle": (0, (1, 2))}
        )
        veff, dose = _curve(rule, model, risk, stratum)
        axes.plot(veff, dose, color=colour, label=f"{risk:g}" if decides else "_", **style)


def _name_curves(
    axes: Axes, rule: Prescription, model: LymanModel, levels: Sequence[float]
) -> None:
    """The risk beside the end of each curve, pushed apart where the ends lie close together."""
    last = max(stratum.veff_to for stratum in rule.strata)
    apart = 0.047 * float(np.ptp(axes.get_ylim()))
    lowest = -np.inf
    for k, risk in enumerate(levels):
        end = min(rule.cap_gy, float(curve_dose_gy(model, last, risk, rule.fractions)))
        height = max(end - apart * (len(levels) - 1) / 4, lowest + apart)
        lowest = height
        axes.annotate(
            level(risk),
            (last, end),
            xytext=(last + 0.012 * float(np.ptp(axes.get_xlim())), height),
            color=_CURVES[k % len(_CURVES)],
            fontsize=8,
            fontweight="bold",
            va="center",
            bbox={"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none"},
        )


def _curve(
    rule: Prescription, model: LymanModel, risk: float, stratum: Stratum
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    veff = np.linspace(max(stratum.veff_from, 0.01), stratum.veff_to, 240)
    dose = np.asarray(curve_dose_gy(model, veff, risk, rule.fractions))
    return veff, np.minimum(dose, rule.cap_gy) if stratum.doses == "curve" else dose


def _fixed_dose(axes: Axes, stratum: Stratum, risk: float, dose_gy: float, colour: str) -> None:
    left = max(stratum.veff_from, 0.0)
    axes.plot([left, stratum.veff_to], [dose_gy] * 2, color=colour, linewidth=2.0)
    axes.annotate(
        f"{plain(dose_gy)}{NBSP}Gy ({level(risk)} level)",
        (left, dose_gy),
        xytext=(4, -3),
        textcoords="offset points",
        color=colour,
        fontsize=7.5,
        va="top",
    )


def _other_readings(axes: Axes, rule: Prescription, levels: Sequence[float]) -> None:
    used = risk_model(rule)
    for size in rule.reference_fraction_readings_gy:
        if size == used.reference_fraction_gy:
            continue
        other = used.with_reference_fraction(size)
        for k, risk in enumerate(levels):
            for stratum in rule.strata:
                if stratum.doses == "curve":
                    veff, dose = _curve(rule, other, risk, stratum)
                    colour = _CURVES[k % len(_CURVES)]
                    axes.plot(veff, dose, color=colour, linewidth=0.8, zorder=1.5)


def _point(axes: Axes, point: PatientPoint) -> None:
    axes.plot(
        [point.effective_volume],
        [point.dose_gy],
        marker="D",
        markersize=6 if point.filled else 11,
        markerfacecolor=INK if point.filled else "none",
        markeredgecolor=INK,
        markeredgewidth=1.3,
        linestyle="none",
        zorder=6,
        label=point.label,
    )
    is_right = point.effective_volume > 0.65 * axes.get_xlim()[1]
    axes.annotate(
        f"{point.label}: {point.dose_gy:.1f}{NBSP}Gy",
        (point.effective_volume, point.dose_gy),
        xytext=(-9 if is_right else 9, 5 if point.filled else -5),
        textcoords="offset points",
        ha="right" if is_right else "left",
        fontsize=8,
        fontweight="bold" if point.filled else "normal",
        va="bottom" if point.filled else "top",
        zorder=7,
        bbox={
            "boxstyle": "round,pad=0.15",
            "facecolor": "white",
            "alpha": 0.8,
            "edgecolor": "none",
        },
    )


def _key(axes: Axes, rule: Prescription, model: LymanModel) -> None:
    from matplotlib.lines import Line2D

    style: dict[str, Any] = {"color": GREY}
    rows = [
        Line2D(
            [], [], linewidth=2, label=f"dose at risk (model {model.name}, {_size(model)})", **style
        )
    ]
    others = [s for s in rule.reference_fraction_readings_gy if s != model.reference_fraction_gy]
    if others:
        sizes = ", ".join(f"{s:g}{NBSP}Gy" for s in others)
        rows.append(
            Line2D([], [], linewidth=0.8, label=f"same, read in {sizes} fractions", **style)
        )
    if any(s.doses == "fixed" for s in rule.strata):
        dotted = {"linewidth": 0.8, "linestyle": (0, (1, 2)), **style}
        rows.append(Line2D([], [], label="curve where fixed doses decide", **dotted))
    axes.legend(handles=rows, loc="lower left", fontsize=7.5, handlelength=2.6)


def _size(model: LymanModel) -> str:
    return f"{model.reference_fraction_gy:g}{NBSP}Gy fractions"
