"""Questions with boxes to tick: REDCap exports each box as a column of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from hepatica.case.record import Fact, field_named
from hepatica.errors import InvalidInput
from hepatica.io.tables.cell_facts import CellReader
from hepatica.io.tables.mapping import Checkbox, Meaning
from hepatica.io.tables.sheet import Cell, Row
from hepatica.io.tables.spoken import NO, YES, folded


def box_heading(name: str, code: str) -> str:
    """The column of one box; REDCap writes ``x___1``, and ``x____1`` for the code -1.

    Examples
    --------
    >>> box_heading("sites", "1"), box_heading("sites", "-1"), box_heading("sites", "UNK")
    ('sites___1', 'sites____1', 'sites___unk')
    """
    return f"{name}___{re.sub('[^a-z0-9_]', '_', code.lower())}"


def box_headings(question: Checkbox, codes: Iterable[str] | None = None) -> list[str]:
    """The columns of a question's boxes, or of those with other codes."""
    chosen = question.boxes if codes is None else codes
    return [box_heading(question.name, code) for code in chosen]


def box_facts(cells: CellReader, row: Row, question: Checkbox) -> Iterator[Fact]:
    """What the boxes of one question say in one row.

    Raises
    ------
    InvalidInput
        If a box is neither ticked nor empty, or more than one answer is ticked where a field has
        only one.
    """
    reason = _reason(cells, row, question)
    if reason:
        yield from _absent(cells, row, question, reason)
        return
    words: dict[tuple[str, str], list[Fact]] = {}
    for code, meaning in question.boxes.items():
        heading = box_heading(question.name, code)
        ticked = _ticked(row, heading)
        flag = field_named(meaning.field).kind == "flag"
        if ticked is None or (not ticked and (question.unchecked == "nothing" or not flag)):
            continue
        text = ("yes" if ticked else "no") if flag else meaning.values.get("1", code)
        fact = cells.fact(row, heading, Cell(text, text), replace(meaning, values={}))
        if fact is not None and flag:
            yield replace(fact, stated=row.text(heading))
        elif fact is not None:
            words.setdefault(fact.key, []).append(fact)
    for facts in words.values():
        yield _joined(facts)


def _ticked(row: Row, heading: str) -> bool | None:
    """Whether a box is ticked; None where the row does not hold the question."""
    text = row.text(heading)
    if not text:
        return None
    word = folded(text)
    if word not in YES | NO:
        raise InvalidInput(
            f"{heading} is {text!r}; a box is 1 or 0 (Checked or Unchecked in a label export)."
        )
    return word in YES


def _reason(cells: CellReader, row: Row, question: Checkbox) -> str:
    """The missing-data code whose own box is ticked."""
    for code in cells.mapping.missing:
        if _ticked(row, box_heading(question.name, code)):
            return code
    return ""


def _absent(cells: CellReader, row: Row, question: Checkbox, code: str) -> Iterator[Fact]:
    heading = box_heading(question.name, code)
    seen: set[tuple[str, str]] = set()
    for meaning in question.boxes.values():
        fact = cells.fact(row, heading, Cell(code, code), Meaning(meaning.field, meaning.item))
        if fact is not None and fact.key not in seen:
            seen.add(fact.key)
            yield fact


def _joined(facts: list[Fact]) -> Fact:
    """Several ticked words of one text; a code has room for one only."""
    first = facts[0]
    if len(facts) == 1:
        return first
    if field_named(first.field).kind != "text":
        raise InvalidInput(
            f"{len(facts)} boxes are ticked, and {first.field} has room for one answer "
            f"({', '.join(str(fact.value) for fact in facts)})."
        )
    return replace(first, value=", ".join(str(fact.value) for fact in facts))
