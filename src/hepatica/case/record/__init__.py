"""The clinical record of a patient: facts with units, dates and sources."""

from hepatica.case.record.fact import (
    ABSENT_REASONS,
    COMPARATORS,
    AbsentReason,
    Comparator,
    Fact,
    ReferenceRange,
    Value,
)
from hepatica.case.record.field import KINDS, Field, Kind, checked, field_named, fields
from hepatica.case.record.record import Record

__all__ = [
    "ABSENT_REASONS",
    "COMPARATORS",
    "KINDS",
    "AbsentReason",
    "Comparator",
    "Fact",
    "Field",
    "Kind",
    "Record",
    "ReferenceRange",
    "Value",
    "checked",
    "field_named",
    "fields",
]
