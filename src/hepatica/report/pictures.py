"""The pictures of a report with the words that go with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hepatica.case import Structure
from hepatica.report.colours import Stroke, strokes
from hepatica.report.curves import chosen_curves, is_union, shows_union
from hepatica.report.drawing import pen, svg_text
from hepatica.report.dvh_figure import dvh_figure, limit_points
from hepatica.report.isodoses import Isodoses, focus, isodoses
from hepatica.report.isotoxic_figure import PatientPoint, draw_isotoxic
from hepatica.report.reading_order import TARGETS, reading_order
from hepatica.report.sheet import Picture
from hepatica.report.slices_figure import slices_figure
from hepatica.report.wording import gy, level, listed, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hepatica.engine.evaluation import Evaluation

_MOST_OUTLINES = 20
_MARKS = (
    " A circle is a limit that is met, a cross one that is not: the curve of the same colour must "
    "pass below it (organs) or above it (targets)."
)


def isotoxic_picture(evaluation: Evaluation) -> Picture:
    """The isotoxic curves with this patient's doses on them."""
    points = _patient_points(evaluation)
    protocol = evaluation.protocol
    with pen():
        svg = svg_text(draw_isotoxic(protocol, protocol.prescription.risk_levels, points))
    risks = listed(level(r) for r in protocol.prescription.risk_levels)
    caption = "Dose against effective liver volume, one curve per accepted risk."
    alt = f"Curves of total dose against effective liver volume for risks of {risks}."
    patient = _marked(points)
    return Picture("isotoxic", svg, f"{alt} {patient}", f"{caption} {patient}")


def _marked(points: tuple[PatientPoint, ...]) -> str:
    if not points:
        return "This patient's effective volume is unknown."
    doses = listed(f"{point.label}: {gy(point.dose_gy)}" for point in points)
    text = f"Marked at effective volume {number(points[0].effective_volume, 3)}: {doses}."
    if len(points) > 1:
        text += " Deliverable is the dose allowed, rounded down to whole steps per fraction."
    return text


def _patient_points(evaluation: Evaluation) -> tuple[PatientPoint, ...]:
    allocation, given = evaluation.allocation, evaluation.prescription
    veff, chosen = allocation.effective_volume, allocation.chosen
    if veff is None or veff <= 0:
        return ()
    points = []
    if given is not None:
        points.append(PatientPoint(veff, given.dose_gy, "evaluated"))
    if chosen is not None:
        bound = ", upper bound" if allocation.is_upper_bound else ""
        label = f"deliverable at {level(chosen.risk)}{bound}"
        points.append(PatientPoint(veff, chosen.deliverable_gy, label, filled=False))
    return tuple(points)


def dvh_picture(evaluation: Evaluation) -> Picture | None:
    """The dose-volume curves; None when the dose grid meets no structure."""
    choice = chosen_curves(evaluation)
    if not choice.curves:
        return None
    given = evaluation.prescription
    dose_gy = None if given is None else given.dose_gy
    points = limit_points(evaluation.limits, choice.curves, dose_gy)
    with pen():
        svg = svg_text(dvh_figure(choice.curves, _pens(evaluation), points, dose_gy))
    means = listed(f"{name} {gy(dvh.mean_gy)}" for name, dvh in choice.curves.items())
    words = f"Cumulative dose-volume histograms.{_MARKS if points else ''} {choice.left_out}"
    return Picture(
        "dvh", svg, f"Cumulative dose-volume curves. Mean doses: {means}.", words.rstrip()
    )


def slices_picture(evaluation: Evaluation) -> Picture:
    """Three cuts through the tumour that receives the highest dose."""
    lines, drawn = _isodoses(evaluation), _outlined(evaluation)
    with pen():
        svg = svg_text(slices_drawing(evaluation))
    point, name = focus(evaluation.case, lines.dose)
    x, y, z = (number(c) for c in point)
    return Picture(
        "slices",
        svg,
        f"Axial, coronal and sagittal cut through {name} with outlines of {listed(drawn)} and "
        f"lines of equal dose from {gy(lines.levels_gy[0]) if lines.levels_gy else 'none'} up.",
        f"Cuts through {name} (x {x}, y {y}, z {z} mm, LPS), all on one scale, seen from the feet "
        "(axial), from the front (coronal) and from the left (sagittal). The thick line is 100 %. "
        "A dotted white line, where present, is the edge of the dose grid.",
    )


def slices_drawing(evaluation: Evaluation) -> Figure:
    """The same three cuts as a figure; call inside `pen`."""
    drawn, lines = _outlined(evaluation), _isodoses(evaluation)
    return slices_figure(evaluation.case, drawn, lines, _pens(evaluation))


def _isodoses(evaluation: Evaluation) -> Isodoses:
    given = evaluation.prescription
    return isodoses(evaluation.dose.volume, None if given is None else given.dose_gy)


def _pens(evaluation: Evaluation) -> Mapping[str, Stroke]:
    rows, united = evaluation.structures.values(), shows_union(evaluation)
    return strokes(r.structure for r in rows if united or not is_union(evaluation, r.structure))


def _outlined(evaluation: Evaluation) -> dict[str, Structure]:
    """Structures as drawn, and targets grown from them; not unions or differences of others."""
    found = {}
    for name, row in evaluation.structures.items():
        structure = row.structure
        is_cut = structure.derived and structure.role not in TARGETS
        if not (is_union(evaluation, structure) or is_cut or structure.is_empty):
            found[name] = structure
    order = reading_order(evaluation, found)
    inside = [name for name in order if found[name].role != "EXTERNAL"][:_MOST_OUTLINES]
    outside = [name for name in order if found[name].role == "EXTERNAL"]
    return {name: found[name] for name in (*inside, *outside)}
