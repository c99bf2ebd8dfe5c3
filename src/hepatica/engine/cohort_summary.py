"""What is known of how many patients of a cohort, field by field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from hepatica.case.cohort import Cohort
from hepatica.case.record import Fact, Field, fields


@dataclass(frozen=True)
class FieldSummary:
    """One field over all patients; of a repeated field every item counts as one value.

    Parameters
    ----------
    field : Field
    known : cases with at least one value
    absent : cases with nothing but reasons for having no value
    not_said : cases that say nothing
    values : str
        Median and range of numbers (of times to an event the range), the frequency of answers;
        empty for texts.
    """

    field: Field
    known: int
    absent: int
    not_said: int
    values: str

    def as_document(self) -> dict[str, Any]:
        """The row as JSON takes it."""
        return {
            "field": self.field.name,
            "label": self.field.label,
            "unit": self.field.unit,
            "known": self.known,
            "absent": self.absent,
            "not_said": self.not_said,
            "values": self.values,
        }


def field_summaries(cohort: Cohort) -> tuple[FieldSummary, ...]:
    """A summary of each field that any patient's record speaks of, in the record's order."""
    found = {fact.field for record in cohort for fact in record}
    return tuple(_summary(cohort, field) for field in fields().values() if field.name in found)


def _summary(cohort: Cohort, field: Field) -> FieldSummary:
    known = absent = 0
    values: list[Fact] = []
    for record in cohort:
        items = record.items(field.group) if field.group else ("",)
        latest = [fact for item in items if (fact := record.latest(field.name, item)) is not None]
        stated = [fact for fact in latest if fact.value is not None]
        values += stated
        known += bool(stated)
        absent += bool(latest) and not stated
    return FieldSummary(field, known, absent, len(cohort) - known - absent, _spread(field, values))


def _spread(field: Field, facts: Sequence[Fact]) -> str:
    if not facts or field.kind == "text":
        return ""
    if field.kind == "date":
        days = sorted(str(fact.value) for fact in facts)
        return f"{days[0]} to {days[-1]}"
    if field.kind in ("flag", "code"):
        counts = Counter(_word(fact.value) for fact in facts)
        return ", ".join(f"{word} {n}" for word, n in counts.most_common())
    exact = [float(fact.value) for fact in facts if fact.comparator is None]  # type: ignore[arg-type]
    sided = len(facts) - len(exact)
    text = ""
    if exact and field.block == "outcome":
        # A median over patients who are still followed would be taken for that of the survival.
        text = f"{min(exact):g} to {max(exact):g} {field.unit}, events and censored times together"
    elif exact:
        text = f"median {median(exact):g} ({min(exact):g} to {max(exact):g}) {field.unit}".rstrip()
    return f"{text}; {sided} known on one side only".lstrip("; ") if sided else text


def _word(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
