"""The tumour board's question: which therapies are open to a patient, why, what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from hepatica.case import Case
from hepatica.case.record import Record
from hepatica.engine.board.computed import Scene, computed_facts, computed_numbers
from hepatica.engine.board.gaps import joined
from hepatica.engine.board.records import Board, Ignored, LesionRow
from hepatica.engine.board.rows import Bench, lesion_row, row, shown_therapies
from hepatica.engine.board.sequence import plans
from hepatica.engine.board.spared import with_spared
from hepatica.engine.board.standing import Patient, standings
from hepatica.engine.board.work_up import work_up
from hepatica.engine.computed_facts import ComputedFact, computed_from
from hepatica.engine.screen import known_on
from hepatica.errors import Inconsistent
from hepatica.protocol.criteria import fact_field
from hepatica.protocol.criteria.reasons import fact_in_words
from hepatica.protocol.rules import RulePack, load_pack, therapies


def board(
    record: Record,
    case: Case | None = None,
    *,
    on: date,
    pack: str | RulePack = "review",
    detail: bool = True,
    computed: Iterable[ComputedFact] = (),
) -> Board:
    """Every therapy for one patient on one day, under one rule pack.

    Parameters
    ----------
    record : Record
    case : Case, optional
        Images and structures of the same patient, for the numbers that need them.
    on : date
        The day of the board; later facts are not seen.
    pack : str or RulePack
        ``review``, ``infusion``, ``collision``, a file, or a pack that was read.
    detail : bool
        False for many patients: status and missing facts only.
    computed : iterable of ComputedFact
        Numbers that were computed elsewhere for this patient; they come before the board's own.

    Raises
    ------
    Inconsistent
        If record and case are of two patients.
    InvalidInput
        If there is no such pack, or it is faulty.
    """
    if case is not None and case.case_id != record.case_id:
        raise Inconsistent(
            f"The record is of case {record.case_id}, the images are of case {case.case_id}. Give "
            "the two of one patient."
        )
    rules = load_pack(pack) if isinstance(pack, str) else pack
    bench = _bench(_Asked(record, case, on, tuple(computed), detail), rules)
    shown = shown_therapies(rules)
    rows = tuple(row(bench, therapy, detail) for therapy in shown)
    spoken = {therapy.name for therapy in shown}
    return Board(
        case_id=record.case_id,
        on=on,
        pack=rules.name,
        pack_title=rules.title,
        pack_version=rules.version,
        pack_sha256=rules.sha256,
        rows=rows,
        lesions=_lesions(bench) if detail else (),
        work_up=tuple(work_up(bench.standings, bench.patient)) if detail else (),
        plans=tuple(plans(rules, {one.name: one for one in rows}, bench.patient)) if detail else (),
        missing=with_spared(joined(rows), rows, bench) if detail else joined(rows),
        ignored=tuple(_ignored(bench)) if detail else (),
        numbers=bench.numbers,
        unspoken=tuple(name for name in therapies() if name not in spoken),
        notes=bench.known.notes,
    )


@dataclass(frozen=True, eq=False)
class _Asked:
    """What the board was given about one patient."""

    record: Record
    case: Case | None
    on: date
    computed: tuple[ComputedFact, ...]
    detail: bool


def _bench(asked: _Asked, pack: RulePack) -> Bench:
    """Everything that is known about the patient, and every rule put to it.

    Numbers that other rooms compute are known only after the first look; rules see them as well.
    """
    on, own = asked.on, asked.computed
    drawn = () if asked.case is None else computed_from(asked.case)
    known = known_on(asked.record, on, (*drawn, *own))
    numbers = computed_numbers(Scene(known, asked.case)) if asked.detail else ()
    if numbers:
        known = known_on(asked.record, on, (*drawn, *computed_facts(numbers), *own))
    patient = Patient(known.facts, on)
    return Bench(known, patient, pack, standings(pack, patient), numbers)


def _lesions(bench: Bench) -> tuple[LesionRow, ...]:
    """One row for each metastasis, where the pack has rules about single ones."""
    asked = any(one.rule.scope == "lesion" for one in bench.standings)
    return tuple(lesion_row(bench, item) for item in bench.patient.lesions()) if asked else ()


def _ignored(bench: Bench) -> Iterator[Ignored]:
    """Recorded facts that a rule which holds declares to be of no account."""
    for standing in bench.standings:
        for name in standing.rule.non_factors if standing.truth else ():
            fact = bench.patient.facts.latest(name, until=bench.patient.on)
            if fact is not None and fact.value is not None:
                field = fact_field(name)
                yield Ignored(
                    fact=name,
                    label=field.label,
                    value=fact_in_words(fact, field),
                    rule=standing.rule.id,
                    title=standing.rule.title,
                    source=str(standing.rule.source),
                )
