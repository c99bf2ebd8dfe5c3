"""Three cuts through the tumour: image, outlines and lines of equal dose, all at one scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hepatica.case import Case, Structure, Volume
from hepatica.report.colours import Stroke
from hepatica.report.drawing import GREY, new_figure
from hepatica.report.isodoses import ISODOSE_PERCENT, Isodoses, focus, planes
from hepatica.report.plane import Plane, cut, cut_coverage
from hepatica.report.wording import NBSP, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Place = tuple[float, float, float, float]

_ABDOMEN_HU = (-160.0, 240.0)  # level 40, width 400
_WIDTH_IN = 7.2
_LETTER: dict[str, Any] = {
    "fontsize": 9,
    "fontweight": "bold",
    "ha": "center",
    "va": "center",
}


def slices_figure(
    case: Case,
    structures: Mapping[str, Structure],
    lines: Isodoses,
    pens: Mapping[str, Stroke],
) -> Figure:
    """Axial, coronal and sagittal cut on one millimetre scale, with the legend in the corner.

    Parameters
    ----------
    case : Case
    structures : name to Structure
        Those whose outlines are drawn.
    lines : Isodoses
    pens : name to Stroke

    Returns
    -------
    figure : matplotlib Figure with the axes ``Axial``, ``Coronal``, ``Sagittal`` and the legend
    """
    point, name = focus(case, lines.dose)
    cuts = planes((case.image.grid, lines.dose.grid), structures, point)
    figure, places = _layout(cuts)
    seen: dict[str, Stroke] = {}
    for plane, place in zip(cuts, places[:3], strict=True):
        axes = figure.add_axes(place, label=plane.view.name)
        _show_image(axes, case.image, plane)
        _show_isodoses(axes, lines, plane)
        for key, structure in structures.items():
            if _outline(axes, structure, plane, pens[key]):
                seen[key] = pens[key]
        _annotate(axes, plane)
        _cross_lines(axes, plane, point)
    listed = {key: pens[key] for key in structures if key in seen}
    _legend(figure, places[3], listed, lines, f"Cuts through {name}")
    return figure


def _layout(cuts: tuple[Plane, Plane, Plane]) -> tuple[Figure, list[Place]]:
    """Axial over coronal, sagittal beside coronal, the legend in the fourth corner."""
    wide = float(np.ptp(cuts[0].across_mm))
    deep = float(np.ptp(cuts[2].across_mm))
    upper, lower = float(np.ptp(cuts[0].down_mm)), float(np.ptp(cuts[1].down_mm))
    gap = 0.012 * (wide + deep)
    scale = _WIDTH_IN / (wide + deep + gap)
    height = (upper + lower + gap) * scale
    figure = new_figure(_WIDTH_IN, height)
    w, h = wide * scale / _WIDTH_IN, lower * scale / height
    x, y = (wide + gap) * scale / _WIDTH_IN, (lower + gap) * scale / height
    return figure, [(0, y, w, 1 - y), (0, 0, w, h), (x, 0, 1 - x, h), (x, y, 1 - x, 1 - y)]


def _edges(plane: Plane) -> tuple[float, float, float, float]:
    half = plane.step_mm / 2
    across, down = plane.across, plane.down
    return across[0] - half, across[-1] + half, down[-1] + half, down[0] - half


def _show_image(axes: Axes, image: Volume, plane: Plane) -> None:
    axes.set_facecolor("black")
    values = cut(image, plane)
    missing = np.isnan(values)
    axes.imshow(
        np.where(missing, _ABDOMEN_HU[0], values),
        cmap="gray",
        vmin=_ABDOMEN_HU[0],
        vmax=_ABDOMEN_HU[1],
        extent=_edges(plane),
        interpolation="none",
        aspect="equal",
    )
    if missing.mean() > 0.9:
        _write(axes, 0.5, 0.12, "no image here", transform=axes.transAxes, **_LETTER)


def _show_isodoses(axes: Axes, lines: Isodoses, plane: Plane) -> None:
    values = cut(lines.dose, plane)
    reach = np.isfinite(values)
    levels = lines.levels_gy
    colours = isodose_colours(lines)
    if reach.any() and levels:
        known = np.ma.masked_invalid(values)
        axes.contourf(
            plane.across, plane.down, known, levels=[*levels, np.inf], colors=colours, alpha=0.16
        )
        axes.contour(
            plane.across,
            plane.down,
            known,
            levels=levels,
            colors=colours,
            linewidths=[_isodose_width(dose, lines) for dose in levels],
        )
    if reach.any() and not reach.all():
        axes.contour(
            plane.across,
            plane.down,
            reach.astype(float),
            levels=[0.5],
            colors="white",
            linewidths=0.6,
            linestyles=":",
        )


def isodose_colours(lines: Isodoses) -> list[str]:
    """One colour per line, from blue-violet (low) to yellow (high), readable on grey."""
    import matplotlib as mpl
    from matplotlib.colors import to_hex

    ramp = mpl.colormaps["plasma"]
    top = max(ISODOSE_PERCENT)
    shares = [100 * dose / lines.reference_gy / top for dose in lines.levels_gy]
    return [to_hex(ramp(0.22 + 0.76 * share**1.4)) for share in shares]


def _outline(axes: Axes, structure: Structure, plane: Plane, stroke: Stroke) -> bool:
    if structure.is_empty:
        return False
    inside = cut_coverage(structure.coverage, plane)
    if inside.max() < 0.5:
        return False
    axes.contour(
        plane.across,
        plane.down,
        inside,
        levels=[0.5],
        colors=stroke.colour,
        linestyles=[stroke.dash],
        linewidths=stroke.width_pt,
    )
    return True


def _write(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    """White letters with a dark rim, readable on air and on bone."""
    from matplotlib.patheffects import withStroke

    rim = [withStroke(linewidth=1.6, foreground="black")]
    axes.text(x, y, text, color="white", path_effects=rim, **style)


def _annotate(axes: Axes, plane: Plane) -> None:
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)
    left, right, top, bottom = plane.view.letters
    inset_x, inset_y = 13 / _points(axes)[0], 13 / _points(axes)[1]
    for text, x, y in (
        (left, inset_x, 0.5),
        (right, 1 - inset_x, 0.5),
        (top, 0.5, 1 - inset_y),
        (bottom, 0.5, inset_y),
    ):
        _write(axes, x, y, text, transform=axes.transAxes, **_LETTER)
    title = f"{plane.view.name}, {_depth(plane)}"
    corner = (inset_x * 0.5, 1 - inset_y * 0.5)
    _write(axes, *corner, title, transform=axes.transAxes, fontsize=7.5, va="top")
    _scale_bar(axes, plane)


def _points(axes: Axes) -> tuple[float, float]:
    """Width and height of the axes on paper, points."""
    box = axes.get_window_extent()
    dots = 72 / axes.get_figure(root=True).dpi  # type: ignore[union-attr]
    return float(box.width * dots), float(box.height * dots)


def _depth(plane: Plane) -> str:
    axis = {"Axial": "z", "Coronal": "y", "Sagittal": "x"}[plane.view.name]
    return f"{axis} = {plane.depth_mm:.1f}{NBSP}mm".replace("-", "\u2212")


def _scale_bar(axes: Axes, plane: Plane) -> None:
    left, right, bottom, _ = _edges(plane)
    length = 50.0 if right - left > 120 else 20.0
    pad = 9 * (right - left) / _points(axes)[0]
    x, y = left + pad, bottom - pad
    axes.plot([x, x + length], [y, y], color="white", linewidth=2, solid_capstyle="butt")
    centre = (x + length / 2, y - 0.5 * pad)
    _write(axes, *centre, f"{length / 10:g}{NBSP}cm", fontsize=7, ha="center", va="bottom")


def _cross_lines(axes: Axes, plane: Plane, point_mm: NDArray[np.float64]) -> None:
    """Short ticks at the picture's edges that say where the other two cuts lie."""
    across = float(point_mm @ np.array(plane.view.across))
    down = float(point_mm @ np.array(plane.view.down))
    left, right, bottom, top = _edges(plane)
    tick = 5 * (right - left) / _points(axes)[0]
    style: dict[str, Any] = {"color": "white", "linewidth": 0.8, "alpha": 0.9}
    for start, stop in ((top, top + tick), (bottom, bottom - tick)):
        axes.plot([across, across], [start, stop], **style)
    for start, stop in ((left, left + tick), (right, right - tick)):
        axes.plot([start, stop], [down, down], **style)
    axes.set(xlim=(left, right), ylim=(bottom, top))


