"""By how much a whole dose may be multiplied before one organ's limit stops it."""

from __future__ import annotations

import math

from hepatica.case.metric import Metric
from hepatica.errors import InvalidInput
from hepatica.physics.dvh.curve import DVH
from hepatica.physics.dvh.metrics import metric_value, threshold_gy


def scale_to_limit(
    metric: Metric, dvh: DVH, limit: float, prescription_gy: float | None = None
) -> float:
    """The factor on the whole dose at which a metric reaches its limit.

    A dose metric grows in proportion. ``V20Gy`` of a dose multiplied by f is the volume above
    20 Gy / f, so the limit is met where the dose to the hottest (for ``CV`` the coolest) limiting
    volume equals 20 Gy / f.

    Parameters
    ----------
    metric : Metric
        Any but ``Volume``.
    dvh : DVH
    limit : float, in the metric's unit
    prescription_gy : Gy, optional
        Needed where a dose of the metric is in per cent; it is not multiplied with the dose.

    Returns
    -------
    factor : float
        Infinite when no factor brings the metric up to its limit; 0 when the structure is smaller
        than the volume that ``CV`` must spare, which no dose can mend.

    Raises
    ------
    InvalidInput
        If the limit is not 0 or more, the metric is ``Volume`` or needs a prescription that is
        not given, or the structure is smaller than a dose metric asks.
    """
    if not limit >= 0:
        raise InvalidInput(f"{metric}: the limit is {limit}; it must be 0 or more.")
    if metric.kind == "Volume":
        raise InvalidInput(f"{metric} does not depend on the dose; no factor can reach a limit.")
    if metric.quantity == "dose":
        return _ratio(limit, metric_value(metric, dvh, prescription_gy))
    part_cc = limit if metric.unit == "cc" else limit / 100.0 * dvh.total_cc
    threshold = threshold_gy(metric, prescription_gy)
    if metric.kind == "CV":
        if part_cc > dvh.covered_cc:
            return 0.0
        return _ratio(threshold, dvh.dose_to_coolest_cc(part_cc))
    if part_cc >= dvh.covered_cc:
        return math.inf
    return _ratio(threshold, dvh.dose_to_hottest_cc(part_cc))


def _ratio(allowed: float, found: float) -> float:
    return allowed / found if found > 0 else math.inf
