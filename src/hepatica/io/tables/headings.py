"""Which headings of a table a mapping speaks of, which are missing, and which it does not know."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from hepatica.case.record import conversion
from hepatica.errors import InvalidInput
from hepatica.io.tables.boxes import box_headings
from hepatica.io.tables.cell_facts import columns_named
from hepatica.io.tables.fault import Faults
from hepatica.io.tables.mapping import Column, TableMapping
from hepatica.io.tables.redcap import is_structural
from hepatica.io.tables.sheet import Sheet

_BEHIND = re.compile(r"[\[(]\s*([^\[\]()]+?)\s*[\])]\s*$")


@dataclass(frozen=True)
class Headings:
    """The headings of a table in the eyes of its mapping."""

    sheet: Sheet
    mapping: TableMapping

    def of(self, column: Column) -> str:
        """Under which of its headings a column stands in this table."""
        known = [word for word in (column.name, *column.also) if word in self.sheet.header]
        return known[0] if known else column.name

    def require_needed(self, faults: Faults) -> None:
        """All that the mapping speaks of must be in the table, or nothing of it can be trusted."""
        for heading in self.needed:
            if heading not in self.sheet.header and heading == self.mapping.case:
                faults.add(
                    f"the table has no column {heading!r}, which the mapping {self.mapping.name} "
                    f"names as case.{_near(heading, self.sheet.header)} Each row needs to say "
                    "whose it is: add a column with a pseudonym or a running number."
                )
            elif heading not in self.sheet.header:
                faults.add(
                    f"the table has no column {heading!r}, which the mapping {self.mapping.name} "
                    f"names.{_near(heading, self.sheet.header)} If it may be missing, mark it "
                    "optional in the mapping."
                )

    def require_units(self, faults: Faults) -> None:
        """A heading that names a unit must not name another one than the mapping does."""
        for column in self.mapping.columns:
            heading = self.of(column)
            behind = _BEHIND.search(heading)
            if behind is None or heading not in self.sheet.header:
                continue
            for meaning in column.meanings:
                if meaning.unit and _differ(meaning.field, meaning.unit, behind[1]):
                    faults.add(
                        f"the heading says {behind[1]}, the mapping {meaning.unit}. Correct the "
                        "one that is wrong.",
                        heading,
                    )

    def unmapped(self) -> tuple[str, ...]:
        """Headings that the mapping neither reads nor leaves out."""
        known = {*self.needed, *self._optional(), *self.mapping.left_out}
        return tuple(
            heading
            for heading in self.sheet.header
            if heading not in known
            and not (self.mapping.layout == "redcap" and is_structural(heading, self.sheet))
        )

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """Headings without which the table cannot be read."""
        m = self.mapping
        always = (m.case, m.on, m.what, m.value, *m.identifying)
        columns = self._listed_columns() if m.layout == "long" else self._headed_columns()
        found = (*always, *columns, *self._questions())
        return tuple(dict.fromkeys(heading for heading in found if heading))

    def _listed_columns(self) -> Iterator[str]:
        for column in self.mapping.columns:
            for meaning in column.meanings:
                yield from columns_named(meaning)

    def _headed_columns(self) -> Iterator[str]:
        for column in self.mapping.columns:
            heading = self.of(column)
            if heading in self.sheet.header or not column.optional:
                yield heading
                for meaning in column.meanings:
                    yield from columns_named(meaning)

    def _questions(self) -> Iterator[str]:
        for question in self.mapping.checkboxes:
            boxes = box_headings(question)
            if set(boxes) & set(self.sheet.header) or not question.optional:
                yield from boxes
                for meaning in question.boxes.values():
                    yield from columns_named(meaning)

    def _optional(self) -> Iterator[str]:
        if self.mapping.layout != "long":
            yield from (self.of(column) for column in self.mapping.columns)
        for question in self.mapping.checkboxes:
            yield from box_headings(question, self.mapping.missing)


def _differ(field: str, unit: str, other: str) -> bool:
    """Whether two units of a field are not the same; what stands there may be no unit at all."""
    try:
        rules = [conversion(field, one) for one in (unit, other)]
    except InvalidInput:
        return False
    return (rules[0].factor, rules[0].zero) != (rules[1].factor, rules[1].zero)


def _near(heading: str, header: Iterable[str]) -> str:
    from difflib import get_close_matches

    by_fold = {text.casefold(): text for text in header}
    near = get_close_matches(heading.casefold(), by_fold, n=1)
    return f" Nearest: {by_fold[near[0]]!r}." if near else ""
