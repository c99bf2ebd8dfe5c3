"""One cell becomes one fact: code, missing value, unit, date and reference range."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TypeVar

from hepatica.case.record import AbsentReason, Fact, Field, ReferenceRange, checked, field_named
from hepatica.case.record.units import converted
from hepatica.errors import InvalidInput
from hepatica.io.tables.mapping import Meaning, TableMapping
from hepatica.io.tables.sheet import Cell, Row
from hepatica.io.tables.spoken import PLAIN, Spoken, Writing, number_in, understood

_COLUMN = re.compile(r"\{([^{}]+)\}")
_CODED = ("flag", "code")

Meant = TypeVar("Meant")


def columns_named(meaning: Meaning) -> tuple[str, ...]:
    """The other columns that a meaning refers to."""
    limits = [s for s in (meaning.reference_low, meaning.reference_high) if s and not _number(s)]
    single = [c for c in (meaning.unit_column, meaning.on, meaning.comparator) if c]
    return (*single, *limits, *meaning.only, *_COLUMN.findall(meaning.item))


@dataclass(frozen=True)
class CellReader:
    """Turns cells of one table into facts.

    Parameters
    ----------
    table : str
        How the source of each fact names it.
    mapping : TableMapping
    assume_units : field to unit
        For quantities whose unit neither table nor mapping names.
    days : number of a row and date column to date
        Where the table says so, in the row itself or for the event that it belongs to.
    recorded_at : datetime
    """

    table: str
    mapping: TableMapping
    assume_units: Mapping[str, str] = field(default_factory=dict)
    days: Mapping[tuple[int, str], date] = field(default_factory=dict)
    recorded_at: datetime | None = None

    def fact(self, row: Row, heading: str, cell: Cell, meaning: Meaning) -> Fact | None:
        """The fact that a cell states; None if it says nothing.

        Raises
        ------
        InvalidInput
            If it cannot be understood.
        """
        if any(row.text(column) not in texts for column, texts in meaning.only.items()):
            return None
        reason = self.reason(cell, meaning)
        if reason is None and not cell.text:
            return None
        bare = Fact(
            meaning.field,
            item=self.item(row, meaning),
            absent=reason or "unknown",
            on=self.days.get((row.number, meaning.on or self.mapping.on)),
            source=f"{self.table}, row {row.number}, {heading}",
            stated=cell.text,
            recorded_at=self.recorded_at,
        )
        if reason is not None:
            return bare
        return self._with_value(bare, row, cell, meaning)

    def reason(self, cell: Cell, meaning: Meaning) -> AbsentReason | None:
        """Why a cell holds no value, where it says so."""
        if not cell.text:
            return self.mapping.empty
        own = coded(cell, meaning.missing)
        return coded(cell, self.mapping.missing) if own is None else own

    def item(self, row: Row, meaning: Meaning) -> str:
        """Which one of a repeated group a cell speaks of."""
        item = _COLUMN.sub(lambda found: row.text(found[1]), meaning.item).strip()
        if meaning.item and not item:
            raise InvalidInput(
                f"{meaning.field} is repeated, and {meaning.item} is empty in this row: it does "
                "not say which one is meant."
            )
        return item

    def _with_value(self, bare: Fact, row: Row, cell: Cell, meaning: Meaning) -> Fact:
        known = field_named(meaning.field)
        side = row.text(meaning.comparator) if meaning.comparator else ""
        said = self.spoken(known, cell, meaning, row, side)
        fact = replace(
            bare,
            value=said.value,
            absent=None,
            unit=said.unit,
            comparator=said.comparator,
            stated=said.stated,
            reference=self._reference(row, meaning, said.told_in),
        )
        checked(replace(fact, source=f"column {bare.source.rpartition(', ')[2]}"))
        return fact

    def spoken(
        self, known: Field, cell: Cell, meaning: Meaning, row: Row, side: str = ""
    ) -> Spoken:
        """The value of a cell, through the mapping's own codes where it has some."""
        answer = coded(cell, meaning.values)
        if answer is not None:
            found = understood(known, answer, meaning.unit or known.unit)
            return replace(found, stated=cell.text if cell.text != answer else "")
        if meaning.values and known.kind in _CODED:
            raise InvalidInput(
                f"{cell.text!r} is not one of the codes in the mapping: "
                f"{', '.join(meaning.values)}. Add it to values or missing."
            )
        unit = row.text(meaning.unit_column) if meaning.unit_column else ""
        unit = unit or meaning.unit or self.assume_units.get(known.name, "")
        return understood(known, f"{side}{cell.text}", unit, writing_of(cell, self.mapping))

    def _reference(self, row: Row, meaning: Meaning, unit: str) -> ReferenceRange | None:
        low = self._limit(row, meaning.reference_low, meaning.field, unit)
        high = self._limit(row, meaning.reference_high, meaning.field, unit)
        return None if low is None and high is None else ReferenceRange(low, high)

    def _limit(self, row: Row, said: str, name: str, unit: str) -> float | None:
        cell = Cell(said, said, typed=True) if _number(said) else row.cell(said)
        if not cell.text or cell.text in self.mapping.missing:
            return None
        number, own = number_in(cell.text, writing_of(cell, self.mapping))
        return converted(name, number, own or unit)


def writing_of(cell: Cell, mapping: TableMapping) -> Writing:
    """How the number or day of a cell is written."""
    return PLAIN if cell.typed else mapping.writing


def coded(cell: Cell, codes: Mapping[str, Meant]) -> Meant | None:
    """What a code means; programs that count with missing values write 1 as ``1.0``."""
    for text in (cell.text, cell.raw):
        if text in codes:
            return codes[text]
    if not _number(cell.raw):
        return None
    same = (code for code in codes if _number(code) and float(code) == float(cell.raw))
    code = next(same, None)
    return None if code is None else codes[code]


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
