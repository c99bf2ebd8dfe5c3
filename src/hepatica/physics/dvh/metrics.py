"""The figures that are read off a dose-volume histogram, named as AAPM report TG-263 names them."""

from __future__ import annotations

from hepatica.case.metric import Metric
from hepatica.errors import InvalidInput
from hepatica.physics.dvh.curve import DVH


def metric_value(metric: Metric, dvh: DVH, prescription_gy: float | None = None) -> float:
    """One figure of one structure.

    Per cent of volume is of the whole structure, also where the dose grid misses a part of it;
    ``V`` and ``CV`` count only tissue whose dose is known. Look at ``dvh.uncovered_fraction``.

    Parameters
    ----------
    metric : Metric
    dvh : DVH
    prescription_gy : Gy, optional
        Needed where a dose is in per cent.

    Returns
    -------
    value : float, in ``metric.unit``

    Raises
    ------
    InvalidInput
        If the structure has less volume than is asked for, or a prescription is missing.
    """
    if metric.kind == "Volume":
        return dvh.total_cc
    if metric.quantity == "volume":
        hot_cc = float(dvh.cumulative_cc(threshold_gy(metric, prescription_gy)))
        volume_cc = hot_cc if metric.kind == "V" else dvh.covered_cc - hot_cc
        return volume_cc if metric.unit == "cc" else 100.0 * volume_cc / dvh.total_cc
    dose_gy = _dose_gy(metric, dvh)
    if metric.unit == "Gy":
        return dose_gy
    return 100.0 * dose_gy / _require_prescription(metric, prescription_gy)


def threshold_gy(metric: Metric, prescription_gy: float | None = None) -> float:
    """The dose in the name of a ``V`` or ``CV``, Gy."""
    assert metric.at is not None
    if metric.at_unit == "Gy":
        return metric.at
    return metric.at / 100.0 * _require_prescription(metric, prescription_gy)


def _dose_gy(metric: Metric, dvh: DVH) -> float:
    if metric.kind in ("Mean", "Max", "Min"):
        return {"Mean": dvh.mean_gy, "Max": dvh.max_gy, "Min": dvh.min_gy}[metric.kind]
    at, unit = (50.0, "%") if metric.kind == "Median" else (metric.at, metric.at_unit)
    assert at is not None
    part_cc = at if unit == "cc" else at / 100.0 * dvh.total_cc
    try:
        if metric.kind == "DC":
            return dvh.dose_to_coolest_cc(part_cc)
        return dvh.dose_to_hottest_cc(part_cc)
    except InvalidInput as error:
        raise InvalidInput(f"{metric}: {error}") from error


def _require_prescription(metric: Metric, prescription_gy: float | None) -> float:
    if prescription_gy is None or not 0 < prescription_gy < float("inf"):
        raise InvalidInput(
            f"{metric} is relative to the prescribed dose, which is given as {prescription_gy}. "
            "Give the prescription in Gy, above 0."
        )
    return prescription_gy
