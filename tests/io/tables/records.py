"""Records with everything that a fact can hold, drawn by hypothesis."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, get_args

from hypothesis import strategies as st

from hepatica.case.record import (
    COMPARATORS,
    AbsentReason,
    Fact,
    Field,
    Record,
    ReferenceRange,
    fields,
)

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))
TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", " ", '"', "=1+1", "<5", "[unknown]", "a\r\nb", "x,y;z\t|", "−3", "_x000D_"]
    ),
)
ENDS = st.none() | st.floats(0, 10)
RANGES = st.builds(
    lambda a, b: ReferenceRange(*(sorted((a, b)) if a is not None and b is not None else (a, b))),
    ENDS,
    ENDS,
)


def values(field: Field) -> st.SearchStrategy[Any]:
    """Values that a field can have."""
    low = 0.0 if field.low is None else field.low
    high = 1e6 if field.high is None else field.high
    return {
        "quantity": st.floats(low, high) | st.integers(int(low) + 1, int(high)),
        "count": st.integers(int(low), int(high)),
        "flag": st.booleans(),
        "code": st.sampled_from(field.answers or ("",)),
        "date": DAYS,
        "text": TEXTS,
    }[field.kind]


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    """A fact of any field, with any of its parts said or not."""
    field = draw(st.sampled_from(list(fields().values())))
    absent = draw(st.none() | st.sampled_from(get_args(AbsentReason)))
    value = None if absent else draw(values(field))
    measured = value is not None and field.kind == "quantity"
    return Fact(
        field.name,
        value,
        item=draw(st.sampled_from(["1", "2", "a b", '#"', " "])) if field.group else "",
        unit=field.unit if measured else draw(st.sampled_from(["", "1", "[iU]"])),
        comparator=draw(st.none() | st.sampled_from(COMPARATORS)),
        on=draw(st.none() | DAYS),
        source=draw(TEXTS),
        stated=draw(TEXTS),
        reference=draw(st.none() | RANGES),
        absent=absent,
        recorded_at=draw(st.none() | st.just(datetime(2024, 5, 31, 8, 15, 0, 250, UTC))),
    )


def records() -> st.SearchStrategy[tuple[Record, ...]]:
    """Some records of different cases, one of them perhaps without any fact."""
    ids = st.lists(TEXTS.filter(bool), min_size=1, max_size=3, unique=True)
    held = st.lists(facts(), max_size=6).map(tuple)
    return ids.flatmap(
        lambda found: st.tuples(*(st.builds(Record, st.just(i), held) for i in found))
    )
