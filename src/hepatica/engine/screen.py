"""May this patient be treated in this way: eligible, not eligible, or what is missing to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, get_args

from hepatica.case.record import Record
from hepatica.engine.computed_facts import (
    ComputedFact,
    contradictions,
    filled,
    unmatched_tumours,
)
from hepatica.engine.inferred_facts import with_inferences
from hepatica.engine.joined_facts import JoinedFacts, facts_of
from hepatica.engine.remnant import remnant_facts
from hepatica.engine.work_list import Want, work_list
from hepatica.errors import UsageError
from hepatica.protocol import Protocol
from hepatica.protocol.criteria import Judgement, LeafJudgement, Truth, evaluate, leaves_of

if TYPE_CHECKING:
    from hepatica.case.record.derived_value import Derived

__all__ = [
    "OUTCOMES",
    "JoinedFacts",
    "Known",
    "Outcome",
    "Screening",
    "facts_of",
    "known_on",
    "screen",
]

Outcome = Literal["eligible", "not_eligible", "undetermined"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
_MEANS: dict[Truth, Outcome] = {
    "true": "eligible",
    "false": "not_eligible",
    "unknown": "undetermined",
}


@dataclass(frozen=True)
class Known:
    """What is known about one patient on one day; made once, asked by many protocols.

    Parameters
    ----------
    record : Record
        As it was stated.
    facts : JoinedFacts
        Stated, derived and computed facts together.
    notes : tuple of str
        Where record and images contradict each other or could not be joined.
    """

    record: Record
    on: date
    facts: JoinedFacts
    derived: Mapping[str, Derived]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Screening:
    """One patient held against the criteria of one protocol on one day.

    Parameters
    ----------
    outcome : "eligible", "not_eligible" or "undetermined"
    sentence : str
        The outcome with its reason, for a person.
    judgement : Judgement
        With the decisive criteria only.
    work_list : tuple of Want
        What to find out; empty unless undetermined.
    notes : tuple of str
        Contradictions between record and images.
    """

    case_id: str
    protocol: str
    title: str
    on: date
    outcome: Outcome
    sentence: str
    judgement: Judgement
    work_list: tuple[Want, ...]
    notes: tuple[str, ...]

    def as_document(self) -> dict[str, Any]:
        """For JSON: words and numbers only."""
        return {
            "case_id": self.case_id,
            "protocol": self.protocol,
            "on": self.on.isoformat(),
            "outcome": self.outcome,
            "sentence": self.sentence,
            "decisive": [_leaf_document(leaf) for leaf in self.judgement.decisive],
            "missing": list(self.judgement.missing),
            "surplus": self.judgement.surplus,
            "not_in_force": list(self.judgement.left_out),
            "work_list": [want.as_document() for want in self.work_list],
            "notes": list(self.notes),
        }


def known_on(record: Record, on: date, computed: Iterable[ComputedFact] = ()) -> Known:
    """What is known about a patient on a day.

    Parameters
    ----------
    record : Record
    on : date
        The day of judgement; later facts are not seen.
    computed : iterable of ComputedFact
        From images and plans; they stand in where the record says nothing.
    """
    from hepatica.case.record.derived import derive

    computed = tuple(computed)
    seen = filled(record, computed, on)
    removed = remnant_facts(seen, on)
    computed = (*removed, *computed)
    whole = with_inferences(filled(seen, removed, on) if removed else seen, on)
    derived = derive(whole, on)
    notes = (*contradictions(record, computed, on), *unmatched_tumours(record, computed))
    return Known(record, on, JoinedFacts(whole, derived, computed), derived, notes)


def screen(
    record: Record | Known,
    protocol: Protocol,
    on: date | None = None,
    computed: Iterable[ComputedFact] = (),
) -> Screening:
    """Hold a patient against the criteria of a protocol.

    Parameters
    ----------
    record : Record or Known
        ``Known`` saves time when one patient is held against several protocols.
    protocol : Protocol
        With ``eligibility``.
    on : date
        The day of judgement; that of ``Known`` where this is given.
    computed : iterable of ComputedFact
        From images and plans; only with a ``Record``.

    Raises
    ------
    UsageError
        If the protocol has no criteria, or a record comes without a day.
    """
    if isinstance(record, Record):
        if on is None:
            raise UsageError("Screening a record needs the day of judgement; give --on.")
        record = known_on(record, on, computed)
    if protocol.eligibility is None:
        raise UsageError(
            f"Protocol {protocol.name} has no eligibility criteria, so nobody can be screened for "
            "it. Choose another, or write its eligibility."
        )
    judgement = evaluate(protocol.eligibility, record.facts, record.on)
    wants = work_list(judgement, record.derived, record.on)
    outcome = _MEANS[judgement.truth]
    return Screening(
        record.record.case_id,
        protocol.name,
        protocol.title,
        record.on,
        outcome,
        _sentence(outcome, judgement, wants),
        judgement,
        wants,
        record.notes,
    )


def criteria_document(protocol: Protocol) -> dict[str, Any]:
    """The criteria of a protocol for JSON, by id: words, source, status, reading."""
    leaves = () if protocol.eligibility is None else leaves_of(protocol.eligibility.rule)
    return {
        leaf.id: {
            "text": leaf.text,
            "fact": leaf.fact,
            "source": str(leaf.source),
            "status": leaf.status,
            "reading": leaf.reading,
        }
        for leaf in leaves
    }


def _sentence(outcome: Outcome, judgement: Judgement, wants: tuple[Want, ...]) -> str:
    if outcome == "eligible":
        return "eligible"
    if outcome == "not_eligible":
        reasons = [
            f"{leaf.found} (criterion: {leaf.text or leaf.id})" for leaf in judgement.decisive
        ]
        return f"not eligible because of {'; '.join(dict.fromkeys(reasons))}"
    names = list(dict.fromkeys(need.name for want in wants for need in want.needs))
    count = "this 1 fact" if len(names) == 1 else f"these {len(names)} facts"
    perhaps = "" if judgement.surplus == 0 else " (perhaps fewer)"
    return f"undetermined: {count} would decide{perhaps}: {', '.join(names)}"


def _leaf_document(leaf: LeafJudgement) -> dict[str, Any]:
    return {
        "id": leaf.id,
        "truth": leaf.truth,
        "fact": leaf.fact,
        "found": leaf.found,
        "asked": leaf.asked,
        "why": leaf.why,
    }
