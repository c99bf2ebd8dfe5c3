"""A criterion ready to be asked: bounds in the units of the record, amendments in their order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from hepatica.case.record.fact import Value
from hepatica.case.record.field import Field
from hepatica.errors import InvalidInput
from hepatica.protocol.criteria.values import NUMBERS, as_date, in_unit_of
from hepatica.protocol.criteria.vocabulary import fact_field

if TYPE_CHECKING:
    from hepatica.protocol.criteria.tree import CriterionTree, Items, Op
    from hepatica.protocol.parts import Source, Status

Word = Literal["all", "any", "not"]


@dataclass(frozen=True)
class Bound:
    """What a fact is held against from one day on.

    Parameters
    ----------
    values : one value, or the list of ``in``; numbers in the unit of the fact, days as dates
    uln_times : multiple of the upper limit of normal that stands instead of a value
    since : first day in force; None from the beginning
    written : the bound as the document writes it, for the reader
    """

    values: tuple[Value, ...] = ()
    uln_times: float | None = None
    since: date | None = None
    written: str = ""


@dataclass(frozen=True, eq=False)
class Leaf:
    """One question about one fact; two leaves are the same only if they are the same object.

    Parameters
    ----------
    bounds : the original bound, then its amendments by rising day
    items : how the items of a repeated group count; None where one item is asked about
    since, until : first and last day on which it is in force
    """

    id: str
    text: str
    field: Field
    op: Op
    bounds: tuple[Bound, ...]
    max_age_days: int | None
    items: Items | None
    since: date | None
    until: date | None
    source: Source
    status: Status
    reading: str

    @property
    def fact(self) -> str:
        """The name of the fact that it asks about."""
        return self.field.name

    def is_in_force(self, on: date) -> bool:
        """Whether it holds on a day; the first and the last day belong to it."""
        return not (self.since and on < self.since) and not (self.until and on > self.until)

    def bound_on(self, on: date) -> Bound:
        """The bound of that day: that of the latest amendment, or the original one."""
        return [b for b in self.bounds if b.since is None or b.since <= on][-1]


@dataclass(frozen=True)
class Branch:
    """``all``, ``any`` or ``not`` of other criteria."""

    word: Word
    parts: tuple[Node, ...]


Node = Leaf | Branch


def rule_of(tree: CriterionTree) -> Node:
    """The tree made ready to be asked.

    Raises
    ------
    InvalidInput
        If a unit cannot be converted.
    """
    if tree.fact is not None:
        return _leaf(tree)
    if tree.not_ is not None:
        return Branch("not", (rule_of(tree.not_),))
    word: Word = "all" if tree.all else "any"
    return Branch(word, tuple(rule_of(part) for part in tree.all or tree.any))


def leaves_of(node: Node) -> tuple[Leaf, ...]:
    """Every question of a tree, in the order in which they are written."""
    if isinstance(node, Leaf):
        return (node,)
    return tuple(leaf for part in node.parts for leaf in leaves_of(part))


def _leaf(tree: CriterionTree) -> Leaf:
    if tree.id is None or tree.op is None or tree.fact is None:
        raise InvalidInput("A criterion that asks about a fact needs id, fact and op.")
    field = fact_field(tree.fact)
    later = ((one.value, one.uln_times, one.since) for one in tree.amended)
    bounds = ((tree.value, tree.uln_times, None), *later)
    return Leaf(
        id=tree.id,
        text=tree.text or "",
        field=field,
        op=tree.op,
        bounds=tuple(_bound(tree, field, *bound) for bound in bounds),
        max_age_days=tree.max_age_days,
        items=tree.items,
        since=tree.since,
        until=tree.until,
        source=tree.source,
        status=tree.status,
        reading=tree.reading or "",
    )


def _bound(
    tree: CriterionTree, field: Field, value: Any, uln_times: float | None, since: date | None
) -> Bound:
    many = value if isinstance(value, tuple) else () if value is None else (value,)
    if tree.op == "within_days":
        values: tuple[Value, ...] = many
    else:
        values = tuple(_value(field, one, tree.unit) for one in many)
    return Bound(values, uln_times, since, _in_words(tree, many, uln_times))


def _value(field: Field, value: Any, unit: str | None) -> Value:
    if field.kind in NUMBERS:
        return in_unit_of(field, value, unit)
    day = as_date(value) if field.kind == "date" else None
    found: Value = value if day is None else day
    return found


_SPOKEN = {"is": "", "is_not": "not ", "in": "one of ", "<=": "\u2264 ", ">=": "\u2265 "}


def _in_words(tree: CriterionTree, many: tuple[Any, ...], uln_times: float | None) -> str:
    """``≤ 3 x ULN``, ``one of A, B``, ``known``."""
    op = str(tree.op)
    if op == "known":
        return "known"
    if op == "within_days":
        return f"at most {many[0]} days ago"
    said = _SPOKEN.get(op, f"{op} ")
    if uln_times is not None:
        return f"{said}{uln_times:g} x ULN"
    values = ", ".join(_word(one) for one in many)
    unit = "" if tree.unit in (None, "1") else f" {tree.unit}"
    return f"{said}{values}{unit}"


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, int | float) else str(value).replace("_", " ")
