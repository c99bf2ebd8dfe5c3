"""One row of the board: everything that bears on one therapy for one patient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hepatica.engine.board.documents import (
    disputes_of,
    eligibility_rule,
    results_of,
)
from hepatica.engine.board.gaps import missing_facts
from hepatica.engine.board.records import OPEN, LesionRow, Number, Reason, Row
from hepatica.engine.board.standing import Patient, Standing, reason, standing_of
from hepatica.engine.board.status import Effects, status_of
from hepatica.engine.screen import Known
from hepatica.protocol.criteria.listed import UNLISTED
from hepatica.protocol.criteria.missing import Wanted
from hepatica.protocol.rules import RulePack, Therapy, therapies, therapy_named


@dataclass(frozen=True, eq=False)
class Bench:
    """One patient under one rule pack: every rule with what came out of it."""

    known: Known
    patient: Patient
    pack: RulePack
    standings: tuple[Standing, ...]
    numbers: tuple[Number, ...] = ()


def shown_therapies(pack: RulePack) -> tuple[Therapy, ...]:
    """The therapies that a pack rules on, then those whose own document has criteria."""
    ruled = {name for rule in pack.rules if rule.then.status for name in rule.therapies}
    rest = [name for name in therapies() if name not in pack.order]
    names = (*pack.order, *rest)
    found = (therapy_named(name) for name in names)
    return tuple(t for t in found if t.name in ruled or eligibility_rule(t) is not None)


def row(bench: Bench, therapy: Therapy, detail: bool) -> Row:
    """The row of one therapy; without ``detail`` only its status and what is missing."""
    about = _about(bench, therapy)
    verdict = status_of(_effects(about), bench.patient.on)
    missing = missing_facts(bench.known, verdict.needs, therapy.name)
    if not detail:
        return Row(therapy, verdict.status, verdict.possible, missing=missing)
    reasons = [
        (one, reason(one, bench.patient)) for one in about if one.rule.then.argument != "ignored"
    ]
    return Row(
        therapy=therapy,
        status=verdict.status,
        possible=verdict.possible,
        reasons=tuple(said for one, said in reasons if one.truth),
        lacking=tuple(_lacking(reasons)) if verdict.status == "not_indicated" else (),
        undecided=tuple(said for one, said in reasons if one.truth is None),
        missing=missing,
        numbers=tuple(n for n in bench.numbers if therapy.name in n.therapies),
        disputes=tuple(disputes_of(therapy)),
        results=tuple(results_of(therapy)),
        lesions=tuple(_lesions(about)),
    )


def needs_of(bench: Bench, therapy: Therapy) -> Wanted:
    """What would decide a therapy, for whatever patient sits on the bench now."""
    about = [standing_of(one.rule, bench.patient) for one in _about(bench, therapy)]
    return status_of(_effects(about), bench.patient.on).needs


def lesion_row(bench: Bench, item: str) -> LesionRow:
    """One metastasis under the rules that are asked of each, and those about the whole patient."""
    patient = bench.patient
    asked = [one for one in bench.standings if one.rule.scope == "lesion"]
    names = dict.fromkeys(name for one in asked for name in one.rule.therapies)
    size = patient.facts.latest("lesion.diameter", item, patient.on)
    known_size = size is not None and isinstance(size.value, int | float)
    return LesionRow(
        item=item,
        size_mm=float(size.value) if size is not None and known_size else None,  # type: ignore[arg-type]
        options=tuple(_option(bench, therapy_named(name), item) for name in names),
    )


def _option(bench: Bench, therapy: Therapy, item: str) -> Row:
    about = _about(bench, therapy)
    own = [one for one in about if one.of_lesion]
    # What indicates the therapy for another metastasis, or for the patient, says nothing of this.
    barring = [one for one in about if one.rule.then.status in ("not_indicated", "contraindicated")]
    effects = [(one.rule.then.status or "", one.of_lesion[item]) for one in own]
    effects += [(one.rule.then.status or "", one.outcome) for one in barring if not one.of_lesion]
    verdict = status_of(effects, bench.patient.on)
    reasons = [(one.of_lesion[item].truth, reason(one, bench.patient, item)) for one in own]
    reasons += [(one.truth, reason(one, bench.patient)) for one in barring if not one.of_lesion]
    return Row(
        therapy=therapy,
        status=verdict.status,
        possible=verdict.possible,
        reasons=tuple(said for truth, said in reasons if truth),
        lacking=tuple(
            said for truth, said in reasons if truth is False and said.effect == "indicated"
        ),
        undecided=tuple(said for truth, said in reasons if truth is None),
        missing=missing_facts(bench.known, verdict.needs, therapy.name),
    )


def _about(bench: Bench, therapy: Therapy) -> list[Standing]:
    """The rules of the pack for a therapy; where none of them opens it, its document's criteria."""
    found = [one for one in bench.standings if therapy.name in one.rule.therapies]
    if any(one.rule.then.status in OPEN for one in found):
        return found
    own = eligibility_rule(therapy)
    return found if own is None else [standing_of(own, bench.patient), *found]


def _effects(about: Sequence[Standing]) -> Effects:
    return [(one.rule.then.status, one.outcome) for one in about if one.rule.then.status]


def _lacking(reasons: Sequence[tuple[Standing, Reason]]) -> Iterator[Reason]:
    """Rules that would open a therapy and do not hold."""
    for one, said in reasons:
        if one.truth is False and said.effect in OPEN:
            yield said


def _lesions(about: Sequence[Standing]) -> Iterator[str]:
    for one in about:
        if one.rule.then.status in OPEN:
            yield from (i for i, said in one.of_lesion.items() if said.truth and i != UNLISTED)
