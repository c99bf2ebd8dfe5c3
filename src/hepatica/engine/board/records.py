"""What a tumour board sees: every therapy with its status, its reasons and what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from hepatica.protocol.criteria import Truth
from hepatica.protocol.rules import Evidence, Therapy

RowStatus = Literal["indicated", "consider", "not_indicated", "contraindicated", "needs_data"]
ROW_STATUSES: tuple[str, ...] = get_args(RowStatus)
OPEN: tuple[RowStatus, ...] = ("indicated", "consider")
"""Statuses under which a therapy can be chosen."""


@dataclass(frozen=True)
class Because:
    """One recorded or missing fact behind a rule: a sentence, the fact, and who asks for it.

    ``found`` is what was found without its day, ``on`` that day, ``asked`` what the rule asks for;
    ``says`` is all of it in a sentence.
    """

    fact: str
    truth: Truth
    says: str
    source: str
    status: str
    reading: str = ""
    found: str = ""
    on: str = ""
    asked: str = ""


@dataclass(frozen=True)
class Reason:
    """A rule as it stands for this patient and one therapy.

    Parameters
    ----------
    rule, title : str
    argument : for, against, contraindication, advice, ignored or work_up
    effect : the status that it gives where it holds; empty where it only argues
    truth : whether it holds
    strength : strong, moderate or weak
    evidence : Evidence
    status : verified or recalled
    because : the facts that make it so; no others
    advice : what to do or to heed, where it holds
    reading, note : how the source was read, and what else is to know
    lesions : items of which it holds, where it is asked of each
    """

    rule: str
    title: str
    argument: str
    effect: str
    truth: Truth
    strength: str
    evidence: Evidence
    status: str
    because: tuple[Because, ...]
    advice: tuple[str, ...] = ()
    reading: str = ""
    note: str = ""
    lesions: tuple[str, ...] = ()


@dataclass(frozen=True)
class MissingFact:
    """Something that is not known and would change an answer.

    Parameters
    ----------
    fact : name, with its item: ``lesion.depth[2]``
    label : as a clinician would ask for it
    examination : how to get it; empty where no examination is listed
    therapies : the rows that wait for it
    alone : rows that one value of it would already settle
    answer : the line of an answer file that records it: ``status.converted: no | yes``
    none : the line that says that there is none, or never was; empty where that makes no sense
    spares : other missing facts that nobody need find out once ``none`` is recorded
    """

    fact: str
    label: str
    examination: str
    therapies: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    answer: str = ""
    none: str = ""
    spares: tuple[str, ...] = ()


@dataclass(frozen=True)
class Number:
    """A number computed for this patient, or why there is none.

    Parameters
    ----------
    name : name of a computed or derived fact
    label : str
    value : None if it is not known
    unit : UCUM
    therapies : rows on which it stands
    source : formula or method, with its publication
    status : verified or recalled
    missing : what it would take
    caveat : what to bear in mind
    estimate : whether it comes from an idealisation rather than from a plan of this patient
    """

    name: str
    label: str
    value: float | None
    unit: str
    therapies: tuple[str, ...]
    source: str
    status: str
    missing: tuple[str, ...] = ()
    caveat: str = ""
    estimate: bool = False


@dataclass(frozen=True)
class Ignored:
    """A recorded fact that a rule declares to be of no account."""

    fact: str
    label: str
    value: str
    rule: str
    title: str
    source: str


@dataclass(frozen=True)
class Dispute:
    """Two documents that say otherwise; both stand, with their dates."""

    document: str
    dated: str
    other: str
    other_dated: str
    what: str
    source: str


@dataclass(frozen=True)
class Result:
    """A result that the document of a therapy prints."""

    kind: str
    says: str
    source: str


@dataclass(frozen=True)
class Row:
    """One therapy for one patient.

    Parameters
    ----------
    therapy : Therapy
    status : RowStatus
    possible : what it can become when everything is known; the status alone once it is decided
    reasons : rules that hold, in the order of the pack
    lacking : rules that do not hold and would open it, where it is not indicated
    undecided : rules of which it is not known whether they hold
    missing : the shortest list of facts that would decide it
    numbers, disputes, results : what belongs to this therapy
    lesions : metastases for which it is open, under rules that ask each of them
    """

    therapy: Therapy
    status: RowStatus
    possible: tuple[RowStatus, ...]
    reasons: tuple[Reason, ...] = ()
    lacking: tuple[Reason, ...] = ()
    undecided: tuple[Reason, ...] = ()
    missing: tuple[MissingFact, ...] = ()
    numbers: tuple[Number, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    results: tuple[Result, ...] = ()
    lesions: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name of the therapy."""
        return self.therapy.name

    @property
    def is_open(self) -> bool:
        """Whether it can be chosen on what is known."""
        return self.status in OPEN


@dataclass(frozen=True)
class LesionRow:
    """One metastasis and the therapies that rules about single metastases speak of."""

    item: str
    size_mm: float | None
    options: tuple[Row, ...]


@dataclass(frozen=True)
class WorkUp:
    """An examination, whether it is called for, and whether it was done.

    ``verdict`` is needed, done, enough, not_evidence, not_needed or needs_data.
    """

    examination: str
    title: str
    verdict: str
    rule: str
    why: str
    done: date | None = None


@dataclass(frozen=True)
class PlanStep:
    """One step of a sequence, with the status of its therapy today."""

    says: str
    therapy: str = ""
    status: str = ""


@dataclass(frozen=True)
class Plan:
    """Therapies in their order.

    ``state`` is open, waiting where data are needed first, or blocked where one of the therapies is
    contraindicated today.
    """

    id: str
    title: str
    state: Literal["open", "waiting", "blocked"]
    opened_by: tuple[str, ...]
    steps: tuple[PlanStep, ...]
    re_entry: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Board:
    """Everything that a rule pack says about one patient on one day.

    ``rows`` stand in the hierarchy of the pack, which ranks therapies in general and not the
    options of this patient; a contraindicated one is never placed before or after an open one by
    merit. ``unspoken`` are therapies of which neither pack nor document says when to give them;
    ``notes`` tell where record and images contradict each other.
    """

    case_id: str
    on: date
    pack: str
    pack_title: str
    pack_version: str
    pack_sha256: str
    rows: tuple[Row, ...]
    lesions: tuple[LesionRow, ...]
    work_up: tuple[WorkUp, ...]
    plans: tuple[Plan, ...]
    missing: tuple[MissingFact, ...]
    ignored: tuple[Ignored, ...]
    numbers: tuple[Number, ...]
    unspoken: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def row(self, therapy: str) -> Row:
        """The row of a therapy."""
        return next(row for row in self.rows if row.name == therapy)

    @property
    def disputes(self) -> tuple[Dispute, ...]:
        """Documents that disagree, each pair once."""
        return _each_pair_once(self.rows)

    @property
    def live_disputes(self) -> tuple[Dispute, ...]:
        """Those about a therapy that is open to this patient, or may be."""
        live = [row for row in self.rows if row.is_open or row.status == "needs_data"]
        return _each_pair_once(live)


def _each_pair_once(rows: Iterable[Row]) -> tuple[Dispute, ...]:
    found: dict[frozenset[str], Dispute] = {}
    for row in rows:
        for dispute in row.disputes:
            found.setdefault(frozenset((dispute.document, dispute.other)), dispute)
    return tuple(found.values())
