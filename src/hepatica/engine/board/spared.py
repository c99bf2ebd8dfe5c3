"""Which questions need not be asked once it is recorded that there is none of something."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from hepatica.case.record import Fact
from hepatica.engine.board.answer_lines import none_of
from hepatica.engine.board.gaps import missing_facts
from hepatica.engine.board.records import MissingFact, Row
from hepatica.engine.board.rows import Bench, needs_of
from hepatica.engine.board.standing import Patient
from hepatica.protocol.criteria import FactSource, fact_field

_VALUES = {"no": False, "yes": True, "0": 0}


def with_spared(
    gaps: Iterable[MissingFact], rows: Iterable[Row], bench: Bench
) -> tuple[MissingFact, ...]:
    """The missing facts of a board, each with what its negative answer makes superfluous.

    Parameters
    ----------
    gaps : of all rows together
    rows : iterable of Row
    bench : Bench
        The patient under the same pack.
    """
    by_name = {row.name: row for row in rows}
    return tuple(replace(gap, spares=_spared(gap, by_name, bench)) for gap in gaps)


def _spared(gap: MissingFact, rows: Mapping[str, Row], bench: Bench) -> tuple[str, ...]:
    """What every row that waits for it no longer waits for; derived facts are left as they are."""
    if not gap.none or "[" in gap.fact:
        return ()
    none = none_of(fact_field(gap.fact))
    supposed = Fact(gap.fact, _VALUES.get(none, none), on=bench.patient.on, source="supposed")
    if fact_field(gap.fact).kind == "date":
        return ()
    patient = Patient(_Supposed(bench.patient.facts, supposed), bench.patient.on)
    then = replace(bench, patient=patient)
    waiting = {
        name: {one.fact for one in _missing(then, row)} if name in gap.therapies else _facts(row)
        for name, row in rows.items()
    }
    still = set().union(*waiting.values())
    before = dict.fromkeys(one.fact for name in gap.therapies for one in rows[name].missing)
    return tuple(fact for fact in before if fact not in still and fact != gap.fact)


def _missing(bench: Bench, row: Row) -> tuple[MissingFact, ...]:
    return missing_facts(bench.known, needs_of(bench, row.therapy), row.name)


def _facts(row: Row) -> set[str]:
    return {gap.fact for gap in row.missing}


@dataclass(frozen=True)
class _Supposed:
    """What is known, and one fact that is supposed beside it."""

    facts: FactSource
    fact: Fact

    def latest(self, name: str, item: str = "", until: date | None = None) -> Fact | None:
        if (name, item) == self.fact.key:
            return self.fact
        return self.facts.latest(name, item, until)

    def items(self, group: str) -> tuple[str, ...]:
        return self.facts.items(group)
