"""What is not known and would change an answer, and how to get it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from hepatica.engine.board.answer_lines import answer_line, none_line
from hepatica.engine.board.records import MissingFact, Row
from hepatica.engine.screen import Known
from hepatica.protocol.criteria import fact_field, spoken_fact
from hepatica.protocol.criteria.missing import Wanted
from hepatica.protocol.rules import examination_for


def missing_facts(known: Known, needs: Wanted, therapy: str) -> tuple[MissingFact, ...]:
    """The shortest list of facts that would decide one therapy.

    A derived fact is replaced by the facts of the record that it waits for.
    """
    found: dict[str, MissingFact] = {}
    for name, item in needs.keys:
        alone = (therapy,) if (name, item) in needs.alone else ()
        for stated, its_item in _stated(known, name, item):
            fact = spoken_fact(stated, its_item)
            exam = examination_for(stated)
            found[fact] = MissingFact(
                fact=fact,
                label=fact_field(stated).label,
                examination="" if exam is None else exam.title,
                therapies=(therapy,),
                alone=alone,
                answer=answer_line(fact),
                none=none_line(fact),
            )
    return tuple(found.values())


def joined(rows: Iterable[Row]) -> tuple[MissingFact, ...]:
    """The missing facts of all rows, each once; what most rows wait for comes first."""
    found: dict[str, MissingFact] = {}
    for row in rows:
        for gap in row.missing:
            before = found.get(gap.fact)
            found[gap.fact] = gap if before is None else _both(before, gap)
    return tuple(sorted(found.values(), key=lambda gap: -len(gap.therapies)))


def _both(one: MissingFact, other: MissingFact) -> MissingFact:
    return replace(
        one,
        therapies=tuple(dict.fromkeys((*one.therapies, *other.therapies))),
        alone=tuple(dict.fromkeys((*one.alone, *other.alone))),
    )


def _stated(known: Known, name: str, item: str) -> Iterator[tuple[str, str]]:
    derived = known.derived.get(name)
    if derived is None:
        yield name, item
        return
    vague = (fact.field for fact in derived.derived_from if fact.comparator is not None)
    for field in derived.missing or tuple(vague) or (name,):
        yield field, item
