"""The board on one page for the meeting, with the banner of research use."""

from __future__ import annotations

import json
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

from hepatica.engine.board.records import Board, LesionRow, MissingFact, PlanStep, Row
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
from hepatica.report.pdf import typesetter
from hepatica.report.sheet import BANNER
from hepatica.report.wording import listed

_ARROW = " \u2192 "
_MOST_REASONS = 4
_MOST_ADVICE = 3
_MOST_GAPS = 12
_MOST_LESIONS = 10
_TONES = {
    "indicated": "met",
    "consider": "strong",
    "not_indicated": "muted",
    "contraindicated": "not met",
    "needs_data": "unknown",
}


def board_pdf(board: Board) -> bytes:
    """The PDF of a board: one page, A4 across, the same bytes for the same board.

    Long lists are cut and say how many entries they leave out; the JSON holds everything.

    Raises
    ------
    MissingExtra
        If typst is not installed.
    """
    typst = typesetter()
    template = files(__package__).joinpath("templates/board.typ").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "board.typ").write_text(template, encoding="utf-8")
        document = json.dumps(board_page(board), ensure_ascii=False)
        (folder / "board.json").write_text(document, encoding="utf-8")
        page = typst.compile(str(folder / "board.typ"), root=name, ignore_system_fonts=True)
    return bytes(page)


def board_page(board: Board) -> dict[str, Any]:
    """What stands on the page, in its order."""
    barred = [row for row in board.rows if row.status == "contraindicated"]
    others = [row for row in board.rows if row.status != "contraindicated"]
    return {
        "banner": BANNER,
        "title": f"Tumour board: case {board.case_id}",
        "subtitle": f"{board.on.isoformat()}. {board.pack_title}, version {board.pack_version}.",
        "rows": [_row(row) for row in (*others, *barred)],
        "numbers": [number_in_words(n) for n in board.numbers if n.value is not None],
        "lesions": _cut([_lesion(lesion) for lesion in board.lesions], _MOST_LESIONS),
        "missing": _missing(board),
        "work_up": [
            f"{w.title}: {status_in_words(w.verdict)} ({w.rule})"
            for w in board.work_up
            if w.verdict in ("needed", "needs_data", "enough")
        ],
        "sequences": [
            f"{p.title} ({p.state}): {_ARROW.join(map(_step, p.steps))}" for p in board.plans
        ],
        "ignored": [f"{one.label}: {one.value} ({one.rule})" for one in board.ignored],
        "conflicts": [dispute_in_words(d) for d in board.live_disputes],
        "footer": f"Rules sha256 {board.pack_sha256[:16]}. The order is that of the source and no "
        "ranking of this patient's options.",
    }


def _row(row: Row) -> dict[str, str]:
    reasons = _cut(list(reasons_in_words(row)), _MOST_REASONS)
    advice = _cut([f"\u2192 {said}" for said in advice_in_words(row)], _MOST_ADVICE)
    return {
        "therapy": row.therapy.title,
        "status": outlook(row),
        "tone": _TONES[row.status],
        "why": "\n".join(line.strip() for line in (*reasons, *advice)),
        "numbers": "\n".join(number_in_words(n) for n in row.numbers if n.value is not None),
        "missing": gaps_in_words(row),
    }


def _step(step: PlanStep) -> str:
    barred = step.status == "contraindicated"
    return f"{step.says} [contraindicated]" if barred else step.says


def _lesion(lesion: LesionRow) -> str:
    size = "size unknown" if lesion.size_mm is None else f"{lesion.size_mm:g} mm"
    chosen = listed(o.therapy.title for o in lesion.options if o.is_open)
    waiting = [o for o in lesion.options if o.status == "needs_data"]
    rest = "needs data" if waiting else "none of these"
    return f"{lesion.item} ({size}): {chosen or rest}"


def _missing(board: Board) -> list[str]:
    """What rows wait for that some rule speaks for already comes first."""
    argued = {row.name for row in board.rows if any(one.argument == "for" for one in row.reasons)}
    gaps = sorted(board.missing, key=lambda gap: not argued & set(gap.therapies))
    lines = _cut([_gap(gap) for gap in gaps], _MOST_GAPS)
    return [*lines, HOW_TO_RECORD] if gaps else lines


def _gap(gap: MissingFact) -> str:
    exam = f": {gap.examination}" if gap.examination else ""
    line, _, spared = next_step_in_words(gap).partition("\n")
    return f"{gap_in_words(gap)}{exam} [{line}]{spared and f'; {spared}'}"


def _cut(lines: list[str], most: int) -> list[str]:
    left = len(lines) - most
    return lines if left <= 0 else [*lines[:most], f"and {left} more"]
