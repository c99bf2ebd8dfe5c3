"""Reads a metric in TG-263 grammar off a histogram, and finds the scale at which it meets a limit."""

from __future__ import annotations

import math

from hepatica.case.metric import Metric
from hepatica.errors import InvalidInput
from hepatica.physics.dvh.curve import DVH


def metric_value(metric: Metric, dvh: DVH, prescription_gy: float | None = None) -> float:
    """The value of a metric, in the metric's own unit."""
    if metric.needs_prescription and not (prescription_gy and prescription_gy > 0):
        raise InvalidInput(f"{metric} is relative to the prescription; give the prescribed dose.")
    share = 100.0 / prescription_gy if prescription_gy else math.nan
    if metric.quantity == "dose":
        dose_gy = _dose_gy(metric, dvh)
        return dose_gy if metric.unit == "Gy" else dose_gy * share
    if metric.kind == "Volume":
        return dvh.total_cc
    assert metric.at is not None
    at_gy = metric.at if metric.at_unit == "Gy" else metric.at / share
    hot_cc = float(dvh.cumulative_cc(at_gy))
    volume_cc = hot_cc if metric.kind == "V" else dvh.covered_cc - hot_cc
    return volume_cc if metric.unit == "cc" else 100.0 * volume_cc / dvh.total_cc


def scale_to_limit(metric: Metric, dvh: DVH, limit: float) -> float:
    """Factor on the whole dose at which a metric reaches a limit; inf if it never does."""
    if metric.quantity == "dose" and metric.unit == "Gy":
        value = _dose_gy(metric, dvh)
        return limit / value if value > 0 else math.inf
    if metric.kind not in ("V", "CV") or metric.at_unit != "Gy" or metric.at is None:
        raise InvalidInput(f"{metric} does not change when the dose and prescription are scaled.")
    part_cc = limit if metric.unit == "cc" else limit / 100.0 * dvh.total_cc
    if part_cc >= dvh.total_cc:
        return math.inf
    dose_gy = (
        dvh.dose_to_hottest_cc(part_cc) if metric.kind == "V" else dvh.dose_to_coolest_cc(part_cc)
    )
    return metric.at / dose_gy if dose_gy > 0 else math.inf


def _dose_gy(metric: Metric, dvh: DVH) -> float:
    if metric.kind in ("D", "DC"):
        assert metric.at is not None
        part_cc = metric.at if metric.at_unit == "cc" else metric.at / 100.0 * dvh.total_cc
        return dvh.dose_to_hottest_cc(part_cc) if metric.kind == "D" else dvh.dose_to_coolest_cc(part_cc)
    if metric.kind == "Median":
        return dvh.dose_to_hottest_cc(0.5 * dvh.total_cc)
    return {"Mean": dvh.mean_gy, "Max": dvh.max_gy, "Min": dvh.min_gy}[metric.kind]
