"""Eligibility, phases, drugs, rules, visits and printed results of a treatment as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from hepatica.protocol.blocks import Disputed, Figure, Measured
from hepatica.protocol.criteria import CriterionTree
from hepatica.protocol.describe_text import cited, indented, value_text
from hepatica.protocol.parts import Block, Sourced

if TYPE_CHECKING:
    from hepatica.protocol.schema import Protocol

_TITLES = {
    "study": "STUDY",
    "eligibility": "WHO MAY BE TREATED",
    "phases": "RADIOTHERAPY IN PHASES",
    "drugs": "DRUGS",
    "infusion": "DEVICE",
    "heat": "HEAT",
    "procedure": "STEPS",
    "washout": "NOT GIVEN AROUND IT",
    "motion": "MOTION AND POSITION",
    "imaging": "EXAMINATIONS",
    "toxicity": "HARM AND HOW IT IS GRADED",
    "dose_modification": "WHEN IT IS NOT TOLERATED",
    "design": "DESIGN OF THE STUDY",
    "stopping": "WHEN IT ENDS EARLY",
    "calendar": "CALENDAR",
    "endpoints": "ENDPOINTS",
    "population": "WHO WAS TREATED",
    "outcomes": "WHAT BECAME OF THEM",
    "findings": "RESULTS TOLD WITHOUT NUMBERS",
    "complications": "HARM NAMED WITHOUT A FREQUENCY",
    "options": "OPTIONS",
    "missing": "MISSING IN THE PUBLICATION",
    "conflicts_with": "OTHER DOCUMENTS THAT SAY OTHERWISE",
}
_SAID_FIRST = ("name", "document", "what", "event", "do", "happens", "agent", "placed", "for_whom")
_WORDS = ("route", "device_class", "modality", "counted_from", "planning_phase")
_NOT_SHOWN = {"source", "status", "stated", "contradictions", "reading", "note"}
_UNITS = ("gy", "mm", "mg", "hours", "minutes", "days", "weeks", "months", "celsius", "percent")


def part_sections(protocol: Protocol) -> dict[str, list[str]]:
    """The parts that a document may have besides targets, prescription and limits, by title."""
    return {
        title: [line for row in _rows(getattr(protocol, key)) for line in _row_lines(row, 2)]
        for key, title in _TITLES.items()
    }


def criterion_lines(tree: CriterionTree, by: int) -> Iterator[str]:
    """A tree of criteria, one line each, its groups indented."""
    for word in ("all", "any"):
        if inner := getattr(tree, word):
            yield from indented(f"{word} of:", by)
            for one in inner:
                yield from criterion_lines(one, by + 2)
    if tree.not_ is not None:
        yield from indented("not:", by)
        yield from criterion_lines(tree.not_, by + 2)
    if tree.fact is not None:
        yield from indented(f"{tree.id}: {_asked(tree)}  {cited(tree.source, tree.status)}", by)
    yield from _remarks(tree, by + 4)


def _asked(leaf: CriterionTree) -> str:
    bound = f"{leaf.uln_times:g} x ULN" if leaf.uln_times else value_text(leaf.value)
    words = [leaf.fact, leaf.op, "" if leaf.op == "known" else bound, leaf.unit or ""]
    asked = " ".join(str(word) for word in words if word)
    when = [f"{word} {day}" for word, day in (("since", leaf.since), ("until", leaf.until)) if day]
    return "; ".join([f"{leaf.text} ({asked})" if leaf.text else asked, *when])


def figure_text(figure: Figure) -> str:
    """A printed result in one line: ``Alive at 1 year (colorectal): 63 %, 95 % CI 44 to 78``."""
    who = f" ({figure.group})" if figure.group else ""
    said = [measured_text(figure)] if measured_text(figure) else []
    if figure.count is not None:
        said.append(f"{figure.count} of {figure.of}" if figure.of else f"{figure.count}")
    if figure.p is not None:
        said.append(f"P {'<' if figure.p_below else '='} {figure.p:g}")
    return f"{figure.what}{who}: {', '.join(said)}"


def measured_text(number: Measured) -> str:
    """A number with its unit and range, as far as they are printed."""
    unit = f" {number.unit}" if number.unit else ""
    parts = []
    if number.value is not None:
        parts.append(f"{number.bound or ''}{number.value:g}{unit}")
    if number.low is not None or number.high is not None:
        ends = " to ".join(f"{end:g}" for end in (number.low, number.high) if end is not None)
        word = "95 % CI " if getattr(number, "interval", None) == "ci95" else ""
        parts.append(f"{word}{ends}" + ("" if parts else unit))
    return ", ".join(parts)


def _rows(part: Any) -> Iterable[Sourced]:
    if part is None:
        return ()
    return part if isinstance(part, tuple) else (part,)


def _row_lines(row: Sourced, by: int) -> Iterator[str]:
    if isinstance(row, CriterionTree):
        yield from criterion_lines(row, by)
        return
    text = _sentence(row)
    yield from indented(f"{text}  {cited(row.source, row.status)}", by)
    yield from _remarks(row, by + 4)
    for key, inner in _inner(row):
        if isinstance(inner, CriterionTree):
            yield from indented(f"{key.replace('_', ' ')}:", by + 2)
        yield from _row_lines(inner, by + 4)


def _sentence(row: Sourced) -> str:
    if isinstance(row, Figure):
        return figure_text(row)
    told = (getattr(row, key, None) for key in _SAID_FIRST)
    said = [str(one).rstrip(".") for one in told if one]
    if isinstance(row, Measured):
        said.append(measured_text(row))
    return "; ".join(filter(None, [": ".join(said), *_details(row)]))


def _details(row: Sourced) -> Iterator[str]:
    shown = _NOT_SHOWN | set(_SAID_FIRST)
    if isinstance(row, Measured):
        shown |= set(Measured.model_fields)
    for key, field in type(row).model_fields.items():
        value = getattr(row, key)
        if key in shown or value == field.default or value in (None, ()) or _holds_blocks(value):
            continue
        words, _, unit = key.rpartition("_")
        if unit not in _UNITS or not words:
            words, unit = key, ""
        unit = {"gy": "Gy", "percent": "%", "celsius": "degrees Celsius"}.get(unit, unit)
        said = "yes" if value is True else value_text(value).rstrip(".")
        if key in _WORDS:
            said = said.replace("_", " ")
        yield f"{words.replace('_', ' ')}: {said} {unit}".rstrip()


def _inner(row: Sourced) -> Iterator[tuple[str, Sourced]]:
    for key in type(row).model_fields:
        value = getattr(row, key)
        if key not in _NOT_SHOWN and _holds_blocks(value):
            for one in _rows(value):
                yield key, one


def _holds_blocks(value: Any) -> bool:
    first = value[0] if isinstance(value, tuple) and value else value
    return isinstance(first, Block)


def _remarks(row: Sourced, by: int) -> Iterator[str]:
    for remark in (getattr(row, "reading", None), row.note):
        yield from indented(remark or "", by)
    for one in row.stated:
        text = f"{one.key}: {row.remark_on(one.key)} {cited(one.source, one.status)}"
        yield from indented(text, by)
    if isinstance(row, Disputed):
        yield from remarks_of_others(row, by)


def remarks_of_others(row: Disputed, by: int) -> Iterator[str]:
    """What other places print instead, and which of them is used."""
    for other in row.contradictions:
        taken = f" Taken: {other.taken}" if other.taken else ""
        text = f"contradicted: {other.says}{taken} {cited(other.source, other.status)}"
        yield from indented(text, by)
