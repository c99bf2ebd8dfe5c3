"""A board as values that JSON takes: names, words and numbers, nothing to be computed again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from hepatica.engine.board.records import ROW_STATUSES, Board, LesionRow, Reason, Row


def board_document(board: Board) -> dict[str, Any]:
    """One patient's board.

    Returns
    -------
    dict
        ``rows`` in the hierarchy of the pack; statuses are indicated, consider, not_indicated,
        contraindicated and needs_data.
    """
    return {
        "research_use_only": True,
        "case_id": board.case_id,
        "on": board.on.isoformat(),
        "pack": _pack(board),
        "rows": [_row(row) for row in board.rows],
        "lesions": [_lesion(lesion) for lesion in board.lesions],
        "missing": [asdict(gap) for gap in board.missing],
        "work_up": [
            {**asdict(item), "done": item.done.isoformat() if item.done else None}
            for item in board.work_up
        ],
        "sequences": [asdict(plan) for plan in board.plans],
        "ignored": [asdict(one) for one in board.ignored],
        "numbers": [asdict(number) for number in board.numbers],
        "unspoken": list(board.unspoken),
        "notes": list(board.notes),
    }


def boards_document(boards: Sequence[Board]) -> dict[str, Any]:
    """Many patients: the status of every therapy and what is missing, and how often each occurs."""
    first = boards[0] if boards else None
    return {
        "research_use_only": True,
        "on": None if first is None else first.on.isoformat(),
        "pack": None if first is None else _pack(first),
        "patients": [
            {
                "case_id": board.case_id,
                "options": {row.name: row.status for row in board.rows},
                "missing": [gap.fact for gap in board.missing],
            }
            for board in boards
        ],
        "counts": status_counts(boards),
    }


def status_counts(boards: Sequence[Board]) -> dict[str, dict[str, int]]:
    """How many patients have each status, by therapy."""
    counts: dict[str, dict[str, int]] = {}
    for board in boards:
        for row in board.rows:
            counts.setdefault(row.name, dict.fromkeys(ROW_STATUSES, 0))[row.status] += 1
    return counts


def _pack(board: Board) -> dict[str, str]:
    return {
        "name": board.pack,
        "title": board.pack_title,
        "version": board.pack_version,
        "sha256": board.pack_sha256,
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "therapy": row.name,
        "title": row.therapy.title,
        "protocol": row.therapy.protocol,
        "status": row.status,
        "possible": list(row.possible),
        "reasons": [_reason(one) for one in row.reasons],
        "lacking": [_reason(one) for one in row.lacking],
        "undecided": [_reason(one) for one in row.undecided],
        "missing": [asdict(gap) for gap in row.missing],
        "numbers": [asdict(number) for number in row.numbers],
        "conflicts": [asdict(dispute) for dispute in row.disputes],
        "results": [asdict(result) for result in row.results],
        "lesions": list(row.lesions),
    }


def _lesion(lesion: LesionRow) -> dict[str, Any]:
    return {
        "lesion": lesion.item,
        "size_mm": lesion.size_mm,
        "options": [_row(option) for option in lesion.options],
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "rule": reason.rule,
        "title": reason.title,
        "argument": reason.argument,
        "effect": reason.effect,
        "truth": reason.truth,
        "strength": reason.strength,
        "evidence": {
            "level": reason.evidence.level,
            "source": reason.evidence.source.citation,
            "place": reason.evidence.place,
            "status": reason.status,
        },
        "because": [asdict(one) for one in reason.because],
        "advice": list(reason.advice),
        "reading": reason.reading,
        "note": reason.note,
        "lesions": list(reason.lesions),
    }
