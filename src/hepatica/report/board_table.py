"""A board for the terminal: one patient in full, or one line for each of many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from hepatica.engine.board.document import status_counts
from hepatica.engine.board.records import ROW_STATUSES, Board, PlanStep, Row
from hepatica.protocol.rules import therapy_named
from hepatica.report.board_words import (
    HOW_TO_RECORD,
    advice_in_words,
    dispute_in_words,
    gap_in_words,
    gaps_in_words,
    next_step_in_words,
    number_in_words,
    outlook,
    reasons_in_words,
    status_in_words,
)
from hepatica.report.screen_table import TextTable
from hepatica.report.wording import listed

_CELLS = {
    "indicated": "++",
    "consider": "+",
    "not_indicated": "\u2212",
    "contraindicated": "X",
}
LEGEND = "++ indicated, + consider, \u2212 not indicated, X contraindicated, ?2 needs two facts."
"""What the cells of the table of many patients mean."""

_CELL = 5
_MOST_GAPS = 3


def board_tables(board: Board) -> Iterator[TextTable]:
    """Everything about one patient; a table without rows is left out.

    Contraindicated therapies stand apart, so that nobody reads them as the last choice of a list.
    """
    barred = [row for row in board.rows if row.status == "contraindicated"]
    others = [row for row in board.rows if row.status != "contraindicated"]
    columns = ["therapy", "status", "why", "what would decide"]
    yield TextTable(f"Therapies, {board.pack_title}", columns, [_row(row) for row in others])
    yield TextTable("Contraindicated", columns, [_row(row) for row in barred])
    yield TextTable("Each metastasis", ["metastasis", "mm", "open", "not decided"], _lesions(board))
    yield TextTable(
        "What is missing",
        ["fact", "how to get it", "how to record it", "decides"],
        [
            [gap_in_words(g), g.examination, next_step_in_words(g), _codes(g.therapies)]
            for g in board.missing
        ],
    )
    yield TextTable(
        "Work-up",
        ["examination", "verdict", "rule", "done", "why"],
        [
            [w.title, status_in_words(w.verdict), w.rule, str(w.done or ""), w.why]
            for w in board.work_up
        ],
    )
    yield TextTable(
        "Sequences",
        ["sequence", "state", "steps", "back to the board"],
        [
            [p.title, p.state, "\n".join(_steps(p.steps)), "\n".join(p.re_entry)]
            for p in board.plans
        ],
    )
    yield TextTable(
        "Deliberately ignored",
        ["fact", "value", "rule"],
        [[one.label, one.value, f"{one.rule} {one.title}"] for one in board.ignored],
    )
    yield TextTable("Documents that disagree", ["here and there", "in what"], _disputes(board))


def board_lines(board: Board) -> Iterator[str]:
    """Computed numbers, advice and notes, as sentences."""
    for number in board.numbers:
        yield number_in_words(number)
        if number.value is not None and number.caveat:
            yield f"  {number.caveat}"
    for row in board.rows:
        yield from (f"{row.therapy.title}: {said}" for said in advice_in_words(row))
    for note in board.notes:
        yield f"Note: {note}"
    if board.missing:
        yield HOW_TO_RECORD


def cohort_lines(boards: Sequence[Board]) -> Iterator[str]:
    """One line for each patient: every therapy, and what is unknown; see ``LEGEND``."""
    if not boards:
        return
    width = max(len("case"), *(len(board.case_id) for board in boards)) + 2
    heads = "".join(row.therapy.short.ljust(_CELL) for row in boards[0].rows)
    yield f"{'case'.ljust(width)}{heads}unknown"
    for board in boards:
        cells = "".join(_cell(row).ljust(_CELL) for row in board.rows)
        yield f"{board.case_id.ljust(width)}{cells}{_gaps(board)}"
    yield LEGEND


def cohort_tables(boards: Sequence[Board]) -> Iterator[TextTable]:
    """How many patients have each status, and what is missing most often."""
    counts = status_counts(boards)
    therapies = [row.therapy for row in boards[0].rows] if boards else []
    yield TextTable(
        "Patients",
        ["therapy", *(status_in_words(status) for status in ROW_STATUSES)],
        [
            [
                f"{therapy.short} {therapy.name}",
                *(str(counts[therapy.name][s]) for s in ROW_STATUSES),
            ]
            for therapy in therapies
        ],
    )
    yield TextTable("What is missing most often", ["fact", "patients"], _frequent(boards))


def _row(row: Row) -> list[str]:
    return [_named(row), outlook(row), "\n".join(reasons_in_words(row)), gaps_in_words(row)]


def _named(row: Row) -> str:
    return f"{row.therapy.title} ({row.therapy.short})"


def _lesions(board: Board) -> list[list[str]]:
    return [
        [
            lesion.item,
            "unknown" if lesion.size_mm is None else f"{lesion.size_mm:g}",
            listed(o.therapy.title for o in lesion.options if o.is_open) or "none",
            "; ".join(
                f"{o.therapy.title}: {gaps_in_words(o)}"
                for o in lesion.options
                if o.status == "needs_data"
            ),
        ]
        for lesion in board.lesions
    ]


def _codes(names: Sequence[str]) -> str:
    return " ".join(therapy_named(name).short for name in names)


def _steps(steps: Sequence[PlanStep]) -> Iterator[str]:
    for count, step in enumerate(steps, start=1):
        status = f" [{status_in_words(step.status)}]" if step.status else ""
        yield f"{count}. {step.says}{status}"


def _disputes(board: Board) -> list[list[str]]:
    return [[dispute_in_words(d), d.what] for d in board.live_disputes]


def _cell(row: Row) -> str:
    return _CELLS.get(row.status) or f"?{len(row.missing)}"


def _gaps(board: Board) -> str:
    """How many facts are missing, and those that most rows wait for."""
    named = list(dict.fromkeys(gap_in_words(gap) for gap in board.missing))
    return f"{len(named)}: {'; '.join(named[:_MOST_GAPS])}" if named else "nothing"


def _frequent(boards: Sequence[Board]) -> list[list[str]]:
    counts = Counter(
        label for board in boards for label in {gap_in_words(gap) for gap in board.missing}
    )
    return [[label, str(count)] for label, count in counts.most_common(12)]
