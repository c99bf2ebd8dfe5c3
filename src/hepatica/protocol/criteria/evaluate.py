"""Judges a patient by a tree of criteria: true, false, or unknown with what would decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from hepatica.case.record.fact import Fact
from hepatica.protocol.criteria.answer import Why
from hepatica.protocol.criteria.ask import Asked, Interview, decisive
from hepatica.protocol.criteria.facts import FactSource, spoken_fact
from hepatica.protocol.criteria.kleene import Truth, in_words
from hepatica.protocol.criteria.missing import wanted
from hepatica.protocol.criteria.reasons import found_in_words
from hepatica.protocol.criteria.tree import CriterionTree

if TYPE_CHECKING:
    from hepatica.protocol.parts import Source, Status


@dataclass(frozen=True)
class LeafJudgement:
    """The answer to one question, with everything a reader needs to follow it.

    Parameters
    ----------
    id : str
    truth : "true", "false" or "unknown"
    reason : what was found and what was asked, for a person
    found : what was found alone: ``Bilirubin total: 40 umol/L on 2004-03-01``
    fact : name of the fact, with its item: ``lesion.diameter[2]``
    value : what was found; None if nothing was
    source : where the criterion stands
    why : the reason in one word
    text : the criterion in words
    asked : what it was held against: ``≤ 3 x ULN``
    status : whether the criterion was read in its source or recalled
    reading : how an ambiguous text was read; may be empty
    max_age_days : how old the fact may be
    """

    id: str
    truth: Truth
    reason: str
    found: str
    fact: str
    value: Fact | None
    source: Source
    why: Why
    text: str
    asked: str
    status: Status
    reading: str = ""
    max_age_days: int | None = None


@dataclass(frozen=True)
class Judgement:
    """What came out of a tree of criteria.

    Parameters
    ----------
    truth : "true", "false" or "unknown"
    decisive : the answers that make it so; no others
    missing : facts that would decide whatever they turn out to be; empty unless unknown
    alone : those of them of which a single value would already decide
    surplus : how many of the missing might not be needed; 0 if the list is the shortest
    left_out : criteria that are not in force on the day
    """

    truth: Truth
    decisive: tuple[LeafJudgement, ...]
    missing: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    surplus: int = 0
    left_out: tuple[str, ...] = ()


def evaluate(
    tree: CriterionTree,
    facts: FactSource,
    on: date,
    items: Mapping[str, str] | None = None,
) -> Judgement:
    """Judge a patient by a tree of criteria.

    Every question is answered, whatever the others say, so the order of the criteria does not
    matter. A tree of which nothing is in force on the day demands nothing and is true.

    Parameters
    ----------
    tree : CriterionTree
    facts : FactSource
    on : date
        The day of judgement; later facts are not seen.
    items : group to item, optional
        Which lesion the questions about one lesion are about: ``{"lesion": "2"}``.

    Raises
    ------
    InvalidInput
        If a question about a repeated fact does not say which item is meant.
    """
    interview = Interview(facts, on, items or {})
    outcome = interview.ask(tree.rule)
    left_out = tuple(interview.left_out)
    if outcome is None:
        return Judgement("true", (), left_out=left_out)
    needs = wanted(outcome, on)
    return Judgement(
        in_words(outcome.truth),
        tuple(_leaf(asked, on) for asked in decisive(outcome)),
        tuple(spoken_fact(*key) for key in needs.keys),
        tuple(spoken_fact(*key) for key in needs.alone),
        needs.surplus,
        left_out,
    )


def _leaf(asked: Asked, on: date) -> LeafJudgement:
    leaf, answer = asked.question.leaf, asked.answer
    found, written = found_in_words(asked, on), asked.question.bound.written
    return LeafJudgement(
        id=leaf.id,
        truth=in_words(answer.truth),
        reason=f"{found}; asked: {written}",
        found=found,
        fact=spoken_fact(*asked.question.key),
        value=answer.fact,
        source=leaf.source,
        why=answer.why,
        text=leaf.text,
        asked=written,
        status=leaf.status,
        reading=leaf.reading,
        max_age_days=leaf.max_age_days,
    )