def _legend(
    figure: Figure, place: Place, outlines: Mapping[str, Stroke], lines: Isodoses, title: str
) -> None:
    axes = figure.add_axes(place, label="legend")
    width, height = _points(axes)
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    doses = list(zip(lines.levels_gy, isodose_colours(lines), strict=True))[::-1]
    row = min(13.5, (height - 62) / max(len(doses), len(outlines), 1))
    letters = max(6, int((width - 160) / 4.8))
    bold: dict[str, Any] = {"fontsize": 8, "fontweight": "bold", "va": "center"}
    plain: dict[str, Any] = {"fontsize": min(7.5, 0.62 * row), "va": "center"}
    axes.text(8, 8, title, fontsize=8.5, fontweight="bold", va="center")
    axes.text(8, 27, f"Dose, {lines.of}", **bold)
    for k, (dose, colour) in enumerate(doses):
        y = 42 + k * row
        axes.plot([8, 30], [y, y], color=colour, linewidth=_isodose_width(dose, lines) + 1)
        percent = 100 * dose / lines.reference_gy
        axes.text(62, y, f"{percent:.0f}{NBSP}%", ha="right", **plain)
        axes.text(104, y, f"{dose:.1f}{NBSP}Gy", ha="right", **plain)
    axes.text(128, 27, "Outlines", **bold)
    for k, (name, pen) in enumerate(outlines.items()):
        y = 42 + k * row
        style: dict[str, Any] = {"linestyle": pen.dash, "linewidth": pen.width_pt + 0.3}
        axes.plot([128, 152], [y, y], color=pen.colour, **style)
        axes.text(158, y, shortened(name, letters), **plain)
    note = "Window 40/400 HU. Ticks at the edges: the other two cuts."
    axes.text(8, height - 6, note, fontsize=6.5, color=GREY, va="bottom")


def _isodose_width(dose_gy: float, lines: Isodoses) -> float:
    return 1.6 if abs(dose_gy / lines.reference_gy - 1) < 1e-9 else 0.9
