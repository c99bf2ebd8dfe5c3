"""A board as the cards of CDS Hooks: one per therapy, one for what is missing, one per conflict.

The shape is that of a CDS Hooks response (HL7, cards with summary, indicator and source); no
service is run and nothing is written into a chart.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from hepatica.engine.board.records import Board, Dispute, Row
from hepatica.report.board_words import (
    advice_in_words,
    gap_in_words,
    number_in_words,
    outlook,
    reasons_in_words,
)
from hepatica.report.sheet import BANNER

MOST_CHARACTERS = 140
"""Length that a card's summary may have."""

INDICATORS = {
    "indicated": "info",
    "consider": "info",
    "not_indicated": "info",
    "needs_data": "warning",
    "contraindicated": "critical",
}
_SPACE = uuid.UUID("5f0a2c1e-7a44-4d0c-9a53-6f7d0b1c2e11")


def board_cards(board: Board) -> dict[str, Any]:
    """The response of a CDS Hooks service.

    Returns
    -------
    dict
        ``cards``, each with ``uuid``, ``summary`` (at most 140 characters), ``detail`` in
        Markdown, ``indicator`` (info, warning or critical) and ``source``.
    """
    return {"cards": list(_cards(board))}


def _cards(board: Board) -> Iterator[dict[str, Any]]:
    for row in board.rows:
        yield _card(
            board,
            row.name,
            f"{row.therapy.title}: {outlook(row)}",
            _detail(row),
            INDICATORS[row.status],
            extension={"therapy": row.name, "status": row.status, "lesions": list(row.lesions)},
        )
    if board.missing:
        count = len(board.missing)
        names = "; ".join(gap_in_words(gap) for gap in board.missing)
        lines = [
            f"* {gap_in_words(g)}: {g.examination or 'ask'} [{g.answer}]" for g in board.missing
        ]
        summary = f"{count} unknown fact{'' if count == 1 else 's'} would change the board: {names}"
        yield _card(board, "missing", summary, "\n".join(lines), "warning")
    for dispute in board.disputes:
        key = f"conflict-{dispute.document}-{dispute.other}"
        summary = f"{dispute.document} and {dispute.other} disagree: {dispute.what}"
        yield _card(board, key, summary, _dispute(dispute), "warning")


def _card(
    board: Board,
    key: str,
    summary: str,
    detail: str,
    indicator: str,
    extension: dict[str, Any] | None = None,
) -> dict[str, Any]:
    name = f"{board.case_id}/{board.on}/{board.pack_sha256}/{key}"
    card = {
        "uuid": str(uuid.uuid5(_SPACE, name)),
        "summary": cut(summary),
        "detail": f"{detail}\n\n_{BANNER}_".strip(),
        "indicator": indicator,
        "source": {"label": f"Hepatica {board.pack} {board.pack_version}: {board.pack_title}"},
    }
    return card if extension is None else {**card, "extension": {"org.hepatica": extension}}


def cut(text: str) -> str:
    """The text within what a summary may hold; what was cut off is marked."""
    words = " ".join(text.split())
    if len(words) <= MOST_CHARACTERS:
        return words
    return f"{words[: MOST_CHARACTERS - 1].rstrip()}\u2026"


def _detail(row: Row) -> str:
    lines = [f"* {line.strip()}" for line in reasons_in_words(row)]
    lines += [f"* Advice: {said}" for said in advice_in_words(row)]
    lines += [f"* {number_in_words(number)}" for number in row.numbers]
    lines += [f"* To find out: {gap_in_words(g)} ({g.examination})" for g in row.missing]
    sources = dict.fromkeys(
        f"{one.evidence.source.citation}, {one.evidence.place} ({one.status})"
        for one in (*row.reasons, *row.lacking)
    )
    return "\n".join([*lines, *(f"* Source: {source}" for source in sources)])


def _dispute(dispute: Dispute) -> str:
    return (
        f"{dispute.what}\n\n* {dispute.document}: {dispute.dated}\n"
        f"* {dispute.other}: {dispute.other_dated}\n* Source: {dispute.source}"
    )
