"""One statement about a patient: what was found, in which unit, when, and who says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

from hepatica.errors import InvalidInput

Value = float | int | bool | str | date
Comparator = Literal["<", "<=", ">", ">="]
AbsentReason = Literal["unknown", "not_performed", "not_applicable", "declined"]

COMPARATORS: tuple[str, ...] = get_args(Comparator)
ABSENT_REASONS: tuple[str, ...] = get_args(AbsentReason)

_UNDER = " (under pseudonym "


@dataclass(frozen=True)
class ReferenceRange:
    """What the laboratory that measured a value calls normal, in the unit of the value."""

    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise InvalidInput(
                f"A reference range runs from {self.low:g} to {self.high:g}; its lower end must "
                "not lie above the upper one."
            )


@dataclass(frozen=True)
class Fact:
    """One value of one field of the record, or the reason why there is none.

    Parameters
    ----------
    field : str
        Name in the dictionary of fields, such as ``lab.bilirubin``.
    value : number, truth value, text or date
        None only together with ``absent``.
    item : str
        Which one of a repeated group it belongs to (``1`` for the first lesion); empty otherwise.
    unit : str
        UCUM; that of the field. Other units are converted where the fact enters.
    comparator : "<", "<=", ">" or ">="
        Of a value that is only known to lie on one side (``CEA < 1.8``).
    on : date
        When it was so: drawn, measured, seen, done.
    source : str
        Where it was read: file and row, resource, person.
    stated : str
        The words or the number with its unit as they stood there, where they were converted.
    reference : ReferenceRange
        The laboratory's own.
    absent : reason why there is no value
    recorded_at : datetime
    """

    field: str
    value: Value | None = None
    item: str = ""
    unit: str = ""
    comparator: Comparator | None = None
    on: date | None = None
    source: str = ""
    stated: str = ""
    reference: ReferenceRange | None = None
    absent: AbsentReason | None = None
    recorded_at: datetime | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.absent is None):
            raise InvalidInput(
                f"Fact {self.field}: it has {'neither' if self.value is None else 'both'} a value "
                f"{'nor' if self.value is None else 'and'} a reason for having none. Give one of "
                f"the two; the reasons are {', '.join(ABSENT_REASONS)}."
            )
        if self.absent is not None and self.absent not in ABSENT_REASONS:
            raise InvalidInput(
                f"Fact {self.field}: {self.absent!r} is no reason for having no value; it needs to "
                f"be one of {', '.join(ABSENT_REASONS)}."
            )
        if self.comparator is not None and self.comparator not in COMPARATORS:
            raise InvalidInput(
                f"Fact {self.field}: comparator {self.comparator!r}; it needs to be one of "
                f"{', '.join(COMPARATORS)}."
            )

    @property
    def pseudonym(self) -> str:
        """Under which its dates were moved, as its source says; empty if they were not."""
        _, mark, said = self.source.rpartition(_UNDER)
        return said[:-1] if mark and said.endswith(")") else ""

    @property
    def is_dated(self) -> bool:
        """Whether it says a day or a year, as its value or of its value."""
        born = self.field == "patient.birth_year" and self.value is not None
        return born or self.on is not None or isinstance(self.value, date)

    @property
    def key(self) -> tuple[str, str]:
        """Field and item: what later values of the same thing share."""
        return self.field, self.item


def source_under(pseudonym: str, source: str) -> str:
    """A source that says that the dates of its facts were moved, wherever they go from there."""
    return f"{source}{_UNDER}{pseudonym})"
