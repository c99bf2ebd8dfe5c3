"""Records for the tests: one of every field, and any that hypothesis can think of."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st

from hepatica.case.record import (
    ABSENT_REASONS,
    COMPARATORS,
    Fact,
    Field,
    Record,
    ReferenceRange,
    fields,
)

DAY = date(2024, 3, 1)


def example_value(field: Field) -> Any:
    """A value that the field can have."""
    low = field.low or 0.0
    simple: dict[str, Any] = {
        "quantity": low + (1.5 if field.high is None or field.high > low + 2 else 0.5),
        "count": int(low) + 1,
        "flag": True,
        "code": field.answers[0] if field.answers else None,
        "date": DAY,
        "text": "some words",
    }
    return simple[field.kind]


def example(field: Field, item: str = "") -> Fact:
    """A fact of the field with everything that a fact can say."""
    return Fact(
        field=field.name,
        value=example_value(field),
        item=item,
        unit=field.unit if field.kind == "quantity" else "",
        on=DAY,
        source="sheet 1, row 3",
        stated="as it stood",
        reference=ReferenceRange(1.0, 2.5) if field.block == "lab" else None,
        recorded_at=datetime(2024, 3, 2, 8, 30, tzinfo=UTC),
    )


def full_record() -> Record:
    """Every field of the dictionary once, repeated groups with two items."""
    facts = [
        example(field, item)
        for field in fields().values()
        for item in (("1", "2") if field.group else ("",))
    ]
    return Record("case-1", tuple(facts))


_TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", " ", "\x00", "a\nb", "\ud800", "unknown", "Grüße", "<5", "not stated"]),
)
_DAYS = st.dates()
_MOMENTS = st.one_of(
    st.datetimes(), st.datetimes(timezones=st.just(UTC)), st.just(datetime.now().astimezone())
)


def _values(field: Field) -> st.SearchStrategy[Any]:
    low, high = field.low or 0.0, field.high if field.high is not None else 1e6
    if field.kind == "quantity":
        return st.floats(low, high, allow_nan=False) | st.integers(int(low) + 1, int(high))
    if field.kind == "count":
        return st.integers(int(low), int(high))
    return {
        "flag": st.booleans(),
        "code": st.sampled_from(field.answers or ("",)),
        "date": _DAYS,
        "text": _TEXTS,
    }[field.kind]


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    """Any fact that a record accepts, however odd."""
    field = draw(st.sampled_from(list(fields().values())))
    absent = draw(st.none() | st.sampled_from(ABSENT_REASONS))
    ends = sorted(draw(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=2)))
    low, high = (draw(st.none() | st.just(end)) for end in ends)
    return Fact(
        field=field.name,
        value=None if absent else draw(_values(field)),
        item=draw(st.sampled_from(["1", "2", "left lobe", " ", "é"])) if field.group else "",
        unit=field.unit
        if field.kind == "quantity" and not absent
        else draw(st.sampled_from(["", "x"])),
        comparator=draw(st.none() | st.sampled_from(COMPARATORS)),
        on=draw(st.none() | _DAYS),
        source=draw(_TEXTS),
        stated=draw(_TEXTS),
        reference=draw(st.none() | st.just(ReferenceRange(low, high))),
        absent=absent,
        recorded_at=draw(st.none() | _MOMENTS),
    )


@st.composite
def records(draw: st.DrawFn) -> Record:
    """A record of up to ten such facts."""
    return Record("case-1", tuple(draw(st.lists(facts(), max_size=10))))
