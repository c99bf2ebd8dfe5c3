"""What each structure receives: its histogram, its volumes side by side, the metrics asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hepatica.case import Structure, Volume
from hepatica.case.metric import Metric
from hepatica.engine.derive import ProtocolStructures
from hepatica.engine.evaluation import MetricValue, StructureDose
from hepatica.errors import InvalidInput
from hepatica.physics.dvh import DVH, check_volumes, dose_volume_histogram, metric_value

COVERED_ENOUGH = 1e-3
"""Part of a structure that may lie outside the dose grid before its numbers are unknown."""


@dataclass(frozen=True, eq=False)
class StructuresUnderDose:
    """The structures of a protocol with their histograms under one dose."""

    structures: ProtocolStructures
    histograms: Mapping[str, DVH | None]

    def trouble(self, name: str) -> str:
        """Why nothing can be said about the dose to a structure; empty if it can."""
        if name not in self.structures.present:
            return self.structures.missing.get(
                name, f"the case has no {name}: contour it, or map its name in a --names file."
            )
        if name in self.structures.doubts:
            return self.structures.doubts[name]
        histogram = self.histograms.get(name)
        if histogram is None:
            return f"the dose grid misses {name}: compute the dose on a grid that covers it."
        if histogram.uncovered_fraction > COVERED_ENOUGH:
            return (
                f"{histogram.uncovered_fraction:.1%} of {name} lies outside the dose grid: compute "
                "the dose on a grid that covers it."
            )
        return ""

    def value(self, name: str, metric: Metric, prescription_gy: float | None) -> MetricValue:
        """A metric of a structure, or the reason why it is unknown."""
        volume_only = not metric.needs_dose and name in self.structures.present
        trouble = "" if volume_only else self.trouble(name)
        if not trouble and name in self.structures.doubts:
            trouble = self.structures.doubts[name]
        if not trouble and metric.needs_prescription and prescription_gy is None:
            trouble = "the prescribed dose is not known: give --prescription-gy."
        if trouble:
            return MetricValue(str(metric), metric.unit, None, trouble)
        if volume_only:
            return MetricValue(str(metric), metric.unit, self.structures.present[name].volume_cc)
        histogram = self.histograms[name]
        assert histogram is not None
        try:
            value = metric_value(metric, histogram, prescription_gy)
        except InvalidInput as error:
            return MetricValue(str(metric), metric.unit, None, str(error))
        return MetricValue(str(metric), metric.unit, value)


def under_dose(structures: ProtocolStructures, dose: Volume) -> StructuresUnderDose:
    """Histograms of every structure that is present; None where the dose grid misses one."""
    histograms = {
        name: _histogram(structure, dose) for name, structure in structures.present.items()
    }
    return StructuresUnderDose(structures, histograms)


def structure_dose(
    under: StructuresUnderDose,
    name: str,
    metrics: Iterable[Metric],
    prescription_gy: float | None,
) -> StructureDose:
    """The row of one structure: volumes, histogram, metrics, and remarks where they disagree."""
    structure = under.structures.present[name]
    histogram = under.histograms[name]
    contour_cc = structure.contour_volume_cc
    values = {str(metric): under.value(name, metric, prescription_gy) for metric in metrics}
    return StructureDose(
        structure=structure,
        dvh=histogram,
        metrics=values,
        volume_cc=structure.volume_cc,
        contour_volume_cc=contour_cc,
        uncovered_fraction=1.0 if histogram is None else histogram.uncovered_fraction,
        remarks=_remarks(under, name, contour_cc),
    )


def _histogram(structure: Structure, dose: Volume) -> DVH | None:
    from hepatica.errors import Inconsistent

    try:
        return dose_volume_histogram(dose, structure.coverage)
    except Inconsistent:
        return None


def _remarks(under: StructuresUnderDose, name: str, contour_cc: float | None) -> tuple[str, ...]:
    structure, histogram = under.structures.present[name], under.histograms[name]
    found = []
    if histogram is not None:
        check = check_volumes(name, histogram, structure.volume_cc, contour_cc)
        found += [check.sentence] if check.sentence else []
    trouble = under.trouble(name)
    if trouble and not found:
        found.append(f"{name}: {trouble}")
    return tuple(found)
