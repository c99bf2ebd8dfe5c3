"""Whether the numbers of a protocol document fit together: strata, doses, risks and limits."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from hepatica.document.fault import Path, nearest
from hepatica.protocol.document import Document, Finding, are_numbers, is_number, metric_of, rows

_LARGEST = {"Gy": 200.0, "%": 200.0, "cc": 20000.0}


def strata_join(document: Document) -> Iterator[Finding]:
    """The strata start at 0 and each starts where the one before ends."""
    edge, before = 0.0, "the range"
    for path, row in rows(document.get("prescription"), "strata", ("prescription",)):
        low, high, name = row.get("veff_from"), row.get("veff_to"), row.get("name")
        if not (is_number(low) and is_number(high)):
            return
        if low > edge:
            what = f"starts at {edge:g}" if before == "the range" else f"ends at {edge:g}"
            gap = f"{edge:g} to {low:g} is in no stratum"
            message = f"{before} {what} but {name} starts at {low:g}: {gap}."
            yield (*path, "veff_from"), message
        if low < edge:
            message = f"{name} starts at {low:g} but {before} ends at {edge:g}: they overlap."
            yield (*path, "veff_from"), message
        if high <= low:
            yield (
                (*path, "veff_to"),
                f"{name} ends at {high:g}, which is not above its start {low:g}.",
            )
        edge, before = max(edge, high), str(name)


def doses_fit_the_risk_levels(document: Document) -> Iterator[Finding]:
    """Risks rise; a fixed stratum has one dose for each, and none is above the cap."""
    prescription = document.get("prescription")
    if not isinstance(prescription, dict):
        return
    path: Path = ("prescription",)
    risks, cap = prescription.get("risk_levels"), prescription.get("cap_gy")
    if are_numbers(risks) and any(b <= a for a, b in pairwise(risks)):
        yield (*path, "risk_levels"), "the risk levels must rise from first to last."
    for at, row in rows(prescription, "strata", path):
        doses, fixed = row.get("fixed_gy", ()), row.get("doses") == "fixed"
        if not are_numbers(doses):
            continue
        if row.get("doses") == "curve" and ("fixed_gy" in row or "ntcp_below" in row):
            yield at, "fixed_gy and ntcp_below go with doses: fixed only."
        if fixed and are_numbers(risks) and len(doses) != len(risks):
            message = (
                f"{len(doses)} fixed doses for {len(risks)} risk levels; one for each is needed."
            )
            yield (*at, "fixed_gy"), message
        if is_number(cap) and doses and max(doses) > cap:
            message = f"{max(doses):g} Gy is above cap_gy {cap:g} Gy; lower it or raise the cap."
            yield (*at, "fixed_gy"), message
    low = prescription.get("minimum_gy")
    if is_number(low) and is_number(cap) and low > cap:
        yield (*path, "minimum_gy"), f"the minimum {low:g} Gy is above cap_gy {cap:g} Gy."


def chosen_readings_are_offered(document: Document) -> Iterator[Finding]:
    """The reading that is used by default is among those the user may choose."""
    prescription = document.get("prescription")
    if not isinstance(prescription, dict):
        return
    for one, many in (
        ("reading", "readings"),
        ("reference_fraction_gy", "reference_fraction_readings_gy"),
    ):
        chosen, offered = prescription.get(one), prescription.get(many)
        if chosen is not None and isinstance(offered, tuple) and chosen not in offered:
            choice = ", ".join(map(str, offered))
            yield ("prescription", one), f"{chosen} is not among {many} ({choice}); add it there."


def limits_have_one_bound(document: Document) -> Iterator[Finding]:
    """One structure or several, one bound, and a bound that its unit allows."""
    for path, row in rows(document, "limits"):
        if ("structure" in row) == ("each_of" in row):
            yield path, "a limit has either structure or each_of."
        if ("since" in row) != ("before_that" in row):
            yield path, "since and before_that go together."
        yield from _bound(path, row)
        for at, other in rows(row, "other_readings", path):
            yield from _bound(at, other)
    for path, row in rows(document, "advice"):
        yield from _in_range(path, row, "at_least")


def binding_limits_can_bind(document: Document) -> Iterator[Finding]:
    """Only an upper bound that grows with the dose can lower a prescription."""
    for path, row in rows(document, "limits"):
        metric = metric_of(row)
        if row.get("binds") is not True or metric is None:
            continue
        grows = metric.needs_dose and not metric.needs_prescription and metric.kind != "CV"
        if not grows:
            message = (
                f"{metric} does not grow with the prescribed dose, so it cannot bind it; "
                "leave binds out."
            )
            yield (*path, "binds"), message
        if "at_least" in row:
            yield (*path, "binds"), "a lower bound cannot lower the prescription; leave binds out."


def _bound(path: Path, row: dict[str, Any]) -> Iterator[Finding]:
    misspelt = any(nearest(key, ("at_most", "at_least"), 0.7) for key in row)
    if ("at_most" in row) == ("at_least" in row) and ("at_most" in row or not misspelt):
        what = "both" if "at_most" in row else "neither"
        yield path, f"a limit has at_most or at_least, one of them; {what} is written."
    for key in ("at_most", "at_least", "before_that"):
        yield from _in_range(path, row, key)


def _in_range(path: Path, row: dict[str, Any], key: str) -> Iterator[Finding]:
    metric, value = metric_of(row), row.get(key)
    if metric is None or not is_number(value):
        return
    share = metric.unit == "%" and metric.quantity == "volume"
    largest = 100.0 if share else _LARGEST[metric.unit]
    if value > largest:
        cgy = f" Is it in cGy? Then write {value / 100:g}." if metric.unit == "Gy" else ""
        message = f"{value:g} {metric.unit} is out of range for {metric}; at most {largest:g}"
        yield (*path, key), f"{message} is allowed.{cgy}"
