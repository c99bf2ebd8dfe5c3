"""The highest dose against the accepted risk, for the ideal fluence of this patient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hepatica.report.drawing import GREY, INK, new_figure
from hepatica.report.wording import level, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hepatica.engine.planning.records import TreatmentPlan

_IDEAL, _PUBLISHED, _DELIVERED = "#0072B2", "#D55E00", "#009E73"


def tradeoff_figure(plan: TreatmentPlan, marked: Sequence[float]) -> Figure:
    """Dose against risk, the protocol's levels marked; call inside `drawing.pen`."""
    points = sorted(plan.tradeoff, key=lambda point: point.risk)
    figure = new_figure(7.2, 3.0)
    axes = figure.add_axes((0.075, 0.155, 0.895, 0.815), label="tradeoff")
    risks = [100 * p.risk for p in points]
    doses = [p.prescription_gy for p in points]
    axes.plot(risks, doses, color=_IDEAL, lw=1.6, label="optimal, ideal fluence")
    for point in points:
        if any(abs(point.risk - risk) < 1e-9 for risk in marked):
            axes.plot(100 * point.risk, point.prescription_gy, "o", color=_IDEAL, ms=5)
            axes.annotate(
                number(point.prescription_gy),
                (100 * point.risk, point.prescription_gy),
                (0, 7),
                textcoords="offset points",
                ha="center",
                fontsize=7.5,
                color=INK,
            )
    risk = 100 * plan.request.risk
    axes.plot(
        risk, plan.published.prescription_gy, "s", color=_PUBLISHED, ms=6, label="as published"
    )
    delivered = plan.delivery.delivered_gy
    axes.plot(risk, delivered, "D", color=_DELIVERED, ms=6, label="deliverable segments")
    cap = plan.evaluation.protocol.prescription.cap_gy
    everything = [*doses, plan.published.prescription_gy, delivered]
    if cap <= max(everything) * 1.05:
        axes.axhline(cap, color=GREY, lw=0.8, ls="--")
        axes.annotate(
            f"protocol maximum {cap:g} Gy",
            (max(risks), cap),
            (0, 3),
            ha="right",
            textcoords="offset points",
            fontsize=7,
            color=GREY,
        )
    room = max(1.0, 0.15 * (max(everything) - min(everything)))
    axes.set_ylim(min(everything) - room, max(everything) + 2 * room)
    axes.set_xlabel("Accepted risk of radiation-induced liver disease (%)")
    axes.set_ylabel("Total dose prescribed (Gy)")
    axes.set_xticks([100 * r for r in marked], [level(r).replace("\u00a0", " ") for r in marked])
    axes.grid(axis="y")
    axes.legend(loc="lower right")
    return figure
