"""Reads somebody's table into records; what it cannot place it lists, and it guesses nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hepatica.case.provenance import Note
from hepatica.case.record import Fact, Record, field_named
from hepatica.case.record.units import converted
from hepatica.errors import UsageError
from hepatica.io.tables.boxes import box_facts
from hepatica.io.tables.cell_facts import CellReader
from hepatica.io.tables.days import days_of
from hepatica.io.tables.fault import Faults
from hepatica.io.tables.headings import Headings
from hepatica.io.tables.mapping import Meaning, TableMapping
from hepatica.io.tables.mapping_file import load_mapping
from hepatica.io.tables.own import is_own, read_own
from hepatica.io.tables.redcap import with_raw_headings
from hepatica.io.tables.sheet import Cell, Row, Sheet, read_sheet


@dataclass(frozen=True)
class TableReading:
    """What a table gave.

    Parameters
    ----------
    records : one for each case, in the order in which the table names them first
    unmapped : headings that the mapping does not know
        Their cells are not in the records.
    notes : what was left out and why
    """

    records: tuple[Record, ...]
    unmapped: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


def read_record_table(
    path: Path,
    mapping: TableMapping | str | Path | None = None,
    assume_units: Mapping[str, str] | None = None,
) -> tuple[Record, ...]:
    """The records of a table.

    Parameters
    ----------
    path : Path
        CSV or XLSX.
    mapping : TableMapping, name or path
        None for a table that Hepatica wrote itself.
    assume_units : field to unit
        For quantities whose unit neither the table nor the mapping names.

    Raises
    ------
    InvalidInput
        With every fault of the table at once.
    UsageError
        If the table needs a mapping and there is none.
    """
    return read_table(path, mapping, assume_units).records


def read_table(
    path: Path,
    mapping: TableMapping | str | Path | None = None,
    assume_units: Mapping[str, str] | None = None,
    recorded_at: datetime | None = None,
) -> TableReading:
    """The records of a table, and what of it is not in them.

    Raises
    ------
    InvalidInput
        With every fault of the table at once.
    UsageError
        If the table needs a mapping and there is none.
    """
    assumed = dict(assume_units or {})
    for name, unit in assumed.items():
        converted(name, 1.0, unit)
    if mapping is None:
        sheet = read_sheet(path)
        if not is_own(sheet):
            raise UsageError(
                f"{path.name} is not a table that Hepatica wrote: say what its columns mean with "
                "--mapping."
            )
        return TableReading(read_own(sheet, assumed))
    found = mapping if isinstance(mapping, TableMapping) else load_mapping(mapping)
    sheet = read_sheet(path, found.sheet, found.delimiter, found.encoding)
    if found.layout == "redcap":
        sheet = with_raw_headings(sheet)
    return _Reading(sheet, found, assumed, recorded_at).result()


class _Reading:
    """One table while it is being read."""

    def __init__(
        self,
        sheet: Sheet,
        mapping: TableMapping,
        assumed: Mapping[str, str],
        recorded_at: datetime | None,
    ) -> None:
        self.sheet, self.mapping, self.faults = sheet, mapping, Faults(sheet.name)
        self.unknown_things: dict[str, int] = {}
        self.same_day: dict[str, list[str]] = {}
        self.headings = Headings(sheet, mapping)
        self.headings.require_needed(self.faults)
        self.headings.require_units(self.faults)
        self.faults.raise_if_any()
        self.things = {word: c for c in mapping.columns for word in (c.name, *c.also)}
        days = days_of(sheet, mapping, self.faults)
        self.cells = CellReader(f"table {sheet.mark}", mapping, assumed, days, recorded_at)

    def result(self) -> TableReading:
        """All records, or every fault."""
        facts: dict[str, list[Fact]] = {}
        for row in self.sheet.rows:
            case_id = row.text(self.mapping.case)
            if not case_id:
                self.faults.add("the row has no case.", self.mapping.case, row.number)
                continue
            if case_id not in facts:
                facts[case_id] = list(self._stated())
            facts[case_id] += self._facts(row)
        for case_id, said in facts.items():
            self._require_agreement(case_id, said)
        self.faults.raise_if_any()
        records = tuple(Record(case_id, tuple(said)) for case_id, said in facts.items())
        unmapped = (*self.headings.unmapped(), *self.unknown_things)
        return TableReading(records, unmapped, tuple(self._notes(unmapped)))

    def _facts(self, row: Row) -> Iterator[Fact]:
        if self.mapping.layout == "long":
            yield from self._listed(row)
            return
        for column in self.mapping.columns:
            heading = self.headings.of(column)
            cell = row.cells.get(heading)
            if cell is not None:
                yield from self._meant(row, heading, cell, column.meanings)
        for question in self.mapping.checkboxes:
            with self.faults.kept(question.name, row.number):
                yield from box_facts(self.cells, row, question)

    def _listed(self, row: Row) -> Iterator[Fact]:
        """Of a long table: what the row names, with its value."""
        thing = row.text(self.mapping.what)
        column = self.things.get(thing)
        if column is None:
            if thing not in self.mapping.left_out:
                self.unknown_things[thing] = self.unknown_things.get(thing, 0) + 1
            return
        cell = row.cells.get(self.mapping.value, Cell("", ""))
        yield from self._meant(row, thing, cell, column.meanings)

    def _meant(
        self, row: Row, heading: str, cell: Cell, meanings: Iterable[Meaning]
    ) -> Iterator[Fact]:
        for meaning in meanings:
            with self.faults.kept(heading, row.number):
                fact = self.cells.fact(row, heading, cell, meaning)
                if fact is not None:
                    yield fact

    def _stated(self) -> Iterator[Fact]:
        none = Row(0, {})
        for said in self.mapping.stated:
            known, cell = field_named(said.field), Cell(said.value, said.value)
            meaning = Meaning(said.field, said.item, unit=known.unit)
            spoken = self.cells.spoken(known, cell, meaning, none)
            source = said.source or f"mapping {self.mapping.name}"
            yield Fact(
                meaning.field,
                spoken.value,
                said.item,
                unit=spoken.unit,
                comparator=spoken.comparator,
                source=source,
                recorded_at=self.cells.recorded_at,
            )

    def _notes(self, unmapped: Iterable[str]) -> Iterator[Note]:
        for heading in unmapped:
            cells = self.unknown_things.get(heading)
            if cells is None:
                cells = sum(1 for row in self.sheet.rows if row.text(heading))
            text = f"not in the mapping; {cells} filled cell(s) were not read"
            yield Note("warning", heading, text)
        for heading, reason in self.mapping.left_out.items():
            if heading in self.sheet.header or self.mapping.layout == "long":
                yield Note("ignored", heading, reason)
        for said in self.mapping.stated:
            text = f"{said.value} for every case: {said.source or 'the mapping says so'}"
            yield Note("assumed", said.field, text)
        for name, cases in self.same_day.items():
            shown = ", ".join(cases[:5]) + (f" and {len(cases) - 5} more" if cases[5:] else "")
            text = f"different values on one day, of which the last row counts: case {shown}"
            yield Note("warning", name, text)
        for name, unit in self.cells.assume_units.items():
            yield Note("assumed", name, f"{unit} where no unit was stated")

    def _require_agreement(self, case_id: str, facts: Iterable[Fact]) -> None:
        """Two undated values of one thing cannot both be its latest."""
        first: dict[tuple[object, ...], Fact] = {}
        for fact in facts:
            before = first.setdefault((*fact.key, fact.on), fact)
            if _says(fact) == _says(before):
                continue
            if fact.on is not None:
                cases = self.same_day.setdefault(fact.field, [])
                cases += [] if case_id in cases else [case_id]
            else:
                self.faults.add(
                    f"case {case_id}: {fact.field} is {_says(before)[0]} ({before.source}) and "
                    f"{_says(fact)[0]} ({fact.source}), both without a date. Name the column with "
                    "the date in the mapping (on), or correct the table."
                )


def _says(fact: Fact) -> tuple[object, object]:
    return (fact.absent if fact.value is None else fact.value), fact.comparator
