"""What the images of a patient say about the questions of a protocol: volumes and numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from operator import or_

from hepatica.case import Case, Structure
from hepatica.case.diameter import longest_diameter_mm
from hepatica.case.record import Fact, Record, fields
from hepatica.case.record.fact import Comparator, Value
from hepatica.engine.derive import working_grid
from hepatica.protocol.criteria import fact_field
from hepatica.protocol.criteria.vocabulary import filled_by

LIVER = "Liver"
_WHOLE = 0.99
_APART = 0.10
_OPEN = (None, "unknown", "not_performed")
"""What a record says that leaves room for a computed value."""


@dataclass(frozen=True)
class ComputedFact:
    """A number that was computed from images or plans; never kept as a fact of the record.

    Parameters
    ----------
    field : str
        ``computed.uninvolved_liver_volume``; see the dictionary of computed facts.
    value : in the unit of the field
    derived_from : names of the structures, plans or facts that it was computed from
    item : which one of a repeated group
    comparator : of a number that is only known to lie on one side
    on : date
        Day of the images, where it is known.
    """

    field: str
    value: Value
    derived_from: tuple[str, ...]
    item: str = ""
    comparator: Comparator | None = None
    on: date | None = None

    def as_fact(self) -> Fact:
        """The number under its own name, to be judged by."""
        return Fact(
            self.field,
            self.value,
            item=self.item,
            unit=fact_field(self.field).unit,
            comparator=self.comparator,
            on=self.on,
            source=f"computed from {', '.join(self.derived_from)}",
        )


def computed_from(case: Case, on: date | None = None) -> tuple[ComputedFact, ...]:
    """Volumes and numbers of liver and tumours, as far as they are drawn.

    Parameters
    ----------
    case : Case
    on : date, optional
        Day of the images, where it is known.

    Returns
    -------
    tuple of ComputedFact
        Volumes in mL, diameters in mm, the tumour burden in per cent of the liver with its
        tumours. Number and largest diameter are lower bounds: one outline can hold several tumours,
        and not every tumour need be drawn. Volumes are those of what is drawn.
    """
    grid = working_grid(case)
    tumours = _single([s.on(grid) for s in case.gtvs if not s.is_empty])
    found = [
        ComputedFact("computed.lesion_volume", s.volume_cc, (s.name,), s.name) for s in tumours
    ]
    names = tuple(s.name for s in tumours)
    widths = {s.name: longest_diameter_mm(case.structure(s.name)) for s in tumours}
    found += [
        ComputedFact("computed.lesion_diameter", width, (name,), name)
        for name, width in widths.items()
    ]
    if tumours:
        largest = max(widths, key=lambda name: widths[name])
        width = widths[largest]
        found.append(ComputedFact("computed.largest_diameter", width, (largest,), comparator=">="))
        found.append(ComputedFact("computed.gtv_count", len(tumours), names, comparator=">="))
        volume = reduce(or_, tumours).volume_cc
        found.append(ComputedFact("computed.tumour_volume", volume, names))
    liver = case.structures.get(LIVER)
    if liver is not None and not liver.is_empty:
        found += _liver(liver.on(grid), tumours, names)
    return tuple(replace(one, on=on) for one in found)


def filled(record: Record, computed: Iterable[ComputedFact], on: date) -> Record:
    """The record with computed numbers where it says nothing itself.

    Parameters
    ----------
    record : Record
    computed : iterable of ComputedFact
    on : date
        The day of judgement; what the record says later does not count.

    Returns
    -------
    Record
        To judge by, not to keep: each number that was put in says what it was computed from.
    """
    more = []
    for one in _matched(record, computed):
        said = record.latest(filled_by()[one.field], one.item, on)
        if said is None or (said.value is None and said.absent in _OPEN):
            fact = replace(one.as_fact(), field=filled_by()[one.field])
            more.append(replace(fact, on=one.on or (said.on if said is not None else None)))
    return record.with_facts(more)


def contradictions(record: Record, computed: Iterable[ComputedFact], on: date) -> tuple[str, ...]:
    """Where record and images are more than 10 per cent of the larger value apart."""
    found = []
    for one in _matched(record, computed):
        field = fact_field(filled_by()[one.field])
        said = record.latest(field.name, one.item, on)
        if said is None or said.comparator is not None or not isinstance(said.value, int | float):
            continue
        stated, value = float(said.value), float(one.value)  # type: ignore[arg-type]
        if one.comparator == ">=" and stated >= value:
            continue
        if abs(stated - value) > _APART * max(abs(stated), abs(value)):
            unit = f" {field.unit}" if field.unit else ""
            item = f" of {field.group} {one.item}" if one.item else ""
            bound = "at least " if one.comparator == ">=" else ""
            found.append(
                f"{field.label}{item}: the record says {stated:.4g}{unit}, {_givers(one)} give "
                f"{bound}{value:.4g}{unit}. The record's value was used; check which is right."
            )
    return tuple(found)


def _givers(one: ComputedFact) -> str:
    """``the structures Liver, GTV1``, or the facts of the record that it was computed from."""
    stated = [fields()[name].label for name in one.derived_from if name in fields()]
    return ", ".join(stated) or f"the structures {', '.join(one.derived_from)}"


def unmatched_tumours(record: Record, computed: Iterable[ComputedFact]) -> tuple[str, ...]:
    """Drawn tumours that no lesion of the record names, where the record lists lesions."""
    items = set(record.items("lesion"))
    return tuple(
        f"{one.derived_from[0]} belongs to no lesion of the record; name it there under "
        "lesion.structure."
        for one in computed
        if one.field == "computed.lesion_volume" and items and _lesion_of(record, one) is None
    )


def _liver(
    liver: Structure, tumours: list[Structure], names: tuple[str, ...]
) -> list[ComputedFact]:
    whole = reduce(or_, tumours, liver)
    from_all = (liver.name, *names)
    if whole.volume_cc <= 0:
        return []
    found = [ComputedFact("computed.liver_volume", whole.volume_cc, from_all)]
    if tumours:
        tumour = reduce(or_, tumours)
        rest, share = (liver - tumour).volume_cc, 100.0 * tumour.volume_cc / whole.volume_cc
        found.append(ComputedFact("computed.uninvolved_liver_volume", rest, from_all))
        found.append(ComputedFact("computed.tumour_burden", share, from_all))
    return found


def _single(tumours: list[Structure]) -> list[Structure]:
    """Without outlines that only sum up others (a GTV drawn around GTV1 and GTV2)."""
    return [
        one
        for one in tumours
        if not any(
            other is not one
            and other.volume_cc < _WHOLE * one.volume_cc
            and (other & one).volume_cc >= _WHOLE * other.volume_cc
            for other in tumours
        )
    ]


def _matched(record: Record, computed: Iterable[ComputedFact]) -> Iterable[ComputedFact]:
    """Computed facts that stand in for fields of the record, under the record's own items."""
    listed = bool(record.items("lesion"))
    for one in computed:
        if one.field not in filled_by():
            continue
        if not one.item or not listed:
            yield one
        elif (item := _lesion_of(record, one)) is not None:
            yield replace(one, item=item)


def _lesion_of(record: Record, one: ComputedFact) -> str | None:
    """The lesion of the record whose structure a computed fact is about."""
    for item in record.items("lesion"):
        named = record.latest("lesion.structure", item)
        if named is not None and named.value == one.derived_from[0]:
            return item
    return one.item if one.item in record.items("lesion") else None
