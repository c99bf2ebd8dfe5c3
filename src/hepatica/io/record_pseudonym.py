"""Takes a patient's identity out of a clinical record, and moves its dates as those of the images.

The days are those of the pseudonym and the user's secret, so that a record that is imported later
fits the images, and an interval between any two days stays what it was. Codes, numbers and yes or
no stay; of texts only what is listed as harmless does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from hepatica.case.provenance import IDENTITY_NOTE, Note
from hepatica.case.record import Fact, Record, field_named, source_under
from hepatica.errors import Inconsistent, InvalidInput
from hepatica.io.identity_words import IdentityWords
from hepatica.io.pseudonym_key import PseudonymKey
from hepatica.io.record_texts import TextRule, kept_words, stated_may_stay

_SOURCE = re.compile(r"FHIR [A-Z][A-Za-z]{2,40} \d{1,6}|(?:table|answers) [0-9a-f]{6,16}|form")
_TABLE = re.compile(r"(table [0-9a-f]{6,16}), row \d+, .*", re.DOTALL)
_ITEM = re.compile(r"[1-9]\d{0,2}")

# source: 45 CFR 164.514(b)(2)(i)(C), ages over 89 identify; status recalled.
_OLDEST_AGE = 89
_AGES = ("patient.birth_year", "patient.age")


@dataclass(frozen=True)
class LeftOut:
    """How much had to be left out of records, by field; never the words themselves."""

    texts: Counter[str] = field(default_factory=Counter)
    ages: Counter[str] = field(default_factory=Counter)
    early: Counter[str] = field(default_factory=Counter)
    stated: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: LeftOut) -> LeftOut:
        return LeftOut(
            self.texts + other.texts,
            self.ages + other.ages,
            self.early + other.early,
            self.stated + other.stated,
        )

    def notes(self) -> tuple[Note, ...]:
        """What was done, and what was left out, with counts."""
        return tuple(self._notes())

    def _notes(self) -> Iterator[Note]:
        text = "all dates moved by the days of the pseudonym; of sources only the kind is kept."
        yield Note("chosen", IDENTITY_NOTE, text)
        for name, count in self.texts.items():
            why = "are notes" if name in kept_words()["notes"] else "have words that are not listed"
            yield Note(
                "warning",
                name,
                f"{count} text(s) left out under the pseudonym: they {why} and may name people. "
                "Type in what is needed with hepatica case new --answers, or name words that may "
                "stay with --keep-words.",
            )
        for name, count in self.ages.items():
            yield Note("warning", name, f"{count} left out: an age over {_OLDEST_AGE} identifies.")
        for name, count in self.early.items():
            yield Note("warning", name, f"{count} left out: the day is too early to be moved.")
        if self.stated.total():
            text = (
                f"the words that stood in the source were left out of {self.stated.total()} facts."
            )
            yield Note("ignored", IDENTITY_NOTE, text)


@dataclass(frozen=True)
class Moved:
    """A record without identity, and what had to be left out of it."""

    record: Record
    left_out: LeftOut


def under_pseudonym(record: Record, key: PseudonymKey, rule: TextRule | None = None) -> Moved:
    """The record under a pseudonym.

    Facts that are under this pseudonym already stay as they are: no day moves twice.

    Parameters
    ----------
    record : Record
    key : PseudonymKey
    rule : TextRule, optional
        Names of the patient, and words that may stay besides the listed ones.

    Raises
    ------
    InvalidInput
        If there is no pseudonym, or it is a name or number of the patient.
    Inconsistent
        If facts are under another pseudonym.
    """
    rule = rule or TextRule()
    require_no_name(key.pseudonym, rule.names)
    _require_own_pseudonym(record, key.pseudonym)
    mover = _Mover(key, rule, _too_old(record, key.days_back))
    facts = [mover.moved(fact) for fact in record]
    kept = tuple(fact for fact in facts if fact is not None)
    return Moved(Record(key.pseudonym, kept), mover.left)


def require_no_name(pseudonym: str, names: IdentityWords) -> None:
    """Make sure that a pseudonym says nothing about the patient.

    Raises
    ------
    InvalidInput
        If it is empty, or one of the names or numbers.
    """
    if not pseudonym.strip():
        raise InvalidInput("An import under a pseudonym needs one: say it with --pseudonym.")
    if names.name(pseudonym):
        raise InvalidInput(
            "The pseudonym is a number or a name of the patient in the files. Choose a word "
            "that says nothing about the patient."
        )


class _Mover:
    """Moves one fact after the other, and counts what goes."""

    def __init__(self, key: PseudonymKey, rule: TextRule, too_old: bool) -> None:
        self.key, self.rule, self.too_old = key, rule, too_old
        self.shift = timedelta(days=key.days_back)
        self.left = LeftOut()

    def moved(self, fact: Fact) -> Fact | None:
        """The fact without identity; None if nothing of it may stay."""
        if fact.pseudonym:
            if self.too_old and fact.field in _AGES:
                self.left.ages[fact.field] += 1
                return None
            return fact
        known = field_named(fact.field)
        try:
            value = self._value(fact)
            on = None if fact.on is None else fact.on - self.shift
        except OverflowError:  # before the first year of the calendar
            self.left.early[fact.field] += 1
            return None
        if value is None and fact.absent is None:
            return None
        keeps_words = stated_may_stay(known, fact.stated)
        self.left.stated[fact.field] += int(bool(fact.stated) and not keeps_words)
        is_quantity = known.kind == "quantity" and fact.absent is None
        return replace(
            fact,
            value=value,
            item=self._item(fact, known.group),
            unit=fact.unit if is_quantity else "",
            on=on,
            source=source_under(self.key.pseudonym, _source(fact.source)),
            stated=fact.stated if keeps_words else "",
            recorded_at=None,
        )

    def _value(self, fact: Fact) -> date | float | int | str | None:
        value, name = fact.value, fact.field
        if isinstance(value, date):
            return value - self.shift
        if name in _AGES and isinstance(value, int | float):
            return self._age_fact(name, value)
        if not isinstance(value, str) or field_named(name).kind != "text":
            return value
        if name in kept_words()["identifiers"]:
            return self.key.uid(value)
        if self.rule.lets_stay(name, value):
            return value
        self.left.texts[name] += 1
        return None

    def _age_fact(self, name: str, value: float) -> float | None:
        """The year of birth moves with the dates, from the middle of the year."""
        if self.too_old:
            self.left.ages[name] += 1
            return None
        if name == "patient.age":
            return value
        year, low = (date(int(value), 7, 1) - self.shift).year, field_named(name).low
        if low is not None and year < low:
            self.left.early[name] += 1
            return None
        return year

    def _item(self, fact: Fact, group: str) -> str:
        """A number of a list stays; any other word for an item may name somebody, or a day."""
        if not fact.item or _ITEM.fullmatch(fact.item):
            return fact.item
        return f"x{self.key.mark('item', f'{group}|{fact.item}')[:4].hex()}"


def _source(source: str) -> str:
    """Kind of file and mark; rows, headings and whatever a person wrote go."""
    table = _TABLE.fullmatch(source)
    return table[1] if table else source if _SOURCE.fullmatch(source) else "imported"


def _too_old(record: Record, days_back: int) -> bool:
    """Whether the patient was older than the age that identifies, on any day of the record.

    A record without a day is taken for one of today.
    """
    shift = timedelta(days=days_back)

    def year(day: date, fact: Fact) -> int:
        return (day + shift).year if fact.pseudonym else day.year

    dated = [year(f.value, f) for f in record if isinstance(f.value, date)]
    dated += [year(f.on, f) for f in record if f.on is not None]
    last = max(dated, default=date.today().year)
    spans = []
    for fact in record:
        if fact.field not in _AGES or not isinstance(fact.value, int | float):
            continue
        if fact.field == "patient.age":
            since = last if fact.on is None else year(fact.on, fact)
            spans.append(fact.value + last - since)
        else:
            spans.append(last - year(date(int(fact.value), 7, 1), fact))
    return max(spans, default=0) > _OLDEST_AGE


def _require_own_pseudonym(record: Record, pseudonym: str) -> None:
    others = sorted({fact.pseudonym for fact in record} - {"", pseudonym})
    if others:
        raise Inconsistent(
            f"The record is under the pseudonym {others[0]} already, and its dates are moved by "
            "the days of that one. Import it without --pseudonym, or start from its sources to "
            f"call the patient {pseudonym}."
        )
