"""Reads somebody's table into records; what it cannot place it lists, and it guesses nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from hepatica.case.provenance import Note
from hepatica.case.record import Fact, Record, field_named
from hepatica.case.record.units import converted
from hepatica.errors import UsageError
from hepatica.io.identity_words import NOBODY, IdentityWords, identity_words
from hepatica.io.lab_flags import contradicts, mark_of
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
    names : case to what names the patient
        It stands in no text of the records.
    """

    records: tuple[Record, ...]
    unmapped: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    names: Mapping[str, IdentityWords] = field(default_factory=dict)


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
    names: IdentityWords | None = None,
) -> TableReading:
    """The records of a table, and what of it is not in them.

    Parameters
    ----------
    path, mapping, assume_units : as `read_record_table` takes them
    recorded_at : datetime
    names : IdentityWords, optional
        Of the patient, known from elsewhere (such as her images), to keep out of texts.

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
        own = read_own(sheet, assumed)
        said = {record.case_id: names or NOBODY for record in own}
        records = tuple(_without_names(record, said[record.case_id]) for record in own)
        return TableReading(records, names=said)
    found = mapping if isinstance(mapping, TableMapping) else load_mapping(mapping)
    sheet = read_sheet(path, found.sheet, found.delimiter, found.encoding)
    if found.layout == "redcap":
        sheet = with_raw_headings(sheet)
    return _Reading(sheet, found, assumed, recorded_at).result(names or NOBODY)


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

    def result(self, known: IdentityWords) -> TableReading:
        """All records, or every fault."""
        facts: dict[str, list[Fact]] = {}
        names: dict[str, IdentityWords] = {}
        for row in self.sheet.rows:
            case_id = row.text(self.mapping.case)
            if not case_id:
                self.faults.add("the row has no case.", self.mapping.case, row.number)
                continue
            if case_id not in facts:
                facts[case_id] = list(self._stated())
            facts[case_id] += self._facts(row)
            called = identity_words(row.text(column) for column in self.mapping.identifying)
            names[case_id] = names.get(case_id, known) | called
        for case_id, said in facts.items():
            self._require_agreement(case_id, said)
        self.faults.raise_if_any()
        raw = (Record(case_id, tuple(said)) for case_id, said in facts.items())
        records = tuple(_without_names(record, names[record.case_id]) for record in raw)
        unmapped = (*self.headings.unmapped(), *self.unknown_things)
        every = [fact for record in records for fact in record]
        return TableReading(records, unmapped, tuple(self._notes(unmapped, every)), names)

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

    def _notes(self, unmapped: Iterable[str], facts: Iterable[Fact]) -> Iterator[Note]:
        for heading in unmapped:
            cells = self.unknown_things.get(heading)
            if cells is None:
                cells = sum(1 for row in self.sheet.rows if row.text(heading))
            text = f"not in the mapping; {cells} filled cell(s) were not read"
            yield Note("warning", heading, text)
        for heading, reason in self.mapping.left_out.items():
            if heading in self.sheet.header or self.mapping.layout == "long":
                yield Note("ignored", heading, reason)
        for heading in self.mapping.identifying:
            yield Note("ignored", heading, "names the patient; taken out of all texts")
        for said in self.mapping.stated:
            text = f"{said.value} for every case: {said.source or 'the mapping says so'}"
            yield Note("assumed", said.field, text)
        yield from self._about_marks(facts)
        for name, cases in self.same_day.items():
            shown = ", ".join(cases[:5]) + (f" and {len(cases) - 5} more" if cases[5:] else "")
            text = f"different values on one day, of which the last row counts: case {shown}"
            yield Note("warning", name, text)
        for name, unit in self.cells.assume_units.items():
            yield Note("assumed", name, f"{unit} where no unit was stated")

    def _about_marks(self, facts: Iterable[Fact]) -> Iterator[Note]:
        marked: dict[str, list[Fact]] = {}
        for fact in facts:
            if fact.stated and mark_of(fact):
                marked.setdefault(fact.field, []).append(fact)
        for name, found in marked.items():
            text = f"{len(found)} value(s) carry a mark of the laboratory; it is kept as stated"
            yield Note("ignored", name, text)
            odd = [fact.source for fact in found if contradicts(fact)]
            if odd:
                shown = "; ".join(odd[:3]) + (f" and {len(odd) - 3} more" if odd[3:] else "")
                text = f"called high or low, but within the given limits; check these: {shown}"
                yield Note("warning", name, text)

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


def _without_names(record: Record, names: IdentityWords) -> Record:
    """The record with no name of the patient in a text, nor in the words that stood there."""
    return replace(record, facts=tuple(_cleaned(fact, names) for fact in record))


def _cleaned(fact: Fact, names: IdentityWords) -> Fact:
    stated = names.cleaned(fact.stated)
    if isinstance(fact.value, str) and field_named(fact.field).kind == "text":
        return replace(fact, value=names.cleaned(fact.value), stated=stated)
    return fact if stated == fact.stated else replace(fact, stated=stated)


def _says(fact: Fact) -> tuple[object, object]:
    return (fact.absent if fact.value is None else fact.value), fact.comparator
