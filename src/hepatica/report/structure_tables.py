"""Each structure with three volumes side by side, its doses, and the numbers that were asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from hepatica.report.sheet import Cell, Column, Table
from hepatica.report.tables import metric_words
from hepatica.report.wording import (
    NBSP,
    finite,
    number,
    percent,
    quantity,
    sentence,
    unknown,
    volume,
)

if TYPE_CHECKING:
    from hepatica.engine.evaluation import MetricValue, StructureDose

_AGREEMENT = 0.02
APART = "\u2260"
"""Stands before volumes that are more than 2 % apart."""


def structures_table(structures: Mapping[str, StructureDose]) -> Table:
    """Volume by contour, by voxel and of the histogram; what the dose grid misses; doses."""
    columns = (
        Column("Structure"),
        Column("Contours,\ncc", numeric=True),
        Column("Voxels,\ncc", numeric=True),
        Column("DVH,\ncc", numeric=True),
        Column("Outside\ndose grid", numeric=True),
        Column("Min,\nGy", numeric=True),
        Column("Mean,\nGy", numeric=True),
        Column("Max,\nGy", numeric=True),
        Column("Remarks", share=1),
    )
    rows = tuple(_structure_row(name, row) for name, row in structures.items())
    note = (
        f"The three volumes of a structure should agree; {APART} marks those more than 2 % apart. "
        "A derived structure, and one read from a mask, has no drawn contours."
    )
    return Table("Volumes and doses of the structures", columns, rows, note)


def _structure_row(name: str, row: StructureDose) -> tuple[Cell, ...]:
    dvh = row.dvh
    missed = row.uncovered_fraction
    remarks = [sentence(remark) for remark in row.remarks]
    if dvh is None:
        doses: tuple[Cell, ...] = (Cell("unknown", "unknown"),) * 3
        remarks = remarks or ["Doses unknown: the dose grid does not reach this structure."]
    else:
        doses = tuple(Cell(number(d)) for d in (dvh.min_gy, dvh.mean_gy, dvh.max_gy))
    return (
        Cell(name),
        *_volume_cells(row),
        Cell(percent(missed), "caution" if missed > 0.0005 else "plain"),
        *doses,
        Cell(" ".join(remarks) or "\u2013", "caution" if remarks else "plain"),
    )


def _volume_cells(row: StructureDose) -> tuple[Cell, Cell, Cell]:
    """Contour, voxel and histogram volume; marked when they are more than 2 % apart."""
    volumes = {"contour": row.contour_volume_cc, "voxel": row.volume_cc}
    volumes["dvh"] = None if row.dvh is None else row.dvh.total_cc
    is_apart = volume_difference([v for v in volumes.values() if v is not None]) > _AGREEMENT
    cells = {
        key: Cell(f"{APART} {_cc(value)}", "caution") if is_apart else Cell(_cc(value))
        for key, value in volumes.items()
        if value is not None
    }
    contour = cells.get("contour", Cell("none drawn", "muted"))
    return contour, cells["voxel"], cells.get("dvh", Cell("unknown", "unknown"))


def _cc(value: float) -> str:
    return volume(value).rsplit(NBSP, 1)[0]


def volume_difference(volumes_cc: Sequence[float]) -> float:
    """Spread of volumes as a fraction of the largest."""
    largest = max(volumes_cc)
    return 0.0 if largest <= 0 else (largest - min(volumes_cc)) / largest


def metrics_table(structures: Mapping[str, StructureDose]) -> Table | None:
    """The dose-volume numbers that were asked, each with its meaning in words."""
    rows = tuple(
        (
            Cell(name),
            Cell(metric.metric),
            _metric_cell(metric),
            Cell(metric_words(metric.metric) or "\u2013", "muted"),
        )
        for name, row in structures.items()
        for metric in row.metrics.values()
    )
    if not rows:
        return None
    columns = (
        Column("Structure"),
        Column("Metric"),
        Column("Value", share=1.5),
        Column("In words", share=2),
    )
    return Table("Dose-volume numbers that the protocol asks for", columns, rows)


def _metric_cell(metric: MetricValue) -> Cell:
    if metric.value is None or not finite(metric.value):
        return Cell(unknown(metric.reason), "unknown")
    if metric.unit == "cc":
        return Cell(volume(metric.value))
    return Cell(quantity(metric.value, metric.unit, 2 if metric.unit == "Gy" else 1))


def indices_table(indices: Mapping[str, Mapping[str, float]]) -> Table | None:
    """Conformity, homogeneity and gradient of each target, with what each of them is."""
    rows = tuple(
        _index_row(target, name, value)
        for target, values in indices.items()
        for name, value in values.items()
    )
    if not rows:
        return None
    columns = (
        Column("Target"),
        Column("Index"),
        Column("Value", numeric=True),
        Column("What it is", share=2),
        Column("Source", share=1),
    )
    note = "Indices have no unit. One that cannot be formed for this dose is left out."
    return Table("Conformity, gradient and homogeneity", columns, rows, note)


_INDICES: Mapping[str, tuple[str, str, str]] = {
    "coverage": ("Coverage", "part of the target that receives the prescription", "by its words"),
    "rtog_conformity": (
        "RTOG conformity",
        "prescription isodose volume over target volume; 1 is ideal",
        "Shaw 1993, IJROBP 27:1231",
    ),
    "paddick_conformity": (
        "Paddick conformity",
        "coverage times the part of the prescription isodose that lies in the target; 1 is ideal",
        "Paddick 2000, J Neurosurg 93 suppl 3:219",
    ),
    "gradient": (
        "Gradient",
        "half-prescription isodose volume over prescription isodose volume",
        "Paddick and Lippitz 2006, J Neurosurg 105:194",
    ),
    "r50": ("R50", "half-prescription isodose volume over target volume", "RTOG 0813 and 0915"),
    "homogeneity": (
        "Homogeneity",
        "(D2% \u2212 D98%) over D50%; 0 is even",
        "ICRU 83",
    ),
}


def _index_row(target: str, name: str, value: float) -> tuple[Cell, ...]:
    plain_name = name.replace("_", " ").capitalize()
    title, meaning, source = _INDICES.get(name, (plain_name, "\u2013", "\u2013"))
    text = Cell(number(value, 2)) if finite(value) else Cell("unknown", "unknown")
    return Cell(target), Cell(title), text, Cell(meaning), Cell(source)
