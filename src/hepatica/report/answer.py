"""The first box of a report: the prescription, its risk, the dose allowed and what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hepatica.engine.verdict import Verdict
from hepatica.report.allowed import dose_facts, dose_tile
from hepatica.report.sheet import Answer, Fact, Tile, Tone
from hepatica.report.tables import tone_of
from hepatica.report.wording import (
    NBSP,
    counted,
    gy,
    level,
    listed,
    number,
    risk,
    sentence,
    unknown,
)

if TYPE_CHECKING:
    from hepatica.engine.evaluation import Evaluation, LimitVerdict

_SAME_DOSE_GY = 0.05


def answer(evaluation: Evaluation) -> Answer:
    """Tiles with the four numbers looked for first, then sentences."""
    return Answer(
        tiles=(
            _prescription_tile(evaluation),
            _risk_tile(evaluation),
            dose_tile(evaluation),
            _limits_tile(evaluation),
        ),
        facts=tuple(_facts(evaluation)),
    )


def answer_sentences(evaluation: Evaluation) -> tuple[str, ...]:
    """The same answer as plain lines, for a terminal: ``Prescription: 41.4 Gy in 6 fractions``."""
    return tuple(
        f"{fact.label}: {line}" for fact in _facts(evaluation) for line in fact.text.split("\n")
    )


def next_step(evaluation: Evaluation) -> str:
    """What to do now, in one sentence."""
    missing = missing_facts(evaluation)
    allocation, given = evaluation.allocation, evaluation.prescription
    chosen = allocation.chosen
    broken = [_limit_name(limit) for limit in _breaches(evaluation) if limit.strength == "hard"]
    if missing:
        already = f" Already not met: {listed(broken)}." if broken else ""
        return f"Supply what is missing (named above), then evaluate again.{already}"
    if allocation.verdict is Verdict.NOT_MET or chosen is None:
        why = allocation.reason or "no reason was recorded"
        return sentence(f"do not allocate a dose by this protocol: {why}")
    target = f"{gy(chosen.deliverable_gy)} at the {level(chosen.risk)} risk level"
    if given is not None and given.dose_gy > chosen.allowed_gy + _SAME_DOSE_GY:
        return f"Lower the prescription from {gy(given.dose_gy)} to {target}, then evaluate again."
    if broken:
        return f"Change the plan so that {listed(broken)} is kept, then evaluate again."
    if given is not None and given.dose_gy < chosen.deliverable_gy - _SAME_DOSE_GY:
        return (
            f"The prescription may be raised from {gy(given.dose_gy)} to {target}; scale or "
            "optimise the plan, then evaluate again."
        )
    return f"The prescription agrees with {target}; have physicist and physician check the plan."


def missing_facts(evaluation: Evaluation) -> tuple[str, ...]:
    """What an unknown verdict waits for: each fact once, those with the same remedy together."""
    facts = [*evaluation.missing, *evaluation.allocation.missing]
    once = dict.fromkeys(fact.rstrip(". ") for fact in facts)
    told = [f for f in once if not any(f != other and f.endswith(other) for other in once)]
    by_remedy: dict[str, list[str]] = {}
    for fact in told:
        what, colon, remedy = fact.rpartition(": ")
        by_remedy.setdefault(colon + remedy, []).append(what)
    return tuple("; ".join(filter(None, facts)) + remedy for remedy, facts in by_remedy.items())


def _prescription_tile(evaluation: Evaluation) -> Tile:
    given = evaluation.prescription
    if given is None:
        return Tile("Prescription evaluated", "unknown", "no prescribed dose is known", "unknown")
    split = f"{given.fractions}{NBSP}\u00d7{NBSP}{gy(given.per_fraction_gy, 2)}"
    return Tile("Prescription evaluated", gy(given.dose_gy), split)


def _risk_tile(evaluation: Evaluation) -> Tile:
    label = "Risk of liver disease (NTCP)"
    if evaluation.risk is None:
        return Tile(label, "unknown", "see What is missing", "unknown")
    reading, open_level = evaluation.risk.reading, evaluation.allocation.risk
    if reading.ntcp > open_level:
        detail = f"of this plan; above the {level(open_level)} level"
        return Tile(label, risk(reading.ntcp), detail, "not met")
    return Tile(label, risk(reading.ntcp), f"of this plan, model {reading.model.name}")


def _limits_tile(evaluation: Evaluation) -> Tile:
    counts = {v: sum(li.verdict is v for li in evaluation.limits) for v in Verdict}
    worst = next((v for v in (Verdict.NOT_MET, Verdict.UNKNOWN) if counts[v]), Verdict.MET)
    value = f"{counts[Verdict.MET]} of {len(evaluation.limits)} met"
    detail = f"{counts[Verdict.NOT_MET]} not met, {counts[Verdict.UNKNOWN]} unknown"
    return Tile("Limits", value, detail, tone_of(worst))


def _facts(evaluation: Evaluation) -> Iterator[Fact]:
    yield _prescription(evaluation)
    yield Fact("Dose", _dose(evaluation))
    yield _risk(evaluation)
    yield from dose_facts(evaluation)
    yield _limits(evaluation)
    missing = missing_facts(evaluation)
    text = "\n".join(map(sentence, missing)) or "Nothing that the protocol asks for."
    yield Fact("What is missing", text, "unknown" if missing else "plain")
    if evaluation.warnings:
        yield Fact("Warnings", "\n".join(map(sentence, evaluation.warnings)), "warning")
    if evaluation.remarks:
        yield Fact("Remarks", "\n".join(map(sentence, evaluation.remarks)))
    if evaluation.advice:
        yield Fact("Advice", "\n".join(map(sentence, evaluation.advice)), "caution")
    yield Fact("Next step", next_step(evaluation), "strong")


def _prescription(evaluation: Evaluation) -> Fact:
    given = evaluation.prescription
    if given is None:
        why = "neither plan nor user stated it, and it cannot be read off the dose"
        return Fact("Prescription", sentence(unknown(why)), "unknown")
    counted_in = given.fractions_origin or "no origin was recorded"
    origins = f"Dose: {sentence(given.origin)[:-1]}. Number of fractions: {counted_in.rstrip('.')}."
    text = f"{gy(given.dose_gy)} in {counted(given.fractions, 'fraction')}"
    return Fact("Prescription", f"{text} of {gy(given.per_fraction_gy, 2)}. {origins}")


def _dose(evaluation: Evaluation) -> str:
    dose = evaluation.dose
    highest = gy(float(dose.volume.values.max()))
    spacing = " \u00d7 ".join(number(s) for s in dose.volume.grid.spacing_mm)
    origin = f" {sentence(dose.origin)}" if dose.origin else ""
    return f"{sentence(dose.label)}{origin} Highest dose {highest}, grid {spacing}{NBSP}mm."


def _risk(evaluation: Evaluation) -> Fact:
    found = evaluation.risk
    endpoint = evaluation.protocol.prescription.endpoint
    label = "Liver risk"
    if found is None:
        why = evaluation.allocation.reason or "the dose to the liver is not known"
        return Fact(label, sentence(unknown(why)), "unknown")
    used = found.reading.model
    others = [
        f"{risk(r.ntcp)} if read in {gy(r.model.reference_fraction_gy)} fractions"
        for r in found.sensitivity
        if r.model.reference_fraction_gy != used.reference_fraction_gy
    ]
    text = (
        f"{risk(found.reading.ntcp)} risk of {endpoint}, from this plan's own liver dose (model "
        f"{used.name}, n{NBSP}{used.n:g}, m{NBSP}{used.m:g}, TD50{NBSP}{gy(used.td50_gy)}, "
        f"reference fraction {gy(used.reference_fraction_gy)}, "
        f"\u03b1/\u03b2{NBSP}{gy(used.alpha_beta_gy)})"
    )
    text = f"{'; '.join([text, *others])}."
    if found.effective_volume is not None:
        text += f" Effective liver volume {number(found.effective_volume, 3)}."
    return Fact(label, sentence(text))


def _limits(evaluation: Evaluation) -> Fact:
    limits = evaluation.limits
    if not limits:
        return Fact("Limits", "The protocol sets none.")
    parts = [f"{len(_named(evaluation, Verdict.MET))} met"]
    for verdict in (Verdict.NOT_MET, Verdict.UNKNOWN):
        names = _named(evaluation, verdict)
        parts.append(f"{len(names)} {verdict.value}{f' ({listed(names)})' if names else ''}")
    worst = next((v for v in (Verdict.NOT_MET, Verdict.UNKNOWN) if _named(evaluation, v)), None)
    tone: Tone = "plain" if worst is None else tone_of(worst)
    return Fact("Limits", f"Of {counted(len(limits), 'limit')}: {', '.join(parts)}.", tone)


def _breaches(evaluation: Evaluation) -> list[LimitVerdict]:
    return [limit for limit in evaluation.limits if limit.verdict is Verdict.NOT_MET]


def _named(evaluation: Evaluation, verdict: Verdict) -> list[str]:
    return [_limit_name(limit) for limit in evaluation.limits if limit.verdict is verdict]


def _limit_name(limit: LimitVerdict) -> str:
    return f"{limit.structure} {limit.metric}"
