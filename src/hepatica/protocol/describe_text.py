"""Lines of a page of plain text: wrapped, indented, each with its source."""

from __future__ import annotations

import textwrap

from hepatica.protocol.parts import Source, Sourced, Status

WIDTH = 96


def cited(source: Source, status: Status) -> str:
    """A source in brackets: ``[lee2009, table 1]``, with ``(recalled)`` where it was not read."""
    place = f"{source.document}, {source.where}" if source.where else source.document
    return f"[{place}]" + (" (recalled)" if status == "recalled" else "")


def indented(text: str, by: int) -> list[str]:
    """Text wrapped under an indentation; its later lines stand two further in."""
    return textwrap.wrap(text, WIDTH, initial_indent=" " * by, subsequent_indent=" " * (by + 2))


def line(text: str, block: Sourced, *remarks: str | None) -> list[str]:
    """A statement with its source, and below it what is to be known about it."""
    lines = indented(f"{text}  {cited(block.source, block.status)}", 2)
    own = [
        f"{one.key}: {block.remark_on(one.key)} {cited(one.source, one.status)}"
        for one in block.stated
    ]
    return lines + [one for remark in (*remarks, *own) if remark for one in indented(remark, 6)]


def value_text(value: object) -> str:
    """A value of a document in words: a list with commas, a number without needless zeros."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(value_text(one) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
