"""A report before it is printed: the answer first, then tables, pictures and their sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tone = Literal["plain", "strong", "met", "not met", "unknown", "warning", "caution", "muted"]

BANNER = "Research use only. Not a medical device."
"""Stands on every page of everything Hepatica writes for a person to read."""


@dataclass(frozen=True)
class Cell:
    """One entry of a table; the tone is said in words too, never by colour alone."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Column:
    """A column's title; numbers are set flush right. ``share`` is its part of the free width.

    A share of 0 makes the column as wide as its longest entry. A new line in the title is where it
    may be broken.
    """

    title: str
    numeric: bool = False
    share: float = 0.0


@dataclass(frozen=True)
class Table:
    """A table whose first column names the row.

    Raises
    ------
    ValueError
        If a row does not have one cell per column.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(
                    f"Table {self.caption!r}: a row has {len(row)} cells for "
                    f"{len(self.columns)} columns."
                )


@dataclass(frozen=True)
class Picture:
    """A drawing as SVG text, with the words that stand in for it where it cannot be seen."""

    name: str
    svg: str
    alt: str
    caption: str


@dataclass(frozen=True)
class Fact:
    """A statement with a short label in front of it; a new line starts a new point."""

    label: str
    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Facts:
    """Labelled statements, one below the other."""

    items: tuple[Fact, ...]


@dataclass(frozen=True)
class Text:
    """Plain paragraphs."""

    paragraphs: tuple[str, ...]


Block = Table | Picture | Facts | Text


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Tile:
    """One number that a reader looks for first."""

    label: str
    value: str
    detail: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Answer:
    """The first box: what was asked, what came out, what limits it and what is missing."""

    tiles: tuple[Tile, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Sheet:
    """A whole report, ready for HTML or PDF."""

    title: str
    subtitle: str
    case_id: str
    answer: Answer
    sections: tuple[Section, ...]
    banner: str = BANNER
