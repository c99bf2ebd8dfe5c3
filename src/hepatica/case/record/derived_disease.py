"""How many liver metastases there are, how large, and how much of the liver they take."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date

from hepatica.case.record.derived_formulas import score
from hepatica.case.record.derived_value import Derived, Span, computed, known, unknown
from hepatica.case.record.fact import Fact
from hepatica.case.record.record import Record
from hepatica.errors import InvalidInput

_COUNT = "liver.lesion_count"


def lesion_items(record: Record, on: date | None) -> dict[str, Fact]:
    """The metastases that are described up to a day, each with the newest fact about it."""
    found: dict[str, Fact] = {}
    for fact in record:
        told = fact.field.startswith("lesion.") and (on is None or not fact.on or fact.on <= on)
        newest = found.get(fact.item)
        if told and (newest is None or _day(fact) >= _day(newest)):
            found[fact.item] = fact
    return found


def lesion_count(record: Record, on: date | None) -> Derived:
    """Number of liver metastases: as stated; without a statement at least those described."""
    name, stated = "derived.lesion_count", known(record, _COUNT, on)
    described = tuple(lesion_items(record, on).values())
    if stated is None:
        least = float(len(described)) if described else None
        return unknown(name, described, [_COUNT], low=least)
    if not described or _newer(stated.facts, described):
        return computed(name, [stated], int)
    if len(described) > stated.high:
        reason = (
            f"{stated.facts[0].value} metastases are stated, but {len(described)} are described."
        )
        return unknown(name, (*stated.facts, *described), [_COUNT], reason=reason)
    least = max(stated.low, len(described))
    return computed(name, [Span(least, stated.high, stated.facts)], int)


def largest_diameter(record: Record, on: date | None) -> Derived:
    """Largest diameter of the liver metastases, mm.

    A list that may go on gives a lower bound. Of a stated diameter and a list the newer one counts;
    of the same day, what agrees with both, or the larger if nothing does.
    """
    name, stated = "derived.largest_diameter", known(record, "liver.largest_diameter", on)
    spans, lacks = _of_each_lesion(record, "lesion.diameter", on)
    measured = _joined(spans, max) if spans else None
    if measured is None:
        missing = ["liver.largest_diameter"]
        return computed(name, [stated], float) if stated else unknown(name, missing=missing)
    told = replace(measured, high=math.inf) if lacks else measured
    chosen = told if stated is None else _agreed(stated, told)
    found = computed(name, [chosen], float)
    if found.value is None:
        return replace(found, missing=lacks)
    other = measured if stated is not None and chosen.facts == stated.facts else stated
    return _beside(other, found)


def tumour_burden(record: Record, on: date | None) -> Derived:
    """Part of the liver that is tumour, per cent, from volumes or as stated."""
    name = "derived.tumour_burden_percent"
    tumour = known(record, "liver.tumour_volume", on) or _volume_of_lesions(record, on)
    whole = known(record, "liver.liver_volume", on)
    outside = known(record, "liver.uninvolved_volume", on)
    if tumour and whole:
        return _by("volumes", computed(name, [tumour, whole], _share))
    if tumour and outside:
        found = computed(name, [tumour, outside], lambda part, rest: _share(part, part + rest))
        return _by("uninvolved", found)
    if whole and outside:
        found = computed(name, [whole, outside], lambda all_, rest: _share(all_ - rest, all_))
        return _by("outside", found)
    stated = known(record, "liver.involvement", on)
    if stated:
        return _by("stated", computed(name, [stated], float))
    spans, lacks = _of_each_lesion(record, "lesion.volume", on)
    volume = _COUNT if spans and lacks == (_COUNT,) else "liver.tumour_volume"
    needs = [(tumour, volume), (whole or outside, "liver.liver_volume")]
    facts = [fact for span in (tumour, whole, outside) if span for fact in span.facts]
    return unknown(name, facts, missing=[field for span, field in needs if span is None])


def _volume_of_lesions(record: Record, on: date | None) -> Span | None:
    spans, lacks = _of_each_lesion(record, "lesion.volume", on)
    return _joined(spans, sum) if spans and not lacks else None


def _of_each_lesion(
    record: Record, name: str, on: date | None
) -> tuple[list[Span], tuple[str, ...]]:
    """The spans of a field of each metastasis, and what is missing to know it of all of them."""
    items = lesion_items(record, on)
    spans = [span for item in items if (span := known(record, name, on, item)) is not None]
    stated = known(record, _COUNT, on)
    low, high = (0, math.inf) if stated is None else (stated.low, stated.high)
    lacks = [name] if len(spans) < len(items) or low > len(items) else []
    may_go_on = low <= len(items) < high
    return spans, (*lacks, *([_COUNT] if may_go_on else []))


def _agreed(stated: Span, told: Span) -> Span:
    """What a stated diameter and a list say together."""
    if _newer(stated.facts, told.facts):
        return stated
    if all(fact.on for fact in stated.facts) and _newer(told.facts, stated.facts):
        return told
    low, high = max(stated.low, told.low), min(stated.high, told.high)
    if low > high:
        return max((stated, told), key=lambda span: float(span.low))
    narrower = stated if stated.high - stated.low < told.high - told.low else told
    return Span(low, high, narrower.facts)


def _joined(spans: list[Span], by: Callable[[Iterable[float]], float]) -> Span:
    """The largest or the sum of several, which grows with each of them."""
    facts = tuple(fact for span in spans for fact in span.facts)
    return Span(by([span.low for span in spans]), by([span.high for span in spans]), facts)


def _share(part: float, whole: float) -> float:
    if not 0 <= part <= whole or whole == 0:
        raise InvalidInput(
            f"Of {whole:g} mL of liver, {part:g} mL would be tumour; the volumes contradict each "
            "other."
        )
    return 100.0 * part / whole


def _by(way: str, found: Derived) -> Derived:
    return replace(found, formula=score(found.field)["ways"][way])


def _beside(other: Span | None, found: Derived) -> Derived:
    """The value, with a remark where another fact says something else."""
    if found.value is None or other is None or other.low == other.high == found.value:
        return found
    said = other.facts[0]
    return replace(found, reason=f"{said.field} says up to {other.high:g} {said.unit}.")


def _day(fact: Fact) -> date:
    return fact.on or date.min


def _newer(facts: Iterable[Fact], than: Iterable[Fact]) -> bool:
    return min(map(_day, facts)) > max(map(_day, than))
