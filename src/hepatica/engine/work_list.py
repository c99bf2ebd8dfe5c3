"""What has to be found out before a patient can be judged, and what it is needed for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from hepatica.case.record import Fact
from hepatica.protocol.criteria import Judgement, LeafJudgement, fact_field, spoken_fact
from hepatica.protocol.criteria.facts import age_days

if TYPE_CHECKING:
    from hepatica.case.record.derived_value import Derived


@dataclass(frozen=True)
class Need:
    """A fact of the record, by its name and as a clinician calls it."""

    fact: str
    label: str

    @property
    def name(self) -> str:
        """``INR``; of a repeated fact with its item."""
        item = self.fact.partition("[")[2].rstrip("]")
        return f"{self.label} ({item})" if item else self.label


@dataclass(frozen=True)
class Want:
    """One line of the work-list.

    Parameters
    ----------
    fact : name of the fact that the criteria ask for
    needs : facts of the record to find out; several for a derived one, such as a score
    reasons : why it is unknown, a sentence for each criterion
    whys : the same in a few words, each once
    criteria : ids of the criteria that ask for it
    is_enough : whether one value of it would already decide the whole
    """

    fact: str
    needs: tuple[Need, ...]
    reasons: tuple[str, ...]
    whys: tuple[str, ...]
    criteria: tuple[str, ...]
    is_enough: bool

    def as_document(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "fact": self.fact,
            "needs": [need.fact for need in self.needs],
            "reasons": list(self.reasons),
            "whys": list(self.whys),
            "criteria": list(self.criteria),
            "one_value_decides": self.is_enough,
        }


def work_list(judgement: Judgement, derived: Mapping[str, Derived], on: date) -> tuple[Want, ...]:
    """What to find out, what can decide by itself first.

    Parameters
    ----------
    judgement : Judgement
        Undecided; a decided one has no work-list.
    derived : name to Derived
        Says which facts a score is still waiting for.
    on : date
        The day of judgement.
    """
    wants = []
    for fact in judgement.missing:
        leaves = [leaf for leaf in judgement.decisive if leaf.fact == fact]
        wants.append(
            Want(
                fact,
                _needs(fact, leaves, derived, on),
                tuple(dict.fromkeys(leaf.found for leaf in leaves)),
                tuple(dict.fromkeys(leaf.why.replace("_", " ") for leaf in leaves)),
                tuple(dict.fromkeys(leaf.id for leaf in leaves)),
                fact in judgement.alone,
            )
        )
    return tuple(sorted(wants, key=lambda want: not want.is_enough))


def _needs(
    fact: str, leaves: list[LeafJudgement], derived: Mapping[str, Derived], on: date
) -> tuple[Need, ...]:
    """The facts of the record behind a fact; a derived one waits for several, or for newer ones."""
    source = derived.get(fact)
    if source is None:
        return (_need(fact),)
    names = list(source.missing)
    ages = [leaf.max_age_days for leaf in leaves if leaf.max_age_days is not None]
    if ages:
        names += [f.field for f in source.derived_from if _is_older(f, min(ages), on)]
    if not names:
        names = [f.field for f in source.derived_from if f.comparator is not None]
    return tuple(_need(name) for name in dict.fromkeys(names or [fact]))


def _is_older(fact: Fact, most_days: int, on: date) -> bool:
    age = age_days(fact, on)
    return age is None or age > most_days


def _need(fact: str) -> Need:
    name, _, item = fact.partition("[")
    return Need(spoken_fact(name, item.rstrip("]")), fact_field(name).label)
