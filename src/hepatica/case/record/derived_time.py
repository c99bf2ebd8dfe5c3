"""How old the patient is on a day, and how long chemotherapy is ago."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from hepatica.case.record.derived_formulas import score
from hepatica.case.record.derived_value import Derived, Span, computed, known, unknown
from hepatica.case.record.fact import Fact
from hepatica.case.record.record import Record
from hepatica.errors import InvalidInput

_AGE = "derived.age"
_FREE = "derived.chemotherapy_free_days"


def age(record: Record, on: date | None) -> Derived:
    """Age in years on a day, from the year of birth or an age that was stated earlier."""
    stated, born = known(record, "patient.age", on), known(record, "patient.birth_year", on)
    by_year = None if born is None or on is None else _age_by_year(born, on)
    if stated is None:
        return by_year or _ageless(born)
    since = stated.facts[0].on
    if since is None and by_year is not None:
        return by_year
    years = 0 if since is None or on is None else _whole_years(since, on)
    found = computed(_AGE, [stated], lambda value: value + years)
    if not isinstance(found.value, int | float) or since is None or on is None:
        return found
    found = replace(found, low=float(found.value), high=float(found.value) + 1)
    return found if by_year is None else _agreeing(found, by_year)


def _ageless(born: Span | None) -> Derived:
    if born is None:
        return unknown(_AGE, missing=["patient.birth_year"])
    return unknown(_AGE, born.facts, reason="The age depends on the day; say for which one.")


def _age_by_year(born: Span, on: date) -> Derived:
    def years(birth_year: float) -> int:
        if birth_year > on.year:
            raise InvalidInput(f"The year of birth, {birth_year:g}, is after {on.year}.")
        return on.year - int(birth_year)

    found = computed(_AGE, [born], years)
    if not isinstance(found.value, int):
        return found
    return replace(found, low=max(found.value - 1.0, 0.0), high=found.value + 0.0)


def _agreeing(found: Derived, by_year: Derived) -> Derived:
    """The age, unless the year of birth says another one."""
    if by_year.low is None or by_year.high is None or found.low is None or found.high is None:
        return found
    if by_year.low - 1 <= found.low <= by_year.high + 1:
        return found
    facts = (*found.derived_from, *by_year.derived_from)
    reason = (
        f"The stated age leads to {found.low:g} years, the year of birth to {by_year.high:g}; "
        "one of them is wrong."
    )
    return unknown(_AGE, facts, reason=reason)


def _whole_years(since: date, on: date) -> int:
    return on.year - since.year - ((on.month, on.day) < (since.month, since.day))


@dataclass(frozen=True)
class _Course:
    """A course of chemotherapy as far as a day knows it."""

    first: date | None
    last: date | None
    facts: tuple[Fact, ...]
    lacks: str = "prior.stop"


def chemotherapy_free_days(record: Record, on: date | None) -> Derived:
    """Days from the last day of chemotherapy to a day."""
    if on is None:
        return unknown(_FREE, reason="It depends on the day; say for which one.")
    ended = [course for course in _courses(record, on) if course.last is not None]
    newest = max(ended, key=_last_day, default=None)
    given = known(record, "exposure.cytotoxic_now", on)
    if given is not None and given.low is True and not _since_ended(given.facts[0], newest):
        return _under_treatment(given.facts[0], newest, on)
    for course in _courses(record, on):
        if course.last is None and not _over(course, newest):
            return unknown(_FREE, course.facts, missing=[course.lacks])
    if newest is None:
        return _never_treated(record, on)
    days = max((on - _last_day(newest)).days, 0)
    return computed(_FREE, [Span(days, days, newest.facts)], int)


def _last_day(course: _Course) -> date:
    return course.last or date.min


def _over(course: _Course, newest: _Course | None) -> bool:
    """Whether a course without an end is covered by the stated last day of all chemotherapy."""
    if newest is None or newest.facts[0].field != "exposure.last_chemotherapy":
        return False
    return course.first is None or course.first <= _last_day(newest)


def _courses(record: Record, on: date) -> Iterator[_Course]:
    """Every course that had begun, with its last day if that is known."""
    last = _dated(record, "exposure.last_chemotherapy", "", on)
    if last is not None and _value(last) <= on:
        yield _Course(None, _value(last), (last,))
    for item in record.items("prior"):
        kind = record.latest("prior.kind", item, on)
        if kind is None or kind.value not in score(_FREE)["kinds"]:
            continue
        start, stop = (_dated(record, f"prior.{key}", item, on) for key in ("start", "stop"))
        first = None if start is None else _value(start)
        if first is not None and first > on:
            continue
        facts = tuple(fact for fact in (stop, start, kind) if fact is not None)
        if stop is not None and first is None and _value(stop) > on:
            # It ended after the day; whether it had begun by then is not known.
            yield _Course(None, None, facts, "prior.start")
        else:
            yield _Course(first, None if stop is None else _value(stop), facts)


def _dated(record: Record, name: str, item: str, on: date) -> Fact | None:
    fact = record.latest(name, item, on)
    if fact is None or fact.comparator is not None or not isinstance(fact.value, date):
        return None
    return fact


def _value(fact: Fact) -> date:
    return date.min if not isinstance(fact.value, date) else fact.value


def _since_ended(given: Fact, newest: _Course | None) -> bool:
    return newest is not None and given.on is not None and given.on < _last_day(newest)


def _under_treatment(given: Fact, newest: _Course | None, on: date) -> Derived:
    if newest is None or given.on is not None or _last_day(newest) >= on:
        return computed(_FREE, [Span(0, 0, (given,))], int)
    reason = (
        "Chemotherapy is said to be given now, without a day, and to have ended on "
        f"{_last_day(newest)}."
    )
    return unknown(_FREE, (given, *newest.facts), ["exposure.cytotoxic_now"], reason)


def _list_without_chemotherapy(record: Record, on: date, regimens: Span | None) -> tuple[Fact, ...]:
    """Who says that all earlier treatments are listed, where none of them was chemotherapy."""
    complete = known(record, "all_listed.prior", on)
    kinds = [known(record, "prior.kind", on, item) for item in record.items("prior")]
    none_counted = regimens is None or regimens.low == 0
    if complete is None or complete.low is not True or None in kinds or not none_counted:
        return ()
    return complete.facts


def _never_treated(record: Record, on: date) -> Derived:
    """Free of it since birth, if the record says that there never was any."""
    last = record.latest("exposure.last_chemotherapy", until=on)
    regimens = known(record, "exposure.chemotherapy_regimens", on)
    facts = () if regimens is None or regimens.high != 0 else regimens.facts
    if last is not None and last.absent == "not_applicable":
        facts = (*facts, last)
    facts = (*facts, *_list_without_chemotherapy(record, on, regimens))
    if not facts:
        return unknown(_FREE, missing=["exposure.last_chemotherapy"])
    years = age(record, on)
    least = years.value if years.low is None else years.low
    if not isinstance(least, int | float):
        return unknown(_FREE, facts, years.missing, years.reason)
    # Counted from the latest possible birthday; a year has at least 365 days.
    days = int(least * 365)
    found = computed(_FREE, [Span(days, days, (*facts, *years.derived_from))], int)
    return replace(found, reason="There never was chemotherapy; counted from birth.")
