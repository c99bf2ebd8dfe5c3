"""A written treatment as a page of plain text, with the source of every part."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import groupby

from hepatica.protocol.blocks_isotoxic import Prescription, Stratum
from hepatica.protocol.describe_parts import part_sections, remarks_of_others
from hepatica.protocol.describe_text import WIDTH, cited, indented, line, value_text
from hepatica.protocol.schema import Limit, OtherReading, Protocol, Target

_SHOWN = (
    ("rule", "the rule", ""),
    ("organ", "organ whose risk is held", ""),
    ("model", "risk model", ""),
    ("alpha_beta_gy", "alpha/beta", "Gy"),
    ("reference_fraction_gy", "reference fraction of the model", "Gy"),
    ("reference_fraction_readings_gy", "reference fractions compared", "Gy"),
    ("effective_volume", "effective volume", ""),
    ("reading", "reading of the rule", ""),
    ("readings", "readings offered", ""),
    ("risk_levels", "risk levels", ""),
    ("cap_gy", "highest dose", "Gy"),
    ("allowance_gy", "allowance above the curve", "Gy"),
    ("minimum_gy", "lowest dose", "Gy"),
    ("step_gy_per_fraction", "step of the dose per fraction", "Gy"),
    ("rounding", "rounded", ""),
)


def describe(protocol: Protocol) -> str:
    """What a protocol says, to be read in a terminal.

    Parameters
    ----------
    protocol : Protocol

    Returns
    -------
    str
        Several lines; ``[lee2009, table 1]`` is a source, ``(recalled)`` one that was not read.
    """
    parted = part_sections(protocol)
    first = ("STUDY", "WHO MAY BE TREATED")
    sections = {title: parted.pop(title) for title in first}
    sections |= {
        "TARGETS": [line for t in protocol.targets for line in _target(t)],
        "PRESCRIPTION": list(_prescription(protocol.prescription)),
        "STRATA OF EFFECTIVE LIVER VOLUME": list(_strata(protocol.prescription)),
        "LIMITS": list(_limits(protocol.limits)),
        "ADVICE": list(_advice(protocol)),
        "STRUCTURES MADE OF OTHERS": list(_derived(protocol)),
        "ASKED OF THE USER": list(_facts(protocol)),
        "REPORTED": list(_report(protocol)),
        **parted,
        "SOURCES": list(_sources(protocol)),
    }
    head = [protocol.title, f"{protocol.name}, version {protocol.version}, {protocol.modality}"]
    parts = [head, textwrap.wrap(protocol.summary, WIDTH)]
    parts += [[title, *lines] for title, lines in sections.items() if lines]
    parts.append([f"Text sha256 {protocol.sha256}", "Research use only; not a medical device."])
    return "\n\n".join("\n".join(lines) for lines in parts)


def _target(target: Target) -> list[str]:
    gtv = "all GTVs" if target.of == "all" else "the largest GTV"
    start = gtv if target.grown_from == "GTV" else target.grown_from
    if target.margin_rule == "fixed":
        margin = f"{target.margin_mm}"
    else:
        margin = f"the patient's own margin, at least {target.minimum_mm:g} mm"
    inside = f", inside {target.inside}" if target.inside else ""
    if target.craniocaudal_extra_mm is not None:
        low, high = target.craniocaudal_extra_mm
        inside += f", along the body {low:g} to {high:g} mm more"
    return line(f"{target.name}: {start} + {margin}{inside}", target, target.reading, target.note)


def _prescription(rule: Prescription | None) -> Iterator[str]:
    if rule is None:
        return
    text = f"{rule.fractions} fractions in {rule.overall_days} days; risk of {rule.endpoint}"
    yield from indented(f"{text}  {cited(rule.source, rule.status)}", 2)
    yield from indented(rule.note or "", 6)
    for key, words, unit in _SHOWN:
        value = getattr(rule, key)
        shown = "not stated" if value is None else f"{value_text(value)} {unit}".rstrip()
        source = cited(rule.source_of(key), rule.status_of(key))
        yield from indented(f"{words}: {shown}  {source}", 2)
        yield from indented(rule.remark_on(key), 6)
    covers = rule.covers
    text = f"the prescribed dose is {covers.metric} of {covers.structure}"
    yield from line(text, covers, covers.note)


def _strata(rule: Prescription | None) -> Iterator[str]:
    if rule is None:
        return
    for stratum in rule.strata:
        yield from line(_stratum(stratum, rule), stratum, stratum.note)
        yield from remarks_of_others(stratum, 6)
    yield f"  above {rule.strata[-1].veff_to:g}: {rule.above}"


def _stratum(stratum: Stratum, rule: Prescription) -> str:
    edge = "up to and including" if stratum.upper_included else "below"
    where = f"{stratum.name}: from {stratum.veff_from:g} {edge} {stratum.veff_to:g}: "
    if stratum.doses == "curve":
        return where + "the dose that carries the risk"
    pairs = zip(rule.risk_levels, stratum.fixed_gy, strict=True)
    doses = ", ".join(f"{dose:g} Gy at risk level {risk:g}" for risk, dose in pairs)
    below = f", while the patient's own risk is below {stratum.ntcp_below:g}"
    return where + doses + (below if stratum.ntcp_below else "")


def _limits(limits: tuple[Limit, ...]) -> Iterator[str]:
    for _, group in groupby(limits, key=lambda limit: limit.name):
        same = list(group)
        limit = same[0]
        where = ", ".join(one.structure for one in same)
        yield from line(f"{where}: {_bound(limit)} ({_marks(limit)})", limit, limit.reading)
        yield from indented(limit.note or "", 6)
        yield from remarks_of_others(limit, 6)
        for other in limit.other_readings:
            text = f"read as {other.name}: {_bound(other)}. {other.reading}"
            yield from indented(text, 6)


def _bound(limit: Limit | OtherReading) -> str:
    word, value = ("at most", limit.at_most)
    if value is None:
        word, value = "at least", limit.at_least
    metric = limit.metric
    return f"{metric} {word} {value_text(value)} {metric.unit}"


def _marks(limit: Limit) -> str:
    marks: list[str] = [limit.kind, limit.strength]
    if limit.binds:
        marks.append("lowers the prescription")
    if limit.applies_when is not None:
        marks.append(f"when {limit.applies_when}")
    if limit.since is not None:
        marks.append(f"since {limit.since}, before that {value_text(limit.before_that)}")
    return "; ".join(marks)


def _advice(protocol: Protocol) -> Iterator[str]:
    for one in protocol.advice:
        when = f"{one.structure} {one.metric} at least {one.at_least:g} {one.metric.unit}"
        yield from line(f"{when}: {one.advise}", one, one.note)


def _derived(protocol: Protocol) -> Iterator[str]:
    for one in protocol.derived:
        drawn = " (unless it is drawn)" if one.prefer_drawn else ""
        yield from line(f"{one.name}: {one.made_of}{drawn}", one, one.note)


def _facts(protocol: Protocol) -> Iterator[str]:
    for fact in protocol.facts:
        assumed = f"{fact.assumed} is assumed" if fact.assumed else "nothing is assumed"
        answers = ", ".join(fact.answers)
        yield from indented(f"{fact.name}: {fact.ask} ({answers}; {assumed})", 2)


def _report(protocol: Protocol) -> Iterator[str]:
    for row in protocol.report.rows if protocol.report is not None else ():
        metrics = ", ".join(str(metric) for metric in row.metrics)
        yield from line(f"{row.structure}: {metrics}", row, row.note)


def _sources(protocol: Protocol) -> Iterator[str]:
    for work in protocol.sources:
        yield from indented(f"{work.name}: {work.citation} ({work.status})", 2)
        yield from indented(work.note or "", 6)
