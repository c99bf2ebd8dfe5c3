"""Limits held against a plan: met, not met or unknown, with value, reason and source."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hepatica.engine.evaluation import LimitVerdict, MetricValue, OrganBound, PrescribedDose
from hepatica.engine.structure_dose import StructuresUnderDose
from hepatica.engine.verdict import Verdict
from hepatica.errors import InvalidInput
from hepatica.physics.dvh import scale_to_limit
from hepatica.protocol import Advice, IsotoxicProtocol, Limit

_FINEST = 1e-4
"""Relative difference that neither a stored dose nor a histogram resolves."""


@dataclass(frozen=True, eq=False)
class Bench:
    """What judging needs: the structures under the dose, the prescription, the user's facts."""

    under: StructuresUnderDose
    protocol: IsotoxicProtocol
    prescription: PrescribedDose | None
    facts: Mapping[str, str | None]

    @property
    def prescription_gy(self) -> float | None:
        """Total dose prescribed, Gy, where it is known."""
        return None if self.prescription is None else self.prescription.dose_gy

    def value(self, limit: Limit | Advice) -> MetricValue:
        """The number that a limit or an advice is about."""
        found = self.under.value(limit.structure, limit.metric, self.prescription_gy)
        if found.value is None or not limit.metric.needs_dose or self.prescription is None:
            return found
        written_for = self.protocol.prescription.fractions
        if self.prescription.fractions == written_for or limit.metric.needs_prescription:
            return found
        reason = (
            f"the limit is written for {written_for} fractions and the plan gives "
            f"{self.prescription.fractions}; the value is {found.value:.2f} {found.unit}."
        )
        return MetricValue(found.metric, found.unit, None, reason)


def stated_facts(protocol: IsotoxicProtocol, given: Mapping[str, str]) -> dict[str, str | None]:
    """The user's answers to the protocol's questions, with its assumptions where there are none.

    Raises
    ------
    InvalidInput
        If an answer is to no question, or is not one that is understood.
    """
    questions = {fact.name: fact for fact in protocol.facts}
    for name, answer in given.items():
        if name not in questions:
            raise InvalidInput(
                f"Protocol {protocol.name} asks no fact {name}; it asks: "
                f"{', '.join(questions) or 'none'}."
            )
        if answer not in questions[name].answers:
            raise InvalidInput(
                f"Fact {name} is {answer}; allowed: {', '.join(questions[name].answers)}."
            )
    return {name: given.get(name, fact.assumed) for name, fact in questions.items()}


def chosen_limits(protocol: IsotoxicProtocol, readings: Mapping[str, str]) -> tuple[Limit, ...]:
    """The protocol's limits, each under the reading that the user chose for it.

    Raises
    ------
    InvalidInput
        If there is no such limit, or no such reading of it.
    """
    names = {limit.name for limit in protocol.limits}
    for name in readings:
        if name not in names:
            raise InvalidInput(
                f"Protocol {protocol.name} has no limit {name}; it has: {', '.join(sorted(names))}."
            )
    return tuple(
        limit.read_as(readings[limit.name]) if limit.name in readings else limit
        for limit in protocol.limits
    )


def judge(bench: Bench, limits: Iterable[Limit]) -> tuple[LimitVerdict, ...]:
    """A verdict on every limit that applies, or may apply, to this patient."""
    verdicts = []
    for limit in limits:
        applies = limit.applies(bench.facts)
        if applies is False or limit.kind == "report":
            continue
        if applies is None:
            condition = limit.applies_when
            reason = (
                f"it is not known whether {condition}: answer with --fact {condition.fact}=... ."
                if condition
                else ""
            )
            found = MetricValue(str(limit.metric), limit.metric.unit, None, reason)
        else:
            found = bench.value(limit)
        verdicts.append(_verdict(limit, found))
    return tuple(verdicts)


def organ_bounds(bench: Bench, limits: Iterable[Limit]) -> tuple[OrganBound, ...]:
    """For every limit that binds: the prescription at which the plan, scaled, just keeps it."""
    return tuple(
        _bound(bench, limit)
        for limit in limits
        if limit.binds and limit.applies(bench.facts) is not False
    )


def given_advice(bench: Bench, advice: Sequence[Advice]) -> tuple[str, ...]:
    """What the protocol advises to do at the values this plan has."""
    said = []
    for row in advice:
        found = bench.value(row)
        if found.value is not None and found.value >= row.at_least:
            said.append(
                f"{row.advise} ({row.structure} {row.metric} is {found.value:.1f}, from "
                f"{row.at_least:g} on)"
            )
    return tuple(said)


def limit_value(limit: Limit) -> float:
    """The number of a limit, whichever side it is on."""
    bound = limit.at_most if limit.at_most is not None else limit.at_least
    if bound is None:
        raise InvalidInput(f"Limit {limit.name}: neither at_most nor at_least is given.")
    return bound


def _verdict(limit: Limit, found: MetricValue) -> LimitVerdict:
    number = limit_value(limit)
    key = "at_most" if limit.at_most is not None else "at_least"
    sign = "<=" if limit.at_most is not None else ">="
    stated = [limit.status_of(part) for part in (key, "metric", "structure", "each_of")]
    reason = found.reason
    verdict = Verdict.UNKNOWN
    if found.value is not None:
        slack = _FINEST * number
        met = found.value <= number + slack if sign == "<=" else found.value >= number - slack
        verdict = Verdict.MET if met else Verdict.NOT_MET
        reason = f"{found.value:.2f} {found.unit} {'is' if met else 'is not'} {sign} {number:g}"
    if limit.strength == "soft" and verdict is Verdict.NOT_MET:
        reason += "; a soft limit, which does not fail the plan"
    return LimitVerdict(
        name=limit.name,
        structure=limit.structure,
        metric=str(limit.metric),
        unit=limit.metric.unit,
        comparison=sign,
        limit=number,
        value=found.value,
        verdict=verdict,
        reason=reason,
        kind=limit.kind,
        strength=limit.strength,
        source=str(limit.source_of(key)),
        status="recalled" if "recalled" in stated else "verified",
        reading=" ".join(filter(None, (limit.reading, limit.note))),
    )


def _bound(bench: Bench, limit: Limit) -> OrganBound:
    number, unit = limit_value(limit), limit.metric.unit
    words = (limit.structure, str(limit.metric), number, unit)
    if limit.applies(bench.facts) is None and limit.applies_when is not None:
        return OrganBound(*words, None, f"answer with --fact {limit.applies_when.fact}=... .")
    trouble = bench.under.trouble(limit.structure)
    if not trouble and bench.prescription is None:
        trouble = "the prescribed dose is not known: give --prescription-gy."
    found = bench.under.value(limit.structure, limit.metric, bench.prescription_gy)
    histogram = bench.under.histograms.get(limit.structure)
    if trouble or found.value is None or histogram is None or bench.prescription is None:
        return OrganBound(*words, None, trouble or found.reason)
    if limit.metric.needs_prescription:
        # Per cent of the prescription stay what they are when the whole plan is scaled.
        kept = _verdict(limit, found).verdict is Verdict.MET
        return OrganBound(*words, math.inf if kept else 0.0, "the same at every dose")
    factor = scale_to_limit(limit.metric, histogram, number)
    return OrganBound(*words, factor * bench.prescription.dose_gy)
